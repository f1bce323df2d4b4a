"""What anyone may read without signing in, and where signed-in people are led."""

import pytest
from flask.testing import FlaskClient

from registry.db import db
from registry.plan.models import Plan, PlanVersion, VersionState
from tests.plan.conftest import Built


@pytest.fixture
def anyone(app) -> FlaskClient:
    return app.test_client()


def addresses(plan: Built) -> list[str]:
    return [
        "/",
        f"/plans/{plan.plan.id}",
        f"/plans/{plan.plan.id}/measures/{plan.lighting.identity}",
        "/cookies",
        "/accessibility",
    ]


def test_anyone_reads_the_published_plan_without_a_cookie(plan: Built, anyone: FlaskClient) -> None:
    for address in addresses(plan):
        answer = anyone.get(address)
        assert answer.status_code == 200, address
        assert "Set-Cookie" not in answer.headers
        assert answer.cache_control.public
        assert answer.cache_control.no_cache
        assert "Cookie" in answer.vary
    page = anyone.get("/").get_data(as_text=True)
    assert "Byta belysning i gångtunnlar" in page
    assert f"/plans/{plan.plan.id}/measures/{plan.lighting.identity}" in page


def test_a_cache_is_told_that_nothing_changed_and_told_when_it_has(
    plan: Built, anyone: FlaskClient
) -> None:
    for address in addresses(plan)[:3]:
        plan.lighting.title = f"Före {address}"
        db.session.commit()
        tag = anyone.get(address).headers["ETag"]
        again = anyone.get(address, headers={"If-None-Match": tag})
        assert again.status_code == 304
        assert again.data == b""
        plan.lighting.title = f"Efter {address}"
        db.session.commit()
        assert anyone.get(address, headers={"If-None-Match": tag}).status_code == 200


def test_the_public_pages_show_nothing_internal(plan: Built, clients: dict) -> None:
    for client in (clients["coordinator"], clients["anonymous"]):
        for address in addresses(plan)[1:3]:
            page = client.get(address).get_data(as_text=True)
            for internal in ("/edit", "av 6", "Redigera", "återrapport<"):
                assert internal not in page, (address, internal)


@pytest.mark.parametrize("state", [VersionState.DRAFT, VersionState.REPLACED])
def test_what_is_not_published_is_not_found_not_even_by_a_coordinator(
    plan: Built, clients: dict, state: VersionState
) -> None:
    plan.version.state = state
    db.session.commit()
    for client in (clients["coordinator"], clients["anonymous"]):
        for address in addresses(plan)[1:3]:
            assert client.get(address).status_code == 404
    assert "Ingen plan är publicerad ännu" in clients["anonymous"].get("/").get_data(as_text=True)


def test_several_published_plans_are_listed(plan: Built, anyone: FlaskClient) -> None:
    other = Plan(title="Klimatplanen")
    other.versions.append(PlanVersion(state=VersionState.PUBLISHED))
    db.session.add(other)
    db.session.commit()
    page = anyone.get("/").get_data(as_text=True)
    assert "Klimatplanen" in page
    assert "Byta belysning" not in page


@pytest.mark.parametrize(
    ("who", "where"),
    [
        ("reporter", "/my-work"),
        ("coordinator", "/my-work"),
        ("executive", "/followup/overview"),
        ("admin", "/admin"),
    ],
)
def test_home_leads_signed_in_people_to_their_work(clients: dict, who: str, where: str) -> None:
    answer = clients[who].get("/")
    assert answer.status_code == 302
    assert where in answer.location


def test_a_person_without_a_role_reads_what_anyone_reads(plan: Built, clients: dict) -> None:
    assert "Byta belysning" in clients["nobody"].get("/").get_data(as_text=True)
    assert clients["nobody"].get("/plan/current").status_code == 403
