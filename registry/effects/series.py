"""All there is to know about one metric, as its page and its downloads show it."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from registry.db import db
from registry.effects import service, uncertainty
from registry.effects.models import (
    ComparisonKind,
    ComparisonSeries,
    ComparisonValue,
    EffectMetric,
    Frequency,
    Gender,
    MetricTarget,
    MetricValue,
    Operator,
    ValueCorrection,
    ValueStatus,
)
from registry.effects.service import Reading
from registry.effects.trend import Goal, Point, Target
from registry.effects.uncertainty import Interval
from registry.host import active
from registry.people.models import Board, User
from registry.people.permissions import Permission, Viewer, may
from registry.plan.models import GoalArea, Measure, PlanVersion, Responsibility, VersionState


@dataclass(frozen=True, slots=True)
class Correction:
    """What a value was until it was replaced."""

    gender: Gender
    value: Decimal | None
    status: ValueStatus
    respondents: int | None
    reason: str
    at: datetime
    by: str


@dataclass(frozen=True, slots=True)
class Cell:
    """One value; ``None`` means not measured, never 0.

    :param margin: where the value may lie, in the metric's own unit; ``None`` when it is not
        known on how many answers it rests.
    """

    value: Decimal | None
    respondents: int | None
    margin: Interval | None


@dataclass(frozen=True)
class Line:
    """The values of one period, from one board or all together."""

    id: int
    period: str
    board_id: int | None
    board: str | None
    cells: dict[Gender, Cell]
    status: ValueStatus
    source: str
    note: str
    reason: str
    entered_at: datetime
    entered_by: str
    corrections: tuple[Correction, ...]


@dataclass(frozen=True)
class Comparison:
    code: str
    name: str
    kind: ComparisonKind
    points: dict[Gender, list[Point]]


@dataclass(frozen=True)
class MetricSheet:
    """A metric with everything about it."""

    id: int
    reading: Reading
    area: str
    area_id: int
    version_id: int
    state: VersionState
    board_id: int | None
    board: str
    source: str
    frequency: Frequency | None
    next_due_on: date | None
    is_share: bool
    is_count: bool
    notes: str
    archived: bool
    computed: bool
    lines: tuple[Line, ...]
    targets: tuple[Target, ...]
    comparisons: tuple[Comparison, ...]
    owners: frozenset[int]

    @property
    def genders(self) -> list[Gender]:
        """Those for which any period has a value; the total always."""
        return [
            gender
            for gender in Gender
            if gender is Gender.TOTAL or any(gender in line.cells for line in self.lines)
        ]

    @property
    def by_board(self) -> bool:
        return len({line.board_id for line in self.lines}) > 1

    def points(self, gender: Gender) -> list[Point]:
        """The own series for women or men, where one board or all together have given it."""
        if gender is Gender.TOTAL:
            return list(self.reading.points)
        if len({line.board_id for line in self.lines if line.board_id}) > 1:
            return []
        return [
            Point(
                line.period,
                line.cells[gender].value,
                line.status is ValueStatus.PRELIMINARY,
            )
            for line in sorted(self.lines, key=lambda line: line.period)
            if gender in line.cells
        ]

    def at(self, period: str) -> Cell | None:
        """The own total of a period, with what it rests on; the boards' own come first."""
        found = [
            line.cells[Gender.TOTAL]
            for line in sorted(self.lines, key=lambda line: line.board_id is None)
            if line.period == period and Gender.TOTAL in line.cells
        ]
        return found[0] if found else None

    def enterable(self, viewer: Viewer) -> bool:
        """Whether the viewer may enter values by hand; the use case asks again."""
        if self.computed or self.state is VersionState.REPLACED:
            return False
        return may(viewer, Permission.EDIT_PLAN) or any(
            self.correctable(viewer, board_id) for board_id in self.owners
        )

    def correctable(self, viewer: Viewer, board_id: int | None) -> bool:
        """Whether the viewer may correct that board's values."""
        if self.computed or self.state is VersionState.REPLACED:
            return False
        if may(viewer, Permission.EDIT_PLAN):
            return True
        return board_id in self.owners and may(viewer, Permission.EDIT_EFFECTS, board_id=board_id)

    def editable(self, viewer: Viewer) -> bool:
        """Whether the viewer may change the metric itself."""
        if self.state is VersionState.REPLACED:
            return False
        if self.board_id is None:
            return may(viewer, Permission.EDIT_PLAN)
        return may(viewer, Permission.EDIT_EFFECTS, board_id=self.board_id)


