"""Skydd mot olyckor: goals of the LSO programme (2003:778), inspections, visits, training."""

from collections.abc import Iterator

from flask import Blueprint

from registry.api import (
    Chart,
    Choice,
    Field,
    Gap,
    Issue,
    Level,
    Line,
    MeasureView,
    Metric,
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
    share,
    standing,
    submitted,
    total,
    unreported,
)

ACCIDENTS = (
    ("fire", "Brand"),
    ("traffic", "Trafik"),
    ("drowning", "Drunkning"),
    ("fall", "Fall"),
    ("hazardous_substance", "Farligt ämne"),
    ("natural", "Naturolycka"),
    ("suicide", "Suicid"),
)
COUNTS = {
    "inspections": "Genomförda tillsyner",
    "home_visits": "Hembesök",
    "smoke_alarms": "Uppsatta brandvarnare",
    "trained": "Utbildade personer",
}
# What a measure of this kind should be able to count, and what is said where it has not.
EXPECTED = {
    "inspection": ("inspections", "Åtgärden gäller tillsyn. Ange hur många som genomfördes."),
    "home_visit": ("home_visits", "Åtgärden gäller hembesök. Ange hur många som gjordes."),
    "training": ("trained", "Åtgärden gäller utbildning. Ange hur många som har gått den."),
}
pages = Blueprint("accident_protection", __name__)


@hookimpl
def measure_fields() -> list[Field]:
    return [
        Choice(
            "accident_type",
            "Olyckstyp",
            help="Den olycka som åtgärden främst ska förebygga eller lindra.",
            options=ACCIDENTS,
        ),
        Choice(
            "programme_goal",
            "Mål i handlingsprogrammet",
            help="Vilken sorts mål åtgärden bidrar till. Handlingsprogrammet krävs enligt lag "
            "(2003:778) om skydd mot olyckor.",
            options=(("safety", "Säkerhetsmål"), ("performance", "Prestationsmål")),
        ),
        Text(
            "programme_reference",
            "Målets beteckning",
            help="Så att målet går att hitta i handlingsprogrammet, till exempel S3 eller 4.2.",
            max_length=80,
        ),
        Choice(
            "intervention",
            "Insatstyp",
            options=(
                ("inspection", "Tillsyn"),
                ("information", "Information"),
                ("training", "Utbildning"),
                ("home_visit", "Hembesök"),
                ("physical", "Fysisk åtgärd"),
                ("campaign", "Kampanj"),
                ("exercise", "Övning"),
            ),
        ),
        Choice(
            "target_group",
            "Målgrupp",
            options=(
                ("over_65", "65 år och äldre"),
                ("over_80", "80 år och äldre"),
                ("children", "Barn och unga"),
                ("staff", "Personal"),
                ("rural", "Boende i glesbygd"),
                ("everyone", "Alla"),
            ),
        ),
        Choice(
            "rescue_area",
            "Räddningsområde",
            options=(
                ("uppsala", "Uppsala"),
                ("tierp", "Tierp"),
                ("osthammar", "Östhammar"),
                ("all", "Hela räddningsnämndens område"),
            ),
        ),
    ]


@hookimpl
def report_fields() -> list[Field]:
    return [
        Whole(
            "inspections_planned",
            "Planerade tillsyner",
            help="Antal enligt tillsynsplanen för perioden.",
        ),
        Whole("inspections", COUNTS["inspections"], help="Antal under perioden."),
        Whole(
            "home_visits",
            COUNTS["home_visits"],
            help="Antal besökta hushåll under perioden. Skriv inga uppgifter om enskilda.",
        ),
        Whole("smoke_alarms", COUNTS["smoke_alarms"], help="Antal under perioden."),
        Whole(
            "trained",
            COUNTS["trained"],
            help="Antal som under perioden har fått utbildning eller övat.",
        ),
    ]


