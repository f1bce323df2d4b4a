"""The outbox: mail is a row before it is sent, and is sent once.

A letter is claimed, handed over, and marked, each in a short transaction of its own; while the
mail server is spoken to none is open. A worker may die at any point:

* before the text was handed over, nothing was sent: another worker takes the letter up;
* after the server answered and before that was marked, it *may* be sent. Nobody can know, so it
  is not sent again by itself. It is "oviss": an administrator sees it and decides. A letter only
  points to what stands on a page, so one that is late costs less than one that comes twice; and
  one that is sent again has its first Message-ID, by which receivers know it.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlsplit

import sqlalchemy as sa
import structlog
from flask import current_app
from sqlalchemy.dialects import postgresql, sqlite

from registry.audit import log
from registry.config import Settings
from registry.db import Base, db, now
from registry.notices.models import LetterState, OutboxMessage
from registry.notices.smtp import Answer, Fate, Letter, Post
from registry.people.models import User
from registry.people.permissions import Permission, Viewer, require

BACK_OFF = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 60, 240))
CLAIM_LASTS = timedelta(minutes=10)
TEXT_KEPT = timedelta(days=30)
KEPT = timedelta(days=365)
AT_ONCE = 100
PAGE = 50
events = structlog.get_logger("mail")
_outbox: sa.Table = OutboxMessage.__table__  # type: ignore[assignment]


def insert_new(table: type[Base]) -> postgresql.Insert | sqlite.Insert:
    """An insert that lets be what is there already, on either database."""
    if db.engine.dialect.name == "postgresql":
        return postgresql.insert(table).on_conflict_do_nothing()
    return sqlite.insert(table).on_conflict_do_nothing()


def put(
    connection: sa.Connection, key: str, user_id: int, to: str, subject: str, text: str, html: str
) -> int | None:
    """Write a letter, to be sent when it is committed; its id, or ``None`` when one with this key
    is there already."""
    row = {
        "key": key,
        "user_id": user_id,
        "to_address": to,
        "subject": subject,
        "text": text,
        "html": html,
        "message_id": _message_id(key),
        "state": LetterState.WAITING,
        "attempts": 0,
        "created_at": now(),
        "next_try_at": now(),
        "last_error": "",
    }
    new = insert_new(OutboxMessage).values(row).returning(_outbox.c.id)
    letter_id: int | None = connection.scalar(new)
    return letter_id


def _message_id(key: str) -> str:
    """The same for the same letter, so that a receiver who gets it twice can tell."""
    settings: Settings = current_app.extensions["settings"]
    digest = hashlib.sha256(f"{settings.secret_key}\n{key}".encode()).hexdigest()[:32]
    return f"<{digest}@{urlsplit(settings.base_url).hostname or 'registry.invalid'}>"


# the worker's part --------------------------------------------------------------------------


@dataclass(frozen=True)
class _Claimed:
    id: int
    attempts: int
    claimed_at: datetime
    letter: Letter


def deliver() -> int:
    """Send what waits; how many letters were sent. Any number of workers may be at it at once."""
    settings: Settings = current_app.extensions["settings"]
    if not settings.mail_on:
        return 0
    _take_up()
    sent = 0
    with Post(settings) as post:
        for claimed in _claims():
            answer = post.send(claimed.letter, lambda claimed=claimed: _hand_over(claimed))  # type: ignore[misc]
            if answer.why == "taken":
                continue  # we were so slow that another worker has it by now
            _mark(claimed, answer)
            sent += answer.fate is Fate.SENT
            if answer.server_down:
                break
    return sent


def _take_up() -> None:
    """What a worker has left lying: to be sent if it cannot have been, else for people to judge."""
    old = sa.and_(
        _outbox.c.state == LetterState.SENDING, _outbox.c.claimed_at < now() - CLAIM_LASTS
    )
    with db.engine.begin() as connection:
        connection.execute(
            sa.update(_outbox)
            .where(old, _outbox.c.handed_at.is_(None))
            .values(state=LetterState.WAITING, claimed_at=None)
        )
        connection.execute(
            sa.update(_outbox).where(old).values(state=LetterState.UNCERTAIN, last_error="lost")
        )


def _claims() -> Iterator[_Claimed]:
    """Letters that are due, the longest waiting first, each claimed when it is its turn."""
    due = sa.and_(_outbox.c.state == LetterState.WAITING, _outbox.c.next_try_at <= now())
    with db.engine.connect().execution_options(reading=True) as connection:
        wanted = sa.select(_outbox.c.id).where(due).order_by(_outbox.c.next_try_at, _outbox.c.id)
        found = list(connection.scalars(wanted.limit(AT_ONCE)))
    for letter_id in found:
        with db.engine.begin() as connection:
            row = connection.execute(
                sa.update(_outbox)
                .where(_outbox.c.id == letter_id, due)
                .values(
                    state=LetterState.SENDING,
                    attempts=_outbox.c.attempts + 1,
                    claimed_at=now(),
                    handed_at=None,
                )
                .returning(*_outbox.c)
            ).one_or_none()
        if row is not None:
            letter = Letter(row.to_address, row.subject, row.text, row.html, row.message_id)
            yield _Claimed(row.id, row.attempts, row.claimed_at, letter)


def _ours(claimed: _Claimed) -> sa.ColumnElement[bool]:
    return sa.and_(
        _outbox.c.id == claimed.id,
        _outbox.c.state == LetterState.SENDING,
        _outbox.c.claimed_at == claimed.claimed_at,
    )


def _hand_over(claimed: _Claimed) -> bool:
    """Note that the text is on its way, unless the letter is no longer ours."""
    with db.engine.begin() as connection:
        noted = connection.execute(sa.update(_outbox).where(_ours(claimed)).values(handed_at=now()))
    return bool(noted.rowcount)


def _mark(claimed: _Claimed, answer: Answer) -> None:
    values: dict[str, object] = {"last_error": answer.why}
    if answer.fate is Fate.SENT:
        values |= {"state": LetterState.SENT, "sent_at": now()}
    elif answer.fate is Fate.UNKNOWN:
        values |= {"state": LetterState.UNCERTAIN}
    elif answer.fate is Fate.LATER and claimed.attempts <= len(BACK_OFF):
        wait = BACK_OFF[claimed.attempts - 1]
        values |= {"state": LetterState.WAITING, "next_try_at": now() + wait, "handed_at": None}
    else:
        values |= {"state": LetterState.FAILED}
    with db.engine.begin() as connection:
        connection.execute(sa.update(_outbox).where(_ours(claimed)).values(**values))
    if answer.fate is not Fate.SENT:
        events.warning("not_sent", letter=claimed.id, why=answer.why, fate=answer.fate.value)


def clear_old() -> None:
    """Take the texts out of what was sent long ago, and in time whole letters."""
    old = sa.and_(_outbox.c.state == LetterState.SENT, _outbox.c.sent_at < now() - TEXT_KEPT)
    with db.engine.begin() as connection:
        connection.execute(sa.delete(_outbox).where(_outbox.c.created_at < now() - KEPT))
        connection.execute(
            sa.update(_outbox).where(old, _outbox.c.text != "").values(text="", html="")
        )


# what an administrator sees -----------------------------------------------------------------


@dataclass(frozen=True)
class Shown:
    """A letter in the list: whose, and how it went; never what it says."""

    id: int
    name: str
    address: str
    state: LetterState
    attempts: int
    created_at: datetime
    next_try_at: datetime
    sent_at: datetime | None
    why: str
    sendable: bool

    @property
    def open(self) -> bool:
        return self.state in (LetterState.WAITING, LetterState.UNCERTAIN, LetterState.FAILED)


@dataclass(frozen=True)
class Outbox:
    counts: dict[LetterState, int]
    letters: list[Shown]
    page: int
    pages: int
    shown: LetterState | None


def outbox(viewer: Viewer, *, state: LetterState | None = None, page: int = 1) -> Outbox:
    """How many letters there are in each state, and a page of them, the latest first."""
    require(viewer, Permission.MANAGE_USERS)
    counts = dict.fromkeys(LetterState, 0)
    counts.update(
        dict(
            db.session.execute(sa.select(_outbox.c.state, sa.func.count()).group_by("state")).all()
        )
    )
    size = counts[state] if state else sum(counts.values())
    pages = max(1, -(-size // PAGE))
    page = min(max(1, page), pages)
    wanted = sa.select(
        _outbox.c.id,
        sa.func.coalesce(User.name, ""),
        _outbox.c.to_address,
        _outbox.c.state,
        _outbox.c.attempts,
        _outbox.c.created_at,
        _outbox.c.next_try_at,
        _outbox.c.sent_at,
        _outbox.c.last_error,
        sa.and_(_outbox.c.text != "", _outbox.c.to_address != ""),
    ).outerjoin(User, User.id == _outbox.c.user_id)
    if state:
        wanted = wanted.where(_outbox.c.state == state)
    rows = db.session.execute(
        wanted.order_by(_outbox.c.id.desc()).limit(PAGE).offset((page - 1) * PAGE)
    )
    return Outbox(counts, [Shown(*row) for row in rows], page, pages, state)


def send_again(viewer: Viewer, letter_id: int) -> bool:
    """Let a letter be sent from the beginning, at once; whether it could be."""
    values = {"state": LetterState.WAITING, "attempts": 0, "next_try_at": now(), "last_error": ""}
    return _decide(viewer, letter_id, "mail.send_again", **values)


def give_up(viewer: Viewer, letter_id: int) -> bool:
    """Let a letter be sent no more; whether it could be stopped."""
    values = {"state": LetterState.FAILED, "last_error": "stopped"}
    return _decide(viewer, letter_id, "mail.give_up", **values)


def _decide(viewer: Viewer, letter_id: int, name: str, **values: object) -> bool:
    require(viewer, Permission.MANAGE_USERS)
    known = sa.select(_outbox.c.id).where(_outbox.c.id == letter_id)
    db.session.execute(known).one()
    open_ = (LetterState.WAITING, LetterState.UNCERTAIN, LetterState.FAILED)
    changed = db.session.connection().execute(
        sa.update(_outbox)
        .where(
            _outbox.c.id == letter_id,
            _outbox.c.state.in_(open_),
            _outbox.c.text != "",
            _outbox.c.to_address != "",
        )
        .values(claimed_at=None, handed_at=None, **values)
    )
    if changed.rowcount:
        log.record(name, "outbox_message", letter_id)
    db.session.commit()
    return bool(changed.rowcount)
