"""Where in a report somebody is: how far it has come, and which measure comes next."""

from dataclasses import dataclass

import sqlalchemy as sa

from registry.db import db
from registry.plan.models import Measure
from registry.reporting.models import ItemState, ReportItem


@dataclass(frozen=True)
class Around:
    """A measure's neighbours in the plan's order; ``waiting`` is the next that is not ready."""

    ready: int
    total: int
    before: int | None
    after: int | None
    waiting: int | None


def around(report_id: int, item_id: int) -> Around:
    """The report around one of its items; after the last that waits comes the first: one query."""
    rows = db.session.execute(_ITEMS, {"report": report_id}).all()
    ids = [row[0] for row in rows]
    place = ids.index(item_id)
    left = [key for key, state in (*rows[place + 1 :], *rows[:place]) if state != ItemState.READY]
    return Around(
        ready=sum(state == ItemState.READY for _key, state in rows),
        total=len(rows),
        before=ids[place - 1] if place else None,
        after=ids[place + 1] if place + 1 < len(ids) else None,
        waiting=left[0] if left else None,
    )


_ITEMS = (
    sa.select(ReportItem.id, ReportItem.state)
    .join(Measure, Measure.id == ReportItem.measure_id)
    .where(ReportItem.report_id == sa.bindparam("report"))
    .order_by(Measure.plan_order, Measure.id)
)
