"""Which sheets a report's workbook has, which question stands where, and what it carries along.

What it carries lies in a hidden sheet, signed: which report it is of, where each answer stands and
what the answers were when it was downloaded. So nobody can pass off a workbook as another one's,
and what others have changed since is told apart from what was changed in the file.
"""

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from textwrap import shorten
from typing import Any, Protocol

from flask import current_app
from flask_babel import get_locale
from flask_babel import gettext as _
from itsdangerous import BadData, URLSafeSerializer
from werkzeug.datastructures import MultiDict
from wtforms import Field, Form

from registry.reporting.workbook.cells import Kind, Question, Raw, question
from registry.reporting.writing import ItemPage

FORMAT = 1
HEADING, HELP, FIRST = 1, 2, 3  # rows, counted from 0; above them stands the sheet's title
_TITLE_LENGTH = 31
_NOT_IN_TITLES = str.maketrans(dict.fromkeys("[]:*?/\\'", " "))


class Entry(Protocol):
    """The form of one measure, bound to what is stored or to what was posted."""

    @property
    def form(self) -> Form: ...
    @property
    def metrics(self) -> Mapping[int, Any]: ...
    @property
    def domain_fields(self) -> Mapping[str, Any]: ...
    @property
    def errors(self) -> Mapping[str, list[str]]: ...

    def fields(self) -> Iterable[Field]: ...
    def core_names(self) -> Iterable[str]: ...
    def raw(self) -> Mapping[str, Raw]: ...
    def validate(self) -> bool: ...
    def require_metrics(self) -> bool: ...
    def require_secrets(self) -> bool: ...
    def add(self, checked: Any) -> list[str]: ...


MakeEntry = Callable[[ItemPage, "MultiDict[str, str] | None"], Any]


@dataclass(frozen=True)
class Row:
    """One measure, or one metric of it.

    :param told: what stands in the row before the answers: number, title …
    :param prefix: before the columns' names it gives the names of the form's fields.
    """

    item_id: int
    told: tuple[str, ...]
    prefix: str = ""


@dataclass(frozen=True)
class Sheet:
    """A sheet to fill in. ``told`` heads the columns before the answers."""

    name: str
    told: tuple[str, ...]
    questions: Mapping[str, Question]
    rows: Sequence[Row]


@dataclass(frozen=True)
class Book:
    """A report as sheets, with each item's form and its questions by the names of its fields."""

    sheets: list[Sheet]
    entries: Mapping[int, Entry]
    asked: Mapping[int, Mapping[str, Question]]

    def question(self, sheet: Sheet, row: Row, name: str) -> Question:
        """A question as it is put for one measure: an archived choice stands where it was made."""
        return self.asked[row.item_id].get(row.prefix + name, sheet.questions[name])


def book_of(pages: Iterable[ItemPage], make: MakeEntry) -> Book:
    """:param make: binds the form of a measure to what is stored (``None``) or was posted."""
    entries: dict[int, Entry] = {}
    asked: dict[int, dict[str, Question]] = {}
    core: list[Row] = []
    values: list[Row] = []
    domains: dict[str, tuple[str, list[Row]]] = {}
    for page in pages:
        item_id = page.item.id
        entry = entries[item_id] = make(page, None)
        asked[item_id] = questions(page, entry)
        told = (page.measure.number, page.measure.title)
        core.append(Row(item_id, told))
        if page.asking is not None and entry.domain_fields:
            rows = domains.setdefault(page.asking.name, (page.asking.title, []))[1]
            rows.append(Row(item_id, told))
        values += [
            Row(item_id, (*told, metric.name, metric.unit), f"metric-{metric.id}-")
            for metric in page.metrics
        ]
    names = _Names()
    measure = (_("Nr"), _("Åtgärd"))
    sheets = []
    for title, rows in ((_("Återrapport"), core), *domains.values()):
        if rows:
            first = entries[rows[0].item_id]
            fields = first.core_names() if rows is core else first.domain_fields
            own = {name: asked[rows[0].item_id][name] for name in fields}
            sheets.append(Sheet(names.new(title), measure, own, rows))
    if values:
        first_row = values[0]
        own = {
            name: asked[first_row.item_id][first_row.prefix + name]
            for name in ("value", "not_measured")
        }
        metric = (*measure, _("Mått"), _("Enhet"))
        sheets.append(Sheet(names.new(_("Utfall")), metric, own, values))
    return Book(sheets, entries, asked)


