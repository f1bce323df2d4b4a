"""Use cases on plans, their versions, goal groups, goal areas and sub-goals.

Those on measures are in ``measures.py``, on methods and metrics in ``effects.py``, deleting in
``removal.py``, moving in ``ordering.py``.
"""

from dataclasses import dataclass, fields
from datetime import date
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _

from registry.audit import log
from registry.db import Base, db, now
from registry.people.permissions import Permission, Viewer, require
from registry.plan.editing import (
    Refused,
    must_be_editable,
    must_be_unchanged,
    next_position,
    saving,
)
from registry.plan.models import (
    GoalArea,
    GoalGroup,
    Measure,
    Plan,
    PlanVersion,
    SubGoal,
    VersionState,
)
from registry.plan.ordering import renumber as renumber


@dataclass(frozen=True)
class VersionValues:
    title: str
    purpose: str
    scope: str
    valid_from: date | None
    valid_to: date | None
    policy: str
    case_number: str
    decided_by: str
    decided_on: date | None


@dataclass(frozen=True)
class GroupValues:
    title: str


@dataclass(frozen=True)
class AreaValues:
    group_id: int
    number: str
    title: str
    goal: str | None
    domain: str | None


@dataclass(frozen=True)
class SubGoalValues:
    area_id: int
    title: str
    description: str


def search_text_of(
    number: str, title: str, description: str, area_title: str, subgoal_title: str
) -> str:
    """What text search looks in, in lower case: ``Bostadsinbrott`` is found by ``inbrott``."""
    return "\n".join((number, title, description, area_title, subgoal_title)).lower()


def create_plan(viewer: Viewer, values: VersionValues) -> PlanVersion:
    """A new plan with a first version, as a draft."""
    require(viewer, Permission.EDIT_PLAN)
    taken = _plan_title_taken()
    _no_other(taken, Plan.title == values.title)
    plan = Plan(title=values.title)
    version = PlanVersion(plan=plan)
    with log.action("plan.create"), saving(taken=taken):
        _apply_version(version, values)
        db.session.add(plan)
    return version


def edit_version(
    viewer: Viewer, version: PlanVersion, row_version: int, values: VersionValues
) -> None:
    """The plan's title belongs to all its versions; the rest to this one."""
    require(viewer, Permission.EDIT_PLAN)
    must_be_editable(version)
    must_be_unchanged(version, row_version)
    taken = _plan_title_taken()
    _no_other(taken, sa.and_(Plan.title == values.title, Plan.id != version.plan_id))
    with log.action("plan.edit"), saving(version, taken):
        version.plan.title = values.title
        _apply_version(version, values)
        db.session.flush()
        if version.row_version == row_version:
            # Perhaps only the title changed, in the plan's own row: it counts as a save as well.
            table = PlanVersion.__table__
            db.session.connection().execute(
                sa.update(table)  # type: ignore[arg-type]
                .where(table.c.id == version.id)
                .values(row_version=row_version + 1)
            )
            db.session.expire(version)


def publish(viewer: Viewer, version: PlanVersion) -> None:
    """Make a draft the plan that holds; the version published before becomes replaced.

    :raises Refused: when it is not a draft, or holds no measure.
    """
    require(viewer, Permission.EDIT_PLAN)
    if version.state is not VersionState.DRAFT:
        raise Refused(_("Bara ett utkast kan publiceras."))
    if not db.session.scalar(sa.select(sa.exists().where(Measure.version_id == version.id))):
        raise Refused(_("Planen har inga åtgärder ännu. Lägg till dem innan du publicerar."))
    with log.action("plan.publish"), saving(version):
        former = db.session.scalars(
            sa.select(PlanVersion).where(
                PlanVersion.plan_id == version.plan_id,
                PlanVersion.state == VersionState.PUBLISHED,
            )
        ).first()
        if former is not None:
            former.state = VersionState.REPLACED
            db.session.flush()  # at most one version is published at any moment
        version.state = VersionState.PUBLISHED
        version.published_at = now()


def create_group(viewer: Viewer, version: PlanVersion, values: GroupValues) -> GoalGroup:
    require(viewer, Permission.EDIT_PLAN)
    must_be_editable(version)
    taken = _title_taken()
    _no_other(
        taken,
        sa.and_(GoalGroup.version_id == version.id, GoalGroup.title == values.title),
    )
    group = GoalGroup(
        version_id=version.id,
        title=values.title,
        position=next_position(GoalGroup, GoalGroup.version_id == version.id),
    )
    with log.action("group.create"), saving(taken=taken):
        db.session.add(group)
    return group


def edit_group(viewer: Viewer, group: GoalGroup, row_version: int, values: GroupValues) -> None:
    require(viewer, Permission.EDIT_PLAN)
    must_be_editable(group.version)
    must_be_unchanged(group, row_version)
    taken = _title_taken()
    _no_other(
        taken,
        sa.and_(
            GoalGroup.version_id == group.version_id,
            GoalGroup.title == values.title,
            GoalGroup.id != group.id,
        ),
    )
    with log.action("group.edit"), saving(group, taken):
        _apply(group, values)


