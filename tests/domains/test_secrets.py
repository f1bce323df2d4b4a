"""Secret answers through the real forms: written by many, read by the cleared, seen by nobody."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from registry.audit.models import AuditEntry
from registry.db import db
from registry.host import data, vault
from registry.host.loading import loaded
from registry.host.models import DomainData, SealedData, SubjectKind
from registry.people.models import Board, Clearance, Role, User
from registry.reporting.models import FrozenValue, ReportItem
from tests.domains.conftest import CYBER, Place

Clients = dict[str, FlaskClient]
MARKER = "zzq-hemlig-41"


def measure_form(place: Place, **answers: Any) -> dict[str, Any]:
    return {
        "row_version": "1",
        "subgoal_id": str(place.subgoal),
        "number": "2.2.1",
        "title": "Klassa system",
        "kind": "one_off",
        "status": "ongoing",
        **{f"{CYBER}__{name}": value for name, value in answers.items()},
    }


def item_form(page: str, **answers: Any) -> dict[str, Any]:
    return {
        "row_version": page.split('name="row_version" value="')[1].split('"')[0],
        "questions": page.split('name="questions" value="')[1].split('"')[0],
        "status": "ongoing",
        "done": "En hel del.",
        **{f"{CYBER}__{name}": value for name, value in answers.items()},
    }


@pytest.fixture
def save_item(place: Place, clients: Clients) -> Callable[..., Any]:
    address = f"/reports/items/{place.item}"

    def save(button: str = "ready", **answers: Any) -> Any:
        page = clients["reporter"].get(address).get_data(as_text=True)
        return clients["reporter"].post(address, data={**item_form(page, **answers), button: "1"})

    return save


@pytest.fixture
def written(place: Place, clients: Clients) -> Place:
    """The coordinator, who has no clearance, has written a secret answer on the measure."""
    address = f"/plan/measures/{place.measure}/edit"
    page = clients["coordinator"].get(address).get_data(as_text=True)
    version = page.split('name="row_version"')[1].split('value="')[1].split('"')[0]
    kind = page.split('name="kind"')[1].split('value="')[1].split('"')[0]
    posted = {**measure_form(place, asset=MARKER), "row_version": version, "kind": kind}
    answer = clients["coordinator"].post(address, data=posted)
    assert answer.status_code == 303, answer.get_data(as_text=True)
    return place


def secrets(place: Place, kind: str = "measure") -> str:
    subject = {"measure": place.measure, "report_item": place.item}[kind]
    return f"/domains/{CYBER}/secrets/{kind}/{subject}"


def test_the_page_of_the_measure_says_that_and_why_but_not_what(
    written: Place, clients: Clients
) -> None:
    for name in ("coordinator", "reporter", "auditor", "executive", "admin", "domain_lead"):
        page = clients[name].get(f"/plan/measures/{written.measure}").get_data(as_text=True)
        assert "Skyddad uppgift (OSL 18:8)" in page
        assert MARKER not in page


def test_the_form_never_shows_it_and_left_empty_it_stays(
    written: Place, clients: Clients, cleared: FlaskClient
) -> None:
    address = f"/plan/measures/{written.measure}/edit"
    page = clients["coordinator"].get(address).get_data(as_text=True)
    assert MARKER not in page
    assert "Ett svar finns sparat" in page
    assert "Säkerhetsskyddsklassificerade uppgifter får inte skrivas in" in page
    version = page.split('name="row_version"')[1].split('value="')[1].split('"')[0]
    kind = page.split('name="kind"')[1].split('value="')[1].split('"')[0]
    posted = {**measure_form(written), "row_version": version, "kind": kind}
    assert clients["coordinator"].post(address, data=posted).status_code == 303
    opened = cleared.post(secrets(written), data={"reason": "Ärende 7"}).get_data(as_text=True)
    assert MARKER in opened


def test_a_new_answer_takes_the_place_of_the_old(
    place: Place, save_item: Callable[..., Any], cleared: FlaskClient
) -> None:
    assert save_item(weakness="första").status_code == 303
    assert save_item(weakness="andra").status_code == 303
    opened = cleared.post(secrets(place, "report_item"), data={"reason": "Ärende 7"})
    page = opened.get_data(as_text=True)
    assert "andra" in page
    assert "första" not in page


def test_the_box_beside_it_takes_it_away(place: Place, save_item: Callable[..., Any]) -> None:
    save_item(weakness=MARKER)
    assert db.session.scalar(sa.select(sa.func.count()).select_from(SealedData)) == 1
    save_item(**{"weakness--remove": "y"})
    db.session.rollback()
    assert db.session.scalar(sa.select(sa.func.count()).select_from(SealedData)) == 0


def test_only_the_cleared_read_and_each_reading_is_in_the_log(
    written: Place, clients: Clients, cleared: FlaskClient
) -> None:
    for name in ("coordinator", "reporter", "auditor", "executive", "admin", "domain_lead"):
        answer = clients[name].post(secrets(written), data={"reason": "Ärende 7"})
        assert answer.status_code == 403, name
        assert MARKER not in answer.get_data(as_text=True)
    assert clients["anonymous"].get(secrets(written)).status_code == 302
    db.session.rollback()
    opened = sa.select(AuditEntry).filter_by(action="secret.open")
    assert db.session.scalars(opened).all() == []
    answer = cleared.post(secrets(written), data={"reason": "Ärende 7"})
    assert MARKER in answer.get_data(as_text=True)
    assert "no-store" in answer.headers["Cache-Control"]
    db.session.rollback()
    entry = db.session.scalars(opened).one()
    assert entry.after is not None
    assert entry.after["reason"] == "Ärende 7"
    assert db.session.get_one(User, entry.actor_id).name == "Betrodd"


def test_looking_is_not_reading(written: Place, cleared: FlaskClient) -> None:
    page = cleared.get(secrets(written)).get_data(as_text=True)
    assert "Varför behöver du läsa uppgifterna?" in page
    assert MARKER not in page
    assert cleared.post(secrets(written), data={"reason": " "}).status_code == 422


def test_clearance_for_one_domain_is_none_for_another(
    written: Place, clients: Clients, cleared: FlaskClient
) -> None:
    person = db.session.scalars(sa.select(User).filter_by(name="Betrodd")).one()
    person.clearances = [Clearance(domain="crisis_preparedness", reason="annat")]
    db.session.commit()
    assert cleared.post(secrets(written), data={"reason": "Ärende 7"}).status_code == 403


def test_another_boards_people_do_not_even_learn_that_it_is_there(
    place: Place, save_item: Callable[..., Any], clients: Clients
) -> None:
    save_item(weakness=MARKER)
    assert clients["other_reporter"].get(secrets(place, "report_item")).status_code == 403
    assert clients["reporter"].get(secrets(place, "report_item")).status_code == 200


def test_a_check_sees_what_is_written_now_and_nothing_that_lies_sealed(
    place: Place, clients: Clients
) -> None:
    """Level 4 gives a warning to whoever writes it; nobody can provoke it from what is stored."""
    address = f"/plan/measures/{place.measure}/edit"

    def save(**answers: str) -> str:
        page = clients["coordinator"].get(address).get_data(as_text=True)
        version = page.split('name="row_version"')[1].split('value="')[1].split('"')[0]
        kind = page.split('name="kind"')[1].split('value="')[1].split('"')[0]
        posted = {**measure_form(place, **answers), "row_version": version, "kind": kind}
        answer = clients["coordinator"].post(address, data=posted, follow_redirects=True)
        return answer.get_data(as_text=True)

    assert "utanför den vanliga katalogen" in save(confidentiality="4")
    assert "utanför den vanliga katalogen" not in save()


def test_what_cannot_be_read_is_sealed_as_it_was_written_and_asked_for_again(
    place: Place, save_item: Callable[..., Any], clients: Clients
) -> None:
    answer = save_item(weakness=MARKER + "x" * 6000)
    assert answer.status_code == 422
    db.session.rollback()
    rows = db.session.scalars(sa.select(DomainData)).all()
    assert all(MARKER not in str((row.data, row.entered)) for row in rows)
    page = clients["reporter"].get(f"/reports/items/{place.item}").get_data(as_text=True)
    assert "kunde inte läsas som ett svar" in page
    answer = save_item()
    assert answer.status_code == 422
    assert "Skriv det på nytt." in answer.get_data(as_text=True)


def test_a_submitted_report_keeps_it_sealed_under_the_frozen_item(
    place: Place, save_item: Callable[..., Any], clients: Clients, cleared: FlaskClient
) -> None:
    save_item(weakness=MARKER, mfa_coverage="80")
    answer = clients["approver"].post(
        f"/reports/{place.report}/submit", data={"row_version": "1", "summary": ""}
    )
    assert answer.status_code == 303, answer.get_data(as_text=True)
    db.session.rollback()
    row = db.session.scalars(sa.select(FrozenValue).filter_by(name="weakness")).one()
    assert (row.value, row.text, row.secrecy) == (None, "", "OSL 18:8")
    page = clients["coordinator"].get(f"/reports/{place.report}").get_data(as_text=True)
    assert "Skyddad uppgift (OSL 18:8)" in page
    assert MARKER not in page
    address = f"/domains/{CYBER}/secrets/frozen_item/{row.item_id}"
    assert MARKER in cleared.post(address, data={"reason": "Ä 1"}).get_data(as_text=True)
    # the board goes on writing in a new revision; what was submitted stays as it was
    clients["coordinator"].post(
        f"/reports/{place.report}/return", data={"row_version": "2", "comment": "Mer."}
    )
    db.session.rollback()
    copied = db.session.scalars(sa.select(ReportItem.id).order_by(ReportItem.id.desc())).first()
    reopened = cleared.post(
        f"/domains/{CYBER}/secrets/report_item/{copied}", data={"reason": "Ä 2"}
    )
    assert MARKER in reopened.get_data(as_text=True)


def test_an_admin_gives_and_takes_clearance_but_not_to_themselves(
    place: Place, clients: Clients
) -> None:
    person = db.session.scalars(sa.select(User).filter_by(name="Domän")).one()
    form = {"domain": CYBER, "reason": "Beslut av kommundirektören"}
    clients["admin"].post(f"/admin/users/{person.id}/clearances", data=form)
    db.session.rollback()
    held = db.session.scalars(sa.select(Clearance)).one()
    assert (held.user_id, held.domain) == (person.id, CYBER)
    page = clients["admin"].get(f"/admin/users/{person.id}").get_data(as_text=True)
    assert "Beslut av kommundirektören" in page
    clients["admin"].post(f"/admin/users/{person.id}/clearances/{held.id}/take")
    db.session.rollback()
    assert db.session.scalars(sa.select(Clearance)).all() == []
    own = db.session.scalars(sa.select(User.id).filter_by(name="Admin")).one()
    clients["admin"].post(f"/admin/users/{own}/clearances", data=form)
    db.session.rollback()
    assert db.session.scalars(sa.select(Clearance)).all() == []


def test_a_check_that_repeats_a_secret_answer_is_not_heard_to_do_so(
    app: Flask, place: Place, save_item: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What it says is flashed, and a flash lies in the cookie, signed and readable."""
    from registry.host.values import Issue, Level

    def repeat(report: Any) -> list[Issue]:
        return [Issue(f"Skrev du {report.data['weakness']}?", "weakness", Level.WARNING)]

    (implementation,) = loaded(app).domains[CYBER].hooks.hook.check_report.get_hookimpls()
    monkeypatch.setattr(implementation, "function", repeat)
    answer = save_item(weakness=MARKER)
    assert answer.status_code == 303
    page = answer.headers["Set-Cookie"]
    assert MARKER not in _cookie(page)
    assert "Skrev du" in _cookie(page)


