"""Every row of the file against what stands: new, changed, the same, no measure, or refused.

Pure: the same sheet, choices and standing give the same placement, in the preview and when it
is written.
"""

import hashlib
from collections import Counter
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from functools import cached_property

from registry.language import number
from registry.people.models import BoardKind
from registry.plan.importing.choices import Choices
from registry.plan.importing.columns import Column
from registry.plan.importing.layout import Layout, Numbers, lay_out
from registry.plan.importing.owners import Owners, UnknownOwner
from registry.plan.importing.rows import Draft, Reader
from registry.plan.importing.sheet import Sheet
from registry.plan.importing.standing import KnownMeasure, Standing
from registry.plan.importing.targets import Indicator
from registry.plan.importing.words import REFUSALS, Note, Outcome, Reason, key

_SILENT = frozenset({Reason.TAKEN_AS_MEASURE})


@dataclass(frozen=True)
class Change:
    """One thing that a row says otherwise than what stands."""

    column: Column
    before: str
    after: str


@dataclass(frozen=True)
class Row:
    """A line of the file and what becomes of it."""

    line: int
    outcome: Outcome
    draft: Draft
    notes: tuple[Note, ...] = ()
    measure_id: int | None = None
    changes: tuple[Change, ...] = ()


@dataclass(frozen=True)
class OtherKind:
    """A kind of row that is not measures, how many rows have it, whether they are taken in."""

    key: str
    name: str
    rows: int
    taken: bool


@dataclass(frozen=True)
class Placement:
    """Everything an import would do."""

    rows: tuple[Row, ...]
    layout: Layout
    boards: dict[str, tuple[str, BoardKind]]
    unknown_owners: tuple[UnknownOwner, ...]
    other_kinds: tuple[OtherKind, ...]

    def count(self, *outcomes: Outcome) -> int:
        return sum(self._counts[outcome] for outcome in outcomes)

    @cached_property
    def _counts(self) -> Counter[Outcome]:
        return Counter(row.outcome for row in self.rows)

    @property
    def new(self) -> list[Row]:
        return [row for row in self.rows if row.outcome in (Outcome.PLACED, Outcome.DOUBTFUL)]

    @property
    def changed(self) -> list[Row]:
        return [row for row in self.rows if row.outcome is Outcome.CHANGED]

    @property
    def writes(self) -> bool:
        return any(
            row.outcome in (Outcome.PLACED, Outcome.DOUBTFUL, Outcome.CHANGED) for row in self.rows
        )

    def digest(self) -> str:
        """Differs when anything that would be written differs."""
        parts = [
            repr((row.line, row.outcome, row.draft, row.measure_id, row.changes))
            for row in self.rows
        ]
        parts.append(repr((self.layout, self.boards)))
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:32]


def place(sheet: Sheet, choices: Choices, standing: Standing, today: date) -> Placement:
    """Place every line of the sheet; none is left out."""
    owners = Owners(standing.boards, choices.owners, today)
    reader = Reader(sheet.headings, choices.mapping, owners, choices.kinds)
    match = _Matcher(standing, with_plan=Column.PLAN in choices.mapping.values())
    rows = []
    for line in sheet.lines:
        draft, notes = reader.read(line)
        rows.append(_judge(line.number, draft, notes, match))
    kept = [row for row in rows if row.outcome in _WRITTEN]
    layout = lay_out((row.draft for row in kept), standing)
    named = [row.draft.number for row in kept if row.draft.number]
    numbers = Numbers([*(m.number for m in standing.measures), *named], layout, standing)
    rows = [
        replace(row, draft=replace(row.draft, number=numbers.give(row.draft.place[0])))
        if row.outcome in _NEW and not row.draft.number
        else row
        for row in rows
    ]
    used = {board for row in kept for board in row.draft.boards}
    return Placement(
        tuple(rows),
        layout,
        {one: board for one, board in owners.new.items() if one in used},
        tuple(owners.unknown()),
        tuple(
            OtherKind(one, name, count, one in choices.kinds)
            for one, (name, count) in reader.seen_kinds.items()
        ),
    )


_NEW = (Outcome.PLACED, Outcome.DOUBTFUL)
_WRITTEN = (*_NEW, Outcome.CHANGED)


def _judge(line: int, draft: Draft, notes: list[Note], match: "_Matcher") -> Row:
    other = [note for note in notes if note.reason is Reason.OTHER_KIND]
    if other:
        return Row(line, Outcome.NOT_MEASURE, draft, tuple(other))
    refused = [note for note in notes if note.reason in REFUSALS]
    if refused:
        return Row(line, Outcome.REFUSED, draft, tuple(refused))
    known, objection = match.find(line, draft)
    if objection is not None:
        return Row(line, Outcome.REFUSED, draft, (objection,))
    if known is None:
        doubtful = any(note.reason not in _SILENT for note in notes)
        outcome = Outcome.DOUBTFUL if doubtful else Outcome.PLACED
        return Row(line, outcome, draft, tuple(notes))
    changes = tuple(_changes(draft, known, match))
    draft = replace(draft, number=draft.number or known.number)
    outcome = Outcome.CHANGED if changes else Outcome.SAME
    return Row(line, outcome, draft, tuple(notes), known.id, changes)