def create_area(viewer: Viewer, version: PlanVersion, values: AreaValues) -> GoalArea:
    require(viewer, Permission.EDIT_PLAN)
    must_be_editable(version)
    area = GoalArea(
        version_id=version.id,
        position=next_position(GoalArea, GoalArea.group_id == values.group_id),
    )
    _check_area(version.id, None, values)
    with log.action("area.create"), saving(taken=_number_taken(values.number)):
        _apply(area, values)
        db.session.add(area)
    return area


def edit_area(viewer: Viewer, area: GoalArea, row_version: int, values: AreaValues) -> None:
    require(viewer, Permission.EDIT_PLAN)
    must_be_editable(area.group.version)
    must_be_unchanged(area, row_version)
    _check_area(area.version_id, area.id, values)
    with log.action("area.edit"), saving(area, _number_taken(values.number)):
        if area.group_id != values.group_id:
            area.position = next_position(GoalArea, GoalArea.group_id == values.group_id)
        _apply(area, values)
        _refresh(area.version_id, Measure.area_id == area.id)


def create_subgoal(viewer: Viewer, version: PlanVersion, values: SubGoalValues) -> SubGoal:
    require(viewer, Permission.EDIT_PLAN)
    must_be_editable(version)
    _check_subgoal(version.id, None, values)
    subgoal = SubGoal(
        version_id=version.id, position=next_position(SubGoal, SubGoal.area_id == values.area_id)
    )
    with log.action("subgoal.create"), saving(taken=_title_taken()):
        _apply(subgoal, values)
        db.session.add(subgoal)
    return subgoal


def edit_subgoal(viewer: Viewer, subgoal: SubGoal, row_version: int, values: SubGoalValues) -> None:
    """Edit a sub-goal; when it changes area, its measures go with it."""
    require(viewer, Permission.EDIT_PLAN)
    must_be_editable(subgoal.area.group.version)
    must_be_unchanged(subgoal, row_version)
    _check_subgoal(subgoal.version_id, subgoal.id, values)
    with log.action("subgoal.edit"), saving(subgoal, _title_taken()):
        if subgoal.area_id != values.area_id:
            subgoal.position = next_position(SubGoal, SubGoal.area_id == values.area_id)
        _apply(subgoal, values)
        _refresh(subgoal.version_id, Measure.subgoal_id == subgoal.id)


def _apply(row: Base, values: Any) -> None:
    for field in fields(values):
        setattr(row, field.name, getattr(values, field.name))


def _apply_version(version: PlanVersion, values: VersionValues) -> None:
    for field in fields(values):
        if field.name != "title":
            setattr(version, field.name, getattr(values, field.name))


def _check_area(version_id: int, area_id: int | None, values: AreaValues) -> None:
    _must_belong(GoalGroup, values.group_id, version_id)
    others = sa.and_(GoalArea.version_id == version_id, GoalArea.id != (area_id or 0))
    _no_other(_number_taken(values.number), others & (GoalArea.number == values.number))
    _no_other(_title_taken(), others & (GoalArea.title == values.title))


def _check_subgoal(version_id: int, subgoal_id: int | None, values: SubGoalValues) -> None:
    _must_belong(GoalArea, values.area_id, version_id)
    _no_other(
        _title_taken(),
        sa.and_(
            SubGoal.area_id == values.area_id,
            SubGoal.title == values.title,
            SubGoal.id != (subgoal_id or 0),
        ),
    )


def _must_belong(model: type[GoalGroup] | type[GoalArea], row_id: int, version_id: int) -> None:
    known = sa.select(sa.exists().where(model.id == row_id, model.version_id == version_id))
    if not db.session.scalar(known):
        raise LookupError(f"{model.__tablename__} {row_id} is not in version {version_id}")


def _no_other(taken: Refused, others: sa.ColumnElement[bool]) -> None:
    if db.session.scalar(sa.select(sa.exists().where(others))):
        raise taken


def _number_taken(number: str) -> Refused:
    return Refused(
        _("Numret %(number)s används redan i planen. Välj ett annat.", number=number), "number"
    )


def _title_taken() -> Refused:
    return Refused(_("Rubriken används redan här. Välj en annan."), "title")


def _plan_title_taken() -> Refused:
    return Refused(_("Det finns redan en plan med den titeln. Välj en annan."), "title")


def _refresh(version_id: int, which: sa.ColumnElement[bool]) -> None:
    """Bring what measures repeat of their goals up to date: area, search text, order."""
    db.session.flush()
    rows = db.session.execute(
        sa.select(
            Measure.id,
            Measure.number,
            Measure.title,
            Measure.description,
            GoalArea.title,
            SubGoal.title,
            GoalArea.id,
        )
        .join(SubGoal, SubGoal.id == Measure.subgoal_id)
        .join(GoalArea, GoalArea.id == SubGoal.area_id)
        .where(which)
    ).all()
    if rows:
        table = Measure.__table__
        db.session.connection().execute(
            sa.update(table)  # type: ignore[arg-type]
            .where(table.c.id == sa.bindparam("key"))
            .values(search_text=sa.bindparam("text"), area_id=sa.bindparam("area")),
            [
                {"key": key, "text": search_text_of(*texts), "area": area_id}
                for key, *texts, area_id in rows
            ],
        )
    renumber(version_id)
