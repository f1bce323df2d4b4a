"""Every part of the plan can be changed, by the right person, and nothing is lost on the way."""

from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from registry.audit.models import AuditEntry
from registry.db import db
from registry.effects.models import EffectMethod, EffectMetric
from registry.host.switching import switch
from registry.people.models import Board
from registry.plan import listing
from registry.plan.listing import Query
from registry.plan.models import (
    Activity,
    GoalArea,
    GoalGroup,
    Measure,
    Plan,
    PlanVersion,
    Share,
    SubGoal,
    VersionState,
)
from registry.reporting.models import Outcome, Round
from tests.plan.conftest import Built

Clients = dict[str, FlaskClient]


@pytest.fixture
def coordinator(clients: Clients) -> FlaskClient:
    return clients["coordinator"]


def post(client: FlaskClient, address: str, expected: int = 303, /, **data: Any) -> str:
    answer = client.post(address, data=data)
    page = answer.get_data(as_text=True)
    assert answer.status_code == expected, (address, answer.status_code, page[-3000:])
    db.session.expire_all()
    return page


def measure_form(measure: Measure, **changed: Any) -> dict[str, Any]:
    """What the measure's form posts as it stands."""
    form = {
        "row_version": measure.row_version,
        "subgoal_id": measure.subgoal_id,
        "number": measure.number,
        "title": measure.title,
        "description": measure.description,
        "kind": measure.kind.value,
        "status": measure.status.value,
        "starts_on": measure.starts_on or "",
        "ends_on": measure.ends_on or "",
        "lead_id": next((r.board_id for r in measure.responsibilities if r.share == "lead"), ""),
        "shared_ids": [r.board_id for r in measure.responsibilities if r.share == "shared"],
        "partners": "\n".join(p.name for p in measure.partners),
        "complement_ids": [a.id for a in measure.complements],
        "source": measure.source,
    }
    return form | changed


def numbers(plan: Built) -> list[str]:
    return [line.number for line in listing.listing(Query(plan.version.id)).lines]


def test_a_whole_plan_is_built_by_hand(coordinator: FlaskClient, boards: dict[str, Board]) -> None:
    post(coordinator, "/plan/new", title="Ny plan", valid_from="2024-01-01")
    version = db.session.scalars(sa.select(PlanVersion)).one()
    assert version.state is VersionState.DRAFT
    post(coordinator, f"/plan/{version.id}/groups/new", title="Ökad säkerhet")
    group = db.session.scalars(sa.select(GoalGroup)).one()
    post(
        coordinator,
        f"/plan/groups/{group.id}/areas/new",
        group_id=group.id,
        number="2.1",
        title="Krisberedskap",
        goal="",
        domain="",
    )
    area = db.session.scalars(sa.select(GoalArea)).one()
    assert area.goal is None
    post(coordinator, f"/plan/areas/{area.id}/subgoals/new", area_id=area.id, title="Alla vet")
    subgoal = db.session.scalars(sa.select(SubGoal)).one()
    page = coordinator.get(f"/plan/subgoals/{subgoal.id}/measures/new").get_data(as_text=True)
    assert 'value="2.1.1"' in page
    post(
        coordinator,
        f"/plan/subgoals/{subgoal.id}/measures/new",
        subgoal_id=subgoal.id,
        number="2.1.1",
        title="Öva krisledning",
        kind="recurring",
        status="planned",
        lead_id=boards["social"].id,
        shared_ids=[boards["rescue"].id, boards["social"].id],
        partners="Polisen\n\nLänsstyrelsen\nPolisen",
    )
    measure = db.session.scalars(sa.select(Measure)).one()
    shares = {r.board.name: r.share for r in measure.responsibilities}
    assert shares == {"Socialnämnden": Share.LEAD, "Räddningsnämnden": Share.SHARED}
    assert [partner.name for partner in measure.partners] == ["Polisen", "Länsstyrelsen"]
    assert "krisberedskap" in measure.search_text
    post(
        coordinator,
        f"/plan/measures/{measure.id}/activities/new",
        title="Övning i mars",
        state="planned",
    )
    post(
        coordinator,
        f"/plan/measures/{measure.id}/metrics/new",
        name="Övningar",
        unit="antal",
        better="higher",
        target_operator=">=",
        target_value="1 234,5",
        target_period="2025",
    )
    post(
        coordinator,
        f"/plan/measures/{measure.id}/methods/new",
        board_id=boards["social"].id,
        kind="own_count",
    )
    metric = db.session.scalars(sa.select(EffectMetric)).one()
    assert metric.target_value == Decimal("1234.5")
    assert db.session.scalars(sa.select(Activity)).one().title == "Övning i mars"
    post(coordinator, f"/plan/{version.id}/publish")
    assert version.state is VersionState.PUBLISHED
    assert "Öva krisledning" in coordinator.get(f"/plans/{version.plan_id}").get_data(as_text=True)


