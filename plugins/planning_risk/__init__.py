"""Riskhänsyn vid samhällsplanering: risk assessments, cloudbursts and climate in local plans."""

from collections.abc import Iterator, Mapping
from typing import Any

from flask import Blueprint

from registry.api import (
    Chart,
    Choice,
    Choices,
    Field,
    Flag,
    Gap,
    Issue,
    Level,
    Line,
    LongText,
    MeasureView,
    Metric,
    NavItem,
    Number,
    Overview,
    Panel,
    ReportView,
    Row,
    Table,
    Target,
    Text,
    Whole,
    hookimpl,
    overview_page,
    standing,
    submitted,
    total,
    unreported,
)

NEAR = 150  # metres from dangerous goods within which the county boards ask for an assessment
RISKS = (
    ("dangerous_goods_road", "Farligt gods på väg"),
    ("dangerous_goods_rail", "Farligt gods på järnväg"),
    ("fuel_station", "Drivmedelsstation"),
    ("seveso", "Sevesoverksamhet"),
    ("cloudburst", "Skyfall"),
    ("flood", "Översvämning"),
    ("landslide", "Ras och skred"),
    ("heat", "Värme"),
    ("noise", "Buller"),
)
CLIMATE_RISKS = {"cloudburst", "flood", "heat", "landslide"}
STAGES = (
    ("programme", "Program"),
    ("consultation", "Samråd"),
    ("review", "Granskning"),
    ("adoption", "Antagande"),
    ("legal_force", "Laga kraft"),
)
pages = Blueprint("planning_risk", __name__)


@hookimpl
def measure_fields() -> list[Field]:
    return [
        Text(
            "plan_case",
            "Detaljplanens diarienummer",
            help="Lämna tomt om åtgärden gäller flera planer.",
            max_length=80,
        ),
        Choices("risks", "Risktyper", help="Alla risker som åtgärden handlar om.", options=RISKS),
        Number(
            "distance",
            "Avstånd till riskkällan, meter",
            help="Från planområdets gräns till närmaste kant av väg, spår eller anläggning. Skriv "
            "det kortaste avståndet om riskkällorna är flera.",
            least=0,
        ),
        Flag("risk_assessment", "Är en riskutredning gjord?"),
        Text(
            "risk_assessment_reference",
            "Riskutredningens titel eller diarienummer",
            help="Så att utredningen går att hitta.",
        ),
        Choice(
            "individual_risk",
            "Individrisk per år",
            help="Enligt riskutredningen, vid den närmaste byggnaden. Från 10⁻⁵ till 10⁻⁷ ska "
            "skyddsåtgärder övervägas och rimliga genomföras.",
            options=(
                ("over_1e_5", "Över 10⁻⁵"),
                ("1e_6_to_1e_5", "10⁻⁶ till 10⁻⁵"),
                ("1e_7_to_1e_6", "10⁻⁷ till 10⁻⁶"),
                ("1e_8_to_1e_7", "10⁻⁸ till 10⁻⁷"),
                ("under_1e_8", "Under 10⁻⁸"),
            ),
        ),
        LongText(
            "protection",
            "Skyddsåtgärd i planbestämmelse",
            help="Till exempel skyddsvall, fasad utan öppningar eller utrymning bort från leden.",
        ),
        Flag("cloudburst_analysis", "Är en skyfallsanalys gjord?"),
        Choice(
            "climate_scenario",
            "Klimatscenario",
            help="Det scenario som utredningen bygger på.",
            options=(
                ("rcp26", "RCP 2.6"),
                ("rcp45", "RCP 4.5"),
                ("rcp85", "RCP 8.5"),
                ("ssp245", "SSP2-4.5"),
                ("ssp585", "SSP5-8.5"),
                ("none", "Inget klimatscenario har använts"),
            ),
        ),
        LongText(
            "protected_infrastructure",
            "Skyddsvärd infrastruktur",
            help="Anläggningar i eller nära området som är viktiga för samhället och kan påverkas.",
            secrecy="OSL 18:13",
        ),
    ]


@hookimpl
def report_fields() -> list[Field]:
    return [
        Choice(
            "plan_stage",
            "Planskede",
            help="Det senaste skede som detaljplanen har nått under perioden.",
            options=STAGES,
        ),
        Whole(
            "plans_near",
            "Planer inom 150 meter från farligt gods",
            help="Antal detaljplaner som var på samråd under perioden.",
        ),
        Whole(
            "plans_near_assessed",
            "Varav med riskutredning",
            help="Hur många av dem som hade en riskutredning vid samrådet.",
        ),
    ]


def is_near(data: Mapping[str, Any]) -> bool:
    distance = data.get("distance")
    return distance is not None and distance <= NEAR


def assessed_when_near(report: ReportView) -> float | None:
    """Of one measure: 100 or 0; no value where it is not near, or nobody has said."""
    data = report.measure.data
    done = data.get("risk_assessment")
    return None if done is None or not is_near(data) else 100.0 * done


@hookimpl
def metrics() -> list[Metric]:
    return [
        Metric(
            "near_assessed",
            "Planer inom 150 meter från farligt gods med riskutredning",
            unit="%",
            target=Target(">=", 100),
            compute=assessed_when_near,
        ),
        Metric(
            "plans_with_cloudburst_analysis",
            "Antagna planer med skyfallsanalys",
            unit="%",
            target=Target(">=", 100),
        ),
        Metric(
            "buildings_in_flood_zone",
            "Byggnader i översvämningszon",
            unit="antal",
            better="lower",
        ),
        Metric("climate_actions_done", "Genomförda klimatåtgärder", unit="%"),
    ]


