"""Sums that do not take what is missing for nothing, and which measures a year asks for."""

from datetime import date
from decimal import Decimal

from registry.business_plan.asked import asked, plan_year
from registry.business_plan.figures import Duty, Sum, Tally, added
from registry.business_plan.models import EntryState
from registry.plan.models import MeasureStatus


def duty(state: EntryState | None, *costs: str | None, method: bool = False) -> Duty:
    amounts = [None if one is None else Decimal(one) for one in costs]
    return Duty(1, 1, 1, state, method, (*amounts, *[None] * (4 - len(amounts))))


def test_what_is_not_stated_is_neither_counted_nor_added() -> None:
    assert Sum.of([None, None]) == Sum(None, 0, 2)
    assert Sum.of([Decimal(0), None]) == Sum(Decimal(0), 1, 2)
    assert added(None, None) is None
    assert added(None, Decimal(3)) == added(Decimal(3), None) == 3
    tally = Tally.of(
        [
            duty(EntryState.TAKEN_IN, "100", "0", method=True),
            duty(EntryState.UNDER_WAY, "50", None),
            duty(EntryState.NOT_TAKEN_IN),
            duty(None),
        ]
    )
    assert (tally.taken_in, tally.under_way, tally.not_taken_in, tally.unsaid) == (1, 1, 1, 1)
    assert tally.with_method == 1
    assert tally.planned_kr == Sum(Decimal(150), 2, 4)
    assert tally.actual_kr == Sum(Decimal(0), 1, 4)
    assert tally.planned_fte.value is None


def test_a_year_asks_for_work_that_goes_on_in_it() -> None:
    first, last = date(2021, 1, 1), date(2021, 12, 31)
    ongoing, late = MeasureStatus.ONGOING, MeasureStatus.DELAYED
    assert asked(ongoing, None, None, 2030)
    assert asked(ongoing, first, last, 2021)
    assert not asked(ongoing, first, last, 2020)
    assert not asked(ongoing, first, last, 2022)
    assert asked(late, first, last, 2022)  # what is delayed still has to be done
    assert not asked(MeasureStatus.DONE, None, None, 2021)


def test_the_year_spoken_of_lies_within_the_plan() -> None:
    begins, ends = date(2018, 7, 1), date(2022, 12, 31)
    assert plan_year(begins, ends, date(2020, 5, 1)) == 2020
    assert plan_year(begins, ends, date(2030, 5, 1)) == 2022
    assert plan_year(begins, ends, date(2010, 5, 1)) == 2018
    assert plan_year(None, None, date(2030, 5, 1)) == 2030
