"""What the plan's forms offer to choose from."""

import re
from typing import Any

import sqlalchemy as sa

from registry.db import db
from registry.effects.models import EffectMethod, EffectMetric
from registry.host import active
from registry.language import today
from registry.people.models import Board
from registry.plan.models import GoalArea, GoalGroup, Measure, SubGoal

Pairs = list[tuple[int, str]]


def groups(version_id: int) -> Pairs:
    rows = db.session.execute(
        sa.select(GoalGroup.id, GoalGroup.title)
        .where(GoalGroup.version_id == version_id)
        .order_by(GoalGroup.position, GoalGroup.id)
    )
    return [(key, title) for key, title in rows]


def areas(version_id: int) -> Pairs:
    return [(key, f"{number} {title}") for key, number, title in _areas(version_id)]


def subgoals(version_id: int) -> list[tuple[int, str, str]]:
    """Every sub-goal, with the area it stands under."""
    rows = db.session.execute(
        sa.select(SubGoal.id, SubGoal.title, GoalArea.number, GoalArea.title)
        .join(GoalArea, GoalArea.id == SubGoal.area_id)
        .join(GoalGroup, GoalGroup.id == GoalArea.group_id)
        .where(SubGoal.version_id == version_id)
        .order_by(
            GoalGroup.position,
            GoalGroup.id,
            GoalArea.position,
            GoalArea.id,
            SubGoal.position,
            SubGoal.id,
        )
    )
    return [(key, title, f"{number} {area}") for key, title, number, area in rows]


def boards(measure: Measure | None) -> Pairs:
    """The boards there are today, and those the measure has already."""
    day = today()
    known = {one.board_id for one in measure.responsibilities} if measure is not None else set()
    everyone = db.session.scalars(sa.select(Board).order_by(Board.name))
    return [
        (board.id, board.name) for board in everyone if board.valid_on(day) or board.id in known
    ]


def next_number(subgoal: SubGoal) -> str:
    """A number that is free: the area's number and one more than its highest, as ``1.2.7``."""
    area = subgoal.area
    prefix = f"{area.number}."
    numbers = db.session.scalars(
        sa.select(Measure.number).where(
            Measure.version_id == area.version_id,
            Measure.number.startswith(prefix, autoescape=True),
        )
    )
    found = (re.fullmatch(r"\d+", number[len(prefix) :]) for number in numbers)
    lasts = [int(last[0]) for last in found if last]
    return f"{prefix}{max(lasts, default=0) + 1}"


def name_of(row: Any) -> str:
    """What a part of the plan is called when one asks whether to delete it."""
    if isinstance(row, EffectMetric):
        return row.name
    if isinstance(row, EffectMethod):
        return str(row.kind.label)
    if isinstance(row, Measure | GoalArea):
        return f"{row.number} {row.title}"
    return str(row.title)


def domains(known: str | None = None) -> list[tuple[str, str]]:
    """The domains that are switched on; ``known``, the area's own, also when it is off."""
    offered = [(domain.name, str(domain.title)) for domain in active.current().domains]
    if known and known not in dict(offered):
        offered.append((known, known))
    return offered


def _areas(version_id: int) -> Any:
    return db.session.execute(
        sa.select(GoalArea.id, GoalArea.number, GoalArea.title)
        .join(GoalGroup, GoalGroup.id == GoalArea.group_id)
        .where(GoalArea.version_id == version_id)
        .order_by(GoalGroup.position, GoalGroup.id, GoalArea.position, GoalArea.id)
    )
