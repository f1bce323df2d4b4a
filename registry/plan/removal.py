"""Deleting parts of a plan: only what is empty, and never what has been reported on."""

from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _

from registry.audit import log
from registry.business_plan.models import BusinessPlanEntry, MeasureCost
from registry.db import Base, db
from registry.effects.models import EffectMethod, EffectMetric, MetricValue
from registry.host.models import DomainData, SealedData, SubjectKind
from registry.people.permissions import Permission, Viewer, require
from registry.plan.editing import Refused, must_be_editable, saving, version_of
from registry.plan.models import Activity, GoalArea, GoalGroup, Measure, SubGoal
from registry.plan.ordering import renumber
from registry.reporting.models import FrozenItem, ItemValue, MeasureNote, Outcome, ReportItem

REMOVABLE: dict[str, type[Any]] = {
    "group": GoalGroup,
    "area": GoalArea,
    "subgoal": SubGoal,
    "measure": Measure,
    "activity": Activity,
    "metric": EffectMetric,
    "method": EffectMethod,
}


def refusal(row: Base) -> str:
    """Why this cannot be deleted and what to do instead; empty when it can."""
    if isinstance(row, GoalGroup) and _any(GoalArea.group_id == row.id):
        return _("Huvudområdet har målområden. Flytta eller ta bort dem först.")
    if isinstance(row, GoalArea) and _any(SubGoal.area_id == row.id):
        return _("Målområdet har delmål. Flytta eller ta bort dem först.")
    if isinstance(row, SubGoal) and _any(Measure.subgoal_id == row.id):
        return _("Delmålet har åtgärder. Flytta eller ta bort dem först.")
    if isinstance(row, Measure) and _reported(row.id):
        return _(
            "Åtgärden ingår i en återrapportering och finns därför kvar. "
            "Ändra läget till Genomförd eller Avslutad i förtid i stället."
        )
    if isinstance(row, EffectMetric) and (
        _any(MetricValue.metric_id == row.id) or _any(ItemValue.metric_id == row.id)
    ):
        return _(
            "Effektmåttet har värden och finns därför kvar. "
            "Ändra det och markera att det inte används längre."
        )
    return ""


def delete(viewer: Viewer, row: Any) -> None:
    """Delete a part of a plan that is empty and was never reported on.

    :raises Refused: with the reason and what to do instead.
    """
    require(viewer, Permission.EDIT_PLAN)
    version = version_of(row)
    must_be_editable(version)
    reason = refusal(row)
    if reason:
        raise Refused(reason)
    with log.action(f"{row.__tablename__}.delete"), saving(row):
        if isinstance(row, Measure):
            _delete_what_hangs_on(row)
        db.session.delete(row)
        renumber(version.id)


def _any(condition: sa.ColumnElement[bool]) -> bool:
    return bool(db.session.scalar(sa.select(sa.exists().where(condition))))


def _reported(measure_id: int) -> bool:
    return (
        _any(ReportItem.measure_id == measure_id)
        or _any(FrozenItem.measure_id == measure_id)
        or _any(Outcome.measure_id == measure_id)
        or _any(
            sa.and_(EffectMetric.measure_id == measure_id, MetricValue.metric_id == EffectMetric.id)
        )
    )


def _delete_what_hangs_on(measure: Measure) -> None:
    """Row by row, so that the log sees each; ids may come again, so domain data goes too."""
    for model in (EffectMethod, EffectMetric, BusinessPlanEntry, MeasureCost, MeasureNote):
        for row in db.session.scalars(sa.select(model).where(model.measure_id == measure.id)):
            db.session.delete(row)
    for data in db.session.scalars(
        sa.select(DomainData).where(
            DomainData.subject_kind == SubjectKind.MEASURE, DomainData.subject_id == measure.id
        )
    ):
        db.session.delete(data)
    for sealed in db.session.scalars(
        sa.select(SealedData).where(
            SealedData.subject_kind == SubjectKind.MEASURE, SealedData.subject_id == measure.id
        )
    ):
        db.session.delete(sealed)
    db.session.flush()
