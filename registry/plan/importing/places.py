"""What a measure hangs on: boards, groups, areas and sub-goals, made where they are missing."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, TypeVar

import sqlalchemy as sa

from registry.audit import log
from registry.db import Base, db
from registry.people.models import Board
from registry.plan.importing.placing import Placement
from registry.plan.importing.standing import Standing
from registry.plan.importing.words import key
from registry.plan.models import GoalArea, GoalGroup, SubGoal

Made = TypeVar("Made", bound=Base)


@dataclass(frozen=True)
class Places:
    """Ids of everything a measure hangs on, made or found."""

    version_id: int
    areas: dict[str, tuple[int, str]]
    subgoals: dict[tuple[str, str], tuple[int, str]]
    boards: dict[str, int]


def make_places(placement: Placement, standing: Standing, version_id: int) -> Places:
    """Boards, groups, areas and sub-goals that are missing."""
    layout = placement.layout
    boards = {one: board.id for one, board in standing.boards.items()}
    made = {one: Board(name=name, kind=kind) for one, (name, kind) in placement.boards.items()}
    save(list(made.values()))
    boards |= {one: board.id for one, board in made.items()}

    groups = {one: group_id for one, (group_id, _title, _p) in standing.groups.items()}
    after = _next(position for _id, _title, position in standing.groups.values())
    for group in save(
        [
            GoalGroup(version_id=version_id, title=title, position=after + place)
            for place, title in enumerate(layout.groups)
        ]
    ):
        groups[key(group.title)] = group.id

    areas = {one: (area.id, area.title) for one, area in standing.areas.items()}
    after = _next(area.position for area in standing.areas.values())
    new_areas = [
        GoalArea(
            version_id=version_id,
            group_id=groups[key(area.group)],
            number=area.number,
            title=area.title,
            domain=area.domain,
            position=after + place,
        )
        for place, area in enumerate(layout.areas)
    ]
    for made_area, new_area in zip(save(new_areas), layout.areas, strict=True):
        areas[new_area.key] = (made_area.id, made_area.title)

    subgoals = {place: (one.id, one.title) for place, one in standing.subgoals.items()}
    after = _next(subgoal.position for subgoal in standing.subgoals.values())
    new_subgoals: list[dict[str, Any]] = [
        {
            "version_id": version_id,
            "area_id": areas[area][0],
            "title": title,
            "position": after + place,
        }
        for place, (area, title) in enumerate(layout.subgoals)
    ]
    ids = insert(SubGoal, new_subgoals, "area_id", "title")  # many: past the session
    log.record_created(
        "plan.import",
        "sub_goal",
        ((ids[one["area_id"], one["title"]], one["title"], one) for one in new_subgoals),
    )
    for area, title in layout.subgoals:
        subgoals[area, key(title)] = (ids[areas[area][0], title], title)
    return Places(version_id, areas, subgoals, boards)


def _next(positions: Iterable[int]) -> int:
    return max(positions, default=-1) + 1


def save(rows: list[Made]) -> list[Made]:
    db.session.add_all(rows)
    db.session.flush()
    return rows


def insert(
    model: type[Base], values: list[dict[str, Any]], *mark: str
) -> dict[tuple[Any, ...], int]:
    """Insert rows past the session; their ids by the columns that mark each, if any are named."""
    if not values:
        return {}
    table = model.__table__
    statement = sa.insert(table)  # type: ignore[arg-type]
    connection = db.session.connection()
    if not mark:
        connection.execute(statement, values)
        return {}
    columns = [table.c[name] for name in mark]
    made = connection.execute(statement.returning(table.c.id, *columns), values)
    return {tuple(marks): row_id for row_id, *marks in made}
