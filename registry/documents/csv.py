"""A document's tables as CSV, one file each in a zip: what the sheets of the Excel file hold.

UTF-8 with a byte order mark and semicolons, as Excel in Swedish reads it. A text that a
spreadsheet would take for a formula gets an apostrophe before it; a number never does.
"""

import csv
import io
import zipfile
from collections.abc import Iterable
from datetime import date

from flask_babel import gettext as _

from registry.documents.document import Cell, Document, Kind, Table, writable

FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
MOMENT = (1980, 1, 1, 0, 0, 0)  # the earliest a zip knows: the same tables give the same file


def write(document: Document) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as packed:
        _add(packed, "about", _about(document))
        for table in document.data:
            heads = [column.label for column in table.columns]
            _add(packed, table.key, _lines(heads, table))
    return made.getvalue()


def _add(packed: zipfile.ZipFile, name: str, rows: Iterable[Iterable[str]]) -> None:
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=";", lineterminator="\r\n").writerows(rows)
    entry = zipfile.ZipInfo(f"{name}.csv", MOMENT)
    entry.compress_type = zipfile.ZIP_DEFLATED
    packed.writestr(entry, text.getvalue().encode("utf-8-sig", "replace"))


def _about(document: Document) -> Iterable[list[str]]:
    yield [_("Uppgift"), _("Värde")]
    yield [_("Kommun"), safe(document.municipality)]
    yield [_("Dokument"), safe(document.title)]
    for said in (document.subtitle, document.notice, document.summary):
        if said:
            yield ["", safe(said)]
    for fact in document.facts:
        yield [safe(fact.label), value(fact.cell)]


def _lines(heads: list[str], table: Table) -> Iterable[list[str]]:
    yield [safe(head) for head in heads]
    for row in table.rows:
        yield [value(cell) for cell in row]


def value(cell: Cell) -> str:
    """A cell as it stands in the file; what is missing stands as nothing, never as 0."""
    if cell.kind is Kind.NUMBER:
        return f"{cell.value:f}".replace(".", ",")
    if cell.kind is Kind.DATE and isinstance(cell.value, date):
        return cell.value.isoformat()
    if cell.kind is Kind.MISSING and cell.text == "–":
        return ""
    return safe("\n".join((cell.text, *cell.more)))


def safe(text: str) -> str:
    """A text that no spreadsheet takes for a formula."""
    text = writable(text)
    return f"'{text}" if text.startswith(FORMULA) else text
