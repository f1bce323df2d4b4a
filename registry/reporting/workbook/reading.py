"""A filled-in workbook: whether it is one of ours, and what was changed in it since it was
downloaded."""

from collections.abc import Mapping
from dataclasses import dataclass

from flask_babel import gettext as _
from xlsxwriter.utility import xl_rowcol_to_cell

from registry.plan.importing import excel
from registry.plan.importing.excel import BookSheet
from registry.plan.importing.sheet import Unreadable
from registry.reporting.workbook import formulas, layout
from registry.reporting.workbook.cells import Question, Raw, posted, same
from registry.reporting.workbook.layout import FIRST, HEADING, Book, Carried, Place


@dataclass(frozen=True)
class Cell:
    """An answer that was changed in the file.

    :param downloaded: what it was then, as posted.
    :param mine: what it is in the file.
    :param formula: whether the cell computes it.
    """

    item_id: int
    field: str
    sheet: str
    cell: str
    label: str
    downloaded: Raw
    mine: Raw
    formula: bool = False


@dataclass(frozen=True)
class Opened:
    """A workbook of this report, with its sheets as they were.

    :param sheets: for each place, the rows of its sheet.
    :param computed: sheet and cell of each formula.
    """

    carried: Carried
    sheets: list[list[list[str]]]
    computed: set[tuple[str, str]]


def unpack(content: bytes, report_id: int) -> Opened:
    """Open a file that should be a workbook of this report. Takes a while and asks no database.

    :raises Unreadable: with a sentence: no workbook, not ours, another report's, out of shape.
    """
    if content[:4] != b"PK\x03\x04":
        raise Unreadable(
            _("Filen är ingen Excelfil. Välj den .xlsx som ni hämtade här och fyllde i.")
        )
    sheets = {one["name"]: one for one in excel.sheets_of(content)}
    carried = _carried(sheets.get(layout.CARRIED))
    if carried.report_id != report_id:
        raise Unreadable(
            _(
                "Arbetsboken hör till en annan återrapport, eller till en tidigare version av den. "
                "Hämta en ny."
            )
        )
    rows = [_rows(sheets.get(place.name), place) for place in carried.places]
    return Opened(carried, rows, formulas.found_in(content))


def changed(opened: Opened, book: Book) -> list[Cell]:
    """What was changed in a workbook since it was downloaded.

    :param book: the report as it is now, for how its questions are put.
    """
    return [
        cell
        for place, rows in zip(opened.carried.places, opened.sheets, strict=True)
        for cell in _changed(place, rows, opened.carried, book, opened.computed)
    ]


def _carried(sheet: BookSheet | None) -> Carried:
    if sheet is None or sheet["too_big"]:
        raise Unreadable(_("Det här är inte en arbetsbok från registret. Hämta en och fyll i den."))
    found = layout.unsign("".join(row[0] for row in sheet["rows"][1:] if row).strip())
    if found is None:
        raise Unreadable(
            _(
                "Arbetsboken går inte att läsa in: dess dolda blad är ändrat, eller den kommer "
                "från en äldre version av registret. Hämta en ny och för över svaren."
            )
        )
    return found


def _rows(sheet: BookSheet | None, place: Place) -> list[list[str]]:
    """The rows of a sheet with answers, which stand where they stood."""
    if sheet is None:
        raise Unreadable(
            _(
                "Bladet %(sheet)s saknas. Har det bytt namn eller tagits bort? Ge det tillbaka "
                "sitt namn och försök igen.",
                sheet=place.name,
            )
        )
    rows = sheet["rows"]
    headings = rows[HEADING] if len(rows) > HEADING else []
    for column, heading in enumerate(place.headings):
        if _at(headings, column) != " ".join(heading.split()):
            raise _moved(place, HEADING, column, heading)
    for number, row in enumerate(place.rows, start=FIRST):
        cells = rows[number] if number < len(rows) else []
        for column, told in enumerate(row.told):
            if _at(cells, column) != " ".join(told.split()):
                raise _moved(place, number, column, told)
    if any(_at(row, place.told + at) for row in rows[FIRST + len(place.rows) :]
           for at in range(len(place.fields))):  # fmt: skip
        raise Unreadable(
            _(
                "Bladet %(sheet)s har svar under den sista åtgärden. Flytta dem till rätt rad.",
                sheet=place.name,
            )
        )
    return rows


def _moved(place: Place, row: int, column: int, expected: str) -> Unreadable:
    return Unreadable(
        _(
            "Bladet %(sheet)s har ändrats: i cell %(cell)s ska det stå ”%(expected)s”. Rader och "
            "kolumner får inte flyttas, tas bort eller läggas till.",
            sheet=place.name,
            cell=xl_rowcol_to_cell(row, column),
            expected=expected,
        )
    )


def _at(row: list[str], column: int) -> str:
    return " ".join(row[column].split()) if column < len(row) else ""


def _changed(
    place: Place,
    rows: list[list[str]],
    carried: Carried,
    book: Book,
    computed: set[tuple[str, str]],
) -> list[Cell]:
    found = []
    for number, row in enumerate(place.rows, start=FIRST):
        then = carried.answers.get(row.item_id, {})
        asked: Mapping[str, Question] = book.asked.get(row.item_id, {})
        for column, name in enumerate(place.fields, start=place.told):
            if not name:
                continue
            field = row.prefix + name
            cells = rows[number] if number < len(rows) else []
            text = cells[column] if column < len(cells) else ""
            cell = xl_rowcol_to_cell(number, column)
            formula = (place.name, cell) in computed
            downloaded = then.get(field, [])
            question = asked.get(field, place.asked[column - place.told])
            mine = posted(question, text)
            if same(question.kind, mine, downloaded) and not formula:
                continue
            label = place.headings[column]
            found.append(
                Cell(row.item_id, field, place.name, cell, label, downloaded, mine, formula)
            )
    return found
