"""A board fills in its own plan of the year with the keyboard alone."""

from collections.abc import Callable

import pytest

from tests.browser.person import Person

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]


def test_a_board_copies_last_year_and_fills_in_its_plan(enter: Callable[[str], Person]) -> None:
    person = enter("rapportor.social")
    person.follow("Verksamhetsplaner")
    assert person.title == "Verksamhetsplan 2022"
    person.key_press("Kopiera från 2021", role="link")
    assert "Det som redan är ifyllt ändras inte." in person.text
    person.key_press("Kopiera 8 åtgärder")
    assert "8 åtgärder är kopierade." in person.text
    assert person.value("Var i planen för 1.2.3") == "Verksamhetsplan 2022, avsnitt 3.2"

    person.tab_to(person.field("Läge för 1.2.3"))
    person.page.keyboard.type("Inta")
    person.type_in("Paragraf för 1.2.3", "§ 12")
    person.type_in("Planerat, kr för 1.2.3", "dyrt")
    person.tab_to(person.field("Läge för 1.2.8"))
    person.page.keyboard.type("Tas")
    person.type_in("Skäl för 1.2.8", "Polisen tar över arbetet under året.")
    with person.page.expect_navigation(wait_until="load"):
        person.page.keyboard.press("Enter")
    person.look()
    assert "En åtgärd är sparad." in person.text
    assert person.value("Planerat, kr för 1.2.3") == "dyrt"
    assert person.value("Läge för 1.2.3") == "taken_in"
    person.type_in("Planerat, kr för 1.2.3", "2 300 000")
    with person.page.expect_navigation(wait_until="load"):
        person.page.keyboard.press("Enter")
    person.look()
    person.follow("Alla nämnder och bolag")
    row = person.page.get_by_role("row").filter(has_text="Socialnämnden").inner_text()
    assert row.replace("\N{NO-BREAK SPACE}", " ").count("8 050 000 kr") == 1
