"""A whole year, in a browser: three boards, one late, one returned, one by Excel; then the
follow-up, the decision, publication and the documents."""

import io
import re
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest
from openpyxl.worksheet.worksheet import Worksheet
from playwright.sync_api import Locator
from pypdf import PdfReader

from tests.browser.conftest import PICTURES_OF_DOCUMENTS
from tests.browser.person import Person

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]
BOARDS = ("Räddningsnämnden", "Socialnämnden", "Uppsalahem AB")


@pytest.mark.parametrize("width", [1280], indirect=True)
def test_a_year_from_the_opening_of_a_round_to_its_published_follow_up(
    enter: Callable[[str], Person], visitor: Callable[[], Person], tmp_path: Path
) -> None:
    coordinator = enter("samordnare")
    open_round(coordinator)

    reporter = enter("rapportor.social")
    reporter.go("/my-work")
    reporter.follow("Socialnämnden: 2022")
    make_all_ready(reporter)
    report = submit(enter("godkannare.social"), "Socialnämnden: 2022")

    coordinator.go(report)
    coordinator.write("Vad behöver kompletteras?", "Skriv hur många som har nåtts.")
    coordinator.press("Lämna tillbaka för komplettering")
    reporter.go("/my-work")
    assert "Återlämnad" in reporter.text
    reporter.follow("Socialnämnden: 2022")
    reporter.page.locator(".todo a").first.click()
    reporter.write("Vad har gjorts?", "Arbetet har nått 120 personer.")
    reporter.press("Spara som klar")
    report = submit(enter("godkannare.social"), "Socialnämnden: 2022")
    coordinator.go(report)
    assert "Arbetet har nått 120 personer." in coordinator.text
    coordinator.press("Godkänn återrapporten")

    housing = enter("rapportor.uppsalahem")
    housing.go("/my-work")
    housing.follow("Uppsalahem AB: 2022")
    in_excel(housing, tmp_path)
    make_all_ready(housing)
    coordinator.go(submit(enter("godkannare.uppsalahem"), "Uppsalahem AB: 2022"))
    assert "Skrivet i Excel." in coordinator.text
    coordinator.press("Godkänn återrapporten")

    round_page = coordinator.page.url
    assert coordinator.title == "2 av 3 har lämnat in för 2022"
    assert "Sen" in coordinator.page.get_by_role("row", name=re.compile("Räddning")).inner_text()
    close_and_remind(coordinator)
    public = follow_up(coordinator, enter("kommunstyrelsen"))
    coordinator.go(round_page)
    assert coordinator.page.get_by_role("button", name="Öppna omgången igen").count() == 0

    anyone = visitor()
    anyone.go(public)
    for words in ("Godkänner uppföljningen.", "Delvis i fas", "Räddningsnämnden", "Sen"):
        assert words in anyone.text
    for address, said in (
        (report, "Arbetet har nått 120 personer."),
        (f"{public}", "Godkänner uppföljningen."),
        (coordinator.page.url.partition("/rounds/")[0] + "/plan/current", "Räddningsnämnden"),
    ):
        coordinator.go(address)
        downloads(coordinator, tmp_path, said)


def open_round(person: Person) -> None:
    person.follow("Återrapportering")
    person.follow("Öppna en omgång")
    assert "Det här följer med från omgång 2021" in person.text
    person.write("Omgångens namn", "2022")
    person.write("Period", "2022")
    person.write("Öppnar", "2022-11-15")
    person.write("Sista dag att lämna in", "2023-01-31")
    for box in person.page.locator('[name="board_ids"]').all():
        label = box.evaluate("one => one.closest('label').innerText")
        box.set_checked(label.strip().startswith(BOARDS))
    person.press("Öppna omgången")
    assert person.title == "0 av 3 har lämnat in för 2022"


def make_all_ready(person: Person) -> None:
    """Go from measure to measure, take what was answered last time, look and save as ready."""
    person.page.locator(".todo a").first.click()
    for _measure in range(40):
        unchanged = person.page.get_by_role("button", name=re.compile("^Oförändrat sedan"))
        if unchanged.count() and not person.value("Vad har gjorts?"):
            press(person, re.compile("^Oförändrat sedan"))
        fill_in(person)
        following = person.page.get_by_role("button", name="Spara som klar och gå till nästa")
        last = not following.count()
        press(person, "Spara som klar" if last else "Spara som klar och gå till nästa")
        assert not person.page.locator('[aria-invalid="true"]').count(), person.text[:3000]
        if last:
            return
    raise AssertionError("there is no end to the measures")


def press(person: Person, name: str | re.Pattern[str]) -> None:
    """Without looking for faults: the form is looked through in other tests."""
    with person.page.expect_navigation(wait_until="load"):
        person.page.get_by_role("button", name=name, exact=True).first.click()


