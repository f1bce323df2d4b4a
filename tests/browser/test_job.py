"""The registry's main job, from a spreadsheet to the follow-up, as people do it."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.browser.person import Person

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

Enter = Callable[[str], Person]
AREA = "Skydd mot olyckor;Färre bränder"
SHEET = f"""\
Nummer;Målområde;Delmål;Åtgärd;Ansvarig;Start;Slut;Effektmått;Typ
1.1.1;{AREA};Besöka äldre hemma;Räddningsnämnden;2020-01-01;2022-12-31;Hembesök (mål ≥ 400);åtgärd
1.1.2;{AREA};Öva utrymning på alla äldreboenden;;2020-01-01;;;åtgärd
1.1.3;{AREA};Lära skolklasser att släcka bränder;Brandkåren i Enköping;2020-03-01;;;åtgärd
;{AREA};Andel invånare som känner sig trygga;;;;;indikator
"""


@pytest.fixture
def sheet(tmp_path: Path) -> Path:
    file = tmp_path / "brandskydd.csv"
    file.write_text(SHEET, "utf-8")
    return file


def test_a_plan_comes_in_is_reported_on_and_followed_up(
    enter: Enter, visitor: Callable[[], Person], sheet: Path
) -> None:
    coordinator = enter("samordnare")
    import_plan(coordinator, sheet)
    publish(coordinator)
    open_round(coordinator)
    assert coordinator.title == "0 av 1 har lämnat in för Brandskydd 2021"

    approver = enter("godkannare.raddning")
    report_on_everything(approver)
    hand_in(approver, "Alla hembesök är gjorda.")
    assert "kan inte längre ändras" in approver.text
    assert approver.page.get_by_role("button", name="Spara").count() == 0

    coordinator.page.reload()
    assert coordinator.title == "1 av 1 har lämnat in för Brandskydd 2021"
    coordinator.follow("Räddningsnämnden")
    assert "412" in coordinator.text
    coordinator.write("Vad behöver kompletteras?", "Hur många av hembesöken ledde till en åtgärd?")
    coordinator.press("Lämna tillbaka för komplettering")
    assert coordinator.title == "0 av 1 har lämnat in för Brandskydd 2021"

    approver.follow("Att göra")
    approver.follow("Räddningsnämnden: Brandskydd 2021")
    assert "Hur många av hembesöken" in approver.text
    hand_in(approver, "Alla hembesök är gjorda. Vart tredje ledde till en åtgärd.")

    coordinator.page.reload()
    coordinator.follow("Räddningsnämnden")
    coordinator.press("Godkänn återrapporten")
    assert "är godkänd" in coordinator.text

    executive = enter("kommunstyrelsen")
    executive.follow("Återrapportering")
    executive.follow("Brandskydd 2021")
    executive.follow("Se uppföljningen")
    assert "Skydd mot olyckor" in executive.text
    assert "Räddningsnämnden" in executive.text

    anyone = visitor()
    anyone.go("/")
    anyone.follow("Brandskydd för alla")
    anyone.follow("Besöka äldre hemma")
    assert "Räddningsnämnden" in anyone.text


def import_plan(coordinator: Person, sheet: Path) -> None:
    coordinator.go("/plan/import")
    coordinator.field("Fil").set_input_files(sheet)
    coordinator.write("Den nya planens namn", "Brandskydd för alla")
    coordinator.press("Läs filen")
    if coordinator.title == "Vad betyder kolumnerna?":
        coordinator.press("Visa vad som händer")
    assert "3 rader av 4" in coordinator.title
    assert "Saknar ansvarig" in coordinator.text
    assert "Brandkåren i Enköping" in coordinator.text
    assert "Inte åtgärder 1" in coordinator.text
    coordinator.choose("Brandkåren i Enköping", "Räddningsnämnden")
    coordinator.press("Spara valen och visa på nytt")
    coordinator.press("Läs in 3 åtgärder")
    assert coordinator.title == "3 åtgärder är inlästa"
    assert "Andel invånare som känner sig trygga" in coordinator.text


def publish(coordinator: Person) -> None:
    coordinator.follow("Ge en åtgärd en ansvarig")
    coordinator.follow("Öva utrymning på alla äldreboenden")
    coordinator.follow("Ändra åtgärden")
    coordinator.choose("Huvudansvarig", "Räddningsnämnden")
    coordinator.press("Spara")
    assert "Räddningsnämnden" in coordinator.text
    coordinator.go("/plan/")
    coordinator.follow("Brandskydd för alla")
    coordinator.follow("Redigera planen")
    coordinator.follow("Publicera …")
    coordinator.press("Publicera")


def open_round(coordinator: Person) -> None:
    coordinator.follow("Återrapportering")
    coordinator.follow("Öppna en omgång")
    coordinator.follow("Brandskydd för alla")
    coordinator.write("Omgångens namn", "Brandskydd 2021")
    coordinator.write("Period", "2021")
    coordinator.write("Sista dag", "2030-01-31")
    coordinator.press("Öppna omgången")


def report_on_everything(person: Person) -> None:
    person.follow("Att göra")
    person.follow("Räddningsnämnden: Brandskydd 2021")
    assert "0 av 3 åtgärder är klara" in person.text
    for title, done in (
        ("Besöka äldre hemma", "412 hembesök gjordes."),
        ("Öva utrymning på alla äldreboenden", "Alla 31 boenden har övat."),
        ("Lära skolklasser att släcka bränder", "Nitton klasser kom till brandstationen."),
    ):
        person.follow(title)
        person.choose("Läge vid periodens slut", "Pågår")
        person.write("Vad har gjorts?", done)
        if "Hembesök" in person.text and done.startswith("412"):
            person.page.locator('[name^="metric-"][name$="-value"]').fill("412")
        person.press("Spara som klar")
    assert "3 av 3 åtgärder är klara" in person.text


def hand_in(person: Person, summary: str) -> None:
    person.follow("Granska och lämna in")
    person.write("Nämndens sammanfattning", summary)
    person.press("Lämna in för Räddningsnämnden")
