"""A municipality of a given size, written with Core bulk inserts into a migrated database.

Twenty boards with 1–3 owners per measure. The year 2020 is closed: every board's report is accepted
and frozen. 2021 is open: boards in every state. A third of the measures have an effect metric with
three years of values; measures of the two bundled domains have domain data.

An earlier version of the plan, replaced by now, holds reports that are ready to submit: sixty of
ten measures each, and three of 500. A submission is measured once for each of them.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from registry.db import db
from registry.effects.models import (
    Better,
    EffectMethod,
    EffectMetric,
    MethodKind,
    MetricValue,
    Operator,
)
from registry.host.models import DomainData, SubjectKind
from registry.people.models import Board, BoardKind, Role, RoleGrant, User
from registry.people.passwords import hash_password
from registry.plan.models import (
    Activity,
    ActivityState,
    GoalArea,
    GoalGroup,
    Measure,
    MeasureKind,
    MeasureStatus,
    Partner,
    Plan,
    PlanVersion,
    Responsibility,
    Share,
    SubGoal,
    VersionState,
)
from registry.plan.service import search_text_of
from registry.reporting.models import (
    FrozenItem,
    FrozenValue,
    ItemState,
    ItemValue,
    Outcome,
    Report,
    ReportItem,
    ReportState,
    Round,
    RoundState,
)

PASSWORD = "en-mening-att-minnas"
BOARDS = 20
SUBGOALS = 30
SMALL, SMALL_ROUNDS = 10, 3
LARGE, LARGE_REPORTS = 500, 3
THEN = datetime(2021, 1, 20, 9, 30, tzinfo=UTC)
AREAS: tuple[tuple[str, str | None], ...] = (
    ("Trivsam och trygg miljö", None),
    ("Minskad brottslighet", None),
    ("Minskad missbruksrelaterad otrygghet", None),
    ("Internt skydd och personsäkerhet", None),
    ("Informations- och cybersäkerhet", "cyber_security"),
    ("Skydd mot olyckor", None),
    ("Riskhänsyn vid samhällsplanering", None),
    ("Krisberedskap", "crisis_preparedness"),
    ("Civilt försvar", None),
)
WORK = ("Bostadsinbrott", "Nattvandring", "Belysning", "Övning", "Utbildning", "Samverkan")
ANSWERS: dict[str, dict[str, tuple[str, str, Any]]] = {
    "crisis_preparedness": {
        "continuity_plan": ("Kontinuitetsplan", "choice", "decided"),
        "exercises_planned": ("Planerade övningar", "whole", 4),
        "exercises_held": ("Genomförda övningar", "whole", 3),
        "exercise_type": ("Övningens form", "choice", "seminar"),
    },
    "cyber_security": {
        "action_plan_done": ("Handlingsplanen uppfylld", "percent", 80),
        "incidents": ("Incidenter", "whole", 3),
        "mfa_coverage": ("Konton med flerfaktorsautentisering", "percent", 92),
        "phishing_click": ("Nätfisketest: klickade", "percent", 7),
    },
}
STATUSES = tuple(MeasureStatus)
# What 2021 looks like, board by board; the first one is the reporter's.
STATES_2021 = (
    *["mixed"] * 10,
    *["ready"] * 4,
    *["submitted"] * 3,
    *["accepted"],
    *["untouched"] * 2,
)


@dataclass(frozen=True)
class Seed:
    """What the pages to be measured need to know; ``items`` are of the two domains' measures."""

    plan: int
    version: int
    board: int
    measures: list[int]
    round: int
    report: int
    items: list[int]
    small_reports: list[int]
    large_reports: list[int]


@dataclass(frozen=True)
class _Measure:
    id: int
    identity: str
    number: str
    title: str
    area_id: int
    area: str
    domain: str | None
    subgoal: str
    index: int
    metric: int | None

    @property
    def boards(self) -> list[int]:
        """The first leads. Every fiftieth measure has nobody."""
        if self.index % 50 == 49:
            return []
        steps = (0, 7, 13)[: self.index % 3 + 1]
        return [(self.index + step) % BOARDS + 1 for step in steps]


