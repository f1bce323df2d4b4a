"""Committees, companies and the executive board, and when each is valid."""

from dataclasses import dataclass
from datetime import date

import sqlalchemy as sa

from registry.conflict import Conflict
from registry.db import db
from registry.people.models import Board, BoardKind, Role, RoleGrant, User
from registry.people.permissions import Permission, Viewer, require


class NameTaken(Exception):
    """Another board has the name."""


class SuccessionLoop(Exception):
    """The successor is, over one or more steps, succeeded by this board."""


@dataclass(frozen=True)
class BoardRow:
    """A board in the list; ``reporters`` and ``approvers`` count those who can sign in."""

    id: int
    name: str
    kind: BoardKind
    valid_from: date | None
    valid_to: date | None
    successor: str | None
    reporters: int
    approvers: int


@dataclass(frozen=True)
class BoardValues:
    """What is written about a board."""

    name: str
    kind: BoardKind
    valid_from: date | None = None
    valid_to: date | None = None
    successor_id: int | None = None


def boards(viewer: Viewer) -> list[BoardRow]:
    """Every board: the executive first, then committees and companies, each by name."""
    require(viewer, Permission.MANAGE_BOARDS)
    successor = sa.orm.aliased(Board)
    held = (
        sa.select(
            RoleGrant.board_id,
            sa.func.count().filter(RoleGrant.role == Role.REPORTER).label("reporters"),
            sa.func.count().filter(RoleGrant.role == Role.APPROVER).label("approvers"),
        )
        .join(User, sa.and_(User.id == RoleGrant.user_id, User.active))
        .group_by(RoleGrant.board_id)
        .subquery()
    )
    order = sa.case(
        {BoardKind.EXECUTIVE: 0, BoardKind.COMMITTEE: 1, BoardKind.COMPANY: 2}, value=Board.kind
    )
    rows = db.session.execute(
        sa.select(
            Board.id,
            Board.name,
            Board.kind,
            Board.valid_from,
            Board.valid_to,
            successor.name,
            sa.func.coalesce(held.c.reporters, 0),
            sa.func.coalesce(held.c.approvers, 0),
        )
        .outerjoin(successor, successor.id == Board.successor_id)
        .outerjoin(held, held.c.board_id == Board.id)
        .order_by(order, Board.name)
    )
    return [BoardRow(*row) for row in rows]


def names() -> list[tuple[int, str]]:
    """Id and name of every board, by name, for a choice in a form."""
    rows = db.session.execute(sa.select(Board.id, Board.name).order_by(Board.name))
    return [(board_id, name) for board_id, name in rows]


def find(viewer: Viewer, board_id: int) -> Board | None:
    require(viewer, Permission.MANAGE_BOARDS)
    return db.session.get(Board, board_id)


def add(viewer: Viewer, values: BoardValues) -> int:
    """:raises NameTaken:"""
    require(viewer, Permission.MANAGE_BOARDS)
    _refuse_taken(values.name)
    board = Board(
        name=values.name,
        kind=values.kind,
        valid_from=values.valid_from,
        valid_to=values.valid_to,
        successor_id=values.successor_id,
    )
    db.session.add(board)
    db.session.commit()
    return board.id


def edit(viewer: Viewer, board_id: int, values: BoardValues, row_version: int) -> None:
    """:raises NameTaken:
    :raises SuccessionLoop:
    :raises registry.conflict.Conflict: when someone has saved the board since.
    """
    require(viewer, Permission.MANAGE_BOARDS)
    board = db.session.get_one(Board, board_id)
    if board.row_version != row_version:
        raise Conflict
    _refuse_taken(values.name, but=board_id)
    _refuse_loop(board_id, values.successor_id)
    board.name, board.kind = values.name, values.kind
    board.valid_from, board.valid_to = values.valid_from, values.valid_to
    board.successor_id = values.successor_id
    try:
        db.session.commit()
    except sa.orm.exc.StaleDataError as error:
        raise Conflict from error


def _refuse_taken(name: str, but: int | None = None) -> None:
    owner = db.session.scalar(
        sa.select(Board.id).where(sa.func.lower(Board.name) == sa.func.lower(name))
    )
    if owner is not None and owner != but:
        raise NameTaken


def _refuse_loop(board_id: int, successor_id: int | None) -> None:
    if successor_id is None:
        return
    after: dict[int, int | None] = {
        one: following
        for one, following in db.session.execute(sa.select(Board.id, Board.successor_id))
    }
    step: int | None = successor_id
    while step is not None:
        if step == board_id:
            raise SuccessionLoop
        step = after.get(step)
