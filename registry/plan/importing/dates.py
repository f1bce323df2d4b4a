"""Start and end as people write them: days, months, quarters, years, spans and words."""

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta

_MONTHS = {
    name: number
    for number, names in enumerate(
        [
            "jan januari january",
            "feb februari february",
            "mar mars march",
            "apr april",
            "maj may",
            "jun juni june",
            "jul juli july",
            "aug augusti august",
            "sep sept september",
            "okt oktober oct october",
            "nov november",
            "dec december",
        ],
        start=1,
    )
    for name in names.split()
}
_RECURRING = re.compile(
    r"^(löpande|tills\s?vidare|årlig(en|t)?|varje år|kontinuerligt|återkommande"
    r"|ongoing|yearly|annually)$",
    re.IGNORECASE,
)
_ISO = re.compile(
    r"^(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?:[T ]\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?)?$"
)
_COMPACT = re.compile(r"^(\d{4})(\d{2})(\d{2})$")
_DAY_FIRST = re.compile(r"^(\d{1,2})[-/. ](\d{1,2})[-/. ](\d{4})$")
_NAMED = re.compile(r"^(?:(\d{1,2})\.?\s+)?([a-zåäö]+)\.?\s+(\d{4})$", re.IGNORECASE)
_MONTH = re.compile(r"^(\d{4})[-/](\d{1,2})$")
_PART = re.compile(
    r"^(?:(kvartal|q|kv|tertial|t|halvår|h)\.?\s*([1-4])[ ,/-]*(\d{4})"
    r"|(\d{4})[ ,/-]*(kvartal|q|kv|tertial|t|halvår|h)\.?\s*([1-4]))$",
    re.IGNORECASE,
)
_YEAR = re.compile(r"^(\d{4})$")
_SERIAL = re.compile(r"^(\d{5})$")
_SPAN = re.compile(
    r"^(.{4,}?)\s*(?:–|—|\btill\b|\bto\b|(?<=\d{4})-(?=\d{4})|(?<=\s)-(?=\s))\s*(.{4,})$"
)
_MONTHS_IN = {"q": 3, "k": 3, "t": 4, "h": 6}


@dataclass(frozen=True)
class When:
    """What a date cell says: first and last day, whether it was exact, whether it recurs."""

    first: date
    last: date
    exact: bool


def recurring(text: str) -> bool:
    return bool(_RECURRING.match(text.strip()))


def read(text: str) -> When | None:
    """The days that the text names, or ``None``. Years are taken from 1900 to 2199."""
    text = text.strip()
    when = _single(text)
    if when is None and (span := _SPAN.match(text)):
        first, last = _single(span[1].strip()), _single(span[2].strip())
        if first is not None and last is not None and first.first <= last.last:
            when = When(first.first, last.last, exact=False)
    if when is None or when.first.year < 1900 or when.last.year >= 2200:
        return None
    return when


def _single(text: str) -> When | None:
    try:
        if match := _ISO.match(text) or _COMPACT.match(text):
            day = date(int(match[1]), int(match[2]), int(match[3]))
            return When(day, day, exact=True)
        if match := _DAY_FIRST.match(text):
            day = date(int(match[3]), int(match[2]), int(match[1]))
            return When(day, day, exact=False)
        if match := _NAMED.match(text):
            return _named(match[1], match[2], int(match[3]))
        if match := _MONTH.match(text):
            return _months(int(match[1]), int(match[2]), 1)
        if match := _PART.match(text):
            return _part(match)
        if match := _YEAR.match(text):
            return When(date(int(match[1]), 1, 1), date(int(match[1]), 12, 31), exact=False)
        if match := _SERIAL.match(text):  # a spreadsheet's count of days, shown as a number
            day = date(1899, 12, 30) + timedelta(days=int(match[1]))
            return When(day, day, exact=False)
    except ValueError:
        return None
    return None


def _named(day: str | None, name: str, year: int) -> When | None:
    month = _MONTHS.get(name.lower())
    if month is None:
        return None
    if day is None:
        return _months(year, month, 1)
    exact = date(year, month, int(day))
    return When(exact, exact, exact=True)


def _part(match: re.Match[str]) -> When | None:
    name, number, year = (
        (match[1], match[2], match[3]) if match[1] else (match[5], match[6], match[4])
    )
    length = _MONTHS_IN[name[0].lower()]
    return _months(int(year), (int(number) - 1) * length + 1, length)


def _months(year: int, month: int, count: int) -> When:
    last = month + count - 1
    return When(date(year, month, 1), date(year, last, monthrange(year, last)[1]), exact=False)
