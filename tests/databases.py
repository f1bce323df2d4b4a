"""A PostgreSQL server fit for tests, and one database on it that is emptied between tests.

To make a database from a template and drop it costs the server some 100 ms of work; to delete
what a test wrote costs 2. A database whose tables, constraints or triggers a test has changed is
dropped, and so is one that has grown: the next test gets a new one.
"""

import json
from uuid import uuid4

import psycopg
import sqlalchemy as sa

# What is lost when the machine loses power is no matter here. Nothing is vacuumed, so that rows
# lie in the order in which they were written, as in a new database.
FAST = {
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "off",
    "autovacuum": "off",
    "checkpoint_timeout": "1h",
}
LARGEST = 4_000_000  # bytes of rows, dead ones too
CATALOGUES = ("class", "attribute", "attrdef", "constraint", "trigger", "proc", "namespace")
# a change of any kind raises xmin or lowers the count
SHAPE = "SELECT " + ", ".join(
    f"(SELECT (count(*), max(xmin::text::bigint))::text FROM pg_{name})" for name in CATALOGUES
)
TABLES = """SELECT relname::text, pg_relation_size(oid) FROM pg_class
    WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace ORDER BY relname"""
OTHERS = """SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid()"""
COUNTERS = """SELECT setval(format('%I.%I', schemaname, sequencename)::regclass, start_value, false)
    FROM pg_sequences WHERE last_value IS NOT NULL"""


def address(server: str, name: str) -> str:
    url = sa.make_url(server).set(drivername="postgresql", database=name)
    return url.render_as_string(hide_password=False)


def on_server(server: str, *statements: str) -> None:
    with psycopg.connect(address(server, "postgres"), autocommit=True) as connection:
        for statement in statements:
            connection.execute(statement)


def make_fast(server: str) -> None:
    settings = [f"ALTER SYSTEM SET {name} = '{value}'" for name, value in FAST.items()]
    on_server(server, *settings, "SELECT pg_reload_conf()")


_first: dict[str, sa.Engine] = {}


def share_statements(engine: sa.Engine) -> None:
    """What SQLAlchemy has compiled for one app of a process serves the next, as in an app that
    lives for days; it keeps this by engine and by dialect."""
    if engine.dialect.driver not in _first:
        with engine.connect():  # the dialect learns what kind of server it speaks to
            _first[engine.dialect.driver] = engine
    first = _first[engine.dialect.driver]
    engine.dialect = first.dialect
    engine._compiled_cache = first._compiled_cache


class Pool:
    """Gives a migrated, empty database, one at a time."""

    def __init__(self, server: str, template: str) -> None:
        self.server, self.template = server, template
        self.name = ""

    def take(self) -> str:
        """The address of a database as the template is; the one given before is taken back."""
        if self.name and not self._emptied():
            self.close()
        if not self.name:
            self._make()
        return address(self.server, self.name)

    def close(self) -> None:
        if self.name:
            self.connection.close()
            on_server(self.server, f"DROP DATABASE {self.name} WITH (FORCE)")
            self.name = ""

    def _make(self) -> None:
        name = "t" + uuid4().hex
        on_server(self.server, f"CREATE DATABASE {name} TEMPLATE {self.template}")
        self.connection = psycopg.connect(address(self.server, name), autocommit=True)
        self.connection.execute("SET session_replication_role = replica")  # no triggers, no keys
        self.name = name
        self.shape = self._all(SHAPE)
        self.tables = [table for table, _size in self._all(TABLES)]
        self.rows = {
            table: rows
            for table in self.tables
            if (rows := self._all(f"SELECT json_agg(one) FROM {table} one")[0][0])
        }
        self.counters = self._all("SELECT * FROM pg_sequences WHERE last_value IS NOT NULL")
        assert not self.counters, "the migrations use a counter: put it back in take()"

    def _emptied(self) -> bool:
        """Whether it is as it was made."""
        try:
            self._all(OTHERS)
            sizes = self._all(TABLES)
            if self._all(SHAPE) != self.shape or sum(size for _table, size in sizes) > LARGEST:
                return False
            statements = [f"DELETE FROM {table}" for table, size in sizes if size]
            statements += [
                f"INSERT INTO {table} SELECT * FROM "
                f"json_populate_recordset(NULL::{table}, {_quoted(rows)})"
                for table, rows in self.rows.items()
            ]
            with self.connection.transaction():
                self.connection.execute("; ".join(statements))
            self._all(COUNTERS)
        except psycopg.OperationalError:
            return False
        return True

    def _all(self, statement: str) -> list[tuple]:
        return self.connection.execute(statement).fetchall()


def _quoted(rows: list) -> str:
    return "'" + json.dumps(rows).replace("'", "''") + "'"
