"""The file in which the kitchens keep their stocks, row by row."""

import csv
from collections.abc import Iterator
from io import StringIO

from registry.api import ImportRow

COLUMNS = {"Åtgärd": "measure", "Kök": "kitchen", "Inventerat": "counted_on"}


def read(content: bytes) -> Iterator[ImportRow]:
    """Rows of a CSV file as Excel writes it in Sweden: semicolons, UTF-8.

    :raises ValueError: with what to do, for a file that is of another kind.
    """
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise ValueError("Spara filen som CSV med teckenkodningen UTF-8.") from None
    rows = csv.DictReader(StringIO(text), delimiter=";")
    if not set(COLUMNS) <= set(rows.fieldnames or ()):
        raise ValueError("Filen behöver kolumnerna Åtgärd, Kök och Inventerat.")
    for row in rows:
        given = {name: (row[column] or "").strip() for column, name in COLUMNS.items()}
        yield ImportRow(given.pop("measure"), given)
