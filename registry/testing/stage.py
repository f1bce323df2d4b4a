"""A whole small registry for one plugin: a plan, a board, an open round, people of every role.

The app is made once for each plugin folder; its database is put back before each test.
"""

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import Context
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any
from unittest import mock

from flask import Flask, has_app_context
from flask.testing import FlaskClient
from flask_migrate import upgrade
from jinja2.bccache import Bucket, BytecodeCache

from registry import create_app
from registry.audit.log import acting
from registry.db import db, now
from registry.host import loading, manifest, switching
from registry.host.loading import Domain
from registry.host.manifest import Found
from registry.host.values import Refusal
from registry.people.models import Board, BoardKind, Clearance, Role, RoleGrant, User
from registry.people.passwords import hash_password
from registry.people.permissions import Grant, Viewer
from registry.plan.models import (
    GoalArea,
    GoalGroup,
    Measure,
    Plan,
    PlanVersion,
    Responsibility,
    Share,
    SubGoal,
    VersionState,
)
from registry.plan.service import renumber
from registry.reporting import rounds
from registry.reporting.models import Report, ReportItem
from registry.reporting.rounds import NewRound

PASSWORD = "en-mening-att-minnas"  # noqa: S105 - of people who exist in tests only
ROLES = ("reporter", "approver", "coordinator", "executive", "domain_lead", "auditor", "admin")
SETTINGS: dict[str, Any] = {
    "secret_key": "test",
    "argon2_time_cost": 1,
    "argon2_memory_kib": 32,
    "log_level": "ERROR",
    "sign_in_limit": "1000 per minute",
}


class NotTakenIn(Exception):
    """The registry refuses the plugin; the message says at which step, and why."""


