"""The log as an auditor reads it: newest first, filtered, 50 a page, a fixed number of queries."""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from flask import current_app
from flask_babel import gettext as _
from flask_babel import ngettext

from registry.addresses import LARGEST
from registry.attachments.models import Attachment
from registry.audit import words
from registry.audit.log import MASK
from registry.audit.models import AuditEntry
from registry.db import Base, db
from registry.effects.models import EffectMetric
from registry.language import moment, number, yes_no
from registry.people.models import Board, User
from registry.people.permissions import Permission, Viewer, require
from registry.plan.models import GoalArea, Measure, SubGoal
from registry.words import Word

PER_PAGE = 50
LONGEST = 2000
FAILED_SIGN_IN = "person.sign_in_failed"
_NUMBERED = re.compile(r"(?:person\s*)?#?\s*(\d{1,9})", re.IGNORECASE)

# What a column that ends in ``_id`` points to, and how that reads.
_NAMES: dict[type[Base], Any] = {
    Board: Board.name,
    User: User.name,
    Measure: Measure.number + " " + Measure.title,
    GoalArea: GoalArea.title,
    SubGoal: SubGoal.title,
    EffectMetric: EffectMetric.name,
    Attachment: Attachment.name,
}
_POINTERS: dict[str, type[Base]] = {
    "board_id": Board,
    "successor_id": Board,
    "user_id": User,
    "saved_by_id": User,
    "submitted_by_id": User,
    "entered_by_id": User,
    "author_id": User,
    "resolved_by_id": User,
    "handed_by_id": User,
    "handed_to_id": Board,
    "measure_id": Measure,
    "area_id": GoalArea,
    "subgoal_id": SubGoal,
    "metric_id": EffectMetric,
    "attachment_id": Attachment,
    "uploaded_by_id": User,
    "removed_by_id": User,
}
Names = Mapping[type[Base], Mapping[int, str]]


@dataclass(frozen=True)
class Filter:
    """What an auditor looks for; empty fields filter nothing. Days are the municipality's."""

    kind: str = ""
    object_id: int | None = None
    person: str = ""
    action: str = ""
    first: date | None = None
    last: date | None = None


@dataclass(frozen=True)
class Change:
    """One field as it reads before and after; ``None`` is empty, masked is not in the log."""

    label: str
    before: str | None
    after: str | None
    masked: bool = False


@dataclass(frozen=True)
class Line:
    """One entry as it reads to a person."""

    id: int
    at: datetime
    person: str
    person_id: int | None
    action: str
    kind: str
    kind_label: str
    object_id: int | None
    label: str
    changes: tuple[Change, ...]
    is_update: bool

    @property
    def about_self(self) -> bool:
        """Whether the person did it to themselves, such as signing in."""
        return self.kind == User.__tablename__ and self.object_id == self.person_id


@dataclass(frozen=True)
class Page:
    lines: tuple[Line, ...]
    count: int
    page: int
    pages: int


def entries(viewer: Viewer, wanted: Filter, page: int = 1) -> Page:
    """One page of the log, newest first."""
    require(viewer, Permission.READ_AUDIT)
    where = _conditions(wanted)
    count = db.session.scalar(sa.select(sa.func.count(AuditEntry.id)).where(*where)) or 0
    pages = max(1, -(-count // PER_PAGE))
    page = min(max(page, 1), pages)
    rows = db.session.execute(
        sa.select(
            AuditEntry.id,
            AuditEntry.at,
            AuditEntry.actor_id,
            AuditEntry.action,
            AuditEntry.object_kind,
            AuditEntry.object_id,
            AuditEntry.label,
            AuditEntry.before,
            AuditEntry.after,
        )
        .where(*where)
        .order_by(AuditEntry.id.desc())
        .limit(PER_PAGE)
        .offset((page - 1) * PER_PAGE)
    ).all()
    names = _names(rows)
    return Page(tuple(_line(row, names) for row in rows), count, page, pages)


def _conditions(wanted: Filter) -> list[sa.ColumnElement[bool]]:
    found: list[sa.ColumnElement[bool]] = []
    if wanted.kind:
        found.append(AuditEntry.object_kind == wanted.kind)
    if wanted.object_id is not None:
        known = 0 < wanted.object_id <= LARGEST
        found.append(AuditEntry.object_id == wanted.object_id if known else sa.false())
    if wanted.person:
        found.append(_by(wanted.person))
    if wanted.action:
        found.append(_doing(wanted.action))
    if wanted.first is not None:
        found.append(AuditEntry.at >= _midnight(wanted.first))
    if wanted.last is not None:
        found.append(AuditEntry.at < _midnight(wanted.last + timedelta(days=1)))
    return found


def _by(person: str) -> sa.ColumnElement[bool]:
    numbered = _NUMBERED.fullmatch(person)
    if numbered:
        return AuditEntry.actor_id == int(numbered[1])
    return AuditEntry.actor_id.in_(
        sa.select(User.id).where(
            sa.or_(
                User.name.icontains(person, autoescape=True),
                User.email.icontains(person, autoescape=True),
            )
        )
    )


def _doing(text: str) -> sa.ColumnElement[bool]:
    """Actions whose name or Swedish words contain the text, and objects so labelled."""
    return sa.or_(
        AuditEntry.action.icontains(text, autoescape=True),
        AuditEntry.label.icontains(text, autoescape=True),
        AuditEntry.action.in_(words.actions_reading(text)),
        *(AuditEntry.action.endswith("." + verb) for verb in words.verbs_reading(text)),
    )


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), ZoneInfo(current_app.extensions["settings"].timezone))


