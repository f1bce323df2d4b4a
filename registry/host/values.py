"""What plugins get and give: frozen values, never rows, sessions or the app."""

from calendar import monthrange
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import KW_ONLY, dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Any, TypeAlias

# What plugins get ----------------------------------------------------------------------------


@dataclass(frozen=True)
class RoundView:
    """A reporting round; ``starts_on`` and ``ends_on`` bound the period that is reported on."""

    title: str
    period: str
    starts_on: date
    ends_on: date
    due_on: date


@dataclass(frozen=True)
class BoardReport:
    """What one board has reported on one measure of the domain in one round.

    :param measure_id: ``MeasureView.id`` of the measure as the plan has it today.
    :param state: ``not_started``, ``draft``, ``ready``, ``submitted`` or ``accepted``. Answers are
        there from ``submitted`` on; a draft is its board's own.
    :param data: the domain's report fields by name; what was not answered, or is secret, is absent.
    :param metrics: the domain's computed metrics by name; ``None`` is "no value", never 0.
    """

    board: str
    measure_id: int
    round: RoundView
    state: str
    status: str | None = None
    data: Mapping[str, Any] = field(default_factory=dict)
    metrics: Mapping[str, float | None] = field(default_factory=dict)

    @property
    def submitted(self) -> bool:
        return self.state in {"submitted", "accepted"}


@dataclass(frozen=True)
class MeasureView:
    """A measure as a domain sees it; ``data`` holds the domain's own values on it, by field name.

    A value that was not given is absent from ``data``. A secret one is there in one case only:
    in the check of the very form in which somebody has just written it.

    :param boards: names of the responsible boards, the lead first (in panels and on pages).
    :param reported: what the boards have submitted on it, the latest first (in panels).
    """

    id: int
    number: str
    title: str
    description: str = ""
    status: str = "planned"
    starts_on: date | None = None
    ends_on: date | None = None
    data: Mapping[str, Any] = field(default_factory=dict)
    boards: tuple[str, ...] = ()
    reported: tuple[BoardReport, ...] = ()


@dataclass(frozen=True)
class ReportView:
    """What one board reports on one measure; ``data`` holds the domain's report fields."""

    board: str
    round: RoundView
    measure: MeasureView
    status: str | None
    data: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Standing:
    """Where a domain stands over all boards that the reader may see, for the domain's own pages.

    :param measures: the measures of the domain's goal areas in the plan in force, in its order.
    :param round: the latest round in which they are reported on, if there is any.
    :param reports: every board's report on each of them in that round, submitted or not.
    :param past: what was submitted in earlier rounds, the latest first.
    """

    measures: tuple[MeasureView, ...] = ()
    round: RoundView | None = None
    reports: tuple[BoardReport, ...] = ()
    past: tuple[BoardReport, ...] = ()

    def measure(self, report: BoardReport) -> MeasureView:
        return next(one for one in self.measures if one.id == report.measure_id)


@dataclass(frozen=True)
class Subject:
    """What a row of domain data is about: ``measure`` or ``report_item`` and its number."""

    kind: str
    id: int


# What plugins give ---------------------------------------------------------------------------


class Level(StrEnum):
    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True)
class Issue:
    """Something a check found, on a field of the domain or on the whole.

    An error stops the report from being ready; a warning is shown and lets it pass.

    :param values: put into the message's ``%(name)s`` after it has been translated.
    """

    message: str
    field: str | None = None
    level: Level = Level.ERROR
    _: KW_ONLY
    values: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class NavItem:
    """An entry of a domain's own menu: a label and an endpoint of its blueprint."""

    label: str
    endpoint: str


@dataclass(frozen=True)
class Target:
    """What a metric should reach: ``Target(">=", 100, "2022")``."""

    operator: str
    value: float
    period: str = ""
    place: str = ""

    def __post_init__(self) -> None:
        if self.operator not in {">=", "<=", "=", ">", "<"}:
            raise ValueError(f"a target's operator is one of >= <= = > <, not {self.operator!r}")


Value: TypeAlias = str | int | float | Decimal | date | None


