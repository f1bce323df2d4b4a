"""What an admin does with people and roles."""

import re
from datetime import date

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from registry.audit import service as audit
from registry.audit.models import AuditEntry
from registry.db import db, now
from registry.people import accounts
from registry.people.models import Board, Role, RoleGrant, User
from registry.people.permissions import Denied, Grant, Viewer
from registry.plan.models import Plan, PlanVersion
from registry.reporting.models import Report, ReportState, Round

ADMIN = Viewer(grants=frozenset({Grant(Role.ADMIN)}))


@pytest.fixture
def admin(app: Flask, make_user, sign_in) -> FlaskClient:
    return sign_in(make_user("Admin", Role.ADMIN))


def held(user_id: int) -> set[tuple[Role, int | None, str | None]]:
    rows = db.session.execute(
        sa.select(RoleGrant.role, RoleGrant.board_id, RoleGrant.domain).where(
            RoleGrant.user_id == user_id
        )
    )
    return {tuple(row) for row in rows}


def test_a_new_person_gets_a_link_that_is_shown_once(app, admin: FlaskClient, boards) -> None:
    board = boards["social"]
    answer = admin.post(
        "/admin/users/new",
        data={"name": "Elin", "email": "Elin@Example.org", "role": f"reporter:{board.id}"},
    )
    assert answer.status_code == 303
    page = admin.get(answer.location).get_data(as_text=True)
    link = re.search(r'value="(http://localhost/invitation/[^"]+)"', page)[1]
    assert "/invitation/" not in admin.get(answer.location).get_data(as_text=True)
    person = db.session.scalars(sa.select(User).where(User.email == "elin@example.org")).one()
    assert held(person.id) == {(Role.REPORTER, board.id, None)}
    token = link.rpartition("/")[2]
    data = {"password": "en helt ny mening", "again": "en helt ny mening"}
    assert app.test_client().post(f"/invitation/{token}", data=data).status_code == 303


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        ({"name": "", "email": "a@b.se"}, "Fyll i"),
        ({"name": "A", "email": "inte en adress"}, "hel adress"),
        ({"name": "A", "email": "ADMIN@example.org"}, "redan den adressen"),
        ({"name": "A", "email": "a@b.se", "role": "reporter:999"}, "role"),
        ({"name": "A", "email": "a@b.se", "role": "reporter"}, "role"),
        ({"name": "x" * 201, "email": "a@b.se"}, "högst 200"),
    ],
)
def test_what_cannot_be_a_person_is_refused(admin, data, sentence: str) -> None:
    answer = admin.post("/admin/users/new", data={"role": "", **data})
    assert answer.status_code == 200
    assert sentence in answer.get_data(as_text=True)
    assert db.session.scalar(sa.select(sa.func.count(User.id))) == 1


@pytest.mark.parametrize(
    ("choice", "role", "domain"),
    [
        ("auditor", Role.AUDITOR, None),
        ("domain_lead:cyber_security", Role.DOMAIN_LEAD, "cyber_security"),
        ("executive", Role.EXECUTIVE, None),
    ],
)
def test_a_role_is_given_and_taken(admin, make_user, choice, role, domain) -> None:
    anna = make_user("Anna")
    path = f"/admin/users/{anna.id}"
    assert admin.post(f"{path}/roles", data={"role": choice}).status_code == 303
    admin.post(f"{path}/roles", data={"role": choice})  # once more changes nothing
    assert held(anna.id) == {(role, None, domain)}
    grant_id = db.session.scalar(sa.select(RoleGrant.id).where(RoleGrant.user_id == anna.id))
    assert admin.post(f"{path}/roles/{grant_id}/take").status_code == 303
    assert held(anna.id) == set()


def test_a_role_is_not_taken_through_another_persons_page(admin, make_user) -> None:
    anna, bo = make_user("Anna", Role.AUDITOR), make_user("Bo")
    admin.post(f"/admin/users/{bo.id}/roles/{anna.grants[0].id}/take")
    assert held(anna.id) == {(Role.AUDITOR, None, None)}


def test_a_role_with_the_wrong_scope_is_refused_by_the_use_case(app, boards, make_user) -> None:
    anna = make_user("Anna")
    for grant in [
        Grant(Role.REPORTER),
        Grant(Role.AUDITOR, board_id=boards["social"].id),
        Grant(Role.DOMAIN_LEAD),
        Grant(Role.APPROVER, board_id=999),
    ]:
        with pytest.raises(accounts.UnknownScope):
            accounts.give_role(ADMIN, anna.id, grant)


def test_the_last_admin_can_be_neither_demoted_removed_nor_switched_off(app, admin) -> None:
    user = db.session.scalars(sa.select(User)).one()
    path = f"/admin/users/{user.id}"
    for address, data in [
        (f"{path}/roles/{user.grants[0].id}/take", {}),
        (f"{path}/switch", {"active": "no"}),
        (f"{path}/remove", {}),
    ]:
        answer = admin.post(address, data=data, follow_redirects=True)
        if "take" in address:
            answer = admin.get(path)
        assert answer.status_code == 200
        assert held(user.id) == {(Role.ADMIN, None, None)}
    with pytest.raises(accounts.LastAdmin):
        accounts.remove(ADMIN, user.id)


