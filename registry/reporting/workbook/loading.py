"""Everything about all measures of a report that is being written: a fixed number of queries."""

from collections import defaultdict

import sqlalchemy as sa
from sqlalchemy.orm import contains_eager, joinedload

from registry.db import db
from registry.effects.models import EffectMetric
from registry.host import active, data
from registry.host.models import SubjectKind
from registry.people.models import Board
from registry.plan.models import Measure, Responsibility, SubGoal
from registry.reporting.models import ItemValue, Report, ReportItem
from registry.reporting.writing import ItemPage, Owner, answers_for_effect, metrics_asked


def pages(report: Report) -> list[ItemPage]:
    """What the form of each measure needs, in plan order, without what only the page shows beside
    it (earlier answers, values of the measure)."""
    items = _items(report)
    ids = [item.id for item in items]
    measures = [item.measure_id for item in items]
    current = active.current()
    stored = data.load(SubjectKind.REPORT_ITEM, ids, current.domains)
    owners: dict[int, list[Owner]] = defaultdict(list)
    for measure_id, board_id, share, name, valid_to in db.session.execute(
        sa.select(
            Responsibility.measure_id,
            Responsibility.board_id,
            Responsibility.share,
            Board.name,
            Board.valid_to,
        )
        .join(Board, Board.id == Responsibility.board_id)
        .where(Responsibility.measure_id.in_(measures))
    ):
        owners[measure_id].append(Owner(board_id, share, name, valid_to))
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
