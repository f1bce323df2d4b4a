"""Kolada's answers as values: read strictly, for a guess would end up in an annual report.

The form is that of the v3 interface: pages ``{"count", "next_url", "previous_url", "values"}``
(the second version's ``next_page`` is read as well). In ``/data`` each of the values is
``{"kpi", "municipality", "period", "values": [{"gender", "value", "status", "isdeleted"}]}``, in
``/kpi`` it is ``{"id", "title", "description", …}`` and in ``/municipality`` and
``/municipality_groups`` it is ``{"id", "title", …}``.
"""

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, NoReturn

from registry.effects.due import first_month
from registry.effects.kolada.errors import Contradiction, WrongShape
from registry.effects.models import Gender

INDICATOR = re.compile(r"[NU][0-9]{5}")
AREA = re.compile(r"[0-9]{4}|G[0-9]{1,9}")
SOURCE = re.compile(r"kolada(?::\s*|\s+)([NU][0-9]{5})", re.IGNORECASE)
# What no database keeps as text, or no page shows.
_UNSEEN = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
GENDERS = {"T": Gender.TOTAL, "K": Gender.WOMEN, "M": Gender.MEN}
LONGEST = 20_000
Key = tuple[str, str, str, Gender]


@dataclass(frozen=True, slots=True)
class SaidValue:
    """What the source says of one key figure, place, year and gender.

    :param value: ``None`` where the source has none; never 0 for it.
    :param deleted: the source has taken the value back.
    """

    kpi: str
    area: str
    period: str
    gender: Gender
    value: Decimal | None
    status: str = ""
    deleted: bool = False

    @property
    def key(self) -> Key:
        return self.kpi, self.area, self.period, self.gender


@dataclass(frozen=True, slots=True)
class Entry:
    """A key figure, municipality or group: its code and what it is called."""

    code: str
    title: str
    description: str = ""


@dataclass(frozen=True, slots=True)
class Page:
    items: tuple[dict[str, Any], ...]
    count: int | None
    next: str | None


@dataclass(frozen=True)
class Said:
    """All that the source said; ``unknown`` are codes asked for that it does not know."""

    values: tuple[SaidValue, ...] = ()
    indicators: tuple[Entry, ...] = ()
    areas: tuple[Entry, ...] = ()
    unknown: tuple[str, ...] = ()

    @property
    def indicator_codes(self) -> set[str]:
        """The key figures that something is said of."""
        return {one.kpi for one in self.values} | {one.code for one in self.indicators}

    def dump(self) -> dict[str, Any]:
        return {
            "values": [
                [
                    one.kpi,
                    one.area,
                    one.period,
                    one.gender.value,
                    None if one.value is None else str(one.value),
                    one.status,
                    one.deleted,
                ]
                for one in self.values
            ],
            "indicators": [[one.code, one.title, one.description] for one in self.indicators],
            "areas": [[one.code, one.title] for one in self.areas],
            "unknown": list(self.unknown),
        }

    @classmethod
    def load(cls, stored: dict[str, Any]) -> "Said":
        return cls(
            tuple(
                SaidValue(
                    kpi,
                    area,
                    period,
                    Gender(gender),
                    None if value is None else Decimal(value),
                    status,
                    deleted,
                )
                for kpi, area, period, gender, value, status, deleted in stored.get("values", ())
            ),
            tuple(Entry(*cells) for cells in stored.get("indicators", ())),
            tuple(Entry(*cells) for cells in stored.get("areas", ())),
            tuple(stored.get("unknown", ())),
        )


def indicator_of(source: str) -> str | None:
    """``N07403`` of ``kolada:N07403`` or ``Kolada N07403``; ``None`` when the source is another."""
    match = SOURCE.fullmatch(source.strip())
    return match[1].upper() if match else None


def parse(content: bytes) -> Any:
    """:raises WrongShape: when it is not JSON."""
    try:
        return json.loads(content, parse_float=Decimal, parse_constant=_no_number)
    except (ValueError, RecursionError, ArithmeticError) as error:
        raise WrongShape(f"not JSON: {content[:60]!r}") from error


def _no_number(text: str) -> NoReturn:
    raise ValueError(text)


