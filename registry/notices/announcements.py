"""Notices: what a coordinator sends to boards, and the record of who was told and has read it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from registry.audit import log
from registry.db import db, now
from registry.language import alphabetical, today
from registry.notices.alerts import New, notice_key, of_boards, place, tell
from registry.notices.models import (
    Alert,
    LetterState,
    Notice,
    NoticeBoard,
    NoticeReceipt,
    OutboxMessage,
    Topic,
)
from registry.people.models import Board, User
from registry.people.permissions import Denied, Permission, Viewer, may, require


@dataclass(frozen=True)
class Reached:
    """A board and the people of it who will be told."""

    board_id: int
    board: str
    people: dict[int, str]


@dataclass(frozen=True)
class Row:
    """A notice in the list: how many were told, and how many of them have read it."""

    id: int
    title: str
    sent_at: datetime
    told: int
    read: int


@dataclass(frozen=True)
class Receipt:
    """How one person was told. ``mail`` is the state of the mail it stands in, if it is in one."""

    name: str
    boards: str
    told_at: datetime
    read_at: datetime | None
    mail: LetterState | None


@dataclass(frozen=True)
class Sent:
    """A notice as it was sent. Its receipts are for whoever sends notices, and empty for others."""

    notice: Notice
    boards: list[str]
    receipts: list[Receipt]
    mine: bool
    read: bool


def choices() -> list[tuple[int, str]]:
    """The boards there are today, by name."""
    boards = [board for board in db.session.scalars(sa.select(Board)) if board.valid_on(today())]
    return sorted(((one.id, one.name) for one in boards), key=lambda one: alphabetical(one[1]))


def reached(viewer: Viewer, board_ids: Iterable[int]) -> list[Reached]:
    """Who would be told: the active people of these boards, by board and name."""
    require(viewer, Permission.SEND_NOTICES)
    return _reached(board_ids)


def _reached(board_ids: Iterable[int]) -> list[Reached]:
    wanted = set(board_ids)
    people = of_boards(wanted)
    everyone = {user_id for found in people.values() for user_id in found}
    users = dict(
        db.session.execute(sa.select(User.id, User.name).where(User.id.in_(everyone))).all()
    )
    boards = db.session.execute(sa.select(Board.id, Board.name).where(Board.id.in_(wanted))).all()
    return [
        Reached(
            board_id,
            name,
            dict(
                sorted(
                    ((one, users[one]) for one in people.get(board_id, ())),
                    key=lambda one: alphabetical(one[1]),
                )
            ),
        )
        for board_id, name in sorted(boards, key=lambda one: alphabetical(one[1]))
    ]


def send(viewer: Viewer, key: str, title: str, body: str, board_ids: Iterable[int]) -> int:
    """Send a notice to the people of these boards; it is never changed afterwards.

    :param key: of the form it was written in; what was sent from it already is not sent again.
    :returns: the notice's id.
    """
    require(viewer, Permission.SEND_NOTICES)
    before = db.session.scalar(sa.select(Notice.id).where(Notice.key == key))
    if before is not None:
        return before
    boards = _reached(board_ids)
    with log.action("notice.send"):
        notice = Notice(
            key=key, title=title, body=body, sent_by_id=viewer.user_id, sent_by_name=viewer.name
        )
        db.session.add(notice)
        try:
            db.session.flush()
        except sa.exc.IntegrityError:  # the same form, sent twice at the same moment
            db.session.rollback()
            return db.session.scalars(sa.select(Notice.id).where(Notice.key == key)).one()
        db.session.add_all(
            NoticeBoard(notice_id=notice.id, board_id=one.board_id, board_name=one.board)
            for one in boards
        )
        names: dict[int, str] = {}
        boards_of: dict[int, list[str]] = {}
        for one in boards:
            for user_id, name in one.people.items():
                names[user_id] = name
                boards_of.setdefault(user_id, []).append(one.board)
        db.session.add_all(
            NoticeReceipt(
                notice_id=notice.id,
                user_id=user_id,
                name=name,
                board_names=", ".join(boards_of[user_id]),
                told_at=now(),
            )
            for user_id, name in names.items()
        )
        db.session.commit()
    path = place("notices.notice", notice_id=notice.id)
    tell(New(one, notice_key(notice.id), Topic.NOTICE, title, path) for one in names)
    return notice.id


def sent_notices(viewer: Viewer) -> list[Row]:
    """Every notice, the latest first."""
    require(viewer, Permission.SEND_NOTICES)
    rows = db.session.execute(
        sa.select(
            Notice.id,
            Notice.title,
            Notice.sent_at,
            sa.func.count(NoticeReceipt.id),
            sa.func.count(NoticeReceipt.read_at),
        )
        .outerjoin(NoticeReceipt, NoticeReceipt.notice_id == Notice.id)
        .group_by(Notice.id)
        .order_by(Notice.id.desc())
    )
    return [Row(*row) for row in rows]


def find(viewer: Viewer, notice_id: int) -> Sent:
    """A notice, for whoever sends notices and for those it was sent to.

    :raises sqlalchemy.exc.NoResultFound: when there is none.
    :raises Denied: for everybody else.
    """
    require(viewer, Permission.SIGNED_IN)
    notice = db.session.get_one(Notice, notice_id)
    mine = db.session.execute(
        sa.select(NoticeReceipt.read_at).where(
            NoticeReceipt.notice_id == notice_id, NoticeReceipt.user_id == viewer.user_id
        )
    ).one_or_none()
    sends = may(viewer, Permission.SEND_NOTICES)
    if mine is None and not sends:
        raise Denied(Permission.SEND_NOTICES)
    boards = sa.select(NoticeBoard.board_name).where(NoticeBoard.notice_id == notice_id)
    names = sorted(db.session.scalars(boards), key=alphabetical)
    read = mine is not None and mine.read_at is not None
    return Sent(notice, names, _receipts(notice_id) if sends else [], mine is not None, read)


def _receipts(notice_id: int) -> list[Receipt]:
    rows = db.session.execute(
        sa.select(
            NoticeReceipt.name,
            NoticeReceipt.board_names,
            NoticeReceipt.told_at,
            NoticeReceipt.read_at,
            OutboxMessage.state,
        )
        .outerjoin(
            Alert,
            sa.and_(Alert.user_id == NoticeReceipt.user_id, Alert.key == notice_key(notice_id)),
        )
        .outerjoin(OutboxMessage, OutboxMessage.id == Alert.letter_id)
        .where(NoticeReceipt.notice_id == notice_id)
    )
    found = [Receipt(*row) for row in rows]
    return sorted(found, key=lambda one: (alphabetical(one.boards), alphabetical(one.name)))