def _names(rows: Iterable[Any]) -> Names:
    """The names of everything these entries point to: one query for each kind, however many."""
    wanted: defaultdict[type[Base], set[int]] = defaultdict(set)
    for row in rows:
        if row.actor_id is not None:
            wanted[User].add(row.actor_id)
        if row.object_kind == User.__tablename__ and row.object_id is not None:
            wanted[User].add(row.object_id)
        for values in (row.before, row.after):
            for field, value in (values or {}).items():
                if field in _POINTERS and isinstance(value, int):
                    wanted[_POINTERS[field]].add(value)
    return {
        model: {
            key: name
            for key, name in db.session.execute(
                sa.select(model.id, name).where(model.id.in_(wanted[model]))  # type: ignore[attr-defined]
            )
        }
        for model, name in _NAMES.items()
    }


def _line(row: Any, names: Names) -> Line:
    return Line(
        id=row.id,
        at=row.at,
        person=_actor(row, names),
        person_id=row.actor_id,
        action=words.action(row.action),
        kind=row.object_kind,
        kind_label=words.kind(row.object_kind),
        object_id=row.object_id,
        label=_label(row, names),
        changes=tuple(_changes(row, names)),
        is_update=row.before is not None and row.after is not None,
    )


def _actor(row: Any, names: Names) -> str:
    if row.actor_id is not None:
        return _person(row.actor_id, names)
    return _("Någon") if row.action == FAILED_SIGN_IN else _("Systemet")


def _label(row: Any, names: Names) -> str:
    """What the entry is about: its label when written, else whom or what it points to."""
    if row.object_kind == User.__tablename__ and row.object_id is not None:
        return _person(row.object_id, names)
    if row.label:
        return str(row.label)
    if row.action == FAILED_SIGN_IN:
        return _("med okänd adress")
    values = {**(row.before or {}), **(row.after or {})}
    for field in ("user_id", "measure_id", "board_id"):
        if isinstance(values.get(field), int):
            return _pointed(field, values[field], names)
    return ""


def _person(person_id: int, names: Names) -> str:
    return names[User].get(person_id) or words.pseudonym(person_id)


def _pointed(field: str, key: int, names: Names) -> str:
    model = _POINTERS[field]
    return _person(key, names) if model is User else names[model].get(key, f"#{key}")


def _changes(row: Any, names: Names) -> Iterable[Change]:
    before, after = _flat(row.before or {}), _flat(row.after or {})
    for field in dict.fromkeys([*before, *after]):
        old, new = before.get(field), after.get(field)
        if MASK in (old, new):
            if row.before is not None and row.after is not None:
                yield Change(words.field(field), None, None, masked=True)
            continue
        if old == new or field == "id":
            continue
        yield Change(
            words.field(field),
            _cut(_text(row.object_kind, field, old, names)),
            _cut(_text(row.object_kind, field, new, names)),
        )


def _flat(values: Mapping[str, Any]) -> dict[str, Any]:
    """Values by field; what lies in a mapping comes out as fields of its own."""
    flat: dict[str, Any] = {}
    for field, value in values.items():
        if isinstance(value, dict):
            flat.update({name: inner for name, inner in value.items() if field != "labels"})
        elif value not in (None, "", []):
            flat[field] = value
    return flat


def _text(kind: str, field: str, value: Any, names: Names) -> str | None:
    if value is None or value == "":
        return None
    if isinstance(value, bool):
        return yes_no(value)
    if field in _POINTERS and isinstance(value, int):
        return _pointed(field, value, names)
    if isinstance(value, list):
        return ", ".join(str(part) for part in value)
    if isinstance(value, dict):
        return ", ".join(f"{name}: {inner}" for name, inner in value.items())
    if isinstance(value, str):
        return _word(kind, field, value) or _moment(value) or value
    return str(value)


def _cut(text: str | None) -> str | None:
    """The beginning of a very long text, and how much more there is: a page holds many."""
    if text is None or len(text) <= LONGEST:
        return text
    more = len(text) - LONGEST
    return ngettext(
        "%(text)s… (%(more)s tecken till visas inte)",
        "%(text)s… (%(more)s tecken till visas inte)",
        more,
        text=text[:LONGEST],
        more=number(more),
    )


def _word(kind: str, field: str, value: str) -> str | None:
    """The label of a stored term, found by the table's own column type."""
    table = Base.metadata.tables.get(kind)
    column = table.columns.get(field) if table is not None else None
    enum = getattr(column.type, "enum_class", None) if column is not None else None
    if enum is None or not issubclass(enum, Word):
        return None
    return next((str(word.label) for word in enum if word.value == value), None)


def _moment(value: str) -> str | None:
    if len(value) < 19 or value[10:11] != "T":
        return None
    try:
        return moment(datetime.fromisoformat(value))
    except ValueError:
        return None
