"""A board fills in its own plan; coordinators and readers see which board owes what."""

import re
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from registry.audit.models import AuditEntry
from registry.business_plan import standing
from registry.business_plan.models import BusinessPlanEntry, EntryState, MeasureCost
from registry.db import db
from registry.effects.models import EffectMethod, MethodKind
from registry.people.models import Board, BoardKind, Role
from registry.people.permissions import Grant, Viewer
from registry.plan.models import (
    GoalArea,
    GoalGroup,
    Measure,
    PlanVersion,
    Responsibility,
    Share,
    SubGoal,
    VersionState,
)
from tests.plan.conftest import Built

Clients = dict[str, FlaskClient]
Boards = dict[str, Board]
COORDINATOR = Viewer(1, "N N", grants=frozenset({Grant(Role.COORDINATOR)}))
HIDDEN = re.compile(r'name="(m\d+-(?:entry_version|cost_version|was))"[^>]*value="([^"]*)"')
PLAIN = re.compile(r"<[^>]+>|\s+|\N{NO-BREAK SPACE}")


def address(board: Board, year: int = 2020, page: str = "") -> str:
    return f"/business-plans/boards/{board.id}{page}?year={year}"


def form(client: FlaskClient, board: Board, year: int = 2020) -> dict[str, str]:
    """What the page would send as it stands: what it hides, its fields and its choices."""
    text = client.get(address(board, year)).text
    fields = re.findall(r'<input[^>]*id="(m\d+-\w+)"[^>]*value="([^"]*)"', text)
    chosen = re.findall(r'<select[^>]*id="(m\d+-\w+)".*?</select>', text, re.S)
    data = dict(HIDDEN.findall(text)) | {key: value for key, value in fields}
    for name in chosen:
        part = text.split(f'id="{name}"')[1].split("</select>")[0]
        found = re.search(r'<option selected value="([^"]*)"', part)
        data[name] = found[1] if found else ""
    return data


def entry(measure: Measure, board: Board, **values: Any) -> BusinessPlanEntry:
    known = {"year": 2020, "state": EntryState.TAKEN_IN, "reference": "Plan 2020, avsnitt 3"}
    return BusinessPlanEntry(measure_id=measure.id, board_id=board.id, **{**known, **values})


def plain(text: str) -> str:
    return " ".join(PLAIN.sub(" ", text).split())


def test_each_row_is_saved_by_itself_and_errors_stand_at_their_fields(
    plan: Built, boards: Boards, clients: Clients
) -> None:
    client, rescue = clients["other_reporter"], boards["rescue"]
    plan.burglary.status = "ongoing"
    db.session.commit()
    one, two = f"m{plan.lighting.id}-", f"m{plan.burglary.id}-"
    sent = form(client, rescue)
    assert sent[f"{one}entry_version"] == "0"
    answer = client.post(
        address(rescue, page="/edit"),
        data={
            **sent,
            f"{one}state": "taken_in",  # says not where
            f"{one}planned_kr": "-5",
            f"{two}state": "not_taken_in",
            f"{two}reason": "Polisen leder arbetet.",
            f"{two}planned_kr": "1 250 000",
            f"{two}planned_fte": "0,5",
        },
    )
    assert answer.status_code == 422
    assert "En åtgärd är sparad." in answer.text
    assert f'href="#{one}reference"' in answer.text
    assert f'id="{one}planned_kr-error"' in answer.text
    assert 'value="-5"' in answer.text  # what was written is kept
    saved = db.session.scalars(sa.select(BusinessPlanEntry)).one()
    assert (saved.measure_id, saved.board_id, saved.year) == (plan.burglary.id, rescue.id, 2020)
    assert saved.state is EntryState.NOT_TAKEN_IN
    cost = db.session.scalars(sa.select(MeasureCost)).one()
    assert (cost.planned_kr, cost.planned_fte, cost.actual_kr) == (1250000, 0.5, None)
    noted = db.session.scalars(
        sa.select(AuditEntry.action).where(AuditEntry.object_kind == "business_plan_entry")
    ).all()
    assert noted == ["business_plan.edit"]

    sent = form(client, rescue)
    assert sent[f"{two}planned_kr"] == "1\N{NO-BREAK SPACE}250\N{NO-BREAK SPACE}000"
    emptied = {f"{two}{name}": "" for name in ("state", "reason", "planned_kr", "planned_fte")}
    for wrong, where in (
        ({f"{one}reference": "avsnitt 3"}, "state"),
        ({f"{one}state": "x"}, "state"),
        ({f"{one}state": "under_way", f"{one}decided_on": "igår"}, "decided_on"),
        ({f"{one}actual_fte": "1,234"}, "actual_fte"),
    ):
        answer = client.post(address(rescue, page="/edit"), data={**sent, **wrong})
        assert answer.status_code == 422, wrong
        assert f'id="{one}{where}-error"' in answer.text
    assert client.post(address(rescue, page="/edit"), data={**sent, **emptied}).status_code == 303
    db.session.expire_all()
    assert not db.session.scalars(sa.select(BusinessPlanEntry)).all()
    assert not db.session.scalars(sa.select(MeasureCost)).all()


