"""A document as JSON: keys in English, labels in the document's language, a version of its own.

A cell is a text, a number or a date as ISO 8601, or an object that says what it is:
``{"value", "label"}`` for a term, ``{"withheld", "label"}`` for what may not be shown (the ground
of secrecy), ``{"missing", "label"}`` for what is not there (``not_measured``, ``not_answered``,
``not_reported``). Nothing at all is ``null``. None of them is ever 0.
"""

import json
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from registry.documents.document import SCHEMA, Cell, Document, Kind, Paragraph, Table


def write(document: Document) -> bytes:
    said = {
        "schema": SCHEMA,
        "subject": document.subject,
        "language": document.language,
        "municipality": document.municipality,
        "title": document.title,
        "subtitle": document.subtitle,
        "date": document.day.isoformat(),
        "notice": document.notice,
        "summary": document.summary,
        "facts": {
            fact.key: {"label": fact.label, "value": _cell(fact.cell)} for fact in document.facts
        },
        "texts": [
            {"heading": section.title, "text": block.text}
            for section in document.sections
            for block in section.blocks
            if isinstance(block, Paragraph) and not block.is_note
        ],
        "tables": {table.key: _table(table) for table in document.data},
    }
    return json.dumps(said, ensure_ascii=False, indent=1).encode("utf-8", "replace")


def _table(table: Table) -> dict[str, Any]:
    keys = [column.key for column in table.columns]
    return {
        "title": table.title,
        "columns": [{"key": one.key, "label": one.label} for one in table.columns],
        "rows": [dict(zip(keys, map(_cell, row), strict=True)) for row in table.rows],
    }


def _cell(cell: Cell) -> Any:
    match cell.kind:
        case Kind.NUMBER:
            found = _number(cell.value)
            return {"value": found, "unit": cell.unit} if cell.unit else found
        case Kind.DATE | Kind.MOMENT:
            assert isinstance(cell.value, date | datetime)  # noqa: S101 - what the kind says
            return cell.value.isoformat()
        case Kind.WORD:
            return {"value": cell.value, "label": cell.text}
        case Kind.WITHHELD:
            return {"withheld": cell.value, "label": cell.text}
        case Kind.MISSING:
            if cell.value == "empty":
                return None
            return {"missing": cell.value, "label": cell.text}
        case _:
            return "\n".join((cell.text, *cell.more))


def _number(value: Any) -> int | float:
    exact = Decimal(value)
    return int(exact) if exact == exact.to_integral_value() else float(exact)
