"""A report as an Excel file to fill in: locked but for the answers, with drop-downs and help."""

import io
from collections.abc import Mapping
from datetime import date
from typing import Any

from flask_babel import gettext as _
from xlsxwriter import Workbook
from xlsxwriter.utility import xl_col_to_name
from xlsxwriter.worksheet import Worksheet

from registry.language import long_day, moment
from registry.reporting.models import Report
from registry.reporting.workbook import layout
from registry.reporting.workbook.cells import Kind, Question, in_cell, offered
from registry.reporting.workbook.layout import FIRST, HEADING, HELP, Book, Sheet

CHUNK = 30_000  # characters of a cell; Excel holds 32,767
_MESSAGE, _MESSAGE_TITLE = 255, 32
_FIRST_DAY, _LAST_DAY = date(1900, 1, 1), date(2200, 12, 31)
_NUMBERS = 10**14
_WIDTHS = {
    Kind.TEXT: 32,
    Kind.NUMBER: 16,
    Kind.DATE: 16,
    Kind.CHOICE: 26,
    Kind.CHOICES: 40,
    Kind.FLAG: 16,
    Kind.TICK: 18,
    Kind.SECRET: 26,
}
_TOLD_WIDTHS = (9, 42, 34, 12)
_INK, _BAND, _QUIET, _SECRET, _LINE = "#1E2B3C", "#E8EDF3", "#F4F5F7", "#D9DCE1", "#B8C0CA"


def write(report: Report, book: Book, made_at: Any) -> bytes:
    """The workbook of a report.

    :param made_at: the moment, which the file tells.
    """
    file = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    workbook = Workbook(file, options)
    writer = _Writer(workbook, report)
    writer.readme(made_at, book)
    for sheet in book.sheets:
        writer.sheet(sheet, book)
    writer.lists()
    writer.carried(layout.sign(report.id, book))
    workbook.close()
    return file.getvalue()


