"""Read the secret answers on a measure or in a report: who may, and what may be known without."""

from dataclasses import dataclass

import sqlalchemy as sa

from registry.db import db
from registry.host import vault
from registry.host.models import SubjectKind
from registry.people.models import Board
from registry.people.permissions import Denied, Permission, Viewer, require
from registry.plan.models import GoalArea, Measure
from registry.plan.visibility import visible_measures
from registry.reporting.models import FrozenItem, Report, ReportItem
from registry.reporting.rounds import only_boards_in


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
    boards = only_boards_in(viewer, domain)
    if found.board_id is not None and boards is not None and found.board_id not in boards:
        raise Denied(Permission.READ_REPORTS)
    marks = vault.marks(kind, [subject_id])[subject_id][domain]
    if not marks and found.domain != domain:
        return None  # the measure is another domain's, or nobody's
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
        GoalArea.domain,
        sa.type_coerce(_none, sa.Integer).label("board_id"),
        sa.type_coerce(_none, sa.Text).label("board"),
    )
    .join(GoalArea, GoalArea.id == Measure.area_id)
    .where(Measure.id == sa.bindparam("id"))
)
_ITEM = (
    sa.select(
        Measure.id,
        Measure.number,
        Measure.title,
        GoalArea.domain,
        Report.board_id,
        Board.name.label("board"),
    )
    .join(GoalArea, GoalArea.id == Measure.area_id)
    .join(ReportItem, ReportItem.measure_id == Measure.id)
    .join(Report, Report.id == ReportItem.report_id)
    .join(Board, Board.id == Report.board_id)
    .where(ReportItem.id == sa.bindparam("id"))
)
_FROZEN = (
    sa.select(
        Measure.id,
        Measure.number,
        Measure.title,
        GoalArea.domain,
        Report.board_id,
        Report.board_name.label("board"),
    )
    .join(GoalArea, GoalArea.id == Measure.area_id)
    .join(FrozenItem, FrozenItem.measure_id == Measure.id)
    .join(Report, Report.id == FrozenItem.report_id)
    .where(FrozenItem.id == sa.bindparam("id"))
)
_STATEMENTS = {
    SubjectKind.MEASURE: _MEASURE,
    SubjectKind.REPORT_ITEM: _ITEM,
    SubjectKind.FROZEN_ITEM: _FROZEN,
}
