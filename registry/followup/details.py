"""One goal area, or one board, in a round: its measures by status."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from registry.db import db
from registry.followup.figures import Counts, RoundHead
from registry.people.models import Board
from registry.people.permissions import Permission, Viewer, require
from registry.plan.models import GoalArea, Measure, MeasureStatus, Responsibility
from registry.reporting.models import FrozenItem, Outcome, Report, ReportItem
from registry.reporting.outcomes import COUNTED


@dataclass(frozen=True, slots=True)
class Standing:
    """A measure and how it stands; ``status`` is ``None`` where nothing is reported."""

    id: int
    number: str
    title: str
    status: MeasureStatus | None


@dataclass(frozen=True)
class Part:
    """An area or a board, with its measures in the order of the plan."""

    title: str
    measures: tuple[Standing, ...]
    number: str = ""
    domain: str | None = None
    report_id: int | None = None

    @property
    def counts(self) -> Counts:
        found: dict[Any, int] = {}
        for measure in self.measures:
            found[measure.status] = found.get(measure.status, 0) + 1
        return Counts.of(found)

    def standing(self, status: str) -> list[Standing]:
        """Its measures with this status; ``unreported`` is one."""
        return [one for one in self.measures if (one.status or "unreported") == status]


def area(viewer: Viewer, head: RoundHead, area_id: int) -> Part | None:
    """A goal area in a round: two queries; ``None`` when the round has no such area."""
    require(viewer, Permission.READ_FOLLOWUP)
    found = db.session.execute(
        sa.select(GoalArea.number, GoalArea.title, GoalArea.domain).where(
            GoalArea.id == area_id, GoalArea.version_id == head.version_id
        )
    ).first()
    if found is None:
        return None
    number, title, domain = found
    rows = db.session.execute(
        _STANDING.where(Outcome.round_id == head.id, Outcome.area_id == area_id)
    )
    return Part(f"{number} {title}", _standing(rows.all()), number, domain)


_STANDING: sa.Select[*tuple[Any, ...]] = (
    sa.select(Measure.id, Measure.number, Measure.title, Outcome.status)
    .join(Outcome, Outcome.measure_id == Measure.id)
    .order_by(Measure.plan_order, Measure.id)
)


def board(viewer: Viewer, head: RoundHead, board_id: int) -> Part | None:
    """A board in a round, by what it has submitted itself; ``None`` when it is not in it."""
    require(viewer, Permission.READ_FOLLOWUP)
    found = db.session.execute(
        sa.select(Report.id, Board.name, Report.state)
        .join(Board, Board.id == Report.board_id)
        .where(Report.round_id == head.id, Report.board_id == board_id, Report.current)
    ).first()
    if found is None:
        return None
    report_id, name, state = found
    status: Any = FrozenItem.status if state in COUNTED else sa.null()
    rows = db.session.execute(
        sa.select(Measure.id, Measure.number, Measure.title, status)
        .join(ReportItem, ReportItem.measure_id == Measure.id)
        .outerjoin(
            FrozenItem,
            sa.and_(
                FrozenItem.report_id == ReportItem.report_id, FrozenItem.measure_id == Measure.id
            ),
        )
        .where(ReportItem.report_id == report_id)
        .order_by(Measure.plan_order, Measure.id)
    )
    return Part(name, _standing(rows.all()), report_id=report_id)


def _standing(rows: Sequence[Any]) -> tuple[Standing, ...]:
    return tuple(Standing(*row) for row in rows)


def owners(version_id: int) -> dict[int, tuple[str, ...]]:
    """The boards that answer for each measure of a version, the lead first."""
    found: dict[int, list[str]] = {}
    for measure_id, name in db.session.execute(
        sa.select(Responsibility.measure_id, Board.name)
        .join(Board, Board.id == Responsibility.board_id)
        .join(Measure, Measure.id == Responsibility.measure_id)
        .where(Measure.version_id == version_id)
        .order_by(Responsibility.share, Board.name)
    ):
        found.setdefault(measure_id, []).append(name)
    return {measure_id: tuple(names) for measure_id, names in found.items()}


def domains_of(version_id: int) -> dict[int, str | None]:
    """The domain of each goal area of a version."""
    rows = db.session.execute(
        sa.select(GoalArea.id, GoalArea.domain).where(GoalArea.version_id == version_id)
    )
    return {area_id: domain for area_id, domain in rows}


def all_measures(head: RoundHead) -> list[tuple[int, Standing]]:
    """Every measure of a round with its area's id, in the order of the plan."""
    rows = db.session.execute(
        _STANDING.add_columns(Outcome.area_id).where(Outcome.round_id == head.id)
    )
    return [(row[4], Standing(*row[:4])) for row in rows]
