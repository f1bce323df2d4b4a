"""Rows of a text file: its encoding and its delimiter are found out."""

import csv
import io
import re

from flask_babel import gettext as _

from registry.plan.importing.columns import known
from registry.plan.importing.sheet import HEADER_WITHIN, Line, Unreadable, check_size, foreign

_BINARY = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]")
_MISREAD = re.compile("Ã[¥¤¶…„–©]|â€[“”™œ]")
_SWEDISH = frozenset("åäöÅÄÖéÉüÜèàáíóúæøÆØß§°½²³·µ×–—’‘”“•…€≥≤ \u00ad«»´¨£©®™±")


def decode(content: bytes) -> tuple[str, list[str]]:
    """The text of a file, and remarks on how it was read."""
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
        raise foreign()
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
        raise foreign()
    return text


def records(text: str) -> list[Line]:
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
        check_size(len(lines), len(cells))
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
