"""The list of metrics: searched, filtered, counted and paged in the database."""

from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import sqlalchemy as sa

from registry.db import db
from registry.effects import service
from registry.effects.models import (
    Better,
    EffectMetric,
    Gender,
    MetricTarget,
    MetricValue,
    Operator,
)
from registry.effects.service import PAGE_SIZE, MetricPage
from registry.language import today
from registry.people.permissions import Viewer
from registry.plan.models import Measure, Responsibility
from registry.words import Word
from registry.words import lazy as _l

_WORDS_SEARCHED = 6


class Showing(Word):
    """What of a metric's values one may ask for."""

    RIGHT = "right", _l("Går åt rätt håll")
    WRONG = "wrong", _l("Går åt fel håll")
    REACHED = "reached", _l("Målet är nått")
    MISSED = "missed", _l("Målet är inte nått i tid")
    STALE = "stale", _l("Inget värde på ett år")
    DUE = "due", _l("Värde att fylla i nu")


@dataclass(frozen=True)
class Query:
    """What is asked for, as read from the address. Empty means: whatever."""

    version_id: int
    area_id: int | None = None
    board_id: int | None = None
    showing: Showing | None = None
    text: str = ""
    page: int = 1

    @property
    def filtered(self) -> bool:
        return replace(self, page=1) != Query(self.version_id)


