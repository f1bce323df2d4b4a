"""Counts and sums that never take what is missing for nothing. Pure values."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from registry.business_plan.models import EntryState

COSTS = ("planned_kr", "actual_kr", "planned_fte", "actual_fte")
NO_COSTS: tuple[Decimal | None, ...] = (None,) * len(COSTS)


@dataclass(frozen=True, slots=True)
class Duty:
    """A measure that a board answers for in a year, and what the board has said of it.

    ``state`` is ``None`` when nobody has said; ``costs`` are in the order of ``COSTS``.
    """

    measure_id: int
    area_id: int
    board_id: int
    state: EntryState | None
    has_method: bool
    costs: tuple[Decimal | None, ...] = NO_COSTS


@dataclass(frozen=True, slots=True)
class Sum:
    """A sum of what is stated: ``value`` is ``None`` when nothing is, and 0 only when 0 is."""

    value: Decimal | None
    stated: int
    asked: int

    @classmethod
    def of(cls, values: Iterable[Decimal | None]) -> "Sum":
        every = list(values)
        known = [value for value in every if value is not None]
        return cls(sum(known, Decimal()) if known else None, len(known), len(every))


@dataclass(frozen=True, slots=True)
class Tally:
    """How many measures stand where, have a method, and what they cost."""

    total: int
    taken_in: int
    under_way: int
    not_taken_in: int
    with_method: int
    planned_kr: Sum
    actual_kr: Sum
    planned_fte: Sum
    actual_fte: Sum

    @classmethod
    def of(cls, duties: Iterable[Duty]) -> "Tally":
        rows = list(duties)
        states = Counter(row.state for row in rows)
        planned_kr, actual_kr, planned_fte, actual_fte = (
            Sum.of(row.costs[place] for row in rows) for place in range(len(COSTS))
        )
        return cls(
            len(rows),
            states[EntryState.TAKEN_IN],
            states[EntryState.UNDER_WAY],
            states[EntryState.NOT_TAKEN_IN],
            sum(row.has_method for row in rows),
            planned_kr,
            actual_kr,
            planned_fte,
            actual_fte,
        )

    @property
    def unsaid(self) -> int:
        return self.total - self.taken_in - self.under_way - self.not_taken_in


def added(one: Decimal | None, other: Decimal | None) -> Decimal | None:
    """Two parts of a cost as one; ``None`` only where neither is stated."""
    if one is None or other is None:
        return other if one is None else one
    return one + other
