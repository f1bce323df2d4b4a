"""What was fetched from Kolada, or read from a file of it, and the names that Kolada uses."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from registry.db import Base, Locked, now, text_enum
from registry.words import Word
from registry.words import lazy as _l


class FetchState(Word):
    WAITING = "waiting", _l("Hämtas")
    READY = "ready", _l("Att gå igenom")
    NOTHING = "nothing", _l("Inget nytt")
    SAVED = "saved", _l("Sparat")
    DROPPED = "dropped", _l("Sparades inte")
    FAILED = "failed", _l("Misslyckades")


class EntryKind(Word):
    INDICATOR = "indicator", _l("Nyckeltal")
    MUNICIPALITY = "municipality", _l("Kommun eller region")
    GROUP = "group", _l("Grupp av kommuner")


class SourceFetch(Locked, Base):
    """What the source said of some metrics at a time, waiting for a person to confirm it.

    Kept is what was *said* (:class:`reading.Said` as JSON): what it changes is worked out each
    time it is shown, from the values that stand in the registry then.

    ``scheduled`` is the month (``2026-11``) or week (``2026-W48``) that the worker fetched for;
    being unique it lets two workers fetch once. ``origin`` is the name of the file, when it was
    one. ``outcome``: how many values and notes were saved, or, where nothing was to be saved, the
    ``problems`` as sentences.
    """

    __tablename__ = "source_fetch"

    id: Mapped[int] = mapped_column(primary_key=True)
    state: Mapped[FetchState] = mapped_column(text_enum(FetchState), default=FetchState.WAITING)
    started_at: Mapped[datetime] = mapped_column(default=now)
    ended_at: Mapped[datetime | None]
    created_by_id: Mapped[int | None] = mapped_column(
        sa.ForeignKey("user_account.id", ondelete="SET NULL")
    )
    scheduled: Mapped[str | None] = mapped_column(unique=True)
    origin: Mapped[str] = mapped_column(default="")
    error: Mapped[str] = mapped_column(default="")
    metric_ids: Mapped[list[int]] = mapped_column(sa.JSON, default=list)
    said: Mapped[dict[str, Any]] = mapped_column(default=dict, info={"audit": False})
    outcome: Mapped[dict[str, Any]] = mapped_column(default=dict)


class SourceEntry(Base):
    """How Kolada names a key figure, a municipality or a group; a copy, never a person's words.

    Of a key figure it is what somebody last confirmed, so that a changed description is noticed.
    """

    __tablename__ = "source_entry"

    code: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[EntryKind] = mapped_column(text_enum(EntryKind))
    title: Mapped[str]
    description: Mapped[str] = mapped_column(default="")
