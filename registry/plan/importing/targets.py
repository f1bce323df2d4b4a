"""An indicator cell read as effect metrics: name, and a target where one can be read.

``antal insatser/månad (mål ≥1)`` → *Antal insatser*, at least 1, per month. Nothing is guessed:
what is not plainly a target stays as it was written, and the row says so.
"""

import re
from collections import Counter
from dataclasses import dataclass, replace
from decimal import Decimal

from registry.effects.models import Better, Operator
from registry.language import parse_number

_OPERATORS = {
    "≥": Operator.AT_LEAST,
    ">=": Operator.AT_LEAST,
    "=>": Operator.AT_LEAST,
    "minst": Operator.AT_LEAST,
    "at least": Operator.AT_LEAST,
    "≤": Operator.AT_MOST,
    "<=": Operator.AT_MOST,
    "=<": Operator.AT_MOST,
    "högst": Operator.AT_MOST,
    "max": Operator.AT_MOST,
    "at most": Operator.AT_MOST,
    ">": Operator.MORE,
    "mer än": Operator.MORE,
    "fler än": Operator.MORE,
    "över": Operator.MORE,
    "more than": Operator.MORE,
    "<": Operator.LESS,
    "mindre än": Operator.LESS,
    "färre än": Operator.LESS,
    "under": Operator.LESS,
    "less than": Operator.LESS,
    "=": Operator.EQUAL,
    "exakt": Operator.EQUAL,
    "lika med": Operator.EQUAL,
}
PERIODS = (
    "timme|dygn|dag|vecka|månad|kvartal|tertial|termin|halvår|år|säsong|mandatperiod"
    "|hour|day|week|month|quarter|year"
)
PLACES = (
    "område|stadsdel|kommundel|ort|plats|skola|förskola|fritidsgård|enhet|nämnd|boende|kommun"
    "|bostadsområde|area|school|unit"
)
_SAID = "|".join(re.escape(word) for word in sorted(_OPERATORS, key=len, reverse=True))
_NUMBER = r"[-−]?\d{1,3}(?:[ \u00a0\u202f]\d{3})+(?:[.,]\d+)?|[-−]?\d+(?:[.,]\d+)?"
_TARGET = re.compile(
    rf"^(?P<goal>(?:mål|målet|målvärde|target)\b\s*:?\s*)?(?P<operator>{_SAID})?\s*"
    rf"(?P<number>{_NUMBER})(?!\d)\s*(?P<unit>%|[^\W\d_][^/;,()=<>≥≤\d]*?)??\s*"
    rf"(?P<per>(?:(?:/|\bper\s+|\bi varje\s+)(?:{PERIODS}|{PLACES})\s*){{0,2}})$",
    re.IGNORECASE,
)
_PER = re.compile(rf"(?:/|\bper\s+|\bi varje\s+)\s*({PERIODS}|{PLACES})\b", re.IGNORECASE)
_TAIL = re.compile(
    rf"^(.*?)\s*((?:(?:/|\bper\s+|\bi varje\s+)(?:{PERIODS}|{PLACES})\s*){{1,2}})$", re.I
)
_INSIDE = re.compile(r"^(?P<name>[^()]+?)\s*\((?P<inside>[^()]*)\)$")
_PERIOD = re.compile(rf"^(?:{PERIODS})$", re.IGNORECASE)
_COUNT = re.compile(r"^(?:antal(?:et)?|number of)\s+(\S+(?:\s\S+)?)$", re.IGNORECASE)
NAME_LIMIT = 200
TEXT_LIMIT = 2000
MAX_METRICS = 50


@dataclass(frozen=True)
class Target:
    operator: Operator
    value: Decimal
    unit: str = ""
    period: str = ""
    place: str = ""
    exact: bool = True  # False: only a number stood there, taken as "equal to"


@dataclass(frozen=True)
class Indicator:
    """One effect metric as the file has it. ``text`` is what could not be read, word for word."""

    name: str
    unit: str = ""
    operator: Operator | None = None
    value: Decimal | None = None
    period: str = ""
    place: str = ""
    text: str = ""
    exact: bool = True

    @property
    def better(self) -> Better:
        """Which way is good, where the target says it; otherwise both ways may be."""
        if self.operator in (Operator.AT_LEAST, Operator.MORE):
            return Better.HIGHER
        if self.operator in (Operator.AT_MOST, Operator.LESS) or self.value == 0:
            return Better.LOWER
        return Better.AMBIGUOUS


