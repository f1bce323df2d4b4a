"""What the chart of a metric shows, and of several that are compared."""

from collections.abc import Sequence

from flask_babel import gettext as _

from registry.effects.figure import MEN, OTHERS, OWN, WOMEN, Figure, Series, Style, lay_out
from registry.effects.models import Gender, ValueStatus
from registry.effects.series import MetricSheet
from registry.effects.service import Reading
from registry.effects.trend import Point

WIDE = (720, 360)


def of(sheet: MetricSheet, *, size: tuple[int, int] = (460, 270)) -> Figure | None:
    """The metric's own series, by gender where it has them, its comparisons, baseline, targets."""
    reading = sheet.reading
    width, height = size
    return lay_out(
        [*_own(sheet), *_compared_with(sheet)],
        target=None if reading.goal is None else float(reading.goal.value),
        targets=[
            Point(one.period, one.goal.value)
            for one in sheet.targets
            if one.period and (not one.place or len(sheet.targets) == 1)
        ],
        baseline=reading.baseline,
        labels=(_("Mål"), _("Utgångsvärde")),
        width=width,
        height=height,
    )


def _own(sheet: MetricSheet) -> list[Series]:
    margins = tuple(
        (line.period, cell.margin)
        for line in sheet.lines
        if (cell := line.cells.get(Gender.TOTAL)) is not None and cell.margin is not None
    )
    found = []
    if sheet.reading.points:
        label = _("Alla") if len(sheet.genders) > 1 else _("Utfall")
        found.append(Series(label, sheet.reading.points, OWN, margins))
    else:
        found += _by_board(sheet)
    for gender, style in ((Gender.WOMEN, WOMEN), (Gender.MEN, MEN)):
        points = sheet.points(gender)
        if points:
            found.append(Series(str(gender.label), points, style))
    return found


def _by_board(sheet: MetricSheet) -> list[Series]:
    """Where several boards count for themselves and nothing is common to them."""
    boards: dict[str, list[Point]] = {}
    for line in sorted(sheet.lines, key=lambda line: line.period):
        cell = line.cells.get(Gender.TOTAL)
        if cell is not None:
            preliminary = line.status is ValueStatus.PRELIMINARY
            points = boards.setdefault(line.board or "", [])
            points.append(Point(line.period, cell.value, preliminary))
    return [
        Series(name, points, style)
        for (name, points), style in zip(boards.items(), _styles(len(boards)), strict=True)
    ]


def _compared_with(sheet: MetricSheet) -> list[Series]:
    return [
        Series(one.name, one.points[Gender.TOTAL], OTHERS[n % len(OTHERS)])
        for n, one in enumerate(sheet.comparisons)
        if one.points.get(Gender.TOTAL)
    ]


def compared(readings: Sequence[Reading]) -> Figure | None:
    """Several metrics of one unit on one pair of axes."""
    styles = _styles(len(readings))
    return lay_out(
        [
            Series(reading.name, reading.line, style)
            for reading, style in zip(readings, styles, strict=True)
        ],
        width=WIDE[0],
        height=WIDE[1],
    )


def _styles(count: int) -> list[Style]:
    known = [OWN, WOMEN, MEN, *OTHERS]
    return [known[n % len(known)] for n in range(count)]
