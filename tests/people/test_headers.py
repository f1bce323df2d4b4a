"""What every answer carries, and that no form is taken from elsewhere."""

import re

import pytest
from flask import Flask

from registry.people.models import Role
from tests.conftest import PASSWORD


@pytest.fixture
def database(sqlite_database: str) -> str:
    return sqlite_database


@pytest.mark.parametrize("path", ["/sign-in", "/account", "/nowhere", "/healthz"])
def test_no_page_allows_inline_code_framing_or_other_origins(app: Flask, path: str) -> None:
    headers = app.test_client().get(path).headers
    policy = headers["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert "*" not in policy
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "form-action 'self'" in policy
    assert "base-uri 'none'" in policy
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"
    assert "Server" not in headers or "Werkzeug" not in headers["Server"]


def test_pages_have_no_inline_style_or_script(app: Flask, make_user, sign_in) -> None:
    client = sign_in(make_user("Anna", Role.ADMIN, Role.AUDITOR, Role.COORDINATOR))
    for path in ["/account", "/admin/users", "/admin/users/new", "/admin/users/1", "/boards"]:
        text = client.get(path).get_data(as_text=True)
        assert "<style" not in text
        assert not re.search(r"\sstyle=|\son[a-z]+=|<script(?![^>]*\ssrc=)", text), path


def test_the_cookie_is_for_https_this_site_and_no_script(app: Flask, make_user) -> None:
    anna = make_user("Anna")
    answer = app.test_client().post(
        "/sign-in", data={"email": anna.email, "password": PASSWORD}, base_url="https://localhost"
    )
    cookies = answer.headers.getlist("Set-Cookie")
    assert [cookie.split("=")[0] for cookie in cookies] == ["registry_session"]
    attributes = {part.strip() for part in cookies[0].split(";")[1:]}
    assert {"Secure", "HttpOnly", "SameSite=Lax", "Path=/"} == attributes  # no Expires: a session's


def test_a_visitor_who_only_reads_gets_no_cookie(app: Flask) -> None:
    assert "Set-Cookie" not in app.test_client().get("/healthz").headers


def test_nothing_a_signed_in_person_sees_is_stored(app: Flask, make_user, sign_in) -> None:
    client = sign_in(make_user("Anna"))
    for path in ["/account", "/nowhere"]:
        assert client.get(path).headers["Cache-Control"] == "private, no-store"


def test_https_is_remembered(app: Flask) -> None:
    secure = app.test_client().get("/healthz", base_url="https://localhost")
    assert "max-age=31536000" in secure.headers["Strict-Transport-Security"]
    assert "Strict-Transport-Security" not in app.test_client().get("/healthz").headers


def test_every_post_without_the_forms_token_is_refused(make_app, app: Flask, make_user) -> None:
    anna = make_user("Anna", *[role for role in Role if role not in _SCOPED])
    guarded = make_app()
    client = guarded.test_client()
    page = client.get("/sign-in", base_url="https://localhost").get_data(as_text=True)
    token = re.search(r'name="csrf_token" value="([^"]+)"', page)[1]
    entered = client.post(
        "/sign-in",
        data={"email": anna.email, "password": PASSWORD, "csrf_token": token},
        base_url="https://localhost",
        headers={"Referer": "https://localhost/sign-in"},
    )
    assert entered.status_code == 303
    refused = set()
    with guarded.test_request_context():
        for rule in guarded.url_map.iter_rules():
            if "POST" not in rule.methods:
                continue
            values = {name: 1 for name in rule.arguments} | {"format": "pdf", "subject": "plan"}
            path = rule.build(values, append_unknown=False)[1]
            answer = client.post(
                path, base_url="https://localhost", headers={"Referer": "https://localhost/"}
            )
            assert answer.status_code in {400, 403}, (rule, answer.status_code)
            if answer.status_code == 400:
                assert "Formuläret kunde inte tas emot" in answer.get_data(as_text=True), rule
                refused.add(rule.endpoint)
    assert {"people.sign_in", "people.sign_out", "people.account", "admin.new_user"} <= refused


_SCOPED = {Role.REPORTER, Role.APPROVER, Role.DOMAIN_LEAD}


def test_a_form_posted_by_nobody_without_a_token_gets_a_page_not_a_fault(make_app) -> None:
    answer = make_app().test_client().post("/sign-in", data={"email": "a@b.se"})
    assert answer.status_code == 400
    assert "Formuläret kunde inte tas emot" in answer.get_data(as_text=True)
