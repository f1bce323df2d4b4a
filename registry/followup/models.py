"""What is written, decided and published of a round's follow-up."""

from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from registry.db import Base, Locked, now, text_enum
from registry.people.models import User
from registry.reporting.models import Round
from registry.words import Word
from registry.words import lazy as _l


class Assessed(Word):
    """How coordinator or domain lead judge a goal area, beside the figures."""

    ON_COURSE = "on_course", _l("I fas")
    PARTLY = "partly", _l("Delvis i fas")
    OFF_COURSE = "off_course", _l("Inte i fas")
    UNCLEAR = "unclear", _l("Går inte att bedöma")


class FollowUpText(Locked, Base):
    """Text, conclusion and judgement of one goal area in a round; without area, of the whole."""

    __tablename__ = "follow_up_text"
    __table_args__ = (
        sa.Index(
            "uq_follow_up_text_area", "round_id", sa.text("coalesce(area_id, 0)"), unique=True
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    round_id: Mapped[int] = mapped_column(sa.ForeignKey("reporting_round.id"))
    area_id: Mapped[int | None] = mapped_column(sa.ForeignKey("goal_area.id", ondelete="CASCADE"))
    text: Mapped[str] = mapped_column(default="")
    conclusion: Mapped[str] = mapped_column(default="")
    assessed: Mapped[Assessed | None] = mapped_column(text_enum(Assessed))
    saved_at: Mapped[datetime] = mapped_column(default=now, info={"audit": False})
    saved_by_id: Mapped[int | None] = mapped_column(
        sa.ForeignKey("user_account.id", ondelete="SET NULL")
    )

    saved_by: Mapped[User | None] = relationship()


class Decision(Locked, Base):
    """What the executive board decided on a round's follow-up."""

    __tablename__ = "follow_up_decision"

    id: Mapped[int] = mapped_column(primary_key=True)
    round_id: Mapped[int] = mapped_column(sa.ForeignKey("reporting_round.id"), unique=True)
    decided_by: Mapped[str]
    decided_on: Mapped[date]
    paragraph: Mapped[str]
    case_number: Mapped[str] = mapped_column(default="")
    text: Mapped[str]


class PublishedFollowUp(Base):
    """A follow-up as it was published; the database refuses every change.

    ``content`` holds all of it with its labels (:mod:`registry.followup.publishing`), and
    ``sha256`` is of that JSON, keys sorted. A correction is a new number.
    """

    __tablename__ = "published_follow_up"
    __table_args__ = (sa.UniqueConstraint("round_id", "number"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    round_id: Mapped[int] = mapped_column(sa.ForeignKey("reporting_round.id"))
    plan_id: Mapped[int] = mapped_column(sa.ForeignKey("plan.id"), index=True)
    number: Mapped[int]
    title: Mapped[str]
    published_at: Mapped[datetime] = mapped_column(default=now)
    published_by_name: Mapped[str] = mapped_column(default="", info={"audit": False})
    content: Mapped[dict[str, Any]] = mapped_column(info={"audit": False})
    sha256: Mapped[str]

    round: Mapped[Round] = relationship()