@hookimpl
def metrics() -> list[Metric]:
    return [
        Metric(
            "spreading_fires",
            "Byggnadsbränder med spridning, femårsmedelvärde",
            unit="antal/1 000 inv",
            better="lower",
            source="kolada:N07415",
        ),
        Metric(
            "hospitalised",
            "Sjukhusvårdade efter olycka, treårsmedelvärde",
            unit="antal/1 000 inv",
            better="lower",
            source="kolada:U07413",
        ),
        Metric(
            "response_time",
            "Responstid för räddningstjänsten, median",
            unit="minuter",
            better="lower",
            source="kolada:U07442",
        ),
        Metric(
            "falls_over_80",
            "Fallskador bland invånare över 80 år, treårsmedelvärde",
            unit="antal/100 000 inv",
            better="lower",
            source="kolada:N20402",
        ),
        Metric(
            "traffic_injuries",
            "Sjukhusrapporterade olyckor i vägtrafik",
            unit="antal/100 000 inv",
            better="lower",
            source="kolada:N07804",
        ),
        Metric(
            "accident_cost",
            "Kostnad för olyckor",
            unit="kr/inv",
            better="lower",
            source="kolada:U07075",
        ),
        Metric(
            "inspections_done",
            "Genomförda tillsyner enligt plan",
            unit="%",
            target=Target(">=", 100),
            compute=share("inspections", "inspections_planned"),
        ),
    ]


@hookimpl
def check_measure(measure: MeasureView) -> Iterator[Issue]:
    goal, reference = (measure.data.get(one) for one in ("programme_goal", "programme_reference"))
    if goal and not reference:
        yield Issue(
            "Ange målets beteckning, så att det går att hitta i handlingsprogrammet.",
            "programme_reference",
            Level.WARNING,
        )
    if reference and not goal:
        yield Issue(
            "Välj om målet är ett säkerhetsmål eller ett prestationsmål.",
            "programme_goal",
            Level.WARNING,
        )


@hookimpl
def check_report(report: ReportView) -> Iterator[Issue]:
    planned, held = report.data.get("inspections_planned"), report.data.get("inspections")
    if planned is not None and held is not None and held > planned:
        yield Issue(
            "Fler tillsyner är genomförda än planerade. Stämmer det?", "inspections", Level.WARNING
        )
    name, message = EXPECTED.get(report.measure.data.get("intervention", ""), ("", ""))
    if name and name not in report.data:
        yield Issue(message, name, Level.WARNING)


@hookimpl
def measure_panel(measure: MeasureView) -> Panel | None:
    rows = [
        Row(label, one.data[name], note=f"{one.round.title}, {one.board}")
        for one in measure.reported
        for name, label in COUNTS.items()
        if name in one.data
    ]
    return Panel("Vad som har gjorts", rows[:20]) if rows else None


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
    planned = [one for one in sent if {"inspections", "inspections_planned"} <= one.data.keys()]
    types = [one.data["accident_type"] for one in now.measures if "accident_type" in one.data]
    names = ("inspections_planned", *COUNTS)
    return overview_page(
        Overview(
            lede="Tillsyn, hembesök, utbildning och mål i handlingsprogrammet i alla nämnder "
            "och bolag.",
            figures=[
                submitted(now),
                Row(COUNTS["inspections"], total(sent, "inspections")),
                Row(COUNTS["home_visits"], total(sent, "home_visits")),
                Row(COUNTS["trained"], total(sent, "trained")),
            ],
            gaps=[
                unreported(now),
                Gap(
                    "Planerade tillsyner som inte blev av",
                    [
                        Line(
                            one.board,
                            now.measure(one),
                            f"{one.data['inspections']} / {one.data['inspections_planned']}",
                        )
                        for one in planned
                        if one.data["inspections"] < one.data["inspections_planned"]
                    ],
                ),
                Gap(
                    "Bidrar inte till något mål i handlingsprogrammet",
                    [Line("", one) for one in now.measures if "programme_goal" not in one.data],
                ),
                Gap(
                    "Olyckstyp är inte angiven",
                    [Line("", one) for one in now.measures if "accident_type" not in one.data],
                ),
            ],
            charts=[
                Chart(
                    "Åtgärder per olyckstyp",
                    [Row(label, types.count(value)) for value, label in ACCIDENTS] if types else [],
                )
            ],
            tables=[
                Table(
                    "Vad nämnder och bolag har svarat",
                    ["Åtgärd", "Nämnd eller bolag", "Planerade tillsyner", *COUNTS.values()],
                    [
                        [now.measure(one), one.board, *(one.data.get(name) for name in names)]
                        for one in sent
                        if one.data
                    ],
                )
            ],
        )
    )