@dataclass
class _Rows:
    """Rows by table, with ids given out here so that rows can point to each other."""

    tables: dict[sa.FromClause, list[dict[str, Any]]] = field(
        default_factory=lambda: defaultdict(list)
    )

    def add(self, model: Any, **row: Any) -> int:
        rows = self.tables[model.__table__]
        if "id" in model.__table__.c:
            row["id"] = len(rows) + 1
        rows.append(row)
        return len(rows)

    def write(self) -> None:
        with db.engine.begin() as connection:
            for table in db.metadata.sorted_tables:
                if self.tables.get(table):
                    connection.execute(sa.insert(table), self.tables[table])


def people() -> dict[str, list[tuple[Role, int | None]]]:
    """Who signs in, with their roles. One approver may submit for every board."""
    return {
        "reporter": [(Role.REPORTER, 1)],
        "approver": [(Role.APPROVER, board) for board in range(1, BOARDS + 1)],
        "coordinator": [(Role.COORDINATOR, None)],
        "executive": [(Role.EXECUTIVE, None)],
        "admin": [(Role.ADMIN, None)],
    }


def email(person: str) -> str:
    return f"{person}@example.org"


def seed(size: int) -> Seed:
    """Fill the database of the current app."""
    rows = _Rows()
    password = hash_password(PASSWORD)
    for number in range(1, BOARDS + 1):
        kind = BoardKind.EXECUTIVE if number == BOARDS else BoardKind.COMMITTEE
        rows.add(Board, name=f"Nämnden för område {number:02}", kind=kind)
    for name, roles in people().items():
        user = rows.add(User, email=email(name), name=name.title(), password_hash=password)
        for role, board in roles:
            rows.add(RoleGrant, user_id=user, role=role, board_id=board)
    plan = rows.add(Plan, title="Handlingsplan för trygghet och säkerhet")
    old = _version(rows, plan, 1, VersionState.REPLACED, max(LARGE, SMALL * BOARDS))
    small, large = _reports_to_submit(rows, old)
    measures = _version(rows, plan, 2, VersionState.PUBLISHED, size)
    _round(rows, 2, 2020, measures, ["accepted"] * BOARDS)
    reports = _round(rows, 2, 2021, measures, STATES_2021)
    rows.write()
    asked = {measure.id for measure in measures if measure.domain is not None}
    return Seed(
        plan=plan,
        version=2,
        board=1,
        measures=[measure.id for measure in measures],
        round=len(rows.tables[Round.__table__]),
        report=reports[0],
        items=[
            item["id"]
            for item in rows.tables[ReportItem.__table__]
            if item["report_id"] == reports[0] and item["measure_id"] in asked
        ],
        small_reports=small,
        large_reports=large,
    )


def _version(rows: _Rows, plan: int, number: int, state: VersionState, size: int) -> list[_Measure]:
    version = rows.add(
        PlanVersion,
        plan_id=plan,
        number=number,
        state=state,
        purpose="Uppsala ska vara tryggt och säkert att leva, arbeta och vistas i.",
        valid_from=date(2014 + 4 * (number - 1), 1, 1),
        valid_to=date(2018 + 4 * (number - 1), 12, 31),
        published_at=THEN,
    )
    groups = [
        rows.add(GoalGroup, version_id=version, title=title, position=position)
        for position, title in enumerate(("Ökad trygghet", "Ökad säkerhet"))
    ]
    areas = [
        rows.add(
            GoalArea,
            version_id=version,
            group_id=groups[position > 2],
            number=f"{1 + (position > 2)}.{position + 1}",
            title=title,
            goal=f"Målet för {title.lower()} är att färre drabbas och fler känner sig trygga.",
            domain=domain,
            position=position,
        )
        for position, (title, domain) in enumerate(AREAS)
    ]
    subgoals = []
    for position in range(SUBGOALS):
        area = position * len(AREAS) // SUBGOALS
        title = f"Delmål {position + 1}: fler ska nås i tid"
        subgoals.append((area, title))
        rows.add(SubGoal, version_id=version, area_id=areas[area], title=title, position=position)
    first_subgoal = len(rows.tables[SubGoal.__table__]) - SUBGOALS + 1
    measures = []
    for index in range(size):
        place = index * SUBGOALS // size
        area, subgoal = subgoals[place]
        measures.append(
            _measure(rows, version, index, areas[area], AREAS[area], first_subgoal + place, subgoal)
        )
    return measures


