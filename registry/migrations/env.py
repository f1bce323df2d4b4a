"""Alembic's door: the core's tables under the core's own version table."""

from typing import Any

import sqlalchemy as sa
from alembic import context
from flask import current_app

from registry import tables  # noqa: F401  registers the tables
from registry.db import Base


def _own_tables(
    _object: Any, name: str | None, kind: str, reflected: bool, _compare_to: Any
) -> bool:
    """Leave alone what the core did not make: tables of plugins, SQLite's own."""
    return not (kind == "table" and reflected and name not in Base.metadata.tables)


def run() -> None:
    engine = current_app.extensions["migrate"].db.engine
    with engine.connect() as connection:
        sqlite = connection.dialect.name == "sqlite"
        if sqlite:
            # batch changes rebuild tables; only outside a transaction can the checks rest
            connection.exec_driver_sql("PRAGMA foreign_keys=OFF")
            connection.commit()
        context.configure(
            connection=connection,
            target_metadata=Base.metadata,
            include_object=_own_tables,
            render_as_batch=True,
            compare_type=True,
        )
        with context.begin_transaction():
            context.run_migrations()
        if sqlite:
            broken = connection.execute(sa.text("PRAGMA foreign_key_check")).all()
            connection.rollback()
            connection.exec_driver_sql("PRAGMA foreign_keys=ON")
            if broken:
                raise RuntimeError(f"foreign keys are broken after the migration: {broken[:5]}")


run()
