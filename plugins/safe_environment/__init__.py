"""Trivsam och trygg miljö: places, safety walks and the faults they find."""

from collections.abc import Iterable, Iterator

from flask import Blueprint

from registry.api import (
    BoardReport,
    Chart,
    Choice,
    Choices,
    Date,
    Field,
    Flag,
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

ANSWERS = ("walks", "walk_participants", "faults_found", "faults_fixed")
pages = Blueprint("safe_environment", __name__)


@hookimpl
def measure_fields() -> list[Field]:
    return [
        Choice(
            "place_type",
            "Platstyp",
            options=(
                ("underpass", "Gångtunnel"),
                ("square", "Centrum eller torg"),
                ("park", "Park"),
                ("travel_hub", "Resecentrum eller hållplats"),
                ("school_yard", "Skolgård"),
                ("housing", "Bostadsområde"),
                ("trail", "Motionsspår"),
                ("parking", "Parkering"),
                ("path", "Gångstråk eller cykelväg"),
                ("everywhere", "Hela kommunen"),
            ),
        ),
        Text("district", "Område eller stadsdel"),
        Choices(
            "action_types",
            "Typ av åtgärd",
            options=(
                ("lighting", "Belysning"),
                ("visibility", "Sikt och röjning"),
                ("graffiti", "Klottersanering"),
                ("cleaning", "Renhållning"),
                ("adult_presence", "Vuxennärvaro"),
                ("guards", "Ordningsvakter"),
                ("camera", "Kamerabevakning"),
                ("design", "Gestaltning och ombyggnad"),
                ("events", "Evenemang och aktiviteter"),
            ),
        ),
        Choices(
            "target_groups",
            "Målgrupp",
            help="Vilkas trygghet åtgärden främst ska öka.",
            options=(
                ("young_women", "Unga kvinnor"),
                ("lgbtq", "Hbtq-personer"),
                ("older", "Äldre"),
                ("children", "Barn"),
                ("disability", "Personer med funktionsnedsättning"),
                ("everyone", "Alla"),
            ),
        ),
        Flag(
            "equality_analysis",
            "Är en jämställdhetsanalys gjord?",
            help="Vilka som använder platsen, vilka som saknas och varför.",
        ),
        Flag(
            "camera_weighed",
            "Är behovet av kamera vägt mot intrånget i integriteten?",
            help="Besvaras bara när åtgärden innehåller kamerabevakning.",
        ),
        Text(
            "camera_site",
            "Kameraplats i detalj",
            help="Var kamerorna sitter och vad de ser.",
            secrecy="OSL 18:8",
        ),
    ]


@hookimpl
def report_fields() -> list[Field]:
    return [
        Whole(
            "walks",
            "Trygghetsvandringar",
            help="Antal under perioden. Räkna bara dem ni själva höll i.",
        ),
        Date("walk_date", "Senaste vandringens datum"),
        Whole("walk_participants", "Deltagare i vandringarna", help="Antal, alla tillsammans."),
        Whole(
            "faults_found",
            "Brister funna",
            help="Brister som ni ansvarar för, från vandringar och andra genomgångar.",
        ),
        Whole("faults_fixed", "Brister åtgärdade", help="Hur många av dem som är åtgärdade."),
    ]


@hookimpl
def metrics() -> list[Metric]:
    return [
        Metric("safe_in_the_dark", "Trygga utomhus i mörker", unit="%", source="kolada:N00610"),
        Metric(
            "few_broken_lights",
            "Få problem med trasig utomhusbelysning",
            unit="%",
            source="kolada:N00626",
        ),
        Metric(
            "graffiti_problem",
            "Problem med klotter i bostadsområdet",
            unit="%",
            better="lower",
            source="kolada:N07625",
        ),
        Metric(
            "avoids_going_out",
            "Avstår från att gå ut ensam",
            unit="%",
            better="lower",
            source="kolada:U01420",
        ),
        Metric("graffiti_hours", "Saneringstid för klotter", unit="timmar", better="lower"),
        Metric(
            "faults_fixed_share",
            "Åtgärdade brister",
            unit="%",
            target=Target(">=", 100),
            compute=share("faults_fixed", "faults_found"),
        ),
    ]


@hookimpl
def check_measure(measure: MeasureView) -> Iterator[Issue]:
    if "camera" in measure.data.get("action_types", ()) and not measure.data.get("camera_weighed"):
        yield Issue(
            "Väg behovet av kamera mot intrånget i människors integritet innan kameran sätts upp.",
            "camera_weighed",
            Level.WARNING,
        )


@hookimpl
def check_report(report: ReportView) -> Iterator[Issue]:
    found, fixed = report.data.get("faults_found"), report.data.get("faults_fixed")
    if fixed is not None and found is None:
        yield Issue("Ange hur många brister som hittades.", "faults_found")
    if fixed is not None and found is not None and fixed > found:
        yield Issue(
            "Högst %(most)s, så många brister som hittades.",
            "faults_fixed",
            values={"most": found},
        )
    day, period = report.data.get("walk_date"), report.round
    if day is not None and not period.starts_on <= day <= period.ends_on:
        yield Issue(
            "Datumet ligger utanför perioden %(first)s – %(last)s.",
            "walk_date",
            values={"first": period.starts_on, "last": period.ends_on},
        )
    if report.data.get("walk_participants") and report.data.get("walks") == 0:
        yield Issue("Det finns deltagare men inga vandringar. Stämmer det?", "walks", Level.WARNING)


@hookimpl
def measure_panel(measure: MeasureView) -> Panel | None:
    rows = [
        Row(
            f"{one.round.title}, {one.board}",
            one.metrics.get("faults_fixed_share"),
            unit="%",
            most=100,
            note=f"{one.data['faults_fixed']} / {one.data['faults_found']}",
        )
        for one in _with_faults(measure.reported)
    ]
    text = "Andel av bristerna som är åtgärdade, och hur många av dem som hittades."
    return Panel("Åtgärdade brister över tid", rows, text) if rows else None


@hookimpl
def nav_items() -> list[NavItem]:
    return [NavItem("Läget i domänen", "overview")]


@hookimpl
def blueprint() -> Blueprint:
    return pages


def _with_faults(reports: Iterable[BoardReport]) -> list[BoardReport]:
    """Those that say both how many faults were found and how many are remedied."""
    return [one for one in reports if {"faults_found", "faults_fixed"} <= one.data.keys()]


def _fixed_by_round(reports: Iterable[BoardReport]) -> list[Row]:
    """Remedied of found faults in each round, the earliest first."""
    rounds: dict[str, list[BoardReport]] = {}
    for one in sorted(_with_faults(reports), key=lambda one: one.round.starts_on):
        rounds.setdefault(one.round.title, []).append(one)
    rows = []
    for title, answered in rounds.items():
        found, fixed = total(answered, "faults_found"), total(answered, "faults_fixed")
        if found and fixed is not None:
            rows.append(Row(title, float(100 * fixed / found), unit="%", most=100))
    return rows


@pages.get("/")
def overview() -> str:
    now = standing()
    sent = [one for one in now.reports if one.submitted]
    faults = _with_faults(sent)
    found = total(faults, "faults_found")
    return overview_page(
        Overview(
            lede="Platser, trygghetsvandringar och brister som har åtgärdats i hela kommunen.",
            figures=[
                submitted(now),
                Row("Trygghetsvandringar", total(sent, "walks")),
                Row(
                    "Åtgärdade brister",
                    total(faults, "faults_fixed"),
                    most=None if found is None else float(found),
                ),
                Row(
                    "Åtgärder med jämställdhetsanalys",
                    sum(one.data.get("equality_analysis") is True for one in now.measures),
                    most=len(now.measures),
                ),
            ],
            gaps=[
                unreported(now),
                Gap(
                    "Funna brister som väntar på åtgärd",
                    [
                        Line(one.board, now.measure(one))
                        for one in faults
                        if one.data["faults_fixed"] < one.data["faults_found"]
                    ],
                ),
                Gap(
                    "Ombyggnad utan jämställdhetsanalys",
                    [
                        Line("", one)
                        for one in now.measures
                        if "design" in one.data.get("action_types", ())
                        and not one.data.get("equality_analysis")
                    ],
                ),
                Gap(
                    "Platstyp är inte angiven",
                    [Line("", one) for one in now.measures if "place_type" not in one.data],
                ),
            ],
            charts=[
                Chart(
                    "Åtgärdade brister över tid",
                    _fixed_by_round([*now.reports, *now.past]),
                    note="Andel av de brister som hittades, alla nämnder och bolag tillsammans.",
                )
            ],
            tables=[
                Table(
                    "Vad nämnder och bolag har svarat",
                    [
                        "Åtgärd",
                        "Nämnd eller bolag",
                        "Vandringar",
                        "Deltagare",
                        "Brister funna",
                        "Brister åtgärdade",
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
