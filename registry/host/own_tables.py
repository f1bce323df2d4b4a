"""Tables that a plugin owns: for true lists, where a field is not enough.

The plugin's ``models.py`` derives its tables from :func:`tables`, their names begin with the
plugin's name, and ``migrations/`` holds Alembic revisions with a version table of the plugin's
own: the core's migrations know nothing of them, and removing the plugin stops nothing.
"""

from typing import Any

import sqlalchemy as sa
from alembic.runtime.environment import EnvironmentContext
from alembic.runtime.migration import MigrationContext
from sqlalchemy.orm import DeclarativeBase

from registry.db import Base, db
from registry.host import migrating
from registry.host.loading import Domain


class Failed(Exception):
    """The plugin's tables could not be made or changed; the message says why."""


session = db.session
_declared: dict[str, sa.MetaData] = {}


def tables(plugin: str) -> type[DeclarativeBase]:
    """The base class of a plugin's own tables; their changes go into the log as all others.

    :raises ValueError: later, for a table whose name does not begin with ``<plugin>_`` or is that
        of a table of the registry.
    """
    convention = Base.metadata.naming_convention

    class Own(DeclarativeBase):
        metadata = sa.MetaData(naming_convention=convention)
        type_annotation_map = Base.type_annotation_map

        def __init_subclass__(cls, **kwargs: Any) -> None:
            name = getattr(cls, "__tablename__", "")
            if not cls.__dict__.get("__abstract__"):
                if not name.startswith(f"{plugin}_"):
                    raise ValueError(f"table {name!r} must be called {plugin}_…")
                if name in Base.metadata.tables:
                    raise ValueError(f"table {name!r} is one of the registry")
            super().__init_subclass__(**kwargs)

    _declared[plugin] = Own.metadata
    return Own


def version_table(name: str) -> str:
    return f"{name}_alembic_version"


def upgrade(domain: Domain) -> bool:
    """Bring the plugin's tables up to its newest revision, in the session's transaction.

    :returns: whether anything was done.
    :raises Failed: when a migration does.
    """
    if not domain.owns_tables or at_head(domain):
        return False
    return _run(domain)


def _run(domain: Domain) -> bool:
    with migrating.script(domain.found) as (config, script):

        def steps(revision: Any, _context: MigrationContext) -> Any:
            return script._upgrade_revs("head", revision)

        connection = db.session.connection()
        before = _names(connection)
        try:
            with (
                connection.begin_nested(),  # a migration that fails leaves nothing behind
                EnvironmentContext(config, script, fn=steps) as environment,
            ):
                environment.configure(
                    connection=connection,
                    version_table=version_table(domain.name),
                    transactional_ddl=False,
                    render_as_batch=True,
                )
                environment.run_migrations()
                foreign = [
                    name
                    for name in sorted(before ^ _names(connection))
                    if not name.startswith(f"{domain.name}_") or name in Base.metadata.tables
                ]
                if foreign:
                    raise ValueError(f"{', '.join(foreign)} must be called {domain.name}_…")
        except Exception as error:
            raise Failed(f"its tables: {type(error).__name__}: {error}") from error
    return True


def _names(connection: sa.Connection) -> set[str]:
    return set(sa.inspect(connection).get_table_names())


def at_head(domain: Domain) -> bool:
    """Whether the plugin's tables are of its newest revision."""
    connection = db.session.connection()
    context = MigrationContext.configure(
        connection, opts={"version_table": version_table(domain.name)}
    )
    return frozenset(context.get_current_heads()) == domain.table_heads


def fit(domain: Domain) -> bool:
    """Whether a domain can be on: it owns no tables, or they are as its code expects them."""
    return not domain.owns_tables or at_head(domain)


def own(domain: Domain) -> list[sa.Table]:
    """The plugin's own tables that are there, as the database has them, by name.

    Those that its ``models.py`` declares: the name alone would not do, for another plugin's or
    the registry's tables may begin with this plugin's name.
    """
    declared = _declared.get(domain.name, sa.MetaData()).tables.keys() - Base.metadata.tables.keys()
    connection = db.session.connection()
    metadata = sa.MetaData()
    return [
        sa.Table(name, metadata, autoload_with=connection)
        for name in sorted(declared & _names(connection))
        if name.startswith(f"{domain.name}_")
    ]


def rows(domain: Domain | None) -> dict[str, list[dict[str, Any]]]:
    """Every row of the plugin's own tables, as JSON."""
    if domain is None or not domain.owns_tables:
        return {}
    return {
        table.name: [
            {key: _plain(value) for key, value in row.items()}
            for row in db.session.execute(
                sa.select(table).order_by(*table.primary_key.columns)
            ).mappings()
        ]
        for table in own(domain)
    }


def _plain(value: Any) -> Any:
    return value if value is None or isinstance(value, int | float) else str(value)


def drop(domain: Domain | None) -> int:
    """Remove the plugin's own tables; gives how many rows they had; the caller commits."""
    if domain is None or not domain.owns_tables:
        return 0
    count = sum(len(found) for found in rows(domain).values())
    connection = db.session.connection()
    there = own(domain)
    if there:  # in an order that leaves no reference hanging
        there[0].metadata.drop_all(connection, there)
    version = sa.Table(version_table(domain.name), sa.MetaData())
    version.drop(connection, checkfirst=True)
    return count
