"""Jobs, what they produced, and when a worker was last heard of."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from registry.db import Base, now, text_enum
from registry.words import Word
from registry.words import lazy as _l


class JobState(Word):
    WAITING = "waiting", _l("Väntar")
    RUNNING = "running", _l("Pågår")
    DONE = "done", _l("Färdigt")
    FAILED = "failed", _l("Misslyckades")
    CANCELLED = "cancelled", _l("Avbrutet")


ENDED = frozenset({JobState.DONE, JobState.FAILED, JobState.CANCELLED})


class Job(Base):
    """A piece of work for the worker, asked for by a person.

    The row is the truth; the queue only says that there is one. ``beat_at`` moves while a worker
    is at it, so that what a worker died in is taken up by another. ``grants`` is what the person
    might do when asking: the product is handed out only to somebody who may do the same.
    """

    __tablename__ = "job"
    __table_args__ = (
        sa.Index("ix_job_owner", "created_by_id", "created_at"),
        sa.Index("ix_job_state", "state", "created_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]
    title: Mapped[str]
    params: Mapped[dict[str, Any]] = mapped_column(default=dict)
    language: Mapped[str] = mapped_column(default="sv")
    state: Mapped[JobState] = mapped_column(text_enum(JobState), default=JobState.WAITING)
    step: Mapped[str] = mapped_column(default="")
    done: Mapped[int] = mapped_column(default=0)
    total: Mapped[int] = mapped_column(default=0)
    attempts: Mapped[int] = mapped_column(default=0)
    cancel_asked: Mapped[bool] = mapped_column(default=False)
    error: Mapped[str] = mapped_column(default="")
    product_name: Mapped[str] = mapped_column(default="")
    product_type: Mapped[str] = mapped_column(default="")
    product_page: Mapped[str] = mapped_column(default="")
    grants: Mapped[str] = mapped_column(default="")
    created_by_id: Mapped[int | None] = mapped_column(
        sa.ForeignKey("user_account.id", ondelete="CASCADE")
    )
    created_at: Mapped[datetime] = mapped_column(default=now)
    started_at: Mapped[datetime | None]
    beat_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]

    @property
    def ended(self) -> bool:
        return self.state in ENDED

    @property
    def percent(self) -> int:
        return min(100, 100 * self.done // self.total) if self.total else 0


class JobProduct(Base):
    """The file that a job made; it goes when the job does."""

    __tablename__ = "job_product"

    job_id: Mapped[int] = mapped_column(
        sa.ForeignKey("job.id", ondelete="CASCADE"), primary_key=True
    )
    content: Mapped[bytes] = mapped_column(sa.LargeBinary)


class WorkerBeat(Base):
    """When a worker last looked for work."""

    __tablename__ = "worker_beat"

    name: Mapped[str] = mapped_column(primary_key=True)
    seen_at: Mapped[datetime]
