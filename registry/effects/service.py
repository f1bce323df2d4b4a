"""Effect metrics with what they show: baseline, target, latest value, direction.

The version must be one that the viewer may read; measures are filtered by the one rule of
``plan.visibility`` all the same. A domain's metrics show only while the domain is on.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from registry.db import db
from registry.effects import trend
from registry.effects.models import (
    Better,
    EffectMetric,
    Gender,
    MetricTarget,
    MetricValue,
    ValueStatus,
)
from registry.effects.trend import Direction, Goal, Point, Target
from registry.host import active
from registry.people.models import Board
from registry.people.permissions import Viewer
from registry.plan.models import Measure
from registry.plan.visibility import visible_measures

PAGE_SIZE = 50
CHARTED_FROM = 3


@dataclass(frozen=True, slots=True)
class BoardValue:
    """What one of several boards last measured."""

    board: str
    latest: Point | None
    unmeasured: str


@dataclass(frozen=True, slots=True)
class Reading:
    """A metric and what it shows.

    ``points`` are the metric's own series. Where several boards count for themselves, ``boards``
    has the latest of each, and direction and target are read from a common series only: a board's
    part is not compared with the whole. The goal is the target in force at the latest value; of
    further targets only those that hold for the whole, not for one place, are compared with.
    """

    id: int
    name: str
    unit: str
    better: Better
    baseline: Point | None
    goal: Goal | None
    goal_period: str
    goal_place: str
    goal_text: str
    measure_id: int
    measure_number: str
    measure_title: str
    points: tuple[Point, ...]
    boards: tuple[BoardValue, ...]

    @property
    def latest(self) -> Point | None:
        return trend.latest(self.points)

    @property
    def unmeasured(self) -> str:
        """The last period, when it was said not to be measured."""
        return trend.unmeasured_since(self.points)

    @property
    def direction(self) -> Direction | None:
        return trend.direction(self.better, _value(self.baseline), _value(self.latest))

    @property
    def reached(self) -> bool | None:
        return trend.reached(self.goal, _value(self.latest))

    @property
    def line(self) -> list[Point]:
        """What a chart draws: the series, with the baseline first where it comes before it."""
        if self.baseline is None:
            return list(self.points)
        return trend.with_baseline(self.points, self.baseline.period, self.baseline.value)


def _value(point: Point | None) -> Decimal | None:
    return None if point is None else point.value


@dataclass(frozen=True)
class MetricPage:
    readings: list[Reading]
    total: int
    page: int
    pages: int


def charted(viewer: Viewer, version_id: int, limit: int) -> list[Reading]:
    """The first metrics of the plan that have values enough for a line, in three queries."""
    periods = (
        sa.select(sa.func.count(MetricValue.period.distinct()))
        .where(
            MetricValue.metric_id == EffectMetric.id,
            MetricValue.gender == Gender.TOTAL,
            MetricValue.value.is_not(None),
        )
        .scalar_subquery()
    )
    where = _shown(viewer, version_id)
    rows = db.session.execute(_METRICS.where(*where, periods >= CHARTED_FROM).limit(limit)).all()
    return _readings(rows)


def page(viewer: Viewer, version_id: int, number: int) -> MetricPage:
    """One page of all metrics in four queries; a page beyond the last gives the last."""
    where = _shown(viewer, version_id)
    total = (
        db.session.scalar(
            sa.select(sa.func.count()).select_from(EffectMetric).join(Measure).where(*where)
        )
        or 0
    )
    pages = max(1, -(-total // PAGE_SIZE))
    number = min(number, pages)
    offset = (number - 1) * PAGE_SIZE
    rows = db.session.execute(_METRICS.where(*where).limit(PAGE_SIZE).offset(offset)).all()
    return MetricPage(_readings(rows), total, number, pages)


def whole(viewer: Viewer, version_id: int, *, settled: bool = False) -> list[Reading]:
    """All metrics of the plan, in two queries.

    :param settled: without values that are preliminary, as anyone may read them.
    """
    rows = db.session.execute(_METRICS.where(*_shown(viewer, version_id))).all()
    return _readings(rows, settled=settled)


def readings(viewer: Viewer, ids: Sequence[int]) -> list[Reading]:
    """These metrics, archived ones included, as far as the viewer may read them; plan order."""
    rows = db.session.execute(_METRICS.where(EffectMetric.id.in_(ids), *readable(viewer))).all()
    return _readings(rows)


def readable(viewer: Viewer) -> list[sa.ColumnElement[bool]]:
    """The conditions under which a metric may be read: its measure may, and its domain is on."""
    return [
        visible_measures(viewer),
        sa.or_(
            EffectMetric.domain.is_(None),
            EffectMetric.domain.in_(sorted(active.current().names)),
        ),
    ]


def _shown(viewer: Viewer, version_id: int) -> list[sa.ColumnElement[bool]]:
    return [
        Measure.version_id == version_id,
        EffectMetric.archived.is_(False),
        *readable(viewer),
    ]


_METRICS: sa.Select[*tuple[Any, ...]] = (
    sa.select(
        EffectMetric.id,
        EffectMetric.name,
        EffectMetric.unit,
        EffectMetric.better,
        EffectMetric.baseline_value,
        EffectMetric.baseline_period,
        EffectMetric.target_operator,
        EffectMetric.target_value,
        EffectMetric.target_period,
        EffectMetric.target_place,
        EffectMetric.target_text,
        Measure.id,
        Measure.number,
        Measure.title,
    )
    .join(Measure, Measure.id == EffectMetric.measure_id)
    .order_by(Measure.plan_order, Measure.id, EffectMetric.position, EffectMetric.id)
)
_VALUES = (
    sa.select(
        MetricValue.metric_id,
        Board.name,
        MetricValue.period,
        MetricValue.value,
        MetricValue.status,
    )
    .outerjoin(Board, Board.id == MetricValue.board_id)
    .where(
        MetricValue.metric_id.in_(sa.bindparam("ids", expanding=True)),
        MetricValue.gender == Gender.TOTAL,
    )
    .order_by(MetricValue.metric_id, MetricValue.period, Board.name)
)


_TARGETS = (
    sa.select(
        MetricTarget.metric_id,
        MetricTarget.operator,
        MetricTarget.value,
        MetricTarget.period,
    )
    .where(
        MetricTarget.metric_id.in_(sa.bindparam("ids", expanding=True)), MetricTarget.place == ""
    )
    .order_by(MetricTarget.period, MetricTarget.id)
)


def _readings(rows: Sequence[Any], *, settled: bool = False) -> list[Reading]:
    if not rows:
        return []
    further: dict[int, list[Target]] = defaultdict(list)
    asked = {"ids": [row[0] for row in rows]}
    for metric_id, operator, wanted, period in db.session.execute(_TARGETS, asked):
        further[metric_id].append(Target(Goal(operator, Decimal(wanted)), period))
    series: dict[int, dict[str | None, list[Point]]] = defaultdict(lambda: defaultdict(list))
    for metric_id, board, period, value, status in db.session.execute(_VALUES, asked):
        preliminary = status is ValueStatus.PRELIMINARY
        if preliminary and settled:
            continue
        series[metric_id][board].append(Point(period, value, preliminary))
    return [_reading(tuple(row), series[row[0]], further[row[0]]) for row in rows]


def _reading(
    row: tuple[Any, ...], series: dict[str | None, list[Point]], further: list[Target]
) -> Reading:
    key, name, unit, better, base, base_period, operator, target, period, place, text, *measure = (
        row
    )
    named = {board: points for board, points in series.items() if board is not None}
    common = series.get(None, [])
    if len(named) == 1:  # what was entered before boards reported here is the same series
        common, named = joined(common, next(iter(named.values()))), {}
    targets = list(further)
    if operator is not None:
        targets.insert(0, Target(Goal(operator, Decimal(target)), period, place))
    last = trend.latest(common)
    wanted = trend.in_force(targets, last.period if last else "")
    return Reading(
        id=key,
        name=name,
        unit=unit,
        better=better,
        baseline=None if base is None else Point(base_period, base),
        goal=wanted.goal if wanted else None,
        goal_period=wanted.period if wanted else "",
        goal_place=wanted.place if wanted else "",
        goal_text=text,
        measure_id=measure[0],
        measure_number=measure[1],
        measure_title=measure[2],
        points=tuple(common),
        boards=tuple(
            BoardValue(board, trend.latest(points), trend.unmeasured_since(points))
            for board, points in named.items()
        ),
    )


def joined(earlier: Iterable[Point], later: Iterable[Point]) -> list[Point]:
    """Two series as one, in order of period; for the same period the second one counts."""
    points = {point.period: point for point in (*earlier, *later)}
    return [points[period] for period in sorted(points)]
