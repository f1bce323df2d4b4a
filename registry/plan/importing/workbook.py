"""Reads a workbook in a process of its own, with little memory and little time.

Run as a script, never imported by the app:
``python -I workbook.py FILE MAX_ROWS MAX_COLUMNS MAX_TEXT``.
A workbook made to harm (two cells a million rows apart) makes the reader ask for all the memory
there is; here it only ends this process. What is handed over is held to ``MAX_TEXT``: a text that
stands once in the file may stand in every cell, and the server holds what it is given. Writes one
JSON object to standard output; exit code 2 means that the file cannot be read.
"""

import json
import resource
import sys
from datetime import date, datetime, time, timedelta

from python_calamine import CalamineWorkbook

MEMORY = 1024 * 1024 * 1024
SECONDS = 30
MERGED_ROWS = 500
CELL_COSTS = 10


def main(path: str, max_rows: int, max_columns: int, max_text: int) -> int:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    sheets: list[dict[str, object]] = []
    left = max_rows + 100
    book = CalamineWorkbook.from_path(path)
    for name in book.sheet_names:
        sheet = book.get_sheet_by_name(name)
        if sheet.total_height > max_rows + 100:
            sheets.append({"name": name, "rows": [], "too_big": "rows"})
            continue
        if sheet.total_width > max_columns:
            sheets.append({"name": name, "rows": [], "too_big": "columns"})
            continue
        rows = [[_text(cell) for cell in row] for row in sheet.to_python(skip_empty_area=False)]
        for (top, left_column), (bottom, _right) in sheet.merged_cell_ranges or []:
            _fill_down(rows, top, left_column, min(bottom, top + MERGED_ROWS))
        max_text -= sum(len(cell) + CELL_COSTS for row in rows for cell in row if cell)
        if max_text < 0:
            sheets = [{"name": name, "rows": [], "too_big": "text"}]
            break
        left -= len(rows)
        sheets.append({"name": name, "rows": rows, "too_big": ""})
        if left <= 0:
            break
    sys.stdout.buffer.write(json.dumps({"sheets": sheets}, ensure_ascii=False).encode())
    return 0


def _fill_down(rows: list[list[str]], top: int, column: int, bottom: int) -> None:
    """A cell merged over several rows says the same for each of them."""
    if top >= len(rows) or column >= len(rows[top]):
        return
    for row in rows[top + 1 : bottom + 1]:
        if column < len(row) and not row[column]:
            row[column] = rows[top][column]


def _text(cell: object) -> str:
    if isinstance(cell, bool):
        return "ja" if cell else "nej"
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() and abs(cell) < 1e15 else repr(cell)
    if isinstance(cell, datetime) and not (cell.hour or cell.minute or cell.second):
        return cell.date().isoformat()
    if isinstance(cell, datetime | date | time):
        return cell.isoformat()
    if isinstance(cell, timedelta):
        return str(cell)
    return str(cell)


if __name__ == "__main__":
    try:
        code = main(sys.argv[1], *map(int, sys.argv[2:]))
    except BaseException as error:  # a panic of the reader is no Exception
        print(type(error).__name__, file=sys.stderr)
        code = 2
    sys.exit(code)
