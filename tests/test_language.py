"""Numbers as people read and write them, in both languages."""

from decimal import Decimal

import pytest
from flask_babel import force_locale

from registry.language import as_number, file_size, in_field, number, parse_number, short


@pytest.mark.parametrize("language", ["sv", "en"])
@pytest.mark.parametrize("value", ["1234.5", "1234", "-0.25", "1000000"])
def test_a_field_shows_a_number_so_that_it_reads_back(
    texts: None, language: str, value: str
) -> None:
    with force_locale(language):
        assert parse_number(in_field(Decimal(value))) == Decimal(value)


def test_a_file_has_a_size_that_can_be_read(texts: None) -> None:
    shown = [file_size(size).replace("\N{NO-BREAK SPACE}", " ") for size in (5, 40_009, 1_234_567)]
    assert shown == ["0,1 kB", "40 kB", "1,2 MB"]
    with force_locale("en"):
        assert number(Decimal("1234.5")) == "1,234.5"


def test_a_number_in_running_text_has_at_most_two_decimals_and_never_becomes_nothing(
    texts: None,
) -> None:
    read = {"77.7778": "77,78", "81.0345": "81,03", "5": "5", "0": "0", "0.0555": "0,06"}
    read |= {"0.0045": "0,0045", "-0.00123": "−0,0012"}
    assert {value: short(Decimal(value)) for value in read} == read
    assert (as_number("66.6667"), short(None)) == ("66,67", "–")
