"""The figures of a follow-up and the sentence that they amount to. Pure values."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from flask_babel.speaklater import LazyString

from registry.effects.service import Reading
from registry.reporting.models import ReportState, RoundState
from registry.reporting.period import bounds
from registry.words import Word

UNREPORTED = "unreported"
PARTS: dict[str, LazyString] = {
    "done": _l("Genomförda"),
    "ongoing": _l("Pågår"),
    "delayed": _l("Försenade"),
    "planned": _l("Planerade"),
    "stopped": _l("Avslutade i förtid"),
    UNREPORTED: _l("Inte återrapporterade"),
}


@dataclass(frozen=True, slots=True)
class Segment:
    """One part of a bar: where it begins and how wide it is, in per cent of the bar."""

    part: str
    start: str
    width: str


@dataclass(frozen=True, slots=True)
class Counts:
    """How many measures stand where. Not reported is a part of its own, never 0 or planned."""

    done: int = 0
    ongoing: int = 0
    delayed: int = 0
    planned: int = 0
    stopped: int = 0
    unreported: int = 0

    @classmethod
    def of(cls, pairs: Mapping[Any, int]) -> "Counts":
        """From counts by a status's text, with ``None`` for not reported."""
        return cls(**{status or UNREPORTED: count for status, count in pairs.items()})

    @classmethod
    def sum(cls, many: Iterable["Counts"]) -> "Counts":
        rows = list(many)
        return cls(**{part: sum(row.get(part) for row in rows) for part in PARTS})

    def get(self, part: str) -> int:
        value: int = getattr(self, part)
        return value

    @property
    def total(self) -> int:
        return self.reported + self.unreported

    @property
    def reported(self) -> int:
        return self.done + self.ongoing + self.delayed + self.planned + self.stopped

    @property
    def parts(self) -> list[tuple[str, int]]:
        """The parts that hold anything, in the order of the legend."""
        return [(part, count) for part in PARTS if (count := self.get(part))]

    @property
    def segments(self) -> list[Segment]:
        total = self.total
        segments, before = [], 0
        for part, count in self.parts:
            start, width = 100 * before / total, 100 * count / total
            segments.append(Segment(part, f"{start:.2f}%", f"{width:.2f}%"))
            before += count
        return segments


class Progress(Word):
    """How far a board's report has come."""

    NOT_STARTED = "not_started", _l("Inte påbörjad")
    DRAFT = "draft", _l("Påbörjad")
    READY = "ready", _l("Klar att lämna in")
    SUBMITTED = "submitted", _l("Inlämnad")
    RETURNED = "returned", _l("Återlämnad")
    ACCEPTED = "accepted", _l("Godkänd")


SUBMITTED = frozenset({Progress.SUBMITTED, Progress.ACCEPTED})


def progress(state: ReportState, revision: int, items: Mapping[str, int]) -> Progress:
    """How far a report has come; ``items`` counts its items by their state.

    A later revision is the work on a report that was returned.
    """
    if state is ReportState.ACCEPTED:
        return Progress.ACCEPTED
    if state is ReportState.SUBMITTED:
        return Progress.SUBMITTED
    if state is ReportState.RETURNED or revision > 1:
        return Progress.RETURNED
    if not items.get("draft") and not items.get("ready"):
        return Progress.NOT_STARTED
    return Progress.DRAFT if items.get("draft") or items.get("not_started") else Progress.READY


@dataclass(frozen=True, slots=True)
class Coverage:
    """Of so many measures, so many have a method for measuring their effect."""

    with_method: int
    measures: int


@dataclass(frozen=True, slots=True)
class RoundHead:
    id: int
    title: str
    period: str
    opens_on: date
    due_on: date
    state: RoundState
    closed_at: datetime | None
    published_at: datetime | None
    version_id: int
    plan_id: int
    plan_title: str

    @property
    def year(self) -> int:
        """The year that the round reports on."""
        return bounds(self.period)[0].year


