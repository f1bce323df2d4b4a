"""A chart is laid out so that it can be read: labels apart, gaps where nothing is measured."""

from decimal import Decimal
from itertools import pairwise

import pytest
from flask import Flask

from registry.effects.charts import CHARACTER, WIDTH, Plot, plot, scale
from registry.effects.trend import Point


def points(*values: float | None, names: list[str] | None = None) -> list[Point]:
    periods = names or [str(2018 + n) for n in range(len(values))]
    return [
        Point(period, None if value is None else Decimal(str(value)))
        for period, value in zip(periods, values, strict=True)
    ]


@pytest.fixture
def app(bare_app: Flask) -> Flask:
    return bare_app


@pytest.fixture
def layout(app: Flask):
    def lay(line: list[Point], target: int | None = None) -> Plot:
        with app.test_request_context():
            return plot(line, None if target is None else Decimal(target))

    return lay


def test_the_labels_of_many_periods_do_not_touch(layout) -> None:
    names = [f"{2015 + n // 3} T{n % 3 + 1}" for n in range(18)]
    made = layout(points(*range(18), names=names))
    at = [(float(label.at), len(label.text)) for label in made.periods]
    assert made.periods[-1].text == "2020 T3"
    assert len(at) > 1
    for (x, length), (following, next_length) in pairwise(at):
        assert x + CHARACTER * length / 2 < following - CHARACTER * next_length / 2


def test_large_numbers_have_room_beside_the_axis(layout) -> None:
    made = layout(points(1_200_000, 1_450_000, 1_300_000))
    assert float(made.left) >= CHARACTER * max(len(label.text) for label in made.levels)
    assert made.levels[0].text == "1\N{NO-BREAK SPACE}200\N{NO-BREAK SPACE}000"


def test_everything_stays_inside_the_picture(layout) -> None:
    made = layout(points(3, 90, -4), target=120)
    assert all(0 <= float(dot.x) <= WIDTH and 0 <= float(dot.y) <= made.height for dot in made.dots)
    assert made.target is not None
    assert 0 <= float(made.target) <= made.height


def test_a_period_without_value_breaks_the_line(layout) -> None:
    made = layout(points(1, 2, None, 0, 5))
    assert len(made.lines) == 2
    assert len(made.dots) == 4


def test_years_stand_at_their_distance(layout) -> None:
    made = layout(points(1, 2, 3, names=["2010", "2018", "2020"]))
    first, second, last = (float(dot.x) for dot in made.dots)
    assert (second - first) / (last - first) == pytest.approx(0.8, abs=0.01)


@pytest.mark.parametrize(
    ("low", "high"), [(0, 0), (5, 5), (0.1, 0.35), (71, 78), (900, 1200), (-3, 4), (0, 1e9)]
)
def test_the_scale_holds_the_values_in_few_round_levels(low: float, high: float) -> None:
    levels = scale(low, high)
    assert 3 <= len(levels) <= 6
    assert levels[0] <= low
    assert high <= levels[-1]
