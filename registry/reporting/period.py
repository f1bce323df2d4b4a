"""The period a round reports on: a year (``2021``) or a tertial (``2021 T2``)."""

import re
from calendar import monthrange
from datetime import date

_PERIOD = re.compile(r"(\d{4})(?: T([123]))?")


def bounds(period: str) -> tuple[date, date]:
    """First and last day of a period.

    :raises ValueError: when it is neither a year nor a tertial.
    """
    match = _PERIOD.fullmatch(period.strip())
    if match is None or not 1990 <= int(match[1]) <= 2200:
        raise ValueError(period)
    year = int(match[1])
    if match[2] is None:
        return date(year, 1, 1), date(year, 12, 31)
    last = int(match[2]) * 4
    return date(year, last - 3, 1), date(year, last, monthrange(year, last)[1])
