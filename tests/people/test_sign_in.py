"""Who gets in, and what an answer gives away."""

import re
from collections.abc import Callable

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from registry.audit.models import AuditEntry
from registry.db import db
from registry.people import passwords
from registry.people.models import Role, SignIn, User
from registry.people.views import local_path
from tests.conftest import PASSWORD


def enter(client: FlaskClient, email: str, password: str = PASSWORD, **more: str):
    return client.post("/sign-in", data={"email": email, "password": password, **more})


def log() -> list[tuple[str, int | None, int | None]]:
    return [
        tuple(row)
        for row in db.session.execute(
            sa.select(AuditEntry.action, AuditEntry.actor_id, AuditEntry.object_id)
            .where(AuditEntry.action.startswith("person."))
            .order_by(AuditEntry.id)
        )
    ]


def test_the_right_password_leads_on_to_the_asked_page(app: Flask, make_user) -> None:
    anna = make_user("Anna", Role.ADMIN)
    client = app.test_client()
    asked = client.get("/admin/users?x=1")
    assert asked.status_code == 302
    assert asked.location == "/sign-in?next=/admin/users?x%3D1"
    form = client.get(asked.location).get_data(as_text=True)
    assert 'value="/admin/users?x=1"' in form
    answer = enter(client, anna.email, next="/admin/users?x=1")
    assert (answer.status_code, answer.location) == (303, "/admin/users?x=1")
    assert client.get("/admin/users").status_code == 200


def test_the_session_that_tests_begin_with_is_the_one_that_signing_in_gives(
    app: Flask, make_user, sign_in
) -> None:
    anna = make_user("Anna", Role.ADMIN)
    signed, given = app.test_client(), sign_in(anna)
    lines = log()
    enter(signed, anna.email)
    assert log()[len(lines) :] == lines[-1:]
    rows = db.session.scalars(sa.select(SignIn).order_by(SignIn.id)).all()
    assert [row.user_id for row in rows] == [anna.id, anna.id]
    kept = []
    for client in (signed, given):
        with client.session_transaction() as session:
            kept.append(dict(session))
        assert client.get("/admin/users").status_code == 200
    for one in kept:
        assert one.pop("_user_id")
        one.pop("seen")
        one.pop("_id", None)  # of session_protection, which is off
    assert kept[0] == kept[1]


def test_the_address_may_be_written_in_capitals_and_with_spaces(app: Flask, make_user) -> None:
    anna = make_user("Anna")
    assert enter(app.test_client(), f"  {anna.email.upper()} ").status_code == 303


@pytest.mark.parametrize("email", ["anna@example.org", "unknown@example.org", "off@example.org"])
def test_whatever_is_wrong_the_answer_is_the_same(app: Flask, make_user, email: str) -> None:
    make_user("Anna")
    make_user("Off").active = False
    make_user("Invited").password_hash = None
    db.session.commit()
    password = PASSWORD if email.startswith("off") else "en-annan-mening"
    answer = enter(app.test_client(), email, password)
    reference = enter(app.test_client(), "invited@example.org")
    assert answer.status_code == 200
    assert "hör inte ihop" in answer.get_data(as_text=True)
    assert _bare(answer, email) == _bare(reference, "invited@example.org")


def _bare(answer, email: str) -> str:
    text = answer.get_data(as_text=True).replace(email, "")
    return re.sub(r'name="csrf_token"[^>]*value="[^"]*"|value="[^"]*" name="csrf_token"', "", text)


