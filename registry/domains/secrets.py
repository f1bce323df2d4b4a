"""Read the secret answers on a measure or in a report: who may, and what may be known without."""

from dataclasses import dataclass

import sqlalchemy as sa

from registry.db import db
from registry.host import vault
from registry.host.models import SubjectKind
from registry.people.permissions import Permission, Viewer, require
from registry.plan.models import GoalArea, Measure
from registry.plan.visibility import visible_measures
from registry.reporting.models import FrozenItem, Report, ReportItem


@dataclass(frozen=True)
class Subject:
    """A measure, or what a board reports on it, with the secret answers that lie there."""

    kind: SubjectKind
    id: int
    domain: str
    measure_id: int
    number: str
    title: str
    board: str
    marks: list[vault.Mark]


def subject(viewer: Viewer, domain: str, kind: SubjectKind, subject_id: int) -> Subject | None:
    """What is withheld there; ``None`` when there is no such thing that the viewer may see.

    :raises Denied: unless the viewer reads the domain, and the board's reports.
    """
    require(viewer, Permission.READ_DOMAIN, domain=domain)
    row = db.session.execute(_STATEMENTS[kind].where(visible_measures(viewer)), {"id": subject_id})
    found = row.first()
    if found is None:
        return None
    if found.board_id is not None:
        require(viewer, Permission.READ_REPORTS, board_id=found.board_id)
    marks = vault.marks(kind, [subject_id])[subject_id][domain]
    return Subject(
        kind,
        subject_id,
        domain,
        found.id,
        found.number,
        found.title,
        found.board or "",
        sorted(marks.values(), key=lambda mark: mark.label),
    )


def open_subject(viewer: Viewer, found: Subject, reason: str) -> list[vault.Opened]:
    """Open what lies there; each answer is in the log before it is shown.

    :raises Denied: without clearance for the domain.
    :raises vault.NoReason: when the reader gives none.
    """
    require(viewer, Permission.READ_SECRETS, domain=found.domain)
    opened = vault.open_answers(viewer, found.domain, found.kind, found.id, reason)
    db.session.commit()
    return opened


_none = sa.null()
_MEASURE = (
    sa.select(
        Measure.id,
        Measure.number,
        Measure.title,
        sa.type_coerce(_none, sa.Integer).label("board_id"),
        sa.type_coerce(_none, sa.Text).label("board"),
    )
    .join(GoalArea, GoalArea.id == Measure.area_id)
    .where(Measure.id == sa.bindparam("id"))
)
_ITEM = (
    sa.select(
        Measure.id, Measure.number, Measure.title, Report.board_id, sa.literal("").label("board")
    )
    .join(ReportItem, ReportItem.measure_id == Measure.id)
    .join(Report, Report.id == ReportItem.report_id)
    .where(ReportItem.id == sa.bindparam("id"))
)
_FROZEN = (
    sa.select(
        Measure.id, Measure.number, Measure.title, Report.board_id, Report.board_name.label("board")
    )
    .join(FrozenItem, FrozenItem.measure_id == Measure.id)
    .join(Report, Report.id == FrozenItem.report_id)
    .where(FrozenItem.id == sa.bindparam("id"))
)
_STATEMENTS = {
    SubjectKind.MEASURE: _MEASURE,
    SubjectKind.REPORT_ITEM: _ITEM,
    SubjectKind.FROZEN_ITEM: _FROZEN,
}
