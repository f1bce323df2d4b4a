"""What a document says, before anyone has decided how it is written.

``sections`` is read from top to bottom, in PDF and Word; ``data`` are the tables that a machine or
a spreadsheet takes, in Excel, CSV and JSON. Both are made of the same cells, so that a figure is
the same wherever it stands. All texts are in the reader's language already.
"""

import hashlib
import re
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from functools import lru_cache

from flask_babel import gettext as _

from registry.language import NBSP, day, moment, short
from registry.words import Word

SCHEMA = "measure-registry/document/1"
SHORT = 60

# How far writing has come: so much of so much. It may raise, to end it.
Tell = Callable[[int, int], None]


def quiet(_done: int, _total: int) -> None:
    """Nobody waits to be told."""


class Subject(StrEnum):
    """What a document is about."""

    REPORT = "report"
    FOLLOWUP = "followup"
    PLAN = "plan"


class Kind(StrEnum):
    """What kind of thing stands in a cell, and so what ``value`` holds."""

    TEXT = "text"
    NUMBER = "number"  # a Decimal
    DATE = "date"  # a date
    MOMENT = "moment"  # a datetime
    WORD = "word"  # the stored value of an enumerated term
    WITHHELD = "withheld"  # the ground
    MISSING = "missing"  # why: not_measured, not_answered, not_reported


@dataclass(frozen=True, slots=True)
class Cell:
    """A value and how it reads. ``more`` are lines that stand below it where there is room."""

    text: str
    kind: Kind = Kind.TEXT
    value: Decimal | date | datetime | str | None = None
    unit: str = ""
    more: tuple[str, ...] = ()


def text(value: str | None) -> Cell:
    """A text; none at all where there is none."""
    if not value:
        return EMPTY
    return Cell(value) if len(value) > SHORT else _short(value)


@lru_cache(maxsize=4096)
def _short(value: str) -> Cell:
    """Names and labels come again and again; a cell never changes."""
    return Cell(value)


def amount(value: Decimal | int | float, unit: str = "") -> Cell:
    exact = value if isinstance(value, Decimal) else Decimal(str(value))
    shown = f"{short(exact)}{NBSP}{unit}" if unit else short(exact)
    return Cell(shown, Kind.NUMBER, exact, unit)


def on(value: date | None) -> Cell:
    return EMPTY if value is None else Cell(day(value), Kind.DATE, value)


def at(value: datetime | None) -> Cell:
    return EMPTY if value is None else Cell(moment(value), Kind.MOMENT, value)


def word(value: Word) -> Cell:
    return Cell(str(value.label), Kind.WORD, value.value)


def withheld(ground: str) -> Cell:
    """That something is there and on which ground it is not shown; never what it is."""
    return Cell(_("Skyddad uppgift (%(ground)s)", ground=ground), Kind.WITHHELD, ground)


@lru_cache(maxsize=64)
def missing(why: str, shown: str = "–") -> Cell:
    """No value, which is never 0."""
    return Cell(shown, Kind.MISSING, why)


EMPTY = Cell("", Kind.MISSING, "empty")

Pair = tuple[str, Cell]


@dataclass(frozen=True, slots=True)
class Fact:
    """Something that holds for the whole document; ``key`` names it in JSON and templates."""

    key: str
    label: str
    cell: Cell


@dataclass(frozen=True, slots=True)
class Column:
    """``width`` is its share of a page's width. ``technical``: of use to machines only."""

    key: str
    label: str
    width: int = 1
    is_number: bool = False
    technical: bool = False


Row = tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of cells below named columns. ``headed``: the first cell names its row."""

    key: str
    title: str
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    headed: bool = True


@dataclass(frozen=True, slots=True)
class Paragraph:
    text: str
    is_note: bool = False


@dataclass(frozen=True, slots=True)
class Part:
    """Questions and answers that belong together, under a title where it has one."""

    title: str
    pairs: tuple[Pair, ...]


@dataclass(frozen=True, slots=True)
class Entry:
    """One measure of a report: heading, where it stands, questions and answers.

    Its heading is one level below its section's, those of its parts two.
    """

    title: str
    status: Cell
    parts: tuple[Part, ...]
    note: str = ""


@dataclass(frozen=True, slots=True)
class Chart:
    """A drawing with the words that say the same; its figures stand in a table beside it.

    :ivar svg: with colours and sizes of its own, no style sheet.
    :ivar width: its share of a page's width, in per cent.
    """

    title: str
    svg: str
    alt: str
    width: int = 100


Block = Paragraph | Part | Entry | Table | Chart


@dataclass(frozen=True, slots=True)
class Section:
    """A heading of level 1–3 and what stands under it."""

    level: int
    title: str
    blocks: tuple[Block, ...] = ()


@dataclass(frozen=True)
class Document:
    """:ivar day: when it says what it says; a document of what stands still keeps its day.
    :ivar notice: what a reader must know first, such as that a plan is a draft.
    :ivar size: how many measures it is about; tells how long writing takes.
    """

    subject: Subject
    title: str
    subtitle: str
    municipality: str
    language: str
    day: date
    name: str
    facts: tuple[Fact, ...]
    sections: tuple[Section, ...]
    data: tuple[Table, ...]
    notice: str = ""
    summary: str = ""
    size: int = 0

    @property
    def file_name(self) -> str:
        """Without its ending, in letters that any file system takes."""
        plain = unicodedata.normalize("NFKD", self.name).encode("ascii", "ignore").decode().lower()
        return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:100] or str(self.subject)

    @property
    def digest(self) -> str:
        """The same for documents that say the same."""
        return hashlib.sha256(repr(self).encode("utf-8", "backslashreplace")).hexdigest()

    def charts(self) -> Iterator[Chart]:
        for section in self.sections:
            for block in section.blocks:
                if isinstance(block, Chart):
                    yield block


# XML knows no other control characters, and a lone surrogate is no text.
_UNWRITABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


def writable(value: str) -> str:
    """The text without what no file format may hold."""
    return _UNWRITABLE.sub("", value)