def _measure(
    rows: _Rows,
    version: int,
    index: int,
    area_id: int,
    area: tuple[str, str | None],
    subgoal_id: int,
    subgoal: str,
) -> _Measure:
    area_title, domain = area
    number = f"{version}.{subgoal_id}.{index + 1}"
    title = f"{WORK[index % len(WORK)]} i stadsdel {index % 97 + 1}, insats {index + 1}"
    description = f"Insatsen riktas till dem som berörs mest. {area_title} följs varje kvartal."
    identity = f"{index:032x}"
    measure_id = rows.add(
        Measure,
        version_id=version,
        area_id=area_id,
        subgoal_id=subgoal_id,
        identity=identity,
        number=number,
        title=title,
        description=description if index % 5 else "",
        kind=MeasureKind.RECURRING if index % 4 == 0 else MeasureKind.ONE_OFF,
        status=STATUSES[index % len(STATUSES)],
        starts_on=date(2018, 1 + index % 12, 1),
        ends_on=None if index % 4 == 0 else date(2022, 1 + index % 12, 28),
        position=index,
        plan_order=f"{index:07d}",
        search_text=search_text_of(number, title, description, area_title, subgoal),
    )
    metric = _metric(rows, measure_id, index) if index % 3 == 0 else None
    made = _Measure(
        measure_id, identity, number, title, area_id, area_title, domain, subgoal, index, metric
    )
    for position, board in enumerate(made.boards):
        share = Share.SHARED if position else Share.LEAD
        rows.add(Responsibility, measure_id=measure_id, board_id=board, share=share)
    if index % 2 == 0:
        source = "Egen statistik"
        rows.add(EffectMethod, measure_id=measure_id, kind=MethodKind.STATISTICS, source=source)
    if index % 4 == 0:
        rows.add(Partner, measure_id=measure_id, name="Polisen, lokalpolisområdet")
        for state in ActivityState:
            title = f"Satsning {state.value} {index}"
            rows.add(Activity, measure_id=measure_id, title=title, state=state)
    if domain == "crisis_preparedness":
        _domain_row(rows, domain, SubjectKind.MEASURE, measure_id, {"leh_task": "training"})
    return made


def _metric(rows: _Rows, measure_id: int, index: int) -> int:
    metric = rows.add(
        EffectMetric,
        measure_id=measure_id,
        name="Andel som känner sig trygga",
        unit="%",
        better=tuple(Better)[index % 3],
        baseline_value=60,
        baseline_period="2017",
        target_operator=Operator.AT_LEAST,
        target_value=75,
        target_period="2022",
    )
    for year in (2018, 2019, 2020):
        value = 50 + (index + 7 * year) % 40
        rows.add(MetricValue, metric_id=metric, period=str(year), value=value, entered_at=THEN)
    return metric


def _domain_row(
    rows: _Rows, domain: str, kind: SubjectKind, subject_id: int, data: dict[str, Any]
) -> None:
    labels = {
        name: {"label": label, "kind": of_kind}
        for name, (label, of_kind, _value) in ANSWERS[domain].items()
    }
    rows.add(
        DomainData,
        plugin=domain,
        subject_kind=kind,
        subject_id=subject_id,
        data=data,
        labels=labels,
    )


def _open(rows: _Rows, version: int, title: str, period: str, day: date, closed: bool) -> int:
    return rows.add(
        Round,
        version_id=version,
        title=title,
        period=period,
        opens_on=day,
        due_on=day + timedelta(days=60),
        state=RoundState.CLOSED if closed else RoundState.OPEN,
        closed_at=THEN if closed else None,
    )


def _round(
    rows: _Rows, version: int, year: int, measures: list[_Measure], states: Any
) -> list[int]:
    """A round with one report for each board; returns their ids in the order of the boards."""
    round_id = _open(rows, version, str(year), str(year), date(year, 11, 15), year == 2020)
    reports = [_report(rows, round_id, board + 1, state) for board, state in enumerate(states)]
    reported: dict[int, MeasureStatus] = {}
    for position, (measure, board) in enumerate(_owned(measures)):
        state = states[board - 1]
        item_state = _item_state(state, position)
        _item(rows, reports[board - 1], measure, item_state)
        if state in ("submitted", "accepted"):
            reported[measure.id] = _freeze(rows, reports[board - 1], measure, position)
    for measure in measures:
        rows.add(
            Outcome,
            round_id=round_id,
            measure_id=measure.id,
            area_id=measure.area_id,
            status=reported.get(measure.id),
        )
    return reports


def _owned(measures: list[_Measure]) -> Iterator[tuple[_Measure, int]]:
    for measure in measures:
        for board in measure.boards:
            yield measure, board


