"""Rounds, the boards' reports and what was frozen when they were submitted."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from registry.db import Base, Locked, now, text_enum
from registry.effects.models import NUMBER, EffectMetric
from registry.people.models import Board, User
from registry.plan.models import Measure, MeasureStatus, PlanVersion
from registry.words import Word
from registry.words import lazy as _l


class RoundState(Word):
    OPEN = "open", _l("Öppen")
    CLOSED = "closed", _l("Stängd")


class ReportState(Word):
    DRAFT = "draft", _l("Utkast")
    SUBMITTED = "submitted", _l("Inlämnad")
    RETURNED = "returned", _l("Återlämnad")
    ACCEPTED = "accepted", _l("Godkänd")


class ItemState(Word):
    NOT_STARTED = "not_started", _l("Inte påbörjad")
    DRAFT = "draft", _l("Utkast")
    READY = "ready", _l("Klar")


class DeviationReason(Word):
    RESOURCES = "resources", _l("Resurser")
    TIME = "time", _l("Tid")
    DEPENDENCY = "dependency", _l("Beroende av annan part")
    DECISION = "decision", _l("Beslut saknas eller har ändrats")
    EXTERNAL = "external", _l("Händelser i omvärlden")
    OTHER = "other", _l("Annat")


REMINDERS = (14, 3, -1, -7)


class Round(Locked, Base):
    """Återrapporteringsomgång: what period, which plan version, until when.

    ``closes_on`` is when the coordinator means to close it: a round closes by hand, never by
    itself. ``reminder_days`` are days before the last day, negative ones after it. From
    ``published_at``, when its follow-up was published, it is not opened again.
    """

    __tablename__ = "reporting_round"
    __table_args__ = (
        sa.UniqueConstraint("version_id", "title"),
        sa.CheckConstraint("due_on >= opens_on", name="due"),
        sa.CheckConstraint("(state = 'closed') = (closed_at IS NOT NULL)", name="closed"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    version_id: Mapped[int] = mapped_column(sa.ForeignKey("plan_version.id"))
    title: Mapped[str]
    period: Mapped[str]
    opens_on: Mapped[date]
    due_on: Mapped[date]
    closes_on: Mapped[date | None]
    reminder_days: Mapped[list[int]] = mapped_column(
        sa.JSON(), default=lambda: list(REMINDERS), server_default=str(list(REMINDERS))
    )
    state: Mapped[RoundState] = mapped_column(text_enum(RoundState), default=RoundState.OPEN)
    closed_at: Mapped[datetime | None]
    published_at: Mapped[datetime | None]

    version: Mapped[PlanVersion] = relationship()
    reports: Mapped[list["Report"]] = relationship(back_populates="round")


class RoundException(Locked, Base):
    """A board's own last day in a round, and why."""

    __tablename__ = "round_exception"
    __table_args__ = (sa.UniqueConstraint("round_id", "board_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    round_id: Mapped[int] = mapped_column(sa.ForeignKey("reporting_round.id"))
    board_id: Mapped[int] = mapped_column(sa.ForeignKey("board.id"))
    due_on: Mapped[date]
    reason: Mapped[str]

    board: Mapped[Board] = relationship()


class Report(Locked, Base):
    """Återrapport: board × round × revision. The highest revision is the current one.

    A returned report keeps its revision for good; the work goes on in a new one. ``board_name``
    and ``round_title`` are what they were called when the report was submitted.
    """

    __tablename__ = "report"
    __table_args__ = (
        sa.UniqueConstraint("round_id", "board_id", "revision"),
        sa.CheckConstraint("(state = 'draft') = (submitted_at IS NULL)", name="submitted"),
        sa.Index("ix_report_board", "board_id", "round_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    round_id: Mapped[int] = mapped_column(sa.ForeignKey("reporting_round.id"))
    board_id: Mapped[int] = mapped_column(sa.ForeignKey("board.id"))
    revision: Mapped[int] = mapped_column(default=1)
    current: Mapped[bool] = mapped_column(default=True)
    state: Mapped[ReportState] = mapped_column(text_enum(ReportState), default=ReportState.DRAFT)
    summary: Mapped[str] = mapped_column(default="")
    board_name: Mapped[str] = mapped_column(default="")
    round_title: Mapped[str] = mapped_column(default="")
    submitted_at: Mapped[datetime | None]
    submitted_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("user_account.id"))
    submitted_by_name: Mapped[str] = mapped_column(default="", info={"audit": False})
    decided_at: Mapped[datetime | None]
    decided_by_name: Mapped[str] = mapped_column(default="", info={"audit": False})
    decision_comment: Mapped[str] = mapped_column(default="")

    round: Mapped[Round] = relationship(back_populates="reports")
    board: Mapped[Board] = relationship()
    items: Mapped[list["ReportItem"]] = relationship(back_populates="report")


class ReportItem(Locked, Base):
    """What a board reports on one measure, while it is being written.

    ``entered`` keeps, word for word, what was written in a core field but could not be read
    (a draft may be saved without valid input); readable values are in the columns.

    ``handed_to_id`` is another board that shares the measure and has been asked to write this
    answer; when it is empty and ``handed_at`` is not, that board has handed it back, with
    ``handed_note``. The report stays its own board's, who alone submits it.
    """

    __tablename__ = "report_item"
    __table_args__ = (
        sa.UniqueConstraint("report_id", "measure_id"),
        sa.Index("ix_report_item_state", "report_id", "state", "status"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    report_id: Mapped[int] = mapped_column(sa.ForeignKey("report.id", ondelete="CASCADE"))
    measure_id: Mapped[int] = mapped_column(sa.ForeignKey("measure.id"), index=True)
    state: Mapped[ItemState] = mapped_column(text_enum(ItemState), default=ItemState.NOT_STARTED)
    status: Mapped[MeasureStatus | None] = mapped_column(text_enum(MeasureStatus))
    done: Mapped[str] = mapped_column(default="")
    deviation: Mapped[str] = mapped_column(default="")
    deviation_reason: Mapped[DeviationReason | None] = mapped_column(text_enum(DeviationReason))
    entered: Mapped[dict[str, Any]] = mapped_column(default=dict)
    saved_at: Mapped[datetime | None]
    saved_by_id: Mapped[int | None] = mapped_column(
        sa.ForeignKey("user_account.id", ondelete="SET NULL")
    )
    handed_to_id: Mapped[int | None] = mapped_column(sa.ForeignKey("board.id"), index=True)
    handed_at: Mapped[datetime | None]
    handed_by_id: Mapped[int | None] = mapped_column(
        sa.ForeignKey("user_account.id", ondelete="SET NULL")
    )
    handed_note: Mapped[str] = mapped_column(default="", server_default="")

    report: Mapped[Report] = relationship(back_populates="items")
    measure: Mapped[Measure] = relationship()
    saved_by: Mapped[User | None] = relationship(foreign_keys=[saved_by_id])
    handed_to: Mapped[Board | None] = relationship()
    handed_by: Mapped[User | None] = relationship(foreign_keys=[handed_by_id])
    values: Mapped[list["ItemValue"]] = relationship(
        back_populates="item", cascade="all, delete-orphan"
    )


class ItemValue(Base):
    """An effect value in a report being written; ``not_measured`` says so outright."""

    __tablename__ = "item_value"
    __table_args__ = (
        sa.UniqueConstraint("item_id", "metric_id"),
        sa.CheckConstraint("NOT (not_measured AND value IS NOT NULL)", name="one_answer"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    item_id: Mapped[int] = mapped_column(sa.ForeignKey("report_item.id", ondelete="CASCADE"))
    metric_id: Mapped[int] = mapped_column(sa.ForeignKey("effect_metric.id"), index=True)
    value: Mapped[Decimal | None] = mapped_column(NUMBER)
    not_measured: Mapped[bool] = mapped_column(default=False)

    item: Mapped[ReportItem] = relationship(back_populates="values")
    metric: Mapped[EffectMetric] = relationship()


class ItemComment(Base):
    """What coordinator, domain lead and board say to each other on a report, or on one measure of
    it (``measure_id``). It belongs to board × round, so it outlives a revision; it is no part of
    what is submitted, and is never exported."""

    __tablename__ = "item_comment"
    __table_args__ = (sa.Index("ix_item_comment_report", "round_id", "board_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    round_id: Mapped[int] = mapped_column(sa.ForeignKey("reporting_round.id"))
    board_id: Mapped[int] = mapped_column(sa.ForeignKey("board.id"))
    measure_id: Mapped[int | None] = mapped_column(sa.ForeignKey("measure.id"))
    text: Mapped[str]
    author_id: Mapped[int | None] = mapped_column(
        sa.ForeignKey("user_account.id", ondelete="SET NULL")
    )
    written_at: Mapped[datetime] = mapped_column(default=now)
    resolved_at: Mapped[datetime | None]
    resolved_by_id: Mapped[int | None] = mapped_column(
        sa.ForeignKey("user_account.id", ondelete="SET NULL")
    )

    round: Mapped[Round] = relationship()


class MeasureNote(Locked, Base):
    """A board's dated note on a measure, made during the year for when it is to be reported on."""

    __tablename__ = "measure_note"
    __table_args__ = (sa.Index("ix_measure_note_measure", "measure_id", "board_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    board_id: Mapped[int] = mapped_column(sa.ForeignKey("board.id"))
    measure_id: Mapped[int] = mapped_column(sa.ForeignKey("measure.id", ondelete="CASCADE"))
    noted_on: Mapped[date]
    text: Mapped[str]
    author_id: Mapped[int | None] = mapped_column(
        sa.ForeignKey("user_account.id", ondelete="SET NULL")
    )
    written_at: Mapped[datetime] = mapped_column(default=now)

    board: Mapped[Board] = relationship()
    measure: Mapped[Measure] = relationship()
    author: Mapped[User | None] = relationship()


class FrozenItem(Base):
    """One measure of a submitted report, as it was; the database refuses every change."""

    __tablename__ = "frozen_item"
    __table_args__ = (
        sa.UniqueConstraint("report_id", "measure_id"),
        sa.Index("ix_frozen_item_status", "report_id", "status"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    report_id: Mapped[int] = mapped_column(sa.ForeignKey("report.id"))
    measure_id: Mapped[int] = mapped_column(sa.ForeignKey("measure.id"), index=True)
    position: Mapped[int]
    measure_number: Mapped[str]
    measure_title: Mapped[str]
    area_title: Mapped[str]
    subgoal_title: Mapped[str]
    status: Mapped[MeasureStatus] = mapped_column(text_enum(MeasureStatus))
    completed_by: Mapped[str] = mapped_column(default="")
    completed_at: Mapped[datetime | None]
    unchecked_by: Mapped[str] = mapped_column(default="")

    values: Mapped[list["FrozenValue"]] = relationship(
        back_populates="item", order_by="FrozenValue.position"
    )


class FrozenValue(Base):
    """One answer of a submitted report: its label, its value and how it read.

    ``section`` is ``core``, ``metric``, ``domain`` or ``attachment``; ``domain_title`` keeps the
    domain's name, so that the row is readable when the domain is gone. ``value`` is the JSON
    value, ``text`` what a person reads; both are empty when no answer was given, and when it was
    secret: then ``secrecy`` names the ground, and the answer lies sealed under the frozen item.
    """

    __tablename__ = "frozen_value"

    id: Mapped[int] = mapped_column(primary_key=True)
    item_id: Mapped[int] = mapped_column(sa.ForeignKey("frozen_item.id"), index=True)
    position: Mapped[int]
    section: Mapped[str]
    domain: Mapped[str | None]
    domain_title: Mapped[str] = mapped_column(default="")
    name: Mapped[str]
    label: Mapped[str]
    kind: Mapped[str]
    unit: Mapped[str] = mapped_column(default="")
    value: Mapped[Any | None] = mapped_column(sa.JSON(none_as_null=True))
    text: Mapped[str] = mapped_column(default="")
    secrecy: Mapped[str | None]
    data_version: Mapped[int | None]  # the domain's, when it was answered

    item: Mapped[FrozenItem] = relationship(back_populates="values")


class Outcome(Base):
    """What the boards together have reported on a measure in a round.

    One row per measure from the round's opening; ``status`` is empty until a responsible board
    has submitted. Kept at every submission so that the follow-up counts without reading reports.
    """

    __tablename__ = "outcome"
    __table_args__ = (sa.Index("ix_outcome_area", "round_id", "area_id", "status"),)

    round_id: Mapped[int] = mapped_column(sa.ForeignKey("reporting_round.id"), primary_key=True)
    measure_id: Mapped[int] = mapped_column(sa.ForeignKey("measure.id"), primary_key=True)
    area_id: Mapped[int] = mapped_column(sa.ForeignKey("goal_area.id"))
    status: Mapped[MeasureStatus | None] = mapped_column(text_enum(MeasureStatus))
    changed_at: Mapped[datetime] = mapped_column(default=now)
