"""The intervals and tests agree with the published values of their sources."""

import pytest

from registry.effects.uncertainty import (
    count,
    counts_differ,
    share,
    share_difference,
    shares_differ,
)


def test_a_share_has_wilsons_interval() -> None:
    found = share(15, 50)  # a textbook's example, and Newcombe (1998), table I: 81/263, 0/20
    assert (round(found.low, 3), round(found.high, 3)) == (0.191, 0.438)
    found = share(81, 263)
    assert (round(found.low, 4), round(found.high, 4)) == (0.2553, 0.3662)
    found = share(0, 20)
    assert (round(found.low, 4), round(found.high, 4)) == (0.0, 0.1611)


@pytest.mark.parametrize(
    ("after", "before", "low", "high"),
    [  # Newcombe (1998), Statistics in Medicine 17, 873–890, table II, method 10
        ((56, 70), (48, 80), 0.0524, 0.3339),
        ((9, 10), (3, 10), 0.1705, 0.8090),
        ((10, 10), (0, 20), 0.6791, 1.0),
    ],
)
def test_a_change_of_a_share_has_newcombes_interval(
    after: tuple[int, int], before: tuple[int, int], low: float, high: float
) -> None:
    found = share_difference(before, after)
    assert (round(found.low, 4), round(found.high, 4)) == (low, high)
    assert shares_differ(before, after)


def test_a_small_change_of_a_share_is_within_the_margin() -> None:
    assert not shares_differ((71, 100), (75, 100))
    assert shares_differ((7100, 10000), (7500, 10000))


def test_a_count_has_garwoods_interval() -> None:
    for events, low, high in ((0, 0, 3.689), (1, 0.025, 5.572), (10, 4.795, 18.390)):
        found = count(events)
        assert (found.low, found.high) == pytest.approx((low, high), abs=0.001)


def test_two_counts_differ_by_the_exact_conditional_test() -> None:
    # P(X <= 5 | 20, 1/2) * 2 = 0.0414: just significant; 6 of 20 gives 0.1153
    assert counts_differ(15, 5)
    assert not counts_differ(14, 6)
    assert not counts_differ(0, 0)
