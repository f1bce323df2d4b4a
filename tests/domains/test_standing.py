"""Where a domain stands: over all boards, for whom it is to see, in a fixed number of queries."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from registry.db import db
from registry.domains.standing import reported, standing
from registry.host import calls
from registry.host.loading import loaded
from registry.host.values import Standing
from registry.people.models import Board, Role
from registry.people.permissions import Denied, Grant, Viewer
from registry.plan.models import GoalArea, Measure, PlanVersion, VersionState
from registry.reporting.models import Report, ReportItem
from tests.conftest import Statements
from tests.domains.conftest import CYBER, Place

Clients = dict[str, FlaskClient]


def viewer(role: Role, **scope: Any) -> Viewer:
    return Viewer(1, "Någon", grants=frozenset({Grant(role, **scope)}))


COORDINATOR = viewer(Role.COORDINATOR)


@pytest.fixture
def both(place: Place, boards: dict[str, Board], clients: Clients) -> Place:
    """Socialnämnden has submitted, Räddningsnämnden has not begun."""
    round_id = db.session.get_one(Report, place.report).round_id
    other = Report(round_id=round_id, board_id=boards["rescue"].id)
    db.session.add(other)
    db.session.flush()
    db.session.add(ReportItem(report_id=other.id, measure_id=place.measure))
    db.session.commit()
    address = f"/reports/items/{place.item}"
    page = clients["reporter"].get(address).get_data(as_text=True)
    form = {
        "row_version": "1",
        "questions": page.split('name="questions" value="')[1].split('"')[0],
        "status": "ongoing",
        "done": "Klart.",
        f"{CYBER}__incidents": "4",
        f"{CYBER}__incidents_in_time": "3",
        f"{CYBER}__weakness": "hemlig-zzq",
        "ready": "1",
    }
    assert clients["reporter"].post(address, data=form).status_code == 303
    submit = {"row_version": "1", "summary": ""}
    answer = clients["approver"].post(f"/reports/{place.report}/submit", data=submit)
    assert answer.status_code == 303
    db.session.rollback()
    return place


@pytest.fixture
def stand(app: Flask) -> Callable[[Viewer], Standing]:
    def read(who: Viewer) -> Standing:
        with app.test_request_context():
            return standing(who, loaded(app).domains[CYBER])

    return read


def test_every_board_stands_there_submitted_or_not(
    both: Place, stand: Callable[[Viewer], Standing]
) -> None:
    now = stand(COORDINATOR)
    assert [measure.number for measure in now.measures] == ["2.2.1"]
    assert [(one.board, one.state) for one in now.reports] == [
        ("Räddningsnämnden", "not_started"),
        ("Socialnämnden", "submitted"),
    ]
    sent = now.reports[1]
    assert sent.data == {"incidents": 4, "incidents_in_time": 3}, "typed, and nothing secret"
    assert sent.metrics["incidents_in_time"] == 75
    assert sent.metrics["mfa_coverage"] is None
    assert now.reports[0].data == {}
    assert now.round is not None
    assert now.round.period == "2021"
    assert now.measure(sent).boards == ("Socialnämnden",)


def test_a_board_sees_its_own_and_a_lead_of_another_domain_nothing(
    both: Place, stand: Callable[[Viewer], Standing], boards: dict[str, Board]
) -> None:
    own = stand(viewer(Role.REPORTER, board_id=boards["rescue"].id))
    assert [one.board for one in own.reports] == ["Räddningsnämnden"]
    lead = stand(viewer(Role.DOMAIN_LEAD, domain=CYBER))
    assert len(lead.reports) == 2
    with pytest.raises(Denied):
        stand(viewer(Role.DOMAIN_LEAD, domain="crisis_preparedness"))
    with pytest.raises(Denied):
        stand(viewer(Role.ADMIN))


def test_what_was_reported_stands_on_the_measure_as_far_as_one_may_see(
    app: Flask, both: Place, boards: dict[str, Board]
) -> None:
    domain = loaded(app).domains[CYBER]
    (one,) = reported(domain, both.measure, COORDINATOR)
    assert (one.board, one.data["incidents"]) == ("Socialnämnden", 4)
    other = viewer(Role.REPORTER, board_id=boards["rescue"].id)
    assert reported(domain, both.measure, other) == ()


def test_what_was_submitted_in_an_older_shape_is_read_in_todays(
    app: Flask, both: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The report itself stays as it was; panels and pages see what its answers mean today."""
    domain = loaded(app).domains[CYBER]
    manifest = replace(domain.manifest, data_version=2)
    newer = replace(
        domain,
        found=replace(domain.found, manifest=manifest),
        implemented=domain.implemented | {"upgrade_data"},
    )

    def upgrade(_domain: Any, _subject: Any, answers: dict[str, Any], version: int) -> Any:
        assert version == 1
        return {"incidents": answers["incidents"] * 10}

    monkeypatch.setattr(calls, "upgrade_data", upgrade)
    (one,) = reported(newer, both.measure, COORDINATOR)
    assert one.data == {"incidents": 40}
    (one,) = reported(domain, both.measure, COORDINATOR)
    assert one.data["incidents"] == 4


def test_a_measure_that_is_no_longer_in_the_plan_is_no_longer_asked_for(
    both: Place, stand: Callable[[Viewer], Standing]
) -> None:
    """The next version of the plan has another measure instead."""
    old = db.session.get_one(PlanVersion, both.version)
    old.state = VersionState.REPLACED
    db.session.flush()
    new = PlanVersion(plan_id=old.plan_id, number=2, state=VersionState.PUBLISHED)
    db.session.add(new)
    db.session.flush()
    area = db.session.scalars(sa.select(GoalArea)).one()
    subgoal = db.session.get_one(Measure, both.measure).subgoal
    area.version_id, subgoal.version_id = new.id, new.id
    db.session.add(
        Measure(
            version_id=new.id,
            area_id=area.id,
            subgoal=subgoal,
            number="2.2.9",
            title="Ny",
            plan_order="1",
        )
    )
    db.session.commit()
    now = stand(COORDINATOR)
    assert [measure.number for measure in now.measures] == ["2.2.9"]
    assert now.reports == ()
    assert now.round is None


def test_the_page_has_its_queries_however_many_there_are(
    both: Place, clients: Clients, statements: Statements
) -> None:
    def count() -> int:
        statements.clear()
        assert clients["coordinator"].get(f"/domain/{CYBER}/").status_code == 200
        return len(statements)

    before = count()
    measure = db.session.get_one(Measure, both.measure)
    item = db.session.get_one(ReportItem, both.item)
    for number in range(2, 22):
        more = Measure(
            version_id=measure.version_id,
            area_id=measure.area_id,
            subgoal_id=measure.subgoal_id,
            number=f"2.2.{number}",
            title="Mer",
            plan_order=f"2.2.{number}",
        )
        db.session.add(more)
        db.session.flush()
        db.session.add(ReportItem(report_id=item.report_id, measure_id=more.id))
    db.session.commit()
    assert count() == before <= 9


def test_the_page_says_what_is_missing_first(both: Place, clients: Clients) -> None:
    page = clients["domain_lead"].get(f"/domain/{CYBER}/")
    assert page.status_code == 403, "the lead of crisis preparedness"
    text = clients["coordinator"].get(f"/domain/{CYBER}/").get_data(as_text=True)
    assert text.index("Saknas och behöver åtgärdas") < text.index("<table")
    assert "Har inte lämnat in" in text
    assert "Räddningsnämnden" in text
    assert "hemlig-zzq" not in text
