"""What a plan's table leaves out and its documents tell: descriptions, dates and kinds."""

from dataclasses import dataclass
from datetime import date

import sqlalchemy as sa

from registry.db import db
from registry.people.permissions import Viewer
from registry.plan.models import Measure, MeasureKind
from registry.plan.visibility import visible_measures


@dataclass(frozen=True, slots=True)
class Details:
    description: str
    kind: MeasureKind
    starts_on: date | None
    ends_on: date | None
    source: str


def read(viewer: Viewer, version_id: int) -> dict[int, Details]:
    """By measure, for all that the viewer may read, in one query."""
    rows = db.session.execute(
        sa.select(
            Measure.id,
            Measure.description,
            Measure.kind,
            Measure.starts_on,
            Measure.ends_on,
            Measure.source,
        ).where(Measure.version_id == version_id, visible_measures(viewer))
    )
    return {row[0]: Details(*row[1:]) for row in rows}
