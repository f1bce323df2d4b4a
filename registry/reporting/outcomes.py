"""What several boards' reports on one measure add up to."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from registry.db import db, now
from registry.plan.models import Measure, MeasureStatus, PlanVersion
from registry.reporting.models import FrozenItem, Outcome, Report, ReportState, Round

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


@dataclass(frozen=True)
class Carried:
    """How the measures of a plan stood in its last round: what a new round asks about again.

    ``unreported`` have no status; ``finished`` are not asked about unless one asks for it.
    """

    round_title: str
    counts: dict[MeasureStatus, int]
    unreported: int

    @property
    def again(self) -> int:
        finished = self.counts.get(MeasureStatus.DONE, 0) + self.counts.get(
            MeasureStatus.STOPPED, 0
        )
        return sum(self.counts.values()) + self.unreported - finished


def carried(version_id: int) -> Carried | None:
    """What follows along from the latest round of the same plan; ``None`` when there is none."""
    plan = sa.select(PlanVersion.plan_id).where(PlanVersion.id == version_id).scalar_subquery()
    last = db.session.execute(
        sa.select(Round.id, Round.title)
        .join(PlanVersion, PlanVersion.id == Round.version_id)
        .where(PlanVersion.plan_id == plan)
        .order_by(Round.opens_on.desc(), Round.id.desc())
        .limit(1)
    ).first()
    if last is None:
        return None
    earlier = aliased(Measure)
    rows = db.session.execute(
        sa.select(Outcome.status, sa.func.count())
        .join(earlier, earlier.id == Outcome.measure_id)
        .join(Measure, Measure.identity == earlier.identity)
        .where(Outcome.round_id == last[0], Measure.version_id == version_id)
        .group_by(Outcome.status)
    )
    counts = dict(rows.all())
    return Carried(last[1], {s: n for s, n in counts.items() if s is not None}, counts.get(None, 0))


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