def test_two_people_in_one_form_lose_nothing(plan: Built, boards: Boards, clients: Clients) -> None:
    social, mine, theirs = boards["social"], clients["reporter"], clients["coordinator"]
    name = f"m{plan.lighting.id}-"
    first, second = form(mine, social), form(theirs, social)
    taken = {f"{name}state": "taken_in", f"{name}reference": "avsnitt 3.2"}
    assert theirs.post(address(social, page="/edit"), data={**second, **taken}).status_code == 303
    # a row that nobody has touched is left alone, whatever others have saved meanwhile
    assert mine.post(address(social, page="/edit"), data=first).status_code == 303
    answer = mine.post(address(social, page="/edit"), data={**first, f"{name}state": "under_way"})
    assert answer.status_code == 409
    assert "Samordnare har sparat medan du skrev" in answer.text
    assert "<q>avsnitt 3.2</q>" in answer.text
    assert "<q>Intagen</q>" in answer.text
    hidden = dict(HIDDEN.findall(answer.text))
    again = {
        **first,
        **hidden,
        f"{name}state": "under_way",
        f"choose-{name}state": "mine",
        f"choose-{name}reference": "theirs",
    }
    assert mine.post(address(social, page="/edit"), data=again).status_code == 303
    stored = db.session.scalars(sa.select(BusinessPlanEntry)).one()
    assert (stored.state, stored.reference) == (EntryState.UNDER_WAY, "avsnitt 3.2")


