"""A version of a plan as a person reads it: groups, areas, sub-goals, measures."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any

import sqlalchemy as sa

from registry.db import db
from registry.people.models import Board
from registry.people.permissions import Viewer
from registry.plan.models import (
    Activity,
    ActivityState,
    GoalArea,
    GoalGroup,
    Measure,
    MeasureStatus,
    Partner,
    Plan,
    PlanVersion,
    Responsibility,
    Share,
    SubGoal,
    VersionState,
)
from registry.plan.visibility import visible_states, visible_versions


@dataclass(frozen=True)
class VersionHead:
    """What identifies a version: its plan, number, state, validity and decision."""

    id: int
    plan_id: int
    title: str
    number: int
    state: VersionState
    purpose: str
    scope: str
    valid_from: date | None
    valid_to: date | None
    policy: str
    case_number: str
    decided_by: str
    decided_on: date | None

    @property
    def years(self) -> str:
        """``2018–2022``; empty unless both ends are given."""
        if self.valid_from is None or self.valid_to is None:
            return ""
        if self.valid_to.year == self.valid_from.year:
            return str(self.valid_from.year)
        return f"{self.valid_from.year}–{self.valid_to.year}"

    @property
    def editable(self) -> bool:
        """A replaced version stands as it was; a published one may be corrected."""
        return self.state is not VersionState.REPLACED


@dataclass(frozen=True)
class Initiative:
    title: str
    state: ActivityState


@dataclass(frozen=True)
class Line:
    """One measure in the plan's table."""

    id: int
    identity: str
    number: str
    title: str
    status: MeasureStatus
    boards: tuple[tuple[str, Share], ...]
    partners: tuple[str, ...]
    activities: tuple[Initiative, ...]


@dataclass(frozen=True)
class SubGoalPart:
    id: int
    title: str
    description: str
    measures: tuple[Line, ...]


@dataclass(frozen=True)
class AreaPart:
    id: int
    number: str
    title: str
    goal: str | None
    domain: str | None
    subgoals: tuple[SubGoalPart, ...]

    @property
    def measures(self) -> int:
        return sum(len(subgoal.measures) for subgoal in self.subgoals)

    @property
    def done(self) -> int:
        return sum(
            line.status is MeasureStatus.DONE
            for subgoal in self.subgoals
            for line in subgoal.measures
        )


@dataclass(frozen=True)
class GroupPart:
    id: int
    title: str
    areas: tuple[AreaPart, ...]


@dataclass(frozen=True)
class PlanPage:
    head: VersionHead
    groups: tuple[GroupPart, ...]

    @property
    def areas(self) -> list[AreaPart]:
        return [area for group in self.groups for area in group.areas]

    @property
    def measures(self) -> int:
        return sum(area.measures for area in self.areas)

    def count(self, *statuses: MeasureStatus) -> int:
        """How many measures stand in one of these statuses."""
        return sum(
            line.status in statuses
            for area in self.areas
            for subgoal in area.subgoals
            for line in subgoal.measures
        )


Cells = tuple[Any, ...]

_HEAD: sa.Select[*tuple[Any, ...]] = sa.select(
    PlanVersion.id,
    PlanVersion.plan_id,
    Plan.title,
    PlanVersion.number,
    PlanVersion.state,
    PlanVersion.purpose,
    PlanVersion.scope,
    PlanVersion.valid_from,
    PlanVersion.valid_to,
    PlanVersion.policy,
    PlanVersion.case_number,
    PlanVersion.decided_by,
    PlanVersion.decided_on,
).join(Plan, Plan.id == PlanVersion.plan_id)


def heads(viewer: Viewer) -> list[VersionHead]:
    """Every version the viewer may read: published first, then drafts, newest first."""
    rows = db.session.connection().execute(_heads(visible_states(viewer)))
    return [VersionHead(*row) for row in rows]


@cache
def _heads(states: frozenset[VersionState]) -> sa.Executable:
    """Built once for each set of states: every list asks it."""
    rank = sa.case(
        (PlanVersion.state == VersionState.PUBLISHED, 0),
        (PlanVersion.state == VersionState.DRAFT, 1),
        else_=2,
    )
    return _HEAD.where(PlanVersion.state.in_(sorted(states))).order_by(
        rank, PlanVersion.published_at.desc().nulls_last(), PlanVersion.id.desc()
    )


def current_version_id(viewer: Viewer) -> int | None:
    """The version last published; where none is, the newest draft the viewer may read."""
    known = heads(viewer)
    return known[0].id if known else None


