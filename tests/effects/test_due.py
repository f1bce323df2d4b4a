"""When the next value is due, and which target a value is on its way to."""

import re
from datetime import date
from decimal import Decimal

import pytest

from registry.effects.due import first_month, next_due
from registry.effects.models import Frequency, Operator
from registry.effects.trend import Goal, Target, in_force

MARCH = date(2022, 3, 31)


@pytest.mark.parametrize(
    ("frequency", "last", "period", "expected"),
    [
        (Frequency.YEARLY, "2020", "2021", date(2023, 3, 31)),
        (Frequency.YEARLY, None, "2021", date(2023, 3, 31)),
        (Frequency.YEARLY, "2019", "2021", date(2024, 3, 31)),  # a year was passed over
        (Frequency.YEARLY, "2021", "2020", MARCH),  # an older period moves nothing
        (Frequency.YEARLY, "2021", "2021", MARCH),
        (Frequency.EVERY_OTHER_YEAR, "2019", "2021", date(2024, 3, 31)),
        (Frequency.TERTIAL, "2021 T2", "2021 T3", date(2022, 7, 31)),
        (Frequency.MONTHLY, "2022-01", "2022-02", date(2022, 4, 30)),  # April has 30 days
        (Frequency.OTHER, "2020", "2021", MARCH),
        (Frequency.YEARLY, "läsåret 2020", "läsåret 2021", date(2023, 3, 31)),
    ],
)
def test_the_day_moves_on_by_the_periods_that_have_passed(
    frequency: Frequency, last: str | None, period: str, expected: date
) -> None:
    assert next_due(MARCH, frequency, last, period) == expected


def test_a_period_is_a_year_a_tertial_or_a_month() -> None:
    assert first_month("2021 T2") - first_month("2021") == 4
    assert first_month("2021-03") - first_month("2021") == 2
    for written in ("21", "2021 T4", "2021-13", "2021 t1", " 2021", "2021–2022", ""):
        with pytest.raises(ValueError, match=f"^{re.escape(written)}$"):
            first_month(written)


def test_the_target_in_force_is_the_next_one_and_at_last_the_last() -> None:
    def target(number: int, period: str) -> Target:
        return Target(Goal(Operator.AT_LEAST, Decimal(number)), period)

    targets = [target(75, "2022"), target(70, "2020"), target(80, "2024"), target(74, "2022")]
    assert in_force(targets, "2019") == targets[1]
    assert in_force(targets, "2020") == targets[1]
    assert in_force(targets, "2021") == targets[0], "of two for one period the first counts"
    assert in_force(targets, "2025") == targets[2]
    assert in_force(targets, "") == targets[1]
    assert in_force([], "2020") is None
