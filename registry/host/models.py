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
    FROZEN_ITEM = "frozen_item", _l("Inlämnad återrapport")


class PluginState(Base):
    """Whether a plugin is switched on, and what has gone wrong in it."""

    __tablename__ = "plugin_state"

    name: Mapped[str] = mapped_column(primary_key=True)
    enabled: Mapped[bool] = mapped_column(default=False)
    strikes: Mapped[int] = mapped_column(default=0)
    last_fault: Mapped[str] = mapped_column(default="")
    last_fault_at: Mapped[datetime | None]
    changed_at: Mapped[datetime] = mapped_column(default=now)


class PluginApproval(Base):
    """That a plugin's files, just as they were, may be imported. Rows are added, never changed.

    ``files`` is path → SHA-256, so that a later version can be compared file by file.
    """

    __tablename__ = "plugin_approval"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(index=True)
    version: Mapped[str]
    owner: Mapped[str]
    digest: Mapped[str]
    files: Mapped[dict[str, Any]] = mapped_column(info={"audit": False})
    approved_by: Mapped[str] = mapped_column(info={"audit": False})
    approved_at: Mapped[datetime] = mapped_column(default=now)


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


class SealedData(Base):
    """A secret answer: encrypted, and bound to its plugin, field and subject.

    Beside the box stands what a person may know without opening it: that there is an answer, to
    which question, on which ground it is withheld, and whether it could be read as a value.
    See :mod:`registry.host.vault`.
    """

    __tablename__ = "sealed_data"
    __table_args__ = (sa.Index("ix_sealed_data_subject", "subject_kind", "subject_id"),)

    plugin: Mapped[str] = mapped_column(primary_key=True)
    subject_kind: Mapped[SubjectKind] = mapped_column(text_enum(SubjectKind), primary_key=True)
    subject_id: Mapped[int] = mapped_column(primary_key=True)
    field: Mapped[str] = mapped_column(primary_key=True)
    label: Mapped[str]
    kind: Mapped[str]
    ground: Mapped[str]
    readable: Mapped[bool] = mapped_column(default=True)
    key_id: Mapped[str] = mapped_column(index=True, info={"audit": False})
    box: Mapped[bytes] = mapped_column(sa.LargeBinary, info={"audit": False})
    saved_at: Mapped[datetime] = mapped_column(default=now)


class Generation(Base):
    """One number; raised in the same transaction as every change of plugin state."""

    __tablename__ = "generation"
    __table_args__ = (sa.CheckConstraint("id = 1", name="one_row"),)

    id: Mapped[int] = mapped_column(primary_key=True, default=1)
    number: Mapped[int] = mapped_column(default=0)
