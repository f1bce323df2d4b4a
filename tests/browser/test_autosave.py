"""The report form saves itself, and gives back what was written when the session is lost."""

import re
from collections.abc import Callable

import pytest
import sqlalchemy as sa
from flask import Flask
from playwright.sync_api import expect

from registry.audit.log import acting
from registry.db import db, now
from registry.people.models import SignIn
from registry.reporting.models import ItemState, ReportItem
from tests.browser.person import Person
from tests.browser.test_report_form import address

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

__all__ = ["address"]
Enter = Callable[[str], Person]
SAVED = re.compile(r"Sparat \d\d:\d\d")
TYPED = "Tre av fyra övningar hölls.\nDen fjärde blir av i mars."


def test_what_is_typed_is_saved_and_outlives_a_lost_session(
    enter: Enter, address: str, demo: Flask
) -> None:
    person = enter("rapportor.social")
    person.go(address)
    assert "5 av 12 klara" in person.text
    status = person.page.locator("#save-status")
    person.write("Vad har gjorts?", "Tre")
    person.field("Vad har gjorts?").press_sequentially(" övningar.")
    expect(status).to_have_text(SAVED)
    stored = stored_at(demo, address)
    assert (stored.done, stored.state) == ("Tre övningar.", ItemState.DRAFT)

    with demo.app_context(), acting(None):
        db.session.execute(sa.update(SignIn).values(ended_at=now()), execution_options=LOGGED)
        db.session.commit()
    person.write("Vad har gjorts?", TYPED)
    person.write("Planerade övningar", "fyra")
    signed_out = person.page.locator("#draft-signed-out")
    expect(signed_out).to_be_visible()
    person.look()
    assert stored_at(demo, address).done == "Tre övningar."

    person.follow("Logga in igen", within=signed_out)
    person.write("E-postadress", "rapportor.social@demo.example")
    person.write("Lösenord", "trygg-demo-2021")
    person.press("Logga in")
    assert person.page.url.endswith(address)
    refused = [line for line in person.wrong if "403" in line]
    assert refused
    person.wrong = [line for line in person.wrong if line not in refused]
    assert person.value("Vad har gjorts?") == TYPED
    assert person.value("Planerade övningar") == "fyra"
    expect(status).to_have_text(SAVED)
    expect(person.page.locator("#draft-back")).to_be_visible()
    assert "Texten du skrev är tillbaka och sparad." in person.text
    assert stored_at(demo, address).done == TYPED

    person.write("Avvikelse", "En sköts upp.")  # and at once, before it has saved itself:
    person.choose("Orsak till avvikelsen", "Tid")
    person.press("Spara utkast")
    assert "Utkastet är sparat" in person.text  # it was no conflict with oneself
    assert person.value("Avvikelse") == "En sköts upp."
    assert person.page.locator("#draft-back").is_hidden()

    person.page.route("**/reports/items/*", lambda route: route.abort())
    person.write("Avvikelse", "Ingen kontakt.")
    expect(person.page.locator("#draft-offline")).to_be_visible()
    assert "Ingen kontakt." in kept(person)
    person.page.unroute("**/reports/items/*")
    person.wrong = [
        line for line in person.wrong if "failed" not in line.lower() and "htmx:" not in line
    ]
    person.go("/my-work")
    person.page.locator(".account-menu:not(.more-menu) > summary").click()
    person.press("Logga ut")
    assert kept(person) == ""  # nothing is left for whoever sits here next


def kept(person: Person) -> str:
    return str(person.page.evaluate("Object.values(sessionStorage).join()"))


def test_a_table_is_filled_in_by_keyboard(enter: Enter, address: str, demo: Flask) -> None:
    person = enter("rapportor.social")
    person.follow(re.compile("Socialnämnden"))
    person.follow("Fyll i som tabell")
    rows, keys = person.page.locator("tr[data-row]"), person.page.keyboard
    row = rows.filter(has_text="1.3.1 ")
    other = rows.filter(has_text="1.3.3 ")
    person.tab_to(row.get_by_label("Läge vid periodens slut"))
    keys.type("Pågå")
    person.tab_to(row.get_by_label("Vad har gjorts?"))
    keys.type("Två grupper.")
    keys.press("Shift+Enter")
    keys.type("En till i höst.")
    keys.press("Enter")
    expect(other.get_by_label("Vad har gjorts?")).to_be_focused()
    expect(row.locator(".row-saved")).to_have_text(SAVED)
    person.tab_to(other.get_by_role("checkbox"))
    keys.press("Space")
    expect(other.locator(".row-saved")).to_contain_text("Läge vid periodens slut: Fyll i")
    person.look()
    row.get_by_role("checkbox").check()
    expect(row.locator("[id^=state-]")).to_have_text("Klar")
    link = row.get_by_role("link", name=re.compile("^1.3.1")).get_attribute("href")
    assert link is not None
    stored = stored_at(demo, link)
    assert (stored.done, stored.state) == ("Två grupper.\nEn till i höst.", ItemState.READY)


LOGGED = {"logged": True}


def stored_at(demo: Flask, address: str) -> ReportItem:
    with demo.app_context():
        found = db.session.get_one(ReportItem, int(address.rpartition("/")[2]))
        db.session.expunge(found)
        return found
