"""What stands in the database now, as values: a fixed number of queries for any plan."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from registry.audit.models import AuditEntry
from registry.db import db
from registry.effects.models import EffectMetric, Operator
from registry.people.models import Board
from registry.plan.importing.words import key
from registry.plan.models import (
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


@dataclass(frozen=True)
class KnownBoard:
    id: int
    name: str
    valid_to: date | None


@dataclass(frozen=True)
class KnownArea:
    id: int
    group_id: int
    number: str
    title: str
    position: int


@dataclass(frozen=True)
class KnownSubGoal:
    id: int
    title: str
    position: int
    last_position: int = -1


MetricValues = tuple[str, Operator | None, Decimal | None, str, str, str]


@dataclass(frozen=True)
class KnownMeasure:
    """A measure as it stands; area and sub-goal by key, boards by key with the lead first."""

    id: int
    number: str
    title: str
    description: str
    kind: MeasureKind
    status: MeasureStatus
    starts_on: date | None
    ends_on: date | None
    source: str
    area: str
    subgoal: str
    boards: tuple[str, ...]
    has_lead: bool
    partners: tuple[str, ...]
    metrics: dict[str, MetricValues]


@dataclass(frozen=True)
class Standing:
    """Boards, and the version of the plan that an import goes into, if there is one."""

    boards: dict[str, KnownBoard]
    plan_id: int | None = None
    version_id: int | None = None
    state: VersionState | None = None
    groups: dict[str, tuple[int, str, int]] = field(default_factory=dict)
    areas: dict[str, KnownArea] = field(default_factory=dict)
    subgoals: dict[tuple[str, str], KnownSubGoal] = field(default_factory=dict)
    measures: tuple[KnownMeasure, ...] = ()


def plans() -> list[tuple[str, VersionState]]:
    """Titles of the plans that can take in measures, with the state of the version they go to."""
    rows = db.session.execute(
        sa.select(Plan.title, PlanVersion.state)
        .join(PlanVersion, PlanVersion.plan_id == Plan.id)
        .where(PlanVersion.state != VersionState.REPLACED)
        .order_by(Plan.title, PlanVersion.number)
    )
    return list(dict((title, state) for title, state in rows).items())


def last_choices(plan: str) -> dict[str, Any] | None:
    """What was decided the last time something was imported into the plan; the log knows."""
    entry = db.session.scalar(
        sa.select(AuditEntry.after)
        .join(Plan, sa.and_(AuditEntry.object_kind == "plan", AuditEntry.object_id == Plan.id))
        .where(Plan.title == plan, AuditEntry.action == "plan.import")
        .order_by(AuditEntry.id.desc())
        .limit(1)
    )
    return entry["choices"] if entry else None


def load(plan: str, *, lock: bool = False) -> Standing:
    """What stands for a plan of this title: its draft, else its published version.

    :param lock: hold the version until the transaction ends (PostgreSQL; SQLite has one writer).
    """
    boards = {
        key(name): KnownBoard(board_id, name, valid_to)
        for board_id, name, valid_to in db.session.execute(
            sa.select(Board.id, Board.name, Board.valid_to).order_by(Board.id)
        )
    }
    select = (
        sa.select(PlanVersion.plan_id, PlanVersion.id, PlanVersion.state)
        .join(Plan, Plan.id == PlanVersion.plan_id)
        .where(Plan.title == plan, PlanVersion.state != VersionState.REPLACED)
        .order_by(PlanVersion.number.desc())
        .limit(1)
    )
    version = db.session.execute(select.with_for_update() if lock else select).first()
    if version is None:
        return Standing(boards)
    plan_id, version_id, state = version
    groups = {
        key(title): (group_id, title, position)
        for group_id, title, position in db.session.execute(
            sa.select(GoalGroup.id, GoalGroup.title, GoalGroup.position).where(
                GoalGroup.version_id == version_id
            )
        )
    }
    areas = {
        key(area.title): area
        for area in (
            KnownArea(*row)
            for row in db.session.execute(
                sa.select(
                    GoalArea.id,
                    GoalArea.group_id,
                    GoalArea.number,
                    GoalArea.title,
                    GoalArea.position,
                ).where(GoalArea.version_id == version_id)
            )
        )
    }
    area_keys = {area.id: area_key for area_key, area in areas.items()}
    last = {
        subgoal_id: position
        for subgoal_id, position in db.session.execute(
            sa.select(Measure.subgoal_id, sa.func.max(Measure.position))
            .where(Measure.version_id == version_id)
            .group_by(Measure.subgoal_id)
        )
    }
    subgoals: dict[tuple[str, str], KnownSubGoal] = {}
    subgoal_keys: dict[int, tuple[str, str]] = {}
    for subgoal_id, area_id, title, position in db.session.execute(
        sa.select(SubGoal.id, SubGoal.area_id, SubGoal.title, SubGoal.position).where(
            SubGoal.version_id == version_id
        )
    ):
        place = (area_keys[area_id], key(title))
        subgoals[place] = KnownSubGoal(subgoal_id, title, position, last.get(subgoal_id, -1))
        subgoal_keys[subgoal_id] = place
    measures = _measures(
        version_id, subgoal_keys, {board.id: name for name, board in boards.items()}
    )
    return Standing(boards, plan_id, version_id, state, groups, areas, subgoals, measures)


def _measures(
    version_id: int, subgoals: dict[int, tuple[str, str]], boards: dict[int, str]
) -> tuple[KnownMeasure, ...]:
    in_version = Measure.version_id == version_id
    owners: dict[int, list[str]] = defaultdict(list)
    led: set[int] = set()
    for measure_id, board_id, share in db.session.execute(
        sa.select(Responsibility.measure_id, Responsibility.board_id, Responsibility.share)
        .join(Measure, Measure.id == Responsibility.measure_id)
        .where(in_version)
        .order_by(Responsibility.share, Responsibility.id)  # "lead" before "shared"
    ):
        owners[measure_id].append(boards[board_id])
        if share is Share.LEAD:
            led.add(measure_id)
    partners: dict[int, list[str]] = defaultdict(list)
    for measure_id, name in db.session.execute(
        sa.select(Partner.measure_id, Partner.name)
        .join(Measure, Measure.id == Partner.measure_id)
        .where(in_version)
        .order_by(Partner.id)
    ):
        partners[measure_id].append(name)
    metrics: dict[int, dict[str, MetricValues]] = defaultdict(dict)
    for measure_id, name, unit, operator, value, period, place, text in db.session.execute(
        sa.select(
            EffectMetric.measure_id,
            EffectMetric.name,
            EffectMetric.unit,
            EffectMetric.target_operator,
            EffectMetric.target_value,
            EffectMetric.target_period,
            EffectMetric.target_place,
            EffectMetric.target_text,
        )
        .join(Measure, Measure.id == EffectMetric.measure_id)
        .where(in_version)
    ):
        metrics[measure_id][name] = (unit, operator, value, period, place, text)
    rows = db.session.execute(
        sa.select(
            Measure.id,
            Measure.subgoal_id,
            Measure.number,
            Measure.title,
            Measure.description,
            Measure.kind,
            Measure.status,
            Measure.starts_on,
            Measure.ends_on,
            Measure.source,
        )
        .where(in_version)
        .order_by(Measure.id)
    )
    return tuple(
        KnownMeasure(
            id=row.id,
            number=row.number,
            title=row.title,
            description=row.description,
            kind=row.kind,
            status=row.status,
            starts_on=row.starts_on,
            ends_on=row.ends_on,
            source=row.source,
            area=subgoals[row.subgoal_id][0],
            subgoal=subgoals[row.subgoal_id][1],
            boards=tuple(owners[row.id]),
            has_lead=row.id in led,
            partners=tuple(partners[row.id]),
            metrics=metrics[row.id],
        )
        for row in rows
    )
