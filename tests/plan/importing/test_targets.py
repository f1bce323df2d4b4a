"""Targets written as text are read where they plainly are targets, and kept where not."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.effects.models import Better, Operator
from registry.language import number
from registry.plan.importing.targets import PERIODS, read_indicators, read_target


@pytest.mark.parametrize(
    ("text", "name", "operator", "value", "unit", "period", "place"),
    [
        ("minst 20 insatser", "Insatser", ">=", "20", "insatser", "", ""),
        ("≥900 timmar/år", "Timmar", ">=", "900", "timmar", "år", ""),
        ("mål 2", "Mål 2", "=", "2", "", "", ""),
        ("mål ≥1", "Mål ≥1", ">=", "1", "", "", ""),
        ("antal insatser/månad (mål ≥1)", "Antal insatser", ">=", "1", "insatser", "månad", ""),
        (
            "antal fotpatruller/område (mål ≥800)",
            "Antal fotpatruller",
            ">=",
            "800",
            "fotpatruller",
            "",
            "område",
        ),
        ("andel trygga (högst 3,5 %)", "Andel trygga", "<=", "3.5", "%", "", ""),
        ("fler än 1 200 besök per vecka", "Besök", ">", "1200", "besök", "vecka", ""),
    ],
)
def test_a_plain_target_is_read(text, name, operator, value, unit, period, place):
    (one,) = read_indicators(text)
    assert (one.name, one.operator, one.value) == (name, Operator(operator), Decimal(value))
    assert (one.unit, one.period, one.place, one.text) == (unit, period, place, "")


@pytest.mark.parametrize(
    "text",
    [
        "antal besök (utfall 2019: 4)",
        "antal skador (100)",
        "andel oroliga (35 % 2021, 40 % 2020)",
        "plan antagen (ja/nej)",
        "kostnad ca 300 000 kr",
        "5–10 besök",
    ],
)
def test_what_is_no_plain_target_is_kept_word_for_word(text):
    (one,) = read_indicators(text)
    assert one.value is None
    assert one.text == text


def test_what_stands_beside_a_target_is_kept():
    (one,) = read_indicators("antal kontroller/dygn (mål ≥1; utfall maj: 0,78)")
    assert one.value == 1
    assert one.text == "antal kontroller/dygn (mål ≥1; utfall maj: 0,78)"


def test_several_metrics_in_one_cell_get_names_of_their_own():
    found = read_indicators("antal brott (mål ≥52); andel unga (≥20 %); antal brott")
    assert [one.name for one in found] == ["Antal brott", "Andel unga", "Antal brott (2)"]


def test_a_cell_of_very_many_metrics_gives_fifty_and_the_last_keeps_the_rest():
    found = read_indicators("möten;;" * 48 + "beslut;" + "möten;" * 4000)
    assert [one.name for one in found[:2]] == ["Möten", "Möten (2)"]
    assert [one.name for one in found[47:49]] == ["Möten (48)", "Beslut"]
    assert len(found) == 50
    assert found[-1].text.startswith("möten;möten;möten")


def test_a_target_column_belongs_to_the_first_metric():
    first, second = read_indicators("antal möten; antal beslut", "4 per termin")
    assert (first.name, first.value, first.period, first.exact) == (
        "Antal möten",
        4,
        "termin",
        False,
    )
    assert second.value is None


def test_the_good_way_is_only_known_where_the_target_says_it():
    better = [read_indicators(text)[0].better for text in ("minst 3", "högst 3", "mål 3", "mål 0")]
    assert better == [Better.HIGHER, Better.LOWER, Better.AMBIGUOUS, Better.LOWER]


@given(st.text(max_size=300), st.text(max_size=50))
def test_no_text_is_too_strange(text, target):
    found = read_indicators(text, target)
    names = [one.name for one in found]
    assert len(set(names)) == len(names)
    for one in found:
        assert one.name.strip()
        assert (one.value is None) == (one.operator is None)


@given(
    st.sampled_from(["minst", "högst", "mer än", "mindre än", "≥", "<=", "="]),
    st.decimals(min_value=0, max_value=10**9, places=2, allow_nan=False),
    st.sampled_from(["", "insatser", "%", "nya platser", "timmar"]),
    st.sampled_from(["", *PERIODS.split("|")]),
)
def test_a_simple_target_comes_back_as_it_was_written(operator, value, unit, period):
    per = f"/{period}" if period else ""
    read = read_target(f"{operator} {number(value)} {unit}{per}")
    assert read is not None
    assert (read.value, read.unit, read.period) == (value, unit, period)
    assert read.exact