def head(viewer: Viewer, version_id: int) -> VersionHead | None:
    row = db.session.execute(
        _HEAD.where(PlanVersion.id == version_id, visible_versions(viewer))
    ).first()
    return None if row is None else VersionHead(*row)


def published_id(plan_id: int) -> int | None:
    """The published version of a plan, if there is one."""
    return db.session.scalar(
        sa.select(PlanVersion.id).where(
            PlanVersion.plan_id == plan_id, PlanVersion.state == VersionState.PUBLISHED
        )
    )


def read(viewer: Viewer, version_id: int) -> PlanPage | None:
    """The whole version in eight queries, or ``None`` when the viewer may not read it."""
    version = head(viewer, version_id)
    if version is None:
        return None
    areas = _grouped(_rows(_AREAS, version_id))
    subgoals = _grouped(_rows(_SUBGOALS, version_id))
    measures = _grouped(_rows(_MEASURES, version_id))
    boards = _grouped(_rows(_BOARDS, version_id))
    partners = _grouped(_rows(_PARTNERS, version_id))
    activities = _grouped(_rows(_ACTIVITIES, version_id))

    def line(row: Cells) -> Line:
        _parent, key, identity, number, title, status = row
        return Line(
            key,
            identity,
            number,
            title,
            status,
            tuple((name, share) for _p, name, share in boards[key]),
            tuple(name for _p, name in partners[key]),
            tuple(Initiative(text, state) for _p, text, state in activities[key]),
        )

    def subgoal(row: Cells) -> SubGoalPart:
        _parent, key, title, description = row
        return SubGoalPart(key, title, description, tuple(map(line, measures[key])))

    def area(row: Cells) -> AreaPart:
        _parent, key, number, title, goal, domain = row
        return AreaPart(key, number, title, goal, domain, tuple(map(subgoal, subgoals[key])))

    groups = tuple(
        GroupPart(key, title, tuple(map(area, areas[key])))
        for key, title in _rows(_GROUPS, version_id)
    )
    return PlanPage(version, groups)


_version = sa.bindparam("version", type_=sa.Integer)
_GROUPS = (
    sa.select(GoalGroup.id, GoalGroup.title)
    .where(GoalGroup.version_id == _version)
    .order_by(GoalGroup.position, GoalGroup.id)
)
_AREAS = (
    sa.select(
        GoalArea.group_id,
        GoalArea.id,
        GoalArea.number,
        GoalArea.title,
        GoalArea.goal,
        GoalArea.domain,
    )
    .where(GoalArea.version_id == _version)
    .order_by(GoalArea.position, GoalArea.id)
)
_SUBGOALS = (
    sa.select(SubGoal.area_id, SubGoal.id, SubGoal.title, SubGoal.description)
    .where(SubGoal.version_id == _version)
    .order_by(SubGoal.position, SubGoal.id)
)
_MEASURES = (
    sa.select(
        Measure.subgoal_id,
        Measure.id,
        Measure.identity,
        Measure.number,
        Measure.title,
        Measure.status,
    )
    .where(Measure.version_id == _version)
    .order_by(Measure.position, Measure.id)
)
_BOARDS = (
    sa.select(Responsibility.measure_id, Board.name, Responsibility.share)
    .join(Board, Board.id == Responsibility.board_id)
    .join(Measure, Measure.id == Responsibility.measure_id)
    .where(Measure.version_id == _version)
    .order_by(Responsibility.share, Board.name)
)
_PARTNERS = (
    sa.select(Partner.measure_id, Partner.name)
    .join(Measure, Measure.id == Partner.measure_id)
    .where(Measure.version_id == _version)
    .order_by(Partner.id)
)
_ACTIVITIES = (
    sa.select(Activity.measure_id, Activity.title, Activity.state)
    .join(Measure, Measure.id == Activity.measure_id)
    .where(Measure.version_id == _version)
    .order_by(Activity.position, Activity.id)
)


def _rows(statement: sa.Executable, version_id: int) -> Iterable[Cells]:
    rows: Iterable[Cells] = db.session.execute(statement, {"version": version_id}).all()
    return rows


def _grouped(rows: Iterable[Cells]) -> dict[int, list[Cells]]:
    """Rows by their first column, the row they belong to."""
    grouped: dict[int, list[Cells]] = defaultdict(list)
    for row in rows:
        grouped[row[0]].append(row)
    return grouped
