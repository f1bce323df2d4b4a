"""Alerts: what each person is told, and what they want mail about."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from flask import current_app

from registry.db import db, now
from registry.notices.models import EVERY_TOPIC, Alert, MutedTopic, NoticeReceipt, Topic
from registry.notices.outbox import insert_new
from registry.people.models import Role, RoleGrant, User
from registry.people.permissions import HOLDERS, Permission, Viewer, require

SHOWN = 100
LONGEST = 300
KEPT = timedelta(days=365)
_alert: sa.Table = Alert.__table__  # type: ignore[assignment]


@dataclass(frozen=True)
class New:
    """Something to tell one person.

    :param key: what makes it one thing: the same is told to a person once.
    :param subject: a sentence of names and days, which may be mailed: nobody's answer, no secret.
    :param path: of the page it is about, see :func:`place`.
    """

    user_id: int
    key: str
    topic: Topic
    subject: str
    path: str


def place(endpoint: str, **values: Any) -> str:
    """The path of a page, seen from the registry's own address; also where there is no request."""
    path: str = current_app.url_map.bind("registry.invalid").build(endpoint, values)
    return path


def tell(told: Iterable[New]) -> None:
    """Tell people; what they have been told already is let be.

    Commits before, for a transaction that has only read so far may not be able to write, and
    after.
    """
    rows = [
        {
            "user_id": one.user_id,
            "key": one.key,
            "topic": one.topic,
            "subject": " ".join(one.subject.split())[:LONGEST],
            "path": one.path,
            "created_at": now(),
        }
        for one in told
    ]
    db.session.commit()
    if rows:
        db.session.connection().execute(insert_new(Alert), rows)
        db.session.commit()


def of_boards(board_ids: Iterable[int]) -> dict[int, list[int]]:
    """Board → the active people who write or submit its reports."""
    roles = HOLDERS[Permission.WRITE_REPORTS] | HOLDERS[Permission.SUBMIT_REPORTS]
    found: dict[int, list[int]] = {}
    for board_id, user_id in db.session.execute(
        sa.select(RoleGrant.board_id, User.id)
        .join(User, sa.and_(User.id == RoleGrant.user_id, User.active))
        .where(RoleGrant.board_id.in_(set(board_ids)), RoleGrant.role.in_(roles))
        .distinct()
        .order_by(User.id)
    ):
        if board_id is not None:
            found.setdefault(board_id, []).append(user_id)
    return found


def holding(permission: Permission) -> list[int]:
    """The active people who hold a permission for all boards."""
    return _with_role(RoleGrant.role.in_(HOLDERS[permission]), RoleGrant.board_id.is_(None))


def leading(domain: str) -> list[int]:
    """The active leads of a domain."""
    return _with_role(RoleGrant.role == Role.DOMAIN_LEAD, RoleGrant.domain == domain)


def _with_role(*where: sa.ColumnElement[bool]) -> list[int]:
    wanted = sa.select(User.id).join(RoleGrant, RoleGrant.user_id == User.id)
    return list(db.session.scalars(wanted.where(User.active, *where).distinct().order_by(User.id)))


def clear_old() -> None:
    """Let go of what was told long ago."""
    with db.engine.begin() as connection:
        connection.execute(sa.delete(_alert).where(_alert.c.created_at < now() - KEPT))


# a person's own -----------------------------------------------------------------------------


@dataclass(frozen=True)
class Told:
    id: int
    topic: Topic
    subject: str
    path: str
    created_at: datetime
    read_at: datetime | None


def own(viewer: Viewer, *, unread: bool = False, limit: int = SHOWN) -> list[Told]:
    """What the viewer has been told, the latest first."""
    require(viewer, Permission.SIGNED_IN)
    wanted = sa.select(
        _alert.c.id,
        _alert.c.topic,
        _alert.c.subject,
        _alert.c.path,
        _alert.c.created_at,
        _alert.c.read_at,
    ).where(_alert.c.user_id == viewer.user_id)
    if unread:
        wanted = wanted.where(_alert.c.read_at.is_(None))
    return [
        Told(*row) for row in db.session.execute(wanted.order_by(_alert.c.id.desc()).limit(limit))
    ]


def open_one(viewer: Viewer, alert_id: int) -> str:
    """Where the alert leads; it is read from now on.

    :raises sqlalchemy.exc.NoResultFound: when there is none, or it is another person's.
    """
    require(viewer, Permission.SIGNED_IN)
    mine = sa.and_(_alert.c.id == alert_id, _alert.c.user_id == viewer.user_id)
    path = db.session.execute(sa.select(_alert.c.path).where(mine)).scalar_one()
    _read(mine)
    return str(path)


def read_all(viewer: Viewer) -> None:
    require(viewer, Permission.SIGNED_IN)
    _read(_alert.c.user_id == viewer.user_id)


def _read(which: sa.ColumnElement[bool]) -> None:
    db.session.connection().execute(
        sa.update(_alert).where(which, _alert.c.read_at.is_(None)).values(read_at=now())
    )
    db.session.commit()


def read_notice(viewer: Viewer, notice_id: int) -> None:
    """The viewer says that they have read a notice; nothing happens unless it was sent to them."""
    require(viewer, Permission.SIGNED_IN)
    db.session.connection().execute(
        sa.update(NoticeReceipt.__table__)  # type: ignore[arg-type]
        .where(
            NoticeReceipt.notice_id == notice_id,
            NoticeReceipt.user_id == viewer.user_id,
            NoticeReceipt.read_at.is_(None),
        )
        .values(read_at=now())
    )
    _read(sa.and_(_alert.c.user_id == viewer.user_id, _alert.c.key == notice_key(notice_id)))


def notice_key(notice_id: int) -> str:
    return f"notice:{notice_id}"


@dataclass(frozen=True)
class MailChoice:
    """What a person wants mail about."""

    none: bool
    topics: frozenset[Topic]


def mail_choice(viewer: Viewer) -> MailChoice:
    require(viewer, Permission.SIGNED_IN)
    muted = set(
        db.session.scalars(sa.select(MutedTopic.topic).where(MutedTopic.user_id == viewer.user_id))
    )
    return MailChoice(EVERY_TOPIC in muted, frozenset(one for one in Topic if one not in muted))


def choose_mail(viewer: Viewer, choice: MailChoice) -> None:
    require(viewer, Permission.SIGNED_IN)
    muted = [one.value for one in Topic if one not in choice.topics]
    if choice.none:
        muted.append(EVERY_TOPIC)
    table: sa.Table = MutedTopic.__table__  # type: ignore[assignment]
    connection = db.session.connection()
    connection.execute(sa.delete(table).where(table.c.user_id == viewer.user_id))
    if muted:
        rows = [{"user_id": viewer.user_id, "topic": topic} for topic in muted]
        connection.execute(insert_new(MutedTopic), rows)
    db.session.commit()
