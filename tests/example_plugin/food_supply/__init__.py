"""Livsmedelsförsörjning: can the municipality serve meals when deliveries fail?"""

from collections.abc import Iterator

from flask import Blueprint

from registry.api import (
    Chart,
    Choice,
    Clock,
    Date,
    Field,
    Gap,
    Importer,
    Issue,
    Level,
    Line,
    LongText,
    MeasureView,
    Metric,
    NavItem,
    Overview,
    Panel,
    ReportView,
    Row,
    Target,
    Text,
    Whole,
    hookimpl,
    overview_page,
    share,
    standing,
    submitted,
    unreported,
)

from . import stocks  # relative, so that it is the approved file and no other

DAYS = 7
pages = Blueprint("food_supply", __name__)


@hookimpl
def measure_fields() -> list[Field]:
    return [
        Text("kitchen", "Kök eller enhet"),
        Date("counted_on", "Lagret inventerat den"),
        Choice(
            "supply",
            "Leverantörer",
            options=(("one", "En"), ("several", "Flera"), ("own", "Egen produktion")),
        ),
        LongText(
            "stock_place",
            "Var beredskapslagret finns",
            help="Adress och hur man kommer in.",
            secrecy="OSL 18:13",
        ),
    ]


@hookimpl
def report_fields() -> list[Field]:
    return [
        Whole("portions", "Portioner per dag", help="Så många som serveras en vanlig dag."),
        Whole("reserve", "Portioner per dag vid avbrott", help="Så många som klaras ur lager."),
        Whole("days", "Dagar som lagret räcker", most=365),
    ]


@hookimpl
def metrics() -> list[Metric]:
    return [
        Metric(
            "covered",
            "Portioner som klaras vid avbrott",
            unit="%",
            target=Target(">=", 80),
            compute=share("reserve", "portions"),
        )
    ]


@hookimpl
def clocks() -> list[Clock]:
    return [
        Clock(
            "counting",
            "Inventera beredskapslagret",
            "kommunens beredskapsplan",
            12,
            start="counted_on",
        )
    ]


@hookimpl
def importers() -> list[Importer]:
    return [
        Importer(
            "stocks",
            "Läs in inventeringar",
            stocks.read,
            help="En CSV-fil med kolumnerna Åtgärd, Kök och Inventerat.",
        )
    ]


@hookimpl
def check_report(report: ReportView) -> Iterator[Issue]:
    portions, reserve = report.data.get("portions"), report.data.get("reserve")
    if reserve is not None and portions is None:
        yield Issue("Ange hur många portioner som serveras en vanlig dag.", "portions")
    days = report.data.get("days")
    if days is not None and days < DAYS:
        yield Issue(
            "Lagret bör räcka i %(days)s dagar.", "days", Level.WARNING, values={"days": DAYS}
        )


@hookimpl
def measure_panel(measure: MeasureView) -> Panel | None:
    rows = [
        Row(f"{one.round.title}, {one.board}", one.data["days"], unit="dagar", most=DAYS)
        for one in measure.reported
        if "days" in one.data
    ]
    return Panel("Så länge räcker lagret", rows) if rows else None


@hookimpl
def nav_items() -> list[NavItem]:
    return [NavItem("Läget i domänen", "overview")]


@hookimpl
def blueprint() -> Blueprint:
    return pages


@pages.get("/")
def overview() -> str:
    now = standing()
    sent = [one for one in now.reports if one.submitted and "days" in one.data]
    short = [one for one in sent if one.data["days"] < DAYS]
    return overview_page(
        Overview(
            lede="Kan kommunen servera mat när leveranserna uteblir?",
            figures=[
                submitted(now),
                Row("Kök med egen produktion", sum(_makes_own(one) for one in now.measures)),
            ],
            gaps=[
                unreported(now),
                Gap(
                    "Lagret räcker inte en vecka",
                    [Line(one.board, now.measure(one)) for one in short],
                ),
                Gap(
                    "Lagret är inte inventerat",
                    [Line("", one) for one in now.measures if "counted_on" not in one.data],
                ),
            ],
            charts=[
                Chart("Dagar som lagret räcker", [Row(one.board, one.data["days"]) for one in sent])
            ],
        ),
        template="food_supply/overview.html",
        week=DAYS,
        enough=len(sent) - len(short),
        counted=len(sent),
    )


def _makes_own(measure: MeasureView) -> bool:
    return measure.data.get("supply") == "own"
