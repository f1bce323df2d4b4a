"""The same document in five formats: the same figures, what is missing, what is withheld."""

import csv
import io
import json
import zipfile
from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal

import openpyxl
import pypdf
import pytest
from docx import Document as open_docx
from flask import Flask
from hypothesis import example, given, settings
from hypothesis import strategies as st

from registry.db import db
from registry.documents import csv as csv_writer
from registry.documents import pdf, service
from registry.documents.document import (
    Chart,
    Column,
    Document,
    Entry,
    Fact,
    Paragraph,
    Part,
    Section,
    Subject,
    Table,
    Tell,
    amount,
    missing,
    on,
    text,
    withheld,
)
from registry.reporting.models import Report
from tests.documents.conftest import FORMATS, MARKER, Clients, figures_of, text_of

Fetch = Callable[..., bytes]
SVG = (
    '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9">'
    '<rect width="9" height="9"/></svg>'
)


def structure(reader: pypdf.PdfReader) -> list[tuple[str, str]]:
    """The tags of a PDF from top to bottom, each with its alternative text."""
    found: list[tuple[str, str]] = []

    def walk(node: object) -> None:
        node = node.get_object() if hasattr(node, "get_object") else node
        if isinstance(node, list):
            for child in node:
                walk(child)
        elif isinstance(node, dict):
            if "/S" in node:
                found.append((str(node["/S"]), str(node.get("/Alt", ""))))
            if "/K" in node:
                walk(node["/K"])

    walk(reader.trailer["/Root"]["/StructTreeRoot"])
    return found


def sample(said: str = "Å ä ö", rows: int = 3) -> Document:
    """Every kind of block there is."""
    columns = (Column("name", "Namn", 3), Column("value", "Tal", is_number=True))
    table = Table(
        "things", "Tabell", columns, tuple((text(said), amount(at)) for at in range(rows))
    )
    answers = Part("Del", ((said, withheld("OSL 18:13")), ("Saknas", missing("not_measured"))))
    return Document(
        subject=Subject.REPORT,
        title=said or "Titel",
        subtitle=said,
        municipality="Kommunen",
        language="sv",
        day=date(2026, 1, 31),
        name="prov",
        facts=(Fact("day", "Dag", on(date(2026, 1, 31))),),
        sections=(
            Section(1, "Ett", (Paragraph(said), answers)),
            Section(2, "Två", (Entry(said or "x", amount(1), (answers,), said), table)),
            Section(1, "Tre", (Chart("Bild", SVG, "En ruta", 50),)),
        ),
        data=(table,),
        notice=said,
        summary=said,
        size=1,
    )


def test_a_report_says_the_same_in_all_formats(reported: Report, fetch: Fetch) -> None:
    files = {name: fetch(f"/documents/report/{reported.id}", name) for name in FORMATS}
    for name, content in files.items():
        said = text_of(content, name)
        assert MARKER not in said, name
        assert "Skyddaduppgift(OSL18:8)" in said, name
        assert "Intemätt" in said, name
        assert "{{7*7}}" in said, name  # what people write is never a template's tag
        assert "Socialnämnden" in said, name
        assert "Radtvå" in said, name
        for figure in ("1234,5", "83,5", "66"):
            assert figure in said or figure.replace(",", ".") in said, (name, figure)
    figures = figures_of(files["json"], "json")
    assert figures["Tal"] == {Decimal(n): 1 for n in ("1234.5", "66", "0")} | {Decimal("83.5"): 2}
    assert figures_of(files["csv"], "csv", set(figures)) == figures
    del figures["data_version"]
    assert figures_of(files["xlsx"], "xlsx") == figures | {"Svar": figures["Tal"]}


