"""From a file that anyone may have made to rows of text, or a sentence that says what is wrong."""

import csv
import io
import json
import re
import subprocess
import sys
import tempfile
import unicodedata
import zipfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TypedDict

from flask_babel import gettext as _

from registry.plan.importing.columns import known
from registry.plan.importing.words import tidy

MAX_ROWS = 50_000
MAX_COLUMNS = 100
MAX_TEXT = 20_000_000  # characters of a workbook, ten more for each cell that is filled
HEADER_WITHIN = 20
UNPACKED_BYTES = 200 * 1024 * 1024
UNPACKED_FILES = 2_000
UNPACKED_RATIO = 300
READER_SECONDS = 60
_WORKBOOK = Path(__file__).with_name("workbook.py")
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
_BINARY = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]")
_MISREAD = re.compile("Ã[¥¤¶…„–©]|â€[“”™œ]")
_SWEDISH = frozenset("åäöÅÄÖéÉüÜèàáíóúæøÆØß§°½²³·µ×–—’‘”“•…€≥≤ \u00ad«»´¨£©®™±")


class Unreadable(Exception):
    """The file cannot be taken in; the message is a sentence for the person who chose it."""


@dataclass(frozen=True)
class Line:
    """A row of the file: its number as the person sees it there, and its cells."""

    number: int
    cells: tuple[str, ...]


@dataclass(frozen=True)
class Sheet:
    """What was read: headings, rows that are not empty, and remarks on how it was read."""

    headings: tuple[str, ...]
    lines: tuple[Line, ...]
    remarks: tuple[str, ...] = ()

    def samples(self, count: int = 3, length: int = 60) -> list[list[str]]:
        """A few different values of each column, shortened."""
        found: list[list[str]] = [[] for _heading in self.headings]
        for line in self.lines[:200]:
            for values, cell in zip(found, line.cells, strict=False):
                short = cell if len(cell) <= length else cell[: length - 1].rstrip() + "…"
                if short and len(values) < count and short not in values:
                    values.append(short)
        return found


def too_big(megabytes: int) -> Unreadable:
    return Unreadable(
        _(
            "Filen är större än %(megabytes)s MB. Ta bort bilder och blad som inte behövs, "
            "eller dela upp den.",
            megabytes=megabytes,
        )
    )


def read_path(path: Path, megabytes: int) -> Sheet:
    """Read a file on disk; its size is checked before its content.

    :raises Unreadable: with a sentence for the person.
    """
    try:
        if not path.is_file():
            raise Unreadable(_("Filen %(name)s finns inte.", name=str(path)))
        if path.stat().st_size > megabytes * 1024 * 1024:
            raise too_big(megabytes)
        return read(path.read_bytes(), path.name)
    except OSError as error:
        raise Unreadable(
            _("Filen %(name)s gick inte att öppna. Har du rätt att läsa den?", name=str(path))
        ) from error


def read(content: bytes, name: str) -> Sheet:
    """Read a file by what it holds, not by what it is called.

    :raises Unreadable: with a sentence for the person.
    """
    if not content.strip():
        raise Unreadable(_("Filen är tom."))
    if content.startswith(b"PK"):
        return _from_workbook(content, ".zip")
    if content.startswith(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"):
        return _from_workbook(content, ".xls")
    if content.startswith(b"%PDF") or re.match(rb"\s*<(!doctype|html|\?xml)", content, re.I):
        raise _foreign()
    text, remarks = _decode(content)
    return _sheet(_records(text), remarks)


def _foreign() -> Unreadable:
    return Unreadable(
        _("Filen är varken CSV eller Excel. Spara tabellen som .xlsx eller .csv och försök igen.")
    )


# Text files


def _decode(content: bytes) -> tuple[str, list[str]]:
    wrong = Unreadable(
        _(
            "Filens teckenkodning gick inte att läsa. Öppna filen i Excel eller en textredigerare "
            "och spara den som ”CSV UTF-8”."
        )
    )
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        try:
            return _no_nul(content.decode("utf-16")), []
        except UnicodeDecodeError as error:
            raise wrong from error
    if _BINARY.search(content):
        raise _foreign()
    try:
        text, remarks = content.decode("utf-8-sig"), []
    except UnicodeDecodeError:
        try:
            text = content.decode("cp1252")
        except UnicodeDecodeError as error:
            raise wrong from error
        odd = [sign for sign in text if ord(sign) > 126]
        if sum(sign not in _SWEDISH for sign in odd) > len(odd) * 0.2:
            raise wrong from None
        remarks = [
            _(
                "Filen är sparad i en äldre teckenkodning (Windows-1252). "
                "Kontrollera att å, ä och ö ser rätt ut."
            )
        ]
    if _MISREAD.search(text) and "\ufffd" not in text and len(_MISREAD.findall(text)) > 1:
        raise Unreadable(
            _(
                "Å, ä och ö har blivit fel redan i filen (till exempel ”Ã¥”). "
                "Exportera den på nytt från källan som ”CSV UTF-8”."
            )
        )
    if "\ufffd" in text:
        remarks.append(
            _("Några tecken var förstörda redan i filen och visas som \ufffd. Kontrollera dem.")
        )
    return text, remarks


def _no_nul(text: str) -> str:
    if "\x00" in text:
        raise _foreign()
    return text


def _records(text: str) -> list[Line]:
    """The records of a text file, with the delimiter that makes most sense of its first rows."""
    start = text[:50_000]
    best = max(",;\t", key=lambda sign: _sense(start, sign))
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=best)
    lines: list[Line] = []
    number = 1
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            return lines
        except csv.Error as error:
            raise Unreadable(
                _(
                    "Raden som börjar på rad %(row)s gick inte att läsa. "
                    'Troligen saknas ett citattecken (").',
                    row=number,
                )
            ) from error
        _check_size(len(lines), len(cells))
        if any(cell.strip() for cell in cells):
            lines.append(Line(number, tuple(cells)))
        number = reader.line_num + 1


