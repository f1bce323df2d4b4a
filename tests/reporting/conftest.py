"""A published plan with two areas, one of them a domain's, and an open round on it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import pytest
from flask import Flask

from registry.db import db
from registry.effects.models import EffectMetric
from registry.host import switching
from registry.people.models import Board, Role, User
from registry.people.permissions import Grant, Viewer
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
from registry.reporting import rounds
from registry.reporting.models import Report, ReportItem, Round
from registry.reporting.rounds import NewRound

CRISIS = "crisis_preparedness"


def viewer_of(user: User) -> Viewer:
    grants = frozenset(Grant(one.role, one.board_id, one.domain) for one in user.grants)
    return Viewer(user.id, user.name, user.email, None, grants)


@dataclass
class Plans:
    """The plan of these tests, by name."""

    version: PlanVersion
    measures: dict[str, Measure]
    metric: EffectMetric


@pytest.fixture
def plan(app: Flask, boards: dict[str, Board]) -> Plans:
    """1.1.1 is Socialnämnden's; 2.5.1 too, in the crisis domain, with an effect metric, shared
    with Räddningsnämnden; 2.5.2 is Räddningsnämnden's."""
    switching.enable_bundled(app)
    plan = Plan(title="Handlingsplan")
    version = PlanVersion(plan=plan, state=VersionState.PUBLISHED)
    group = GoalGroup(version=version, title="Ökad säkerhet")
    db.session.add_all([plan, version, group])
    db.session.flush()
    measures: dict[str, Measure] = {}
    for number, title, domain in (("1.1", "Brott", None), ("2.5", "Krisberedskap", CRISIS)):
        area = GoalArea(
            version_id=version.id, group=group, number=number, title=title, domain=domain
        )
        subgoal = SubGoal(version_id=version.id, area=area, title=f"Delmål {number}")
        db.session.add_all([area, subgoal])
        db.session.flush()
        for index in (1, 2):
            measure = Measure(
                version_id=version.id,
                area_id=area.id,
                subgoal=subgoal,
                number=f"{number}.{index}",
                title=f"Åtgärd {number}.{index}",
                plan_order=f"{number}.{index}",
            )
            measures[measure.number] = measure
            db.session.add(measure)
    db.session.flush()
    social, rescue = boards["social"].id, boards["rescue"].id
    for number, board, share in (
        ("1.1.1", social, Share.LEAD),
        ("2.5.1", social, Share.LEAD),
        ("2.5.1", rescue, Share.SHARED),
        ("2.5.2", rescue, Share.LEAD),
    ):
        db.session.add(Responsibility(measure_id=measures[number].id, board_id=board, share=share))
    metric = EffectMetric(measure_id=measures["2.5.1"].id, name="Hemberedskap", unit="%")
    db.session.add(metric)
    db.session.commit()
    return Plans(version, measures, metric)


@dataclass
class Job:
    """An open round with the people who work in it."""

    round: Round
    reports: dict[str, Report]
    plan: Plans
    coordinator: User
    reporter: User
    approver: User
    colleague: User
    rescuer: User
    extra: dict[str, Any] = field(default_factory=dict)

    def item(self, number: str, board: str = "social") -> ReportItem:
        report = self.reports[board]
        return (
            db.session.query(ReportItem)
            .filter_by(report_id=report.id, measure_id=self.plan.measures[number].id)
            .one()
        )


@pytest.fixture
def job(app: Flask, plan: Plans, boards: dict[str, Board], make_user: Callable[..., User]) -> Job:
    coordinator = make_user("Samordnare Sam", Role.COORDINATOR)
    opened = rounds.open_round(
        viewer_of(coordinator),
        NewRound(
            version_id=plan.version.id,
            title="2021",
            period="2021",
            opens_on=date(2021, 11, 15),
            due_on=date(2022, 1, 31),
            board_ids=frozenset(board.id for board in boards.values()),
        ),
    )
    by_board = {report.board_id: report for report in db.session.query(Report)}
    reports = {name: by_board[board.id] for name, board in boards.items() if board.id in by_board}
    social, rescue = boards["social"], boards["rescue"]
    return Job(
        opened,
        reports,
        plan,
        coordinator,
        make_user("Rapportör Rut", (Role.REPORTER, social)),
        make_user("Godkännare Gun", (Role.APPROVER, social)),
        make_user("Kollega Kim", (Role.REPORTER, social)),
        make_user("Räddare Ros", (Role.REPORTER, rescue), (Role.APPROVER, rescue)),
    )
