"""What the source says against what is stored: pure functions on values."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from registry.effects.kolada.reading import SaidValue
from registry.effects.models import Gender
from registry.words import Word
from registry.words import lazy as _l

Slot = tuple[str, Gender]


class Change(Word):
    NEW = "new", _l("Nytt")
    CHANGED = "changed", _l("Ändrat")
    DELETED = "deleted", _l("Borttaget i källan")
    HELD = "held", _l("Rapporterat, ändras inte här")


@dataclass(frozen=True, slots=True)
class Stored:
    """A value as it stands. ``held``: it is a submitted report's, and stays as it is.

    :param fetched: it came from the source, not from a person.
    """

    row_id: int
    value: Decimal | None
    fetched: bool = True
    held: bool = False


@dataclass(frozen=True, slots=True)
class Difference:
    """One value to be written; ``new`` is ``None`` where the source has taken it back.

    :param row_id: the row there is; ``None`` for a new one.
    :param by_hand: what stands there was written by a person.
    """

    period: str
    gender: Gender
    old: Decimal | None
    new: Decimal | None
    change: Change
    row_id: int | None = None
    by_hand: bool = False
    status: str = ""


def differences(said: Iterable[SaidValue], stored: Mapping[Slot, Stored]) -> tuple[Difference, ...]:
    """Newest first. What the source does not speak of, or never had, is no difference.

    A value taken back, or become empty, matters only where the source's own value stands: what a
    person has written is not the source's to take back.
    """
    found = []
    for one in said:
        known = stored.get((one.period, one.gender))
        new = None if one.deleted else one.value
        if known is None:
            if new is not None:
                found.append(_made(one, None, new, Change.NEW, None))
        elif new is None:
            if known.value is not None and known.fetched:
                change = Change.HELD if known.held else Change.DELETED
                found.append(_made(one, known.value, None, change, known))
        elif known.value != new:
            change = Change.HELD if known.held else Change.CHANGED
            found.append(_made(one, known.value, new, change, known))
    order = list(Gender)
    found.sort(key=lambda one: order.index(one.gender))
    return tuple(sorted(found, key=lambda one: one.period, reverse=True))


def _made(
    one: SaidValue, old: Decimal | None, new: Decimal | None, change: Change, known: Stored | None
) -> Difference:
    return Difference(
        one.period,
        one.gender,
        old,
        new,
        change,
        known.row_id if known else None,
        known is not None and not known.fetched,
        one.status,
    )
