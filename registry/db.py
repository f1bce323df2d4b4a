"""The database: one object, one base class, the column types that all tables share."""

from datetime import UTC, datetime
from enum import Enum as PyEnum
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from flask import Flask, has_request_context, request
from flask_migrate import Migrate
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from registry.config import Settings

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


class UtcDateTime(sa.TypeDecorator[datetime]):
    """A moment: UTC in the database, always aware in Python."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"a moment needs a time zone: {value!r}")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Base(DeclarativeBase):
    """Base of every table of the core; constraint names follow from table and column."""

    metadata = sa.MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {
        datetime: UtcDateTime(),
        dict[str, Any]: sa.JSON(),
        str: sa.Text(),
    }


class Locked:
    """Optimistic locking: a save of a row that someone else has saved since is refused."""

    row_version: Mapped[int] = mapped_column(default=1, info={"audit": False})

    @sa.orm.declared_attr.directive
    @classmethod
    def __mapper_args__(cls) -> dict[str, Any]:
        return {"version_id_col": cls.row_version}


def text_enum(kind: type[PyEnum]) -> sa.Enum:
    """A column type that stores an enum's values as text, held by a check constraint."""
    return sa.Enum(
        kind,
        native_enum=False,
        create_constraint=True,
        name=kind.__name__.lower(),
        length=32,
        values_callable=lambda members: [member.value for member in members],
    )


def now() -> datetime:
    return datetime.now(UTC)


db = SQLAlchemy(metadata=Base.metadata, session_options={"expire_on_commit": False})
migrate = Migrate(render_as_batch=True, compare_type=True)


def init_app(app: Flask, settings: Settings) -> None:
    app.config["SQLALCHEMY_DATABASE_URI"] = settings.database
    options: dict[str, Any] = {"hide_parameters": True}  # they are people's words; logs are not
    if settings.database.startswith("postgresql"):
        options |= {"pool_pre_ping": True, "connect_args": {"prepare_threshold": None}}
    app.config["SQLALCHEMY_ENGINE_OPTIONS"] = options
    db.init_app(app)
    migrate.init_app(app, db, directory=str(Path(__file__).parent / "migrations"))
    with app.app_context():
        if db.engine.dialect.name == "sqlite":
            sa.event.listen(db.engine, "connect", _on_sqlite_connect)
            sa.event.listen(db.engine, "begin", _on_sqlite_begin)


def _on_sqlite_connect(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # we write BEGIN ourselves, see _on_sqlite_begin
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.execute("PRAGMA synchronous=NORMAL")
    cursor.execute("PRAGMA busy_timeout=10000")
    cursor.close()


def _on_sqlite_begin(connection: sa.Connection) -> None:
    """Reads begin plainly; anything that may write takes the lock at once.

    A transaction that reads first and writes later fails as locked under load, busy timeout or
    not; ``BEGIN IMMEDIATE`` waits its turn instead.
    """
    reading = connection.get_execution_options().get("reading")
    if reading is None:
        reading = has_request_context() and request.method in SAFE_METHODS
    connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")
