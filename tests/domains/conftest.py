"""A plan with a measure in a domain that has secret fields, open and in a report."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

import pytest
from flask import Flask
from flask.testing import FlaskClient

from registry.db import db
from registry.host import switching
from registry.people.models import Board, Clearance, Role, User
from registry.plan.models import (
    GoalArea,
    GoalGroup,
    Measure,
    Plan,
    PlanVersion,
    Responsibility,
    Share,
    SubGoal,
    VersionState,
)
from registry.reporting.models import Report, ReportItem, Round

CYBER = "cyber_security"


@dataclass
class Place:
    """Where things are; ``board`` is Socialnämnden, whose people the clients are."""

    measure: int
    item: int
    report: int
    version: int
    subgoal: int


@pytest.fixture
def place(app: Flask, boards: dict[str, Board]) -> Place:
    switching.enable_bundled(app)
    version = PlanVersion(plan=Plan(title="Handlingsplan"), state=VersionState.PUBLISHED)
    group = GoalGroup(version=version, title="Ökad säkerhet")
    db.session.add_all([version, group])
    db.session.flush()
    area = GoalArea(
        version_id=version.id, group=group, number="2.2", title="Cybersäkerhet", domain=CYBER
    )
    subgoal = SubGoal(version_id=version.id, area=area, title="Delmål")
    db.session.add_all([area, subgoal])
    db.session.flush()
    measure = Measure(
        version_id=version.id,
        area_id=area.id,
        subgoal=subgoal,
        number="2.2.1",
        title="Klassa system",
        plan_order="2.2.1",
        search_text="2.2.1 klassa system",
        responsibilities=[Responsibility(board_id=boards["social"].id, share=Share.LEAD)],
    )
    opened = Round(
        version_id=version.id,
        title="2021",
        period="2021",
        opens_on=date(2021, 11, 1),
        due_on=date(2022, 1, 31),
    )
    db.session.add_all([measure, opened])
    db.session.flush()
    report = Report(round_id=opened.id, board_id=boards["social"].id)
    db.session.add(report)
    db.session.flush()
    item = ReportItem(report_id=report.id, measure_id=measure.id)
    db.session.add(item)
    db.session.commit()
    return Place(measure.id, item.id, report.id, version.id, subgoal.id)


@pytest.fixture
def cleared(
    clients: dict[str, FlaskClient],
    make_user: Callable[..., User],
    sign_in: Callable[[User], FlaskClient],
) -> FlaskClient:
    """A domain lead who may also read the domain's secret answers."""
    user = make_user("Betrodd", Role.DOMAIN_LEAD, domain=CYBER)
    user.clearances = [Clearance(domain=CYBER, reason="uppdrag")]
    db.session.commit()
    return sign_in(user)
