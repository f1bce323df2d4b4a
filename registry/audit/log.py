"""Every change of every table is written to the log, in the change's own transaction.

The log listens to the session: no use case can forget it. Columns marked
``info={"audit": False}`` are left out (derived columns); of those marked ``info={"audit":
"masked"}`` it says that they changed, never what they hold (passwords; names and addresses of
people, who may be removed while the log stays). Bulk statements that pass the session by call
:func:`record` themselves.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from typing import Any

import sqlalchemy as sa
from flask import Flask, g, has_request_context
from sqlalchemy.orm import DeclarativeBase, ORMExecuteState, Session, UOWTransaction

from registry.audit.models import AuditEntry
from registry.db import db, now

MASK = "…"
_SILENT = {
    "attachment_content",
    "alert",
    "audit_entry",
    "frozen_item",
    "frozen_value",
    "generation",
    "job",
    "job_product",
    "muted_topic",
    "notice_receipt",
    "outbox_message",
    "outcome",
    "sign_in",
    "source_entry",
    "worker_beat",
}
_actor: ContextVar[int | None] = ContextVar("actor", default=None)
_action: ContextVar[str | None] = ContextVar("action", default=None)


def init_app(app: Flask) -> None:
    with app.app_context():
        if not sa.event.contains(db.session, "after_flush", _after_flush):
            sa.event.listen(db.session, "after_flush", _after_flush)
            sa.event.listen(db.session, "do_orm_execute", _refuse_silent_bulk)


@contextmanager
def acting(user_id: int | None) -> Iterator[None]:
    """Changes within are written as this person's; for the command line and for tests."""
    token = _actor.set(user_id)
    try:
        yield
    finally:
        _actor.reset(token)


@contextmanager
def action(name: str) -> Iterator[None]:
    """Changes within carry this name (``report.submit``) instead of ``measure.update``."""
    token = _action.set(name)
    try:
        yield
    finally:
        _action.reset(token)


def record(
    name: str,
    object_kind: str,
    object_id: int | None,
    *,
    label: str = "",
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
) -> None:
    """Write one entry for a change the session does not see, or an event worth a line."""
    entry = _entry(name, object_kind, object_id, label, before, after)
    db.session.execute(sa.insert(AuditEntry), [entry])


def record_created(
    name: str, object_kind: str, rows: Iterable[tuple[int, str, dict[str, Any]]]
) -> None:
    """:func:`record` for the rows of one bulk insert: id, label and what each holds."""
    entries = [_entry(name, object_kind, *row[:2], None, row[2]) for row in rows]
    if entries:
        db.session.connection().execute(sa.insert(AuditEntry.__table__), entries)  # type: ignore[arg-type]


def _entry(
    name: str,
    kind: str,
    object_id: int | None,
    label: str,
    before: dict[str, Any] | None,
    after: dict[str, Any] | None,
) -> dict[str, Any]:
    in_request = has_request_context()
    viewer = g.get("viewer") if in_request else None
    actor = _actor.get()
    if actor is None and viewer is not None:
        actor = viewer.user_id
    return {
        "at": now(),
        "actor_id": actor,
        "action": name,
        "object_kind": kind,
        "object_id": object_id,
        "label": label[:200],
        "before": before,
        "after": after,
        "request_id": g.get("request_id", "") if in_request else "",
    }


def _refuse_silent_bulk(state: ORMExecuteState) -> None:
    """ORM bulk update and delete would pass the log by: they name themselves or are refused."""
    if (state.is_update or state.is_delete) and not state.execution_options.get("logged"):
        raise RuntimeError(
            "a bulk update or delete is not seen by the audit log: call audit.log.record and "
            "pass execution_options={'logged': True}"
        )


def _after_flush(session: Session, _context: UOWTransaction) -> None:
    entries: list[dict[str, Any]] = []
    for obj in session.new:
        _note(entries, obj, "create")
    for obj in session.dirty:
        _note(entries, obj, "update")
    for obj in session.deleted:
        _note(entries, obj, "delete")
    if entries:
        session.connection().execute(sa.insert(AuditEntry.__table__), entries)  # type: ignore[arg-type]


def _note(entries: list[dict[str, Any]], obj: object, what: str) -> None:
    if not isinstance(obj, DeclarativeBase) or obj.__tablename__ in _SILENT:
        return
    state = sa.inspect(obj)
    before: dict[str, Any] = {}
    after: dict[str, Any] = {}
    for prop in state.mapper.column_attrs:
        info = prop.columns[0].info.get("audit")
        if info is False:
            continue
        shown = _masked if info == "masked" else plain
        history = state.attrs[prop.key].history
        if what == "create":
            after[prop.key] = shown(getattr(obj, prop.key))
        elif what == "delete":
            before[prop.key] = shown(getattr(obj, prop.key))
        elif history.has_changes():
            old = history.deleted[0] if history.deleted else None
            new = history.added[0] if history.added else None
            if plain(old) != plain(new):
                before[prop.key], after[prop.key] = shown(old), shown(new)
    if what == "update":
        for relation in state.mapper.relationships:
            history = state.attrs[relation.key].history
            if relation.secondary is not None and history.has_changes():
                kept = _ids(history.unchanged)
                before[relation.key] = sorted(kept | _ids(history.deleted))
                after[relation.key] = sorted(kept | _ids(history.added))
    if what == "update" and not after:
        return
    key = state.mapper.primary_key_from_instance(obj)
    object_id = key[0] if len(key) == 1 and isinstance(key[0], int) else None
    kind = obj.__tablename__
    label = _label(obj, state.mapper)
    if object_id is None:
        label = label or " ".join(str(plain(part)) for part in key)
    name = _action.get() or f"{kind}.{what}"
    entries.append(_entry(name, kind, object_id, label, before or None, after or None))


def _label(obj: object, mapper: sa.orm.Mapper[Any]) -> str:
    for name in ("title", "name"):
        column = mapper.columns.get(name)
        if column is not None and column.info.get("audit") != "masked":
            return str(getattr(obj, name) or "")
    return ""


def _ids(objects: Iterable[Any]) -> set[int]:
    return {one.id for one in objects or ()}


def _masked(value: Any) -> Any:
    return None if value is None else MASK


def plain(value: Any) -> Any:
    """A column's value as JSON."""
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return format(value.normalize(), "f")
    if isinstance(value, bytes):
        return MASK
    return value
