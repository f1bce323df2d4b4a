"""Rows of a workbook: looked into before it is unpacked, and read in a process of its own."""

import io
import json
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterable
from pathlib import Path
from typing import TypedDict

from flask_babel import gettext as _

from registry.plan.importing.columns import known
from registry.plan.importing.sheet import (
    HEADER_WITHIN,
    MAX_COLUMNS,
    MAX_ROWS,
    Line,
    Unreadable,
    check_size,
    foreign,
)

MAX_TEXT = 20_000_000  # characters of a workbook, ten more for each cell that is filled
UNPACKED_BYTES = 200 * 1024 * 1024
UNPACKED_FILES = 2_000
UNPACKED_RATIO = 300
READER_SECONDS = 60
_WORKBOOK = Path(__file__).with_name("workbook.py")


class BookSheet(TypedDict):
    """What ``workbook.py`` tells of one sheet."""

    name: str
    rows: list[list[str]]
    too_big: str


def sheets_of(content: bytes, suffix: str = ".zip") -> list[BookSheet]:
    """Every sheet of a workbook, all cells as text.

    :param suffix: of the kind of file that its first bytes say it is.
    :raises Unreadable: with a sentence for the person.
    """
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
    return sheets


def lines(content: bytes, suffix: str) -> tuple[list[Line], list[str]]:
    """Rows of the sheet that looks most like a plan, and remarks on how it was read.

    :param suffix: of the kind of file that its first bytes say it is.
    """
    sheets = sheets_of(content, suffix)
    chosen = max(sheets, key=_promise)
    if chosen["too_big"]:
        check_size(
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
    found = [
        Line(number, tuple(cells))
        for number, cells in enumerate(chosen["rows"], start=1)
        if any(cell.strip() for cell in cells)
    ]
    check_size(len(found) - 1, 0)
    return found, remarks


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
    raise foreign()


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
