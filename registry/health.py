"""``/healthz``: the process answers. ``/readyz``: the database answers and is up to date."""

import sqlalchemy as sa
from flask import Blueprint, Response, current_app

from registry.db import db

bp = Blueprint("health", __name__)


@bp.get("/healthz")
def live() -> Response:
    return Response("ok\n", mimetype="text/plain")


@bp.get("/readyz")
def ready() -> Response:
    try:
        found = at_head()
    except sa.exc.SQLAlchemyError as error:
        current_app.logger.warning("not ready: %s", type(error).__name__)
        return Response("database does not answer\n", status=503, mimetype="text/plain")
    if not found:
        return Response("database is not at the latest version\n", 503, mimetype="text/plain")
    return Response("ready\n", mimetype="text/plain")


def at_head() -> bool:
    """Whether the database has every migration of this release."""
    from alembic.runtime.migration import MigrationContext
    from alembic.script import ScriptDirectory

    directory = current_app.extensions["migrate"].directory
    heads = set(ScriptDirectory(directory).get_heads())
    with db.engine.connect().execution_options(reading=True) as connection:
        return set(MigrationContext.configure(connection).get_current_heads()) == heads