def _sense(text: str, delimiter: str) -> tuple[int, int]:
    rows = []
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    try:
        for row in reader:
            rows.append(row)
            if len(rows) == HEADER_WITHIN:
                break
    except csv.Error:
        pass
    return max(map(known, rows), default=0), max(map(len, rows), default=0)


def _check_size(rows: int, columns: int) -> None:
    if rows > MAX_ROWS:
        raise Unreadable(
            _("Filen har över %(limit)s rader. Dela upp den i flera filer.", limit=MAX_ROWS)
        )
    if columns > MAX_COLUMNS:
        raise Unreadable(
            _(
                "Filen har över %(limit)s kolumner. Ta bort dem som inte behövs.",
                limit=MAX_COLUMNS,
            )
        )


# Workbooks


class BookSheet(TypedDict):
    """What ``workbook.py`` tells of one sheet."""

    name: str
    rows: list[list[str]]
    too_big: str


def _from_workbook(content: bytes, suffix: str) -> Sheet:
    if suffix == ".zip":
        suffix = _check_zip(content)
    elif _utf16("EncryptedPackage") in content:
        raise Unreadable(
            _("Filen är skyddad med lösenord. Spara den utan lösenord och försök igen.")
        )
    elif _utf16("_VBA_PROJECT") in content:
        raise _macros()
    sheets = _open_apart(content, suffix)
    if not sheets:
        raise Unreadable(_("Filen är tom."))
    chosen = max(sheets, key=_promise)
    if chosen["too_big"]:
        _check_size(
            MAX_ROWS + 1 if chosen["too_big"] == "rows" else 0,
            MAX_COLUMNS + 1 if chosen["too_big"] == "columns" else 0,
        )
    if chosen["too_big"] == "text":
        raise Unreadable(
            _(
                "Filen innehåller för mycket text. Ta bort blad och kolumner som inte behövs, "
                "eller dela upp den."
            )
        )
    remarks = []
    others = [sheet["name"] for sheet in sheets if sheet is not chosen and sheet["rows"]]
    if others:
        remarks.append(
            _(
                "Bladet ”%(chosen)s” lästes. Dessa blad lästes inte: %(others)s.",
                chosen=chosen["name"],
                others=", ".join(others),
            )
        )
    lines = [
        Line(number, tuple(cells))
        for number, cells in enumerate(chosen["rows"], start=1)
        if any(cell.strip() for cell in cells)
    ]
    _check_size(len(lines) - 1, 0)
    return _sheet(lines, remarks)


def _promise(sheet: BookSheet) -> tuple[int, bool]:
    rows = sheet["rows"]
    return max(map(known, rows[:HEADER_WITHIN]), default=0), bool(rows or sheet["too_big"])


def _utf16(text: str) -> bytes:
    return text.encode("utf-16-le")


def _macros() -> Unreadable:
    return Unreadable(
        _("Filen innehåller makron och tas inte emot. Spara den som .xlsx utan makron.")
    )


def _broken() -> Unreadable:
    return Unreadable(
        _("Excelfilen gick inte att läsa. Öppna den i Excel, spara den på nytt och försök igen.")
    )


