"""What is taken in, by content; the name only has to agree."""

import io
import zipfile

import pytest

from registry.attachments import kinds
from registry.attachments.kinds import Refused, clean_name, kind_of

OFFICE = {"[Content_Types].xml": b"<Types/>", "word/document.xml": b"<w/>"}
ODT = {
    "mimetype": b"application/vnd.oasis.opendocument.text",
    "content.xml": b"<x/>",
}


def packed(parts: dict[str, bytes]) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return file.getvalue()


pytestmark = pytest.mark.usefixtures("texts")


@pytest.mark.parametrize(
    ("content", "name", "kind"),
    [
        (b"%PDF-1.7 ...", "Beslut.PDF", kinds.PDF),
        (b"\x89PNG\r\n\x1a\n...", "a.png", kinds.PNG),
        (b"\xff\xd8\xff\xe0..", "a.jpeg", kinds.JPEG),
        (b"RIFF\0\0\0\0WEBPVP8 ", "a.webp", kinds.WEBP),
        (packed(OFFICE), "a.docx", kinds.WORD),
        (packed(ODT), "a.odt", kinds.ODT),
    ],
    ids=lambda part: part if isinstance(part, str) else "content",
)
def test_a_file_is_what_its_bytes_say(content: bytes, name: str, kind: kinds.Kind) -> None:
    assert kind_of(content, name) == kind
    assert kinds.label(kind.media_type) == kind.label


@pytest.mark.parametrize(
    ("content", "name", "why"),
    [
        (b"<!doctype html><script>", "a.pdf", "varken PDF"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "a.png", "varken PDF"),
        (b"GIF89a/*<script>*/", "a.html", "heter inte så"),
        (b"%PDF-1.7", "faktura.exe", "heter inte så"),
        (b"MZ\x90\0", "a.pdf", "varken PDF"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "a.doc", "Äldre Office-filer"),
        (packed({**OFFICE, "word/vbaProject.bin": b"x"}), "a.docx", "makron"),
        (packed({**OFFICE, "[Content_Types].xml": b"..macroEnabled.."}), "a.docx", "makron"),
        (packed({**ODT, "Basic/Standard/a.xml": b"x"}), "a.odt", "makron"),
        (packed({**OFFICE, "a": b"0" * 30_000_000}), "a.docx", "orimligt stor"),
        (packed({"index.html": b"<script>"}), "a.docx", "varken PDF"),
        (packed({**OFFICE, "xl/workbook.xml": b"<w/>"}), "a.docx", "varken PDF"),
        (packed(OFFICE)[:60], "a.docx", "gick inte att läsa"),
        (b"PK\x03\x04" + b"\0" * 100, "a.docx", "gick inte att läsa"),
    ],
    ids=lambda part: part if isinstance(part, str) else "content",
)
def test_what_is_not_taken_in_is_refused_with_a_sentence(
    content: bytes, name: str, why: str
) -> None:
    with pytest.raises(Refused, match=why):
        kind_of(content, name)


def test_a_name_is_made_safe_to_show_and_to_hand_out() -> None:
    assert clean_name("C:\\Användare\\Rut\\Beslut å 1.pdf") == "Beslut å 1.pdf"
    assert clean_name("../../etc/passwd.pdf") == "passwd.pdf"
    assert clean_name("faktura\u202efdp.exe") == "faktura fdp.exe"
    assert clean_name('a"\r\nSet-Cookie: x=1;.pdf') == 'a" Set-Cookie: x=1;.pdf'
    assert clean_name(".pdf") == "pdf"
    assert clean_name("") == "bilaga"
    assert len(clean_name("ö" * 500 + ".docx")) == kinds.LONGEST_NAME
    assert clean_name("ö" * 500 + ".docx").endswith("ö.docx")
