"""A board's report form: by keyboard, with others in it, and with domains that come and go."""

import re
from collections.abc import Callable

import pytest
import sqlalchemy as sa
from flask import Flask

from registry.db import db
from registry.people.models import Board
from registry.plan.models import Measure
from registry.reporting.models import (
    ItemState,
    Report,
    ReportItem,
    ReportState,
    Round,
)
from tests.browser.person import Person

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

Enter = Callable[[str], Person]
DONE = "Tre av fyra övningar hölls.\nDen fjärde blir av i mars."


@pytest.fixture
def address(demo: Flask) -> str:
    """Socialnämnden's answer on its exercises, 2.5.6, in the open round."""
    with demo.app_context():
        item_id = db.session.scalar(
            sa.select(ReportItem.id)
            .join(ReportItem.measure)
            .join(ReportItem.report)
            .join(Report.round)
            .join(Report.board)
            .where(
                Measure.number == "2.5.6",
                Round.title == "2021",
                Board.name == "Socialnämnden",
                Report.current,
            )
        )
        return f"/reports/items/{item_id}"


def test_the_form_is_filled_in_with_the_keyboard_alone(visitor: Callable[[], Person]) -> None:
    person = visitor()
    person.go("/sign-in")
    person.type_in("E-postadress", "rapportor.social@demo.example")
    person.type_in("Lösenord", "trygg-demo-2021")
    person.key_press("Logga in")
    person.key_press("Socialnämnden: 2021", "link")
    assert "5 av 12 åtgärder är klara" in person.text
    person.tab_to(person.page.get_by_role("link", name=re.compile("Inte påbörjad")))
    waiting = person.page.get_by_role("listitem").filter(has_text="2.5.6")
    person.tab_to(waiting.get_by_role("link"))
    with person.page.expect_navigation():
        person.page.keyboard.press("Enter")
    person.look()

    address = person.page.url
    keys = person.page.keyboard
    person.tab_to(person.field("Läge vid periodens slut"))
    keys.type("Förs")
    person.type_in("Vad har gjorts?", DONE)
    person.type_in("Avvikelse", "En övning sköts upp.")
    person.tab_to(person.field("Orsak till avvikelsen"))
    keys.type("Bero")
    person.type_in("Planerade övningar", "4")
    person.type_in("Genomförda övningar", "tre")
    person.tab_to(person.page.get_by_role("radio", name="Ja"))
    keys.press("Space")
    person.type_in("Andel genomförda övningar", "sjuttiofem")
    person.key_press("Spara utkast")
    assert "Utkastet är sparat" in person.text

    person.go("/my-work")
    person.go(address)
    assert person.value("Läge vid periodens slut") == "delayed"
    assert person.value("Vad har gjorts?") == DONE
    assert person.value("Avvikelse") == "En övning sköts upp."
    assert person.value("Orsak till avvikelsen") == "dependency"
    assert person.value("Planerade övningar") == "4"
    assert person.value("Genomförda övningar") == "tre"
    assert person.value("Övningens datum") == "2021-10-21"
    assert person.page.get_by_role("radio", name="Ja").is_checked()
    assert person.value("Andel genomförda övningar") == "sjuttiofem"

    person.key_press("Spara som klar")
    summary = person.page.locator("#error-summary")
    assert summary.get_by_role("link").count() == 2
    person.tab_to(summary.get_by_role("link").first)
    keys.press("Enter")
    keys.press("Control+A")
    keys.type("3")
    person.type_in("Andel genomförda övningar", "75")
    person.key_press("Spara som klar")
    assert "2.5.6 är klar" in person.text
    assert "6 av 12 åtgärder är klara" in person.text


def test_a_domain_goes_off_in_mid_form_and_nothing_is_lost(
    enter: Enter, address: str, demo: Flask
) -> None:
    admin, reporter = enter("admin"), enter("rapportor.social")
    reporter.go(address)
    reporter.write("Vad har gjorts?", DONE)
    reporter.write("Genomförda övningar", "3")
    reporter.write("Planerade övningar", "många")

    admin.go("/admin/plugins")
    admin.press("Slå av Krisberedskap")
    reporter.press("Spara utkast")
    assert "Frågorna har ändrats" in reporter.text
    reporter.go(address)
    assert reporter.value("Vad har gjorts?") == DONE
    assert reporter.field("Genomförda övningar").count() == 0

    auditor = enter("revisor")
    auditor.go(frozen_address(demo))
    assert "Övningens form" in auditor.text
    assert "Krisberedskap" in auditor.text

    admin.press("Slå på Krisberedskap")
    reporter.go(address)
    assert reporter.value("Genomförda övningar") == "3"
    assert reporter.value("Planerade övningar") == "många"
    assert reporter.value("Vad har gjorts?") == DONE


def frozen_address(demo: Flask) -> str:
    """Räddningsnämnden's submitted report of the open round, which has a domain's answers."""
    with demo.app_context():
        report_id = db.session.scalar(
            sa.select(Report.id)
            .join(Report.round)
            .join(Report.board)
            .where(Round.title == "2021", Board.name == "Räddningsnämnden", Report.current)
        )
        return f"/reports/{report_id}"


def test_two_people_in_one_form_see_both_versions_and_choose(enter: Enter, address: str) -> None:
    first, second = enter("rapportor.social"), enter("godkannare.social")
    first.go(address)
    second.go(address)
    first.write("Vad har gjorts?", "Det som den första skrev.")
    first.write("Genomförda övningar", "2")
    first.press("Spara utkast")

    second.write("Vad har gjorts?", "Det som den andra skrev.")
    second.write("Genomförda övningar", "3")
    second.write("Avvikelse", "Bara den andra skrev här.")
    second.press("Spara utkast")
    assert "Amira Haddad har sparat medan du skrev" in second.text
    assert second.value("Vad har gjorts?") == "Det som den andra skrev."
    assert "Det som den första skrev." in second.text
    assert second.value("Avvikelse") == "Bara den andra skrev här."
    second.page.locator("input[name='choose-done'][value='theirs']").check()
    second.press("Spara utkast")
    assert "Utkastet är sparat" in second.text
    assert second.value("Vad har gjorts?") == "Det som den första skrev."
    assert second.value("Genomförda övningar") == "3"
    assert second.value("Avvikelse") == "Bara den andra skrev här."


def test_the_approver_hands_in_for_good(enter: Enter, demo: Flask, address: str) -> None:
    with demo.app_context():
        report = db.session.get_one(ReportItem, int(address.rpartition("/")[2])).report
        make_ready(report)
        report_id = report.id
    approver = enter("godkannare.social")
    approver.go(f"/reports/{report_id}")
    approver.follow("Granska och lämna in")
    approver.write("Nämndens sammanfattning", "Året gick som planerat, utom övningarna.")
    approver.press("Lämna in för Socialnämnden")
    assert "Året gick som planerat" in approver.text
    assert approver.page.locator("textarea, input:not([type=hidden])").count() == 0
    approver.go(address)
    assert "kan inte ändras" in approver.text
    assert approver.page.get_by_role("button", name=re.compile("Spara")).count() == 0
    with demo.app_context():
        assert db.session.get_one(Report, report_id).state is ReportState.SUBMITTED


def make_ready(report: Report) -> None:
    """The rest of the board's answers, without the pages."""
    for item in report.items:
        item.state = ItemState.READY
        item.status = item.status or item.measure.status
        item.done = item.done or "Arbetet har gått som planerat."
    db.session.commit()
