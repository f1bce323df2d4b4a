"""A board's whole report as a table of status and short answers, saved row by row."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import contains_eager, joinedload

from registry.db import db
from registry.effects.models import EffectMetric
from registry.host import active, data
from registry.host.models import SubjectKind
from registry.people.permissions import Permission, Viewer, require
from registry.plan.models import Measure, SubGoal
from registry.reporting import freezing, writing
from registry.reporting.models import ItemValue, Report, ReportItem

PAGE = 100


@dataclass(frozen=True)
class Row:
    """A measure in the table; ``left`` is how many other questions wait in its form."""

    item: ReportItem
    left: int


@dataclass(frozen=True)
class Table:
    rows: list[Row]
    page: int
    pages: int


def table(viewer: Viewer, report: Report, page: int = 1) -> Table:
    """A page of the report in plan order: a fixed number of queries.

    :raises Denied: unless the viewer writes for that board.
    """
    require(viewer, Permission.WRITE_REPORTS, board_id=report.board_id)
    count = db.session.scalar(sa.select(sa.func.count()).where(ReportItem.report_id == report.id))
    pages = max(1, -(-(count or 0) // PAGE))
    page = min(max(1, page), pages)
    items = db.session.scalars(
        _ITEMS.where(ReportItem.report_id == report.id).limit(PAGE).offset((page - 1) * PAGE)
    ).all()
    left = _left(report, items)
    return Table([Row(item, left[item.id]) for item in items], page, pages)


_ITEMS = (
    sa.select(ReportItem)
    .join(ReportItem.measure)
    .join(Measure.subgoal)
    .join(SubGoal.area)
    .options(
        contains_eager(ReportItem.measure)
        .contains_eager(Measure.subgoal)
        .contains_eager(SubGoal.area),
        joinedload(ReportItem.handed_to),
    )
    .order_by(Measure.plan_order, Measure.id)
)


def _left(report: Report, items: Sequence[ReportItem]) -> dict[int, int]:
    """Item → questions of the domain and effect values that still need an answer."""
    current = active.current()
    stored = data.load(SubjectKind.REPORT_ITEM, [item.id for item in items], current.domains)
    left: dict[int, int] = defaultdict(int)
    for item in items:
        domain = current.get(item.measure.subgoal.area.domain)
        if domain is not None:
            answers = stored[item.id].get(domain.name, data.EMPTY)
            left[item.id] += len(freezing.missing(domain, answers))
    measures = [item.measure_id for item in items]
    owners = writing.owners_of(measures)
    asked: dict[int, list[EffectMetric]] = defaultdict(list)
    answered: set[tuple[int, int]] = set()
    for metric, item_id in db.session.execute(
        sa.select(EffectMetric, ItemValue.item_id)
        .join(
            ReportItem,
            sa.and_(
                ReportItem.measure_id == EffectMetric.measure_id,
                ReportItem.report_id == report.id,
            ),
        )
        .outerjoin(
            ItemValue,
            sa.and_(
                ItemValue.metric_id == EffectMetric.id,
                ItemValue.item_id == ReportItem.id,
                sa.or_(ItemValue.value.is_not(None), ItemValue.not_measured),
            ),
        )
        .where(EffectMetric.measure_id.in_(measures), EffectMetric.archived.is_(False))
    ):
        asked[metric.measure_id].append(metric)
        if item_id is not None:
            answered.add((item_id, metric.id))
    for item in items:
        if writing.answers_for_effect(report, owners[item.measure_id]):
            wanted, _computed = writing.metrics_asked(asked[item.measure_id])
            left[item.id] += sum((item.id, metric.id) not in answered for metric in wanted)
    return left
