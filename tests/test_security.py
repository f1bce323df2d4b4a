"""What is refused at the door, and what an attacker once found."""

import socket
import stat
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa
from click.testing import CliRunner
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.serving import make_server

from registry import create_app
from registry.audit.models import AuditEntry
from registry.cli import main
from registry.db import db
from registry.people.models import Board, Role, RoleGrant, User
from registry.plan.models import GoalArea, Measure
from registry.reporting.models import Report
from registry.security import TYPED
from tests.conftest import PASSWORD, SETTINGS
from tests.reporting.conftest import CRISIS, Job, job, plan  # noqa: F401  fixtures
from tests.reporting.test_job import EXERCISE, PLAIN, hidden, post_item, submit

Enter = Callable[[User], FlaskClient]


@pytest.mark.parametrize(
    "address", ["/measures?search=%00", "/plan/%00", "/sign-in?next=/%00", "/audit?kind=a%00b"]
)
def test_a_nul_in_an_address_is_refused_with_a_page(
    clients: dict[str, FlaskClient], address: str
) -> None:
    for name in ("anonymous", "coordinator", "auditor"):
        assert clients[name].get(address).status_code < 500


def test_a_nul_in_a_form_is_refused_with_a_page(clients: dict[str, FlaskClient]) -> None:
    answer = clients["coordinator"].post("/boards/new", data={"name": "a\0b", "kind": "committee"})
    assert answer.status_code == 400
    assert "<h1>" in answer.get_data(as_text=True)


def test_only_forms_are_taken(app: Flask) -> None:
    """JSON would pass the account's lock and the guard against NUL by."""
    answer = app.test_client().post("/sign-in", json={"email": "a@example.org", "password": "x"})
    assert answer.status_code == 415


