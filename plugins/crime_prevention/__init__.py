"""Minskad brottslighet: situation pictures, the action plan and its follow-up, lag (2023:196)."""

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import date

from flask import Blueprint

from registry.api import (
    BoardReport,
    Chart,
    Choice,
    Choices,
    Clock,
    Date,
    Field,
    Gap,
    Issue,
    Level,
    Line,
    Link,
    LongText,
    MeasureView,
    Metric,
    NavItem,
    Overview,
    Panel,
    ReportView,
    Row,
    Table,
    Text,
    Whole,
    hookimpl,
    overview_page,
    standing,
    submitted,
    today,
    unreported,
)

LAW = "lag (2023:196)"
PER_INHABITANTS = "antal/100 000 inv"
CRIMES = (
    ("violence", "Våld"),
    ("domestic_violence", "Våld i nära relation"),
    ("violence_against_children", "Våld mot barn"),
    ("robbery", "Rån"),
    ("vandalism", "Skadegörelse"),
    ("drugs", "Narkotikabrott"),
    ("theft", "Stöld"),
    ("vehicle_crime", "Bilbrott"),
    ("burglary", "Inbrott"),
    ("traffic_crime", "Trafikbrott"),
    ("fraud", "Bedrägeri"),
    ("extremism", "Extremism och hatbrott"),
    ("welfare_crime", "Välfärdsbrott"),
)
PREVENTION = (("social", "Socialt"), ("situational", "Situationellt"))
FOLLOW_UP = Clock(
    "follow_up",
    "Följa upp åtgärdsplanen mot brott",
    LAW,
    24,
    start="plan_decided_on",
    help="Minst vartannat år, räknat från beslutet eller den senaste uppföljningen.",
)
pages = Blueprint("crime_prevention", __name__)


@hookimpl
def measure_fields() -> list[Field]:
    return [
        Choice(
            "crime_type",
            "Brottstyp",
            help="Den brottstyp som åtgärden främst ska förebygga.",
            options=CRIMES,
        ),
        Choice(
            "prevention_type",
            "Typ av förebyggande arbete",
            help="Socialt: påverkar viljan att begå brott. Situationellt: gör brottet svårare.",
            options=PREVENTION,
        ),
        Choice(
            "prevention_level",
            "Vem åtgärden riktas till",
            options=(
                ("universal", "Alla"),
                ("selective", "Grupper eller platser med högre risk"),
                ("indicated", "Personer eller platser där brott redan har skett"),
            ),
        ),
        Text(
            "situation",
            "Lägesbild som åtgärden svarar på",
            help="Namn eller diarienummer på lägesbilden.",
        ),
        Link("situation_link", "Länk till lägesbilden"),
        Date("situation_date", "Lägesbildens datum"),
        Text(
            "no_situation_reason",
            "Varför det inte finns någon lägesbild",
            help="Besvaras bara när åtgärden inte bygger på en lägesbild.",
        ),
        LongText(
            "cause_analysis",
            "Orsaksanalys",
            help="Varför brotten sker, på vilka platser och när. Skriv inget om enskilda.",
            secrecy="OSL 18:1",
        ),
        Choices(
            "cooperation",
            "Samverkansform",
            options=(
                ("est", "EST – effektiv samordning för trygghet"),
                ("sspf", "SSPF – skola, socialtjänst, polis och fritid"),
                ("sig", "SIG – sociala insatsgrupper"),
                ("local_council", "Lokalt brottsförebyggande råd"),
                ("citizen_pledge", "Medborgarlöfte"),
                ("neighbourhood", "Grannsamverkan"),
            ),
        ),
        Text("plan_case_number", "Åtgärdsplanens diarienummer"),
        Date(
            "plan_decided_on",
            "Åtgärdsplanen beslutad eller senast uppföljd",
            help="Från den dagen räknas fristen på två år till nästa uppföljning.",
        ),
        LongText(
            "no_action_reason",
            "Motivering om ingen åtgärd vidtas",
            help="Besvaras bara när lägesbilden visar ett problem som kommunen inte gör något åt.",
        ),
    ]


@hookimpl
def report_fields() -> list[Field]:
    return [
        Whole(
            "situations_made",
            "Lägesbilder",
            help="Antal som togs fram under perioden. Besvaras av den som leder åtgärden.",
        ),
        Whole(
            "actions_decided",
            "Insatser som bygger på lägesbilderna",
            help="Antal beslutade insatser under perioden.",
        ),
    ]


@hookimpl
def metrics() -> list[Metric]:
    return [
        Metric(
            "violent_crimes",
            "Anmälda våldsbrott per 100 000 invånare",
            unit=PER_INHABITANTS,
            better="lower",
            source="kolada:N07403",
        ),
        Metric(
            "all_crimes",
            "Anmälda brott totalt per 100 000 invånare",
            unit=PER_INHABITANTS,
            better="lower",
            source="kolada:N07540",
        ),
        Metric(
            "vandalism",
            "Anmäld skadegörelse per 100 000 invånare",
            unit=PER_INHABITANTS,
            better="lower",
            source="kolada:U07452",
        ),
        Metric(
            "burglaries",
            "Anmälda bostadsinbrott per 100 000 invånare",
            unit=PER_INHABITANTS,
            better="lower",
            source="kolada:N07546",
        ),
        Metric(
            "thefts",
            "Anmälda stölder per 100 000 invånare",
            unit=PER_INHABITANTS,
            better="lower",
            source="kolada:U07417",
        ),
        Metric("low_worry", "Låg oro för våldsbrott", unit="%", source="kolada:N00614"),
        Metric("situations_per_month", "Lägesbilder per månad", unit="st", compute=_per_month),
    ]