@dataclass(frozen=True)
class Row:
    """A label and a value. ``None`` is "no value" and is written so, never as 0.

    :param unit: as ``%`` or ``övningar``, after the value.
    :param most: the whole of which a number is a part; a bar shows how much of it.
    :param note: a few words in smaller type.
    """

    label: str
    value: Value
    _: KW_ONLY
    unit: str = ""
    most: float | Decimal | None = None
    note: str = ""


@dataclass(frozen=True)
class Panel:
    """What a domain shows beside a measure or a report."""

    title: str
    rows: Sequence[Row] = ()
    text: str = ""


@dataclass(frozen=True)
class Line:
    """One entry of a list; with a measure, it leads to the measure's page."""

    text: str
    measure: MeasureView | None = None
    note: str = ""


@dataclass(frozen=True)
class Gap:
    """Something that is missing or late, and where: the lines say at which measures or boards.

    A gap without lines is none: it is shown as in order.
    """

    title: str
    lines: Sequence[Line] = ()


@dataclass(frozen=True)
class Chart:
    """Bars beside each other; the same numbers stand in a table below. ``None`` has no bar."""

    title: str
    rows: Sequence[Row]
    note: str = ""


@dataclass(frozen=True)
class Table:
    """Cells are text, numbers, days, measures (which become links) or ``None`` for no value."""

    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[Value | MeasureView]]


@dataclass(frozen=True)
class Overview:
    """A domain's page: where it stands, gaps first, then a chart and a table."""

    lede: str
    figures: Sequence[Row] = ()
    gaps: Sequence[Gap] = ()
    charts: Sequence[Chart] = ()
    tables: Sequence[Table] = ()


@dataclass(frozen=True)
class Clock:
    """A statutory deadline that comes back.

    Either ``start`` or ``first``: with the name of a date field on the measure, the deadline is so
    many months after that day, for each measure; with a first day, it is that day and then every
    so many months, for the whole domain.

    :param law: the rule it follows from, as ``lag (2023:196) 5 §``.
    :raises ValueError: when neither or both are given, or the months are none.
    """

    name: str
    label: str
    law: str
    months: int
    _: KW_ONLY
    start: str = ""
    first: date | None = None
    help: str = ""

    def __post_init__(self) -> None:
        if bool(self.start) == (self.first is not None):
            raise ValueError(f"clock {self.name}: give either start or first")
        if isinstance(self.months, bool) or not 1 <= self.months <= 1200:
            raise ValueError(f"clock {self.name}: months is a number from 1 to 1200")

    def due(self, start: date | None, today: date) -> date | None:
        """The deadline that holds today; ``None`` while the day it is reckoned from is not given.

        Of a clock with a first day: the next one, today included.
        """
        if self.first is None:
            return None if start is None else _later(start, self.months)
        times = 0
        while (day := _later(self.first, times * self.months)) < today:
            times += 1
        return day


def _later(day: date, months: int) -> date:
    """So many months on; the last day of the month where there is no such day."""
    years, month = divmod(day.month - 1 + months, 12)
    year = day.year + years
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


@dataclass(frozen=True)
class ImportRow:
    """One row read from a file: answers to the domain's measure fields, as a person writes them.

    :param measure: the measure's number in the plan, as ``1.2.3``.
    :param values: field name → text, or a list of texts for several choices. A choice is given
        by its value or its label.
    """

    measure: str
    values: Mapping[str, str | Sequence[str]]


@dataclass(frozen=True)
class Importer:
    """Reads a file into rows; the host shows them, checks them and writes them.

    :param read: gets the file's bytes; what it raises refuses the file with a message.
    :param suffixes: of the files it reads, as ``(".csv",)``.
    """

    name: str
    label: str
    read: Callable[[bytes], Iterable[ImportRow]]
    _: KW_ONLY
    suffixes: tuple[str, ...] = (".csv",)
    help: str = ""


@dataclass(frozen=True)
class Refusal:
    """Why a plugin was not taken in: the step at which it failed, and what to do about it."""

    name: str
    step: str
    reason: str
    trace: str = field(default="", repr=False)