def test_last_year_is_shown_then_copied_and_overwrites_nothing(
    plan: Built, boards: Boards, clients: Clients
) -> None:
    rescue, client = boards["rescue"], clients["other_reporter"]
    plan.burglary.status = "ongoing"
    decided = {"paragraph": "§ 45", "decided_on": date(2019, 12, 12)}
    db.session.add_all(
        [
            entry(plan.lighting, rescue, **decided),
            MeasureCost(
                measure_id=plan.lighting.id,
                board_id=rescue.id,
                year=2020,
                planned_kr=100,
                actual_kr=90,
            ),
            entry(plan.burglary, rescue),
            entry(plan.burglary, rescue, year=2021, state=EntryState.NOT_TAKEN_IN, reason="Nej"),
        ]
    )
    db.session.commit()
    assert "Kopiera från 2020" in client.get(address(rescue, 2021)).text
    shown = plain(client.get(address(rescue, 2021, "/copy")).text)
    assert "På väg in Plan 2021, avsnitt 3 100 kr" in shown
    assert "Grannsamverkan" not in shown
    assert client.post(address(rescue, 2021, "/copy")).status_code == 303
    assert client.post(address(rescue, 2021, "/copy")).status_code == 303
    rows = db.session.scalars(
        sa.select(BusinessPlanEntry).where(BusinessPlanEntry.year == 2021)
    ).all()
    assert {(one.measure_id, one.state, one.reference, one.paragraph) for one in rows} == {
        (plan.lighting.id, EntryState.UNDER_WAY, "Plan 2021, avsnitt 3", ""),
        (plan.burglary.id, EntryState.NOT_TAKEN_IN, "Plan 2020, avsnitt 3", ""),
    }
    cost = db.session.scalars(sa.select(MeasureCost).where(MeasureCost.year == 2021)).one()
    assert (cost.planned_kr, cost.actual_kr) == (100, None)

    others = {one.measure_id: one for one in rows}
    others[plan.burglary.id].state, others[plan.burglary.id].reference = EntryState.UNDER_WAY, ""
    db.session.commit()
    path, decision = address(rescue, 2021, "/decision"), {"paragraph": "§ 51", "decided_on": ""}
    assert client.post(path, data=decision).status_code == 422
    decision["decided_on"] = "2020-12-10"
    answer = client.post(path, data=decision)
    assert answer.status_code == 422
    assert "Någon åtgärd saknar hänvisning." in answer.text
    assert client.post(path, data={**decision, "reference": "avsnitt 9"}).status_code == 303
    db.session.expire_all()
    assert {(one.state, one.reference, one.paragraph) for one in rows} == {
        (EntryState.TAKEN_IN, "Plan 2021, avsnitt 3", "§ 51"),
        (EntryState.TAKEN_IN, "avsnitt 9", "§ 51"),
    }


def test_last_year_is_found_though_the_plan_has_been_revised(
    plan: Built, boards: Boards, clients: Clients
) -> None:
    db.session.add(entry(plan.lighting, boards["social"]))
    version = PlanVersion(plan=plan.plan, number=2, state=VersionState.DRAFT)
    group = GoalGroup(version=version, title="Ökad trygghet")
    db.session.add(group)
    db.session.flush()
    area = GoalArea(version_id=version.id, group=group, number="1.1", title="Trygg miljö")
    subgoal = SubGoal(version_id=version.id, area=area, title="Trygga stråk")
    db.session.add(subgoal)
    db.session.flush()
    revised = Measure(
        version_id=version.id,
        area_id=area.id,
        subgoal_id=subgoal.id,
        identity=plan.lighting.identity,
        number="1.1.7",
        title="Byta belysning överallt",
        responsibilities=[Responsibility(board_id=boards["social"].id, share=Share.LEAD)],
    )
    db.session.add(revised)
    db.session.commit()
    path = address(boards["social"], 2021, "/copy") + f"&version={version.id}"
    assert "1.1.7 Byta belysning överallt På väg in Plan 2021, avsnitt 3" in plain(
        clients["coordinator"].get(path).text
    )
    assert clients["coordinator"].post(path).status_code == 303
    made = db.session.scalars(
        sa.select(BusinessPlanEntry).where(BusinessPlanEntry.measure_id == revised.id)
    ).one()
    assert made.year == 2021
    hidden = clients["reporter"].get(address(boards["social"], 2021) + f"&version={version.id}")
    assert "1.1.7" not in hidden.text  # a draft is not for them


def test_a_successor_answers_for_a_board_that_has_merged(
    plan: Built, boards: Boards, clients: Clients
) -> None:
    rescue = boards["rescue"]
    heir = Board(name="Trygghetsnämnden", kind=BoardKind.COMMITTEE)
    db.session.add_all([heir, entry(plan.lighting, rescue, year=2021)])
    rescue.valid_to, rescue.successor = date(2020, 6, 30), heir
    db.session.commit()
    client = clients["coordinator"]
    before = standing.overview(COORDINATOR, plan.version.id, 2019)
    assert [line.name for line in before.boards] == ["Räddningsnämnden", "Socialnämnden"]
    after = standing.overview(COORDINATOR, plan.version.id, 2021)
    assert [line.name for line in after.boards] == ["Socialnämnden", "Trygghetsnämnden"]
    assert after.boards[1].tally.taken_in == 1  # until it has said something of its own
    assert "Räddningsnämnden har angett: intagen." in plain(client.get(address(heir, 2021)).text)
    assert "lämnas av Trygghetsnämnden" in client.get(address(rescue, 2021)).text