def _per_month(report: ReportView) -> float | None:
    """Situation pictures for each month of the round's period."""
    made = report.data.get("situations_made")
    first, last = report.round.starts_on, report.round.ends_on
    months = 12 * (last.year - first.year) + last.month - first.month + 1
    return None if made is None else float(made) / months


@hookimpl
def clocks() -> list[Clock]:
    return [FOLLOW_UP]


@hookimpl
def check_measure(measure: MeasureView) -> Iterator[Issue]:
    if _unfounded(measure):
        yield Issue(
            "Ange vilken lägesbild åtgärden svarar på, eller varför det inte finns någon.",
            "situation",
            Level.WARNING,
        )
    if "plan_case_number" in measure.data and "plan_decided_on" not in measure.data:
        yield Issue(
            "Ange när åtgärdsplanen beslutades. Utan datum går det inte att räkna ut när den "
            "ska följas upp.",
            "plan_decided_on",
            Level.WARNING,
        )


@hookimpl
def check_report(report: ReportView) -> Iterator[Issue]:
    if report.data.get("actions_decided") and report.data.get("situations_made") == 0:
        yield Issue(
            "Insatser är beslutade men ingen lägesbild är framtagen. Stämmer det?",
            "situations_made",
            Level.WARNING,
        )


@hookimpl
def measure_panel(measure: MeasureView) -> Panel | None:
    rows = _situations(measure.reported)
    return Panel("Lägesbilder över tid", rows) if rows else None


@hookimpl
def nav_items() -> list[NavItem]:
    return [NavItem("Läget i domänen", "overview")]


@hookimpl
def blueprint() -> Blueprint:
    return pages


def _unfounded(measure: MeasureView) -> bool:
    """Whether it neither names a situation picture nor says why there is none."""
    return not {"situation", "no_situation_reason"} & measure.data.keys()


def _situations(reports: Iterable[BoardReport]) -> list[Row]:
    """Situation pictures that each board has made, the earliest round first."""
    return [
        Row(f"{one.round.title}, {one.board}", int(one.data["situations_made"]))
        for one in sorted(reports, key=lambda one: one.round.starts_on)
        if "situations_made" in one.data
    ]


def _overdue(measure: MeasureView, today: date) -> date | None:
    """The day its action plan should have been followed up, if that day has passed."""
    due = FOLLOW_UP.due(measure.data.get("plan_decided_on"), today)
    return due if due is not None and due < today else None


@pages.get("/")
def overview() -> str:
    now, day = standing(), today()
    sent = [one for one in now.reports if one.submitted]
    made = [one.data["situations_made"] for one in sent if "situations_made" in one.data]
    decided = [one.data["actions_decided"] for one in sent if "actions_decided" in one.data]
    crimes = Counter(one.data.get("crime_type") for one in now.measures)
    names = dict((*CRIMES, *PREVENTION))
    return overview_page(
        Overview(
            lede="Lägesbilder, åtgärdsplan och uppföljning av det brottsförebyggande arbetet.",
            figures=[
                submitted(now),
                Row(
                    "Åtgärder som svarar på en lägesbild",
                    sum("situation" in one.data for one in now.measures),
                    most=len(now.measures),
                ),
                Row("Framtagna lägesbilder", sum(made) if made else None),
                Row("Beslutade insatser", sum(decided) if decided else None),
            ],
            gaps=[
                unreported(now),
                Gap(
                    "Svarar inte på någon lägesbild, och skälet saknas",
                    [Line("", one) for one in now.measures if _unfounded(one)],
                ),
                Gap(
                    "Åtgärdsplanen skulle ha följts upp",
                    [
                        Line("", one, note=str(due))
                        for one in now.measures
                        if (due := _overdue(one, day)) is not None
                    ],
                ),
                Gap(
                    "Brottstyp är inte angiven",
                    [Line("", one) for one in now.measures if "crime_type" not in one.data],
                ),
            ],
            charts=[
                Chart(
                    "Åtgärder per brottstyp",
                    [Row(label, crimes[name]) for name, label in CRIMES],
                    note="En åtgärd räknas på den brottstyp som den främst ska förebygga.",
                ),
                Chart("Lägesbilder över tid", _situations([*now.past, *sent])),
            ],
            tables=[
                Table(
                    "Vad åtgärderna bygger på",
                    ["Åtgärd", "Brottstyp", "Förebyggande arbete", "Lägesbild"],
                    [
                        [
                            one,
                            names.get(one.data.get("crime_type", "")),
                            names.get(one.data.get("prevention_type", "")),
                            one.data.get("situation_date"),
                        ]
                        for one in now.measures
                    ],
                )
            ],
        )
    )