def test_json_holds_all_that_was_frozen(reported: Report, fetch: Fetch) -> None:
    said = json.loads(fetch(f"/documents/report/{reported.id}", "json"))
    assert (said["schema"], said["subject"]) == ("measure-registry/document/1", "report")
    assert said["facts"]["state"]["value"] == {"value": "submitted", "label": "Inlämnad"}
    (measure,) = said["tables"]["measures"]["rows"]
    assert measure["done"] == "=2+2 är gjort.\nRad två \N{GRINNING FACE}"
    answers = {row["name"]: row for row in said["tables"]["answers"]["rows"]}
    secret = answers["weakness"]
    assert secret["answer"] == {
        "withheld": "OSL 18:8",
        "label": "Skyddad uppgift (OSL 18:8)",
    }
    assert secret["value"] is None
    assert secret["state"]["value"] == "withheld"
    assert answers["incidents"]["answer"] == {"value": 0} or answers["incidents"]["answer"] == 0
    assert answers["cyber_check_level"]["answer"]["missing"] == "not_answered"
    assert answers["cyber_check_level"]["domain"] == "cyber_security"
    labels = {row["label"]: row for row in said["tables"]["answers"]["rows"]}
    assert labels["Tid till åtgärd"]["answer"] == {"missing": "not_measured", "label": "Inte mätt"}
    assert labels["Klassade system"]["unit"] == "st"


def test_excel_and_csv_hold_numbers_dates_and_no_formulas(reported: Report, fetch: Fetch) -> None:
    book = openpyxl.load_workbook(io.BytesIO(fetch(f"/documents/report/{reported.id}", "xlsx")))
    assert book.sheetnames == ["Läs mig", "Åtgärder", "Svar och effektvärden"]
    sheet = book["Åtgärder"]
    heads = {cell.value: cell.column - 1 for cell in sheet[1]}
    row = list(sheet[2])
    done = row[heads["Vad har gjorts?"]]
    assert (done.value[:6], done.data_type) == ("=2+2 ä", "s")
    assert isinstance(row[heads["Ifylld"]].value, datetime)
    assert sheet.freeze_panes == "C2"
    assert sheet.auto_filter.ref is not None
    answers = {row[3]: row for row in book["Svar och effektvärden"].iter_rows(values_only=True)}
    assert answers["Tid till åtgärd"][5] is None
    assert answers["Tid till åtgärd"][7] == "Inte mätt"
    assert answers["Incidenter"][5] == 0
    packed = zipfile.ZipFile(io.BytesIO(fetch(f"/documents/report/{reported.id}", "csv")))
    assert packed.namelist() == ["about.csv", "measures.csv", "answers.csv"]
    assert packed.read("measures.csv").startswith(b"\xef\xbb\xbfNr;")
    (measure,) = csv.DictReader(
        io.StringIO(packed.read("measures.csv").decode("utf-8-sig")), delimiter=";"
    )
    assert measure["Vad har gjorts?"].startswith("'=2+2")
    assert "'-5 grader." in packed.read("about.csv").decode()


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\n"])
def test_a_text_is_never_a_formula_and_a_number_stays_one(start: str) -> None:
    assert csv_writer.value(text(f"{start}5")) == f"'{start}5"
    assert csv_writer.value(amount(-5)) == "-5"
    assert csv_writer.value(missing("not_measured")) == ""


def test_the_pdf_is_for_the_archive_and_for_everyone(reported: Report, fetch: Fetch) -> None:
    reader = pypdf.PdfReader(io.BytesIO(fetch(f"/documents/report/{reported.id}", "pdf")))
    root = reader.trailer["/Root"]
    assert root["/MarkInfo"]["/Marked"]
    assert root["/Lang"] == "sv"
    assert root["/ViewerPreferences"]["/DisplayDocTitle"]
    assert reader.metadata is not None
    assert reader.metadata.title == "Socialnämnden – Återrapportering 2021"
    metadata = root["/Metadata"].get_data().decode()
    for said in (
        "<pdfaid:part>2<",
        "<pdfaid:conformance>A<",
        "<pdfuaid:part>1<",
    ):
        assert said in metadata
    assert [outline["/Title"] for outline in reader.outline if isinstance(outline, dict)] == [
        "Cybersäkerhet"
    ]
    tags = [tag for tag, _alt in structure(reader)]
    assert {"/H1", "/H2", "/H3", "/L", "/LBody", "/P"} <= set(tags)


def test_tables_have_headings_pictures_have_words_and_pages_have_numbers(app: Flask) -> None:
    with app.test_request_context("/"):
        reader = pypdf.PdfReader(io.BytesIO(pdf.write(sample(rows=120))))
    tags = structure(reader)
    names = [tag for tag, _alt in tags]
    assert names.count("/Table") == 1
    assert names.count("/TH") == 2
    assert names.count("/TR") == 121
    assert ("/Figure", "En ruta") in tags
    assert "/TOC" in names
    pages = [page.extract_text() for page in reader.pages]
    count = len(pages)
    assert count > 3
    assert all(f"Sida {at} av {count}" in said for at, said in enumerate(pages, 1))
    assert sum("Namn" in said for said in pages) >= 3  # the heading row on every page


