"""Layout of a chart with several series, for a metric's page and its pictures. Pure.

Series differ by dash and marker, not by colour alone. Colours are written out, for the picture
must stand without a style sheet.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from registry.effects.charts import Label, labelled, places, rounded, runs, scale
from registry.effects.trend import Point
from registry.effects.uncertainty import Interval
from registry.language import number

CHARACTER = 7.6  # width of a digit at the picture's 13 px
TOP, BOTTOM, RIGHT = 14, 32, 18


@dataclass(frozen=True, slots=True)
class Style:
    colour: str
    dash: str
    marker: str


OWN = Style("#0062ba", "", "circle")
WOMEN = Style("#7f3f98", "7 3", "triangle")
MEN = Style("#00706b", "2 3", "square")
OTHERS = (
    Style("#5c5c5c", "8 3 2 3", "diamond"),
    Style("#a34700", "4 4", "square"),
    Style("#8c1a56", "1 4", "triangle"),
    Style("#6b5900", "10 3", "circle"),
)
TARGET = Style("#068718", "5 4", "flag")
BASELINE = Style("#0062ba", "", "ring")


@dataclass(frozen=True, slots=True)
class Series:
    """What is to be drawn: ``points`` in order of period, with margins by period where known."""

    label: str
    points: Sequence[Point]
    style: Style
    margins: tuple[tuple[str, Interval], ...] = ()


@dataclass(frozen=True, slots=True)
class Mark:
    path: str
    hollow: bool


@dataclass(frozen=True, slots=True)
class Whisker:
    x: str
    low: str
    high: str


@dataclass(frozen=True, slots=True)
class Drawn:
    label: str
    style: Style
    lines: tuple[str, ...]
    marks: tuple[Mark, ...]
    whiskers: tuple[Whisker, ...]


@dataclass(frozen=True, slots=True)
class Figure:
    """A chart laid out; ``target`` is the height of the line of the target in force."""

    width: int
    height: int
    left: str
    right: str
    base: str
    levels: tuple[Label, ...]
    periods: tuple[Label, ...]
    series: tuple[Drawn, ...]
    target: str | None
    extra: tuple[Drawn, ...]


def lay_out(
    series: Sequence[Series],
    *,
    target: float | None = None,
    targets: Sequence[Point] = (),
    baseline: Point | None = None,
    labels: tuple[str, str] = ("", ""),
    width: int = 460,
    height: int = 260,
) -> Figure | None:
    """Lay out the series on one pair of axes; ``None`` when nothing has a value.

    :param target: the height of the target in force.
    :param targets: targets with a period; each gets a mark there.
    :param labels: what target and baseline are called in the legend.
    """
    extra = [Series(labels[0], targets, TARGET)] if targets else []
    if baseline is not None and baseline.period and baseline.value is not None:
        extra.append(Series(labels[1], [baseline], BASELINE))
    everything = [*series, *extra]
    values = [float(p.value) for one in everything for p in one.points if p.value is not None]
    if not any(point.value is not None for one in series for point in one.points):
        return None
    for one in series:
        values += [end for _period, margin in one.margins for end in (margin.low, margin.high)]
    if target is not None:
        values.append(target)
    levels = scale(min(values), max(values))
    names = [number(level) for level in levels]
    left = 12 + CHARACTER * max(len(name) for name in names)
    periods = sorted({point.period for one in everything for point in one.points})
    at = dict(zip(periods, places(periods), strict=True))

    def x(period: str) -> float:
        return left + (width - RIGHT - left) * at[period]

    def y(value: float) -> float:
        room = height - BOTTOM - TOP
        return height - BOTTOM - room * (value - levels[0]) / (levels[-1] - levels[0])

    def draw(one: Series) -> Drawn:
        spots = {
            point.period: (x(point.period), y(float(point.value)))
            for point in one.points
            if point.value is not None
        }
        joined = one.style not in (TARGET, BASELINE)
        return Drawn(
            one.label,
            one.style,
            tuple(
                " ".join(",".join(map(rounded, spots[point.period])) for point in run)
                for run in runs(one.points)
                if len(run) > 1 and joined
            ),
            tuple(
                Mark(marker(one.style.marker, *spots[point.period]), point.preliminary)
                for point in one.points
                if point.value is not None
            ),
            tuple(
                Whisker(rounded(x(period)), rounded(y(margin.low)), rounded(y(margin.high)))
                for period, margin in one.margins
                if period in spots
            ),
        )

    shown = labelled(periods, [at[period] for period in periods], width - RIGHT - left)
    return Figure(
        width=width,
        height=height,
        left=rounded(left),
        right=rounded(width - RIGHT),
        base=rounded(height - BOTTOM),
        levels=tuple(
            Label(rounded(y(level)), name) for level, name in zip(levels, names, strict=True)
        ),
        periods=tuple(Label(rounded(x(periods[n])), periods[n]) for n in shown),
        series=tuple(draw(one) for one in series),
        target=None if target is None else rounded(y(target)),
        extra=tuple(draw(one) for one in extra),
    )


def marker(kind: str, x: float, y: float) -> str:
    """The outline of a marker around a point, as an SVG path."""
    if kind == "square":
        return f"M{x - 4:.1f},{y - 4:.1f}h8v8h-8z"
    if kind == "triangle":
        return f"M{x:.1f},{y - 5:.1f}l5,9h-10z"
    if kind == "diamond":
        return f"M{x:.1f},{y - 5.5:.1f}l5.5,5.5l-5.5,5.5l-5.5,-5.5z"
    if kind == "flag":
        return f"M{x - 7:.1f},{y - 2:.1f}h14v4h-14z"
    radius = 7 if kind == "ring" else 4
    return (
        f"M{x - radius:.1f},{y:.1f}a{radius},{radius} 0 1 0 {2 * radius},0"
        f"a{radius},{radius} 0 1 0 {-2 * radius},0z"
    )
