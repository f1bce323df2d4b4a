"""Dates as people write them."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.plan.importing.dates import read, recurring


@pytest.mark.parametrize(
    ("text", "first", "last", "exact"),
    [
        ("2024-03-09", "2024-03-09", "2024-03-09", True),
        ("20240309", "2024-03-09", "2024-03-09", True),
        ("2024/3/9", "2024-03-09", "2024-03-09", True),
        ("2024-03-09 00:00:00", "2024-03-09", "2024-03-09", True),
        ("9 mars 2024", "2024-03-09", "2024-03-09", True),
        ("9/3 2024", "2024-03-09", "2024-03-09", False),
        ("mars 2024", "2024-03-01", "2024-03-31", False),
        ("2024-02", "2024-02-01", "2024-02-29", False),
        ("2024", "2024-01-01", "2024-12-31", False),
        ("kvartal 2 2024", "2024-04-01", "2024-06-30", False),
        ("2024 T3", "2024-09-01", "2024-12-31", False),
        ("2018–2022", "2018-01-01", "2022-12-31", False),
        ("2018-2022", "2018-01-01", "2022-12-31", False),
        ("hösten 2023 - våren 2024", None, None, None),
        ("45000", "2023-03-15", "2023-03-15", False),
    ],
)
def test_days_are_read(text, first, last, exact):
    when = read(text)
    if first is None:
        assert when is None
        return
    assert when is not None
    assert (when.first, when.last) == (date.fromisoformat(first), date.fromisoformat(last))
    assert when.exact is exact


@pytest.mark.parametrize(
    "text", ["", "2024-13-01", "31 februari 2024", "snart", "0001-01-01", "9999"]
)
def test_what_is_no_date_is_none(text):
    assert read(text) is None


def test_words_for_recurring_work():
    assert recurring("Löpande")
    assert recurring("tills vidare")
    assert not recurring("2024")


@given(st.text(max_size=40))
def test_no_text_is_too_strange(text):
    when = read(text)
    assert when is None or when.first <= when.last
