"""Use cases on measures and their activities."""

from dataclasses import dataclass, fields
from datetime import date

import sqlalchemy as sa
from flask_babel import gettext as _
from sqlalchemy.orm.attributes import flag_modified

from registry.audit import log
from registry.db import db
from registry.people.models import Board
from registry.people.permissions import Permission, Viewer, require
from registry.plan.domain_data import DomainEntry, keep
from registry.plan.editing import (
    Refused,
    must_be_editable,
    must_be_unchanged,
    next_position,
    saving,
    version_of,
)
from registry.plan.models import (
    Activity,
    ActivityState,
    GoalArea,
    Measure,
    MeasureKind,
    MeasureStatus,
    Partner,
    PlanVersion,
    Responsibility,
    Share,
    SubGoal,
)
from registry.plan.service import renumber, search_text_of


@dataclass(frozen=True)
class MeasureValues:
    """What is written in a measure's form; boards and areas by id, partners by name."""

    subgoal_id: int
    number: str
    title: str
    description: str
    kind: MeasureKind
    status: MeasureStatus
    starts_on: date | None
    ends_on: date | None
    source: str
    lead_id: int | None
    shared_ids: frozenset[int]
    partners: tuple[str, ...]
    complement_ids: frozenset[int]


@dataclass(frozen=True)
class ActivityValues:
    title: str
    state: ActivityState
    starts_on: date | None
    ends_on: date | None


_OWN_COLUMNS = (
    "number",
    "title",
    "description",
    "kind",
    "status",
    "starts_on",
    "ends_on",
    "source",
)


def create_measure(
    viewer: Viewer,
    version: PlanVersion,
    values: MeasureValues,
    answers: DomainEntry | None = None,
) -> Measure:
    """:raises Refused: on ``number``, when another measure of the version has it."""
    require(viewer, Permission.EDIT_PLAN)
    must_be_editable(version)
    measure = Measure(version_id=version.id)
    _number_must_be_free(version.id, None, values.number)
    with log.action("measure.create"), saving(taken=_taken(values.number)):
        _place(measure, values)
        _describe(measure, values)
        db.session.add(measure)
        db.session.flush()
        _assign(measure, values)
        if answers is not None:
            keep(measure.id, answers)
        renumber(version.id)
    return measure


def edit_measure(
    viewer: Viewer,
    measure: Measure,
    row_version: int,
    values: MeasureValues,
    answers: DomainEntry | None = None,
) -> None:
    """Save a measure with its boards, partners, areas and domain answers as one thing.

    :raises Conflict: when someone else has saved it since ``row_version``.
    :raises Refused: on ``number``, when another measure of the version has it.
    """
    require(viewer, Permission.EDIT_PLAN)
    must_be_editable(version_of(measure))
    must_be_unchanged(measure, row_version)
    _number_must_be_free(measure.version_id, measure.id, values.number)
    with log.action("measure.edit"), saving(measure, _taken(values.number)):
        moved = measure.subgoal_id != values.subgoal_id
        if moved:
            _place(measure, values)
        _describe(measure, values)
        # Boards and partners are rows of their own: let the measure's version count them too.
        flag_modified(measure, "search_text")
        db.session.flush()
        _assign(measure, values)
        if answers is not None:
            keep(measure.id, answers)
        if moved:
            renumber(measure.version_id)


def save_activity(
    viewer: Viewer, activity: Activity, row_version: int | None, values: ActivityValues
) -> None:
    """Save an activity; a new one (``row_version`` is ``None``) goes last in its measure."""
    require(viewer, Permission.EDIT_PLAN)
    measure = db.session.get_one(Measure, activity.measure_id)
    must_be_editable(version_of(measure))
    if row_version is not None:
        must_be_unchanged(activity, row_version)
    with log.action("activity.edit"), saving(activity):
        if row_version is None:
            activity.position = next_position(Activity, Activity.measure_id == measure.id)
            db.session.add(activity)
        for field in fields(values):
            setattr(activity, field.name, getattr(values, field.name))


def _place(measure: Measure, values: MeasureValues) -> None:
    """Put the measure last under its sub-goal."""
    subgoal = db.session.get_one(SubGoal, values.subgoal_id)
    if subgoal.version_id != measure.version_id:
        raise LookupError(f"sub-goal {subgoal.id} is not in version {measure.version_id}")
    measure.position = next_position(Measure, Measure.subgoal_id == subgoal.id)
    measure.subgoal_id = subgoal.id
    measure.area_id = subgoal.area_id


def _describe(measure: Measure, values: MeasureValues) -> None:
    for name in _OWN_COLUMNS:
        setattr(measure, name, getattr(values, name))
    area = db.session.get_one(GoalArea, measure.area_id)
    subgoal = db.session.get_one(SubGoal, measure.subgoal_id)
    measure.search_text = search_text_of(
        values.number, values.title, values.description, area.title, subgoal.title
    )


def _assign(measure: Measure, values: MeasureValues) -> None:
    """Boards, partners and complementing areas, changing only what differs.

    The former lead steps down before the new one steps up: a measure has one at any moment.
    """
    wanted = dict.fromkeys(values.shared_ids, Share.SHARED)
    if values.lead_id is not None:
        wanted[values.lead_id] = Share.LEAD
    for responsibility in list(measure.responsibilities):
        share = wanted.get(responsibility.board_id)
        if share is None:
            measure.responsibilities.remove(responsibility)
        elif share is Share.SHARED:
            responsibility.share = share
    for partner in list(measure.partners):
        if partner.name not in values.partners:
            measure.partners.remove(partner)
    db.session.flush()
    known = {one.board_id: one for one in measure.responsibilities}
    for board_id, share in wanted.items():
        if board_id in known:
            known[board_id].share = share
        else:
            board = db.session.get_one(Board, board_id)
            measure.responsibilities.append(Responsibility(board=board, share=share))
    names = {partner.name for partner in measure.partners}
    measure.partners.extend(Partner(name=name) for name in values.partners if name not in names)
    measure.complements = list(
        db.session.scalars(
            sa.select(GoalArea).where(
                GoalArea.id.in_(values.complement_ids - {measure.area_id}),
                GoalArea.version_id == measure.version_id,
            )
        )
    )


def _number_must_be_free(version_id: int, measure_id: int | None, number: str) -> None:
    other = db.session.scalar(
        sa.select(Measure.title).where(
            Measure.version_id == version_id,
            Measure.number == number,
            Measure.id != (measure_id or 0),
        )
    )
    if other is not None:
        raise Refused(
            _(
                "Numret %(number)s har redan åtgärden ”%(title)s”. Välj ett annat.",
                number=number,
                title=other,
            ),
            "number",
        )


def _taken(number: str) -> Refused:
    return Refused(
        _("Numret %(number)s används redan i planen. Välj ett annat.", number=number), "number"
    )
