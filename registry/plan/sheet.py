"""All there is to know about one measure, as its page shows it."""

from collections import defaultdict
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _

from registry.business_plan import standing
from registry.business_plan.asked import asked, plan_year
from registry.business_plan.models import COUNTED
from registry.db import db
from registry.effects.models import (
    Better,
    EffectMethod,
    EffectMetric,
    Gender,
    MethodKind,
    MetricValue,
    Operator,
    ValueStatus,
)
from registry.host import active
from registry.language import number as written
from registry.language import today
from registry.people.models import Board
from registry.people.permissions import Viewer
from registry.plan.completeness import Parts, completeness, has_follow_up
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
    measure_complement,
)
from registry.plan.visibility import visible_measures


@dataclass(frozen=True)
class Owner:
    board_id: int
    name: str
    share: Share
    valid_to: date | None
    successor: str | None


@dataclass(frozen=True)
class ActivityLine:
    id: int
    title: str
    state: ActivityState
    starts_on: date | None
    ends_on: date | None


@dataclass(frozen=True)
class MethodLine:
    id: int
    board_id: int | None
    board: str | None
    kind: MethodKind
    source: str
    frequency: str
    who: str
    counts_as_effect: str
    description: str
    decide_by: date | None


@dataclass(frozen=True)
class ValueLine:
    """A metric's values for one period, from one board. ``None`` means not measured, never 0."""

    period: str
    board: str | None
    values: dict[Gender, Decimal | None]
    preliminary: bool
    source: str


@dataclass(frozen=True)
class MetricLine:
    id: int
    name: str
    unit: str
    better: Better
    baseline_value: Decimal | None
    baseline_period: str
    target: str
    source: str
    archived: bool
    board_id: int | None
    values: tuple[ValueLine, ...]

    @property
    def genders(self) -> list[Gender]:
        """The columns of the table: those for which any period has a row."""
        return [gender for gender in Gender if any(gender in line.values for line in self.values)]

    @property
    def by_board(self) -> bool:
        return any(line.board for line in self.values)


@dataclass(frozen=True)
class Sheet:
    id: int
    identity: str
    number: str
    title: str
    description: str
    kind: MeasureKind
    status: MeasureStatus
    starts_on: date | None
    ends_on: date | None
    source: str
    area_id: int
    area_number: str
    area: str
    domain: str | None
    subgoal: str
    group: str
    version_id: int
    version_number: int
    state: VersionState
    valid_from: date | None
    valid_to: date | None
    plan_id: int
    plan: str
    reported: bool
    owners: tuple[Owner, ...]
    partners: tuple[str, ...]
    activities: tuple[ActivityLine, ...]
    complements: tuple[tuple[str, str], ...]
    methods: tuple[MethodLine, ...]
    metrics: tuple[MetricLine, ...]
    entries: tuple[standing.Entry, ...]
    costs: tuple[standing.Cost, ...]
    score: int
    missing: list[str]

    @property
    def parts(self) -> int:
        """How many parts ``score`` is out of."""
        return self.score + len(self.missing)

    @property
    def plan_year(self) -> int:
        """The year of the boards' own plans that is spoken of."""
        return plan_year(self.valid_from, self.valid_to, today())

    @property
    def plans(self) -> list[tuple[str, int, standing.Entry | None, standing.Cost | None]]:
        """Board, year, what it says of its own plan, what it pays: the latest year first."""
        entries = {(one.board, one.year): one for one in self.entries}
        costs = {(one.board, one.year): one for one in self.costs}
        pairs = sorted(entries.keys() | costs.keys(), key=lambda pair: (-pair[1], pair[0]))
        return [(*pair, entries.get(pair), costs.get(pair)) for pair in pairs]

    @property
    def asked(self) -> bool:
        """Whether that year's plans should hold the measure."""
        return asked(self.status, self.starts_on, self.ends_on, self.plan_year)

    @property
    def editable(self) -> bool:
        return self.state is not VersionState.REPLACED