def test_every_edit_form_opens_and_says_what_is_wrong(
    plan: Built, coordinator: FlaskClient
) -> None:
    for address in (
        f"/plan/{plan.version.id}/edit",
        f"/plan/groups/{plan.group.id}/edit",
        f"/plan/areas/{plan.area.id}/edit",
        f"/plan/subgoals/{plan.subgoal.id}/edit",
        f"/plan/measures/{plan.lighting.id}/edit",
        f"/plan/activities/{plan.activity.id}/edit",
        f"/plan/metrics/{plan.metric.id}/edit",
        f"/plan/methods/{plan.method.id}/edit",
    ):
        assert coordinator.get(address).status_code == 200, address
        wrong = {"title": "", "name": "", "kind": "nonsense"}
        page = post(coordinator, address, 422, row_version="1", **wrong)
        assert "Det här behöver rättas" in page, address
    assert plan.lighting.title == "Byta belysning i gångtunnlar"


def test_a_measure_changes_lead_and_boards_at_once(
    plan: Built, coordinator: FlaskClient, boards: dict[str, Board]
) -> None:
    form = measure_form(
        plan.lighting,
        lead_id=boards["rescue"].id,
        shared_ids=[boards["executive"].id],
        complement_ids=[plan.goalless.id, plan.area.id],
    )
    post(coordinator, f"/plan/measures/{plan.lighting.id}/edit", **form)
    shares = {r.board.name: r.share for r in plan.lighting.responsibilities}
    assert shares == {"Räddningsnämnden": Share.LEAD, "Kommunstyrelsen": Share.SHARED}
    assert plan.lighting.complements == [plan.goalless]


def test_a_number_is_unique_in_its_version_and_the_field_says_so(
    plan: Built, coordinator: FlaskClient
) -> None:
    form = measure_form(plan.lighting, number="1.1.2")
    page = post(coordinator, f"/plan/measures/{plan.lighting.id}/edit", 422, **form)
    assert "Numret 1.1.2 har redan åtgärden" in page
    assert "Bostadsinbrott" in page
    assert 'id="number-error"' in page


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"title": "  "}, "Fyll i det här fältet."),
        ({"ends_on": "2018-01-01"}, "Slutet måste komma efter början."),
        ({"starts_on": "31 januari"}, "år-månad-dag"),
        ({"status": "nonsense"}, "Välj något i listan."),
        ({"subgoal_id": "99999"}, "Välj något i listan."),
        ({"title": "x" * 301}, "Texten får ha högst 300 tecken."),
    ],
)
def test_what_cannot_be_read_is_said_at_its_field(
    plan: Built, coordinator: FlaskClient, changed: dict[str, str], message: str
) -> None:
    form = measure_form(plan.lighting, **changed)
    page = post(coordinator, f"/plan/measures/{plan.lighting.id}/edit", 422, **form)
    assert message in page
    assert plan.lighting.row_version == int(form["row_version"])


