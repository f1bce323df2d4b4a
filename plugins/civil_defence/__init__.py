"""Civilt försvar: tasks of the agreement between state and municipalities, war organisation.

Nothing here is classified (säkerhetsskyddsklassificerat): there is no field for it, and every
question says so. The day of the yearly report to the county board is set anew each year, in its
instructions: it is a question here and no clock.
"""

from collections.abc import Iterator

from flask import Blueprint

from registry.api import (
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
    Percent,
    ReportView,
    Row,
    Table,
    Target,
    Whole,
    hookimpl,
    overview_page,
    share,
    standing,
    submitted,
    today,
    unreported,
)

GROUND = "OSL 15:2"
TASKS = (
    ("war_organisation", "Krigsorganisation och krigsplacering"),
    ("training", "Utbildning och övning"),
    ("protective_security", "Säkerhetsskydd"),
    ("communication", "Säker kommunikation"),
    ("situation_report", "Lägesredovisning"),
)
ANALYSIS_YEARS = 2
pages = Blueprint("civil_defence", __name__)


@hookimpl
def measure_fields() -> list[Field]:
    return [
        Choice(
            "agreement_task",
            "Uppgift enligt överenskommelsen",
            help="Vilken del av överenskommelsen om kommunernas arbete med civilt försvar som "
            "åtgärden hör till. Säkerhetsskyddsklassificerade uppgifter får aldrig skrivas in här.",
            options=TASKS,
        ),
        Date(
            "security_analysis_on",
            "Säkerhetsskyddsanalysen beslutad den",
            help="Skriv bara datumet. Analysens innehåll är säkerhetsskyddsklassificerat och får "
            "aldrig skrivas in här.",
            secrecy=GROUND,
        ),
        Choices(
            "communications",
            "Samband",
            help="De sambandsmedel som finns och är i bruk. Säkerhetsskyddsklassificerade "
            "uppgifter, till exempel om nycklar eller förvaring, får aldrig skrivas in här.",
            options=(("rakel", "Rakel"), ("cryptography", "Signalskydd")),
            secrecy=GROUND,
        ),
    ]


@hookimpl
def report_fields() -> list[Field]:
    return [
        Date(
            "war_organisation_on",
            "Krigsorganisationen beslutad den",
            help="Skriv bara datumet. Säkerhetsskyddsklassificerade uppgifter får aldrig skrivas "
            "in här.",
            secrecy=GROUND,
        ),
        Percent(
            "war_placed",
            "Krigsplacerade",
            help="Andel i procent av befattningarna i krigsorganisationen. Är andelen "
            "säkerhetsskyddsklassificerad hos er får den aldrig skrivas in här.",
            secrecy=GROUND,
        ),
        Whole(
            "shelters",
            "Skyddsrum",
            help="Antal i egna fastigheter. Säkerhetsskyddsklassificerade uppgifter, till exempel "
            "om ledningsplatser, får aldrig skrivas in här.",
            secrecy=GROUND,
        ),
        Whole(
            "staff_to_train",
            "Ska ha utbildning i totalförsvar",
            help="Antal chefer och nyckelpersoner som är utpekade, inte vilka de är.",
        ),
        Whole(
            "staff_trained",
            "Har gått utbildningen",
            help="Hur många av dem som har gått den vid periodens slut.",
        ),
        Flag(
            "yearly_report_in_time",
            "Lämnades årsrapporten till länsstyrelsen i tid?",
            help="Besvaras av den som lämnar rapporten för kommunen. Dagen står i länsstyrelsens "
            "anvisningar för året.",
        ),
    ]


def _in_time(report: ReportView) -> float | None:
    answer = report.data.get("yearly_report_in_time")
    return None if answer is None else float(answer)


@hookimpl
def metrics() -> list[Metric]:
    return [
        Metric(
            "tasks_done",
            "Uppgifter klara enligt överenskommelsen",
            unit="%",
            target=Target(">=", 100),
        ),
        Metric(
            "war_placement_checked",
            "Genomförd krigsplaceringskontroll",
            unit="%",
            target=Target(">=", 100),
        ),
        Metric(
            "staff_trained",
            "Utbildad personal",
            unit="%",
            compute=share("staff_trained", "staff_to_train"),
        ),
        Metric(
            "yearly_report_in_time",
            "Årsrapport till länsstyrelsen i tid",
            unit="1 = ja, 0 = nej",
            target=Target(">=", 1),
            compute=_in_time,
        ),
    ]