@hookimpl
def check_measure(measure: MeasureView) -> Iterator[Issue]:
    data = measure.data
    if is_near(data) and not data.get("risk_assessment"):
        yield Issue(
            "Planen ligger inom %(near)s meter från riskkällan. Då behövs en riskutredning.",
            "risk_assessment",
            Level.WARNING,
            values={"near": NEAR},
        )
    if data.get("risk_assessment") and "risk_assessment_reference" not in data:
        yield Issue(
            "Ange riskutredningens titel eller diarienummer.",
            "risk_assessment_reference",
            Level.WARNING,
        )
    if data.get("individual_risk") == "over_1e_5" and "protection" not in data:
        yield Issue(
            "Individrisken är högre än vad som brukar godtas. Ange vilka skyddsåtgärder som har "
            "förts in i planen.",
            "protection",
            Level.WARNING,
        )


@hookimpl
def check_report(report: ReportView) -> Iterator[Issue]:
    near, assessed = report.data.get("plans_near"), report.data.get("plans_near_assessed")
    if near is not None and assessed is not None and assessed > near:
        yield Issue("Kan inte vara fler än planerna inom 150 meter.", "plans_near_assessed")
    if near is None and assessed is not None:
        yield Issue("Ange hur många planer som låg inom 150 meter.", "plans_near")
    late = report.data.get("plan_stage") in {"review", "adoption", "legal_force"}
    if late and is_near(report.measure.data) and not report.measure.data.get("risk_assessment"):
        yield Issue(
            "Planen har passerat samrådet utan riskutredning, fast den ligger inom %(near)s meter "
            "från riskkällan. Stämmer det?",
            "plan_stage",
            Level.WARNING,
            values={"near": NEAR},
        )


@hookimpl
def report_panel(report: ReportView) -> Panel | None:
    data = report.measure.data
    rows = []
    if "distance" in data:
        rows.append(Row("Avstånd till riskkällan", data["distance"], unit="meter"))
    for name, label in (
        ("risk_assessment", "Riskutredning"),
        ("cloudburst_analysis", "Skyfallsanalys"),
    ):
        if name in data:
            rows.append(Row(label, "Gjord" if data[name] else "Inte gjord"))
    if "protection" in data:
        rows.append(Row("Skyddsåtgärd i planbestämmelse", data["protection"][:1000]))
    return Panel("Det som är känt om planens risker", rows) if rows else None


@hookimpl
def nav_items() -> list[NavItem]:
    return [NavItem("Läget i domänen", "overview")]


@hookimpl
def blueprint() -> Blueprint:
    return pages


@pages.get("/")
def overview() -> str:
    now = standing()
    sent = [one for one in now.reports if one.submitted]
    counted = [one for one in sent if {"plans_near", "plans_near_assessed"} <= one.data.keys()]
    near = [one for one in now.measures if is_near(one.data)]
    measured = any("distance" in one.data for one in now.measures)
    risks = [risk for one in now.measures for risk in one.data.get("risks", ())]
    stages = dict(STAGES)
    return overview_page(
        Overview(
            lede="Riskutredningar, skyfall och klimat i detaljplaner och andra åtgärder.",
            figures=[
                submitted(now),
                Row("Åtgärder inom 150 meter från en riskkälla", len(near) if measured else None),
                Row("Planer inom 150 meter från farligt gods", total(sent, "plans_near")),
                Row("Varav med riskutredning", total(counted, "plans_near_assessed")),
            ],
            gaps=[
                unreported(now),
                Gap(
                    "Inom 150 meter utan riskutredning",
                    [Line("", one) for one in near if not one.data.get("risk_assessment")],
                ),
                Gap(
                    "Planer på samråd utan riskutredning",
                    [
                        Line(
                            one.board,
                            now.measure(one),
                            f"{one.data['plans_near_assessed']} / {one.data['plans_near']}",
                        )
                        for one in counted
                        if one.data["plans_near_assessed"] < one.data["plans_near"]
                    ],
                ),
                Gap(
                    "Klimatscenario är inte angivet",
                    [
                        Line("", one)
                        for one in now.measures
                        if CLIMATE_RISKS.intersection(one.data.get("risks", ()))
                        and "climate_scenario" not in one.data
                    ],
                ),
                Gap(
                    "Risktyp är inte angiven",
                    [Line("", one) for one in now.measures if "risks" not in one.data],
                ),
            ],
            charts=[
                Chart(
                    "Åtgärder per risktyp",
                    [Row(label, risks.count(value)) for value, label in RISKS] if risks else [],
                    note="En åtgärd kan gälla flera risker.",
                )
            ],
            tables=[
                Table(
                    "Vad nämnder och bolag har svarat",
                    [
                        "Åtgärd",
                        "Nämnd eller bolag",
                        "Planskede",
                        "Planer inom 150 meter",
                        "Varav med riskutredning",
                    ],
                    [
                        [
                            now.measure(one),
                            one.board,
                            stages.get(one.data.get("plan_stage", "")),
                            one.data.get("plans_near"),
                            one.data.get("plans_near_assessed"),
                        ]
                        for one in sent
                        if one.data
                    ],
                )
            ],
        )
    )
