"""The page where one's work begins: what waits for a board, and for the coordinator."""

from dataclasses import dataclass
from datetime import date, datetime

import sqlalchemy as sa

from registry.db import db
from registry.language import today
from registry.people.models import Board
from registry.people.permissions import Permission, Viewer, may, require
from registry.reporting.calendar import exception_of, own_due
from registry.reporting.models import Report, ReportState, Round, RoundException, RoundState
from registry.reporting.reading import Work, my_work


@dataclass(frozen=True)
class Submitted:
    """A report that waits for the coordinator's review."""

    report_id: int
    board: str
    round: str
    submitted_at: datetime


@dataclass(frozen=True)
class Late:
    """An open round whose last day has passed, and how many boards have not submitted."""

    round_id: int
    round: str
    due_on: date
    boards: int


@dataclass(frozen=True)
class Home:
    """``waiting``: reports still to be written or submitted, returned ones first, then by last
    day. ``review`` and ``late`` are the coordinator's, ``None`` for others."""

    waiting: list[Work]
    others: list[Work]
    earlier: list[Work]
    review: list[Submitted] | None
    late: list[Late] | None


def home(viewer: Viewer) -> Home:
    """What waits for the viewer: a fixed number of queries."""
    require(viewer, Permission.OWN_WORK)
    work = my_work(viewer) if viewer.boards(Permission.WRITE_REPORTS) else []
    open_ = [one for one in work if one.round.state is RoundState.OPEN]
    waiting = [one for one in open_ if one.state is ReportState.DRAFT]
    reviews = may(viewer, Permission.REVIEW_REPORTS)
    return Home(
        waiting=sorted(waiting, key=lambda one: (not one.returned, one.due_on)),
        others=[one for one in open_ if one.state is not ReportState.DRAFT],
        earlier=[one for one in work if one.round.state is not RoundState.OPEN],
        review=_to_review() if reviews else None,
        late=_late() if reviews else None,
    )


def _to_review() -> list[Submitted]:
    rows = db.session.execute(
        sa.select(Report.id, Board.name, Round.title, Report.submitted_at)
        .join(Board, Board.id == Report.board_id)
        .join(Round, Round.id == Report.round_id)
        .where(
            Round.state == RoundState.OPEN, Report.current, Report.state == ReportState.SUBMITTED
        )
        .order_by(Report.submitted_at)
    )
    return [Submitted(report_id, board, round_, at) for report_id, board, round_, at in rows if at]


def _late() -> list[Late]:
    rows = db.session.execute(
        sa.select(Round.id, Round.title, Round.due_on, sa.func.count(Report.id))
        .join(Report, Report.round_id == Round.id)
        .outerjoin(RoundException, exception_of(Report.board_id))
        .where(
            Round.state == RoundState.OPEN,
            own_due < today(),
            Report.current,
            Report.state == ReportState.DRAFT,
        )
        .group_by(Round.id)
        .order_by(Round.due_on)
    )
    return [Late(*row) for row in rows]
