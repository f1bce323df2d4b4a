"""Internt skydd och personsäkerhet: incidents, police reports, what damage costs."""

from collections.abc import Iterable, Iterator

from flask import Blueprint

from registry.api import (
    BoardReport,
    Chart,
    Choices,
    Date,
    Field,
    Flag,
    Gap,
    Issue,
    Level,
    Line,
    LongText,
    MeasureView,
    Metric,
    Money,
    NavItem,
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
    value_of,
)

GROUND = "OSL 18:8"
AGAINST_PERSONS = {"threat", "violence", "undue_influence"}
ANSWERS = (
    "incidents",
    "police_reports",
    "officials_affected",
    "damage_cost",
    "insurance_claims",
)
pages = Blueprint("internal_protection", __name__)


@hookimpl
def measure_fields() -> list[Field]:
    return [
        Choices(
            "event_types",
            "Händelsetyp",
            help="De händelser som åtgärden ska förebygga eller minska skadan av.",
            options=(
                ("threat", "Hot"),
                ("violence", "Våld"),
                ("undue_influence", "Otillåten påverkan"),
                ("vandalism", "Skadegörelse"),
                ("burglary", "Inbrott"),
                ("fire", "Brand"),
                ("water_damage", "Vattenskada"),
            ),
        ),
        Date(
            "risk_assessed_on",
            "Risken bedömd den",
            help="När riskerna för de händelser som åtgärden gäller senast bedömdes.",
        ),
        Text(
            "object",
            "Objekt",
            help="Byggnad, lokal eller verksamhet som åtgärden skyddar.",
            secrecy=GROUND,
        ),
        LongText(
            "alarms_and_guarding",
            "Larm och bevakning",
            help="Vilka larm och vilken bevakning som finns, och vad som saknas.",
            secrecy=GROUND,
        ),
    ]


@hookimpl
def report_fields() -> list[Field]:
    return [
        Whole(
            "incidents",
            "Tillbud",
            help="Antal rapporterade händelser av det slag som åtgärden gäller. "
            "Räkna varje händelse på en åtgärd.",
        ),
        Whole("police_reports", "Polisanmälda", help="Hur många av händelserna som polisanmäldes."),
        Whole(
            "officials_affected",
            "Berörda förtroendevalda",
            help="Antal som utsattes under perioden. Skriv aldrig namn.",
        ),
        Money("damage_cost", "Skadekostnad", help="Kostnad under perioden, i kronor.", least=0),
        Flag("own_work_included", "Är egen arbetstid inräknad i skadekostnaden?"),
        Whole("insurance_claims", "Försäkringsärenden", help="Antal under perioden."),
    ]


@hookimpl
def metrics() -> list[Metric]:
    return [
        Metric(
            "reported_incidents",
            "Rapporterade tillbud om hot och våld",
            unit="st",
            better="ambiguous",
            compute=value_of("incidents"),
        ),
        Metric("vandalism", "Skadegörelser", unit="st", better="lower"),
        Metric(
            "cost_of_damage",
            "Skadekostnad",
            unit="kr",
            better="lower",
            compute=value_of("damage_cost"),
        ),
        Metric(
            "work_accidents",
            "Arbetsolyckor per 1 000 sysselsatta",
            unit="antal/1 000 sysselsatta",
            better="lower",
            source="kolada:N00998",
        ),
        Metric(
            "trained_managers",
            "Andel chefer som har gått utbildningen",
            unit="%",
            target=Target(">=", 100),
        ),
    ]


@hookimpl
def check_measure(measure: MeasureView) -> Iterator[Issue]:
    if _without_assessment(measure):
        yield Issue(
            "Risken för hot, våld och otillåten påverkan ska bedömas. Ange när det senast gjordes.",
            "risk_assessed_on",
            Level.WARNING,
        )


