"""What a file is, by its content; its name only has to agree.

Taken in are PDF, images and office documents. Nothing is unpacked but the small list of parts of
an office document: what stands in the archive's own directory is enough to tell.
"""

import io
import unicodedata
import zipfile
from dataclasses import dataclass
from pathlib import PurePosixPath

from flask_babel import gettext as _

LONGEST_NAME = 120
_LARGEST_LIST = 1024 * 1024  # bytes of the list of an office document's parts
_UNPACKED = 500 * 1024 * 1024
_FILES = 5_000
_RATIO = 300


class Refused(Exception):
    """The file is not taken in; the message is a sentence for the person who chose it."""


@dataclass(frozen=True)
class Kind:
    """A kind of file: what a person calls it, and the endings its name may have."""

    label: str
    media_type: str
    endings: tuple[str, ...]


PDF = Kind("PDF", "application/pdf", (".pdf",))
PNG = Kind("PNG", "image/png", (".png",))
JPEG = Kind("JPEG", "image/jpeg", (".jpg", ".jpeg"))
GIF = Kind("GIF", "image/gif", (".gif",))
WEBP = Kind("WebP", "image/webp", (".webp",))
_OOXML = "application/vnd.openxmlformats-officedocument."
WORD = Kind("Word", _OOXML + "wordprocessingml.document", (".docx",))
EXCEL = Kind("Excel", _OOXML + "spreadsheetml.sheet", (".xlsx",))
POWERPOINT = Kind("PowerPoint", _OOXML + "presentationml.presentation", (".pptx",))
_ODF = "application/vnd.oasis.opendocument."
ODT = Kind("OpenDocument", _ODF + "text", (".odt",))
ODS = Kind("OpenDocument", _ODF + "spreadsheet", (".ods",))
ODP = Kind("OpenDocument", _ODF + "presentation", (".odp",))
ALL = (PDF, PNG, JPEG, GIF, WEBP, WORD, EXCEL, POWERPOINT, ODT, ODS, ODP)
ENDINGS = tuple(ending for kind in ALL for ending in kind.endings)

_STARTS = (
    (b"%PDF-", PDF),
    (b"\x89PNG\r\n\x1a\n", PNG),
    (b"\xff\xd8\xff", JPEG),
    (b"GIF87a", GIF),
    (b"GIF89a", GIF),
)
_MAIN_PARTS = {
    "word/document.xml": WORD,
    "xl/workbook.xml": EXCEL,
    "ppt/presentation.xml": POWERPOINT,
}
_PROGRAMS = ("vbaproject.bin", "/activex/", "/macrosheets/")
_ODF_PROGRAMS = ("basic/", "scripts/")


def label(media_type: str) -> str:
    """What a person calls a kind of file."""
    return next((kind.label for kind in ALL if kind.media_type == media_type), media_type)


def kind_of(content: bytes, name: str) -> Kind:
    """What the bytes are.

    :raises Refused: when that is nothing we take in, holds programs, or is not what the name says.
    """
    found = _by_content(content)
    if found is None:
        raise Refused(
            _("Filen är varken PDF, bild eller Office-dokument. Spara den som PDF och försök igen.")
        )
    ending = PurePosixPath(name).suffix.lower()
    if ending not in found.endings:
        raise Refused(
            _(
                "Innehållet är %(kind)s men filen heter inte så. Ge den ett namn som slutar på "
                "%(ending)s och försök igen.",
                kind=found.label,
                ending=found.endings[0],
            )
        )
    return found


def _by_content(content: bytes) -> Kind | None:
    for start, kind in _STARTS:
        if content.startswith(start):
            return kind
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return WEBP
    if content.startswith(b"PK\x03\x04"):
        return _in_archive(content)
    if content.startswith(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"):
        raise Refused(
            _(
                "Äldre Office-filer och filer med lösenord tas inte emot. Spara filen utan "
                "lösenord som .docx, .xlsx, .pptx eller PDF."
            )
        )
    return None


def _in_archive(content: bytes) -> Kind | None:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            entries = archive.infolist()
            _refuse_bomb(entries, len(content))
            names = {entry.filename.lower() for entry in entries}
            mimetype = _small(archive, "mimetype").decode("ascii", "replace").strip()
            if mimetype:
                return _open_document(mimetype, names)
            parts = _small(archive, "[Content_Types].xml").lower()
    except Refused:
        raise
    except Exception as error:  # zipfile, zlib, lzma and bz2 each raise errors of their own
        raise _broken() from error
    if b"macroenabled" in parts or any(part in name for name in names for part in _PROGRAMS):
        raise _with_programs()
    found = [kind for part, kind in _MAIN_PARTS.items() if part in names]
    return found[0] if parts and len(found) == 1 else None


def _open_document(mimetype: str, names: set[str]) -> Kind | None:
    if any(name.startswith(_ODF_PROGRAMS) for name in names):
        raise _with_programs()
    if "content.xml" not in names:
        return None
    return next((kind for kind in (ODT, ODS, ODP) if kind.media_type == mimetype), None)


def _refuse_bomb(entries: list[zipfile.ZipInfo], size: int) -> None:
    """By the sizes that the archive itself states; nothing of ours ever unpacks it."""
    stated = sum(entry.file_size for entry in entries)
    if len(entries) > _FILES or stated > _UNPACKED or stated > max(size, 10_000) * _RATIO:
        raise Refused(_("Filen blir orimligt stor när den packas upp och tas därför inte emot."))


def _small(archive: zipfile.ZipFile, name: str) -> bytes:
    """A small part of an archive; nothing where there is none."""
    try:
        with archive.open(name) as file:
            return file.read(_LARGEST_LIST)
    except KeyError:
        return b""


def _broken() -> Refused:
    return Refused(_("Filen gick inte att läsa. Öppna den, spara den på nytt och försök igen."))


def _with_programs() -> Refused:
    return Refused(_("Filen innehåller makron och tas inte emot. Spara den utan makron."))


def clean_name(name: str) -> str:
    """A file's name as it may stand on a page and in a header: no folders, no control characters,
    nothing that turns the direction of writing, at most 120 characters with its ending."""
    last = unicodedata.normalize("NFC", name.replace("\\", "/")).rsplit("/", 1)[-1]
    shown = "".join(one if unicodedata.category(one)[0] != "C" else " " for one in last)
    tidy = " ".join(shown.split()).lstrip(".")
    stem, dot, ending = tidy.rpartition(".")
    if not dot:
        stem, ending = tidy, ""
    kept = stem.strip()[: LONGEST_NAME - len(ending) - 1].rstrip() or _("bilaga")
    return f"{kept}{dot}{ending}" if len(ending) < 10 else kept