class Compiled(BytecodeCache):
    """Templates compiled once for all stages of a test run."""

    def __init__(self) -> None:
        self.kept: dict[str, bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        if bucket.key in self.kept:
            bucket.bytecode_from_string(self.kept[bucket.key])

    def dump_bytecode(self, bucket: Bucket) -> None:
        self.kept[bucket.key] = bucket.bytecode_to_string()


COMPILED = Compiled()


class Client(FlaskClient):
    """A browser: each request runs in a context of its own, as on a server."""

    def open(self, *args: Any, **kwargs: Any) -> Any:
        if has_app_context():
            db.session.rollback()
        return Context().run(super().open, *args, **kwargs)


@dataclass
class Stage:
    """The registry with one plugin, and what the tests need to know of what is in it.

    :param clients: a signed-in client for each role, ``cleared`` for a domain lead who may open
        secret answers, and ``anonymous``.
    """

    app: Flask
    domain: Domain
    database: Path
    pristine: Path
    measure_id: int = 0
    item_id: int = 0
    report_id: int = 0
    clients: dict[str, FlaskClient] = field(default_factory=dict)

    @property
    def measure_form(self) -> str:
        return f"/plan/measures/{self.measure_id}/edit"

    @property
    def report_form(self) -> str:
        return f"/reports/items/{self.item_id}"

    def reset(self) -> None:
        """Put the database back to how it was when the stage was set."""
        self.close()
        shutil.copy(self.pristine, self.database)
        self.app.extensions["active"] = None
        self.app.extensions.pop("memory", None)

    def close(self) -> None:
        with self.app.app_context():
            db.session.remove()
            db.engine.dispose()
        for end in ("-wal", "-shm"):
            self.database.with_name(self.database.name + end).unlink(missing_ok=True)

    def stored_bytes(self) -> bytes:
        """All that lies in the database's files."""
        ends = ("", "-wal")
        files = [self.database.with_name(self.database.name + end) for end in ends]
        return b"".join(file.read_bytes() for file in files if file.exists())


def migrated(place: Path) -> Path:
    """A new database file with all tables."""
    file = place / "registry.sqlite"
    app = create_app(place, database_url=f"sqlite:///{file}", **SETTINGS)
    with app.app_context():
        upgrade()
        db.session.remove()
        db.engine.dispose()
    _settle(file)
    return file


def _settle(file: Path) -> None:
    """Bring what was written last into the file itself."""
    connection = sqlite3.connect(file)
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()


@contextmanager
def only(found: Found) -> Iterator[None]:
    """The registry finds this plugin alone, and takes it in as approved."""

    def find(*_places: Any, **_more: Any) -> Iterator[Found]:
        yield found

    with mock.patch.object(loading, "find", find):
        yield


def found_in(folder: Path) -> Found:
    """:raises NotTakenIn: when manifest or files cannot be used."""
    found = manifest.read(folder, "bundled")
    if isinstance(found, Refusal):
        raise NotTakenIn(f"{found.step}: {found.reason}")
    return found


def set_up(folder: Path, place: Path, template: Path) -> Stage:
    """:param template: a migrated database, which is copied.
    :raises NotTakenIn: when the registry refuses the plugin."""
    found = found_in(folder)
    database = place / "registry.sqlite"
    shutil.copy(template, database)
    with only(found):
        app = create_app(place, database_url=f"sqlite:///{database}", **SETTINGS)
    refusal = loading.loaded(app).refusals.get(found.name)
    if refusal is not None:
        raise NotTakenIn(f"{refusal.step}: {refusal.reason}")
    app.config.update(TESTING=True, WTF_CSRF_ENABLED=False)
    app.test_client_class = Client
    app.jinja_env.bytecode_cache = COMPILED
    app.extensions["plugin_places"] = ([folder.parent], folder.parent)
    domain = loading.loaded(app).domains[found.name]
    stage = Stage(app, domain, database, place / "pristine.sqlite")
    with app.app_context(), acting(None):
        switching.switch(found.name, on=True)
        people = write(stage, found)
    for role, address in people.items():
        stage.clients[role] = app.test_client()
        answer = stage.clients[role].post("/sign-in", data={"email": address, "password": PASSWORD})
        if answer.status_code != 303:
            raise RuntimeError(f"{role} could not sign in: {answer.status}")
    stage.clients["anonymous"] = app.test_client()
    stage.close()
    _settle(database)
    shutil.copy(database, stage.pristine)
    return stage


def write(stage: Stage, found: Found) -> dict[str, str]:
    """Plan, round and people; gives the address of each role's person. Commits."""
    board = Board(name="Testnämnden", kind=BoardKind.COMMITTEE)
    version = PlanVersion(
        plan=Plan(title="Handlingsplan"), state=VersionState.PUBLISHED, published_at=now()
    )
    group = GoalGroup(version=version, title="Ökad säkerhet")
    db.session.add_all([board, version, group])
    db.session.flush()
    measure = _measure(version, group, found)
    db.session.add(measure)
    db.session.flush()
    db.session.add(Responsibility(measure_id=measure.id, board_id=board.id, share=Share.LEAD))
    renumber(version.id)
    people = {name: _person(name, board, found.name) for name in (*ROLES, "cleared")}
    db.session.add_all(people.values())
    db.session.commit()
    opened = rounds.open_round(
        Viewer(grants=frozenset({Grant(Role.COORDINATOR)})),
        NewRound(
            version_id=version.id,
            title="2025",
            period="2025",
            opens_on=date(2025, 11, 1),
            due_on=date(2199, 12, 31),
            board_ids=frozenset({board.id}),
        ),
    )
    report = db.session.query(Report).filter_by(round_id=opened.id).one()
    stage.measure_id, stage.report_id = measure.id, report.id
    stage.item_id = db.session.query(ReportItem).filter_by(report_id=report.id).one().id
    return {name: person.email for name, person in people.items()}


def _measure(version: PlanVersion, group: GoalGroup, found: Found) -> Measure:
    area = GoalArea(
        version_id=version.id,
        group=group,
        number="1.1",
        title=found.manifest.goal_area,
        domain=found.name,
    )
    subgoal = SubGoal(version_id=version.id, area=area, title="Ett delmål")
    db.session.add_all([area, subgoal])
    db.session.flush()
    return Measure(
        version_id=version.id,
        area_id=area.id,
        subgoal=subgoal,
        number="1.1.1",
        title="En åtgärd",
        search_text="1.1.1 en åtgärd",
    )


def _person(name: str, board: Board, domain: str) -> User:
    role = Role.DOMAIN_LEAD if name == "cleared" else Role(name)
    grant = RoleGrant(role=role)
    if role in {Role.REPORTER, Role.APPROVER}:
        grant.board_id = board.id
    if role is Role.DOMAIN_LEAD:
        grant.domain = domain
    person = User(
        email=f"{name}@example.org", name=name.title(), password_hash=hash_password(PASSWORD)
    )
    person.grants.append(grant)
    if name == "cleared":
        person.clearances.append(Clearance(domain=domain, reason="Test"))
    return person
