"""One line of the file as what it says a measure is, with every doubt about it."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache

from registry.language import number as shown
from registry.plan.importing import dates
from registry.plan.importing.columns import Column, Mapping
from registry.plan.importing.owners import Owners, split_partners
from registry.plan.importing.sheet import Line
from registry.plan.importing.targets import Indicator, read_indicators
from registry.plan.importing.words import Note, Reason, key, tidy
from registry.plan.models import MeasureKind, MeasureStatus

TITLE_LIMIT = 300
NUMBER_LIMIT = 30
CELL_LIMIT = 1_000
TEXT_LIMIT = 10_000
_TEXTS = frozenset({Column.MEASURE, Column.DESCRIPTION, Column.SOURCE})
NO_AREA = "Utan målområde"
NO_SUBGOAL = "Utan delmål"
_FORMULA = re.compile(r"^(?:[=@]|[+-](?=[A-Za-z(@=]))")
_STATUS_SAID = re.compile(r"^status\s*:\s*(.+)$", re.IGNORECASE)
_MEASURE_KINDS: dict[str, MeasureKind | None] = {
    **dict.fromkeys(map(key, ("", "measure", "åtgärd", "action", "insats")), None),
    **dict.fromkeys(
        map(key, ("one_off", "avgränsad", "avgränsad i tid", "engång", "engångsinsats")),
        MeasureKind.ONE_OFF,
    ),
    **dict.fromkeys(
        map(key, ("recurring", "återkommande", "löpande", "årlig")), MeasureKind.RECURRING
    ),
}
_STATUSES: dict[str, MeasureStatus] = {
    key(word): status
    for status, words in {
        MeasureStatus.PLANNED: "planned planerad planerat ny ejpåbörjad ejpåbörjat"
        " intepåbörjad intepåbörjat notstarted",
        MeasureStatus.ONGOING: "ongoing pågår pågående påbörjad påbörjat started inprogress",
        MeasureStatus.DELAYED: "delayed försenad försenat late",
        MeasureStatus.DONE: "done completed genomförd genomfört klar klart slutförd slutfört"
        " färdig färdigt uppfylld uppfyllt",
        MeasureStatus.STOPPED: "stopped cancelled avslutadiförtid avbruten avbrutet utgår utgått"
        " inställd inställt",
    }.items()
    for word in words.split()
}


@dataclass(frozen=True)
class Draft:
    """What a line says a measure is; ``None`` and empty mean that the file does not say.

    :param area: title; its key and that of the sub-goal are what places the measure.
    :param plan: the plan column's text, part of what makes two rows the same measure.
    :param boards: keys of boards; the first leads.
    """

    number: str = ""
    title: str = ""
    description: str = ""
    kind: MeasureKind | None = None
    status: MeasureStatus | None = None
    starts_on: date | None = None
    ends_on: date | None = None
    plan: str = ""
    source: str = ""
    group: str = ""
    area: str = NO_AREA
    area_number: str = ""
    subgoal: str = NO_SUBGOAL
    boards: tuple[str, ...] = ()
    partners: tuple[str, ...] = ()
    metrics: tuple[Indicator, ...] = ()

    @property
    def place(self) -> tuple[str, str]:
        return key(self.area), key(self.subgoal)


@dataclass
class Reader:
    """Reads lines with one mapping; keeps what it has learnt about repeated cells."""

    headings: tuple[str, ...]
    mapping: Mapping
    owners: Owners
    kinds: frozenset[str]
    seen_kinds: dict[str, tuple[str, int]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._place = {column: place for place, column in self.mapping.items()}
        self._area = lru_cache(maxsize=4096)(_area)
        self._indicators = lru_cache(maxsize=4096)(read_indicators)
        self._partners = lru_cache(maxsize=4096)(lambda text: tuple(split_partners(text)))
        self._when: Callable[[str], dates.When | None] = lru_cache(maxsize=4096)(dates.read)

    def read(self, line: Line) -> tuple[Draft, list[Note]]:
        """The draft of a line and its notes; a note that is a refusal ends the matter."""
        notes: list[Note] = []
        if long := self._too_long(line):  # before anything looks for meaning in it
            if len(self._cell(line, Column.KIND)) <= CELL_LIMIT:
                self._check_kind(line, long)
            return Draft(title=tidy(self._cell(line, Column.MEASURE)[:TITLE_LIMIT])), long
        self._check_cells(line, notes)
        title = tidy(self._cell(line, Column.MEASURE))
        number = tidy(self._cell(line, Column.NUMBER)).rstrip(".")
        self._check_kind(line, notes)
        if not key(title):
            return Draft(number, title), [*notes, Note(Reason.NO_MEASURE)]
        if len(number) > NUMBER_LIMIT:
            too_long = Note(Reason.NUMBER_LONG, {"limit": NUMBER_LIMIT})
            return Draft(number, title), [*notes, too_long]
        return self._content(line, number, title, notes), notes

    def _content(self, line: Line, number: str, title: str, notes: list[Note]) -> Draft:
        kept: list[str] = []
        area, area_number = self._area(self._cell(line, Column.AREA))
        if not area:
            notes.append(Note(Reason.NO_AREA))
        if len(title) > TITLE_LIMIT:
            notes.append(Note(Reason.LONG_TITLE, {"limit": TITLE_LIMIT}))
            kept.append(title)
            title = title[: TITLE_LIMIT - 1].rsplit(" ", 1)[0] + "…"
        starts_on, ends_on, recurring = self._dates(line, notes, kept)
        status, indicators = self._measured(line, notes, kept)
        owners = self.owners.resolve(self._cell(line, Column.OWNER))
        notes += owners.notes
        known = {key(name) for name in owners.partners}
        partners = self._partners(self._cell(line, Column.PARTNERS))
        plan = tidy(self._cell(line, Column.PLAN))
        source = self._cell(line, Column.SOURCE)
        kind = _MEASURE_KINDS.get(key(self._cell(line, Column.KIND)))
        return Draft(
            number=number,
            title=title,
            description="\n\n".join(filter(None, (self._cell(line, Column.DESCRIPTION), *kept))),
            kind=MeasureKind.RECURRING if recurring else kind,
            status=status,
            starts_on=starts_on,
            ends_on=ends_on,
            plan=plan,
            source="\n".join(filter(None, (plan, source))),
            group=tidy(self._cell(line, Column.GROUP)),
            area=area or NO_AREA,
            area_number=area_number,
            subgoal=_named(self._cell(line, Column.SUBGOAL)) or NO_SUBGOAL,
            boards=owners.boards,
            partners=owners.partners + tuple(name for name in partners if key(name) not in known),
            metrics=indicators,
        )

    def _cell(self, line: Line, column: Column) -> str:
        place = self._place.get(column)
        return line.cells[place] if place is not None and place < len(line.cells) else ""

    def _too_long(self, line: Line) -> list[Note]:
        notes: list[Note] = []
        for place, cell in enumerate(line.cells):
            if len(cell) > CELL_LIMIT and (column := self.mapping.get(place)):
                limit = TEXT_LIMIT if column in _TEXTS else CELL_LIMIT
                if len(cell) > limit:
                    values = {"label": column.label, "limit": shown(limit)}
                    notes.append(Note(Reason.CELL_LONG, values))
        return notes

    def _check_cells(self, line: Line, notes: list[Note]) -> None:
        for column, place in self._place.items():
            cell = line.cells[place] if place < len(line.cells) else ""
            if cell and cell[0] in "=@+-" and _FORMULA.match(cell):
                notes.append(Note(Reason.FORMULA, {"label": column.label}))
        extra = " ".join(line.cells[len(self.headings) :]).strip()
        if extra:
            notes.append(Note(Reason.EXTRA_CELLS, {"text": extra[:80]}))

    def _check_kind(self, line: Line, notes: list[Note]) -> None:
        text = self._cell(line, Column.KIND)
        one = key(text)
        if one in _MEASURE_KINDS:
            return
        name, count = self.seen_kinds.get(one, (tidy(text), 0))
        self.seen_kinds[one] = (name, count + 1)
        taken = one in self.kinds
        notes.append(Note(Reason.TAKEN_AS_MEASURE if taken else Reason.OTHER_KIND, {"text": name}))

    def _dates(
        self, line: Line, notes: list[Note], kept: list[str]
    ) -> tuple[date | None, date | None, bool]:
        start, start_recurs = self._date(line, Column.START, notes, kept)
        end, end_recurs = self._date(line, Column.END, notes, kept)
        starts_on = start.first if start else None
        ends_on = end.last if end else None
        if start and not self._cell(line, Column.END) and start.first != start.last:
            ends_on = start.last  # "2018–2020" in one cell says both
        if end and Column.START not in self._place and " " not in self._cell(line, Column.END):
            starts_on = end.first if end.first.year != end.last.year else None
        if starts_on and ends_on and ends_on < starts_on:
            notes.append(Note(Reason.DATES_REVERSED, {"start": starts_on, "end": ends_on}))
        return starts_on, ends_on, start_recurs or end_recurs

    def _date(
        self, line: Line, column: Column, notes: list[Note], kept: list[str]
    ) -> tuple[dates.When | None, bool]:
        text = tidy(self._cell(line, column))
        if not text or dates.recurring(text):
            return None, bool(text)
        when = self._when(text)
        if when is None:
            notes.append(Note(Reason.DATE_KEPT, {"label": column.label, "text": text[:80]}))
            kept.append(f"{column.label}: {text}")
        elif not when.exact:
            day = when.first if column is Column.START else when.last
            notes.append(Note(Reason.DATE_READ, {"label": column.label, "text": text, "day": day}))
        return when, False

    def _measured(
        self, line: Line, notes: list[Note], kept: list[str]
    ) -> tuple[MeasureStatus | None, tuple[Indicator, ...]]:
        """Status and effect metrics; some write the status where the metric should stand."""
        said = self._cell(line, Column.STATUS)
        cell = self._cell(line, Column.INDICATOR)
        if (match := _STATUS_SAID.match(cell)) and (not said or key(said) == key(match[1])):
            said, cell = match[1], ""
        status = _STATUSES.get(key(said))
        if said and status is None:
            notes.append(Note(Reason.STATUS_KEPT, {"text": tidy(said)[:80]}))
            kept.append(f"{Column.STATUS.label}: {tidy(said)}")
        indicators = self._indicators(cell, self._cell(line, Column.TARGET))
        for one in indicators:
            if one.text:
                reason = Reason.TARGET_KEPT if one.value is None else Reason.TARGET_REST
                notes.append(Note(reason, {"text": one.text[:200]}))
            if not one.exact:
                notes.append(Note(Reason.TARGET_EXACT, {"text": f"{one.name}: {one.value:f}"}))
        return status, indicators


def _named(text: str) -> str:
    """A title on one line; empty when it holds nothing but signs such as a dash."""
    return tidy(text) if key(text) else ""


def _area(text: str) -> tuple[str, str]:
    """Title and number of an area: ``1.1 Trivsam och trygg miljö``."""
    match = re.match(r"^(\d+(?:\.\d+)*)[.:)]?\s+(?=[^\W\d])(.+)$", tidy(text))
    return (match[2], match[1]) if match else (_named(text), "")
