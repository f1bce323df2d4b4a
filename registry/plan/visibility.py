"""Who sees which versions of a plan: one rule for list, page, count, chart and export.

Signed out: what is published. With any role: what was published before as well. Coordinators
and auditors: drafts too.
"""

import sqlalchemy as sa

from registry.people.models import Role
from registry.people.permissions import Viewer
from registry.plan.models import Measure, PlanVersion, VersionState

_DRAFT_READERS = frozenset({Role.COORDINATOR, Role.AUDITOR})


def visible_states(viewer: Viewer) -> frozenset[VersionState]:
    """The states of a version that the viewer may read."""
    if viewer.roles & _DRAFT_READERS:
        return frozenset(VersionState)
    if viewer.roles:
        return frozenset({VersionState.PUBLISHED, VersionState.REPLACED})
    return frozenset({VersionState.PUBLISHED})


def visible_versions(viewer: Viewer) -> sa.ColumnElement[bool]:
    """The condition on :class:`PlanVersion` under which the viewer may read it."""
    return PlanVersion.state.in_(sorted(visible_states(viewer)))


def visible_measures(viewer: Viewer) -> sa.ColumnElement[bool]:
    """The condition on :class:`Measure` under which the viewer may read it."""
    return Measure.version_id.in_(sa.select(PlanVersion.id).where(visible_versions(viewer)))
