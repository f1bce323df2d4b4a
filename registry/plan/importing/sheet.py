"""The rows of a file and the row of headings above them, or a sentence that says what is wrong."""

import re
import unicodedata
from dataclasses import dataclass

from flask_babel import gettext as _

from registry.plan.importing.columns import known
from registry.plan.importing.words import tidy

MAX_ROWS = 50_000
MAX_COLUMNS = 100
HEADER_WITHIN = 20
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")


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


def foreign() -> Unreadable:
    return Unreadable(
        _("Filen är varken CSV eller Excel. Spara tabellen som .xlsx eller .csv och försök igen.")
    )


def check_size(rows: int, columns: int) -> None:
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


def with_headings(lines: list[Line], remarks: list[str]) -> Sheet:
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