@hookimpl
def check_report(report: ReportView) -> Iterator[Issue]:
    if report.data.get("damage_cost") and "own_work_included" not in report.data:
        yield Issue(
            "Ange om egen arbetstid är inräknad. Annars går kostnaden inte att jämföra.",
            "own_work_included",
            Level.WARNING,
        )
    incidents, police = report.data.get("incidents"), report.data.get("police_reports")
    if incidents is not None and police is not None and police > incidents:
        yield Issue(
            "Fler är polisanmälda än det finns tillbud, %(most)s. Stämmer det?",
            "police_reports",
            Level.WARNING,
            values={"most": incidents},
        )


@hookimpl
def measure_panel(measure: MeasureView) -> Panel | None:
    rows = []
    for one in measure.reported:
        label = f"{one.round.title}, {one.board}"
        if "damage_cost" in one.data:
            rows.append(Row(label, one.data["damage_cost"], unit="kr"))
        if "incidents" in one.data:
            rows.append(Row(label, one.data["incidents"], unit="tillbud"))
    counted = any("incidents" in one.data for one in measure.reported)
    text = "Fler rapporterade tillbud kan bero på att fler rapporterar." if counted else ""
    return Panel("Tillbud och skadekostnad över tid", rows, text) if rows else None


@hookimpl
def nav_items() -> list[NavItem]:
    return [NavItem("Läget i domänen", "overview")]


@hookimpl
def blueprint() -> Blueprint:
    return pages


def _against_persons(measure: MeasureView) -> bool:
    return bool(AGAINST_PERSONS & set(measure.data.get("event_types", ())))


def _without_assessment(measure: MeasureView) -> bool:
    return _against_persons(measure) and "risk_assessed_on" not in measure.data


def _costs(reports: Iterable[BoardReport]) -> list[Row]:
    """What damage cost each board in thousand kronor, the earliest round first."""
    return [
        Row(f"{one.round.title}, {one.board}", float(one.data["damage_cost"] / 1000))
        for one in sorted(reports, key=lambda one: one.round.starts_on)
        if "damage_cost" in one.data
    ]


@pages.get("/")
def overview() -> str:
    now = standing()
    sent = [one for one in now.reports if one.submitted]
    return overview_page(
        Overview(
            lede="Hot och våld mot medarbetare och förtroendevalda, och vad skador kostar.",
            figures=[
                submitted(now),
                Row("Tillbud", total(sent, "incidents")),
                Row("Polisanmälda", total(sent, "police_reports")),
                Row("Skadekostnad", total(sent, "damage_cost"), unit="kr"),
            ],
            gaps=[
                unreported(now),
                Gap(
                    "Hot och våld utan riskbedömning",
                    [Line("", one) for one in now.measures if _without_assessment(one)],
                ),
                Gap(
                    "Tillbud är inte redovisade",
                    [
                        Line(one.board, now.measure(one))
                        for one in sent
                        if _against_persons(now.measure(one)) and "incidents" not in one.data
                    ],
                ),
                Gap(
                    "Skadekostnad utan egen arbetstid",
                    [
                        Line(one.board, now.measure(one))
                        for one in sent
                        if one.data.get("damage_cost") and not one.data.get("own_work_included")
                    ],
                ),
                Gap(
                    "Händelsetyp är inte angiven",
                    [Line("", one) for one in now.measures if "event_types" not in one.data],
                ),
            ],
            charts=[
                Chart(
                    "Skadekostnad över tid, tusen kronor",
                    _costs([*now.past, *sent]),
                    note="Kostnader med och utan egen arbetstid går inte att jämföra rakt av.",
                )
            ],
            tables=[
                Table(
                    "Vad nämnder och bolag har svarat",
                    [
                        "Åtgärd",
                        "Nämnd eller bolag",
                        "Tillbud",
                        "Polisanmälda",
                        "Förtroendevalda",
                        "Kostnad, kr",
                        "Försäkringsärenden",
                    ],
                    [
                        [now.measure(one), one.board, *(one.data.get(name) for name in ANSWERS)]
                        for one in sent
                        if one.data.keys() & set(ANSWERS)
                    ],
                )
            ],
        )
    )
