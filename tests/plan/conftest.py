"""A small plan, published, and a way to grow it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from uuid import uuid4

import pytest
import sqlalchemy as sa
from flask import Flask

from registry.audit.log import acting
from registry.db import db, now
from registry.effects.models import (
    Better,
    EffectMethod,
    EffectMetric,
    MethodKind,
    MetricValue,
    Operator,
    ValueStatus,
)
from registry.people.models import Board
from registry.plan.models import (
    Activity,
    ActivityState,
    GoalArea,
    GoalGroup,
    Measure,
    MeasureKind,
    MeasureStatus,
    Partner,
    Plan,
    PlanVersion,
    Responsibility,
    Share,
    SubGoal,
    VersionState,
)
from registry.plan.service import renumber, search_text_of


@dataclass
class Built:
    """The rows of the small plan that tests speak of."""

    plan: Plan
    version: PlanVersion
    group: GoalGroup
    area: GoalArea
    goalless: GoalArea
    subgoal: SubGoal
    lighting: Measure
    burglary: Measure
    bare: Measure
    metric: EffectMetric
    method: EffectMethod
    activity: Activity


@pytest.fixture
def plan(app: Flask, boards: dict[str, Board]) -> Built:
    """One published version: two areas, three measures; the third has nothing but a title."""
    title = Plan(title="Handlingsplan för trygghet och säkerhet")
    version = PlanVersion(
        plan=title,
        state=VersionState.PUBLISHED,
        published_at=now(),
        purpose="Alla ska vara trygga.",
        valid_from=date(2018, 7, 1),
        valid_to=date(2022, 12, 31),
        decided_by="Kommunfullmäktige",
        decided_on=date(2018, 6, 11),
    )
    group = GoalGroup(version=version, title="Ökad trygghet")
    with acting(None):
        db.session.add(group)
        db.session.flush()
        area = GoalArea(
            version_id=version.id,
            group=group,
            number="1.1",
            title="Trygg miljö",
            goal="Gator är upplysta.",
            domain="safe_environment",
        )
        goalless = GoalArea(
            version_id=version.id, group=group, number="1.2", title="Civilt försvar", position=1
        )
        db.session.add_all([area, goalless])
        db.session.flush()
        subgoal = SubGoal(version_id=version.id, area=area, title="Trygga stråk")
        db.session.add(subgoal)
        db.session.flush()

        def measure(number: str, name: str, position: int, **values: object) -> Measure:
            description = str(values.get("description", ""))
            row = Measure(
                version_id=version.id,
                area_id=area.id,
                subgoal_id=subgoal.id,
                number=number,
                title=name,
                position=position,
                search_text=search_text_of(number, name, description, area.title, subgoal.title),
                **values,
            )
            db.session.add(row)
            db.session.flush()
            return row

        lighting = measure(
            "1.1.1",
            "Byta belysning i gångtunnlar",
            0,
            description="Åtta tunnlar får ny belysning.",
            status=MeasureStatus.ONGOING,
            starts_on=date(2019, 1, 1),
            ends_on=date(2021, 12, 31),
        )
        burglary = measure(
            "1.1.2",
            "Grannsamverkan mot Bostadsinbrott",
            1,
            status=MeasureStatus.DONE,
            kind=MeasureKind.RECURRING,
        )
        bare = measure("1.1.3", "Utreda 100 % trygga_stråk", 2)
        lighting.responsibilities = [
            Responsibility(board=boards["social"], share=Share.LEAD),
            Responsibility(board=boards["rescue"], share=Share.SHARED),
        ]
        lighting.partners = [Partner(name="Polisen")]
        burglary.responsibilities = [Responsibility(board=boards["rescue"], share=Share.LEAD)]
        activity = Activity(
            measure_id=lighting.id, title="Målar tunneln vid stationen", state=ActivityState.ONGOING
        )
        planned = Activity(
            measure_id=lighting.id,
            title="Ny tunnel projekteras",
            state=ActivityState.PLANNED,
            position=1,
        )
        method = EffectMethod(
            measure_id=lighting.id, board_id=boards["social"].id, kind=MethodKind.SURVEY
        )
        metric = EffectMetric(
            measure_id=lighting.id,
            name="Andel trygga",
            unit="%",
            better=Better.HIGHER,
            target_operator=Operator.AT_LEAST,
            target_value=Decimal(90),
            target_period="2022",
        )
        metric.values = [
            MetricValue(period="2019", value=Decimal("0")),
            MetricValue(period="2020", value=None, status=ValueStatus.MISSING),
        ]
        db.session.add_all([activity, planned, method, metric])
        renumber(version.id)
        db.session.commit()
    return Built(
        title,
        version,
        group,
        area,
        goalless,
        subgoal,
        lighting,
        burglary,
        bare,
        metric,
        method,
        activity,
    )


@pytest.fixture
def grow(plan: Built, boards: dict[str, Board]) -> Callable[[int], None]:
    """``grow(1000)``: that many measures more, with owners, methods and metrics, in one go."""

    def grow(count: int) -> None:
        grow_plan(plan.version.id, plan.area.id, plan.subgoal.id, boards["social"].id, count)

    return grow


def grow_plan(version_id: int, area_id: int, subgoal_id: int, board_id: int, count: int) -> None:
    """Insert measures as rows, past the log: for tests of size only."""
    connection = db.session.connection()
    first = (db.session.scalar(sa.select(sa.func.max(Measure.id))) or 0) + 1
    statuses = list(MeasureStatus)
    rows = [
        {
            "version_id": version_id,
            "area_id": area_id,
            "subgoal_id": subgoal_id,
            "identity": uuid4().hex,
            "number": f"1.1.{first + n + 100}",
            "title": f"Åtgärd {n} för trygga platser",
            "description": "Det här görs varje år." if n % 3 else "",
            "kind": MeasureKind.ONE_OFF,
            "status": statuses[n % len(statuses)],
            "starts_on": date(2019, 1, 1),
            "ends_on": date(2022, 12, 31) if n % 4 else None,
            "position": first + n,
            "search_text": f"åtgärd {n} för trygga platser",
        }
        for n in range(count)
    ]
    connection.execute(sa.insert(Measure.__table__), rows)
    ids = db.session.scalars(
        sa.select(Measure.id).where(Measure.version_id == version_id, Measure.position >= first)
    ).all()
    connection.execute(
        sa.insert(Responsibility.__table__),
        [{"measure_id": key, "board_id": board_id, "share": Share.LEAD} for key in ids],
    )
    connection.execute(
        sa.insert(EffectMethod.__table__),
        [
            {"measure_id": key, "board_id": board_id, "kind": MethodKind.SURVEY}
            for key in ids
            if key % 2
        ],
    )
    renumber(version_id)
    db.session.commit()