def test_a_target_needs_both_its_operator_and_its_number(
    plan: Built, coordinator: FlaskClient
) -> None:
    address = f"/plan/measures/{plan.lighting.id}/metrics/new"
    page = post(coordinator, address, 422, name="A", better="higher", target_operator=">=")
    assert "Skriv ett tal" in page
    page = post(coordinator, address, 422, name="A", better="higher", target_value="5")
    assert "Välj om målet är minst" in page


def test_the_second_of_two_sees_both_versions_and_chooses(
    plan: Built, coordinator: FlaskClient
) -> None:
    address = f"/plan/measures/{plan.lighting.id}/edit"
    opened = measure_form(plan.lighting)
    post(coordinator, address, **(opened | {"title": "Den förstas rubrik", "partners": "SL"}))
    mine = opened | {"title": "Den andras rubrik", "description": "Den andras text"}
    page = post(coordinator, address, 409, **mine)
    assert "Samordnare har sparat medan du skrev" in page
    assert "Den förstas rubrik" in page
    assert "Den andras rubrik" in page
    assert plan.lighting.title == "Den förstas rubrik"
    again = mine | {"row_version": plan.lighting.row_version}
    assert f'value="{plan.lighting.row_version}"' in page
    post(
        coordinator,
        address,
        **(again | {"choose-title": "theirs", "choose-partners": "theirs"}),
    )
    assert plan.lighting.title == "Den förstas rubrik"
    assert plan.lighting.description == "Den andras text"
    assert [partner.name for partner in plan.lighting.partners] == ["SL"]


def test_a_change_of_boards_alone_counts_as_a_save(
    plan: Built, coordinator: FlaskClient, boards: dict[str, Board]
) -> None:
    address = f"/plan/measures/{plan.lighting.id}/edit"
    opened = measure_form(plan.lighting)
    post(coordinator, address, **(opened | {"shared_ids": [boards["executive"].id]}))
    assert "Kommunstyrelsen" in post(coordinator, address, 409, **opened)


def test_the_title_of_a_plan_alone_counts_as_a_save(plan: Built, coordinator: FlaskClient) -> None:
    address = f"/plan/{plan.version.id}/edit"
    opened = {"row_version": plan.version.row_version, "purpose": plan.version.purpose}
    post(coordinator, address, **opened, title="Första titeln")
    assert "Första titeln" in post(coordinator, address, 409, **opened, title="Andra titeln")


def test_moving_changes_the_order_of_plan_and_list_but_is_no_conflict(
    plan: Built, coordinator: FlaskClient
) -> None:
    opened = measure_form(plan.lighting)
    post(coordinator, f"/plan/measure/{plan.lighting.id}/move", direction="down")
    assert numbers(plan) == ["1.1.2", "1.1.1", "1.1.3"]
    post(coordinator, f"/plan/measure/{plan.bare.id}/move", direction="down")
    assert numbers(plan) == ["1.1.2", "1.1.1", "1.1.3"]
    post(coordinator, f"/plan/area/{plan.goalless.id}/move", direction="up")
    post(coordinator, f"/plan/activity/{plan.activity.id}/move", direction="down")
    post(coordinator, f"/plan/measures/{plan.lighting.id}/edit", **opened)
    actions = db.session.scalars(sa.select(AuditEntry.action)).all()
    assert {"measure.move", "area.move", "activity.move"} <= set(actions)


def test_a_subgoal_moved_to_another_area_takes_its_measures_and_their_search_words(
    plan: Built, coordinator: FlaskClient
) -> None:
    post(
        coordinator,
        f"/plan/subgoals/{plan.subgoal.id}/edit",
        row_version=plan.subgoal.row_version,
        area_id=plan.goalless.id,
        title="Värnkraft",
    )
    found = listing.listing(Query(plan.version.id, area_id=plan.goalless.id, text="civilt värnk"))
    assert found.total == 3


