"""The order in which a plan is read, and moving things in it."""

from typing import Any

import sqlalchemy as sa

from registry.audit import log
from registry.db import Base, db
from registry.people.permissions import Permission, Viewer, require
from registry.plan.editing import must_be_editable, version_of
from registry.plan.models import Activity, GoalArea, GoalGroup, Measure, SubGoal

MOVABLE: dict[str, type[Any]] = {
    "group": GoalGroup,
    "area": GoalArea,
    "subgoal": SubGoal,
    "measure": Measure,
    "activity": Activity,
}
_PARENT = {
    GoalGroup: GoalGroup.version_id,
    GoalArea: GoalArea.group_id,
    SubGoal: SubGoal.area_id,
    Measure: Measure.subgoal_id,
    Activity: Activity.measure_id,
}


def renumber(version_id: int) -> None:
    """Recompute ``plan_order`` for a version: a text that sorts measures as the plan is read.

    One query, and one update of those rows only that have moved. The caller commits. Derived
    from positions, hence neither logged nor counted as a save of the measure.
    """
    db.session.flush()
    rows = db.session.execute(
        sa.select(Measure.id, Measure.plan_order, GoalGroup.id, GoalArea.id, SubGoal.id)
        .join(SubGoal, SubGoal.id == Measure.subgoal_id)
        .join(GoalArea, GoalArea.id == SubGoal.area_id)
        .join(GoalGroup, GoalGroup.id == GoalArea.group_id)
        .where(Measure.version_id == version_id)
        .order_by(
            GoalGroup.position,
            GoalGroup.id,
            GoalArea.position,
            GoalArea.id,
            SubGoal.position,
            SubGoal.id,
            Measure.position,
            Measure.id,
        )
    ).all()
    moved = [
        {"key": measure_id, "place": f"{place:07d}"}
        for place, (measure_id, known, *_parents) in enumerate(rows)
        if known != f"{place:07d}"
    ]
    _update(Measure, "plan_order", moved)


def move(viewer: Viewer, kind: str, row_id: int, *, up: bool) -> Any:
    """Move one step up or down among its siblings; at the end nothing happens.

    Does not count as a save: whoever has the form open is not told of a conflict.

    :returns: the row, or ``None`` when there is none.
    :raises Denied: unless the viewer may edit plans.
    :raises Refused: when the version is replaced.
    """
    require(viewer, Permission.EDIT_PLAN)
    model = MOVABLE[kind]
    row = db.session.get(model, row_id)
    if row is None:
        return None
    version = version_of(row)
    must_be_editable(version)
    parent = _PARENT[model]
    order = list(
        db.session.scalars(
            sa.select(model.id)
            .where(parent == getattr(row, parent.key))
            .order_by(model.position, model.id)
        )
    )
    before = order.index(row_id)
    after = before - 1 if up else before + 1
    if not 0 <= after < len(order):
        return row
    order[before], order[after] = order[after], order[before]
    _update(model, "position", [{"key": key, "place": n} for n, key in enumerate(order)])
    log.record(
        f"{kind}.move",
        model.__tablename__,
        row_id,
        label=row.title,
        before={"position": before},
        after={"position": after},
    )
    if kind != "activity":
        renumber(version.id)
    db.session.commit()
    return row


def _update(model: type[Base], column: str, places: list[dict[str, Any]]) -> None:
    if not places:
        return
    table = model.__table__
    db.session.connection().execute(
        sa.update(table)  # type: ignore[arg-type]
        .where(table.c.id == sa.bindparam("key"))
        .values({column: sa.bindparam("place")}),
        places,
    )
    db.session.expire_all()