def questions(page: ItemPage, entry: Entry) -> dict[str, Question]:
    """Every question of a form by the name of its field."""
    specs = {}
    if page.asking is not None:
        specs = {f"{page.asking.name}__{spec.name}": spec for spec in page.asking.report_fields}
    found = {bound.name: question(bound, specs.get(bound.name)) for bound in entry.fields()}
    for metric in page.metrics:
        name = f"metric-{metric.id}-value"
        found[name] = Question(
            label=_("Utfall"),  # one word for all rows: what is measured stands before it
            help=_("Ett tal, utan enhet."),
            kind=Kind.NUMBER,
            options={},
            percent=metric.unit.strip() == "%",
        )
    return found


class _Names:
    """Names of sheets: as Excel allows them, and each once."""

    def __init__(self) -> None:
        self._taken = {one.casefold() for one in (readme(), lists(), CARRIED)}

    def new(self, wanted: str) -> str:
        tidy = shorten(wanted.translate(_NOT_IN_TITLES), _TITLE_LENGTH, placeholder="")
        tidy = tidy or wanted.translate(_NOT_IN_TITLES)[:_TITLE_LENGTH].strip()
        name, count = tidy, 1
        while name.casefold() in self._taken:
            count += 1
            name = f"{tidy[: _TITLE_LENGTH - 4]} {count}"
        self._taken.add(name.casefold())
        return name


CARRIED = "registret"


def readme() -> str:
    return _("Läs mig")


def lists() -> str:
    return _("Listor")


# what is carried along ----------------------------------------------------------------------


@dataclass(frozen=True)
class Place:
    """Where the answers of a sheet stand, with headings, questions and rows as they were.

    :param told: how many columns stand before the answers.
    :param fields: names of the columns with answers; empty where they are secret.
    """

    name: str
    told: int
    headings: list[str]
    fields: list[str]
    asked: list[Question]
    rows: list[Row]


@dataclass(frozen=True)
class Carried:
    """What a workbook knows of the report it was downloaded from.

    :param language: in which its words are.
    :param answers: item id → name of the field → what was posted, at the time.
    """

    report_id: int
    language: str
    places: list[Place]
    answers: dict[int, dict[str, Raw]]


def sign(report_id: int, book: Book) -> str:
    asked: dict[int, set[str]] = {}
    places = []
    for sheet in book.sheets:
        names = [name for name, one in sheet.questions.items() if one.kind is not Kind.SECRET]
        for row in sheet.rows:
            asked.setdefault(row.item_id, set()).update(row.prefix + name for name in names)
        places.append(
            {
                "name": sheet.name,
                "told": len(sheet.told),
                "headings": [*sheet.told, *(one.label for one in sheet.questions.values())],
                "fields": [
                    "" if one.kind is Kind.SECRET else name for name, one in sheet.questions.items()
                ],
                "asked": [(one.kind, one.options) for one in sheet.questions.values()],
                "rows": [(row.item_id, row.told, row.prefix) for row in sheet.rows],
            }
        )
    answers = {
        item_id: {name: raw for name, raw in book.entries[item_id].raw().items() if name in names}
        for item_id, names in asked.items()
    }
    return _box().dumps(
        {
            "format": FORMAT,
            "report": report_id,
            "language": str(get_locale() or ""),
            "places": places,
            "answers": answers,
        }
    )


def unsign(text: str) -> Carried | None:
    """What was signed here; ``None`` when it was not, or by another release."""
    try:
        whole = _box().loads(text)
    except BadData:
        return None
    if whole["format"] != FORMAT:
        return None
    places = [
        Place(
            one["name"],
            one["told"],
            one["headings"],
            one["fields"],
            [Question("", "", Kind(kind), options) for kind, options in one["asked"]],
            [Row(item_id, tuple(told), prefix) for item_id, told, prefix in one["rows"]],
        )
        for one in whole["places"]
    ]
    answers = {int(item_id): raw for item_id, raw in whole["answers"].items()}
    return Carried(whole["report"], whole["language"], places, answers)


def _box() -> URLSafeSerializer:
    return URLSafeSerializer(
        str(current_app.secret_key),
        salt="report-workbook",
        signer_kwargs={"digest_method": hashlib.sha256},
    )
