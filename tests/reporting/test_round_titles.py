"""A round's title is its own in a plan, and the page says so, also to the second of two at once."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from registry.db import db
from registry.people.models import User
from registry.reporting import rounds
from registry.reporting.models import Round
from tests.reporting.conftest import Job

Enter = Callable[[User], FlaskClient]
TAKEN = "Det finns redan en omgång som heter 2021."


@pytest.fixture
def other(job: Job) -> Round:
    made = Round(
        version_id=job.plan.version.id,
        title="2022",
        period="2022",
        opens_on=date(2022, 11, 15),
        due_on=date(2023, 1, 31),
    )
    db.session.add(made)
    db.session.commit()
    return made


def change(client: FlaskClient, round_: Round, **changed: str) -> Any:
    data = {"row_version": "1", "title": round_.title, "due_on": round_.due_on.isoformat()}
    return client.post(f"/rounds/{round_.id}/edit", data=data | changed)


def test_a_round_cannot_take_the_title_of_another(job: Job, other: Round, sign_in: Enter) -> None:
    client = sign_in(job.coordinator)
    assert TAKEN in change(client, other, title="2021").get_data(as_text=True)
    db.session.expire_all()
    assert other.title == "2022"
    assert change(client, other, due_on="2023-02-28").status_code == 303
    db.session.expire_all()
    assert other.due_on == date(2023, 2, 28)


def test_a_title_taken_at_the_same_moment_is_refused_by_the_database(
    job: Job, other: Round, sign_in: Enter, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = sign_in(job.coordinator)
    monkeypatch.setattr(rounds, "_is_taken", lambda *_args, **_options: False)
    assert TAKEN in change(client, other, title="2021").get_data(as_text=True)
    data = {
        "version_id": job.plan.version.id,
        "title": "2021",
        "period": "2021",
        "opens_on": "2021-11-15",
        "due_on": "2022-01-31",
        "board_ids": [report.board_id for report in job.reports.values()],
    }
    answer = client.post("/rounds/new", data=data)
    assert answer.status_code == 422
    assert TAKEN in answer.get_data(as_text=True)
    assert db.session.scalar(sa.select(sa.func.count(Round.id))) == 2


def test_a_round_saved_by_another_at_the_same_moment_is_a_conflict(
    job: Job, other: Round, sign_in: Enter
) -> None:
    client = sign_in(job.coordinator)
    table = Round.__table__

    def save_first(session: Any, _context: Any, _objects: Any) -> None:
        if any(isinstance(one, Round) for one in session.dirty):
            session.connection().execute(sa.update(table).values(row_version=7))

    sa.event.listen(db.session, "before_flush", save_first)
    try:
        answer = change(client, other, title="2023")
    finally:
        sa.event.remove(db.session, "before_flush", save_first)
    assert "Någon annan har ändrat omgången: den heter 2022" in answer.get_data(as_text=True)
