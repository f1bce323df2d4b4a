"""A plan with a round in every state, written straight into the tables."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from registry.db import Base, db
from registry.effects.models import (
    Better,
    EffectMethod,
    EffectMetric,
    Gender,
    MethodKind,
    MetricValue,
    Operator,
    ValueStatus,
)
from registry.followup import publishing
from registry.followup.models import PublishedFollowUp
from registry.people.models import Board, BoardKind, Role
from registry.people.permissions import Grant, Viewer
from registry.plan.models import (
    GoalArea,
    GoalGroup,
    Measure,
    MeasureStatus,
    Plan,
    PlanVersion,
    Responsibility,
    Share,
    SubGoal,
    VersionState,
)
from registry.reporting.models import (
    FrozenItem,
    FrozenValue,
    ItemState,
    Outcome,
    Report,
    ReportItem,
    ReportState,
    Round,
    RoundState,
)

MOMENT = datetime(2021, 1, 20, 12, tzinfo=UTC)
REPORTED = (
    MeasureStatus.DONE,
    MeasureStatus.ONGOING,
    MeasureStatus.DELAYED,
    MeasureStatus.PLANNED,
    MeasureStatus.STOPPED,
)


def insert(model: type[Base], *rows: dict[str, Any]) -> None:
    if rows:
        db.session.execute(sa.insert(model), list(rows))


@dataclass(frozen=True)
class Seeded:
    """What was written: the round, its version, the ids of boards, areas and measures."""

    round_id: int
    version_id: int
    boards: list[int]
    areas: list[int]
    measures: list[int]


def publish_follow_up(round_: Round) -> PublishedFollowUp:
    """What is published of a round as it stands, whatever remains to be done before one may."""
    coordinator = Viewer(None, "Samordnare", grants=frozenset({Grant(Role.COORDINATOR)}))
    content = publishing.preview(coordinator, round_.id)
    assert content is not None
    row = PublishedFollowUp(
        round_id=round_.id,
        plan_id=round_.version.plan_id,
        number=1,
        title=f"Uppföljning {round_.title}",
        content=content,
        sha256=publishing.digest(content),
    )
    db.session.add(row)
    db.session.commit()
    return row


@pytest.fixture
def seed(app: Flask) -> Callable[..., Seeded]:
    return seed_round


def seed_round(
    *,
    measures: int = 50,
    boards: int = 7,
    areas: int = 3,
    due_on: date = date(2021, 1, 31),
    metrics: bool = True,
    version_state: VersionState = VersionState.PUBLISHED,
) -> Seeded:
    """One round. Board ``i`` of ``boards`` leads every measure with that remainder.

    By remainder of seven the boards' reports are: accepted, submitted, submitted, returned,
    draft, not started, ready. Every tenth measure has no owner; every third no effect method.
    Two of five measures have a metric with four values and a fifth that is not measured.
    """
    insert(
        Board,
        *({"name": f"Nämnd {n:02}", "kind": BoardKind.COMMITTEE} for n in range(boards)),
    )
    board_ids = list(db.session.scalars(sa.select(Board.id).order_by(Board.id)))[-boards:]
    plan = Plan(title="Handlingsplan")
    version = PlanVersion(plan=plan, state=version_state)
    group = GoalGroup(version=version, title="Ökad trygghet")
    db.session.add_all([plan, version, group])
    db.session.flush()
    for n in range(areas):
        area = GoalArea(
            version_id=version.id, group=group, number=f"1.{n}", title=f"Område {n}", position=n
        )
        area.subgoals.append(SubGoal(version_id=version.id, title="Delmål"))
        db.session.add(area)
    db.session.flush()
    pairs = db.session.execute(
        sa.select(GoalArea.id, SubGoal.id)
        .join(SubGoal)
        .where(GoalArea.version_id == version.id)
        .order_by(GoalArea.position)
    ).all()
    area_ids = [area for area, _subgoal in pairs]
    insert(
        Measure,
        *(
            {
                "version_id": version.id,
                "area_id": pairs[n % areas][0],
                "subgoal_id": pairs[n % areas][1],
                "number": f"1.{n % areas}.{n}",
                "title": f"Åtgärd {n}",
                "plan_order": f"{n % areas:04}.{n:06}",
            }
            for n in range(measures)
        ),
    )
    measure_ids = list(
        db.session.scalars(
            sa.select(Measure.id).where(Measure.version_id == version.id).order_by(Measure.id)
        )
    )
    owned = [n for n in range(measures) if n % 10 != 9]
    insert(
        Responsibility,
        *(
            {"measure_id": measure_ids[n], "board_id": board_ids[n % boards], "share": Share.LEAD}
            for n in owned
        ),
    )
    insert(
        EffectMethod,
        *(
            {"measure_id": measure_ids[n], "kind": MethodKind.SURVEY}
            for n in range(measures)
            if n % 3
        ),
    )
    round_ = Round(
        version_id=version.id,
        title="Årsrapport 2020",
        period="2020",
        opens_on=date(2020, 11, 15),
        due_on=due_on,
        state=RoundState.OPEN,
    )
    db.session.add(round_)
    db.session.flush()
    _seed_reports(round_.id, board_ids, measure_ids, area_ids)
    if metrics:
        _seed_metrics(measure_ids)
    db.session.commit()
    return Seeded(round_.id, version.id, board_ids, area_ids, measure_ids)


STATES = (
    (ReportState.ACCEPTED, ItemState.READY),
    (ReportState.SUBMITTED, ItemState.READY),
    (ReportState.SUBMITTED, ItemState.READY),
    (ReportState.RETURNED, ItemState.READY),
    (ReportState.DRAFT, ItemState.DRAFT),
    (ReportState.DRAFT, ItemState.NOT_STARTED),
    (ReportState.DRAFT, ItemState.READY),
)


def _seed_reports(
    round_id: int, board_ids: list[int], measure_ids: list[int], area_ids: list[int]
) -> None:
    boards = len(board_ids)
    insert(
        Report,
        *(
            {
                "round_id": round_id,
                "board_id": board_id,
                "state": STATES[n % 7][0],
                "current": True,
                "submitted_at": None if STATES[n % 7][0] is ReportState.DRAFT else MOMENT,
            }
            for n, board_id in enumerate(board_ids)
        ),
    )
    report_ids = list(
        db.session.scalars(
            sa.select(Report.id).where(Report.round_id == round_id).order_by(Report.board_id)
        )
    )
    items, frozen, outcomes = [], [], []
    for n, measure_id in enumerate(measure_ids):
        state, item_state = STATES[n % boards % 7]
        status = REPORTED[n // 7 % 5]
        submitted = n % 10 != 9 and state in {ReportState.SUBMITTED, ReportState.ACCEPTED}
        outcomes.append(
            {
                "round_id": round_id,
                "measure_id": measure_id,
                "area_id": area_ids[n % len(area_ids)],
                "status": status if submitted else None,
            }
        )
        if n % 10 == 9:
            continue
        report_id = report_ids[n % boards]
        ready = item_state is ItemState.READY
        items.append(
            {
                "report_id": report_id,
                "measure_id": measure_id,
                "state": item_state,
                "status": status if ready else None,
            }
        )
        if state is not ReportState.DRAFT:
            frozen.append(
                {
                    "report_id": report_id,
                    "measure_id": measure_id,
                    "position": n,
                    "measure_number": f"1.{n}",
                    "measure_title": f"Åtgärd {n}",
                    "area_title": "Område",
                    "subgoal_title": "Delmål",
                    "status": status,
                }
            )
    insert(ReportItem, *items)
    insert(FrozenItem, *frozen)
    insert(Outcome, *outcomes)
    insert(
        FrozenValue,
        *(
            {
                "item_id": item_id,
                "position": 2,
                "section": "core",
                "name": "deviation",
                "label": "Avvikelse",
                "kind": "long_text",
                "value": "Leveransen är sen.",
                "text": "Leveransen är sen.",
            }
            for item_id in db.session.scalars(
                sa.select(FrozenItem.id).where(FrozenItem.status == MeasureStatus.DELAYED)
            )
        ),
    )


def _seed_metrics(measure_ids: list[int]) -> None:
    insert(
        EffectMetric,
        *(
            {
                "measure_id": measure_id,
                "name": f"Andel trygga {n}",
                "unit": "%",
                "better": Better.HIGHER,
                "baseline_value": 60,
                "baseline_period": "2017",
                "target_operator": Operator.AT_LEAST,
                "target_value": 75,
                "target_period": "2022",
            }
            for n, measure_id in enumerate(measure_ids)
            if n % 5 < 2
        ),
    )
    metric_ids = db.session.scalars(
        sa.select(EffectMetric.id).where(EffectMetric.measure_id >= measure_ids[0])
    ).all()
    insert(
        MetricValue,
        *(
            {
                "metric_id": metric_id,
                "period": str(year),
                "gender": Gender.TOTAL,
                "value": None if year == 2021 else 60 + 2 * (year - 2017),
                "status": ValueStatus.MISSING if year == 2021 else ValueStatus.FINAL,
            }
            for metric_id in metric_ids
            for year in range(2018, 2022)
        ),
    )
