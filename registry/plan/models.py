"""Plans with versions, goals, measures and who is responsible for them."""

from datetime import date, datetime
from uuid import uuid4

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from registry.db import Base, Locked, now, text_enum
from registry.people.models import Board
from registry.words import Word
from registry.words import lazy as _l


class VersionState(Word):
    DRAFT = "draft", _l("Utkast")
    PUBLISHED = "published", _l("Publicerad")
    REPLACED = "replaced", _l("Ersatt")


class MeasureKind(Word):
    ONE_OFF = "one_off", _l("Avgränsad i tid")
    RECURRING = "recurring", _l("Återkommande")


class MeasureStatus(Word):
    """Where a measure stands; the plan and the boards' reports use the same words."""

    PLANNED = "planned", _l("Planerad")
    ONGOING = "ongoing", _l("Pågår")
    DELAYED = "delayed", _l("Försenad")
    DONE = "done", _l("Genomförd")
    STOPPED = "stopped", _l("Avslutad i förtid")


class ActivityState(Word):
    ONGOING = "ongoing", _l("Pågår")
    PLANNED = "planned", _l("Planerad")


class Share(Word):
    LEAD = "lead", _l("Huvudansvarig")
    SHARED = "shared", _l("Medansvarig")


def dates_in_order(first: str, last: str) -> sa.CheckConstraint:
    return sa.CheckConstraint(
        f"{last} IS NULL OR {first} IS NULL OR {last} >= {first}", name=f"{first}_{last}"
    )


class Plan(Base):
    """An action plan through all its versions."""

    __tablename__ = "plan"

    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str] = mapped_column(unique=True)
    created_at: Mapped[datetime] = mapped_column(default=now)

    versions: Mapped[list["PlanVersion"]] = relationship(
        back_populates="plan", order_by="PlanVersion.number"
    )


