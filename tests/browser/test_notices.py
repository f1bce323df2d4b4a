"""The coordinator writes guidance and a notice; a board's people find both."""

from collections.abc import Callable

import pytest

from tests.browser.person import Person

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

Enter = Callable[[str], Person]


def test_a_notice_reaches_the_board_and_its_reading_is_seen(enter: Enter) -> None:
    coordinator = enter("samordnare")
    coordinator.follow("Utskick")
    coordinator.follow("Nytt utskick")
    for box in coordinator.page.get_by_role("checkbox").all():
        box.uncheck()
    coordinator.press("Visa vilka som får det")
    assert "Välj minst en nämnd eller ett bolag." in coordinator.text
    coordinator.write("Rubrik", "Utbildning den 12 mars")
    coordinator.write("Text", "Välkomna till **stadshuset**.")
    coordinator.page.get_by_label("Socialnämnden").check()
    coordinator.press("Visa vilka som får det")
    assert "2 personer får utskicket" in coordinator.text
    coordinator.key_press("Skicka")
    assert coordinator.text.count("Inte än") == 2

    reporter = enter("rapportor.social")
    assert reporter.title == "Att göra"
    assert "Vem kan hjälpa till?" in reporter.text
    reporter.tab_to(reporter.page.locator("summary", has_text="Så går en omgång till"))
    reporter.page.keyboard.press("Enter")
    assert "Börja i god tid" in reporter.text
    reporter.press("Utbildning den 12 mars")
    reporter.press("Jag har läst")
    reporter.go("/alerts")
    assert "Utbildning den 12 mars" in reporter.text
    reporter.go("/account/mail")

    coordinator.page.reload()
    assert coordinator.text.count("Inte än") == 1
    coordinator.go("/guidance/")
    coordinator.follow("Vad ska jag skriva om en åtgärd?")
    coordinator.follow("Ändra sidan")
    coordinator.press("Förhandsvisa")
    assert "Så här ser sidan ut" in coordinator.text