def read(viewer: Viewer, measure_id: int) -> Sheet | None:
    """A measure by its number in the database; ``None`` when the viewer may not read it."""
    return _read(Measure.id == measure_id, visible_measures(viewer))


def read_published(plan_id: int, identity: str) -> Sheet | None:
    """A measure as the published version of its plan has it."""
    page = _read(
        Measure.identity == identity,
        PlanVersion.plan_id == plan_id,
        PlanVersion.state == VersionState.PUBLISHED,
    )
    if page is None:
        return None
    # what a board has submitted is public when it is accepted, not before
    return replace(page, metrics=tuple(map(_accepted, page.metrics)))


def _accepted(metric: MetricLine) -> MetricLine:
    return replace(metric, values=tuple(value for value in metric.values if not value.preliminary))


def _read(*where: sa.ColumnElement[bool]) -> Sheet | None:
    row = db.session.execute(_HEAD.where(*where)).first()
    if row is None:
        return None
    key: int = row.id
    owners = tuple(Owner(*cells) for cells in _rows(_OWNERS, key))
    methods = tuple(MethodLine(*cells) for cells in _rows(_METHODS, key))
    metrics = _metrics(key)
    entries = standing.entries(key)
    year = plan_year(row.valid_from, row.valid_to, today())
    score, missing = completeness(
        Parts(
            owner=bool(owners),
            dates=row.kind is MeasureKind.RECURRING
            or (row.starts_on is not None and row.ends_on is not None),
            description=bool(row.description),
            method=any(one.kind is not MethodKind.NONE_YET for one in methods),
            target=any(metric.target and not metric.archived for metric in metrics),
            business_plan=any(one.year == year and one.state in COUNTED for one in entries)
            or not asked(row.status, row.starts_on, row.ends_on, year),
            follow_up=row.reported,
        )
    )
    return Sheet(
        **row._asdict(),
        owners=owners,
        partners=tuple(name for (name,) in _rows(_PARTNERS, key)),
        activities=tuple(ActivityLine(*cells) for cells in _rows(_ACTIVITIES, key)),
        complements=tuple((number, title) for number, title in _rows(_COMPLEMENTS, key)),
        methods=methods,
        metrics=metrics,
        entries=entries,
        costs=standing.costs(key),
        score=score,
        missing=missing,
    )


def _metrics(measure_id: int) -> tuple[MetricLine, ...]:
    values: dict[int, dict[tuple[str, str | None], list[Any]]] = defaultdict(
        lambda: defaultdict(list)
    )
    for metric_id, period, board, *cells in _rows(_VALUES, measure_id):
        values[metric_id][period, board].append(cells)
    shown = active.current().names
    return tuple(
        MetricLine(
            row.id,
            row.name,
            row.unit,
            row.better,
            row.baseline_value,
            row.baseline_period,
            target_in_words(row),
            row.source,
            row.archived,
            row.board_id,
            tuple(
                ValueLine(
                    period,
                    board,
                    {gender: value for gender, value, _status, _source in cells},
                    any(status is ValueStatus.PRELIMINARY for _g, _v, status, _s in cells),
                    next((source for *_rest, source in cells if source), ""),
                )
                for (period, board), cells in values[row.id].items()
            ),
        )
        for row in _rows(_METRICS, measure_id)
        if row.domain is None or row.domain in shown
    )


def target_in_words(metric: Any) -> str:
    """``minst 95 % till 2022, per skola``; the text as written where it could not be read."""
    operator: Operator | None = metric.target_operator
    if operator is None or metric.target_value is None:
        return str(metric.target_text)
    amount = {"operator": operator.label, "number": written(metric.target_value)}
    words = (
        _("%(operator)s %(number)s %(unit)s", unit=metric.unit, **amount)
        if metric.unit
        else _("%(operator)s %(number)s", **amount)
    )
    if metric.target_period:
        words = _("%(target)s till %(period)s", target=words, period=metric.target_period)
    if metric.target_place:
        words = _("%(target)s, per %(place)s", target=words, place=metric.target_place)
    return words


