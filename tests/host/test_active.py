"""On and off, live, and what a misbehaving domain costs."""

from collections.abc import Callable, Iterator
from contextvars import Context
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask, g
from flask.testing import FlaskClient
from wtforms import Form

from registry import create_app
from registry.audit.models import AuditEntry
from registry.db import db
from registry.host import active, calls, data, switching
from registry.host.loading import Domain, loaded
from registry.host.models import DomainData, Generation, PluginState, SubjectKind
from registry.host.values import MeasureView, ReportView, RoundView
from tests.conftest import SETTINGS, Client

CRISIS = "crisis_preparedness"


def number() -> int:
    return db.session.scalar(sa.select(Generation.number)) or 0


def test_switching_raises_the_generation_and_everyone_follows(app: Flask) -> None:
    before = number()
    assert active.current().names == frozenset()
    assert switching.switch(CRISIS, on=True)
    db.session.commit()
    assert number() == before + 1
    assert active.current().names == {CRISIS}
    assert not switching.switch(CRISIS, on=True)
    assert number() == before + 1


def test_a_switch_that_is_rolled_back_changes_nothing(app: Flask) -> None:
    switching.switch(CRISIS, on=True)
    db.session.rollback()
    assert active.current().names == frozenset()


def test_an_admin_switches_on_the_page_and_it_is_audited(
    app: Flask, clients: dict[str, FlaskClient]
) -> None:
    page = clients["admin"].get("/admin/plugins").get_data(as_text=True)
    assert "Slå på Krisberedskap" in page
    shown = clients["admin"].get(f"/admin/plugins/{CRISIS}").get_data(as_text=True)
    assert "Genomförda övningar" in shown
    clients["admin"].post(f"/admin/plugins/{CRISIS}", data={"on": "1"})
    page = clients["admin"].get("/admin/plugins").get_data(as_text=True)
    assert "Krisberedskap är påslagen." in page
    assert "Slå av Krisberedskap" in page
    entry = db.session.query(AuditEntry).filter_by(action="plugin.enable").one()
    assert entry.label == CRISIS or entry.after["name"] == CRISIS


@pytest.mark.parametrize("role", ["coordinator", "reporter", "auditor", "executive", "anonymous"])
def test_nobody_else_switches(app: Flask, clients: dict[str, FlaskClient], role: str) -> None:
    answer = clients[role].post(f"/admin/plugins/{CRISIS}", data={"on": "1"})
    assert answer.status_code in {302, 403}
    assert db.session.get(PluginState, CRISIS) is None


def test_two_apps_on_one_database_follow_each_other(app: Flask, tmp_path: Path) -> None:
    address = app.extensions["settings"].database_url
    other = create_app(tmp_path / "other", database_url=address, **SETTINGS)
    with other.app_context():
        assert active.current().names == frozenset()
        db.session.rollback()
    switching.switch(CRISIS, on=True)
    db.session.commit()
    with other.app_context():
        assert active.current().names == {CRISIS}
        db.session.rollback()
        db.engine.dispose()


FAULTY = """
from flask import Blueprint
from registry.api import Issue, Metric, Text, hookimpl

bp = Blueprint("faulty", __name__)

@bp.get("/")
def start():
    return "domain page"

@hookimpl
def blueprint():
    return bp

@hookimpl
def report_fields():
    return [Text("mode", "Läge", required=True)]

@hookimpl
def metrics():
    return [
        Metric("broken", "Trasigt", compute=lambda report: 1 / 0),
        Metric("given", "Givet", compute=lambda report: report.data["number"]),
    ]

@hookimpl
def check_report(report):
    mode = report.data.get("mode")
    if mode == "raise":
        raise RuntimeError("secret value 12345")
    if mode == "late":
        yield Issue("first")
        raise RuntimeError("late")
    if mode == "shape":
        yield "not an issue"
    if mode == "exit":
        raise SystemExit(1)
    if mode == "good":
        yield Issue("Bra fel", "mode")

@hookimpl
def upgrade_data(subject, data, version):
    raise RuntimeError("cannot")
"""


@pytest.fixture
def faulty(write_plugin: Callable[..., Path], database: str, tmp_path: Path) -> Iterator[Flask]:
    folder = write_plugin("faulty", FAULTY)
    made = create_app(
        tmp_path / "instance",
        database_url=database,
        plugin_dirs=[str(folder.parent)],
        trust_plugins=True,
        **SETTINGS,
    )
    made.test_client_class = Client
    with made.app_context():
        switching.switch("faulty", on=True)
        db.session.commit()
        engine = db.engine
        yield made
    engine.dispose()  # last: strikes are written when the context ends


def view(mode: str) -> ReportView:
    from datetime import date

    round_ = RoundView("2021", "2021", date(2021, 1, 1), date(2021, 12, 31), date(2022, 1, 31))
    return ReportView("Nämnden", round_, MeasureView(1, "1.1.1", "Titel"), "done", {"mode": mode})


