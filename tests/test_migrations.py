"""The migrations, up from nothing on both databases."""

import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from flask import Flask

from registry import tables  # noqa: F401
from registry.db import Base, db


def test_migrations_make_the_tables_that_the_models_describe(app: Flask) -> None:
    with db.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        differences = [
            d for d in compare_metadata(context, Base.metadata) if d[0] != "remove_index"
        ]
    assert differences == []
    assert "audit_entry" in sa.inspect(db.engine).get_table_names()