def read(viewer: Viewer, metric_id: int) -> MetricSheet | None:
    """A metric with its values in nine queries; ``None`` when the viewer may not read it."""
    found = service.readings(viewer, [metric_id])
    if not found:
        return None
    row = db.session.execute(_HEAD, {"metric": metric_id}).one()
    domain = active.current().get(row.domain)
    computed = domain is not None and any(
        one.name == row.key and one.compute is not None for one in domain.metrics
    )
    owners = set(db.session.scalars(_OWNERS, {"measure": found[0].measure_id}))
    return MetricSheet(
        id=metric_id,
        reading=found[0],
        area=row.area,
        area_id=row.area_id,
        version_id=row.version_id,
        state=row.state,
        board_id=row.board_id,
        board=row.board or "",
        source=row.source,
        frequency=row.frequency,
        next_due_on=row.next_due_on,
        is_share=row.is_share,
        is_count=row.is_count,
        notes=row.notes,
        archived=row.archived,
        computed=computed,
        lines=_lines(metric_id, row.is_share, row.is_count),
        targets=_targets(metric_id, row),
        comparisons=_comparisons(metric_id),
        owners=frozenset(owners | ({row.board_id} if row.board_id is not None else set())),
    )


def _lines(metric_id: int, is_share: bool, is_count: bool) -> tuple[Line, ...]:
    """Newest first, and of a period the boards by name."""
    corrections: dict[int, list[Any]] = defaultdict(list)
    for value_id, *cells in db.session.execute(_CORRECTIONS, {"metric": metric_id}):
        corrections[value_id].append(cells)
    grouped: dict[tuple[str, int | None], list[Any]] = defaultdict(list)
    for row in db.session.execute(_VALUES, {"metric": metric_id}):
        grouped[row.period, row.board_id].append(row)
    lines = []
    for (period, board_id), rows in grouped.items():
        first = min(rows, key=lambda row: list(Gender).index(row.gender))
        lines.append(
            Line(
                id=first.id,
                period=period,
                board_id=board_id,
                board=first.board,
                cells={
                    row.gender: Cell(row.value, row.respondents, _margin(row, is_share, is_count))
                    for row in rows
                },
                status=first.status,
                source=first.source,
                note=first.note,
                reason=first.reason,
                entered_at=first.entered_at,
                entered_by=first.entered_by or "",
                corrections=tuple(
                    Correction(row.gender, *cells) for row in rows for cells in corrections[row.id]
                ),
            )
        )
    return tuple(lines)


def _margin(row: Any, is_share: bool, is_count: bool) -> Interval | None:
    if is_share:
        sample = sample_of(row.value, row.respondents)
        if sample is None:
            return None
        found = uncertainty.share(*sample)
        return Interval(100 * found.low, 100 * found.high)
    if is_count:
        events = events_of(row.value)
        return None if events is None else uncertainty.count(events)
    return None


def sample_of(value: Decimal | None, respondents: int | None) -> tuple[int, int] | None:
    """How many of how many answers a share in per cent stands for; ``None`` when not known."""
    if value is None or not respondents or not 0 <= value <= 100:
        return None
    return round(value * respondents / 100), respondents


def events_of(value: Decimal | None) -> int | None:
    """A number of events; ``None`` where the value is not one."""
    if value is None or value < 0 or value != value.to_integral_value() or value > 10**9:
        return None
    return int(value)