def test_a_form_without_files_is_refused_when_nobody_can_have_typed_it(app: Flask) -> None:
    """A few megabytes of ``&`` are millions of fields, and they are read before anyone signs in."""
    client, encoded = app.test_client(), {"content_type": "application/x-www-form-urlencoded"}
    answer = client.post("/sign-in", data=b"x=y&" * (TYPED // 4) + b"email=a", **encoded)
    assert answer.status_code == 413
    assert "<h1>" in answer.get_data(as_text=True)
    assert client.post("/sign-in", data=b"x=y&" * (TYPED // 5), **encoded).status_code != 413


def test_a_body_that_comes_slowly_holds_nobody_up(tmp_path: Path, sqlite_template: Path) -> None:
    """On SQLite a write takes the lock; it must not be taken before the body has been read."""
    import shutil

    path = tmp_path / "slow.sqlite"
    shutil.copy(sqlite_template, path)
    app = create_app(
        tmp_path / "slow", database_url=f"sqlite:///{path}", **{**SETTINGS, "cookie_secure": False}
    )
    app.config["WTF_CSRF_ENABLED"] = False
    with app.app_context():
        from registry.people.passwords import hash_password

        db.session.add(User(email="a@b.se", name="A", password_hash=hash_password(PASSWORD)))
        db.session.commit()
    client = app.test_client()
    client.post("/sign-in", data={"email": "a@b.se", "password": PASSWORD})
    cookie = client.get_cookie("registry_session")
    assert cookie is not None
    server = make_server("127.0.0.1", 0, app, threaded=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        with socket.create_connection(("127.0.0.1", server.server_port)) as slow:
            slow.sendall(
                b"POST /account HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n"
                b"Content-Type: application/x-www-form-urlencoded\r\n"
                + f"Cookie: registry_session={cookie.value}\r\n\r\na".encode()
            )
            engine = sa.create_engine(f"sqlite:///{path}", connect_args={"timeout": 0.1})
            waited = threading.Event()
            waited.wait(1.5)  # until the server is reading the body
            with engine.connect() as other:
                other.exec_driver_sql("BEGIN IMMEDIATE")
                other.rollback()
            engine.dispose()
    finally:
        server.shutdown()
        server.server_close()
        with app.app_context():
            db.engine.dispose()


def test_the_id_of_a_person_who_left_is_never_given_to_another(
    app: Flask, make_user: Callable[..., User]
) -> None:
    """The log tells people apart by it."""
    anna = make_user("Anna")
    gone = anna.id
    db.session.delete(anna)
    db.session.commit()
    assert make_user("Bo").id > gone


def test_a_domain_lead_who_is_also_a_reporter_reads_other_boards_in_the_domain_only(
    job: Job,  # noqa: F811
    sign_in: Enter,
) -> None:
    client = sign_in(job.approver)
    post_item(client, job.item("1.1.1").id, PLAIN)
    other = {f"metric-{job.plan.metric.id}-not_measured": "y"}
    post_item(client, job.item("2.5.1").id, {**PLAIN, **EXERCISE, **other})
    submit(client, job.reports["social"])
    job.rescuer.grants.append(RoleGrant(role=Role.DOMAIN_LEAD, domain=CRISIS))
    db.session.commit()
    page = sign_in(job.rescuer).get(f"/reports/{job.reports['social'].id}").get_data(as_text=True)
    assert "Åtgärd 2.5.1" in page
    assert "Åtgärd 1.1.1" not in page


def test_a_measures_complementing_areas_are_in_the_log(job: Job) -> None:  # noqa: F811
    measure = db.session.get_one(Measure, job.plan.measures["1.1.1"].id)
    area = db.session.query(GoalArea).filter(GoalArea.id != measure.area_id).first()
    assert area is not None
    measure.complements = [area]
    db.session.commit()
    entry = db.session.query(AuditEntry).order_by(AuditEntry.id.desc()).first()
    assert entry is not None
    assert (entry.before, entry.after) == ({"complements": []}, {"complements": [area.id]})


def test_a_forged_script_name_does_not_poison_pages_for_others(
    job: Job,  # noqa: F811
    app: Flask,
) -> None:
    evil = {"SCRIPT_NAME": "//evil.example"}
    app.test_client().get("/", environ_overrides=evil)
    app.test_client().get("/cookies", environ_overrides=evil)
    for address in ("/", "/cookies"):
        assert "evil.example" not in app.test_client().get(address).get_data(as_text=True)


def test_a_submitted_reports_heading_stays_as_it_was(
    job: Job,  # noqa: F811
    sign_in: Enter,
) -> None:
    client = sign_in(job.approver)
    post_item(client, job.item("1.1.1").id, PLAIN)
    other = {f"metric-{job.plan.metric.id}-not_measured": "y"}
    post_item(client, job.item("2.5.1").id, {**PLAIN, **EXERCISE, **other})
    submit(client, job.reports["social"])
    report = db.session.get_one(Report, job.reports["social"].id)
    board = db.session.get_one(Board, report.board_id)
    board.name = "Omdöpta nämnden"
    db.session.commit()
    page = client.get(f"/reports/{report.id}").get_data(as_text=True)
    assert "<h1>Socialnämnden</h1>" in page


def test_what_is_submitted_but_not_accepted_is_not_public(
    job: Job,  # noqa: F811
    sign_in: Enter,
    app: Flask,
) -> None:
    client = sign_in(job.approver)
    post_item(client, job.item("1.1.1").id, PLAIN)
    value = {f"metric-{job.plan.metric.id}-value": "62,5"}
    post_item(client, job.item("2.5.1").id, {**PLAIN, **EXERCISE, **value})
    submit(client, job.reports["social"])
    measure = db.session.get_one(Measure, job.plan.measures["2.5.1"].id)
    address = f"/plans/{job.plan.version.plan_id}/measures/{measure.identity}"
    assert "62,5" not in app.test_client().get(address).get_data(as_text=True)
    version = db.session.get_one(Report, job.reports["social"].id).row_version
    sign_in(job.coordinator).post(
        f"/reports/{job.reports['social'].id}/accept", data={"row_version": version}
    )
    assert "62,5" in app.test_client().get(address).get_data(as_text=True)


def test_a_public_page_with_a_message_for_one_is_not_for_every_cache(
    app: Flask, make_user: Callable[..., User], sign_in: Enter
) -> None:
    client = sign_in(make_user("Anna"))
    client.post("/sign-out")
    answer = client.get("/cookies")
    assert "utloggad" in answer.get_data(as_text=True)
    assert "public" not in answer.headers["Cache-Control"]


def test_an_instance_is_its_owners_alone(tmp_path: Path) -> None:
    instance = tmp_path / "instance"
    words = ["--instance", str(instance), "init", "--email", "a@b.se", "--name", "A"]
    result = CliRunner().invoke(main, [*words, "--password", PASSWORD])
    assert result.exit_code == 0, result.output
    assert stat.S_IMODE(instance.stat().st_mode) == 0o700
    for path in instance.iterdir():
        assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0, path


def test_a_report_taken_from_under_a_writer_takes_no_answer(
    job: Job,  # noqa: F811
    sign_in: Enter,
) -> None:
    client = sign_in(job.reporter)
    address = f"/reports/items/{job.item('1.1.1').id}"
    opened = hidden(client, address)
    sign_in(job.coordinator).post(f"/rounds/{job.round.id}/close")
    client.post(address, data={**opened, **PLAIN, "draft": "1"})
    assert job.item("1.1.1").done == ""
