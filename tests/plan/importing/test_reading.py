"""Files of every kind: read, or refused with a sentence."""

import contextlib
import io
import os
import zipfile

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from registry import create_app
from registry.plan.importing import reading
from registry.plan.importing.reading import read, read_path
from registry.plan.importing.sheet import Unreadable
from tests.conftest import SETTINGS

HEAD = "Åtgärd;Ansvarig"


@pytest.fixture(scope="module", autouse=True)
def app_context(tmp_path_factory):
    """Texts need a language; no test here touches a database."""
    with create_app(tmp_path_factory.mktemp("instance"), **SETTINGS).app_context():
        yield


def book(*rows, merge=None):
    made = openpyxl.Workbook()
    for row in rows:
        made.active.append(row)
    if merge:
        made.active.merge_cells(merge)
    content = io.BytesIO()
    made.save(content)
    return content.getvalue()


def with_entry(content, name, data):
    target = io.BytesIO(content)
    with zipfile.ZipFile(target, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, data)
    return target.getvalue()


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_delimiter_and_encoding_are_found_out(delimiter, encoding):
    text = delimiter.join(["Åtgärd", "Målområde", "Ansvarig"]) + "\n"
    text += delimiter.join(["Släcka bränder, ofta" if delimiter != "," else "Släcka", "Öva", "Å"])
    sheet = read(text.encode(encoding), "x.csv")
    assert sheet.headings == ("Åtgärd", "Målområde", "Ansvarig")
    assert sheet.lines[0].cells[1:] == ("Öva", "Å")
    assert sheet.remarks == ()


def test_an_older_encoding_is_read_and_said():
    sheet = read("Åtgärd;Ansvarig\nÖva på påsken;Nämnden för ö\n".encode("cp1252"), "x.csv")
    assert sheet.lines[0].cells[0] == "Öva på påsken"
    assert "Windows-1252" in sheet.remarks[0]


def test_a_workbook_is_read_with_dates_numbers_and_merged_cells():
    from datetime import date

    content = book(
        ["Vår plan"],
        ["Nr", "Målområde", "Åtgärd", "Slut"],
        [1.1, "Öva", "Ett", date(2024, 5, 1)],
        [2, None, "Två", None],
        merge="B3:B4",
    )
    sheet = read(content, "plan.xlsx")
    assert sheet.headings == ("Nr", "Målområde", "Åtgärd", "Slut")
    assert [line.cells for line in sheet.lines] == [
        ("1.1", "Öva", "Ett", "2024-05-01"),
        ("2", "Öva", "Två", ""),
    ]
    assert [line.number for line in sheet.lines] == [3, 4]


def test_a_formula_in_a_workbook_is_never_evaluated_by_us():
    sheet = read(book(["Åtgärd", "Ansvarig"], ["Öva", "=1+1"], ["Släcka", "x"]), "plan.xlsx")
    assert sheet.lines[0].cells == ("Öva", "")


def test_empty_lines_are_passed_over_and_rows_keep_their_number_in_the_file():
    sheet = read(b'measure,owner\n\n"two\nlines",b\n,,\nlast,c\n', "x.csv")
    assert [(line.number, line.cells[0]) for line in sheet.lines] == [
        (3, "two\nlines"),
        (6, "last"),
    ]


def test_a_heading_that_stands_twice_is_said():
    sheet = read(f"{HEAD};Ansvarig\na;b;c\n".encode(), "x.csv")
    assert "”Ansvarig” finns mer än en gång" in sheet.remarks[0]


def test_signs_that_cannot_be_shown_are_taken_away():
    sheet = read(f"{HEAD}\nÖv\u009da\u200b;x\n".encode(), "x.csv")
    assert sheet.lines[0].cells[0].startswith("Öva")


BOMB = io.BytesIO()
with zipfile.ZipFile(BOMB, "w", zipfile.ZIP_DEFLATED) as _archive:
    _archive.writestr("xl/workbook.xml", b"<x/>")
    _archive.writestr("xl/worksheets/sheet1.xml", b"0" * 60_000_000)


