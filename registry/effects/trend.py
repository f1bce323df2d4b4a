"""Reading an effect metric: which way it went, whether the target is reached. Pure functions."""

import operator as compare
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from flask_babel import lazy_gettext as _l

from registry.effects.models import Better, Operator
from registry.words import Word


class Direction(Word):
    """Which way a metric went since its baseline, where one way is better than the other."""

    RIGHT = "right", _l("Rätt riktning")
    WRONG = "wrong", _l("Fel riktning")
    UNCHANGED = "unchanged", _l("Oförändrat")


@dataclass(frozen=True, slots=True)
class Point:
    """A metric's value for a period. ``None`` means not measured, which is never 0."""

    period: str
    value: Decimal | None
    preliminary: bool = False


@dataclass(frozen=True, slots=True)
class Goal:
    """A target that can be compared with: ``at least 75``."""

    operator: Operator
    value: Decimal


@dataclass(frozen=True, slots=True)
class Target:
    """A goal with the period in which it is to be reached, and the place it holds for."""

    goal: Goal
    period: str = ""
    place: str = ""


_REACHED: dict[Operator, Callable[[Decimal, Decimal], bool]] = {
    Operator.AT_LEAST: compare.ge,
    Operator.AT_MOST: compare.le,
    Operator.EQUAL: compare.eq,
    Operator.MORE: compare.gt,
    Operator.LESS: compare.lt,
}


def direction(better: Better, baseline: Decimal | None, latest: Decimal | None) -> Direction | None:
    """Which way it went, or ``None`` when that cannot be said.

    It cannot when either value is missing, nor when a change may be read both ways: more reported
    drug crimes may mean more crime or more policing.
    """
    if better is Better.AMBIGUOUS or baseline is None or latest is None:
        return None
    if latest == baseline:
        return Direction.UNCHANGED
    return Direction.RIGHT if (latest > baseline) is (better is Better.HIGHER) else Direction.WRONG


def reached(goal: Goal | None, latest: Decimal | None) -> bool | None:
    """Whether the latest value meets the target; ``None`` without target or value."""
    if goal is None or latest is None:
        return None
    return _REACHED[goal.operator](latest, goal.value)


def in_force(targets: Sequence[Target], period: str) -> Target | None:
    """The target that a value of this period is on its way to, or was to reach.

    The nearest one whose period is not before it; when all have passed, the last of them. Without
    any value the nearest one. Of several for the same period the first counts.
    """
    ahead = [one for one in targets if one.period >= period]
    if ahead:
        return min(ahead, key=lambda one: one.period)
    return max(targets, key=lambda one: one.period, default=None)


def measured(points: Iterable[Point]) -> list[Point]:
    return [point for point in points if point.value is not None]


def latest(points: Sequence[Point]) -> Point | None:
    """The last point that has a value; ``points`` are in order of period."""
    return next((point for point in reversed(points) if point.value is not None), None)


def unmeasured_since(points: Sequence[Point]) -> str:
    """The last period, when it was reported as not measured; else empty."""
    return points[-1].period if points and points[-1].value is None else ""


def with_baseline(points: Sequence[Point], period: str, value: Decimal | None) -> list[Point]:
    """The points with the baseline first, unless its period is among them or after them."""
    if value is None or not period or (points and period >= points[0].period):
        return list(points)
    return [Point(period, value), *points]
