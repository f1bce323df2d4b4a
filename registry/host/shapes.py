"""Shapes at the door: what a hook may give. What is wrong is named with what was expected."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from itertools import islice
from math import isfinite
from typing import Any

from registry.host.values import ImportRow, Issue, Level, Panel, Row

MOST_ISSUES = 100
MOST_ROWS = 50
MOST_IMPORTED = 10_000
LONGEST = 2000
LARGEST = 1_000_000
TOO_MUCH = 10**14  # beyond what the registry's numbers hold: no measurement


def as_issues(answer: Iterable[Issue] | None) -> tuple[Issue, ...]:
    issues = tuple(islice(answer or (), MOST_ISSUES + 1))
    if len(issues) > MOST_ISSUES:
        raise ValueError(f"more than {MOST_ISSUES} issues")
    for issue in issues:
        if not isinstance(issue, Issue):
            raise TypeError(f"expected Issue, got {issue!r:.80}")
        _short(issue.message, "Issue.message")
        if not isinstance(issue.level, Level):
            raise TypeError(f"Issue.level: expected Level, got {issue.level!r:.80}")
        _fits(issue)
        if issue.field is not None and not isinstance(issue.field, str):
            raise TypeError(f"Issue.field: expected a field's name, got {issue.field!r:.80}")
    return issues


def _fits(issue: Issue) -> None:
    """:raises ValueError: when a message has no value for one of its names."""
    if issue.values is None:
        if "%(" in issue.message:
            raise ValueError(f"Issue.values: expected values for {issue.message!r:.80}")
        return
    try:
        _text = issue.message % issue.values
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(f"Issue.values: {error} in {issue.message!r:.80}") from error


def as_dict(answer: Any) -> dict[str, Any]:
    if not isinstance(answer, dict):
        raise TypeError(f"expected a dict, got {answer!r:.80}")
    size = len(json.dumps(answer))
    if size > LARGEST:
        raise ValueError(f"expected at most {LARGEST} characters of JSON, got {size}")
    return answer


def as_number(answer: Any) -> float | None:
    if answer is None:
        return None
    known = isinstance(answer, int | float | Decimal) and not isinstance(answer, bool)
    if not known or not isfinite(answer):
        raise TypeError(f"expected a number or None, got {answer!r:.80}")
    return float(answer) if abs(answer) < TOO_MUCH else None


def as_panel(answer: Any) -> Panel | None:
    if answer is None:
        return None
    if not isinstance(answer, Panel):
        raise TypeError(f"expected Panel or None, got {answer!r:.80}")
    rows = tuple(islice(answer.rows, MOST_ROWS))  # a long history is cut, it is no fault
    for row in rows:
        _check_row(row)
    _short(answer.title, "Panel.title")
    _short(answer.text, "Panel.text")
    return replace(answer, rows=rows)


def _check_row(row: Any) -> None:
    if not isinstance(row, Row):
        raise TypeError(f"Panel.rows: expected Row, got {row!r:.80}")
    _short(row.label, "Row.label")
    _short(row.unit, "Row.unit")
    _short(row.note, "Row.note")
    if isinstance(row.value, str):
        _short(row.value, "Row.value")
    elif not isinstance(row.value, date | None):
        _plain_number(row.value, "Row.value")
    if row.most is not None:
        _plain_number(row.most, "Row.most")


def _plain_number(value: Any, what: str) -> None:
    known = isinstance(value, int | float | Decimal) and not isinstance(value, bool)
    if not known or not isfinite(value) or abs(value) >= TOO_MUCH:
        raise TypeError(f"{what}: expected a number, got {str(value)[:40]!r}")


def as_import_rows(answer: Any) -> list[ImportRow]:
    rows = list(islice(answer, MOST_IMPORTED + 1))
    if len(rows) > MOST_IMPORTED:
        raise ValueError(f"more than {MOST_IMPORTED} rows")
    for row in rows:
        if not isinstance(row, ImportRow):
            raise TypeError(f"expected ImportRow, got {row!r:.80}")
        _short(row.measure, "ImportRow.measure")
        for name, value in row.values.items():
            texts = [value] if isinstance(value, str) else value
            if not isinstance(texts, Sequence) or len(texts) > MOST_ROWS:
                raise TypeError(f"ImportRow.values: expected text for {name!r}, got {value!r:.80}")
            for text in texts:
                if not isinstance(text, str):
                    raise TypeError(f"ImportRow.values: expected text, got {text!r:.80}")
    return rows


def _short(text: Any, what: str) -> None:
    if not isinstance(text, str):
        raise TypeError(f"{what}: expected text, got {text!r:.80}")
    if len(text) > LONGEST:
        raise ValueError(f"{what}: expected at most {LONGEST} characters, got {len(text)}")