def page(payload: object) -> Page:
    """:raises WrongShape: when it is no page."""
    if not isinstance(payload, dict):
        raise WrongShape(f"a page is {type(payload).__name__}")
    items = payload.get("values")
    if not isinstance(items, list) or not all(isinstance(one, dict) for one in items):
        raise WrongShape("a page has no list of values")
    count = payload.get("count")
    if count is not None and (not isinstance(count, int) or isinstance(count, bool) or count < 0):
        raise WrongShape(f"count is {count!r}")
    following = payload.get("next_url") or payload.get("next_page") or None
    if following is not None and not isinstance(following, str):
        raise WrongShape(f"next is {following!r}")
    return Page(tuple(items), count, following)


def values(items: Iterable[dict[str, Any]]) -> list[SaidValue]:
    """The values of ``/data``.

    :raises WrongShape: for anything that does not have their form.
    """
    found = []
    for item in items:
        kpi, area = _code(item, "kpi", INDICATOR), _code(item, "municipality", AREA)
        period, cells = _period(item), item.get("values")
        if not isinstance(cells, list):
            raise WrongShape(f"{kpi} {area} {period}: no list of values")
        found += [_value(kpi, area, period, cell) for cell in cells]
    return found


def _value(kpi: str, area: str, period: str, cell: object) -> SaidValue:
    where = f"{kpi} {area} {period}"
    if not isinstance(cell, dict):
        raise WrongShape(f"{where}: a value is {type(cell).__name__}")
    gender = cell.get("gender")
    if not isinstance(gender, str) or gender not in GENDERS:
        raise WrongShape(f"{where}: gender is {gender!r}")
    if "value" not in cell:
        raise WrongShape(f"{where}: no value")
    deleted = cell.get("isdeleted", False)
    if not isinstance(deleted, bool):
        raise WrongShape(f"{where}: isdeleted is {deleted!r}")
    status = cell.get("status")
    if not (status is None or isinstance(status, str)):
        raise WrongShape(f"{where}: status is {status!r}")
    number = amount(cell["value"], where)
    return SaidValue(kpi, area, period, GENDERS[gender], number, clean(status or "")[:200], deleted)


def amount(value: object, where: str) -> Decimal | None:
    """A number with the four decimals that are stored; ``None`` stays ``None``.

    :raises WrongShape: when it is neither, or too large to be stored.
    """
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        raise WrongShape(f"{where}: value is {str(value)[:40]!r}")
    number = Decimal(value)
    if not number.is_finite() or abs(number) >= 10**14:
        raise WrongShape(f"{where}: value is {str(value)[:40]}")
    return number.quantize(Decimal("0.0001")).normalize() + 0


def entries(items: Iterable[dict[str, Any]], code: re.Pattern[str]) -> list[Entry]:
    """Key figures, municipalities or groups, by the form of their codes.

    :raises WrongShape: for anything that does not have their form.
    """
    return [
        Entry(_code(item, "id", code), _text(item, "title"), _text(item, "description", ""))
        for item in items
    ]


def _code(item: dict[str, Any], name: str, form: re.Pattern[str]) -> str:
    """A code is text: ``0380`` as a number would have lost its first figure."""
    found = item.get(name)
    if not isinstance(found, str) or not form.fullmatch(found):
        raise WrongShape(f"{name} is {str(found)[:40]!r}")
    return found


def _text(item: dict[str, Any], name: str, default: str | None = None) -> str:
    found = item.get(name, default)
    if found is None and default is not None:
        return default
    if not isinstance(found, str):
        raise WrongShape(f"{name} is {str(found)[:40]!r}")
    return clean(found)[:LONGEST]


def clean(text: str) -> str:
    return " ".join(_UNSEEN.sub(" ", text).split())


def _period(item: dict[str, Any]) -> str:
    found = item.get("period")
    text = found if isinstance(found, str) else ""
    if isinstance(found, int) and 1900 <= found <= 2200:
        text = str(int(found))
    try:
        first_month(text if text.isascii() else "")
    except ValueError as error:
        raise WrongShape(f"period is {text[:40]!r}") from error
    return text


def once(said: Sequence[SaidValue]) -> tuple[SaidValue, ...]:
    """Each value once; the same value on two pages is the same value.

    :raises Contradiction: when two of them differ.
    """
    found: dict[Key, SaidValue] = {}
    for one in said:
        if found.setdefault(one.key, one) != one:
            raise Contradiction(" ".join(str(part) for part in one.key))
    return tuple(found.values())
