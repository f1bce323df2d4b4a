"""Dated notes that a board makes on its measures during the year, for when it reports."""

from collections.abc import Iterable
from datetime import date

import sqlalchemy as sa
from sqlalchemy.orm import contains_eager, joinedload
from sqlalchemy.orm.exc import StaleDataError

from registry.conflict import Conflict
from registry.db import db
from registry.language import alphabetical, today
from registry.people.models import BOARD_ROLES, Board
from registry.people.permissions import HOLDERS, Denied, Permission, Viewer, require
from registry.plan.models import Measure, PlanVersion, Responsibility
from registry.plan.visibility import visible_measures
from registry.reporting.models import MeasureNote, Round
from registry.reporting.period import bounds
from registry.reporting.rounds import successors


def open_measure(viewer: Viewer, measure_id: int) -> Measure:
    """A measure whose notes the viewer may read: one of the own boards', or any to a coordinator.

    :raises Denied: for other boards' people.
    :raises sqlalchemy.exc.NoResultFound: when there is no such measure for the viewer.
    """
    measure = db.session.scalars(
        sa.select(Measure).where(Measure.id == measure_id, visible_measures(viewer))
    ).one()
    if not _reads_all(viewer) and not own_boards(viewer, measure):
        raise Denied(Permission.READ_NOTES)
    return measure


def own_boards(viewer: Viewer, measure: Measure) -> list[Board]:
    """The boards for which the viewer may write notes on this measure: those responsible, or
    that answer for one that has merged."""
    heirs = successors(today())
    responsible = db.session.scalars(
        sa.select(Responsibility.board_id).where(Responsibility.measure_id == measure.id)
    )
    answering = {heirs.get(board, board) for board in responsible}
    own = answering & viewer.boards(Permission.WRITE_NOTES)
    boards = db.session.scalars(sa.select(Board).where(Board.id.in_(own)))
    return sorted(boards, key=lambda board: alphabetical(board.name))


def _reads_all(viewer: Viewer) -> bool:
    return bool(viewer.roles & (HOLDERS[Permission.READ_NOTES] - BOARD_ROLES))


def on_measure(viewer: Viewer, measure: Measure) -> list[MeasureNote]:
    """The notes on a measure that the viewer may read, the latest first, over plan versions."""
    query = _NOTES.where(Measure.identity == measure.identity).order_by(
        MeasureNote.noted_on.desc(), MeasureNote.id.desc()
    )
    if not _reads_all(viewer):
        query = query.where(MeasureNote.board_id.in_(viewer.boards(Permission.READ_NOTES)))
    return list(db.session.scalars(query))


def in_period(board_id: int, measure: Measure, round_: Round) -> list[MeasureNote]:
    """A board's notes on a measure from the period that a round is about, in order of date."""
    first, last = bounds(round_.period)
    asked = {"identity": measure.identity, "board": board_id, "first": first, "last": last}
    return list(db.session.scalars(_IN_PERIOD, asked))


_NOTES = (
    sa.select(MeasureNote)
    .join(MeasureNote.measure)
    .options(
        contains_eager(MeasureNote.measure),
        joinedload(MeasureNote.author),
        joinedload(MeasureNote.board),
    )
    # Naming the versions lets the database find the measure by version and identity.
    .where(Measure.version_id.in_(sa.select(PlanVersion.id)))
)
_board = sa.bindparam("board", type_=sa.Integer)
_IN_PERIOD = (
    sa.select(MeasureNote)
    .join(MeasureNote.measure)
    .where(
        Measure.version_id.in_(sa.select(PlanVersion.id)),
        Measure.identity == sa.bindparam("identity"),
        sa.or_(
            MeasureNote.board_id == _board,
            MeasureNote.board_id.in_(sa.select(Board.id).where(Board.successor_id == _board)),
        ),
        MeasureNote.noted_on.between(
            sa.bindparam("first", type_=sa.Date), sa.bindparam("last", type_=sa.Date)
        ),
    )
    .order_by(MeasureNote.noted_on, MeasureNote.id)
)


def add(
    viewer: Viewer, measure: Measure, board_id: int | None, *, noted_on: date, text: str
) -> MeasureNote:
    """Write a note for a board.

    :raises Denied: unless the viewer writes for that board and it answers for the measure.
    """
    _require_board(own_boards(viewer, measure), board_id)
    note = MeasureNote(
        board_id=board_id,
        measure_id=measure.id,
        noted_on=noted_on,
        text=text.strip(),
        author_id=viewer.user_id,
    )
    db.session.add(note)
    db.session.commit()
    return note


def _require_board(boards: Iterable[Board], board_id: int | None) -> None:
    if board_id not in {board.id for board in boards}:
        raise Denied(Permission.WRITE_NOTES)


def open_note(viewer: Viewer, note_id: int) -> MeasureNote:
    """A note the viewer may change: the board's own people write in it together.

    :raises Denied: for everybody else.
    """
    note = db.session.scalars(_NOTES.where(MeasureNote.id == note_id)).one()
    require(viewer, Permission.WRITE_NOTES, board_id=note.board_id)
    return note


def change(
    viewer: Viewer, note: MeasureNote, row_version: int, *, noted_on: date, text: str
) -> None:
    """:raises Conflict: when somebody has changed the note since it was opened."""
    require(viewer, Permission.WRITE_NOTES, board_id=note.board_id)
    _unchanged(note, row_version)
    note.noted_on, note.text = noted_on, text.strip()
    _commit()


def remove(viewer: Viewer, note: MeasureNote, row_version: int) -> None:
    """:raises Conflict: when somebody has changed the note since it was opened."""
    require(viewer, Permission.WRITE_NOTES, board_id=note.board_id)
    _unchanged(note, row_version)
    db.session.delete(note)
    _commit()


def _unchanged(note: MeasureNote, row_version: int) -> None:
    if note.row_version != row_version:
        raise Conflict


def _commit() -> None:
    try:
        db.session.commit()
    except StaleDataError as error:
        db.session.rollback()
        raise Conflict from error
