"""What changed, in words: since the baseline and since the period before.

A change that may be chance is said to be so and is not judged; one that may be read both ways is
never judged.
"""

from dataclasses import dataclass
from decimal import Decimal

from flask_babel import gettext as _

from registry.effects import trend, uncertainty
from registry.effects.models import Better
from registry.effects.series import MetricSheet, events_of, sample_of
from registry.effects.trend import Direction, Point, measured
from registry.language import NBSP, short


@dataclass(frozen=True, slots=True)
class Change:
    """A change between two values.

    :param within: whether it lies within the margin of error; ``None`` when that is not known.
    :param direction: which way it went; ``None`` when that cannot or must not be said.
    """

    text: str
    within: bool | None
    direction: Direction | None

    @property
    def judgement(self) -> str:
        """The sentences after the text; empty when nothing more can be said."""
        said = []
        if self.within is True:
            said.append(_("Skillnaden ligger inom felmarginalen och kan bero på slumpen."))
        elif self.within is False:
            said.append(_("Skillnaden är större än felmarginalen."))
        if self.direction is Direction.RIGHT:
            said.append(_("Det är åt rätt håll."))
        elif self.direction is Direction.WRONG:
            said.append(_("Det är åt fel håll."))
        return " ".join(said)


def changes(sheet: MetricSheet) -> list[Change]:
    """Since the baseline, and since the period before where that is another one."""
    points = measured(sheet.reading.points)
    if not points:
        return []
    last, base = points[-1], sheet.reading.baseline
    found = []
    if base is not None and base.value is not None and base.period != last.period:
        since = (
            _("Sedan utgångsvärdet %(period)s", period=base.period)
            if base.period
            else _("Sedan utgångsvärdet")
        )
        found.append(_change(sheet, since, base, last))
    if len(points) > 1 and (base is None or points[-2].period != base.period):
        since = _("Sedan %(period)s", period=points[-2].period)
        found.append(_change(sheet, since, points[-2], last))
    return found


def _change(sheet: MetricSheet, since: str, before: Point, last: Point) -> Change:
    first, second = before.value or Decimal(0), last.value or Decimal(0)
    values = {
        "since": since,
        "change": _size(abs(second - first), sheet.reading.unit),
        "first": short(first),
        "last": _with_unit(second, sheet.reading.unit),
        "period": last.period,
    }
    if second > first:
        text = _(
            "%(since)s har värdet ökat med %(change)s, från %(first)s till %(last)s (%(period)s).",
            **values,
        )
    elif second < first:
        text = _(
            "%(since)s har värdet minskat med %(change)s, från %(first)s till %(last)s "
            "(%(period)s).",
            **values,
        )
    else:
        text = _("%(since)s är värdet oförändrat, %(last)s (%(period)s).", **values)
    within = _within(sheet, before, last) if first != second else None
    direction = None
    if within is not True and sheet.reading.better is not Better.AMBIGUOUS:
        direction = trend.direction(sheet.reading.better, first, second)
    return Change(text, within, direction)


def _within(sheet: MetricSheet, before: Point, last: Point) -> bool | None:
    """Whether chance alone may have made the difference; ``None`` when that is not known."""
    if sheet.is_share:
        samples = [_sample(sheet, point) for point in (before, last)]
        if samples[0] is None or samples[1] is None:
            return None
        return not uncertainty.shares_differ(samples[0], samples[1])
    if sheet.is_count:
        first, second = events_of(before.value), events_of(last.value)
        if first is None or second is None:
            return None
        return not uncertainty.counts_differ(first, second)
    return None


def _sample(sheet: MetricSheet, point: Point) -> tuple[int, int] | None:
    """On what a value rests; a baseline rests on what its period's own value does."""
    cell = sheet.at(point.period)
    if cell is None or cell.value != point.value:
        return None
    return sample_of(cell.value, cell.respondents)


def _size(change: Decimal, unit: str) -> str:
    if unit == "%" and change == 1:
        return _("1 procentenhet")
    if unit == "%":
        return _("%(number)s procentenheter", number=short(change))
    return _with_unit(change, unit)


def _with_unit(value: Decimal, unit: str) -> str:
    return f"{short(value)}{NBSP}{unit}" if unit else short(value)
