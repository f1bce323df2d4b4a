"""Mail that waits or is sent, alerts, what a person has turned off, notices and who got them."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from registry.db import Base, now, text_enum
from registry.words import Word
from registry.words import lazy as _l


class LetterState(Word):
    WAITING = "waiting", _l("Väntar")
    SENDING = "sending", _l("Skickas")
    SENT = "sent", _l("Skickat")
    UNCERTAIN = "uncertain", _l("Oviss")
    FAILED = "failed", _l("Misslyckades")


class Topic(Word):
    """What an alert is about; a person may turn the mail about each of them off."""

    NEW_ROUND = "new_round", _l("En ny omgång har öppnat")
    REMINDER = "reminder", _l("Påminnelse om sista dag")
    RETURNED = "returned", _l("En återrapport är återlämnad")
    ACCEPTED = "accepted", _l("En återrapport är godkänd")
    SUBMITTED = "submitted", _l("En nämnd har lämnat in")
    COMMENT = "comment", _l("Ny kommentar")
    VALUE_DUE = "value_due", _l("Dags att mäta")
    CLOCK = "clock", _l("En lagstadgad tidsfrist närmar sig")
    NOTICE = "notice", _l("Utskick från kommunledningskontoret")
    JOB = "job", _l("Ett arbete är klart")


class OutboxMessage(Base):
    """A mail to one person.

    ``key`` is what makes it one: a second with the same key is not written. ``claimed_at`` is when
    a worker took it up, ``handed_at`` when that worker began to hand its text over: from then on
    only the server's answer tells whether it was sent. ``last_error`` is a code, without names.
    """

    __tablename__ = "outbox_message"
    __table_args__ = (sa.Index("ix_outbox_message_state", "state", "next_try_at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(unique=True)
    user_id: Mapped[int | None] = mapped_column(
        sa.ForeignKey("user_account.id", ondelete="SET NULL"), index=True
    )
    to_address: Mapped[str] = mapped_column(info={"audit": "masked"})
    subject: Mapped[str]
    text: Mapped[str]
    html: Mapped[str]
    message_id: Mapped[str]
    state: Mapped[LetterState] = mapped_column(text_enum(LetterState), default=LetterState.WAITING)
    attempts: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime] = mapped_column(default=now)
    next_try_at: Mapped[datetime] = mapped_column(default=now)
    claimed_at: Mapped[datetime | None]
    handed_at: Mapped[datetime | None]
    sent_at: Mapped[datetime | None]
    last_error: Mapped[str] = mapped_column(default="")


class Alert(Base):
    """One thing that one person is told, with the page it is about.

    ``subject`` is a sentence of names and days, never anybody's answer or a secret. The same
    ``key`` is told to a person once.
    """

    __tablename__ = "alert"
    __table_args__ = (
        sa.UniqueConstraint("user_id", "key"),
        sa.Index("ix_alert_created_at", "created_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(sa.ForeignKey("user_account.id", ondelete="CASCADE"))
    key: Mapped[str]
    topic: Mapped[Topic] = mapped_column(text_enum(Topic))
    subject: Mapped[str]
    path: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(default=now)
    read_at: Mapped[datetime | None]
    mailed_at: Mapped[datetime | None]
    letter_id: Mapped[int | None] = mapped_column(
        sa.ForeignKey("outbox_message.id", ondelete="SET NULL"), index=True
    )


EVERY_TOPIC = "*"


class MutedTopic(Base):
    """A topic that a person does not want mail about; ``*`` is every one, also those to come."""

    __tablename__ = "muted_topic"

    user_id: Mapped[int] = mapped_column(
        sa.ForeignKey("user_account.id", ondelete="CASCADE"), primary_key=True
    )
    topic: Mapped[str] = mapped_column(primary_key=True)


class Notice(Base):
    """A text that a coordinator has sent to boards. It is never changed.

    ``key`` comes with the form, so that a form sent twice is one notice.
    """

    __tablename__ = "notice"

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(unique=True, info={"audit": False})
    title: Mapped[str]
    body: Mapped[str]
    sent_at: Mapped[datetime] = mapped_column(default=now)
    sent_by_id: Mapped[int | None] = mapped_column(
        sa.ForeignKey("user_account.id", ondelete="SET NULL")
    )
    sent_by_name: Mapped[str] = mapped_column(info={"audit": "masked"})


class NoticeBoard(Base):
    """A board that a notice was sent to, as it was called then."""

    __tablename__ = "notice_board"

    notice_id: Mapped[int] = mapped_column(
        sa.ForeignKey("notice.id", ondelete="CASCADE"), primary_key=True
    )
    board_id: Mapped[int] = mapped_column(sa.ForeignKey("board.id"), primary_key=True)
    board_name: Mapped[str]


class NoticeReceipt(Base):
    """That a person was told of a notice, for which boards, and when they read it."""

    __tablename__ = "notice_receipt"
    __table_args__ = (sa.UniqueConstraint("notice_id", "user_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    notice_id: Mapped[int] = mapped_column(sa.ForeignKey("notice.id", ondelete="CASCADE"))
    user_id: Mapped[int | None] = mapped_column(
        sa.ForeignKey("user_account.id", ondelete="SET NULL"), index=True
    )
    name: Mapped[str] = mapped_column(info={"audit": "masked"})
    board_names: Mapped[str]
    told_at: Mapped[datetime] = mapped_column(default=now)
    read_at: Mapped[datetime | None]