def _check_zip(content: bytes) -> str:
    """Look into the zip file before anyone unpacks it; its own figures are not trusted.

    :returns: the suffix of the kind of workbook it is.
    """
    bomb = Unreadable(_("Filen blir orimligt stor när den packas upp och tas därför inte emot."))
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            entries = archive.infolist()
            names = {entry.filename.lower() for entry in entries}
            stated = sum(entry.file_size for entry in entries)
            packed = sum(entry.compress_size for entry in entries)
            if (
                len(entries) > UNPACKED_FILES
                or stated > UNPACKED_BYTES
                or packed > len(content)
                or stated > max(packed, 10_000) * UNPACKED_RATIO
            ):
                raise bomb
            if any(name.endswith("vbaproject.bin") or name.startswith("basic/") for name in names):
                raise _macros()
            if any(entry.flag_bits & 1 for entry in entries):
                raise Unreadable(
                    _("Filen är skyddad med lösenord. Spara den utan lösenord och försök igen.")
                )
            unpacked = 0
            for entry in entries:
                with archive.open(entry) as file:
                    while chunk := file.read(1 << 18):
                        unpacked += len(chunk)
                        if unpacked > UNPACKED_BYTES:
                            raise bomb
            if "xl/workbook.xml" in names:
                kinds = archive.read(_exact(entries, "[content_types].xml"))
                if b"macroenabled" in kinds.lower():
                    raise _macros()
                return ".xlsx"
            if "content.xml" in names:
                return ".ods"
    except (zipfile.BadZipFile, zipfile.LargeZipFile, NotImplementedError) as error:
        raise _broken() from error
    except (OSError, EOFError, KeyError, ValueError, RuntimeError, ArithmeticError) as error:
        raise _broken() from error
    except Exception as error:  # zlib, lzma and bz2 raise errors of their own
        if isinstance(error, Unreadable):
            raise
        raise _broken() from error
    raise _foreign()


def _exact(entries: Iterable[zipfile.ZipInfo], name: str) -> str:
    return next(entry.filename for entry in entries if entry.filename.lower() == name)


def _open_apart(content: bytes, suffix: str) -> list[BookSheet]:
    with tempfile.NamedTemporaryFile(suffix=suffix) as file:
        file.write(content)
        file.flush()
        limits = map(str, (MAX_ROWS, MAX_COLUMNS, MAX_TEXT))
        command = [sys.executable, "-I", str(_WORKBOOK), file.name, *limits]
        try:
            done = subprocess.run(  # noqa: S603 our own script, with a file of our own naming
                command, capture_output=True, timeout=READER_SECONDS, check=False
            )
        except subprocess.TimeoutExpired as error:
            raise _broken() from error
    if done.returncode != 0:
        raise _broken()
    return json.loads(done.stdout)["sheets"]  # type: ignore[no-any-return]


# Headings


def _sheet(lines: list[Line], remarks: list[str]) -> Sheet:
    """Find the row of headings; what stands above it is a title and is passed over."""
    if not lines:
        raise Unreadable(_("Filen är tom."))
    first = lines[:HEADER_WITHIN]
    at = max(range(len(first)), key=lambda place: (known(first[place].cells), -place))
    if known(first[at].cells) == 0 and not _like_headings(lines[0].cells):
        raise Unreadable(
            _(
                "Filen saknar rubrikrad. Lägg till en rad överst med rubriker, till exempel "
                "Åtgärd, Målområde, Ansvarig, Start och Slut."
            )
        )
    headings = tuple(tidy(_clean(cell)) for cell in lines[at].cells)
    below = lines[at + 1 :]
    if not below:
        raise Unreadable(_("Filen har rubriker men inga rader under dem."))
    width = len(headings)
    while width and not headings[width - 1] and not any(_cell(line, width - 1) for line in below):
        width -= 1
    if any(known([heading]) for heading in _twice(headings)):
        remarks.append(
            _(
                "Rubriken ”%(heading)s” finns mer än en gång. Den första kolumnen används.",
                heading=next(one for one in _twice(headings) if known([one])),
            )
        )
    cleaned = tuple(
        Line(line.number, tuple(_clean(cell).strip() for cell in line.cells)) for line in below
    )
    return Sheet(headings[:width], cleaned, tuple(remarks))


def _cell(line: Line, place: int) -> str:
    return line.cells[place].strip() if place < len(line.cells) else ""


def _twice(headings: tuple[str, ...]) -> list[str]:
    return [one for place, one in enumerate(headings) if one and one in headings[:place]]


def _like_headings(cells: tuple[str, ...]) -> bool:
    """Whether a row could be headings that we do not know: short, different words."""
    texts = [tidy(cell) for cell in cells if cell.strip()]
    return (
        len(texts) >= 1
        and len(set(texts)) == len(texts)
        and all(len(text) <= 40 and not re.search(r"\d{2}|https?:|[;=@]", text) for text in texts)
    )


def _clean(text: str) -> str:
    """Without signs that no database or page can show."""
    if text.isprintable() and unicodedata.is_normalized("NFC", text):
        return text
    return _CONTROL.sub("", unicodedata.normalize("NFC", text)).replace("\r\n", "\n")
