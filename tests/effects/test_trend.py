"""A metric is read without saying more than its values do."""

from decimal import Decimal

import pytest

from registry.effects.models import Better, Operator
from registry.effects.service import joined
from registry.effects.trend import (
    Direction,
    Goal,
    Point,
    direction,
    latest,
    reached,
    unmeasured_since,
    with_baseline,
)


def point(period: str, value: int | None) -> Point:
    return Point(period, None if value is None else Decimal(value))


@pytest.mark.parametrize(
    ("better", "baseline", "now", "expected"),
    [
        (Better.HIGHER, 60, 70, Direction.RIGHT),
        (Better.HIGHER, 60, 50, Direction.WRONG),
        (Better.LOWER, 60, 50, Direction.RIGHT),
        (Better.LOWER, 60, 70, Direction.WRONG),
        (Better.LOWER, 60, 60, Direction.UNCHANGED),
        (Better.HIGHER, 5, 0, Direction.WRONG),
    ],
)
def test_the_direction_follows_which_way_is_better(
    better: Better, baseline: int, now: int, expected: Direction
) -> None:
    assert direction(better, Decimal(baseline), Decimal(now)) is expected


@pytest.mark.parametrize(
    ("better", "baseline", "now"),
    [
        (Better.AMBIGUOUS, 60, 70),
        (Better.AMBIGUOUS, 60, 60),
        (Better.HIGHER, None, 70),
        (Better.HIGHER, 60, None),
    ],
)
def test_no_direction_is_claimed_when_it_is_ambiguous_or_a_value_is_missing(
    better: Better, baseline: int | None, now: int | None
) -> None:
    first = None if baseline is None else Decimal(baseline)
    last = None if now is None else Decimal(now)
    assert direction(better, first, last) is None


@pytest.mark.parametrize(
    ("operator", "met", "missed"),
    [
        (Operator.AT_LEAST, 75, 74),
        (Operator.AT_MOST, 75, 76),
        (Operator.EQUAL, 75, 76),
        (Operator.MORE, 76, 75),
        (Operator.LESS, 74, 75),
    ],
)
def test_a_target_is_reached_by_its_own_operator(operator: Operator, met: int, missed: int) -> None:
    goal = Goal(operator, Decimal(75))
    assert reached(goal, Decimal(met)) is True
    assert reached(goal, Decimal(missed)) is False


def test_nothing_is_said_of_a_target_without_value_or_a_value_without_target() -> None:
    assert reached(Goal(Operator.AT_MOST, Decimal(0)), None) is None
    assert reached(None, Decimal(3)) is None


def test_a_period_that_was_not_measured_is_not_the_latest_value() -> None:
    points = [point("2019", 5), point("2020", 0), point("2021", None)]
    assert latest(points) == point("2020", 0)
    assert unmeasured_since(points) == "2021"
    assert unmeasured_since(points[:2]) == ""
    assert latest([point("2021", None)]) is None


def test_the_baseline_begins_the_line_only_when_it_comes_before_it() -> None:
    points = [point("2018", 5), point("2019", 6)]
    assert with_baseline(points, "2017", Decimal(4))[0] == point("2017", 4)
    assert with_baseline(points, "2018", Decimal(4)) == points
    assert with_baseline(points, "", Decimal(4)) == points


def test_a_board_goes_on_with_the_series_that_was_there_before_it() -> None:
    earlier = [point("2018", 5), point("2019", 6)]
    later = [point("2020", 8), point("2019", 7)]
    assert joined(earlier, later) == [point("2018", 5), point("2019", 7), point("2020", 8)]
