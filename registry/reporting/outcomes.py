"""What several boards' reports on one measure add up to."""

from collections import defaultdict
from collections.abc import Iterable

import sqlalchemy as sa

from registry.db import db, now
from registry.plan.models import MeasureStatus
from registry.reporting.models import FrozenItem, Outcome, Report, ReportState

COUNTED = (ReportState.SUBMITTED, ReportState.ACCEPTED)


def combined(statuses: Iterable[MeasureStatus]) -> MeasureStatus | None:
    """One status for a measure that several boards report on.

    A delay anywhere is a delay; boards that have come differently far make it ongoing; one that
    stopped does not undo what another carried out. No report gives no status.
    """
    found = set(statuses)
    if not found:
        return None
    if MeasureStatus.DELAYED in found:
        return MeasureStatus.DELAYED
    if MeasureStatus.ONGOING in found:
        return MeasureStatus.ONGOING
    if found == {MeasureStatus.STOPPED}:
        return MeasureStatus.STOPPED
    found.discard(MeasureStatus.STOPPED)
    return found.pop() if len(found) == 1 else MeasureStatus.ONGOING


def refresh(round_id: int, measure_ids: Iterable[int]) -> dict[int, MeasureStatus | None]:
    """Work out anew what the boards say of these measures; the caller commits.

    Derived from frozen reports, hence not audited of itself: the report's own entry is.
    """
    ids = sorted(set(measure_ids))
    reported: dict[int, list[MeasureStatus]] = defaultdict(list)
    rows = db.session.execute(
        sa.select(FrozenItem.measure_id, FrozenItem.status)
        .join(Report, Report.id == FrozenItem.report_id)
        .where(
            Report.round_id == round_id,
            Report.current,
            Report.state.in_(COUNTED),
            FrozenItem.measure_id.in_(ids),
        )
    )
    for measure_id, status in rows:
        reported[measure_id].append(status)
    outcome = {measure_id: combined(reported[measure_id]) for measure_id in ids}
    changed_at = now()
    if ids:
        db.session.connection().execute(
            sa.update(Outcome)
            .where(
                Outcome.round_id == round_id,
                Outcome.measure_id == sa.bindparam("measure"),
            )
            .values(status=sa.bindparam("new_status"), changed_at=changed_at),
            [
                {"measure": measure_id, "new_status": status}
                for measure_id, status in outcome.items()
            ],
        )
    return outcome
