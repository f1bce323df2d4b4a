"""A document's tables as an Excel file: a sheet each, and one first that says what it is."""

import io
from datetime import date, datetime
from typing import Any

import xlsxwriter
from flask_babel import gettext as _
from xlsxwriter.worksheet import Worksheet

from registry.documents.document import Cell, Document, Kind, Table, Tell, quiet, writable
from registry.language import local

LONGEST = 32_767  # characters that a cell of Excel can hold
WIDTH = 9  # characters to a share of the width
HEAD = "#0F4C81"


def write(document: Document, tell: Tell = quiet) -> bytes:
    made = io.BytesIO()
    options = {
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
        "default_date_format": "yyyy-mm-dd",
        "in_memory": True,
    }
    with xlsxwriter.Workbook(made, options) as book:
        created = datetime(document.day.year, document.day.month, document.day.day)
        book.set_properties(
            {
                "title": writable(document.title)[:255],
                "author": writable(document.municipality)[:255],
                "created": created,
            }
        )
        look = {
            "title": book.add_format({"bold": True, "font_size": 16, "font_color": HEAD}),
            "head": book.add_format(
                {"bold": True, "bg_color": HEAD, "font_color": "white", "text_wrap": True}
            ),
            "label": book.add_format({"bold": True, "valign": "top"}),
            "text": book.add_format({"text_wrap": True, "valign": "top"}),
            "number": book.add_format({"num_format": "#,##0.####", "valign": "top"}),
            "whole": book.add_format({"num_format": "#,##0", "valign": "top"}),
            "date": book.add_format({"num_format": "yyyy-mm-dd", "valign": "top", "align": "left"}),
            "moment": book.add_format(
                {"num_format": "yyyy-mm-dd hh:mm", "valign": "top", "align": "left"}
            ),
        }
        _read_me(book.add_worksheet(_("Läs mig")), document, look)
        for at, table in enumerate(document.data):
            tell(at, len(document.data))
            _sheet(book.add_worksheet(table.title[:31]), table, look)
    return made.getvalue()


def _read_me(sheet: Worksheet, document: Document, look: dict[str, Any]) -> None:
    sheet.set_column(0, 0, 32)
    sheet.set_column(1, 1, 80)
    sheet.hide_gridlines(2)
    _write(sheet, 0, 0, Cell(document.title), look["title"])
    row = 1
    for said in (document.subtitle, document.municipality, document.notice, document.summary):
        if said:
            _write(sheet, row, 1, Cell(said), look["text"])
            row += 1
    for fact in document.facts:
        _write(sheet, row, 0, Cell(fact.label), look["label"])
        _put(sheet, row, 1, fact.cell, look)
        row += 1
    row += 1
    for table in document.data:
        _write(sheet, row, 0, Cell(table.title), look["label"])
        labels = ", ".join(one.label for one in table.columns if not one.technical)
        _write(sheet, row, 1, Cell(labels), look["text"])
        row += 1
    note = _(
        "En tom cell betyder att uppgiften saknas. Det är inte samma sak som 0. En uppgift som "
        "omfattas av sekretess lämnas inte ut: då står det på vilken grund."
    )
    _write(sheet, row + 1, 1, Cell(note), look["text"])


def _sheet(sheet: Worksheet, table: Table, look: dict[str, Any]) -> None:
    shown = [at for at, column in enumerate(table.columns) if not column.technical]
    for place, at in enumerate(shown):
        column = table.columns[at]
        sheet.set_column(place, place, min(60, max(9, column.width * WIDTH)))
        _write(sheet, 0, place, Cell(column.label), look["head"])
    for number, row in enumerate(table.rows, 1):
        for place, at in enumerate(shown):
            _put(sheet, number, place, row[at], look)
    sheet.freeze_panes(1, 2 if table.headed and len(shown) > 3 else 0)
    if table.rows:
        sheet.autofilter(0, 0, len(table.rows), len(shown) - 1)


def _put(sheet: Worksheet, row: int, column: int, cell: Cell, look: dict[str, Any]) -> None:
    value = cell.value
    if cell.kind is Kind.NUMBER:
        exact = float(value)  # type: ignore[arg-type]
        sheet.write_number(row, column, exact, look["whole" if exact.is_integer() else "number"])
    elif isinstance(value, datetime):
        sheet.write_datetime(row, column, local(value).replace(tzinfo=None), look["moment"])
    elif isinstance(value, date):
        sheet.write_datetime(row, column, value, look["date"])
    elif cell.kind is not Kind.MISSING or cell.text not in ("", "–"):
        _write(sheet, row, column, cell, look["text"])


def _write(sheet: Worksheet, row: int, column: int, cell: Cell, form: Any) -> None:
    text = writable("\n".join((cell.text, *cell.more)))
    if len(text) > LONGEST:
        text = text[: LONGEST - 1] + "…"
    sheet.write_string(row, column, text, form)
