"""Where a board has taken a measure into its own plan, and what the measure costs it, per year."""

from datetime import date
from decimal import Decimal

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from registry.db import Base, Locked, text_enum
from registry.people.models import Board
from registry.plan.models import Measure
from registry.words import Word
from registry.words import lazy as _l

KRONOR = sa.Numeric(18, 2)
EQUIVALENTS = sa.Numeric(9, 2)


class EntryState(Word):
    """What a board says of a measure; that nothing is said yet is no row."""

    TAKEN_IN = "taken_in", _l("Intagen")
    UNDER_WAY = "under_way", _l("På väg in")
    NOT_TAKEN_IN = "not_taken_in", _l("Tas inte in")


COUNTED = (EntryState.TAKEN_IN, EntryState.UNDER_WAY)


class BusinessPlanEntry(Locked, Base):
    """A measure in a board's verksamhetsplan or a company's affärsplan of one year.

    ``reference`` says where in it, ``paragraph`` and ``decided_on`` which decision; ``reason`` why
    a measure is left out.
    """

    __tablename__ = "business_plan_entry"
    __table_args__ = (
        sa.UniqueConstraint("measure_id", "board_id", "year"),
        sa.CheckConstraint("state <> 'taken_in' OR reference <> ''", name="taken_in_where"),
        sa.CheckConstraint("state <> 'not_taken_in' OR reason <> ''", name="left_out_why"),
        sa.Index("ix_business_plan_entry_board", "board_id", "year"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    measure_id: Mapped[int] = mapped_column(sa.ForeignKey("measure.id", ondelete="CASCADE"))
    board_id: Mapped[int] = mapped_column(sa.ForeignKey("board.id"))
    year: Mapped[int]
    state: Mapped[EntryState] = mapped_column(text_enum(EntryState))
    reference: Mapped[str] = mapped_column(default="")
    paragraph: Mapped[str] = mapped_column(default="")
    decided_on: Mapped[date | None]
    reason: Mapped[str] = mapped_column(default="")

    measure: Mapped[Measure] = relationship()
    board: Mapped[Board] = relationship()


class MeasureCost(Locked, Base):
    """What a measure costs a board in one year. ``None`` is not stated, never 0.

    Money in kronor; work in full-time equivalents (årsarbetskrafter).
    """

    __tablename__ = "measure_cost"
    __table_args__ = (
        sa.UniqueConstraint("measure_id", "board_id", "year"),
        sa.CheckConstraint(
            "planned_kr >= 0 AND actual_kr >= 0 AND planned_fte >= 0 AND actual_fte >= 0",
            name="not_negative",
        ),
        sa.Index("ix_measure_cost_board", "board_id", "year"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    measure_id: Mapped[int] = mapped_column(sa.ForeignKey("measure.id", ondelete="CASCADE"))
    board_id: Mapped[int] = mapped_column(sa.ForeignKey("board.id"))
    year: Mapped[int]
    planned_kr: Mapped[Decimal | None] = mapped_column(KRONOR)
    actual_kr: Mapped[Decimal | None] = mapped_column(KRONOR)
    planned_fte: Mapped[Decimal | None] = mapped_column(EQUIVALENTS)
    actual_fte: Mapped[Decimal | None] = mapped_column(EQUIVALENTS)
    note: Mapped[str] = mapped_column(default="")

    measure: Mapped[Measure] = relationship()
    board: Mapped[Board] = relationship()