def fill_in(person: Person) -> None:
    """What last year had no answer to."""
    page = person.page
    status = person.field("Läge vid periodens slut")
    if not status.input_value():
        status.select_option("ongoing")
    if not person.value("Vad har gjorts?"):
        person.write("Vad har gjorts?", "Arbetet har gått som planerat.")
    if status.input_value() in ("delayed", "stopped"):
        if not person.value("Avvikelse"):
            person.write("Avvikelse", "Personalen räckte inte till.")
        person.field("Orsak till avvikelsen").select_option("resources")
    for metric in page.locator(".metric-entry").all():
        if not metric.locator('input[type="text"]').first.input_value():
            metric.get_by_role("checkbox").check()
    for day in page.locator('main form.fields input[type="date"]').all():
        if day.input_value():  # last year's day is not in this year
            day.fill("2022-05-01")
    for control in page.locator("main form.fields [required]").all():
        answer(control)


def answer(control: Locator) -> None:
    kind = control.evaluate("one => one.tagName + '/' + one.type")
    if kind == "SELECT/select-one":
        if not control.input_value():
            control.select_option(index=1)
    elif kind in ("INPUT/radio", "INPUT/checkbox"):
        group = control.locator("xpath=ancestor::fieldset[1]")
        if group.count() and not group.locator("input:checked").count():
            group.locator("input").first.check()
    elif not control.input_value():
        control.fill("2022-05-01" if kind.endswith("date") else "1")


def submit(person: Person, report: str) -> str:
    """Gives the address of the submitted report."""
    person.go("/my-work")
    person.follow(report)
    person.follow(re.compile("^Granska och lämna in"))
    person.press(re.compile("^Lämna in för"))
    assert "Inlämnad" in person.text
    return person.page.url


def in_excel(person: Person, folder: Path) -> None:
    person.follow("Fyll i återrapporten i Excel")
    with person.page.expect_download() as downloaded:
        person.page.get_by_role("link", name="Hämta arbetsboken").click()
    downloaded.value.save_as(folder / "ifylld.xlsx")
    book = openpyxl.load_workbook(folder / "ifylld.xlsx")
    sheet: Worksheet = book["Återrapport"]
    rows = [one[0].row for one in sheet.iter_rows(min_row=4) if one[0].value]
    for row in rows:
        sheet[f"C{row}"], sheet[f"D{row}"] = "Pågår", "Skrivet i Excel."
    content = io.BytesIO()
    book.save(content)
    given = {"name": "ifylld.xlsx", "mimeType": "", "buffer": content.getvalue()}
    person.field("Ifylld arbetsbok").set_input_files(given)  # type: ignore[arg-type]
    person.press("Läs filen")
    person.press("Spara som utkast")
    assert re.search(r"\d+ svar är sparade som utkast", person.page.inner_text("body"))


def close_and_remind(person: Person) -> None:
    person.follow("Se uppföljningen")
    person.follow("Sent och saknas")
    person.field("Nämnd eller bolag").select_option(label="Räddningsnämnden")
    person.press("Visa")
    person.follow("Skriv till nämnden om det här")
    assert "Har inte lämnat in" in person.value("Text")
    person.press("Visa vilka som får det")
    person.press("Skicka")
    assert "Utskicket är skickat." in person.page.inner_text("body")
    person.follow("Återrapportering")
    person.follow("2022")
    person.page.locator("summary", has_text="Stäng omgången").click()
    person.press("Stäng")


def follow_up(person: Person, executive: Person) -> str:
    """Texts, decision, publication; gives the public address."""
    person.follow("Se uppföljningen")
    here = person.page.url
    person.follow("Texter och beslut")
    writing = person.page.url
    person.page.locator("#area-0").get_by_role("link", name="Skriv").click()
    person.choose("Bedömning", "Delvis i fas")
    person.write("Vad visar återrapporterna?", "Två av tre har lämnat in.")
    person.write("Slutsats", "Räddningsnämnden behöver stöd.")
    person.press("Spara")
    executive.go(here)
    executive.follow("Texter och beslut")
    executive.follow("Skriv in beslutet")
    executive.write("Beslutsdatum", "2023-03-15")
    executive.write("Paragraf", "§ 45")
    executive.page.get_by_label(re.compile("^Beslut(?!a|s)")).fill("Godkänner uppföljningen.")
    executive.press("Spara")
    person.go(writing)
    person.page.locator("summary", has_text="Publicera uppföljningen").click()
    person.press("Publicera")
    assert "Godkänner uppföljningen." in person.text
    return person.page.url


def downloads(person: Person, folder: Path, said: str) -> None:
    """PDF, Word and Excel of the page that is open; the PDF says what the page does."""
    page = person.page
    page.locator(".downloads summary").click()
    for name in ("PDF", "Word", "Excel"):
        with page.expect_download() as got:
            page.locator(".downloads").get_by_role("link", name=name, exact=True).click()
        file = folder / got.value.suggested_filename
        got.value.save_as(file)
        if PICTURES_OF_DOCUMENTS:
            (Path(PICTURES_OF_DOCUMENTS) / file.name).write_bytes(file.read_bytes())
        if name == "PDF":
            text = " ".join(one.extract_text() for one in PdfReader(file).pages)
            assert said in " ".join(text.split())
        else:
            assert file.read_bytes().startswith(b"PK")
    # a page that is left for a file is, to Chromium, a request that failed
    person.wrong = [line for line in person.wrong if "net::ERR_ABORTED" not in line]
