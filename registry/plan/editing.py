"""What every change of a plan shares: may it be made, has someone else saved, what is refused."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TypeVar

import sqlalchemy as sa
from flask_babel import gettext as _
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm.exc import StaleDataError

from registry.audit.models import AuditEntry
from registry.conflict import Conflict
from registry.db import Base, Locked, db
from registry.effects.models import EffectMethod, EffectMetric
from registry.people.models import User
from registry.people.permissions import Permission, Viewer, require
from registry.plan.models import (
    Activity,
    GoalArea,
    GoalGroup,
    Measure,
    PlanVersion,
    SubGoal,
    VersionState,
)


class Refused(Exception):
    """A change that cannot be made; ``message`` is for the person, and says what to do.

    :param field: the form field it concerns; empty when it concerns the whole.
    """

    def __init__(self, message: str, field: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.field = field


Part = GoalGroup | GoalArea | SubGoal | Measure | Activity | EffectMetric | EffectMethod
Row = TypeVar("Row", bound=Base)


def version_of(part: Part | PlanVersion) -> PlanVersion:
    """The version of the plan that a part belongs to."""
    if isinstance(part, PlanVersion):
        return part
    owner = part.measure if isinstance(part, Activity | EffectMetric | EffectMethod) else part
    version = db.session.get(PlanVersion, owner.version_id)
    if version is None:
        raise LookupError(f"version {owner.version_id}")
    return version


def must_be_editable(version: PlanVersion) -> None:
    """:raises Refused: for a replaced version. A published one is corrected, and that is logged."""
    if version.state is VersionState.REPLACED:
        raise Refused(_("Den här versionen är ersatt och står kvar som den var. Ändra i den nya."))


def open_row(viewer: Viewer, model: type[Row], row_id: int) -> Row | None:
    """A part of a plan, to edit; ``None`` when there is none.

    :raises Denied: unless the viewer may edit plans.
    :raises Refused: when its version is replaced.
    """
    require(viewer, Permission.EDIT_PLAN)
    row = db.session.get(model, row_id)
    if row is not None:
        must_be_editable(version_of(row))  # type: ignore[arg-type]
    return row


def must_be_unchanged(row: Locked, row_version: int) -> None:
    """:raises Conflict: when the row has been saved since the form was opened."""
    if row.row_version != row_version:
        raise Conflict(last_saver(row))


def last_saver(row: Locked) -> str:
    """The name of whoever saved the row last; empty when the log does not know."""
    state = sa.inspect(row)
    (row_id,) = state.identity
    name: str | None = db.session.scalar(
        sa.select(User.name)
        .join(AuditEntry, AuditEntry.actor_id == User.id)
        .where(
            AuditEntry.object_kind == state.mapper.local_table.name,
            AuditEntry.object_id == row_id,
        )
        .order_by(AuditEntry.id.desc())
        .limit(1)
    )
    return name or ""


@contextmanager
def saving(row: Locked | None = None, taken: Refused | None = None) -> Iterator[None]:
    """Commit what is done within.

    :raises Conflict: when someone else saved the same row at the same moment.
    :raises Refused: ``taken``, when the database knows the number or title already.
    """
    try:
        yield
        db.session.commit()
    except StaleDataError as error:
        db.session.rollback()
        raise Conflict(last_saver(row) if row is not None else "") from error
    except IntegrityError as error:
        db.session.rollback()
        if taken is None:
            raise
        raise taken from error


def next_position(model: type[Base], parent: sa.ColumnElement[bool]) -> int:
    """The position after the last of those with the same parent."""
    last = db.session.scalar(
        sa.select(sa.func.max(sa.column("position"))).select_from(model).where(parent)
    )
    return 0 if last is None else int(last) + 1