def _cookie(header: str) -> str:
    import zlib
    from base64 import urlsafe_b64decode

    value = header.partition("=")[2].partition(";")[0]
    packed = value.startswith(".")
    body = value.lstrip(".").partition(".")[0]
    raw = urlsafe_b64decode(body + "=" * (-len(body) % 4))
    return (zlib.decompress(raw) if packed else raw).decode().encode().decode("unicode_escape")


def test_a_warning_about_the_whole_is_shown_when_the_item_is_ready(
    app: Flask,
    place: Place,
    clients: Clients,
    save_item: Callable[..., Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from registry.host.values import Issue, Level

    (implementation,) = loaded(app).domains[CYBER].hooks.hook.check_report.get_hookimpls()
    found = [Issue("Stämmer helheten?", level=Level.WARNING)]
    monkeypatch.setattr(implementation, "function", lambda report: found)
    save_item()
    page = clients["reporter"].get(f"/reports/items/{place.item}").get_data(as_text=True)
    assert "Stämmer helheten?" in page


def test_a_new_invitation_or_address_ends_a_clearance(place: Place, clients: Clients) -> None:
    """Else an admin could take over the account of somebody who is cleared."""
    person = db.session.scalars(sa.select(User).filter_by(name="Domän")).one()
    form = {"domain": CYBER, "reason": "Beslut"}
    key = person.id
    for address, fields in (
        (f"/admin/users/{key}/invite", {}),
        (f"/admin/users/{key}", {"name": "Domän", "email": "ny@example.org", "row_version": "1"}),
    ):
        clients["admin"].post(f"/admin/users/{key}/clearances", data=form)
        db.session.rollback()
        assert len(db.session.scalars(sa.select(Clearance)).all()) == 1
        version = str(db.session.get_one(User, key).row_version)
        posted = {**fields, "row_version": version} if fields else fields
        assert clients["admin"].post(address, data=posted).status_code == 303
        db.session.rollback()
        assert db.session.scalars(sa.select(Clearance)).all() == []


def test_two_scoped_roles_give_no_more_than_each(
    place: Place,
    save_item: Callable[..., Any],
    boards: dict[str, Board],
    make_user: Callable[..., User],
    sign_in: Callable[[User], FlaskClient],
) -> None:
    """Reporter of another board, lead of another domain, cleared for this one: still not theirs."""
    save_item(weakness=MARKER)
    person = make_user("Två", (Role.REPORTER, boards["rescue"]), Role.DOMAIN_LEAD)
    person.clearances = [Clearance(domain=CYBER, reason="prov")]
    db.session.commit()
    client = sign_in(person)
    answer = client.post(secrets(place, "report_item"), data={"reason": "Ärende 7"})
    assert answer.status_code == 403
    page = client.get(f"/domain/{CYBER}/").get_data(as_text=True)
    assert "Socialnämnden" not in page.partition("<main")[2].partition("Saknas")[2]


def test_what_becomes_secret_is_sealed_and_gone_from_the_open(
    app: Flask, place: Place, save_item: Callable[..., Any]
) -> None:
    """The next version of a domain makes a question secret that was answered in the open."""
    domain = loaded(app).domains[CYBER]
    save_item(mfa_coverage="80")
    db.session.rollback()
    fields = tuple(
        replace(one, secrecy="OSL 18:8") if one.name == "mfa_coverage" else one
        for one in domain.report_fields
    )
    newer = replace(domain, report_fields=fields)
    assert data.seal_what_became_secret(newer) == 1
    db.session.commit()
    row = db.session.get_one(DomainData, (CYBER, SubjectKind.REPORT_ITEM, place.item))
    assert "mfa_coverage" not in row.data
    assert "mfa_coverage" not in row.labels
    marks = vault.marks(SubjectKind.REPORT_ITEM, [place.item])[place.item][CYBER]
    assert marks["mfa_coverage"].ground == "OSL 18:8"
    assert data.seal_what_became_secret(newer) == 0


def test_two_people_in_one_form_see_nothing_secret_of_each_other(
    place: Place, save_item: Callable[..., Any], clients: Clients
) -> None:
    address = f"/reports/items/{place.item}"
    page = clients["reporter"].get(address).get_data(as_text=True)
    save_item(weakness=MARKER)
    mine = {**item_form(page, weakness="mitt eget"), "ready": "1"}
    answer = clients["approver"].post(address, data=mine)
    assert answer.status_code == 409
    text = answer.get_data(as_text=True)
    assert MARKER not in text
    assert "mitt eget" in text


def test_a_fault_in_a_check_of_secret_answers_leaves_none_in_the_log(
    app: Flask, place: Place, save_item: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    from registry.host.models import PluginState

    def fail(report: Any) -> None:
        raise ValueError(f"cannot judge {report.data['weakness']}")

    (implementation,) = loaded(app).domains[CYBER].hooks.hook.check_report.get_hookimpls()
    monkeypatch.setattr(implementation, "function", fail)
    save_item(weakness=MARKER)
    db.session.rollback()
    state = db.session.get_one(PluginState, CYBER)
    assert state.strikes == 1
    assert "ValueError" in state.last_fault
    assert MARKER not in state.last_fault
