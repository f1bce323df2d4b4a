"""Choosing a password: on the own account, and by invitation."""

from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask import Flask

from registry.audit.log import acting
from registry.db import db, now
from registry.people import accounts, service, sessions
from registry.people.models import Invitation, Role, User
from registry.people.permissions import Grant, Viewer
from tests.conftest import PASSWORD

ADMIN = Viewer(grants=frozenset({Grant(Role.ADMIN)}))
NEW = "en helt ny mening"


@pytest.mark.parametrize(
    ("password", "sentence"),
    [
        ("elva tecken", "minst 12"),
        ("x" * 201, "högst 200"),
        ("Anna Bergström", "annat än ditt namn"),
        ("ANNA.BERGSTRÖM@example.org", "annat än ditt namn"),
        ("anna.bergström", "annat än ditt namn"),
    ],
)
def test_a_guessable_password_is_refused(app, make_user, sign_in, password, sentence) -> None:
    anna = make_user("Anna Bergström")
    client = sign_in(anna)
    data = {"current": PASSWORD, "password": password, "again": password}
    answer = client.post("/account", data=data)
    assert answer.status_code == 200
    assert sentence in answer.get_data(as_text=True)
    token = _invitation(anna)
    answer = client.post(f"/invitation/{token}", data={"password": password, "again": password})
    assert answer.status_code == 200
    assert sentence in answer.get_data(as_text=True)


def test_the_current_password_is_asked_for(app, make_user, sign_in) -> None:
    client = sign_in(make_user("Anna"))
    answer = client.post("/account", data={"current": "gissning", "password": NEW, "again": NEW})
    assert answer.status_code == 200
    assert "Skriv det du loggar in med i dag" in answer.get_data(as_text=True)
    assert service.sign_in("anna@example.org", PASSWORD)


def test_both_fields_must_agree(app, make_user, sign_in) -> None:
    client = sign_in(make_user("Anna"))
    data = {"current": PASSWORD, "password": NEW, "again": NEW + "!"}
    assert "samma lösenord" in client.post("/account", data=data).get_data(as_text=True)


def _invitation(user: User) -> str:
    with acting(None):
        token = service.invite(user)
        db.session.commit()
    return token


def test_an_invitation_lets_its_person_choose_a_password_once(app: Flask, make_user) -> None:
    with acting(None):
        _user_id, token = accounts.add(ADMIN, "Anna", "Anna@Example.org", [Grant(Role.AUDITOR)])
    client = app.test_client()
    assert "Välkommen, Anna" in client.get(f"/invitation/{token}").get_data(as_text=True)
    answer = client.post(f"/invitation/{token}", data={"password": NEW, "again": NEW})
    assert answer.status_code == 303
    assert client.get("/account").status_code == 200
    assert service.sign_in("anna@example.org", NEW)
    again = app.test_client().post(
        f"/invitation/{token}", data={"password": PASSWORD, "again": PASSWORD}
    )
    assert again.status_code == 410
    assert "redan använd" in again.get_data(as_text=True)
    assert service.sign_in("anna@example.org", NEW)


def test_an_invitation_ends_after_seven_days(app: Flask, make_user) -> None:
    token = _invitation(make_user("Anna"))
    row = db.session.scalars(sa.select(Invitation)).one()
    assert row.expires_at - now() > timedelta(days=6, hours=23)
    row.expires_at = now() - timedelta(seconds=1)
    db.session.commit()
    answer = app.test_client().get(f"/invitation/{token}")
    assert answer.status_code == 410
    assert "gäller inte längre" in answer.get_data(as_text=True)


def test_only_the_latest_invitation_counts(app: Flask, make_user) -> None:
    anna = make_user("Anna")
    first, second = _invitation(anna), _invitation(anna)
    assert app.test_client().get(f"/invitation/{first}").status_code == 410
    assert app.test_client().get(f"/invitation/{second}").status_code == 200


def test_an_invitation_is_void_for_a_person_switched_off(app: Flask, make_user) -> None:
    anna = make_user("Anna")
    make_user("Admin", Role.ADMIN)
    token = _invitation(anna)
    accounts.switch(ADMIN, anna.id, active=False)
    assert app.test_client().get(f"/invitation/{token}").status_code == 410
    with pytest.raises(service.InvitationEnded):
        service.accept_invitation(token, NEW)


def test_an_invitation_ends_the_sessions_of_whoever_had_the_old_password(
    app, make_user, sign_in
) -> None:
    anna = make_user("Anna")
    client = sign_in(anna)
    service.accept_invitation(_invitation(anna), NEW)
    assert client.get("/account").status_code == 302


@pytest.mark.parametrize("token", ["x", "å" * 300, "..%2F.."])
def test_a_made_up_invitation_is_refused_kindly(app: Flask, token: str) -> None:
    answer = app.test_client().get(f"/invitation/{token}")
    assert answer.status_code in {404, 410}


def test_the_database_has_only_the_hash_of_an_invitation(app: Flask, make_user) -> None:
    token = _invitation(make_user("Anna"))
    stored = db.session.scalar(sa.select(Invitation.token_hash))
    assert stored == sessions.hash_token(token)