@dataclass(frozen=True, slots=True)
class AreaRow:
    id: int
    number: str
    title: str
    counts: Counts
    coverage: Coverage


@dataclass(frozen=True, slots=True)
class BoardRow:
    """``late``: the last day has passed and no report counts, whether the round is open or not."""

    board_id: int
    report_id: int
    name: str
    progress: Progress
    due_on: date
    late: bool
    submitted_at: datetime | None
    counts: Counts
    coverage: Coverage

    @property
    def submitted(self) -> bool:
        return self.progress in SUBMITTED


@dataclass(frozen=True, slots=True)
class MeasureRow:
    id: int
    number: str
    title: str


@dataclass(frozen=True, slots=True)
class Deviation:
    board: str
    text: str


@dataclass(frozen=True, slots=True)
class DelayedRow:
    id: int
    number: str
    title: str
    deviations: tuple[Deviation, ...]


@dataclass(frozen=True, slots=True)
class EndedBoard:
    """A board that has ended but still answers for measures; perhaps merged into another."""

    board_id: int
    name: str
    ended_on: date
    successor: str | None
    measures: int


@dataclass(frozen=True)
class FollowUp:
    """Everything that the follow-up page says of one round. Lists of measures are capped."""

    round: RoundHead
    rounds: tuple[RoundHead, ...]
    areas: tuple[AreaRow, ...]
    boards: tuple[BoardRow, ...]
    without_owner: int
    without_method: int
    without_plan: int
    unowned: tuple[MeasureRow, ...]
    unmethodical: tuple[MeasureRow, ...]
    unplanned: tuple[MeasureRow, ...]
    delayed: tuple[DelayedRow, ...]
    ended: tuple[EndedBoard, ...]
    effects: tuple[Reading, ...]
    total: Counts

    @property
    def submitted(self) -> int:
        return sum(board.submitted for board in self.boards)

    @property
    def late(self) -> list[BoardRow]:
        return [board for board in self.boards if board.late]

    @property
    def gaps(self) -> bool:
        return bool(
            self.late
            or self.delayed
            or self.without_owner
            or self.without_method
            or self.without_plan
            or self.ended
        )

    @property
    def heading(self) -> str:
        return headline(self.total)


_SHARES = (
    (0.90, _l("Nästan alla åtgärder är genomförda")),
    (0.80, _l("Mer än fyra av fem åtgärder är genomförda")),
    (0.75, _l("Mer än tre fjärdedelar av åtgärderna är genomförda")),
    (2 / 3, _l("Mer än två tredjedelar av åtgärderna är genomförda")),
    (0.55, _l("Mer än hälften av åtgärderna är genomförda")),
    (0.50, _l("Drygt hälften av åtgärderna är genomförda")),
    (0.45, _l("Knappt hälften av åtgärderna är genomförda")),
    (1 / 3, _l("Mer än en tredjedel av åtgärderna är genomförda")),
    (0.25, _l("Mer än en fjärdedel av åtgärderna är genomförda")),
    (0.20, _l("Mer än en femtedel av åtgärderna är genomförda")),
)


def headline(total: Counts) -> str:
    """What the figures say in one sentence.

    While most measures are not reported nothing is said of how many are done; a share is of all
    measures, so that those not reported never count as done.
    """
    if not total.total:
        return _("Omgången har inga åtgärder")
    if not total.reported:
        return _("Inget är återrapporterat ännu")
    if total.unreported * 2 > total.total:
        return _("De flesta åtgärder är inte återrapporterade ännu")
    if not total.done:
        return _("Ingen åtgärd är genomförd ännu")
    if total.done == total.total:
        return _("Alla åtgärder är genomförda")
    if total.done * 2 == total.total:
        return _("Hälften av åtgärderna är genomförda")
    share = total.done / total.total
    for limit, sentence in _SHARES:
        if share > limit:
            return str(sentence)
    return ngettext(
        "%(num)s av %(total)s åtgärder är genomförd",
        "%(num)s av %(total)s åtgärder är genomförda",
        total.done,
        total=total.total,
    )