class _Matcher:
    """Finds the measure that a row means: by number, else by place, title and plan."""

    def __init__(self, standing: Standing, *, with_plan: bool) -> None:
        self.standing = standing
        self._with_plan = with_plan
        self._by_number = {measure.number: measure for measure in standing.measures}
        self._by_text: dict[tuple[str, ...], KnownMeasure] = {}
        for measure in standing.measures:
            text = self._text(measure.area, measure.subgoal, measure.title, measure.source)
            self._by_text.setdefault(text, measure)
        self._seen_numbers: dict[str, int] = {}
        self._seen_texts: dict[tuple[str, ...], int] = {}
        self._seen_measures: dict[int, int] = {}

    def _text(self, area: str, subgoal: str, title: str, source: str) -> tuple[str, ...]:
        plan = source.partition("\n")[0] if self._with_plan else ""
        return area, subgoal, key(title) or title, key(plan)

    def find(self, line: int, draft: Draft) -> tuple[KnownMeasure | None, Note | None]:
        """The measure, if it stands already; or why the row cannot be taken in."""
        number = draft.number
        if number and (row := self._seen_numbers.setdefault(number, line)) != line:
            return None, Note(Reason.NUMBER_TWICE, {"number": number, "row": row})
        text = self._text(*draft.place, draft.title, draft.plan)
        known = self._by_number.get(number) if number else None
        if known is not None and self._another(known, draft):
            return None, Note(Reason.NUMBER_TAKEN, {"number": number, "title": known.title})
        if known is None:
            known = self._by_text.get(text)
        if not number and (row := self._seen_texts.setdefault(text, line)) != line:
            return None, Note(Reason.ROW_TWICE, {"row": row})
        if known is not None and (row := self._seen_measures.setdefault(known.id, line)) != line:
            return None, Note(Reason.ROW_TWICE, {"row": row})
        return known, None

    @staticmethod
    def _another(known: KnownMeasure, draft: Draft) -> bool:
        """The same number, but neither the name nor the place: that is another measure."""
        return key(known.title) != key(draft.title) and (known.area, known.subgoal) != draft.place


def _changes(draft: Draft, known: KnownMeasure, match: _Matcher) -> list[Change]:
    """What the row says otherwise. What it does not say, it does not change."""
    found: list[Change] = []

    def note(column: Column, before: object, after: object) -> None:
        if after and after != before:
            found.append(Change(column, _said(before), _said(after)))

    note(Column.NUMBER, known.number, draft.number)
    note(Column.MEASURE, known.title, draft.title)
    if (known.area, known.subgoal) != draft.place:
        areas, subgoals = match.standing.areas, match.standing.subgoals
        before = f"{areas[known.area].title}, {subgoals[known.area, known.subgoal].title}"
        note(Column.SUBGOAL, before, f"{draft.area}, {draft.subgoal}")
    note(Column.DESCRIPTION, known.description, draft.description)
    note(Column.KIND, known.kind, draft.kind)
    note(Column.STATUS, known.status, draft.status)
    note(Column.START, known.starts_on, draft.starts_on)
    note(Column.END, known.ends_on, draft.ends_on)
    note(Column.SOURCE, known.source, draft.source)
    if draft.boards and _shares(draft.boards, True) != _shares(known.boards, known.has_lead):
        names = match.standing.boards
        found.append(
            Change(
                Column.OWNER,
                ", ".join(names[one].name for one in known.boards),
                ", ".join(names[one].name if one in names else one for one in draft.boards),
            )
        )
    if draft.partners and set(draft.partners) != set(known.partners):
        note(Column.PARTNERS, ", ".join(known.partners), ", ".join(draft.partners))
    for metric in draft.metrics:
        stands = known.metrics.get(metric.name)
        if stands != metric_values(metric):
            found.append(Change(Column.INDICATOR, _target(stands), _target(metric_values(metric))))
    return found


def _shares(boards: tuple[str, ...], has_lead: bool) -> tuple[str, frozenset[str]]:
    return (boards[0] if boards and has_lead else "", frozenset(boards))


def metric_values(metric: Indicator) -> tuple[object, ...]:
    """As :data:`~registry.plan.importing.standing.MetricValues`."""
    return (
        metric.unit,
        metric.operator,
        metric.value,
        metric.period,
        metric.place,
        metric.text,
    )


def _target(values: tuple[object, ...] | None) -> str:
    if values is None:
        return ""
    unit, operator, value, period, place, text = values
    if value is None:
        return str(text or unit or "–")
    amount = number(value) if isinstance(value, Decimal) else str(value)
    said = [_said(operator), amount, str(unit)]
    said += [f"/ {part}" for part in (period, place) if part]
    return " ".join(filter(None, said))


def _said(value: object) -> str:
    if value is None:
        return ""
    return str(getattr(value, "label", value))
