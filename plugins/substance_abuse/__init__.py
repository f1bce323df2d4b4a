"""Minskad missbruksrelaterad otrygghet: prevention, inspections and test purchases.

Never data about individuals: what social services know of a person is secret (OSL 26:1).
"""

from collections.abc import Iterable, Iterator

from flask import Blueprint

from registry.api import (
    BoardReport,
    Chart,
    Choice,
    Choices,
    Field,
    Gap,
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

NOBODY = "Skriv aldrig uppgifter om enskilda personer eller familjer (OSL 26:1)."
ANSWERS = ("objects", "inspections", "remarks", "test_purchases", "id_asked")
pages = Blueprint("substance_abuse", __name__)


@hookimpl
def measure_fields() -> list[Field]:
    return [
        Choices(
            "substances",
            "Substans",
            help="Vad åtgärden gäller, spel om pengar inräknat.",
            options=(
                ("alcohol", "Alkohol"),
                ("narcotics", "Narkotika"),
                ("doping", "Dopning"),
                ("tobacco", "Tobak och nikotin"),
                ("gambling", "Spel om pengar"),
            ),
        ),
        Choice(
            "arena",
            "Arena",
            help="Där åtgärden främst görs.",
            options=(
                ("school", "Skola"),
                ("serving", "Krog eller annan servering"),
                ("shop", "Butik"),
                ("festival", "Festival eller storhelg"),
                ("home", "Hemmet"),
                ("public_place", "Offentlig plats"),
                ("online", "Nätet"),
                ("sports", "Idrottsanläggning eller gym"),
            ),
        ),
        Choice(
            "method",
            "Metod",
            options=(
                ("responsible_serving", "Ansvarsfull alkoholservering"),
                ("test_purchase", "Kontrollköp"),
                ("parental_support", "Föräldrastöd"),
                ("against_supply", "Arbete mot langning"),
                ("sspf", "SSPF – skola, socialtjänst, polis och fritid"),
                ("outreach", "Uppsökande arbete"),
                ("inspection", "Tillsyn"),
                ("other", "Annan metod"),
            ),
        ),
        Choice(
            "inspection_type",
            "Typ av tillsyn",
            help="Besvaras bara när åtgärden innehåller tillsyn.",
            options=(
                ("serving_permit", "Serveringstillstånd"),
                ("low_alcohol_beer", "Folköl"),
                ("tobacco", "Tobak och nikotin"),
                ("smoke_free", "Rökfria miljöer"),
                ("joint", "Samordnad tillsyn"),
            ),
        ),
        Choices(
            "target_groups",
            "Målgrupp",
            options=(
                ("guardians", "Vårdnadshavare"),
                ("lower_secondary", "Elever i årskurs 7–9"),
                ("upper_secondary", "Elever i gymnasiet"),
                ("restaurateurs", "Krögare och serveringspersonal"),
                ("retailers", "Butiker"),
                ("adults", "Vuxna"),
            ),
        ),
        Text("place", "Plats eller område", help=NOBODY),
    ]


@hookimpl
def report_fields() -> list[Field]:
    return [
        Whole("objects", "Tillsynsobjekt", help="Antal som omfattas av tillsynsplanen."),
        Whole(
            "inspections",
            "Objekt som har fått tillsyn",
            help="Räkna varje objekt en gång, även om det fick flera besök under perioden.",
        ),
        Whole("remarks", "Anmärkningar", help="Antal vid periodens tillsyn."),
        Whole("test_purchases", "Kontrollköp", help="Antal besökta butiker under perioden."),
        Whole(
            "id_asked",
            "Butiker som frågade efter legitimation",
            help="Hur många av dem som frågade vid kontrollköpet.",
        ),
        LongText("observations", "Iakttagelser", help=NOBODY),
    ]


@hookimpl
def metrics() -> list[Metric]:
    return [
        Metric(
            "few_intoxicated",
            "Få problem med påverkade personer",
            unit="%",
            source="kolada:N00620",
        ),
        Metric(
            "few_drug_deals",
            "Få problem med narkotikahandel",
            unit="%",
            source="kolada:N00621",
        ),
        Metric(
            "open_drug_trade",
            "Invånare som upplever öppen narkotikahandel i bostadsområdet",
            unit="%",
            better="lower",
            source="kolada:N07631",
        ),
        Metric(
            "risky_drinking",
            "Invånare med riskabla alkoholvanor",
            unit="%",
            better="lower",
            source="kolada:U01404",
        ),
        Metric(
            "drug_crimes",
            "Anmälda narkotikabrott per 100 000 invånare",
            unit="antal/100 000 inv",
            better="ambiguous",
            source="kolada:N07544",
        ),
        Metric(
            "inspected",
            "Tillsynsgrad",
            unit="%",
            target=Target(">=", 100),
            compute=share("inspections", "objects"),
        ),
        Metric(
            "id_asked_share",
            "Butiker som frågade efter legitimation",
            unit="%",
            compute=share("id_asked", "test_purchases"),
        ),
    ]


@hookimpl
def check_measure(measure: MeasureView) -> Iterator[Issue]:
    if measure.data.get("method") == "inspection" and "inspection_type" not in measure.data:
        yield Issue("Ange vilken typ av tillsyn det är.", "inspection_type", Level.WARNING)


@hookimpl
def check_report(report: ReportView) -> Iterator[Issue]:
    objects, inspected = report.data.get("objects"), report.data.get("inspections")
    if inspected is not None and objects is None:
        yield Issue("Ange hur många objekt som omfattas av tillsynen.", "objects")
    if inspected is not None and objects is not None and inspected > objects:
        yield Issue(
            "Högst %(most)s, så många objekt som omfattas. Räkna varje objekt en gång.",
            "inspections",
            values={"most": objects},
        )
    bought, asked = report.data.get("test_purchases"), report.data.get("id_asked")
    if asked is not None and bought is None:
        yield Issue("Ange hur många butiker som besöktes.", "test_purchases")
    if asked is not None and bought is not None and asked > bought:
        yield Issue(
            "Högst %(most)s, så många butiker som besöktes.", "id_asked", values={"most": bought}
        )


@hookimpl
def measure_panel(measure: MeasureView) -> Panel | None:
    rows = [
        Row(
            f"{one.round.title}, {one.board}",
            one.metrics.get("inspected"),
            unit="%",
            most=100,
            note=f"{one.data['inspections']} / {one.data['objects']}",
        )
        for one in _inspected(measure.reported)
    ]
    text = "Andel av objekten som har fått tillsyn, och hur många av alla objekt det är."
    return Panel("Tillsynsgrad över tid", rows, text) if rows else None


@hookimpl
def nav_items() -> list[NavItem]:
    return [NavItem("Läget i domänen", "overview")]


@hookimpl
def blueprint() -> Blueprint:
    return pages


def _inspected(reports: Iterable[BoardReport]) -> list[BoardReport]:
    """Those that say both how many objects there are and how many were inspected."""
    return [one for one in reports if {"objects", "inspections"} <= one.data.keys()]


@pages.get("/")
def overview() -> str:
    now = standing()
    sent = [one for one in now.reports if one.submitted]
    inspected = _inspected(sent)
    bought = [one for one in sent if {"test_purchases", "id_asked"} <= one.data.keys()]
    history = sorted(_inspected([*now.past, *sent]), key=lambda one: one.round.starts_on)
    return overview_page(
        Overview(
            lede="Förebyggande arbete, tillsyn och kontrollköp i alla nämnder och bolag.",
            figures=[
                submitted(now),
                Row(
                    "Objekt som har fått tillsyn",
                    total(inspected, "inspections"),
                    most=total(inspected, "objects"),
                ),
                Row("Anmärkningar", total(sent, "remarks")),
                Row(
                    "Butiker som frågade efter legitimation",
                    total(bought, "id_asked"),
                    most=total(bought, "test_purchases"),
                ),
            ],
            gaps=[
                unreported(now),
                Gap(
                    "Objekt som väntar på tillsyn",
                    [
                        Line(one.board, now.measure(one))
                        for one in inspected
                        if one.data["inspections"] < one.data["objects"]
                    ],
                ),
                Gap(
                    "Tillsynen är inte redovisad",
                    [
                        Line(one.board, now.measure(one))
                        for one in sent
                        if "inspection_type" in now.measure(one).data
                        and "inspections" not in one.data
                        and one.status != "done"
                    ],
                ),
                Gap(
                    "Substans är inte angiven",
                    [Line("", one) for one in now.measures if "substances" not in one.data],
                ),
                Gap(
                    "Metod är inte angiven",
                    [Line("", one) for one in now.measures if "method" not in one.data],
                ),
            ],
            charts=[
                Chart(
                    "Tillsynsgrad över tid",
                    [
                        Row(
                            f"{one.round.title}, {now.measure(one).number} {one.board}",
                            one.metrics.get("inspected"),
                            unit="%",
                            most=100,
                        )
                        for one in history
                    ],
                    note="Andel av objekten som har fått tillsyn under perioden.",
                )
            ],
            tables=[
                Table(
                    "Vad nämnder och bolag har svarat",
                    [
                        "Åtgärd",
                        "Nämnd eller bolag",
                        "Objekt",
                        "Fått tillsyn",
                        "Anmärkningar",
                        "Kontrollköp",
                        "Frågade",
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