def test_the_overview_says_who_owes_what(plan: Built, boards: Boards, clients: Clients) -> None:
    social, rescue = boards["social"], boards["rescue"]
    db.session.add_all(
        [
            entry(plan.lighting, social),
            MeasureCost(measure_id=plan.lighting.id, board_id=social.id, year=2020, planned_kr=0),
            EffectMethod(
                measure_id=plan.lighting.id,
                board_id=rescue.id,
                kind=MethodKind.NONE_YET,
                decide_by=date(2020, 3, 31),
            ),
        ]
    )
    db.session.commit()
    found = standing.overview(COORDINATOR, plan.version.id, 2020)
    tallies = {line.name: line.tally for line in found.boards}
    assert (tallies["Socialnämnden"].taken_in, tallies["Räddningsnämnden"].unsaid) == (1, 1)
    # a promise of a method is not one
    assert (tallies["Socialnämnden"].with_method, tallies["Räddningsnämnden"].with_method) == (1, 0)
    assert (tallies["Socialnämnden"].planned_kr.value, found.total.planned_kr.asked) == (0, 2)
    assert [(line.number, line.tally.total) for line in found.areas] == [("1.1", 2)]
    assert found.unowned == 1  # the bare measure: no dates, so every year asks for it
    page = plain(clients["executive"].get("/business-plans?year=2020").text)
    assert "För en åtgärd har den ansvariga inte angett om den är intagen." in page
    assert "0 kr 1 av 2 angivna" in page
    empty = clients["executive"].get(f"/business-plans?year=2020&area={plan.goalless.id}").text
    assert "har någon åtgärd att ta in" in empty
    sheet = plain(clients["auditor"].get(f"/plan/measures/{plan.lighting.id}").text)
    assert "Socialnämnden 2020 Intagen Plan 2020, avsnitt 3 0 kr inte angivet" in sheet
    assert "Ingen metod ännu, beslutas senast 2020-03-31 Dagen har passerat" in sheet
    assert (
        "Plan 2020, avsnitt 3"
        not in clients["admin"].get(f"/plan/measures/{plan.lighting.id}").text
    )


def test_a_board_writes_its_own_and_reads_all(
    plan: Built, boards: Boards, clients: Clients
) -> None:
    social = boards["social"]
    name = f"m{plan.lighting.id}-"
    sent = form(clients["reporter"], social) | {f"{name}state": "under_way"}
    for person in ("other_reporter", "executive", "auditor", "domain_lead"):
        assert "Spara alla" not in clients[person].get(address(social)).text
        assert clients[person].post(address(social, page="/edit"), data=sent).status_code == 403
    assert clients["admin"].get(address(social)).status_code == 403
    assert clients["approver"].post(address(social, page="/edit"), data=sent).status_code == 303
    menu = clients["reporter"].get("/plan/current", follow_redirects=True).text
    assert f'href="/business-plans/boards/{social.id}"' in menu
    assert 'href="/business-plans"' in clients["auditor"].get("/measures").text
    plan.version.state = VersionState.REPLACED
    db.session.commit()
    other = {**sent, f"{name}state": "not_taken_in", f"{name}reason": "Nej"}
    answer = clients["approver"].post(address(social, page="/edit"), data=other)
    assert answer.status_code == 409
    assert "ersatt" in answer.text


