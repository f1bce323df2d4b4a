"""What the host keeps: the state of each plugin, domain data, the generation number."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from registry.db import Base, now, text_enum
from registry.words import Word
from registry.words import lazy as _l


class SubjectKind(Word):
    MEASURE = "measure", _l("Åtgärd")
    REPORT_ITEM = "report_item", _l("Återrapport")


class PluginState(Base):
    """Whether a plugin is switched on, and what has gone wrong in it."""

    __tablename__ = "plugin_state"

    name: Mapped[str] = mapped_column(primary_key=True)
    enabled: Mapped[bool] = mapped_column(default=False)
    strikes: Mapped[int] = mapped_column(default=0)
    last_fault: Mapped[str] = mapped_column(default="")
    last_fault_at: Mapped[datetime | None]
    changed_at: Mapped[datetime] = mapped_column(default=now)


class DomainData(Base):
    """A domain's values on one subject: a row of its own, which outlives the plugin.

    ``data`` holds what was read, as JSON; ``entered`` what was written but could not be read yet
    (drafts); ``labels`` name → label and field type at the time of saving.
    """

    __tablename__ = "domain_data"
    __table_args__ = (sa.Index("ix_domain_data_subject", "subject_kind", "subject_id"),)

    plugin: Mapped[str] = mapped_column(primary_key=True)
    subject_kind: Mapped[SubjectKind] = mapped_column(text_enum(SubjectKind), primary_key=True)
    subject_id: Mapped[int] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(default=1)
    data: Mapped[dict[str, Any]] = mapped_column(default=dict)
    entered: Mapped[dict[str, Any]] = mapped_column(default=dict)
    labels: Mapped[dict[str, Any]] = mapped_column(default=dict)
    saved_at: Mapped[datetime] = mapped_column(default=now, onupdate=now)


class Generation(Base):
    """One number; raised in the same transaction as every change of plugin state."""

    __tablename__ = "generation"
    __table_args__ = (sa.CheckConstraint("id = 1", name="one_row"),)

    id: Mapped[int] = mapped_column(primary_key=True, default=1)
    number: Mapped[int] = mapped_column(default=0)
