"""Sessions end: by signing out, by time, by a new password, by being switched off."""

import time
from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from registry.audit.log import acting
from registry.db import db, now
from registry.people import accounts, sessions
from registry.people.models import Role, SignIn
from registry.people.permissions import Grant, Viewer
from tests.conftest import PASSWORD

ADMIN = Viewer(grants=frozenset({Grant(Role.ADMIN)}))


def is_in(client: FlaskClient) -> bool:
    return client.get("/account").status_code == 200


def cookie(client: FlaskClient) -> str:
    found = client.get_cookie("registry_session")
    assert found is not None
    return found.value


def test_signing_out_ends_the_session_even_for_a_copied_cookie(app, make_user, sign_in) -> None:
    client = sign_in(make_user("Anna"))
    thief = app.test_client()
    thief.set_cookie("registry_session", cookie(client), secure=True)
    assert is_in(client)
    assert is_in(thief)
    assert client.post("/sign-out").status_code == 303
    assert not is_in(client)
    assert not is_in(thief)


def test_a_session_ends_after_its_hours(app: Flask, make_user, sign_in) -> None:
    client = sign_in(make_user("Anna"))
    assert is_in(client)
    row = db.session.scalars(sa.select(SignIn)).one()
    assert timedelta(hours=11) < row.expires_at - now() <= timedelta(hours=12)
    row.expires_at = now() - timedelta(seconds=1)
    db.session.commit()
    assert not is_in(client)


def test_a_session_ends_when_it_is_left_alone(app, make_user, sign_in, monkeypatch) -> None:
    client = sign_in(make_user("Anna"))
    start = time.time()
    for minutes in (100, 200, 300):  # never two hours between two requests
        monkeypatch.setattr(sessions.time, "time", lambda m=minutes: start + m * 60)
        assert is_in(client)
    monkeypatch.setattr(sessions.time, "time", lambda: start + (300 + 121) * 60)
    assert not is_in(client)


def test_a_new_password_ends_every_other_session(app: Flask, make_user, sign_in) -> None:
    anna = make_user("Anna")
    here, elsewhere = sign_in(anna), sign_in(anna)
    before = cookie(here)
    new = "en helt ny mening"
    answer = here.post("/account", data={"current": PASSWORD, "password": new, "again": new})
    assert answer.status_code == 303
    assert is_in(here)
    assert not is_in(elsewhere)
    old = app.test_client()
    old.set_cookie("registry_session", before, secure=True)
    assert not is_in(old)
    data = {"email": anna.email, "password": PASSWORD}
    assert app.test_client().post("/sign-in", data=data).status_code == 200
    data["password"] = new
    assert app.test_client().post("/sign-in", data=data).status_code == 303


def test_a_person_switched_off_is_out_at_once_and_stays_out(app, make_user, sign_in) -> None:
    anna = make_user("Anna")
    make_user("Admin", Role.ADMIN)
    client = sign_in(anna)
    with acting(None):
        accounts.switch(ADMIN, anna.id, active=False)
    assert not is_in(client)
    with acting(None):
        accounts.switch(ADMIN, anna.id, active=True)
    assert not is_in(client)
    assert is_in(sign_in(anna))


def test_a_role_that_is_taken_is_gone_at_the_next_request(app, make_user, sign_in) -> None:
    make_user("Admin", Role.ADMIN)
    anna = make_user("Anna", Role.ADMIN)
    client = sign_in(anna)
    assert client.get("/admin/users").status_code == 200
    accounts.take_role(ADMIN, anna.id, anna.grants[0].id)
    assert client.get("/admin/users").status_code == 403


def test_signing_in_leaves_nothing_of_the_session_before(app: Flask, make_user) -> None:
    anna = make_user("Anna")
    client = app.test_client()
    with client.session_transaction() as planted:
        planted.update(_user_id="planted", csrf_token="planted", language="en", other="planted")
    client.post("/sign-in", data={"email": anna.email, "password": PASSWORD})
    with client.session_transaction() as session:
        assert session["language"] == "en"
        assert "planted" not in session.values()


def test_the_database_has_only_the_hash_of_a_session(app: Flask, make_user, sign_in) -> None:
    client = sign_in(make_user("Anna"))
    with client.session_transaction() as session:
        token = session["_user_id"]
    assert len(token) >= 43
    stored = db.session.scalar(sa.select(SignIn.token_hash))
    assert stored == sessions.hash_token(token)
    assert token not in stored


def test_reading_pages_writes_nothing(app: Flask, make_user, sign_in, statements) -> None:
    client = sign_in(make_user("Anna"))
    statements.clear()
    assert is_in(client)
    assert statements
    assert all(statement.lstrip().startswith("SELECT") for statement in statements)


def test_rows_of_old_sessions_are_cleared_away(app: Flask, make_user, sign_in) -> None:
    anna = make_user("Anna")
    sign_in(anna)
    for row in db.session.scalars(sa.select(SignIn)):
        row.expires_at = now() - timedelta(days=1)
    db.session.commit()
    sign_in(anna)
    assert db.session.scalar(sa.select(sa.func.count(SignIn.id))) == 1


@pytest.mark.parametrize("value", ["", "nonsense", "eyJhIjoxfQ.aaaa.bbbb"])
def test_a_forged_cookie_is_nobody(app: Flask, value: str) -> None:
    client = app.test_client()
    client.set_cookie("registry_session", value, secure=True)
    assert not is_in(client)