def test_a_method_that_is_yet_to_be_decided_has_a_day_and_counts_for_nothing(
    plan: Built, clients: Clients
) -> None:
    client = clients["reporter"]
    path = f"/plan/methods/{plan.method.id}/edit"
    data = {"row_version": "1", "board_id": str(plan.method.board_id), "kind": "none_yet"}
    answer = client.post(path, data=data)
    assert answer.status_code == 422
    assert "Skriv vilken dag metoden senast ska vara beslutad." in answer.text
    data |= {"decide_by": "2022-03-31", "who": "Controller", "counts_as_effect": "Fler är trygga."}
    assert client.post(path, data=data).status_code == 303
    listed = client.get("/measures?missing=method").text
    assert "Byta belysning" in listed
    sheet = plain(client.get(f"/plan/measures/{plan.lighting.id}").text)
    assert "5 av 7 uppgifter finns" in sheet
    assert "mäts av Controller" in sheet
    assert "Fler är trygga." in sheet
    data |= {"row_version": "2", "kind": "survey"}
    assert client.post(path, data=data).status_code == 303
    db.session.expire_all()
    assert plan.method.decide_by is None
    assert "Byta belysning" not in client.get("/measures?missing=method").text


def test_a_measure_in_no_plan_of_the_year_is_a_gap(
    plan: Built, boards: Boards, clients: Clients
) -> None:
    listed = "/measures?missing=business_plan&year=2020"
    found = clients["auditor"].get(listed).text
    assert "Byta belysning" in found
    assert "Grannsamverkan" not in found  # it is done: no year asks for it
    db.session.add(entry(plan.lighting, boards["rescue"], state=EntryState.UNDER_WAY))
    db.session.commit()
    assert "Byta belysning" not in clients["auditor"].get(listed).text
    assert "Byta belysning" in clients["auditor"].get(listed.replace("2020", "2021")).text


@pytest.mark.parametrize(
    "path", ["/business-plans?year=2020", "/business-plans/boards/{}?year=2020"]
)
def test_a_page_sends_as_many_statements_for_many_measures_as_for_few(
    plan: Built,
    boards: Boards,
    clients: Clients,
    grow: Callable[[int], None],
    statements: list[str],
    path: str,
) -> None:
    address = path.format(boards["social"].id)

    def asked() -> int:
        statements.clear()
        assert clients["coordinator"].get(address).status_code == 200
        return len(statements)

    few = asked()
    grow(80)
    owned = sa.select(Responsibility.measure_id).where(
        Responsibility.board_id == boards["social"].id
    )
    db.session.add_all(
        entry(db.session.get_one(Measure, key), boards["social"], state=EntryState.UNDER_WAY)
        for key in db.session.scalars(owned)
    )
    db.session.commit()
    assert asked() == few <= 20


def test_a_deleted_measure_takes_its_entries_with_it(
    plan: Built, boards: Boards, clients: Clients
) -> None:
    db.session.add_all(
        [
            entry(plan.burglary, boards["rescue"]),
            MeasureCost(measure_id=plan.burglary.id, board_id=boards["rescue"].id, year=2020),
        ]
    )
    db.session.commit()
    path = f"/plan/measure/{plan.burglary.id}/delete"
    assert clients["coordinator"].post(path).status_code == 303
    assert not db.session.scalars(sa.select(BusinessPlanEntry)).all()
    assert (
        db.session.scalar(
            sa.select(sa.func.count())
            .select_from(AuditEntry)
            .where(AuditEntry.object_kind == "measure_cost", AuditEntry.action == "measure.delete")
        )
        == 1
    )


def test_what_a_board_has_not_said_waits_where_its_work_begins(
    plan: Built, boards: Boards, clients: Clients, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(standing, "today", lambda: date(2020, 6, 1))
    home = clients["reporter"].get("/my-work").text
    assert f'href="/business-plans/boards/{boards["social"].id}?year=' in home
    assert "åtgärder är det inte angivet" in home or "en åtgärd är det inte angivet" in home
    assert "inte angivet" not in clients["coordinator"].get("/my-work").text
