"""How effects are measured: methods, metrics with targets, values for periods."""

from datetime import date, datetime
from decimal import Decimal

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from registry.attachments.models import Attachment
from registry.db import Base, Locked, now, text_enum
from registry.people.models import Board
from registry.plan.models import Measure
from registry.words import Word
from registry.words import lazy as _l

NUMBER = sa.Numeric(18, 4)


class MethodKind(Word):
    STATISTICS = "statistics", _l("Statistik")
    SURVEY = "survey", _l("Enkät eller undersökning")
    BEFORE_AFTER = "before_after", _l("Före- och eftermätning")
    COMPARISON = "comparison", _l("Jämförelse")
    OWN_COUNT = "own_count", _l("Egen räkning")
    QUALITATIVE = "qualitative", _l("Kvalitativ bedömning")
    NONE_YET = "none_yet", _l("Ingen metod ännu")


class Better(Word):
    """Which way is good. An ambiguous change is never coloured good or bad."""

    HIGHER = "higher", _l("Högre är bättre")
    LOWER = "lower", _l("Lägre är bättre")
    AMBIGUOUS = "ambiguous", _l("Kan tolkas åt båda håll")


class Operator(Word):
    AT_LEAST = ">=", _l("minst")
    AT_MOST = "<=", _l("högst")
    EQUAL = "=", _l("lika med")
    MORE = ">", _l("mer än")
    LESS = "<", _l("mindre än")


class ValueStatus(Word):
    FINAL = "final", _l("Slutligt")
    PRELIMINARY = "preliminary", _l("Preliminärt")
    MISSING = "missing", _l("Inte mätt")


class Frequency(Word):
    """How often a metric gets a new value."""

    MONTHLY = "monthly", _l("Varje månad")
    TERTIAL = "tertial", _l("Varje tertial")
    YEARLY = "yearly", _l("Varje år")
    EVERY_OTHER_YEAR = "every_other_year", _l("Vartannat år")
    OTHER = "other", _l("Annat")


class ComparisonKind(Word):
    MUNICIPALITY = "municipality", _l("Kommun")
    GROUP = "group", _l("Grupp av kommuner")


class Gender(Word):
    TOTAL = "total", _l("Alla")
    WOMEN = "women", _l("Kvinnor")
    MEN = "men", _l("Män")


