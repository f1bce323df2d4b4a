"""Everything about all measures of a report that is being written: a fixed number of queries."""

from collections import defaultdict

import sqlalchemy as sa

from registry.db import db
from registry.effects.models import EffectMetric
from registry.host import active, data
from registry.host.models import SubjectKind
from registry.reporting.freezing import items_of
from registry.reporting.models import ItemValue, Report
from registry.reporting.writing import ItemPage, answers_for_effect, metrics_asked, owners_of


def pages(report: Report) -> list[ItemPage]:
    """What the form of each measure needs, in plan order, without what only the page shows beside
    it (earlier answers, values of the measure)."""
    items = items_of(report)
    ids = [item.id for item in items]
    measures = [item.measure_id for item in items]
    current = active.current()
    stored = data.load(SubjectKind.REPORT_ITEM, ids, current.domains)
    owners = owners_of(measures)
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
        asks = answers_for_effect(report, owners[measure.id])
        asked, computed = metrics_asked(metrics[measure.id] if asks else ())
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
            sharing=[],
        )
        found.append(page)
    return found
