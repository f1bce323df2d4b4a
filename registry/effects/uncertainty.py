"""How much of a value, or of a change, may be chance. Pure functions on scipy's distributions.

scipy takes most of a second to import, so it is imported where it is used: on a metric's own page.
All intervals are at 95 %.
"""

from dataclasses import dataclass
from math import sqrt

CONFIDENCE = 0.95


@dataclass(frozen=True, slots=True)
class Interval:
    low: float
    high: float


def share(answered: int, of: int) -> Interval:
    """Wilson's score interval for a share of ``of`` answers, as fractions of 1.

    Source: Wilson, E. B. (1927), J. Am. Stat. Assoc. 22, 209–212; recommended for all sizes by
    Brown, Cai and DasGupta (2001), Statistical Science 16, 101–133.
    """
    from scipy.stats import binomtest

    found = binomtest(answered, of).proportion_ci(CONFIDENCE, method="wilson")
    return Interval(float(found.low), float(found.high))


def share_difference(before: tuple[int, int], after: tuple[int, int]) -> Interval:
    """Interval for the change between two shares of independent samples, as fractions of 1.

    Newcombe's hybrid score interval, made of the two Wilson intervals, without continuity
    correction: method 10 of Newcombe, R. G. (1998), Statistics in Medicine 17, 873–890.

    :param before: how many of how many.
    """
    (k1, n1), (k2, n2) = before, after
    first, second = share(k1, n1), share(k2, n2)
    p1, p2 = k1 / n1, k2 / n2
    change = p2 - p1
    return Interval(
        change - sqrt((p2 - second.low) ** 2 + (first.high - p1) ** 2),
        change + sqrt((second.high - p2) ** 2 + (p1 - first.low) ** 2),
    )


def count(events: int) -> Interval:
    """The exact interval for the expected number of events, given how many there were.

    Source: Garwood, F. (1936), Biometrika 28, 437–442, by the chi-square distribution.
    """
    from scipy.stats import chi2

    tail = (1 - CONFIDENCE) / 2
    low = float(chi2.ppf(tail, 2 * events)) / 2 if events else 0.0
    return Interval(low, float(chi2.ppf(1 - tail, 2 * events + 2)) / 2)


def counts_differ(before: int, after: int) -> bool:
    """Whether two numbers of events, of periods equally long, differ more than by chance.

    The exact conditional test: given their sum, half of the events are expected in each period.
    Source: Przyborowski, J. and Wilenski, H. (1940), Biometrika 31, 313–323.
    """
    from scipy.stats import binomtest

    both = before + after
    return both > 0 and bool(binomtest(after, both).pvalue < 1 - CONFIDENCE)


def shares_differ(before: tuple[int, int], after: tuple[int, int]) -> bool:
    """Whether the interval of :func:`share_difference` leaves out no change at all."""
    found = share_difference(before, after)
    return found.low > 0 or found.high < 0