@hookimpl
def check_measure(measure: MeasureView) -> Iterator[Issue]:
    decided, day = measure.data.get("security_analysis_on"), today()
    if decided is None:
        return
    if decided > day:
        yield Issue("Datumet ligger i framtiden.", "security_analysis_on")
    elif (day - decided).days > ANALYSIS_YEARS * 366:
        yield Issue(
            "Säkerhetsskyddsanalysen ska uppdateras minst vartannat år. Ange datumet för den "
            "senaste.",
            "security_analysis_on",
            Level.WARNING,
        )


@hookimpl
def check_report(report: ReportView) -> Iterator[Issue]:
    trained, asked = report.data.get("staff_trained"), report.data.get("staff_to_train")
    if trained is not None and asked is not None and trained > asked:
        yield Issue("Kan inte vara fler än de som ska ha utbildningen.", "staff_trained")
    if trained is not None and asked is None:
        yield Issue("Ange hur många som ska ha utbildningen.", "staff_to_train")
    decided, last = report.data.get("war_organisation_on"), report.round.ends_on
    if decided is not None and decided > last:
        yield Issue(
            "Datumet ligger efter perioden, som slutar %(last)s.",
            "war_organisation_on",
            values={"last": last},
        )


@hookimpl
def measure_panel(measure: MeasureView) -> Panel | None:
    rows = [
        Row(
            "Utbildade i totalförsvar",
            one.data["staff_trained"],
            most=_most(one.data.get("staff_to_train")),
            note=f"{one.round.title}, {one.board}",
        )
        for one in measure.reported
        if "staff_trained" in one.data
    ]
    return Panel("Utbildningen över tid", rows[:20]) if rows else None


def _most(value: object) -> float | None:
    return None if not value else float(str(value))


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
    counted = [one for one in sent if {"staff_trained", "staff_to_train"} <= one.data.keys()]
    trained = [one.data["staff_trained"] for one in counted]
    asked = [one.data["staff_to_train"] for one in counted]
    in_time = [
        one.data["yearly_report_in_time"] for one in sent if "yearly_report_in_time" in one.data
    ]
    tasks = [one.data["agreement_task"] for one in now.measures if "agreement_task" in one.data]
    words = {True: "Ja", False: "Nej", None: None}
    return overview_page(
        Overview(
            lede="Överenskommelsens uppgifter och utbildningen i alla nämnder och bolag. "
            "Skyddade uppgifter visas inte här.",
            figures=[
                submitted(now),
                Row("Åtgärder kopplade till överenskommelsen", len(tasks), most=len(now.measures)),
                Row(
                    "Utbildade i totalförsvar",
                    sum(trained) if trained else None,
                    most=_most(sum(asked)),
                ),
                Row(
                    "Årsrapport till länsstyrelsen i tid", words[all(in_time) if in_time else None]
                ),
            ],
            gaps=[
                unreported(now),
                Gap(
                    "Uppgift enligt överenskommelsen är inte angiven",
                    [Line("", one) for one in now.measures if "agreement_task" not in one.data],
                ),
                Gap(
                    "Utbildningen är inte räknad",
                    [
                        Line(one.board, now.measure(one))
                        for one in sent
                        if now.measure(one).data.get("agreement_task") == "training"
                        and one not in counted
                    ],
                ),
                Gap(
                    "Årsrapporten lämnades för sent",
                    [
                        Line(one.board, now.measure(one))
                        for one in sent
                        if one.data.get("yearly_report_in_time") is False
                    ],
                ),
                Gap(
                    "Ingen nämnd och inget bolag ansvarar",
                    [Line("", one) for one in now.measures if not one.boards],
                ),
            ],
            charts=[
                Chart(
                    "Åtgärder per uppgift i överenskommelsen",
                    [Row(label, tasks.count(value)) for value, label in TASKS] if tasks else [],
                )
            ],
            tables=[
                Table(
                    "Vad nämnder och bolag har svarat",
                    [
                        "Åtgärd",
                        "Nämnd eller bolag",
                        "Ska utbildas",
                        "Utbildade",
                        "Årsrapport i tid",
                    ],
                    [
                        [
                            now.measure(one),
                            one.board,
                            one.data.get("staff_to_train"),
                            one.data.get("staff_trained"),
                            words[one.data.get("yearly_report_in_time")],
                        ]
                        for one in sent
                        if one.data
                    ],
                )
            ],
        )
    )