def read_target(text: str) -> Target | None:
    """``minst 20 insatser``, ``≥900 timmar/år``, ``mål 2`` → a target; anything else → ``None``.

    A bare number is none: it may as well be an outcome.
    """
    text = text.strip()
    match = _TARGET.match(text) if len(text) <= NAME_LIMIT else None
    if match is None or not (match["goal"] or match["operator"]):
        return None
    try:
        value = parse_number(match["number"])
    except ValueError:
        return None
    said = (match["operator"] or "").lower()
    period, place = _per(match["per"])
    operator = _OPERATORS.get(said, Operator.EQUAL)
    return Target(operator, value, (match["unit"] or "").strip(), period, place, exact=bool(said))


def read_indicators(text: str, target: str = "") -> tuple[Indicator, ...]:
    """The effect metrics of one cell, parted by ``;`` outside brackets; names are unique.

    The last of :data:`MAX_METRICS` keeps all that is left of the cell.

    :param target: the cell of a target column, if the file has one; it belongs to the first.
    """
    found: dict[str, Indicator] = {}
    alike: Counter[str] = Counter()
    for part in _parts(text):
        indicator = _indicator(part)
        name = indicator.name
        while name in found:
            alike[indicator.name] += 1
            name = f"{indicator.name} ({alike[indicator.name] + 1})"
        found[name] = replace(indicator, name=name)
    indicators = list(found.values())
    if target.strip():
        indicators[:1] = [_with_target(indicators[0] if indicators else None, target.strip())]
    return tuple(indicators)


def _parts(text: str) -> list[str]:
    parts, depth, start = [], 0, 0
    for position, sign in enumerate(text):
        if sign == "(":
            depth += 1
        elif sign == ")":
            depth = max(0, depth - 1)
        elif sign in ";\n" and depth == 0:
            if part := " ".join(text[start:position].split()):
                parts.append(part)
            start = position + 1
            if len(parts) == MAX_METRICS - 1:
                break
    last = " ".join(text[start:].split())
    return [*parts, last] if last else parts


def _indicator(text: str) -> Indicator:
    if match := _INSIDE.match(text):
        indicator = _named(match["name"])
        said = [read_target(part) for part in re.split(r"[;,]\s", match["inside"])]
        target = next((one for one in said if one is not None), None)
        if target is None:
            return replace(indicator, text=_kept(text))
        return replace(_aimed(indicator, target), text=_kept(text) if len(said) > 1 else "")
    if (target := read_target(text)) is not None:
        return _alone(target, text)
    unread = re.search(r"\d|[≥≤<>]", text) or len(text) > NAME_LIMIT
    return replace(_named(text), text=_kept(text) if unread else "")


def _with_target(indicator: Indicator | None, text: str) -> Indicator:
    target = read_target(text) or read_target(f"mål {text}")
    if target is None:
        return replace(indicator or Indicator(_shown(text)), text=_kept(text))
    return _alone(target, text) if indicator is None else _aimed(indicator, target)


def _named(text: str) -> Indicator:
    """``antal besök/månad`` → *Antal besök*, month. Other strokes (``vår/höst``) stay."""
    name, period, place = text.strip(), "", ""
    if (match := _TAIL.match(name)) and match[1].strip():
        name, (period, place) = match[1].strip(), _per(match[2])
    counted = _COUNT.match(name)
    unit = counted[1] if counted else "%" if name.lower().startswith("andel ") else ""
    return Indicator(_shown(name), unit, period=period, place=place)


def _aimed(indicator: Indicator, target: Target) -> Indicator:
    return replace(
        indicator,
        unit=target.unit or indicator.unit,
        operator=target.operator,
        value=target.value,
        period=target.period or indicator.period,
        place=target.place or indicator.place,
        exact=target.exact,
    )


def _alone(target: Target, text: str) -> Indicator:
    """A target without a name of its own is named by what it counts."""
    return _aimed(Indicator(_shown(target.unit if target.unit.strip("%") else text)), target)


def _per(text: str) -> tuple[str, str]:
    words = [word.lower() for word in _PER.findall(text)]
    periods = [word for word in words if _PERIOD.match(word)]
    places = [word for word in words if not _PERIOD.match(word)]
    return "".join(periods[:1]), "".join(places[:1])


def _shown(name: str) -> str:
    name = name.strip()
    name = name[:1].upper() + name[1:]
    return name if len(name) <= NAME_LIMIT else name[: NAME_LIMIT - 1].rstrip() + "…"


def _kept(text: str) -> str:
    return text[:TEXT_LIMIT]
