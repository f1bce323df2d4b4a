"""A board's value for a metric: entered, corrected, and read with what it was before."""

from collections.abc import Callable

import pytest

from tests.browser.person import Person

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]


def test_a_board_enters_a_value_and_corrects_it(enter: Callable[[str], Person]) -> None:
    person = enter("rapportor.uppsalahem")
    person.follow("Effektmått")
    person.write("Sök i text", "trapphus")
    person.press("Visa")
    assert person.title == "Ett effektmått stämmer med urvalet"
    person.follow("Hyresgäster som känner sig trygga i trapphus och källare")
    assert "Sedan utgångsvärdet 2018 har värdet ökat med 8 procentenheter" in person.text
    person.follow("Fyll i ett värde")
    person.write("Period", "2022")
    person.press("Spara")
    assert "Skriv ett tal, eller välj Inte mätt." in person.text
    person.write("Värde för alla", "81,5")
    person.write("Antal svar i allt", "1 500")
    person.press("Spara")
    assert "Värdet är sparat." in person.text
    assert "1 500 svar" in person.text
    person.follow("Rätta 2022")
    person.write("Värde för alla", "80,5")
    person.write("Varför värdet ändras", "Två svar var dubbletter.")
    person.press("Spara")
    person.page.get_by_text("Rättat en gång").click()
    assert "Två svar var dubbletter." in person.text
    assert "stod 81,5" in person.text
    person.look()