def lying_bomb():
    """A zip file whose headers say that its parts are small."""
    content = BOMB.getvalue()
    return content.replace((60_000_000).to_bytes(4, "little"), (1000).to_bytes(4, "little"))


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "tom"),
        (b"  \n \n", "tom"),
        (b"\xef\xbb\xbf", "tom"),
        (f"{HEAD}\n".encode(), "inga rader"),
        (
            b"2024-01-01,https://example.org/a,12\n2024-02-01,https://example.org/b,13\n",
            "rubrikrad",
        ),
        (b"\x00\x01\x02\x03binary", "varken CSV eller Excel"),
        (f"{HEAD}\na\x00b;c\n".encode(), "varken CSV eller Excel"),
        (b"%PDF-1.7 ...", "varken CSV eller Excel"),
        (b"<html><table></table></html>", "varken CSV eller Excel"),
        ("Åtgärd;Ägare\nÖva på påsken;Åsa\n".encode("mac_roman"), "teckenkodning"),
        ("Åtgärd;Ägare\nÖva påsken\n".encode("cp1252") + b"\x81\x8d\n", "teckenkodning"),
        ("Åtgärd;Ägare\nÖva på påsken\n".encode().decode("cp1252").encode(), "Å, ä och ö"),
        (f'{HEAD}\n"a;b\n'.encode() + b"x" * 200_000, "citattecken"),
        (f"{HEAD}\n".encode() + b"a;b\n" * 50_001, "50000 rader"),
        ((";".join(["Åtgärd", *map(str, range(200))]) + "\na\n").encode(), "100 kolumner"),
        (b"PK\x03\x04 broken", "gick inte att läsa"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 broken", "gick inte att läsa"),
        (
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le"),
            "lösenord",
        ),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "_VBA_PROJECT".encode("utf-16-le"), "makron"),
        (BOMB.getvalue(), "orimligt stor"),
        (lying_bomb(), "gick inte att läsa"),
    ],
)
def test_a_broken_file_gets_a_sentence(content, sentence):
    with pytest.raises(Unreadable, match=sentence):
        read(content, "x")


def test_a_workbook_with_macros_is_refused():
    with pytest.raises(Unreadable, match="makron"):
        read(with_entry(book(["Åtgärd"], ["a"]), "xl/vbaProject.bin", b"x"), "x.xlsm")


def test_a_zip_file_that_is_no_workbook_is_refused():
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("readme.txt", "hej")
    with pytest.raises(Unreadable, match="varken CSV eller Excel"):
        read(content.getvalue(), "x.zip")


def test_two_cells_a_million_rows_apart_do_not_take_all_memory():
    made = openpyxl.Workbook()
    made.active["A1"] = "Åtgärd"
    made.active["XFD1048576"] = "x"
    content = io.BytesIO()
    made.save(content)
    with pytest.raises(Unreadable):
        read(content.getvalue(), "x.xlsx")


def test_one_text_in_very_many_cells_is_not_handed_over():
    """Once in the file, 22 million characters in the memory of whoever reads it."""
    content = book(*[["x" * 1100] * 100] * 200)
    assert len(content) < 1_000_000
    with pytest.raises(Unreadable, match="för mycket text"):
        read(content, "x.xlsx")


def test_a_file_of_3_gb_is_refused_before_it_is_read(tmp_path, monkeypatch):
    path = tmp_path / "big.csv"
    with path.open("wb") as file:
        os.truncate(file.fileno(), 3 * 1024**3)
    monkeypatch.setattr(reading, "read", lambda *_: pytest.fail("it was read"))
    with pytest.raises(Unreadable, match="20 MB"):
        read_path(path, 20)


def test_a_file_that_is_not_there_gets_a_sentence(tmp_path):
    with pytest.raises(Unreadable, match="finns inte"):
        read_path(tmp_path / "none.csv", 20)


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(st.binary(max_size=400) | st.text(max_size=400).map(str.encode))
def test_no_bytes_are_too_strange(content):
    with contextlib.suppress(Unreadable):
        sheet = read(content, "x")
        assert sheet.headings
        assert sheet.lines


@given(
    st.lists(
        st.tuples(
            *[st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]), min_size=1)] * 2
        ),
        min_size=1,
        max_size=5,
    )
)
def test_what_is_written_as_csv_is_read_as_it_was(rows):
    import csv
    import unicodedata

    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(["Åtgärd", "Beskrivning"])
    writer.writerows(rows)
    if any("Ã" in cell or "â" in cell for row in rows for cell in row):
        return
    sheet = read(text.getvalue().encode(), "x.csv")
    wanted = [tuple(unicodedata.normalize("NFC", cell) for cell in row) for row in rows]
    assert [line.cells for line in sheet.lines] == wanted