def listing(viewer: Viewer, query: Query) -> MetricPage:
    """One page of metrics in the plan's order, in five queries; beyond the last gives the last."""
    statement = _found(viewer, query)
    count = sa.select(sa.func.count()).select_from(statement.subquery())
    total = db.session.scalar(count) or 0
    pages = max(1, -(-total // PAGE_SIZE))
    page = min(query.page, pages)
    if not total:
        return MetricPage([], 0, 1, 1)
    ids = db.session.scalars(
        statement.order_by(Measure.plan_order, Measure.id, EffectMetric.position, EffectMetric.id)
        .limit(PAGE_SIZE)
        .offset((page - 1) * PAGE_SIZE)
    ).all()
    return MetricPage(service.readings(viewer, ids), total, page, pages)


def _found(viewer: Viewer, query: Query) -> sa.Select[int]:
    statement = (
        sa.select(EffectMetric.id)
        .join(Measure, Measure.id == EffectMetric.measure_id)
        .where(
            Measure.version_id == query.version_id,
            EffectMetric.archived.is_(False),
            *service.readable(viewer),
        )
    )
    if query.area_id is not None:
        statement = statement.where(Measure.area_id == query.area_id)
    if query.board_id is not None:
        theirs = sa.select(Responsibility.measure_id).where(
            Responsibility.board_id == query.board_id
        )
        statement = statement.where(
            sa.or_(Measure.id.in_(theirs), EffectMetric.board_id == query.board_id)
        )
    for word in query.text.lower().split()[:_WORDS_SEARCHED]:
        statement = statement.where(
            sa.or_(
                *(
                    column.contains(word, autoescape=True)
                    for column in (
                        _lower(EffectMetric.name),
                        _lower(EffectMetric.source),
                        Measure.search_text,
                    )
                )
            )
        )
    if query.showing is None:
        return statement
    return _showing(statement, query, today())


def _lower(column: Any) -> Any:
    """In small letters on every database: SQLite's own ``lower`` leaves Å, Ä and Ö."""
    lowered = sa.func.lower(column)
    for large, small in ("Åå", "Ää", "Öö"):
        lowered = sa.func.replace(lowered, large, small)
    return lowered


def _showing(statement: sa.Select[int], query: Query, day: date) -> sa.Select[int]:
    if query.showing is Showing.DUE:
        return statement.where(EffectMetric.next_due_on <= day)
    if query.showing is Showing.STALE:  # its year ended more than a year ago
        recent = sa.exists().where(
            MetricValue.metric_id == EffectMetric.id,
            MetricValue.value.is_not(None),
            sa.func.substr(MetricValue.period, 1, 4) >= str(day.year - 1),
        )
        return statement.where(~recent)
    latest = _latest(query.version_id)
    statement = statement.join(latest, latest.c.metric_id == EffectMetric.id)
    if query.showing in (Showing.RIGHT, Showing.WRONG):
        up = Better.HIGHER if query.showing is Showing.RIGHT else Better.LOWER
        down = Better.LOWER if query.showing is Showing.RIGHT else Better.HIGHER
        return statement.where(
            sa.or_(
                sa.and_(EffectMetric.better == up, latest.c.value > EffectMetric.baseline_value),
                sa.and_(EffectMetric.better == down, latest.c.value < EffectMetric.baseline_value),
            )
        )
    target = _target_in_force(latest)
    statement = statement.join(target, target.c.metric_id == EffectMetric.id)
    reached = _reached(target.c, latest.c.value)
    if query.showing is Showing.REACHED:
        return statement.where(reached)
    passed = sa.and_(target.c.period != "", sa.func.substr(target.c.period, 1, 4) < str(day.year))
    return statement.where(passed, ~reached)


def _latest(version_id: int) -> sa.Subquery:
    """The latest value of each metric's common series, as :class:`service.Reading` has it.

    What one board has reported is the series; where several count for themselves, only what is
    common to them is.
    """
    each = sa.over(sa.func.min(MetricValue.board_id), partition_by=MetricValue.metric_id)
    other = sa.over(sa.func.max(MetricValue.board_id), partition_by=MetricValue.metric_id)
    rows = (
        sa.select(
            MetricValue.metric_id,
            MetricValue.period,
            MetricValue.value,
            MetricValue.board_id,
            (each == other).label("alone"),
        )
        .join(EffectMetric, EffectMetric.id == MetricValue.metric_id)
        .join(Measure, Measure.id == EffectMetric.measure_id)
        .where(Measure.version_id == version_id, MetricValue.gender == Gender.TOTAL)
        .subquery()
    )
    place = sa.over(
        sa.func.row_number(),
        partition_by=rows.c.metric_id,
        order_by=(rows.c.period.desc(), rows.c.board_id.is_(None)),
    )
    ranked = (
        sa.select(rows.c.metric_id, rows.c.period, rows.c.value, place.label("place"))
        .where(rows.c.value.is_not(None), sa.or_(rows.c.board_id.is_(None), rows.c.alone))
        .subquery()
    )
    return (
        sa.select(ranked.c.metric_id, ranked.c.period, ranked.c.value)
        .where(ranked.c.place == 1)
        .subquery("latest")
    )


def _target_in_force(latest: sa.Subquery) -> sa.Subquery:
    """The target of each metric that ``trend.in_force`` would choose."""
    first = sa.literal(0).label("place")
    targets = sa.union_all(
        sa.select(
            EffectMetric.id.label("metric_id"),
            EffectMetric.target_operator.label("operator"),
            EffectMetric.target_value.label("value"),
            EffectMetric.target_period.label("period"),
            first,
        ).where(EffectMetric.target_operator.is_not(None)),
        sa.select(
            MetricTarget.metric_id,
            MetricTarget.operator,
            MetricTarget.value,
            MetricTarget.period,
            MetricTarget.id,
        ).where(MetricTarget.place == ""),
    ).subquery()
    ahead = targets.c.period >= latest.c.period
    place = sa.over(
        sa.func.row_number(),
        partition_by=targets.c.metric_id,
        order_by=(
            sa.case((ahead, 0), else_=1),
            sa.case((ahead, targets.c.period), else_=""),
            sa.case((ahead, ""), else_=targets.c.period).desc(),
            targets.c.place,
        ),
    )
    ranked = (
        sa.select(
            targets.c.metric_id,
            targets.c.operator,
            targets.c.value,
            targets.c.period,
            place.label("rank"),
        )
        .join(latest, latest.c.metric_id == targets.c.metric_id)
        .subquery()
    )
    return sa.select(ranked).where(ranked.c.rank == 1).subquery("target")


def _reached(target: Any, value: Any) -> sa.ColumnElement[bool]:
    met = {
        Operator.AT_LEAST: value >= target.value,
        Operator.AT_MOST: value <= target.value,
        Operator.EQUAL: value == target.value,
        Operator.MORE: value > target.value,
        Operator.LESS: value < target.value,
    }
    return sa.or_(*(sa.and_(target.operator == one, how) for one, how in met.items()))