def _targets(metric_id: int, row: Any) -> tuple[Target, ...]:
    found = [
        Target(Goal(Operator(operator), Decimal(value)), period, place)
        for operator, value, period, place in db.session.execute(_TARGETS, {"metric": metric_id})
    ]
    if row.target_operator is not None:
        goal = Goal(row.target_operator, Decimal(row.target_value))
        found.insert(0, Target(goal, row.target_period, row.target_place))
    return tuple(sorted(found, key=lambda one: one.period))


def _comparisons(metric_id: int) -> tuple[Comparison, ...]:
    found: dict[str, Comparison] = {}
    for code, name, kind, period, gender, value in db.session.execute(
        _COMPARISONS, {"metric": metric_id}
    ):
        series = found.setdefault(code, Comparison(code, name, kind, defaultdict(list)))
        if period is not None:
            series.points[gender].append(Point(period, value))
    return tuple(found.values())


_this = sa.bindparam("metric", type_=sa.Integer)
_HEAD: sa.Select[*tuple[Any, ...]] = (
    sa.select(
        EffectMetric.domain,
        EffectMetric.key,
        EffectMetric.source,
        EffectMetric.frequency,
        EffectMetric.next_due_on,
        EffectMetric.is_share,
        EffectMetric.is_count,
        EffectMetric.notes,
        EffectMetric.archived,
        EffectMetric.board_id,
        EffectMetric.target_operator,
        EffectMetric.target_value,
        EffectMetric.target_period,
        EffectMetric.target_place,
        Board.name.label("board"),
        GoalArea.id.label("area_id"),
        (GoalArea.number + " " + GoalArea.title).label("area"),
        PlanVersion.id.label("version_id"),
        PlanVersion.state,
    )
    .join(Measure, Measure.id == EffectMetric.measure_id)
    .join(GoalArea, GoalArea.id == Measure.area_id)
    .join(PlanVersion, PlanVersion.id == Measure.version_id)
    .outerjoin(Board, Board.id == EffectMetric.board_id)
    .where(EffectMetric.id == _this)
)
_OWNERS = sa.select(Responsibility.board_id).where(
    Responsibility.measure_id == sa.bindparam("measure", type_=sa.Integer)
)
_VALUES: sa.Select[*tuple[Any, ...]] = (
    sa.select(
        MetricValue.id,
        MetricValue.period,
        MetricValue.board_id,
        Board.name.label("board"),
        MetricValue.gender,
        MetricValue.value,
        MetricValue.status,
        MetricValue.respondents,
        MetricValue.source,
        MetricValue.note,
        MetricValue.reason,
        MetricValue.entered_at,
        User.name.label("entered_by"),
    )
    .outerjoin(Board, Board.id == MetricValue.board_id)
    .outerjoin(User, User.id == MetricValue.entered_by_id)
    .where(MetricValue.metric_id == _this)
    .order_by(MetricValue.period.desc(), Board.name)
)
_CORRECTIONS: sa.Select[*tuple[Any, ...]] = (
    sa.select(
        ValueCorrection.value_id,
        ValueCorrection.value,
        ValueCorrection.status,
        ValueCorrection.respondents,
        ValueCorrection.reason_of_change,
        ValueCorrection.replaced_at,
        ValueCorrection.replaced_by_name,
    )
    .join(MetricValue, MetricValue.id == ValueCorrection.value_id)
    .where(MetricValue.metric_id == _this)
    .order_by(ValueCorrection.id.desc())
)
_TARGETS = (
    sa.select(MetricTarget.operator, MetricTarget.value, MetricTarget.period, MetricTarget.place)
    .where(MetricTarget.metric_id == _this)
    .order_by(MetricTarget.period, MetricTarget.id)
)
_COMPARISONS = (
    sa.select(
        ComparisonSeries.code,
        ComparisonSeries.name,
        ComparisonSeries.kind,
        ComparisonValue.period,
        ComparisonValue.gender,
        ComparisonValue.value,
    )
    .outerjoin(ComparisonValue, ComparisonValue.series_id == ComparisonSeries.id)
    .where(ComparisonSeries.metric_id == _this)
    .order_by(ComparisonSeries.position, ComparisonSeries.id, ComparisonValue.period)
)
