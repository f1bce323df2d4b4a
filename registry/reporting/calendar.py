"""A round's calendar: when it opens, reminds, is due and closes; boards with a day of their own."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import sqlalchemy as sa
from flask_babel import gettext as _
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import joinedload

from registry.audit import log
from registry.conflict import Conflict
from registry.db import db
from registry.people.models import Board
from registry.people.permissions import Permission, Viewer, require
from registry.reporting.models import Report, Round, RoundException
from registry.reporting.rounds import CannotReport, only_boards

# A board's own last day in a round, else the round's; for statements that read both tables.
own_due = sa.func.coalesce(RoundException.due_on, Round.due_on)


def exception_of(
    board: sa.ColumnElement[int] | sa.orm.InstrumentedAttribute[int],
) -> sa.ColumnElement[bool]:
    """What joins :class:`RoundException` to a round and one of its boards."""
    return sa.and_(RoundException.round_id == Round.id, RoundException.board_id == board)


def due_of(round_: Round, board_id: int) -> date:
    """The last day for this board."""
    return due_days(round_).get(board_id, round_.due_on)


def due_days(round_: Round) -> dict[int, date]:
    """The boards of a round that have a last day of their own, with that day."""
    rows = db.session.execute(_OWN_DAYS, {"round": round_.id})
    return {board_id: due_on for board_id, due_on in rows}


_OWN_DAYS = sa.select(RoundException.board_id, RoundException.due_on).where(
    RoundException.round_id == sa.bindparam("round")
)


@dataclass(frozen=True)
class Day:
    """A day of the calendar: what happens, and whether it is past."""

    day: date
    kind: str
    board: str = ""
    reason: str = ""


def days(viewer: Viewer, round_: Round) -> list[Day]:
    """The round's calendar in order of day, with the boards that have a day of their own: those
    whose reports the viewer may read, for why a board has one is between it and the coordinator."""
    require(viewer, Permission.READ_REPORTS)
    own = only_boards(viewer)
    found = [Day(round_.opens_on, "opens"), Day(round_.due_on, "due")]
    found += [Day(day, "reminder") for day in reminders(round_)]
    found += [
        Day(one.due_on, "own", one.board.name, one.reason)
        for one in exceptions(round_)
        if own is None or one.board_id in own
    ]
    if round_.closes_on is not None:
        found.append(Day(round_.closes_on, "closes"))
    return sorted(found, key=lambda one: one.day)


def reminders(round_: Round) -> list[date]:
    """The days on which boards that have not submitted are reminded, in order."""
    return sorted(round_.due_on - timedelta(days=days) for days in round_.reminder_days)


def exceptions(round_: Round) -> Sequence[RoundException]:
    rows = db.session.scalars(
        sa.select(RoundException)
        .options(joinedload(RoundException.board))
        .where(RoundException.round_id == round_.id)
    ).all()
    return sorted(rows, key=lambda one: (one.due_on, one.board.name))


def boards_of(round_: Round) -> list[Board]:
    """The boards that report in a round, by name."""
    return list(
        db.session.scalars(
            sa.select(Board)
            .join(Report, Report.board_id == Board.id)
            .where(Report.round_id == round_.id, Report.current)
            .order_by(Board.name)
        )
    )


def give_day(viewer: Viewer, round_id: int, board_id: int, due_on: date, reason: str) -> None:
    """Give a board a last day of its own, or another one than it had.

    :raises CannotReport: when the board does not report in the round, or the day comes before
        the round opened.
    :raises Conflict: when somebody else does the same at the same moment.
    """
    require(viewer, Permission.MANAGE_ROUNDS)
    round_ = db.session.get_one(Round, round_id)
    if board_id not in {board.id for board in boards_of(round_)}:
        raise CannotReport(_("Välj en nämnd eller ett bolag som är med i omgången."))
    if due_on < round_.opens_on:
        raise CannotReport(_("Sista dagen kan inte ligga före dagen då omgången öppnade."))
    known = db.session.scalar(
        sa.select(RoundException).where(
            RoundException.round_id == round_id, RoundException.board_id == board_id
        )
    )
    one = known or RoundException(round_id=round_id, board_id=board_id)
    with log.action("round.exception"):
        one.due_on, one.reason = due_on, reason.strip()
        db.session.add(one)
        try:
            db.session.commit()
        except IntegrityError as error:
            db.session.rollback()
            raise Conflict from error


def take_day(viewer: Viewer, exception_id: int) -> int:
    """Let the round's own last day hold for the board again; gives the round."""
    require(viewer, Permission.MANAGE_ROUNDS)
    one = db.session.get_one(RoundException, exception_id)
    round_id = one.round_id
    with log.action("round.exception"):
        db.session.delete(one)
        db.session.commit()
    return round_id