def _item_state(state: str, position: int) -> ItemState:
    if state == "mixed":
        return tuple(ItemState)[position % 3]
    return ItemState.NOT_STARTED if state == "untouched" else ItemState.READY


def _report(rows: _Rows, round_id: int, board: int, state: str) -> int:
    is_in = state in ("submitted", "accepted")
    return rows.add(
        Report,
        round_id=round_id,
        board_id=board,
        state=ReportState(state) if is_in else ReportState.DRAFT,
        submitted_at=THEN if is_in else None,
        submitted_by_name="Approver" if is_in else "",
    )


def _status(measure: _Measure) -> MeasureStatus:
    return STATUSES[(measure.index + 1) % len(STATUSES)]


def _done(measure: _Measure) -> str:
    return f"Nämnden har genomfört {measure.title.lower()} och följt upp resultatet i december."


def _item(rows: _Rows, report: int, measure: _Measure, state: ItemState) -> None:
    is_begun = state is not ItemState.NOT_STARTED
    item = rows.add(
        ReportItem,
        report_id=report,
        measure_id=measure.id,
        state=state,
        status=_status(measure) if is_begun else None,
        done=_done(measure) if is_begun else "",
        deviation="Försenat av upphandlingen." if is_begun else "",
        saved_at=THEN if is_begun else None,
        saved_by_id=1 if is_begun else None,
    )
    if not is_begun:
        return
    if measure.metric is not None:
        rows.add(ItemValue, item_id=item, metric_id=measure.metric, value=71)
    if measure.domain is not None:
        data = {name: value for name, (*_about, value) in ANSWERS[measure.domain].items()}
        _domain_row(rows, measure.domain, SubjectKind.REPORT_ITEM, item, data)


def _freeze(rows: _Rows, report: int, measure: _Measure, position: int) -> MeasureStatus:
    status = _status(measure)
    item = rows.add(
        FrozenItem,
        report_id=report,
        measure_id=measure.id,
        position=position,
        measure_number=measure.number,
        measure_title=measure.title,
        area_title=measure.area,
        subgoal_title=measure.subgoal,
        status=status,
        completed_by="Reporter",
        completed_at=THEN,
    )
    answers: list[tuple[str, str, str, str, Any]] = [
        ("core", "status", "Läge vid periodens slut", "choice", status.value),
        ("core", "done", "Vad har gjorts?", "long_text", _done(measure)),
        ("core", "deviation", "Avvikelse", "long_text", "Försenat av upphandlingen."),
        ("core", "deviation_reason", "Orsak till avvikelsen", "choice", None),
    ]
    if measure.domain is not None:
        of_domain = ANSWERS[measure.domain].items()
        answers += [("domain", name, *answer) for name, answer in of_domain]
    if measure.metric is not None:
        answers.append(("metric", f"metric-{measure.metric}", "Andel trygga", "metric", "71"))
    for place, (section, name, label, kind, value) in enumerate(answers):
        rows.add(
            FrozenValue,
            item_id=item,
            position=place,
            section=section,
            domain=measure.domain if section == "domain" else None,
            name=name,
            label=label,
            kind=kind,
            value=value,
            text="" if value is None else str(value),
        )
    return status


def _reports_to_submit(rows: _Rows, measures: list[_Measure]) -> tuple[list[int], list[int]]:
    """Sixty reports of ten measures and three of 500, all ready."""
    small = []
    for tertial in range(1, SMALL_ROUNDS + 1):
        period = f"2017 T{tertial}"
        round_id = _open(rows, 1, period, period, date(2017, 4 * tertial, 15), False)
        for board in range(BOARDS):
            small.append(_report(rows, round_id, board + 1, "draft"))
            for measure in measures[board :: len(measures) // SMALL][:SMALL]:
                _item(rows, small[-1], measure, ItemState.READY)
        _expect(rows, round_id, measures)
    round_id = _open(rows, 1, "2016", "2016", date(2016, 11, 15), False)
    large = [_report(rows, round_id, board + 1, "draft") for board in range(LARGE_REPORTS)]
    for report in large:
        for measure in measures[:LARGE]:
            _item(rows, report, measure, ItemState.READY)
    _expect(rows, round_id, measures)
    return small, large


def _expect(rows: _Rows, round_id: int, measures: list[_Measure]) -> None:
    for measure in measures:
        rows.add(
            Outcome,
            round_id=round_id,
            measure_id=measure.id,
            area_id=measure.area_id,
            status=None,
        )
