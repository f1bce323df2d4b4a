"""Nobody saves over another by leaving out, or making up, the version they started from."""

import re
from dataclasses import dataclass

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from registry.db import db
from registry.people.models import Board, BoardKind, User
from registry.plan.models import GoalGroup, Plan, PlanVersion

Clients = dict[str, FlaskClient]
MADE_UP: list[dict[str, str]] = [
    {},
    {"row_version": ""},
    {"row_version": "x"},
    {"row_version": "-1"},
    {"row_version": "2.0"},
    {"row_version": "²"},
    {"row_version": "9" * 5000},
    {"choose-row_version": "theirs"},
    {"row_version": "1", "choose-row_version": "theirs"},
    {"row_version": "1", "choose-csrf_token": "theirs"},
]


@dataclass
class Opened:
    """A form that someone has open, and the column that says what is saved."""

    client: FlaskClient
    address: str
    data: dict[str, str]
    question: str
    saved: sa.Select[tuple[str]]

    def post(self, **changed: str) -> str:
        answer = self.client.post(self.address, data=self.data | changed)
        assert answer.status_code in {200, 303, 409}, answer.status_code
        return str(answer.get_data(as_text=True))

    def now(self) -> str | None:
        db.session.rollback()
        return db.session.scalar(self.saved)


@pytest.fixture(params=["group", "board", "user"])
def opened(request: pytest.FixtureRequest, app: Flask, clients: Clients) -> Opened:
    if request.param == "group":
        version = PlanVersion(plan=Plan(title="Plan"))
        group = GoalGroup(version=version, title="Först")
        db.session.add(group)
        db.session.commit()
        address = f"/plan/groups/{group.id}/edit"
        title = sa.select(GoalGroup.title).where(GoalGroup.id == group.id)
        return Opened(clients["coordinator"], address, {"title": "Först"}, "title", title)
    if request.param == "board":
        board = Board(name="Först", kind=BoardKind.COMMITTEE)
        db.session.add(board)
        db.session.commit()
        name = sa.select(Board.name).where(Board.id == board.id)
        data = {"name": "Först", "kind": "committee", "successor_id": ""}
        return Opened(clients["coordinator"], f"/boards/{board.id}", data, "name", name)
    user = User(name="Först", email="forst@example.org")
    db.session.add(user)
    db.session.commit()
    name = sa.select(User.name).where(User.id == user.id)
    data = {"name": "Först", "email": "forst@example.org"}
    return Opened(clients["admin"], f"/admin/users/{user.id}", data, "name", name)


@pytest.mark.parametrize("made_up", MADE_UP, ids=str)
def test_a_made_up_version_is_an_old_one(opened: Opened, made_up: dict[str, str]) -> None:
    opened.post(row_version="1", **{opened.question: "Den andras"})
    assert opened.now() == "Den andras"
    page = opened.post(**made_up, **{opened.question: "Min"})
    assert "har sparat medan du skrev" in page
    assert opened.now() == "Den andras"
    shown = re.search(r'name="row_version"[^>]* value="(\d+)"', page)
    assert shown is not None
    opened.post(row_version=shown[1], **{opened.question: "Min"})
    assert opened.now() == "Min"


def test_a_question_can_be_answered_by_choice_alone(opened: Opened) -> None:
    opened.post(row_version="1", **{opened.question: "Den andras"})
    opened.data.pop(opened.question)
    opened.post(**{f"choose-{opened.question}": "theirs"})
    assert opened.now() == "Den andras"
    opened.post(row_version="2", **{f"choose-{opened.question}": "theirs"})
    assert opened.now() == "Den andras"