class PlanVersion(Locked, Base):
    """What was decided at one time. At most one version of a plan is published."""

    __tablename__ = "plan_version"
    __table_args__ = (
        sa.UniqueConstraint("plan_id", "number"),
        dates_in_order("valid_from", "valid_to"),
        sa.Index(
            "uq_plan_version_published",
            "plan_id",
            unique=True,
            sqlite_where=sa.text("state = 'published'"),
            postgresql_where=sa.text("state = 'published'"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    plan_id: Mapped[int] = mapped_column(sa.ForeignKey("plan.id"))
    number: Mapped[int] = mapped_column(default=1)
    state: Mapped[VersionState] = mapped_column(text_enum(VersionState), default=VersionState.DRAFT)
    purpose: Mapped[str] = mapped_column(default="")
    scope: Mapped[str] = mapped_column(default="")
    valid_from: Mapped[date | None]
    valid_to: Mapped[date | None]
    policy: Mapped[str] = mapped_column(default="")
    case_number: Mapped[str] = mapped_column(default="")
    decided_by: Mapped[str] = mapped_column(default="")
    decided_on: Mapped[date | None]
    published_at: Mapped[datetime | None]

    plan: Mapped[Plan] = relationship(back_populates="versions")
    groups: Mapped[list["GoalGroup"]] = relationship(
        back_populates="version", order_by="GoalGroup.position, GoalGroup.id"
    )


class GoalGroup(Locked, Base):
    """Huvudområde: ökad trygghet, ökad säkerhet."""

    __tablename__ = "goal_group"
    __table_args__ = (sa.UniqueConstraint("version_id", "title"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    version_id: Mapped[int] = mapped_column(sa.ForeignKey("plan_version.id"))
    title: Mapped[str]
    position: Mapped[int] = mapped_column(default=0)

    version: Mapped[PlanVersion] = relationship(back_populates="groups")
    areas: Mapped[list["GoalArea"]] = relationship(
        back_populates="group", order_by="GoalArea.position, GoalArea.id"
    )


class GoalArea(Locked, Base):
    """Målområde. ``goal`` may be empty; ``domain`` names the plugin whose area this is."""

    __tablename__ = "goal_area"
    __table_args__ = (
        sa.UniqueConstraint("version_id", "number"),
        sa.UniqueConstraint("version_id", "title"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    version_id: Mapped[int] = mapped_column(sa.ForeignKey("plan_version.id"))
    group_id: Mapped[int] = mapped_column(sa.ForeignKey("goal_group.id"), index=True)
    number: Mapped[str]
    title: Mapped[str]
    goal: Mapped[str | None]
    domain: Mapped[str | None]
    position: Mapped[int] = mapped_column(default=0)

    group: Mapped[GoalGroup] = relationship(back_populates="areas")
    subgoals: Mapped[list["SubGoal"]] = relationship(
        back_populates="area", order_by="SubGoal.position, SubGoal.id"
    )


class SubGoal(Locked, Base):
    """Delmål: a goal within an area; measures hang here."""

    __tablename__ = "sub_goal"
    __table_args__ = (sa.UniqueConstraint("area_id", "title"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    version_id: Mapped[int] = mapped_column(sa.ForeignKey("plan_version.id"))
    area_id: Mapped[int] = mapped_column(sa.ForeignKey("goal_area.id"), index=True)
    title: Mapped[str]
    description: Mapped[str] = mapped_column(default="")
    position: Mapped[int] = mapped_column(default=0)

    area: Mapped[GoalArea] = relationship(back_populates="subgoals")
    measures: Mapped[list["Measure"]] = relationship(
        back_populates="subgoal", order_by="Measure.position, Measure.id"
    )


measure_complement = sa.Table(
    "measure_complement",
    Base.metadata,
    sa.Column("measure_id", sa.ForeignKey("measure.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("area_id", sa.ForeignKey("goal_area.id", ondelete="CASCADE"), primary_key=True),
)


def new_identity() -> str:
    return uuid4().hex


class Measure(Locked, Base):
    """Åtgärd. ``identity`` stays the same through all versions of the plan.

    ``plan_order`` sorts the measures of a version as the plan is read (kept by
    ``plan.service.renumber``); ``search_text`` is what text search looks in, in lower case.
    ``area_id`` repeats the sub-goal's area so that lists filter without a join.
    """

    __tablename__ = "measure"
    __table_args__ = (
        sa.UniqueConstraint("version_id", "number"),
        sa.UniqueConstraint("version_id", "identity"),
        dates_in_order("starts_on", "ends_on"),
        sa.Index("ix_measure_version_order", "version_id", "plan_order"),
        sa.Index("ix_measure_version_area", "version_id", "area_id", "status"),
        sa.Index("ix_measure_version_status", "version_id", "status", "plan_order"),
        sa.Index("ix_measure_version_title", "version_id", "title"),
        sa.Index("ix_measure_version_end", "version_id", "ends_on"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    version_id: Mapped[int] = mapped_column(sa.ForeignKey("plan_version.id"))
    area_id: Mapped[int] = mapped_column(sa.ForeignKey("goal_area.id"), index=True)
    subgoal_id: Mapped[int] = mapped_column(sa.ForeignKey("sub_goal.id"), index=True)
    identity: Mapped[str] = mapped_column(sa.String(32), default=new_identity)
    number: Mapped[str]
    title: Mapped[str]
    description: Mapped[str] = mapped_column(default="")
    kind: Mapped[MeasureKind] = mapped_column(text_enum(MeasureKind), default=MeasureKind.ONE_OFF)
    status: Mapped[MeasureStatus] = mapped_column(
        text_enum(MeasureStatus), default=MeasureStatus.PLANNED
    )
    starts_on: Mapped[date | None]
    ends_on: Mapped[date | None]
    source: Mapped[str] = mapped_column(default="")
    position: Mapped[int] = mapped_column(default=0)
    plan_order: Mapped[str] = mapped_column(default="", info={"audit": False})
    search_text: Mapped[str] = mapped_column(default="", info={"audit": False})

    subgoal: Mapped[SubGoal] = relationship(back_populates="measures")
    area: Mapped[GoalArea] = relationship(foreign_keys=[area_id])
    responsibilities: Mapped[list["Responsibility"]] = relationship(
        back_populates="measure",
        cascade="all, delete-orphan",
        order_by="Responsibility.share, Responsibility.id",
    )
    partners: Mapped[list["Partner"]] = relationship(
        back_populates="measure", cascade="all, delete-orphan", order_by="Partner.id"
    )
    activities: Mapped[list["Activity"]] = relationship(
        back_populates="measure",
        cascade="all, delete-orphan",
        order_by="Activity.position, Activity.id",
    )
    complements: Mapped[list[GoalArea]] = relationship(
        secondary=measure_complement, order_by=GoalArea.position
    )


class Activity(Locked, Base):
    """Aktivitet: a concrete initiative within a measure, ongoing or planned."""

    __tablename__ = "activity"
    __table_args__ = (dates_in_order("starts_on", "ends_on"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    measure_id: Mapped[int] = mapped_column(
        sa.ForeignKey("measure.id", ondelete="CASCADE"), index=True
    )
    title: Mapped[str]
    state: Mapped[ActivityState] = mapped_column(text_enum(ActivityState))
    starts_on: Mapped[date | None]
    ends_on: Mapped[date | None]
    position: Mapped[int] = mapped_column(default=0)

    measure: Mapped[Measure] = relationship(back_populates="activities")


class Responsibility(Base):
    """Ansvar: a board's part in a measure. A measure has at most one lead."""

    __tablename__ = "responsibility"
    __table_args__ = (
        sa.UniqueConstraint("measure_id", "board_id"),
        sa.Index("ix_responsibility_board", "board_id", "measure_id"),
        sa.Index(
            "uq_responsibility_lead",
            "measure_id",
            unique=True,
            sqlite_where=sa.text("share = 'lead'"),
            postgresql_where=sa.text("share = 'lead'"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    measure_id: Mapped[int] = mapped_column(sa.ForeignKey("measure.id", ondelete="CASCADE"))
    board_id: Mapped[int] = mapped_column(sa.ForeignKey("board.id"))
    share: Mapped[Share] = mapped_column(text_enum(Share), default=Share.SHARED)

    measure: Mapped[Measure] = relationship(back_populates="responsibilities")
    board: Mapped[Board] = relationship()


class Partner(Base):
    """An external partner, by name: police, property owners, associations. Never a user."""

    __tablename__ = "partner"
    __table_args__ = (sa.UniqueConstraint("measure_id", "name"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    measure_id: Mapped[int] = mapped_column(sa.ForeignKey("measure.id", ondelete="CASCADE"))
    name: Mapped[str]

    measure: Mapped[Measure] = relationship(back_populates="partners")
