"""Geometry of a line chart: where lines, dots and labels go. Pure; templates draw it.

The target has no label inside the plot, where it would collide with the line: the words beside
the chart name it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from math import ceil, floor, log10

from registry.effects.service import CHARTED_FROM, Reading
from registry.effects.trend import Point, measured
from registry.language import number

WIDTH, HEIGHT = 340, 172
TOP, BOTTOM, RIGHT = 12, 28, 16
CHARACTER = 7.0  # width of a digit at the chart's 12 px
_STEPS = (1, 2, 2.5, 5, 10)


@dataclass(frozen=True, slots=True)
class Label:
    at: str
    text: str


@dataclass(frozen=True, slots=True)
class Dot:
    x: str
    y: str
    preliminary: bool


@dataclass(frozen=True, slots=True)
class Plot:
    """``lines`` are runs of measured points: a period without value breaks the line."""

    width: int
    height: int
    left: str
    right: str
    base: str
    levels: tuple[Label, ...]
    periods: tuple[Label, ...]
    lines: tuple[str, ...]
    dots: tuple[Dot, ...]
    target: str | None


def of(reading: Reading) -> Plot | None:
    """The chart of a metric, or ``None`` when too little is measured for a line."""
    if len(measured(reading.points)) < CHARTED_FROM:
        return None
    return plot(reading.line, None if reading.goal is None else reading.goal.value)


def plot(points: Sequence[Point], target: Decimal | None = None) -> Plot:
    """Lay out a line through the points; at least one must have a value."""
    values = [float(point.value) for point in points if point.value is not None]
    shown = [*values, float(target)] if target is not None else values
    levels = scale(min(shown), max(shown))
    names = [number(Decimal(str(level))) for level in levels]
    left = 12 + CHARACTER * max(len(name) for name in names)
    at_places = places([point.period for point in points])
    low, high = levels[0], levels[-1]

    def x(place: float) -> float:
        return left + (WIDTH - RIGHT - left) * place

    def y(value: float) -> float:
        return HEIGHT - BOTTOM - (HEIGHT - BOTTOM - TOP) * (value - low) / (high - low)

    at = {
        point.period: (x(place), y(float(point.value)))
        for point, place in zip(points, at_places, strict=True)
        if point.value is not None
    }
    return Plot(
        width=WIDTH,
        height=HEIGHT,
        left=rounded(left),
        right=rounded(WIDTH - RIGHT),
        base=rounded(HEIGHT - BOTTOM),
        levels=tuple(
            Label(rounded(y(level)), name) for level, name in zip(levels, names, strict=True)
        ),
        periods=tuple(
            Label(rounded(x(at_places[index])), points[index].period)
            for index in labelled([point.period for point in points], at_places, x(1) - x(0))
        ),
        lines=tuple(
            " ".join(f"{rounded(at[one.period][0])},{rounded(at[one.period][1])}" for one in run)
            for run in runs(points)
            if len(run) > 1
        ),
        dots=tuple(
            Dot(rounded(at[one.period][0]), rounded(at[one.period][1]), one.preliminary)
            for one in measured(points)
        ),
        target=None if target is None else rounded(y(float(target))),
    )


def scale(low: float, high: float) -> list[float]:
    """Round levels around the values, three to five of them."""
    if low == high:
        low, high = low - (abs(low) or 1) / 10, high + (abs(high) or 1) / 10
    rough = (high - low) / 3
    power = 10 ** floor(log10(rough))
    step = next(power * one for one in _STEPS if power * one >= rough)
    first, last = floor(low / step), ceil(high / step)
    return [round(index * step, 6) for index in range(first, max(last, first + 2) + 1)]


def places(periods: Sequence[str]) -> list[float]:
    """Where each period stands between 0 and 1: years by their distance, others in order."""
    years = all(len(period) == 4 and period.isdigit() for period in periods)
    steps = [int(period) for period in periods] if years else list(range(len(periods)))
    span = steps[-1] - steps[0]
    return [(step - steps[0]) / span if span else 0.5 for step in steps]


def labelled(periods: Sequence[str], at: Sequence[float], width: float) -> list[int]:
    """The periods that can be named without touching the next; the last one always."""
    chosen = [len(periods) - 1]
    for index in range(len(periods) - 2, -1, -1):
        room = (at[chosen[-1]] - at[index]) * width
        if room >= CHARACTER * max(len(periods[index]), len(periods[chosen[-1]])) + 10:
            chosen.append(index)
    return chosen[::-1]


def runs(points: Sequence[Point]) -> list[list[Point]]:
    """The points between the gaps."""
    found: list[list[Point]] = [[]]
    for point in points:
        if point.value is None:
            found.append([])
        else:
            found[-1].append(point)
    return found


def rounded(value: float) -> str:
    """A coordinate as SVG has it."""
    return f"{value:.1f}"