@pytest.mark.parametrize("mode", ["raise", "late", "shape", "exit"])
def test_a_failing_check_yields_nothing_and_says_that_it_did_not_run(
    faulty: Flask, mode: str
) -> None:
    domain = loaded(faulty).domains["faulty"]
    checked = calls.check_report(domain, view(mode))
    assert checked.issues == ()
    assert not checked.ran


def test_a_sound_check_of_the_same_domain_works(faulty: Flask) -> None:
    checked = calls.check_report(loaded(faulty).domains["faulty"], view("good"))
    assert [issue.message for issue in checked.errors] == ["Bra fel"]


def test_a_failing_metric_is_missing_and_not_zero(faulty: Flask) -> None:
    domain = loaded(faulty).domains["faulty"]
    assert calls.compute(domain, domain.metrics[0], view("good")) is None


@pytest.mark.parametrize(
    ("answer", "value"),
    [
        (3, 3.0),
        (2.5, 2.5),
        (Decimal("2.5"), 2.5),
        (None, None),
        (Decimal("NaN"), None),
        (Decimal("sNaN"), None),
        (Decimal("Infinity"), None),
        (float("inf"), None),
        (True, None),
        ("3", None),
    ],
)
def test_a_metric_gives_a_finite_number_or_nothing(
    faulty: Flask, answer: object, value: float | None
) -> None:
    domain = loaded(faulty).domains["faulty"]
    report = replace(view("good"), data={"number": answer})
    assert calls.compute(domain, domain.metrics[1], report) == value
    assert bool(g.get("strikes")) is (value is None and answer is not None)


def test_three_strikes_switch_the_domain_off_for_everyone(faulty: Flask) -> None:
    domain = loaded(faulty).domains["faulty"]
    before = number()
    db.session.rollback()
    for strike in range(1, 4):
        db.session.rollback()
        Context().run(_one_request, faulty, domain)
        state = db.session.get_one(PluginState, "faulty")
        assert state.strikes == strike
        assert state.enabled is (strike < 3)
    assert "RuntimeError" in state.last_fault
    assert number() == before + 1
    assert active.current().names == frozenset()


def _one_request(app: Flask, domain: Domain) -> None:
    with app.test_request_context():
        calls.check_report(domain, view("raise"))


def test_switching_on_again_releases_the_quarantine(faulty: Flask) -> None:
    state = db.session.get_one(PluginState, "faulty")
    state.enabled, state.strikes = False, 3
    db.session.commit()
    switching.switch("faulty", on=True)
    db.session.commit()
    assert db.session.get_one(PluginState, "faulty").strikes == 0


def test_a_failing_upgrade_leaves_the_row_untouched(faulty: Flask) -> None:
    domain = loaded(faulty).domains["faulty"]
    row = DomainData(
        plugin="faulty",
        subject_kind=SubjectKind.REPORT_ITEM,
        subject_id=7,
        version=0,
        data={"mode": "old"},
        entered={},
        labels={},
    )
    db.session.add(row)
    db.session.commit()
    stored = data.load(SubjectKind.REPORT_ITEM, [7], [domain])[7]["faulty"]
    assert not stored.readable
    form = active.current().form_class(Form, SubjectKind.REPORT_ITEM, "faulty")(
        data={"faulty__mode": "new"}
    )
    data.save(domain, SubjectKind.REPORT_ITEM, 7, form)
    db.session.commit()
    assert db.session.get_one(DomainData, ("faulty", SubjectKind.REPORT_ITEM, 7)).data == {
        "mode": "old"
    }


def test_a_domains_page_answers_when_on_and_is_not_found_when_off(
    faulty: Flask, make_member: Callable[[Flask], FlaskClient]
) -> None:
    client = make_member(faulty)
    assert client.get("/domain/faulty/").get_data(as_text=True) == "domain page"
    switching.switch("faulty", on=False)
    db.session.commit()
    assert client.get("/domain/faulty/").status_code == 404
    assert faulty.test_client().get("/domain/faulty/").status_code == 302


@pytest.fixture
def make_member() -> Callable[[Flask], FlaskClient]:
    from registry.people.models import Role, RoleGrant, User
    from registry.people.passwords import hash_password
    from tests.conftest import PASSWORD

    def enter(app: Flask) -> FlaskClient:
        app.config.update(TESTING=True, WTF_CSRF_ENABLED=False)
        user = User(email="c@example.org", name="C", password_hash=hash_password(PASSWORD))
        user.grants.append(RoleGrant(role=Role.COORDINATOR))
        db.session.add(user)
        db.session.commit()
        client = app.test_client()
        client.post("/sign-in", data={"email": user.email, "password": PASSWORD})
        return client

    return enter
