"""Rounds beside each other: how the plan stood in each, and what changed between two of them.

Measures are followed over plan versions by their identity.
"""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from registry.db import db
from registry.followup.figures import UNREPORTED, Counts, RoundHead
from registry.people.permissions import Permission, Viewer, require
from registry.plan.models import GoalArea, Measure, MeasureStatus
from registry.reporting.models import FrozenItem, Outcome, Report
from registry.reporting.outcomes import COUNTED


@dataclass(frozen=True, slots=True)
class RoundCounts:
    """How many measures stood where in a round."""

    round: RoundHead
    counts: Counts


def over_rounds(
    viewer: Viewer,
    heads: Sequence[RoundHead],
    *,
    area_number: str | None = None,
    board_id: int | None = None,
) -> list[RoundCounts]:
    """The rounds in order of time, of the whole plan, of one area or of one board: one query.

    :param area_number: areas are followed over versions by their number.
    """
    require(viewer, Permission.READ_FOLLOWUP)
    ids = [head.id for head in heads]
    if board_id is not None:
        query = _OF_BOARD.where(Report.board_id == board_id)
    else:
        query = _OF_ALL
        if area_number is not None:
            query = query.join(GoalArea, GoalArea.id == Outcome.area_id).where(
                GoalArea.number == area_number
            )
    found: dict[int, dict[Any, int]] = defaultdict(dict)
    for round_id, status, count in db.session.execute(query, {"rounds": ids}):
        found[round_id][status] = count
    return [
        RoundCounts(head, Counts.of(found[head.id])) for head in reversed(heads) if found[head.id]
    ]


_rounds: sa.BindParameter[Any] = sa.bindparam("rounds", expanding=True)
_OF_ALL = (
    sa.select(Outcome.round_id, sa.type_coerce(Outcome.status, sa.String), sa.func.count())
    .where(Outcome.round_id.in_(_rounds))
    .group_by(Outcome.round_id, Outcome.status)
)
_OF_BOARD = (
    sa.select(Report.round_id, sa.type_coerce(FrozenItem.status, sa.String), sa.func.count())
    .join(FrozenItem, FrozenItem.report_id == Report.id)
    .where(Report.round_id.in_(_rounds), Report.current, Report.state.in_(COUNTED))
    .group_by(Report.round_id, FrozenItem.status)
)


@dataclass(frozen=True, slots=True)
class Change:
    """A measure in two rounds; a status is ``None`` where nothing was reported on it."""

    measure_id: int
    number: str
    title: str
    before: MeasureStatus | None
    after: MeasureStatus | None
    is_new: bool

    @property
    def moved(self) -> bool:
        return self.is_new or self.before is not self.after


@dataclass(frozen=True)
class Comparison:
    """Two rounds, the earlier first. ``moves`` counts measures by status before and after."""

    earlier: RoundHead
    later: RoundHead
    before: Counts
    after: Counts
    changes: tuple[Change, ...]
    gone: int

    @property
    def moves(self) -> Counter[tuple[str, str]]:
        return Counter(
            (one.before or UNREPORTED, one.after or UNREPORTED)
            for one in self.changes
            if not one.is_new
        )

    def became(self, status: str) -> list[Change]:
        """The measures that have this status now and had another before."""
        return [one for one in self.changes if one.moved and (one.after or UNREPORTED) == status]


def compare(viewer: Viewer, one: RoundHead, other: RoundHead) -> Comparison:
    """What changed between two rounds of the same plan: three queries."""
    require(viewer, Permission.READ_FOLLOWUP)
    earlier, later = sorted((one, other), key=lambda head: (head.opens_on, head.id))
    before, after = (
        next((row.counts for row in over_rounds(viewer, [head])), Counts())
        for head in (earlier, later)
    )
    asked = {"earlier": earlier.id, "later": later.id}
    changes = tuple(Change(*row) for row in db.session.execute(_CHANGES, asked))
    kept = sum(not change.is_new for change in changes)
    return Comparison(earlier, later, before, after, changes, before.total - kept)


_then = (
    sa.select(
        Measure.identity.label("identity"),
        Outcome.measure_id.label("measure_id"),
        Outcome.status.label("status"),
    )
    .join(Outcome, Outcome.measure_id == Measure.id)
    .where(Outcome.round_id == sa.bindparam("earlier"))
    .subquery()
)
_now = aliased(Outcome)
_CHANGES: sa.Select[*tuple[Any, ...]] = (
    sa.select(
        Measure.id,
        Measure.number,
        Measure.title,
        _then.c.status,
        _now.status,
        _then.c.measure_id.is_(None),
    )
    .join(_now, _now.measure_id == Measure.id)
    .outerjoin(_then, _then.c.identity == Measure.identity)
    .where(_now.round_id == sa.bindparam("later"))
    .order_by(Measure.plan_order, Measure.id)
)
