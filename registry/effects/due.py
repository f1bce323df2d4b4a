"""Periods of values, and when the next value is due. Pure functions."""

import re
from calendar import monthrange
from datetime import date

from registry.effects.models import Frequency

_PERIOD = re.compile(r"(\d{4})(?: T([123])|-(0[1-9]|1[0-2]))?")
_MONTHS = {
    Frequency.MONTHLY: 1,
    Frequency.TERTIAL: 4,
    Frequency.YEARLY: 12,
    Frequency.EVERY_OTHER_YEAR: 24,
}


def first_month(period: str) -> int:
    """The first month of a year, a tertial (``2021 T2``) or a month (``2021-03``), as a number.

    :raises ValueError: when it is none of them.
    """
    match = _PERIOD.fullmatch(period)
    if match is None or not 1900 <= int(match[1]) <= 2200:
        raise ValueError(period)
    within = (int(match[2]) - 1) * 4 if match[2] else int(match[3]) - 1 if match[3] else 0
    return int(match[1]) * 12 + within


def next_due(due: date, frequency: Frequency | None, last: str | None, period: str) -> date:
    """When the value after this one is due: one step later for each period that has passed.

    :param due: when this one was due; it stays where no step is known.
    :param last: the latest period that had a value before; a value for an older period or for the
        same one moves nothing.
    """
    step = _MONTHS.get(frequency) if frequency is not None else None
    if step is None or (last is not None and period <= last):
        return due
    steps = 1
    if last is not None:
        try:
            steps = max(1, round((first_month(period) - first_month(last)) / step))
        except ValueError:
            steps = 1
    year, month = divmod(due.year * 12 + due.month - 1 + steps * step, 12)
    if year > date.max.year:
        return due
    return date(year, month + 1, min(due.day, monthrange(year, month + 1)[1]))
