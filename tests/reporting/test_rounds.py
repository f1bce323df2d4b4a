"""Opening a round: on which plan, for which boards."""

import re
from collections.abc import Callable
from datetime import date

import pytest
from flask.testing import FlaskClient

from registry.db import db
from registry.people.models import Board, BoardKind, Role, User
from registry.plan.models import (
    Measure,
    MeasureStatus,
    Plan,
    PlanVersion,
    VersionState,
)
from registry.reporting import rounds
from registry.reporting.models import Outcome, Report, ReportItem, Round
from registry.reporting.period import bounds
from registry.reporting.rounds import CannotReport, NewRound
from tests.reporting.conftest import Plans, viewer_of

Enter = Callable[[User], FlaskClient]
ANSWERS = {"title": "2021", "period": "2021", "opens_on": "2021-11-15", "due_on": "2022-01-31"}


@pytest.fixture
def coordinator(make_user: Callable[..., User]) -> User:
    return make_user("Sam", Role.COORDINATOR)


def new_round(plan: Plans, boards: list[Board], **changed: object) -> NewRound:
    values = {
        "version_id": plan.version.id,
        "title": "2021",
        "period": "2021",
        "opens_on": date(2021, 11, 15),
        "due_on": date(2022, 1, 31),
        "board_ids": frozenset(board.id for board in boards),
    }
    return NewRound(**{**values, **changed})  # type: ignore[arg-type]


def test_with_several_plans_the_plan_is_chosen_first(
    plan: Plans, coordinator: User, sign_in: Enter
) -> None:
    other = PlanVersion(plan=Plan(title="En annan plan"), state=VersionState.PUBLISHED)
    db.session.add(other)
    db.session.commit()
    client = sign_in(coordinator)
    page = client.get("/rounds/new").get_data(as_text=True)
    assert "Vilken plan" in page
    assert "Socialnämnden" not in page
    address = f"/rounds/new?version_id={plan.version.id}"
    assert "Socialnämnden" in client.get(address).get_data(as_text=True)
    assert "Socialnämnden" not in client.get(f"/rounds/new?version_id={other.id}").get_data(True)


def test_an_opened_round_asks_each_chosen_board_about_its_measures(
    plan: Plans, boards: dict[str, Board], coordinator: User, sign_in: Enter
) -> None:
    client = sign_in(coordinator)
    chosen = {"board_ids": [boards["social"].id]}
    answer = client.post("/rounds/new", data={**ANSWERS, **chosen})
    assert answer.status_code == 303
    report = db.session.query(Report).one()
    numbers = {item.measure.number for item in db.session.query(ReportItem)}
    assert report.board_id == boards["social"].id
    assert numbers == {"1.1.1", "2.5.1"}
    assert db.session.query(Outcome).count() == 4


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"period": "hösten"}, "Skriv perioden som 2021 eller 2021 T2."),
        ({"due_on": "2021-11-01"}, "Sista dagen kan inte ligga före"),
        ({"title": ""}, "Fyll i det här fältet."),
        ({"board_ids": []}, "Välj minst en nämnd"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_opened(
    plan: Plans,
    boards: dict[str, Board],
    coordinator: User,
    sign_in: Enter,
    changed: dict[str, object],
    message: str,
) -> None:
    data = {**ANSWERS, "board_ids": [boards["social"].id], **changed}
    answer = sign_in(coordinator).post("/rounds/new", data=data)
    assert answer.status_code == 422
    assert message in answer.get_data(as_text=True)
    assert db.session.query(Round).count() == 0


def test_a_merged_boards_measures_go_to_its_successor(
    plan: Plans, boards: dict[str, Board], coordinator: User
) -> None:
    heir = Board(name="Arenor AB", kind=BoardKind.COMPANY)
    boards["social"].valid_to, boards["social"].successor = date(2021, 6, 30), heir
    db.session.commit()
    rounds.open_round(viewer_of(coordinator), new_round(plan, [heir]))
    report = db.session.query(Report).one()
    assert report.board.name == "Arenor AB"
    assert db.session.query(ReportItem).count() == 2


def test_finished_measures_keep_their_status_and_are_not_asked_about(
    plan: Plans, boards: dict[str, Board], coordinator: User
) -> None:
    done = db.session.get_one(Measure, plan.measures["1.1.1"].id)
    done.status = MeasureStatus.DONE
    db.session.commit()
    rounds.open_round(viewer_of(coordinator), new_round(plan, [boards["social"]]))
    assert [item.measure.number for item in db.session.query(ReportItem)] == ["2.5.1"]
    outcome = db.session.query(Outcome).filter_by(measure_id=done.id).one()
    assert outcome.status is MeasureStatus.DONE


def test_a_round_needs_a_published_plan_and_a_name_of_its_own(
    plan: Plans, boards: dict[str, Board], coordinator: User
) -> None:
    viewer = viewer_of(coordinator)
    rounds.open_round(viewer, new_round(plan, [boards["social"]]))
    with pytest.raises(CannotReport):
        rounds.open_round(viewer, new_round(plan, [boards["social"]]))
    plan.version.state = VersionState.DRAFT
    db.session.commit()
    with pytest.raises(CannotReport):
        rounds.open_round(viewer, new_round(plan, [boards["social"]], title="Annan"))


def test_nobody_answers_for_a_board_without_measures(
    plan: Plans, boards: dict[str, Board], coordinator: User
) -> None:
    with pytest.raises(CannotReport):
        rounds.open_round(viewer_of(coordinator), new_round(plan, [boards["executive"]]))


@pytest.mark.parametrize(
    ("period", "first", "last"),
    [
        ("2021", date(2021, 1, 1), date(2021, 12, 31)),
        ("2021 T1", date(2021, 1, 1), date(2021, 4, 30)),
        ("2021 T2", date(2021, 5, 1), date(2021, 8, 31)),
        ("2021 T3", date(2021, 9, 1), date(2021, 12, 31)),
    ],
)
def test_a_period_has_bounds(period: str, first: date, last: date) -> None:
    assert bounds(period) == (first, last)


@pytest.mark.parametrize("period", ["", "21", "2021 T4", "2021-2022", "9999"])
def test_what_is_no_period_is_refused(period: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(period)}$"):
        bounds(period)


def test_what_was_written_is_shown_to_whoever_was_signed_out_meanwhile(
    clients: dict[str, FlaskClient],
) -> None:
    answer = clients["anonymous"].post(
        "/reports/items/1", data={"done": "Tre långa meningar.", "status": "done", "draft": "1"}
    )
    page = answer.get_data(as_text=True)
    assert answer.status_code == 403
    assert "Tre långa meningar." in page
    assert "/sign-in?next=/reports/items/1" in page
