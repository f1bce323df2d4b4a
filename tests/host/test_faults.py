"""Each row of the fault table, provoked by a plugin written to misbehave.

The app starts, serves and accepts reports; the admin sees why; after three strikes the domain is
off for everyone until it is released.
"""

import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextvars import Context
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from registry import create_app
from registry.db import db
from registry.host import active, calls, data, runner, shapes, switching
from registry.host.loading import Domain, loaded
from registry.host.models import DomainData, PluginState, SubjectKind
from registry.host.values import MeasureView, ReportView, RoundView
from registry.people.models import Board, BoardKind, Role, RoleGrant, User
from registry.people.passwords import hash_password
from tests.conftest import PASSWORD, SETTINGS, Client
from tests.host.conftest import MANIFEST

Write = Callable[..., Path]
HEAD = "from registry.api import *\nfrom flask import Blueprint\n"
FIELD = "@hookimpl\ndef report_fields():\n    return [Text('mode', 'Läge')]\n"
Start = Callable[..., Flask]


@pytest.fixture
def start(write_plugin: Write, sqlite_template: Path, tmp_path: Path) -> Iterator[Start]:
    """Start a registry with a plugin of this code, switched on where it was taken in.

    (That strikes switch a domain off on both databases is held in test_active.)
    """
    engines = []
    path = tmp_path / "registry.sqlite"
    shutil.copy(sqlite_template, path)

    def make(code: str, manifest: str | None = None, on: bool = True) -> Flask:
        folder = write_plugin("odd", HEAD + code, manifest)
        app = create_app(
            tmp_path / "instance",
            database_url=f"sqlite:///{path}",
            plugin_dirs=[str(folder.parent)],
            trust_plugins=True,
            hook_seconds=1,
            **SETTINGS,
        )
        app.config.update(TESTING=True, WTF_CSRF_ENABLED=False)
        app.test_client_class = Client
        with app.app_context():
            engines.append(db.engine)
            if on and "odd" in loaded(app).domains:
                switching.switch("odd", on=True)
            for role in (Role.ADMIN, Role.COORDINATOR):
                person = User(email=f"{role}@example.org", name=role, password_hash=_HASH)
                person.grants = [RoleGrant(role=role)]
                db.session.add(person)
            db.session.add(Board(name="Socialnämnden", kind=BoardKind.COMMITTEE))
            db.session.commit()
        return app

    with create_app(tmp_path / "hash", **SETTINGS).app_context():
        global _HASH
        _HASH = hash_password(PASSWORD)
    yield make
    for engine in engines:
        engine.dispose()


_HASH = ""


def enter(app: Flask, role: Role = Role.ADMIN) -> FlaskClient:
    client = app.test_client()
    form = {"email": f"{role}@example.org", "password": PASSWORD}
    assert client.post("/sign-in", data=form).status_code == 303
    return client


def view(mode: str = "") -> ReportView:
    round_ = RoundView("2021", "2021", date(2021, 1, 1), date(2021, 12, 31), date(2022, 1, 31))
    return ReportView("Nämnden", round_, MeasureView(1, "1.1.1", "Titel"), "done", {"mode": mode})


def ask(app: Flask, what: Callable[[Domain], Any]) -> Any:
    """One request's worth: what the domain answers; strikes are written at its end."""

    def within() -> Any:
        with app.test_request_context():
            return what(loaded(app).domains["odd"])

    return Context().run(within)


def state(app: Flask) -> PluginState:
    with app.app_context():
        found = db.session.get_one(PluginState, "odd")
        db.session.expunge(found)
        db.session.rollback()
        return found


# what keeps a plugin out ---------------------------------------------------------------------

