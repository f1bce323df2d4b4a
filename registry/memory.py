"""Pages kept between requests for as long as no data has changed.

Counting, sorting and drawing cost more than all the rest of a request, and a page is read far more
often than something is reported. Each process keeps its own; nothing is ever shown that reading
the database now would not give.
"""

from collections.abc import Callable, Hashable
from typing import Any, TypeVar, cast

import sqlalchemy as sa
from flask import current_app, g, render_template, request
from flask_babel import get_locale
from markupsafe import Markup

from registry.audit.models import AuditEntry
from registry.db import db
from registry.host import active
from registry.language import today

ROOM = 64
LARGEST = 1_000_000
T = TypeVar("T")


def page(template: str, section: str, values: Callable[[], dict[str, Any]]) -> str:
    """A whole page whose title and main part are kept for this address and these roles.

    The template extends ``layout|default("base.html")``. It must not hold a form that posts: the
    token in it belongs to one person.

    :param section: the entry of the menu it belongs to.
    :param values: reads what the template shows; called only when nothing is kept.
    """
    viewer = g.viewer
    key = (
        request.script_root,
        request.full_path,
        viewer.grants,
        viewer.clearances,
        str(get_locale()),
        today(),
    )
    title, main = kept(key, lambda: _parts(template, values()))
    return render_template("kept.html", section=section, title=title, main=main)


def _parts(template: str, values: dict[str, Any]) -> tuple[Markup, Markup]:
    text = render_template(template, layout="parts.html", csrf_token=_refuse, **values)
    title, _sep, main = text.removesuffix("</main>").partition("<main>")
    return Markup(title.strip()), Markup(main)  # noqa: S704 - our own template's output


def _refuse() -> str:
    raise RuntimeError("a kept page cannot hold a form that posts")


def kept(key: Hashable, make: Callable[[], T]) -> T:
    """What ``make`` gave for this key, unless data or the set of domains has changed since.

    The key must hold everything else that the result depends on: the day, the language and what
    the viewer may do. Neither ``None`` nor what is very large is kept.
    """
    memory: dict[Hashable, tuple[Any, Any]] = current_app.extensions.setdefault("memory", {})
    state = (db.session.connection().scalar(_state()), active.current().generation)
    before = memory.get(key)
    if before is not None and before[0] == state:
        return cast(T, before[1])
    made = make()
    if made is not None and len(str(made)) <= LARGEST:
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