class EffectMethod(Locked, Base):
    """How a board measures the effect of a measure.

    ``NONE_YET`` is no method (see :func:`is_method`) but a promise of one: ``decide_by`` is the day
    by which the board decides.
    """

    __tablename__ = "effect_method"
    __table_args__ = (
        sa.CheckConstraint("(kind = 'none_yet') = (decide_by IS NOT NULL)", name="undecided"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    measure_id: Mapped[int] = mapped_column(
        sa.ForeignKey("measure.id", ondelete="CASCADE"), index=True
    )
    board_id: Mapped[int | None] = mapped_column(sa.ForeignKey("board.id"))
    kind: Mapped[MethodKind] = mapped_column(text_enum(MethodKind))
    source: Mapped[str] = mapped_column(default="")
    frequency: Mapped[str] = mapped_column(default="")
    who: Mapped[str] = mapped_column(default="", server_default="")
    counts_as_effect: Mapped[str] = mapped_column(default="", server_default="")
    description: Mapped[str] = mapped_column(default="")
    decide_by: Mapped[date | None]

    measure: Mapped[Measure] = relationship()
    board: Mapped[Board | None] = relationship()


# Everything that counts methods counts these: a row that says there is none is not one.
is_method: sa.ColumnElement[bool] = EffectMethod.__table__.c.kind != MethodKind.NONE_YET


class EffectMetric(Locked, Base):
    """Effektmått of a measure: a domain's metric taken up (``domain`` and ``key``) or its own.

    The target is ``operator number unit period`` and perhaps per place; what could not be read
    as such is kept as it was written, in ``target_text``. Further targets, for other periods or
    places, are rows of their own (:class:`MetricTarget`).

    ``is_share``: a percentage of answers, ``is_count``: a number of events (accidents, reported
    crimes). Of these, and of no others, chance says how much a value may vary.
    ``notes``: what to know of the series, such as changed definitions.
    """

    __tablename__ = "effect_metric"
    __table_args__ = (
        sa.UniqueConstraint("measure_id", "name"),
        sa.CheckConstraint(
            "(target_value IS NULL) = (target_operator IS NULL)", name="target_complete"
        ),
        sa.CheckConstraint("NOT (is_share AND is_count)", name="one_margin"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    measure_id: Mapped[int] = mapped_column(
        sa.ForeignKey("measure.id", ondelete="CASCADE"), index=True
    )
    domain: Mapped[str | None]
    key: Mapped[str | None]
    name: Mapped[str]
    unit: Mapped[str] = mapped_column(default="")
    better: Mapped[Better] = mapped_column(text_enum(Better), default=Better.HIGHER)
    baseline_value: Mapped[Decimal | None] = mapped_column(NUMBER)
    baseline_period: Mapped[str] = mapped_column(default="")
    target_operator: Mapped[Operator | None] = mapped_column(text_enum(Operator))
    target_value: Mapped[Decimal | None] = mapped_column(NUMBER)
    target_period: Mapped[str] = mapped_column(default="")
    target_place: Mapped[str] = mapped_column(default="")
    target_text: Mapped[str] = mapped_column(default="")
    source: Mapped[str] = mapped_column(default="")
    archived: Mapped[bool] = mapped_column(default=False)
    position: Mapped[int] = mapped_column(default=0)
    board_id: Mapped[int | None] = mapped_column(sa.ForeignKey("board.id"))
    frequency: Mapped[Frequency | None] = mapped_column(text_enum(Frequency))
    next_due_on: Mapped[date | None]
    is_share: Mapped[bool] = mapped_column(default=False)
    is_count: Mapped[bool] = mapped_column(default=False)
    notes: Mapped[str] = mapped_column(default="")

    measure: Mapped[Measure] = relationship()
    board: Mapped[Board | None] = relationship()
    targets: Mapped[list["MetricTarget"]] = relationship(
        cascade="all, delete-orphan", order_by="MetricTarget.period, MetricTarget.id"
    )
    values: Mapped[list["MetricValue"]] = relationship(
        back_populates="metric", cascade="all, delete-orphan", order_by="MetricValue.period"
    )


class MetricTarget(Base):
    """One of a metric's further targets; its unit is the metric's."""

    __tablename__ = "metric_target"

    id: Mapped[int] = mapped_column(primary_key=True)
    metric_id: Mapped[int] = mapped_column(
        sa.ForeignKey("effect_metric.id", ondelete="CASCADE"), index=True
    )
    operator: Mapped[Operator] = mapped_column(text_enum(Operator))
    value: Mapped[Decimal] = mapped_column(NUMBER)
    period: Mapped[str] = mapped_column(default="")
    place: Mapped[str] = mapped_column(default="")


class MetricValue(Locked, Base):
    """Utfall: a metric's value for a period. A missing value is a row without number, never 0.

    Written by ``effects.values.record`` only, which keeps what a changed value was before.

    ``respondents``: how many answers a share rests on. ``reason``: why it is missing.
    """

    __tablename__ = "metric_value"
    __table_args__ = (
        sa.CheckConstraint("(status = 'missing') = (value IS NULL)", name="missing_has_no_value"),
        sa.Index(
            "uq_metric_value_period",
            "metric_id",
            "period",
            "gender",
            sa.text("coalesce(board_id, 0)"),
            unique=True,
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    metric_id: Mapped[int] = mapped_column(sa.ForeignKey("effect_metric.id", ondelete="CASCADE"))
    board_id: Mapped[int | None] = mapped_column(sa.ForeignKey("board.id"))
    period: Mapped[str]
    gender: Mapped[Gender] = mapped_column(text_enum(Gender), default=Gender.TOTAL)
    value: Mapped[Decimal | None] = mapped_column(NUMBER)
    status: Mapped[ValueStatus] = mapped_column(text_enum(ValueStatus), default=ValueStatus.FINAL)
    source: Mapped[str] = mapped_column(default="")
    entered_by_id: Mapped[int | None] = mapped_column(
        sa.ForeignKey("user_account.id", ondelete="SET NULL")
    )
    entered_at: Mapped[datetime] = mapped_column(default=now)
    respondents: Mapped[int | None]
    reason: Mapped[str] = mapped_column(default="")
    note: Mapped[str] = mapped_column(default="")

    metric: Mapped[EffectMetric] = relationship(back_populates="values")
    corrections: Mapped[list["ValueCorrection"]] = relationship(
        cascade="all, delete-orphan", order_by="ValueCorrection.id"
    )


class ValueCorrection(Base):
    """What a value was until it was replaced. Nothing changes or removes these rows."""

    __tablename__ = "value_correction"

    id: Mapped[int] = mapped_column(primary_key=True)
    value_id: Mapped[int] = mapped_column(
        sa.ForeignKey("metric_value.id", ondelete="CASCADE"), index=True
    )
    value: Mapped[Decimal | None] = mapped_column(NUMBER)
    status: Mapped[ValueStatus] = mapped_column(text_enum(ValueStatus))
    source: Mapped[str] = mapped_column(default="")
    note: Mapped[str] = mapped_column(default="")
    reason: Mapped[str] = mapped_column(default="")
    respondents: Mapped[int | None]
    reason_of_change: Mapped[str] = mapped_column(default="")
    replaced_at: Mapped[datetime] = mapped_column(default=now)
    replaced_by_name: Mapped[str] = mapped_column(default="", info={"audit": "masked"})


class ComparisonSeries(Base):
    """Another municipality's or a group's series beside the own one; never summed with it.

    ``code`` is the source's: ``0180`` for Stockholm, ``G123`` for a group.
    """

    __tablename__ = "comparison_series"
    __table_args__ = (sa.UniqueConstraint("metric_id", "code"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    metric_id: Mapped[int] = mapped_column(sa.ForeignKey("effect_metric.id", ondelete="CASCADE"))
    code: Mapped[str]
    name: Mapped[str]
    kind: Mapped[ComparisonKind] = mapped_column(text_enum(ComparisonKind))
    position: Mapped[int] = mapped_column(default=0)

    values: Mapped[list["ComparisonValue"]] = relationship(
        cascade="all, delete-orphan", order_by="ComparisonValue.period"
    )


class ComparisonValue(Base):
    """A comparison's value for a period; ``None`` means not measured, never 0."""

    __tablename__ = "comparison_value"
    __table_args__ = (sa.UniqueConstraint("series_id", "period", "gender"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    series_id: Mapped[int] = mapped_column(
        sa.ForeignKey("comparison_series.id", ondelete="CASCADE")
    )
    period: Mapped[str]
    gender: Mapped[Gender] = mapped_column(text_enum(Gender), default=Gender.TOTAL)
    value: Mapped[Decimal | None] = mapped_column(NUMBER)


class ValueAttachment(Base):
    """A file that a metric's value of a period rests on: a survey, a table, a decision.

    It belongs to metric, period and board, whatever the value is corrected to. Taken off, the row
    stays and says by whom and when.
    """

    __tablename__ = "value_attachment"

    id: Mapped[int] = mapped_column(primary_key=True)
    metric_id: Mapped[int] = mapped_column(
        sa.ForeignKey("effect_metric.id", ondelete="CASCADE"), index=True
    )
    board_id: Mapped[int | None] = mapped_column(sa.ForeignKey("board.id"))
    period: Mapped[str]
    attachment_id: Mapped[int] = mapped_column(sa.ForeignKey("attachment.id"), unique=True)
    removed_at: Mapped[datetime | None]
    removed_by_id: Mapped[int | None] = mapped_column(
        sa.ForeignKey("user_account.id", ondelete="SET NULL")
    )

    metric: Mapped[EffectMetric] = relationship()
    attachment: Mapped[Attachment] = relationship()