def test_publishing_replaces_the_version_published_before(
    plan: Built, coordinator: FlaskClient
) -> None:
    draft = PlanVersion(plan_id=plan.plan.id, number=2)
    db.session.add(draft)
    db.session.commit()
    page = post(coordinator, f"/plan/{draft.id}/publish", 409)
    assert "inga åtgärder" in page
    group = GoalGroup(version_id=draft.id, title="G")
    area = GoalArea(version_id=draft.id, group=group, number="1", title="A")
    subgoal = SubGoal(version_id=draft.id, area=area, title="S")
    db.session.add(subgoal)
    db.session.flush()
    db.session.add(
        Measure(version_id=draft.id, area_id=area.id, subgoal_id=subgoal.id, number="1", title="Ny")
    )
    db.session.commit()
    assert "ersätts" in coordinator.get(f"/plan/{draft.id}/publish").get_data(as_text=True)
    post(coordinator, f"/plan/{draft.id}/publish")
    assert draft.state is VersionState.PUBLISHED
    assert plan.version.state is VersionState.REPLACED
    assert draft.published_at is not None


def test_a_replaced_version_stands_as_it_was(plan: Built, coordinator: FlaskClient) -> None:
    plan.version.state = VersionState.REPLACED
    db.session.commit()
    form = measure_form(plan.lighting, title="Ny rubrik")
    page = post(coordinator, f"/plan/measures/{plan.lighting.id}/edit", 409, **form)
    assert "ersatt" in page
    post(coordinator, f"/plan/measure/{plan.lighting.id}/move", 409, direction="down")
    post(coordinator, f"/plan/measure/{plan.bare.id}/delete", 409)
    post(coordinator, f"/plan/measures/{plan.lighting.id}/methods/new", 409, kind="survey")
    assert plan.lighting.title == "Byta belysning i gångtunnlar"


def test_only_what_is_empty_and_was_never_reported_on_is_deleted(
    plan: Built, coordinator: FlaskClient
) -> None:
    for kind, row in (
        ("group", plan.group),
        ("area", plan.area),
        ("subgoal", plan.subgoal),
        ("metric", plan.metric),
        ("measure", plan.lighting),
    ):
        page = coordinator.get(f"/plan/{kind}/{row.id}/delete").get_data(as_text=True)
        assert "Det går inte att ta bort" in page, kind
        post(coordinator, f"/plan/{kind}/{row.id}/delete", 409)
    for kind, row in (
        ("activity", plan.activity),
        ("method", plan.method),
        ("measure", plan.bare),
        ("area", plan.goalless),
    ):
        model, key = type(row), row.id
        assert "går inte att ångra" in coordinator.get(f"/plan/{kind}/{key}/delete").get_data(
            as_text=True
        )
        post(coordinator, f"/plan/{kind}/{key}/delete")
        assert db.session.get(model, key) is None, kind
    assert numbers(plan) == ["1.1.1", "1.1.2"]


def test_a_measure_in_a_reporting_round_is_ended_not_deleted(
    plan: Built, coordinator: FlaskClient
) -> None:
    day = plan.version.valid_from
    around = Round(
        version_id=plan.version.id, title="2021", period="2021", opens_on=day, due_on=day
    )
    db.session.add(around)
    db.session.flush()
    db.session.add(Outcome(round_id=around.id, measure_id=plan.bare.id, area_id=plan.bare.area_id))
    db.session.commit()
    page = post(coordinator, f"/plan/measure/{plan.bare.id}/delete", 409)
    assert "Avslutad i förtid" in page
    assert db.session.get(Measure, plan.bare.id) is not None