def test_an_unknown_user_costs_as_much_hashing_as_a_known_one(
    app: Flask, make_user, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_user("Anna")
    verified: list[str] = []
    hasher = app.extensions["password_hasher"]

    class Counting:
        def verify(self, hashed: str, password: str) -> bool:
            verified.append(hashed)
            return hasher.verify(hashed, password)

    monkeypatch.setitem(app.extensions, "password_hasher", Counting())
    enter(app.test_client(), "anna@example.org", "en-annan-mening")
    enter(app.test_client(), "unknown@example.org", "en-annan-mening")
    known, unknown = verified
    assert known.split("$")[:4] == unknown.split("$")[:4]  # the same costs


def test_no_lock_is_held_while_a_password_is_hashed(
    app: Flask, make_user, monkeypatch: pytest.MonkeyPatch
) -> None:
    anna = make_user("Anna")
    open_transactions: list[bool] = []
    verify = passwords.verify_password

    def look(hashed: str | None, password: str) -> bool:
        open_transactions.append(db.session.registry().in_transaction())
        return verify(hashed, password)

    monkeypatch.setattr(passwords, "verify_password", look)
    client = app.test_client()
    enter(client, anna.email)
    client.post(
        "/account",
        data={"current": PASSWORD, "password": "en helt ny mening", "again": "en helt ny mening"},
    )
    assert open_transactions == [False, False]


def test_a_password_hashed_with_old_costs_is_hashed_anew(app: Flask, make_user) -> None:
    from argon2 import PasswordHasher

    anna = make_user("Anna")
    anna.password_hash = PasswordHasher(time_cost=2, memory_cost=64).hash(PASSWORD)
    db.session.commit()
    assert enter(app.test_client(), anna.email).status_code == 303
    db.session.refresh(anna)
    assert "m=32,t=1" in anna.password_hash
    assert enter(app.test_client(), anna.email).status_code == 303


def test_a_very_long_password_is_refused_without_being_hashed_whole(app: Flask, make_user) -> None:
    anna = make_user("Anna")
    assert enter(app.test_client(), anna.email, PASSWORD * 10000).status_code == 200


@pytest.mark.parametrize("email", ["a@b@example.org", "å" * 5000, "' OR 1=1 --"])
def test_odd_addresses_are_just_wrong(app: Flask, email: str) -> None:
    assert enter(app.test_client(), email).status_code == 200


@pytest.mark.parametrize(
    "target",
    [
        "//evil.example",
        "///evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "https://evil.example/",
        "https:/evil.example",
        "javascript:alert(1)",
        "/\t/evil.example",
        "/\n/evil.example",
        " //evil.example",
        "evil.example",
        "/%5cevil.example\\",
        "@evil.example",
        "",
    ],
)
def test_sign_in_never_sends_anyone_to_another_site(app: Flask, make_user, target: str) -> None:
    assert local_path(target) is None
    anna = make_user("Anna", Role.ADMIN)
    answer = enter(app.test_client(), anna.email, next=target)
    assert answer.status_code == 303
    assert "evil" not in answer.location
    assert answer.location.startswith("/")
    assert not answer.location.startswith("//")


@pytest.mark.parametrize("target", ["/plan", "/measures?area=1&q=a%2Fb", "/a//b", "/å"])
def test_sign_in_leads_on_within_the_site(target: str) -> None:
    assert local_path(target) == target


def test_guessing_at_an_account_is_locked_out_from_every_address(make_app, app, make_user) -> None:
    anna, bo = make_user("Anna"), make_user("Bo")
    guarded = make_app(sign_in_limit="3 per 15 minutes")
    guarded.config["WTF_CSRF_ENABLED"] = False
    for number in range(3):
        client = guarded.test_client()
        client.environ_base["REMOTE_ADDR"] = f"10.0.0.{number}"
        assert enter(client, "ANNA@example.org ", "gissning").status_code == 200
    client = guarded.test_client()
    client.environ_base["REMOTE_ADDR"] = "10.0.0.9"
    answer = enter(client, anna.email)
    assert answer.status_code == 429
    assert "För många försök" in answer.get_data(as_text=True)
    assert enter(client, bo.email).status_code == 303


def test_guessing_from_one_address_is_locked_out_for_every_account(
    make_app, app, make_user
) -> None:
    anna = make_user("Anna")
    guarded = make_app(sign_in_limit="1 per 15 minutes")
    guarded.config["WTF_CSRF_ENABLED"] = False
    for number in range(10):
        assert enter(guarded.test_client(), f"guess{number}@example.org").status_code == 200
    assert enter(guarded.test_client(), anna.email).status_code == 429
    elsewhere = guarded.test_client()
    elsewhere.environ_base["REMOTE_ADDR"] = "10.0.0.9"
    assert enter(elsewhere, anna.email).status_code == 303


def test_signing_in_rightly_is_never_counted(make_app, app, make_user) -> None:
    anna = make_user("Anna")
    guarded = make_app(sign_in_limit="2 per 15 minutes")
    guarded.config["WTF_CSRF_ENABLED"] = False
    for _number in range(5):
        assert enter(guarded.test_client(), anna.email).status_code == 303


def test_the_log_has_who_came_went_and_failed(app: Flask, make_user) -> None:
    anna = make_user("Anna")
    client = app.test_client()
    enter(client, anna.email, "fel-lösenord-här")
    enter(client, "unknown@example.org", "fel-lösenord-här")
    enter(client, anna.email)
    client.post("/sign-out")
    assert log() == [
        ("person.sign_in_failed", None, anna.id),
        ("person.sign_in_failed", None, None),
        ("person.sign_in", anna.id, anna.id),
        ("person.sign_out", anna.id, anna.id),
    ]


def test_the_log_never_has_a_secret_or_what_was_typed(app: Flask, make_user, sign_in) -> None:
    anna = make_user("Anna")
    client = sign_in(anna)
    enter(app.test_client(), "typed-by-mistake@example.org", "typed-in-vain")
    new = "en helt ny mening"
    client.post("/account", data={"current": PASSWORD, "password": new, "again": new})
    tokens = list(db.session.scalars(sa.select(SignIn.token_hash)))
    rows = db.session.execute(sa.select(AuditEntry.__table__)).all()
    written = "\n".join(repr(row) for row in rows)
    assert "password_hash" in written  # that it changed is told, by name
    for secret in [PASSWORD, new, "argon2", "typed-", *tokens]:
        assert secret not in written


def test_passwords_are_stored_as_argon2id(app: Flask, make_user) -> None:
    make_user("Anna")
    stored = db.session.scalar(sa.select(User.password_hash))
    assert stored.startswith("$argon2id$v=19$")
    assert PASSWORD not in stored


def test_the_default_costs_are_not_below_what_owasp_asks(tmp_path, monkeypatch) -> None:
    from registry.config import load_settings

    settings = load_settings(tmp_path, {})
    assert settings.argon2_memory_kib >= 19456
    assert settings.argon2_time_cost >= 2


def test_the_first_page_is_where_the_work_is(
    app: Flask, boards, make_user: Callable[..., User]
) -> None:
    reporter = make_user("Rapportör", (Role.REPORTER, boards["social"]))
    executive = make_user("Sekreterare", Role.EXECUTIVE)
    nobody = make_user("Ingen")
    with app.test_request_context():
        from flask import url_for

        work, home = url_for("reporting.my_work"), url_for("publication.home")
        newest = url_for("followup.newest")
    assert enter(app.test_client(), executive.email).location == newest
    assert enter(app.test_client(), reporter.email).location == work
    assert enter(app.test_client(), nobody.email).location == home
