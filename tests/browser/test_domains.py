"""Domains in the browser: the lead's week, secret answers, a file, a board's form, an admin."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask

from registry.audit.log import acting
from registry.db import db
from registry.people.models import Clearance, User
from tests.browser.person import Person

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

Enter = Callable[[str], Person]
DOMAINS = (
    "safe_environment crime_prevention substance_abuse internal_protection cyber_security "
    "accident_protection planning_risk crisis_preparedness civil_defence"
)


def test_the_page_of_every_domain_is_sound(enter: Enter) -> None:
    coordinator = enter("samordnare")
    for name in DOMAINS.split():
        coordinator.go(f"/domain/{name}/")
        assert "Saknas och behöver åtgärdas" in coordinator.text
    coordinator.go("/deadlines")
    assert "lag (2023:196)" in coordinator.text
    coordinator.go("/domains/cyber_security/import/classifications")


def test_a_domain_lead_reads_what_is_secret_by_keyboard_alone(demo: Flask, enter: Enter) -> None:
    with demo.app_context(), acting(None):
        lead = db.session.query(User).filter_by(email="krisberedskap@demo.example").one()
        lead.clearances = [Clearance(domain="crisis_preparedness", reason="uppdrag")]
        db.session.commit()
        db.session.remove()
    person = enter("krisberedskap")
    person.key_press("Krisberedskap", "link")
    assert person.title == "Krisberedskap"
    person.follow(re.compile("^2.5.10 "))
    person.go("/measures?domain=crisis_preparedness")
    for link in person.page.get_by_role("link", name=re.compile(r"^Säkra|^Ordna|^Göra")).all():
        address = link.get_attribute("href")
        assert address is not None
        person.go(address)
        if person.page.get_by_role("link", name="Läs skyddade uppgifter").count():
            break
    assert "Skyddad uppgift (OSL 18:13)" in person.text
    person.key_press("Läs skyddade uppgifter", "link")
    assert "Varför behöver du läsa uppgifterna?" in person.text
    person.key_press("Visa uppgifterna")
    assert "Fyll i det här fältet." in person.text
    person.type_in("Varför behöver du", "Ärende KS-2021-17")
    person.key_press("Visa uppgifterna")
    assert "Det står nu i loggen att du har läst uppgifterna." in person.text
    assert "Skyddad uppgift (" not in person.text


def test_a_board_writes_a_secret_answer_and_does_not_see_it_again(enter: Enter) -> None:
    reporter = enter("rapportor.social")
    reporter.go("/my-work")
    reporter.follow(re.compile("Socialnämnden"))
    reporter.follow("Klassa socialtjänstens journaler och e-tjänster")
    assert "Säkerhetsskyddsklassificerade uppgifter får inte skrivas in" in reporter.text
    reporter.write("Brist eller sårbarhet", "Gamla nycklar går runt")
    reporter.press("Spara utkast")
    assert "Ett svar finns sparat" in reporter.text
    assert reporter.value("Brist eller sårbarhet") == ""
    assert "Gamla nycklar" not in reporter.page.content()


def test_a_coordinator_reads_a_file_into_answers(enter: Enter, tmp_path: Path) -> None:
    file = tmp_path / "klassning.csv"
    file.write_bytes("Åtgärd;Klassad den\n2.2.4;2021-03-02\n9.9.9;2021-03-02\n".encode("cp1252"))
    coordinator = enter("samordnare")
    coordinator.go("/domain/cyber_security/")
    coordinator.follow("Läs in klassningar")
    coordinator.field("Fil").set_input_files(file)
    coordinator.press("Läs filen")
    assert "Klassad den: 2021-03-02" in coordinator.text
    assert "Det finns ingen åtgärd med det numret" in coordinator.text
    coordinator.press("Spara svaren")
    assert "Svaren är sparade på en åtgärd." in coordinator.text


def test_a_domain_lead_keeps_the_list_of_exercises(enter: Enter) -> None:
    lead = enter("krisberedskap")
    lead.go("/domain/crisis_preparedness/exercises")
    lead.go("/domain/crisis_preparedness/exercises/new")
    lead.press(re.compile("^Spara|^Lägg till"))
    assert "Fyll i det här fältet." in lead.text
    lead.page.locator("#title").fill("Larmövning för krisledningen")
    lead.page.locator("#planned_on").fill("2021-10-05")
    lead.page.locator("#kind").select_option(index=1)
    lead.press(re.compile("^Spara|^Lägg till"))
    assert "Larmövning för krisledningen" in lead.text
    lead.go("/domain/crisis_preparedness/")
    assert "Larmövning för krisledningen" in lead.text


def test_an_admin_sees_what_a_domain_adds_and_clears_a_person(enter: Enter) -> None:
    admin = enter("admin")
    admin.go("/admin/plugins")
    admin.follow("Krisberedskap")
    assert "Mätt i den process" in admin.text or "Sparade svar" in admin.text
    assert "OSL 18:13" in admin.text
    admin.go("/admin/users")
    admin.follow(re.compile("Anders Bergvall"))
    admin.press("Ge behörighet")
    assert "Fyll i det här fältet." in admin.text
    admin.choose("Får läsa skyddade uppgifter i", "Krisberedskap")
    admin.write("Varför", "Uppdrag enligt beslut KS 2021-03-01")
    admin.press("Ge behörighet")
    assert "får läsa domänens skyddade uppgifter" in admin.text
