"""Pages kept between requests for as long as no data has changed.

Counting every measure of a plan and drawing the charts costs more than all the rest of a request,
and the page is read far more often than something is reported. Each process keeps its own; nothing
is ever shown that a count made now would not give.
"""

from collections.abc import Callable, Hashable
from typing import Any, TypeVar, cast

import sqlalchemy as sa
from flask import current_app

from registry.audit.models import AuditEntry
from registry.db import db
from registry.host import active

ROOM = 64
T = TypeVar("T")


def kept(key: Hashable, make: Callable[[], T]) -> T:
    """What ``make`` gave for this key, unless data or the set of domains has changed since.

    The key must hold everything else that the result depends on: the day, the language and what
    the viewer may do. ``None`` is not kept.
    """
    memory: dict[Hashable, tuple[Any, Any]] = current_app.extensions.setdefault("followup", {})
    state = (db.session.scalar(_state()), active.current().generation)
    before = memory.get(key)
    if before is not None and before[0] == state:
        return cast(T, before[1])
    made = make()
    if made is not None:
        if len(memory) >= ROOM:
            memory.clear()
        memory[key] = (state, made)
    return made


_POSTGRESQL = sa.select(sa.cast(sa.func.pg_current_snapshot(), sa.Text))
_SQLITE = sa.select(sa.func.max(AuditEntry.id))


def _state() -> sa.Select[Any]:
    """A value that is another as soon as a change has been committed.

    SQLite writes one transaction after the other, so the last entry of the log tells; in
    PostgreSQL entries may become visible out of order, and the snapshot tells.
    """
    return _POSTGRESQL if db.engine.dialect.name == "postgresql" else _SQLITE
