"""Four workers, and a domain switched on and off two hundred times while people write.

Nobody gets an answer of the old set after a switch was acknowledged, nobody an error, and nothing
that was written is lost.
"""

import shutil
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest
import sqlalchemy as sa

from registry import create_app
from registry.db import db
from registry.demo import accounts
from registry.host.models import DomainData, SubjectKind
from registry.plan.models import GoalArea, Measure
from registry.reporting.models import Report, ReportItem, ReportState
from tests.bench import servers
from tests.bench.visitors import HttpVisitor, Request, form_fields, sign_in

# All of them on the database of one machine; on the other the same, as often as shows it works.
SWITCHES = {"sqlite": 200, "postgresql": 50}
DOMAIN = "crisis_preparedness"
TITLE = b"Krisberedskap</h2>"


@contextmanager
def serving(instance: Path) -> Iterator[int]:
    """The registry with four workers, as ``registry run`` serves it; gives its port."""
    port = servers._free_port()
    log = instance / "server.log"
    with log.open("wb") as out:
        process = subprocess.Popen(
            [servers.REGISTRY, "run", f"--port={port}", "--workers=4"],
            stdout=out,
            stderr=subprocess.STDOUT,
            env=servers.environment(instance),
        )
    try:
        for _try in range(600):
            if servers._answers(port, "/readyz") or process.poll() is not None:
                break
            threading.Event().wait(0.1)
        while len(psutil.Process(process.pid).children()) < 4 and process.poll() is None:
            threading.Event().wait(0.1)
        yield port
    finally:
        process.terminate()
        process.wait()
    assert "Traceback" not in log.read_text("utf-8")


@pytest.fixture(params=["sqlite", "postgresql"])
def instance(
    request: pytest.FixtureRequest, tmp_path: Path, sqlite_template: Path
) -> tuple[Path, int, int]:
    """A demo; the item of crisis preparedness that a reporter is writing; how many switches."""
    folder = tmp_path / "instance"
    folder.mkdir()
    if request.param == "postgresql":
        address = request.getfixturevalue("postgres_copy")
        (folder / "config.toml").write_text(f'database_url = "{address}"\ndemo = true\n')
    else:
        shutil.copy(sqlite_template, folder / "registry.sqlite")
    demo = [servers.REGISTRY, "demo"]
    done = subprocess.run(demo, env=servers.environment(folder), capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    app = create_app(folder)
    with app.app_context():
        reporter = next(who for who in accounts.SIGN_INS if who.address == "rapportor.social")
        found = db.session.scalars(
            sa.select(ReportItem.id)
            .join(Report, Report.id == ReportItem.report_id)
            .join(Measure, Measure.id == ReportItem.measure_id)
            .join(GoalArea, GoalArea.id == Measure.area_id)
            .where(GoalArea.domain == DOMAIN, Report.state == ReportState.DRAFT, Report.current)
            .where(Report.board.has(name=reporter.board))
        ).first()
        db.session.remove()
        db.engine.dispose()
    assert found is not None
    return folder, found, SWITCHES[request.param]


@pytest.fixture
def postgres_copy(postgres: str, postgres_template: str) -> Iterator[str]:
    from uuid import uuid4

    from tests.databases import address, on_server

    name = "live" + uuid4().hex
    on_server(postgres, f"CREATE DATABASE {name} TEMPLATE {postgres_template}")
    yield address(postgres, name)
    on_server(postgres, f"DROP DATABASE {name} WITH (FORCE)")


def visitor(port: int, address: str) -> HttpVisitor:
    entered = HttpVisitor(port)
    sign_in(entered, f"{address}@demo.example", accounts.PASSWORD)
    entered.hang_up()
    return entered


class Writer(threading.Thread):
    """Somebody who fills in the domain's question and saves, each time it is their turn: while
    somebody else switches the domain."""

    def __init__(self, port: int, item: int) -> None:
        super().__init__()
        self.who = visitor(port, "rapportor.social")
        self.path = f"/reports/items/{item}"
        self.turn = threading.Semaphore(0)
        self.over = threading.Event()
        self.saves = 0
        self.asked_again = 0
        self.wrong: list[str] = []
        self.last = ""

    def run(self) -> None:
        while self.turn.acquire() and not self.over.is_set():
            self.save()

    def save(self) -> None:
        page = self.who.send(Request(self.path))
        fields = dict(form_fields(page))
        name = f"{DOMAIN}__exercises_planned"
        written = str(self.saves + 1)
        asked = name in fields
        if asked:
            fields[name] = written
        self.who.hang_up()  # the save may reach another worker than the page came from
        answer = self.who.send(Request(self.path, [*fields.items(), ("draft", "1")]))
        self.who.hang_up()
        if page.status != 200 or answer.status not in {303, 409}:
            self.wrong.append(f"{page.status} {answer.status}")
        self.saves += 1
        self.asked_again += answer.status == 409
        if asked:
            self.last = written


def test_two_hundred_switches_among_a_thousand_requests(instance: tuple[Path, int, int]) -> None:
    folder, item, switches = instance
    with serving(folder) as port:
        admin, reader = visitor(port, "admin"), visitor(port, "rapportor.social")
        csrf = dict(form_fields(admin.send(Request("/admin/plugins"))))["csrf_token"]
        writer = Writer(port, item)
        writer.start()
        stale: list[str] = []
        requests = 0
        try:
            for number in range(switches):
                on = number % 2 == 1
                writer.turn.release()
                form = [("csrf_token", csrf), ("on", "1" if on else "0")]
                answer = admin.send(Request(f"/admin/plugins/{DOMAIN}", form))
                admin.hang_up()
                assert answer.status == 303, answer.body[-500:]
                for _look in range(4):  # on new connections: most of them reach another worker
                    page = reader.send(Request(f"/reports/items/{item}"))
                    reader.hang_up()
                    requests += 1
                    assert page.status == 200, page.body[-500:]
                    if (TITLE in page.body) is not on:
                        stale.append(f"switch {number}")
        finally:
            writer.over.set()
            writer.turn.release()
            writer.join()
        assert stale == []
        assert writer.wrong == []
        assert requests == 4 * switches
        assert writer.saves > switches / 2
        assert writer.asked_again > 0, "no save met a switch: the test shows nothing"
        writer.save()  # the domain is on again
    app = create_app(folder)
    with app.app_context():
        kept = db.session.get_one(DomainData, (DOMAIN, SubjectKind.REPORT_ITEM, item))
        assert str(kept.data["exercises_planned"]) == writer.last
        db.session.remove()
        db.engine.dispose()