def test_a_board_writes_methods_of_its_own_on_its_measures_only(
    plan: Built, clients: Clients, boards: dict[str, Board]
) -> None:
    reporter = clients["reporter"]  # Socialnämnden, responsible for the lighting alone
    address = f"/plan/measures/{plan.lighting.id}/methods/new"
    page = reporter.get(address).get_data(as_text=True)
    assert "Räddningsnämnden" not in page
    post(reporter, address, board_id=boards["social"].id, kind="survey", source="Enkät")
    assert db.session.scalars(sa.select(EffectMethod).where(EffectMethod.source == "Enkät")).one()
    post(reporter, address, 422, board_id=boards["rescue"].id, kind="survey")
    post(reporter, address, 422, board_id="", kind="survey")
    assert reporter.get(f"/plan/measures/{plan.burglary.id}/methods/new").status_code == 403
    other = clients["other_reporter"]
    assert other.get(f"/plan/methods/{plan.method.id}/edit").status_code == 403
    post(
        reporter,
        f"/plan/methods/{plan.method.id}/edit",
        row_version=plan.method.row_version,
        board_id=boards["social"].id,
        kind="statistics",
    )
    assert plan.method.kind == "statistics"
    page = reporter.get(f"/plan/measures/{plan.lighting.id}").get_data(as_text=True)
    assert f"/plan/methods/{plan.method.id}/edit" in page
    assert f"/plan/measures/{plan.lighting.id}/edit" not in page


@pytest.mark.parametrize("who", ["reporter", "executive", "auditor", "admin", "domain_lead"])
def test_only_coordinators_change_the_plan(plan: Built, clients: Clients, who: str) -> None:
    for address in (
        f"/plan/{plan.version.id}/structure",
        f"/plan/measures/{plan.lighting.id}/edit",
        f"/plan/measure/{plan.bare.id}/delete",
        f"/plan/{plan.version.id}/publish",
    ):
        assert clients[who].get(address).status_code == 403, address
    assert clients[who].post(f"/plan/measure/{plan.bare.id}/move").status_code == 403


def test_what_is_not_there_is_not_found(plan: Built, coordinator: FlaskClient) -> None:
    for address in (
        "/plan/99999",
        "/plan/measures/99999/edit",
        "/plan/areas/99999/edit",
        "/plan/methods/99999/edit",
        "/plan/nonsense/1/delete",
        "/plan/measure/99999/delete",
    ):
        assert coordinator.get(address).status_code == 404, address
    assert db.session.scalar(sa.select(sa.func.count(Plan.id))) == 1


def test_a_domains_questions_come_with_the_measure_and_outlive_a_switch(
    plan: Built, coordinator: FlaskClient
) -> None:
    plan.area.domain = "crisis_preparedness"
    switch("crisis_preparedness", True)
    db.session.commit()
    page = f"/plan/measures/{plan.lighting.id}"
    question = "crisis_preparedness__leh_task"
    assert f'name="{question}"' in coordinator.get(f"{page}/edit").get_data(as_text=True)
    post(coordinator, f"{page}/edit", **measure_form(plan.lighting, **{question: "training"}))
    assert "Utbildning och övning" in coordinator.get(page).get_data(as_text=True)

    opened = measure_form(plan.lighting, **{question: "planning"})
    switch("crisis_preparedness", False)
    db.session.commit()
    assert question not in coordinator.get(f"{page}/edit").get_data(as_text=True)
    assert "Utbildning och övning" not in coordinator.get(page).get_data(as_text=True)
    post(coordinator, f"{page}/edit", **opened)

    switch("crisis_preparedness", True)
    db.session.commit()
    assert "Uppgift enligt LEH" in coordinator.get(page).get_data(as_text=True)
    assert "Planering" in coordinator.get(page).get_data(as_text=True)


def test_a_domain_answer_alone_makes_the_second_save_a_conflict(
    plan: Built, coordinator: FlaskClient
) -> None:
    plan.area.domain = "crisis_preparedness"
    switch("crisis_preparedness", True)
    db.session.commit()
    question = "crisis_preparedness__leh_task"
    address = f"/plan/measures/{plan.lighting.id}/edit"
    opened = measure_form(plan.lighting)
    post(coordinator, address, **opened, **{question: "training"})
    page = post(coordinator, address, 409, **opened, **{question: "planning"})
    assert f'name="choose-{question}"' in page