def _rows(statement: sa.Executable, measure_id: int) -> list[Any]:
    """Plain rows on the session's connection: the way through the ORM costs twice as much."""
    return list(db.session.connection().execute(statement, {"measure": measure_id}).all())


_this = sa.bindparam("measure", type_=sa.Integer)
_HEAD: sa.Select[*tuple[Any, ...]] = (
    sa.select(
        Measure.id,
        Measure.identity,
        Measure.number,
        Measure.title,
        Measure.description,
        Measure.kind,
        Measure.status,
        Measure.starts_on,
        Measure.ends_on,
        Measure.source,
        GoalArea.id.label("area_id"),
        GoalArea.number.label("area_number"),
        GoalArea.title.label("area"),
        GoalArea.domain,
        SubGoal.title.label("subgoal"),
        GoalGroup.title.label("group"),
        PlanVersion.id.label("version_id"),
        PlanVersion.number.label("version_number"),
        PlanVersion.state,
        PlanVersion.valid_from,
        PlanVersion.valid_to,
        Plan.id.label("plan_id"),
        Plan.title.label("plan"),
        has_follow_up.label("reported"),
    )
    .select_from(Measure)
    .join(SubGoal, SubGoal.id == Measure.subgoal_id)
    .join(GoalArea, GoalArea.id == Measure.area_id)
    .join(GoalGroup, GoalGroup.id == GoalArea.group_id)
    .join(PlanVersion, PlanVersion.id == Measure.version_id)
    .join(Plan, Plan.id == PlanVersion.plan_id)
)
_successor = sa.orm.aliased(Board)
_OWNERS = (
    sa.select(Board.id, Board.name, Responsibility.share, Board.valid_to, _successor.name)
    .select_from(Responsibility)
    .join(Board, Board.id == Responsibility.board_id)
    .outerjoin(_successor, _successor.id == Board.successor_id)
    .where(Responsibility.measure_id == _this)
    .order_by(Responsibility.share, Board.name)
)
_PARTNERS = sa.select(Partner.name).where(Partner.measure_id == _this).order_by(Partner.id)
_ACTIVITIES = (
    sa.select(Activity.id, Activity.title, Activity.state, Activity.starts_on, Activity.ends_on)
    .where(Activity.measure_id == _this)
    .order_by(Activity.position, Activity.id)
)
_COMPLEMENTS = (
    sa.select(GoalArea.number, GoalArea.title)
    .join(measure_complement, measure_complement.c.area_id == GoalArea.id)
    .where(measure_complement.c.measure_id == _this)
    .join(GoalGroup, GoalGroup.id == GoalArea.group_id)
    .order_by(GoalGroup.position, GoalArea.position)
)
_METHODS = (
    sa.select(
        EffectMethod.id,
        EffectMethod.board_id,
        Board.name,
        EffectMethod.kind,
        EffectMethod.source,
        EffectMethod.frequency,
        EffectMethod.who,
        EffectMethod.counts_as_effect,
        EffectMethod.description,
        EffectMethod.decide_by,
    )
    .outerjoin(Board, Board.id == EffectMethod.board_id)
    .where(EffectMethod.measure_id == _this)
    .order_by(Board.name, EffectMethod.id)
)
_METRICS = (
    sa.select(*EffectMetric.__table__.c)
    .where(EffectMetric.measure_id == _this)
    .order_by(EffectMetric.archived, EffectMetric.position, EffectMetric.id)
)
_VALUES = (
    sa.select(
        MetricValue.metric_id,
        MetricValue.period,
        Board.name,
        MetricValue.gender,
        MetricValue.value,
        MetricValue.status,
        MetricValue.source,
    )
    .join(EffectMetric, EffectMetric.id == MetricValue.metric_id)
    .outerjoin(Board, Board.id == MetricValue.board_id)
    .where(EffectMetric.measure_id == _this)
    .order_by(MetricValue.period, Board.name)
)