def test_an_admin_who_cannot_sign_in_does_not_count(app, admin, make_user) -> None:
    first = db.session.scalars(sa.select(User)).one()
    off, invited = make_user("Avstängd", Role.ADMIN), make_user("Inbjuden", Role.ADMIN)
    off.active, invited.password_hash = False, None
    db.session.commit()
    with pytest.raises(accounts.LastAdmin):
        accounts.switch(ADMIN, first.id, active=False)
    off.active = True
    db.session.commit()
    accounts.switch(ADMIN, first.id, active=False)


def test_the_refusal_says_what_to_do(app, admin) -> None:
    user = db.session.scalars(sa.select(User)).one()
    answer = admin.post(f"/admin/users/{user.id}/remove", follow_redirects=True)
    assert "Ge först någon annan rollen administratör" in answer.get_data(as_text=True)


def _submitted_report(board: Board, user: User) -> Report:
    version = PlanVersion(plan=Plan(title="Plan"))
    db.session.add(version)
    db.session.flush()
    opened = Round(
        version_id=version.id,
        title="2021",
        period="2021",
        opens_on=date(2021, 1, 1),
        due_on=date(2021, 2, 1),
    )
    db.session.add(opened)
    db.session.flush()
    report = Report(
        round_id=opened.id,
        board_id=board.id,
        state=ReportState.SUBMITTED,
        submitted_at=now(),
        submitted_by_id=user.id,
        submitted_by_name=user.name,
    )
    db.session.add(report)
    db.session.commit()
    return report


def test_a_removed_person_leaves_a_pseudonym_and_their_reports(
    app, admin, boards, make_user, sign_in
) -> None:
    anna = make_user("Anna Andersson", (Role.APPROVER, boards["social"]))
    report = _submitted_report(boards["social"], anna)
    client = sign_in(anna)
    client.post("/sign-out")
    anna_id, email = anna.id, anna.email
    asked = admin.get(f"/admin/users/{anna_id}/remove")
    assert f"Person #{anna_id}" in asked.get_data(as_text=True)
    assert db.session.get(User, anna_id) is not None
    assert admin.post(f"/admin/users/{anna_id}/remove").status_code == 303
    db.session.expire_all()
    assert db.session.get(User, anna_id) is None
    kept = db.session.get(Report, report.id)
    assert (kept.submitted_by_id, kept.submitted_by_name) == (None, "Anna Andersson")
    auditor = Viewer(grants=frozenset({Grant(Role.AUDITOR)}))
    lines = audit.entries(auditor, audit.Filter(person=f"#{anna_id}")).lines
    assert {line.person for line in lines} == {f"Person #{anna_id}"}
    assert {"Loggade in", "Loggade ut"} <= {line.action for line in lines}
    about = db.session.execute(
        sa.select(AuditEntry.__table__).where(AuditEntry.object_kind != "report")
    ).all()
    assert "Andersson" not in repr(about)
    assert email not in repr(about)


def test_an_edit_of_a_person_saved_by_someone_else_shows_both(admin, make_user) -> None:
    anna = make_user("Anna")
    path = f"/admin/users/{anna.id}"
    opened = {"name": "Anna", "email": anna.email, "row_version": str(anna.row_version)}
    assert admin.post(path, data={**opened, "name": "Anna Ek"}).status_code == 303
    second = admin.post(path, data={**opened, "email": "ny@example.org"})
    text = second.get_data(as_text=True)
    assert "Någon annan har sparat medan du skrev" in text
    assert "Anna Ek" in text
    assert "ny@example.org" in text
    version = db.session.scalar(sa.select(User.row_version).where(User.id == anna.id))
    data = {**opened, "email": "ny@example.org", "row_version": str(version)}
    admin.post(path, data={**data, "choose-name": "theirs"})
    db.session.refresh(anna)
    assert (anna.name, anna.email) == ("Anna Ek", "ny@example.org")


def test_a_person_switched_off_is_not_invited(admin, make_user) -> None:
    anna = make_user("Anna")
    path = f"/admin/users/{anna.id}"
    admin.post(f"{path}/switch", data={"active": "no"})
    page = admin.post(f"{path}/invite", follow_redirects=True).get_data(as_text=True)
    assert "/invitation/" not in page
    assert "Öppna kontot för Anna" in page


def test_the_list_takes_as_many_queries_for_many_people(admin, make_user, statements) -> None:
    make_user("Anna", Role.AUDITOR, Role.COORDINATOR)
    statements.clear()
    admin.get("/admin/users")
    few = len(statements)
    for number in range(30):
        make_user(f"Person {number}", Role.AUDITOR)
    statements.clear()
    assert "Person 29" in admin.get("/admin/users").get_data(as_text=True)
    assert len(statements) == few


def test_an_admin_has_no_say_over_content(app, admin) -> None:
    for path in ["/audit", "/boards"]:
        assert admin.get(path).status_code == 403


def test_use_cases_ask_for_the_permission_themselves(app, make_user) -> None:
    anna = make_user("Anna", Role.AUDITOR)
    viewer = Viewer(user_id=anna.id, grants=frozenset({Grant(Role.COORDINATOR)}))
    for call in [
        lambda: accounts.accounts(viewer),
        lambda: accounts.add(viewer, "X", "x@y.se"),
        lambda: accounts.edit(viewer, anna.id, "X", "x@y.se", 1),
        lambda: accounts.give_role(viewer, anna.id, Grant(Role.ADMIN)),
        lambda: accounts.take_role(viewer, anna.id, anna.grants[0].id),
        lambda: accounts.switch(viewer, anna.id, active=False),
        lambda: accounts.invite(viewer, anna.id),
        lambda: accounts.remove(viewer, anna.id),
    ]:
        with pytest.raises(Denied):
            call()
