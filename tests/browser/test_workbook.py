"""A board attaches a file and fills in its report in Excel, in a browser."""

import io
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest

from tests.browser.person import Person

PDF = b"%PDF-1.7 Utredning"
pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]


@pytest.mark.parametrize("width", [375], indirect=True)
def test_a_file_is_attached_and_answers_come_back_from_excel(
    enter: Callable[[str], Person], tmp_path: Path
) -> None:
    person = enter("rapportor.social")
    person.follow("Socialnämnden: 2021")
    person.follow("Öva gruppen för psykiskt och socialt stöd vid svåra händelser")
    file = {"name": "Utvärdering.pdf", "mimeType": "application/pdf", "buffer": PDF}
    person.field("Fil att bifoga").set_input_files(file)  # type: ignore[arg-type]
    person.press("Bifoga filen")
    assert "Utvärdering.pdf är bifogad." in person.page.inner_text("body")
    with person.page.expect_download() as got:
        person.page.get_by_role("link", name="Utvärdering.pdf").click()
    assert Path(got.value.path()).read_bytes() == PDF
    person.follow("Socialnämnden, 2021")

    person.follow("Fyll i återrapporten i Excel")
    with person.page.expect_download() as downloaded:
        person.page.get_by_role("link", name="Hämta arbetsboken").click()
    assert downloaded.value.suggested_filename == "Återrapport 2021 Socialnämnden.xlsx"
    downloaded.value.save_as(tmp_path / "ifylld.xlsx")
    book = openpyxl.load_workbook(tmp_path / "ifylld.xlsx")
    sheet = book["Återrapport"]
    row = next(one[0].row for one in sheet.iter_rows(min_row=4) if one[0].value == "2.5.6")
    sheet[f"D{row}"] = "Skrivet utan uppkoppling."
    sheet[f"C{row}"] = "Rullar på"
    content = io.BytesIO()
    book.save(content)
    given = {"name": "ifylld.xlsx", "mimeType": "", "buffer": content.getvalue()}
    person.field("Ifylld arbetsbok").set_input_files(given)  # type: ignore[arg-type]
    person.press("Läs filen")
    assert person.title == "Granska innan du sparar"
    assert f"Blad Återrapport, cell C{row}: Välj något i listan." in person.text
    assert "Skrivet utan uppkoppling." in person.text
    person.press("Spara som utkast")
    assert "Ett svar är sparat som utkast." in person.page.inner_text("body")
    person.follow("Öva gruppen för psykiskt och socialt stöd vid svåra händelser")
    assert person.value("Vad har gjorts?") == "Skrivet utan uppkoppling."
