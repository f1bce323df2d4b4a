"""Everything about all measures of a report that is being written: a fixed number of queries."""

from collections import defaultdict

import sqlalchemy as sa
from sqlalchemy.orm import contains_eager, joinedload

from registry.db import db
from registry.effects.models import EffectMetric
from registry.host import active, data
from registry.host.models import SubjectKind
from registry.plan.models import Measure, Responsibility, SubGoal
from registry.reporting.models import ItemValue, Report, ReportItem
from registry.reporting.writing import ItemPage, sort_metrics


def pages(report: Report) -> list[ItemPage]:
    """What the form of each measure needs, in plan order, without what only the page shows beside
    it (earlier answers, values of the measure)."""
    items = _items(report)
    ids = [item.id for item in items]
    measures = [item.measure_id for item in items]
    current = active.current()
    stored = data.load(SubjectKind.REPORT_ITEM, ids, current.domains)
    owners: dict[int, list[Responsibility]] = defaultdict(list)
    for owner in db.session.scalars(
        sa.select(Responsibility)
        .options(joinedload(Responsibility.board))
        .where(Responsibility.measure_id.in_(measures))
    ):
        owners[owner.measure_id].append(owner)
    metrics: dict[int, list[EffectMetric]] = defaultdict(list)
    for metric in db.session.scalars(
        sa.select(EffectMetric)
        .where(EffectMetric.measure_id.in_(measures), EffectMetric.archived.is_(False))
        .order_by(EffectMetric.position, EffectMetric.id)
    ):
        if metric.measure_id is not None:
            metrics[metric.measure_id].append(metric)
    values: dict[int, dict[int, ItemValue]] = defaultdict(dict)
    for value in db.session.scalars(sa.select(ItemValue).where(ItemValue.item_id.in_(ids))):
        values[value.item_id][value.metric_id] = value
    found = []
    for item in items:
        measure = item.measure
        domain = current.get(measure.subgoal.area.domain)
        row = stored[item.id].get(domain.name, data.EMPTY) if domain else data.EMPTY
        asked, computed = sort_metrics(metrics[measure.id], report, owners[measure.id])
        page = ItemPage(
            item=item,
            report=report,
            measure=measure,
            domain=domain,
            stored=row,
            measure_values={},
            metrics=asked,
            computed=computed,
            values=values[item.id],
            before=None,
            owners=[],
        )
        found.append(page)
    return found


def _items(report: Report) -> list[ReportItem]:
    return list(
        db.session.scalars(
            sa.select(ReportItem)
            .join(ReportItem.measure)
            .join(Measure.subgoal)
            .join(SubGoal.area)
            .options(
                contains_eager(ReportItem.measure)
                .contains_eager(Measure.subgoal)
                .contains_eager(SubGoal.area),
                joinedload(ReportItem.saved_by),
            )
            .where(ReportItem.report_id == report.id)
            .order_by(Measure.plan_order, Measure.id)
        )
    )