REFUSED = {
    "manifest that cannot be read": (FIELD, MANIFEST.replace("api", "api ="), "plugin.toml"),
    "wrong api": (FIELD, MANIFEST.replace('api = "1.0"', 'api = "3.0"'), "made for api 3.0"),
    "syntax error": ("def broken(:\n", None, "SyntaxError"),
    "missing dependency": ("import no_such_package_at_all\n", None, "no_such_package_at_all"),
    "raises at import": ("raise RuntimeError('no')\n", None, "RuntimeError: no"),
    "exits at import": ("raise SystemExit(2)\n", None, "SystemExit"),
    "never ends at import": ("while True: pass\n", None, "took longer than"),
    "wrong shape": (
        "@hookimpl\ndef report_fields():\n    return {'mode': 1}\n",
        None,
        "report_fields: expected a list of Field",
    ),
    "endless contribution": (
        "@hookimpl\ndef report_fields():\n"
        "    i = 0\n    while True:\n        i += 1\n        yield Text(f'f{i}', 'F')\n",
        None,
        "report_fields: more than 200 Field",
    ),
    "names that collide": (
        "@hookimpl\ndef metrics():\n    return [Metric('a', 'A'), Metric('a', 'B')]\n",
        None,
        "metrics: a stands twice",
    ),
    "app-wide handler": (
        "bp = Blueprint('odd', __name__)\nbp.before_app_request(lambda: None)\n"
        "@hookimpl\ndef blueprint():\n    return bp\n",
        None,
        "a handler for the whole app",
    ),
    "page elsewhere": (
        "bp = Blueprint('odd', __name__)\n"
        "bp.record(lambda state: state.app.add_url_rule('/admin/odd', 'odd.own', lambda: 'x'))\n"
        "@hookimpl\ndef blueprint():\n    return bp\n",
        None,
        "/admin/odd is outside /domain/odd/",
    ),
    "blueprint by another name": (
        "bp = Blueprint('even', __name__)\n@hookimpl\ndef blueprint():\n    return bp\n",
        None,
        "must be called 'odd'",
    ),
    "changes a library": (
        "import flask\nflask.render_template = lambda *a, **k: 'mine'\n",
        None,
        "changes what is not its own: flask.render_template",
    ),
    "changes a class of the registry": (
        "Field.text = lambda self, value: 'mine'\n",
        None,
        "changes what is not its own",
    ),
    "reaches into the registry": ("import registry.db\n", None, "imports registry.db"),
    "a field type that does not hold": (
        "from dataclasses import dataclass\n@dataclass(frozen=True)\nclass Odd(Text):\n"
        "    def load(self, stored):\n        raise ZeroDivisionError('no')\n"
        "@hookimpl\ndef report_fields():\n    return [Odd('mode', 'Läge')]\n",
        None,
        "report_fields: field mode: ZeroDivisionError",
    ),
    "a clock without its field": (
        "@hookimpl\ndef clocks():\n    return [Clock('c', 'C', 'lag', 24, start='no')]\n",
        None,
        "no date field 'no'",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_the_registry_starts_without_it_and_the_admin_sees_why(
    start: Start, case: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if "never ends" in case:
        monkeypatch.setattr("registry.host.loading.SECONDS", 5)
    code, manifest, reason = REFUSED[case]
    manifest = manifest and manifest.format(name="odd", title="Odd")
    app = start(code, manifest)
    assert "odd" not in loaded(app).domains
    client = enter(app)
    for page in ("/admin/plugins", "/admin/plugins/odd"):
        text = client.get(page).get_data(as_text=True).replace("&#39;", "'")
        assert reason in text, text
    assert "Krisberedskap" in client.get("/admin/plugins").get_data(as_text=True)
    assert app.test_client().get("/").status_code == 200


def test_what_a_refused_plugin_changed_is_as_before(start: Start) -> None:
    import flask

    before = flask.render_template
    start("import flask\nflask.render_template = lambda *a, **k: 'mine'\n")
    assert flask.render_template is before


# what costs a strike -------------------------------------------------------------------------

CHECK = FIELD + "@hookimpl\ndef check_report(report):\n"
FAULTY = {
    "raises": "    raise RuntimeError('no')\n",
    "wrong shape": "    return ['not an issue']\n",
    "generator that raises late": "    yield Issue('first')\n    raise RuntimeError('late')\n",
    "generator that never ends": "    while True:\n        yield Issue('again')\n",
    "huge output": "    return [Issue('x' * 1_000_000)]\n",
    "too many issues": "    return [Issue('x')] * 101\n",
    "exits": "    raise SystemExit(1)\n",
    "interrupts": "    raise KeyboardInterrupt\n",
    "never ends": "    while True:\n        pass\n",
    "never ends and will not be stopped": (
        "    import time\n    until = time.monotonic() + 4\n"
        "    while time.monotonic() < until:\n"
        "        try:\n            while time.monotonic() < until: pass\n"
        "        except BaseException: pass\n"
    ),
    "sleeps": "    import time\n    time.sleep(3)\n",
    "reaches for the session": "    session.execute('SELECT 1')\n",
    "reaches for the request": "    from flask import request\n    request.form['a']\n",
    "recurses": "    return check_report(report)\n",
}


@pytest.mark.parametrize("case", FAULTY)
def test_a_check_that_fails_is_a_strike_and_holds_nobody_up(start: Start, case: str) -> None:
    app = start(CHECK + FAULTY[case])
    began = time.monotonic()
    checked = ask(app, lambda domain: calls.check_report(domain, view()))
    assert time.monotonic() - began < 20  # not a measurement: it would be for ever
    assert checked == calls.Checked((), ran=False)
    assert state(app).strikes == 1
    assert state(app).enabled
    runner.alive_after_being_given_up(wait=6)


def test_a_wrong_shape_is_named(start: Start) -> None:
    """Plugin, hook, what was expected and what came."""
    app = start(CHECK + FAULTY["wrong shape"])
    ask(app, lambda domain: calls.check_report(domain, view()))
    assert state(app).last_fault.startswith("check_report")
    assert "expected Issue, got 'not an issue'" in state(app).last_fault


def test_an_upgrade_of_the_wrong_shape_leaves_the_row(start: Start) -> None:
    code = "@hookimpl\ndef upgrade_data(subject, data, version):\n    return 'text'\n"
    app = start(FIELD + code, NEWER)
    with app.app_context():
        db.session.add(older(1, "good"))
        db.session.commit()
    read = ask(app, lambda domain: data.load(SubjectKind.REPORT_ITEM, [1], [domain]))
    assert not read[1]["odd"].readable
    assert "expected a dict, got 'text'" in state(app).last_fault


def test_code_that_was_given_up_does_not_go_on(start: Start) -> None:
    app = start(CHECK + FAULTY["never ends"])
    ask(app, lambda domain: calls.check_report(domain, view()))
    assert runner.alive_after_being_given_up(wait=5) == 0


def test_the_session_of_the_request_is_out_of_reach(start: Start) -> None:
    """What a request has changed is neither written nor lost by a check that tampers with it."""
    app = start(CHECK + "    session.rollback()\n    session.commit()\n")

    def within(domain: Domain) -> None:
        board = db.session.scalars(sa.select(Board)).one()
        board.name = "Nytt namn"
        calls.check_report(domain, view())
        assert board in db.session.dirty
        db.session.commit()

    ask(app, within)
    with app.app_context():
        assert db.session.scalars(sa.select(Board.name)).one() == "Nytt namn"
        db.session.rollback()


@pytest.mark.parametrize(
    ("hook", "code", "call"),
    [
        (
            "measure_panel",
            "@hookimpl\ndef measure_panel(measure):\n    raise RuntimeError('no')\n",
            lambda domain: calls.measure_panel(domain, view().measure),
        ),
        (
            "report_panel",
            "@hookimpl\ndef report_panel(report):\n"
            "    return Panel('P', [Row('r', float('inf'))])\n",
            lambda domain: calls.report_panel(domain, view()),
        ),
        (
            "report_panel",
            "@hookimpl\ndef report_panel(report):\n    return 'panel'\n",
            lambda domain: calls.report_panel(domain, view()),
        ),
        (
            "metric broken",
            "@hookimpl\ndef metrics():\n"
            "    return [Metric('broken', 'B', compute=lambda report: 1 / 0)]\n",
            lambda domain: calls.compute(domain, domain.metrics[0], view()),
        ),
        (
            "report_submitted",
            "@hookimpl\ndef report_submitted(report):\n    raise RuntimeError('no')\n",
            lambda domain: calls.report_submitted(domain, view()),
        ),
    ],
)
def test_a_panel_a_metric_or_an_event_that_fails_is_missing_and_a_strike(
    start: Start, hook: str, code: str, call: Callable[[Domain], Any]
) -> None:
    app = start(code)
    assert ask(app, call) is None
    assert state(app).strikes == 1
    assert state(app).last_fault.startswith(hook)


@pytest.mark.parametrize(
    "row",
    ["Row('r', object())", "Row('r', 1, most='a')", "Row('r', 1, unit=3)", "Row('r', 10**5000)",
     "Row('r', 'x' * 3000)", "Row('r', 1, note='x' * 3000)", "'row'"],
)  # fmt: skip
def test_a_row_that_could_not_be_drawn_is_a_strike(start: Start, row: str) -> None:
    app = start(f"@hookimpl\ndef report_panel(report):\n    return Panel('P', [{row}])\n")
    assert ask(app, lambda domain: calls.report_panel(domain, view())) is None
    assert state(app).strikes == 1


def test_a_long_history_is_cut_and_no_fault(start: Start) -> None:
    code = "    from itertools import repeat\n    return Panel('P', repeat(Row('r', 1)))\n"
    app = start("@hookimpl\ndef report_panel(report):\n" + code)
    panel = ask(app, lambda domain: calls.report_panel(domain, view()))
    assert len(panel.rows) == shapes.MOST_ROWS
    assert state(app).strikes == 0


def test_a_call_is_noted_while_it_lasts(start: Start) -> None:
    app = start(
        CHECK + "    SEEN.append([f.read_bytes() for f in RUNNING.iterdir()])\n    return []\n"
    )
    folder = app.extensions["settings"].instance / "running"
    seen: list[list[bytes]] = []
    module = loaded(app).domains["odd"].module
    vars(module).update(SEEN=seen, RUNNING=folder)
    ask(app, lambda domain: calls.check_report(domain, view()))
    assert any(b"odd\ncheck_report" in content for content in seen[0])
    assert all(set(file.read_bytes()) <= {0} for file in folder.iterdir())


def test_where_nothing_can_be_noted_domains_work_all_the_same(start: Start) -> None:
    app = start(CHECK + "    return [Issue('bra')]\n")
    folder = app.extensions["settings"].instance / "running"
    folder.write_text("a file stands in the way")
    checked = ask(app, lambda domain: calls.check_report(domain, view()))
    assert checked.ran
    assert len(checked.issues) == 1


def test_what_a_process_died_in_is_a_strike_at_the_next_ones_first_request(
    start: Start, tmp_path: Path
) -> None:
    """An endless regular expression cannot be given up: the server kills the whole worker."""
    app = start(CHECK + "    return []\n")
    folder = app.extensions["settings"].instance / "running"
    dying = (
        "import os, signal, pathlib\nfrom registry.host.last_words import LastWords\n"
        f"LastWords(pathlib.Path({str(folder)!r})).begin('odd', 'check_report')\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    assert subprocess.run([sys.executable, "-c", dying], check=False).returncode < 0
    app.test_client().get("/healthz")
    assert state(app).strikes == 1
    assert "the process ended in the middle of this call" in state(app).last_fault
    app.extensions["heard"] = 0
    app.test_client().get("/healthz")
    assert state(app).strikes == 1, "it is told once"


def test_one_fault_among_many_reports_leaves_the_others_checked(start: Start) -> None:
    app = start(CHECK + "    return [Issue('bra')] if report.data['mode'] == 'good' else 1 / 0\n")
    answers = ask(
        app,
        lambda domain: calls.check_reports(
            domain, [view("good"), view("bad"), view("bad"), view("good")]
        ),
    )
    assert [one.ran for one in answers] == [True, False, False, True]
    assert state(app).strikes == 1  # one of a kind in a request


UPGRADE = FIELD + (
    "@hookimpl\ndef upgrade_data(subject, data, version):\n"
    "    if data['mode'] == 'bad':\n        raise RuntimeError('no')\n"
    "    return {'mode': data['mode'].upper()}\n"
)
NEWER = MANIFEST.format(name="odd", title="Odd").replace("data_version = 1", "data_version = 2")


def older(subject_id: int, mode: str) -> DomainData:
    return DomainData(
        plugin="odd",
        subject_kind=SubjectKind.REPORT_ITEM,
        subject_id=subject_id,
        version=1,
        data={"mode": mode},
        entered={},
        labels={"mode": {"label": "Läget då", "kind": "text"}},
    )


def test_what_cannot_be_upgraded_is_read_from_its_own_labels(start: Start) -> None:
    app = start(UPGRADE, NEWER)
    with app.app_context():
        db.session.add_all([older(1, "bad"), older(2, "good")])
        db.session.commit()

    def read(domain: Domain) -> dict[int, data.Stored]:
        found = data.load(SubjectKind.REPORT_ITEM, [1, 2], [domain])
        return {key: one["odd"] for key, one in found.items()}

    stored = ask(app, read)
    assert stored[2].values == {"mode": "GOOD"}
    assert not stored[1].readable
    assert [(one.label, one.text) for one in stored[1].kept] == [("Läget då", "bad")]


def test_all_rows_are_upgraded_at_once_but_for_those_that_cannot(start: Start) -> None:
    app = start(UPGRADE, NEWER)
    with app.app_context():
        db.session.add_all([older(key, "bad" if key == 3 else "good") for key in range(1, 6)])
        db.session.commit()
        *_steps, last = data.upgrade_all(loaded(app).domains["odd"])
        assert last == (4, 1, 5)
        rows = db.session.scalars(sa.select(DomainData).order_by(DomainData.subject_id)).all()
        assert [(row.version, row.data["mode"]) for row in rows] == [
            (2, "GOOD"), (2, "GOOD"), (1, "bad"), (2, "GOOD"), (2, "GOOD"),
        ]  # fmt: skip
        db.session.rollback()


PAGE = (
    "bp = Blueprint('odd', __name__)\n@hookimpl\ndef blueprint():\n    return bp\n"
    "@bp.get('/')\ndef fine():\n    return 'fine'\n"
    "@bp.get('/broken')\ndef broken():\n    raise RuntimeError('no')\n"
    "@bp.get('/poison')\ndef poison():\n    session.execute(1)\n"
    "@bp.get('/gone')\ndef gone():\n    from flask import abort\n    abort(404)\n"
)


def test_a_page_that_fails_is_that_pages_error_and_a_strike(start: Start) -> None:
    app = start(PAGE)
    app.config["PROPAGATE_EXCEPTIONS"] = False
    client = enter(app, Role.COORDINATOR)
    answer = client.get("/domain/odd/broken")
    assert answer.status_code == 500
    assert "RuntimeError" not in answer.get_data(as_text=True)
    assert client.get("/domain/odd/poison").status_code == 500
    assert client.get("/domain/odd/").get_data(as_text=True) == "fine"
    assert state(app).strikes == 2
    assert client.get("/domain/odd/gone").status_code == 404
    assert state(app).strikes == 2


def test_nothing_of_a_domain_that_is_off_runs_for_its_addresses(start: Start) -> None:
    """Not even what its blueprint does before each of its pages."""
    code = PAGE + "RAN = []\n@bp.before_request\ndef note():\n    RAN.append(1)\n"
    app = start(code)
    client, ran = enter(app, Role.COORDINATOR), loaded(app).domains["odd"].module.RAN
    assert client.get("/domain/odd/").status_code == 200
    assert ran == [1]
    enter(app).post("/admin/plugins/odd", data={"on": "0"})
    assert client.get("/domain/odd/").status_code == 404
    assert ran == [1]


def test_pages_that_do_not_end_leave_threads_for_everybody_else(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    from registry.host import pages

    app = start(PAGE)
    client = enter(app, Role.COORDINATOR)
    monkeypatch.setitem(pages._running, "odd", [time.monotonic()] * pages.AT_ONCE)
    # what is running is known by the list that the page's view holds
    for view_function in app.view_functions.values():
        for cell in getattr(view_function, "__closure__", None) or ():
            if cell.cell_contents == [] and getattr(view_function, "__name__", "") == "fine":
                cell.cell_contents.extend([time.monotonic() - 60] * pages.AT_ONCE)
    assert client.get("/domain/odd/").status_code == 503
    assert state(app).strikes == 1, "they have run for a minute"


def test_three_strikes_are_the_end_until_an_admin_releases_it(start: Start) -> None:
    app = start(CHECK + FAULTY["raises"])
    for count in (1, 2, 3):
        ask(app, lambda domain: calls.check_report(domain, view()))
        assert state(app).strikes == count
    assert not state(app).enabled
    client = enter(app)
    page = client.get("/admin/plugins/odd").get_data(as_text=True)
    assert "Avstängd efter fel" in page
    assert "RuntimeError: no" in page
    client.post("/admin/plugins/odd/release")
    assert state(app).enabled
    assert state(app).strikes == 0
    with app.app_context():
        assert "odd" in active.current().names
        db.session.rollback()


def test_the_admin_sees_how_long_each_hook_takes(start: Start) -> None:
    app = start(CHECK + "    return []\n")
    for _time in range(3):
        ask(app, lambda domain: calls.check_report(domain, view()))
    with app.app_context():
        (timing,) = calls.timings("odd")
    assert (timing.hook, timing.count) == ("check_report", 3)
    assert 0 < timing.median <= timing.worst
    page = enter(app).get("/admin/plugins/odd").get_data(as_text=True)
    assert "Tid per anrop" in page
    assert "<code>check_report</code>" in page