class _Writer:
    def __init__(self, workbook: Workbook, report: Report) -> None:
        self._book = workbook
        self._report = report
        self._title = _(
            "Återrapport %(round)s – %(board)s", round=report.round.title, board=report.board.name
        )
        self._lists: dict[tuple[str, ...], str] = {}
        workbook.set_properties({"title": self._title})
        top: dict[str, Any] = {"valign": "top", "text_wrap": True}
        edged = {**top, "border": 1, "border_color": _LINE}
        self._heading = workbook.add_format({"bold": True, "font_size": 16, "font_color": _INK})
        self._strong = workbook.add_format({**top, "bold": True})
        self._text = workbook.add_format(top)
        self._columns = workbook.add_format(
            {**edged, "bold": True, "font_color": "#FFFFFF", "bg_color": _INK}
        )
        self._help = workbook.add_format(
            {**edged, "italic": True, "font_size": 9, "font_color": "#4A5666", "bg_color": _BAND}
        )
        self._told = workbook.add_format({**edged, "bg_color": _QUIET})
        self._withheld = workbook.add_format(
            {**edged, "bg_color": _SECRET, "italic": True, "font_color": "#4A5666"}
        )
        open_ = {**edged, "locked": False}
        text = workbook.add_format({**open_, "num_format": "@"})
        free = workbook.add_format(open_)
        self._open = {
            Kind.TEXT: text,
            Kind.CHOICES: text,
            Kind.CHOICE: text,
            Kind.FLAG: text,
            Kind.TICK: text,
            Kind.NUMBER: free,
            Kind.DATE: workbook.add_format({**open_, "num_format": "yyyy-mm-dd"}),
        }
        # in a cell with a form of its own, Excel does not turn 62 % into 0.62 without showing it
        self._percent = workbook.add_format({**open_, "num_format": "0.00"})

    def readme(self, made_at: Any, book: Book) -> None:
        sheet = self._add(layout.readme())
        sheet.set_column(0, 0, 4)
        sheet.set_column(1, 1, 92)
        sheet.write_string(0, 0, self._title, self._heading)
        due = long_day(self._report.round.due_on)
        steps = [
            _("Fyll i de vita cellerna. Grå celler är låsta."),
            _("Välj i listan där det finns en. Markera en cell för att se hur man svarar."),
            _("Skriv datum som år-månad-dag, till exempel 2026-01-31."),
            _("Kan ni inte mäta ett utfall? Lämna det tomt och välj Ja under Inte mätt."),
            _("Spara filen som .xlsx och läs in den på samma sida i registret som ni hämtade den."),
            _(
                "Registret visar vad som ändras innan något sparas. Svaren sparas som utkast: "
                "markera varje åtgärd som klar i registret."
            ),
        ]
        row = 2
        for number, step in enumerate(steps, start=1):
            sheet.write_number(row, 0, number, self._strong)
            sheet.write_string(row, 1, step, self._text)
            row += 1
        notes = [
            _("Lämna in senast %(day)s.", day=due),
            _(
                "Byt inte namn på blad, och lägg inte till eller ta bort rader och kolumner: då "
                "kan filen inte läsas in."
            ),
            _(
                "Skriv inga personuppgifter. Skyddade uppgifter finns inte i filen: de fylls i i "
                "registret."
            ),
            _("Ett tomt svar, inte mätt och noll är tre olika svar."),
            _("Hämtad %(moment)s.", moment=moment(made_at)),
        ]
        for note in notes:
            row += 1
            sheet.write_string(row, 1, note, self._text)
        row += 2
        sheet.write_string(row, 1, _("Blad att fylla i"), self._strong)
        for one in book.sheets:
            row += 1
            address = f"internal:'{one.name}'!A1"
            sheet.write_url(row, 1, address, string=one.name)
        sheet.set_portrait()
        sheet.activate()
        sheet.set_first_sheet()

    def sheet(self, one: Sheet, book: Book) -> None:
        sheet = self._add(one.name)
        told = len(one.told)
        sheet.write_string(0, 0, f"{one.name} – {self._title}", self._heading)
        for column, heading in enumerate(one.told):
            sheet.set_column(column, column, _TOLD_WIDTHS[column])
            sheet.write_string(HEADING, column, heading, self._columns)
            sheet.write_blank(HELP, column, None, self._help)
        for column, asked in enumerate(one.questions.values(), start=told):
            sheet.set_column(column, column, 56 if asked.long else _WIDTHS[asked.kind])
            sheet.write_string(HEADING, column, asked.label, self._columns)
            sheet.write_string(HELP, column, _told_about(asked), self._help)
        last = FIRST + len(one.rows) - 1
        for column, asked in enumerate(one.questions.values(), start=told):
            self._validate(sheet, asked, column, last)
        for number, row in enumerate(one.rows, start=FIRST):
            for column, text in enumerate(row.told):
                sheet.write_string(number, column, text, self._told)
            raw = book.entries[row.item_id].raw()
            for column, name in enumerate(one.questions, start=told):
                asked = book.question(one, row, name)
                self._answer(sheet, number, column, asked, raw.get(row.prefix + name, []))
        sheet.freeze_panes(FIRST, 2)
        sheet.set_landscape()
        sheet.repeat_rows(HEADING, HELP)
        sheet.repeat_columns(0, 1)
        sheet.print_area(0, 0, last, told + len(one.questions) - 1)

    def _answer(
        self, sheet: Worksheet, row: int, column: int, asked: Question, raw: list[str]
    ) -> None:
        if asked.kind is Kind.SECRET:
            sheet.write_string(
                row, column, _("Skyddad uppgift – fylls i i registret"), self._withheld
            )
            return
        style = self._percent if asked.percent else self._open[asked.kind]
        shown = in_cell(asked, raw)
        if shown is None:
            sheet.write_blank(row, column, None, style)
        elif isinstance(shown, date):
            sheet.write_datetime(row, column, shown, style)
        elif isinstance(shown, float):
            sheet.write_number(row, column, shown, style)
        else:
            sheet.write_string(row, column, shown, style)

    def _validate(self, sheet: Worksheet, asked: Question, column: int, last: int) -> None:
        if asked.kind is Kind.SECRET:
            return
        rule = {**self._rule(asked), "ignore_blank": True}
        if told := _told_about(asked):
            rule |= {"input_title": asked.label[:_MESSAGE_TITLE], "input_message": told[:_MESSAGE]}
        sheet.data_validation(FIRST, column, last, column, rule)

    def _rule(self, asked: Question) -> dict[str, Any]:
        names = offered(asked)
        if names:
            return _stopping("list", _("Välj något i listan."), source=self._list(names))
        if asked.kind is Kind.NUMBER:
            message = _number_message(asked)
            least = asked.least if asked.least is not None else -_NUMBERS
            most = asked.most if asked.most is not None else _NUMBERS
            kind = "integer" if asked.whole else "decimal"
            return _stopping(kind, message, criteria="between", minimum=least, maximum=most)
        if asked.kind is Kind.DATE:
            message = _("Skriv datumet som år-månad-dag, till exempel 2026-01-31.")
            return _stopping(
                "date", message, criteria="between", minimum=_FIRST_DAY, maximum=_LAST_DAY
            )
        if asked.at_most is not None:
            message = _("Texten får ha högst %(limit)s tecken.", limit=asked.at_most)
            return _stopping("length", message, criteria="<=", value=asked.at_most)
        return {"validate": "any"}

    def _list(self, names: list[str]) -> str:
        """Where the names of a drop-down stand: a list in the rule itself may not be long."""
        key = tuple(names)
        if key not in self._lists:
            column = xl_col_to_name(len(self._lists), col_abs=True)
            self._lists[key] = f"='{layout.lists()}'!{column}$1:{column}${len(names)}"
        return self._lists[key]

    def lists(self) -> None:
        sheet = self._add(layout.lists())
        for column, names in enumerate(self._lists):
            for row, name in enumerate(names):
                sheet.write_string(row, column, name)
        sheet.hide()

    def carried(self, signed: str) -> None:
        sheet = self._add(layout.CARRIED)
        sheet.write_string(0, 0, _("Ändra inget här: då kan filen inte läsas in."))
        for row, start in enumerate(range(0, len(signed), CHUNK), start=1):
            sheet.write_string(row, 0, signed[start : start + CHUNK])
        sheet.very_hidden()

    def _add(self, name: str) -> Worksheet:
        sheet = self._book.add_worksheet(name)
        allowed: Mapping[str, bool] = {"format_columns": True, "format_rows": True}
        sheet.protect("", dict(allowed))
        sheet.set_paper(9)  # A4
        sheet.fit_to_pages(1, 0)
        sheet.set_footer("&L&A&R&P (&N)")
        return sheet


def _stopping(kind: str, message: str, **more: Any) -> dict[str, Any]:
    return {
        "validate": kind,
        "error_title": _("Det går inte att läsa"),
        "error_message": message[:_MESSAGE],
        **more,
    }


def _told_about(asked: Question) -> str:
    """What helps to answer, with what may be chosen where a cell has no drop-down for it."""
    if asked.kind is Kind.SECRET:
        return _("Skyddad uppgift, %(ground)s.", ground=asked.ground)
    if asked.kind is Kind.CHOICES:
        names = "; ".join(asked.options.values())
        how = _("Flera svar skiljs åt med semikolon. Välj bland: %(names)s", names=names)
        return f"{asked.help} {how}".strip()
    if asked.help:
        return asked.help
    if asked.kind is Kind.DATE:
        return _("Skriv datumet som år-månad-dag, till exempel 2026-01-31.")
    return _("Välj något i listan.") if offered(asked) else ""


def _number_message(asked: Question) -> str:
    if asked.least is not None and asked.most is not None:
        return _("Skriv ett tal från %(least)s till %(most)s.", least=asked.least, most=asked.most)
    if asked.whole:
        return _("Skriv ett heltal, till exempel 12.")
    return _("Skriv ett tal, till exempel 12 eller 12,5.")
