"""A report that has been submitted, with figures, words, what is missing and what is secret."""

import csv
import io
import json
import re
import zipfile
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

import openpyxl
import pypdf
import pytest
from docx import Document as open_docx
from flask.testing import FlaskClient

from registry.db import db
from registry.effects.models import Better, EffectMetric, Operator
from registry.plan.models import Measure
from registry.reporting.models import Report
from tests.domains.conftest import CYBER, Place, cleared, place  # noqa: F401  fixtures
from tests.domains.test_secrets import item_form

MARKER = "zzq-hemlig-41"
FORMATS = ("pdf", "docx", "xlsx", "csv", "json")
Clients = dict[str, FlaskClient]


@pytest.fixture
def reported(place: Place, clients: Clients) -> Report:  # noqa: F811
    """Submitted by Socialnämnden: 1 234,5 measured, a metric not measured, an answer withheld."""
    measure = db.session.get_one(Measure, place.measure)
    measure.title = "Klassa system & <b>data</b> {{ 7*7 }}"
    measured = EffectMetric(
        measure_id=measure.id,
        name="Klassade system",
        unit="st",
        better=Better.HIGHER,
        baseline_value=Decimal("987.25"),
        baseline_period="2019",
        target_operator=Operator.AT_LEAST,
        target_value=Decimal(4321),
    )
    missing = EffectMetric(measure_id=measure.id, name="Tid till åtgärd", unit="timmar")
    db.session.add_all([measured, missing])
    db.session.commit()
    address = f"/reports/items/{place.item}"
    page = clients["reporter"].get(address).get_data(as_text=True)
    answers = {
        "weakness": MARKER,
        "mfa_coverage": "83,5",
        "incidents": "0",
        "action_plan_done": "66",
    }
    posted = {
        **item_form(page, **answers),
        "done": "=2+2 är gjort.\nRad två \N{GRINNING FACE}",
        f"metric-{measured.id}-value": "1 234,5",
        f"metric-{missing.id}-not_measured": "y",
        "ready": "1",
    }
    answer = clients["reporter"].post(address, data=posted)
    assert answer.status_code == 303, answer.get_data(as_text=True)
    answer = clients["approver"].post(
        f"/reports/{place.report}/submit", data={"row_version": "1", "summary": "-5 grader."}
    )
    assert answer.status_code == 303, answer.get_data(as_text=True)
    db.session.rollback()
    db.session.expire_all()
    return db.session.get_one(Report, place.report)


@pytest.fixture
def fetch(clients: Clients) -> Callable[..., bytes]:
    """``fetch("/documents/plan/1", "pdf", "auditor")``: the file."""

    def get(address: str, format: str, person: str = "coordinator") -> bytes:
        answer = clients[person].get(f"{address}.{format}")
        assert answer.status_code == 200, (address, format, answer.get_data()[:500])
        assert answer.headers["Content-Disposition"].startswith("attachment; filename=")
        return answer.get_data()

    return get


def text_of(content: bytes, format: str) -> str:
    """Everything a reader of the file could read, without spaces."""
    if format == "pdf":
        said = "".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(content)).pages)
    elif format == "docx":
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            said = "".join(
                packed.read(name).decode() for name in packed.namelist() if name.endswith(".xml")
            )
        document = open_docx(io.BytesIO(content))
        said += "".join(t.text or "" for t in document.element.body.iter() if t.tag[-2:] == "}t")
    elif format == "xlsx":
        book = openpyxl.load_workbook(io.BytesIO(content))
        cells = (cell.value for sheet in book for row in sheet.iter_rows() for cell in row)
        said = " ".join(str(value) for value in cells if value is not None)
    elif format == "csv":
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            said = "".join(packed.read(name).decode("utf-8-sig") for name in packed.namelist())
    else:
        said = json.dumps(json.loads(content), ensure_ascii=False)
    return re.sub(r"\s|\N{SOFT HYPHEN}", "", said)


Figures = dict[str, Counter[Decimal]]


def figures_of(content: bytes, format: str, columns: set[str] | None = None) -> Figures:
    """All numbers in the tables of a file, by what their column is called.

    :param columns: those that hold numbers; a CSV file does not tell ``2021`` from 2021.
    """
    found: Figures = defaultdict(Counter)
    for heads, *rows in _tables(content, format):
        for row in rows:
            for head, value in zip(heads, row, strict=True):
                number = _number(value)
                if number is not None and (columns is None or head in columns):
                    found[str(head)][number] += 1
    return dict(found)


def _tables(content: bytes, format: str) -> Iterator[list[Any]]:
    """Each table as its heads, then its rows."""
    if format == "json":
        for table in json.loads(content)["tables"].values():
            yield [[one["label"] for one in table["columns"]], *map(_values, table["rows"])]
    elif format == "xlsx":
        for sheet in openpyxl.load_workbook(io.BytesIO(content)).worksheets[1:]:
            yield list(sheet.iter_rows(values_only=True))
    else:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            for name in packed.namelist()[1:]:
                text = packed.read(name).decode("utf-8-sig")
                yield list(csv.reader(io.StringIO(text), delimiter=";"))


def _values(row: dict[str, Any]) -> list[Any]:
    return list(row.values())


def _number(value: Any) -> Decimal | None:
    if isinstance(value, dict):
        value = value.get("value")
        if isinstance(value, str):
            return None
    if isinstance(value, str) and re.fullmatch(r"-?\d+(,\d+)?", value):
        value = float(value.replace(",", "."))
        return Decimal(str(value)).normalize() + 0
    if isinstance(value, int | float) and not isinstance(value, bool):
        return Decimal(str(value)).normalize() + 0
    return None