@pytest.fixture(scope="module")
def context(sqlite_template, tmp_path_factory):
    from registry import create_app
    from tests.conftest import SETTINGS

    folder = tmp_path_factory.mktemp("formats")
    app = create_app(folder, database_url=f"sqlite:///{sqlite_template}", **SETTINGS)
    with app.test_request_context("/"):
        yield
        db.session.remove()


@settings(max_examples=10, deadline=None)
@given(said=st.text(max_size=40))
@example("")
@example("\x00\x1f \ue000\ud800\ufffe")
@example(
    "\U0001f600\ufe0f \u4e2d\u0915\u094d \u202e\u200d a\u0301\u0378 \r\n\t<&>]]>{{ x }}{% y %}"
)
def test_whatever_people_write_can_be_written_in_every_format(context: None, said: str) -> None:
    from registry.documents import excel, word
    from registry.documents import json as json_writer

    document = sample(said)
    assert pdf.write(document).startswith(b"%PDF")
    assert open_docx(io.BytesIO(word.write(document))).paragraphs
    assert openpyxl.load_workbook(io.BytesIO(excel.write(document)))
    assert csv_writer.write(document)
    assert json.loads(json_writer.write(document))


def test_word_has_headings_repeated_rows_contents_and_words_for_pictures(context: None) -> None:
    from registry.documents import word

    made = open_docx(io.BytesIO(word.write(sample("<w:p/> & {{ x }}"))))
    styles = [(one.style.name, one.text) for one in made.paragraphs if one.style is not None]
    assert ("Title", "<w:p/> & {{ x }}") in styles
    assert ("Heading 1", "Ett") in styles
    assert ("Heading 3", "<w:p/> & {{ x }}") in styles
    xml = made.element.xml
    assert "<w:tblHeader/>" in xml
    assert 'TOC \\o "1-3"' in xml
    assert 'w:anchor="_Toc1"' in xml
    assert 'descr="En ruta"' in xml
    assert made.core_properties.title == "<w:p/> & {{ x }}"
    assert made.core_properties.language == "sv-SE"
    assert "NUMPAGES" in made.sections[0].footer._element.xml
    assert "Kommunen" in made.sections[0].header._element.xml
    assert not [one for one in made.paragraphs if "body-" in one.text or "contents-" in one.text]


def test_only_what_may_be_read_is_in_the_file(
    reported: Report, fetch: Fetch, clients: Clients
) -> None:
    for person in ("reporter", "auditor", "executive"):
        assert "Klassa system" in fetch(f"/documents/report/{reported.id}", "json", person).decode()
    # a domain lead of another domain reads nothing of this measure
    said = json.loads(fetch(f"/documents/report/{reported.id}", "json", "domain_lead"))
    assert said["tables"]["measures"]["rows"] == []
    assert clients["other_reporter"].get(f"/documents/report/{reported.id}.pdf").status_code == 403
    assert clients["anonymous"].get(f"/documents/report/{reported.id}.pdf").status_code == 302
    draft = Report(round_id=reported.round_id, board_id=reported.board_id, revision=2)
    db.session.add(draft)
    db.session.commit()
    answer = clients["coordinator"].get(f"/documents/report/{draft.id}.pdf", follow_redirects=True)
    assert "Den kan hämtas när den är inlämnad" in answer.get_data(as_text=True)


def test_what_was_written_lately_is_kept_also_when_it_is_large_and_never_too_much(
    context: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Anyone may ask again and again for a large plan, and it is written in the request."""
    written: list[str] = []

    def large(document: Document, _tell: Tell) -> bytes:
        written.append(document.title)
        return b" " * 5_000_000

    monkeypatch.setattr(service, "KEPT_BYTES", 12_000_000)
    format = service.Format("large", "bin", "application/octet-stream", large)
    for title in ("a", "a", "b", "a", "c", "a"):
        service.write(replace(service.sample(), title=title), format)
    assert written == ["a", "b", "c", "a"]
