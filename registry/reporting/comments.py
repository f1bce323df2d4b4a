"""What coordinator, domain lead and board say to each other on a report, or on a measure of it.

Comments follow board × round through all revisions. They are no part of what is submitted.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from registry import events
from registry.audit import log
from registry.db import db, now
from registry.people.models import BOARD_ROLES, DOMAIN_ROLES, User
from registry.people.permissions import HOLDERS, Denied, Permission, Viewer, may
from registry.plan.models import GoalArea, Measure
from registry.reporting.models import ItemComment, Report, ReportItem


@dataclass(frozen=True)
class Comment:
    """A comment as it is read; names are empty when the person has been removed."""

    id: int
    measure_id: int | None
    number: str | None
    title: str | None
    text: str
    author: str | None
    written_at: datetime
    resolved_at: datetime | None
    resolved_by: str | None

    @property
    def open(self) -> bool:
        return self.resolved_at is None


def visible(viewer: Viewer) -> sa.ColumnElement[bool]:
    """The condition on :class:`ItemComment` under which the viewer may read it."""
    wide = HOLDERS[Permission.READ_COMMENTS] - BOARD_ROLES - DOMAIN_ROLES
    if viewer.roles & wide:
        return sa.true()
    boards = sorted(viewer.boards(Permission.READ_COMMENTS))
    domains = sorted(viewer.domains(Permission.READ_COMMENTS))
    handed = (
        sa.select(ReportItem.id)
        .join(Report, Report.id == ReportItem.report_id)
        .where(
            Report.round_id == ItemComment.round_id,
            Report.board_id == ItemComment.board_id,
            ReportItem.measure_id == ItemComment.measure_id,
            ReportItem.handed_to_id.in_(boards),
            Report.current,
        )
    )
    own_domain = (
        sa.select(Measure.id)
        .join(GoalArea, GoalArea.id == Measure.area_id)
        .where(GoalArea.domain.in_(domains))
    )
    return sa.or_(
        ItemComment.board_id.in_(boards),
        sa.exists(handed),
        ItemComment.measure_id.in_(own_domain),
    )


_author, _resolver = aliased(User), aliased(User)
_COMMENTS: sa.Select[*tuple[Any, ...]] = (
    sa.select(
        ItemComment.id,
        ItemComment.measure_id,
        Measure.number,
        Measure.title,
        ItemComment.text,
        _author.name,
        ItemComment.written_at,
        ItemComment.resolved_at,
        _resolver.name,
    )
    .outerjoin(Measure, Measure.id == ItemComment.measure_id)
    .outerjoin(_author, _author.id == ItemComment.author_id)
    .outerjoin(_resolver, _resolver.id == ItemComment.resolved_by_id)
    .order_by(ItemComment.id)
)
_ON_MEASURE = _COMMENTS.where(
    ItemComment.round_id == sa.bindparam("round"),
    ItemComment.board_id == sa.bindparam("board"),
    ItemComment.measure_id == sa.bindparam("measure"),
)


def on_report(viewer: Viewer, report: Report) -> list[Comment]:
    """The comments on a report and its measures, the oldest first: one query."""
    if not may(viewer, Permission.READ_COMMENTS):
        return []
    rows = db.session.execute(_COMMENTS.where(_of(report), visible(viewer)))
    return [Comment(*row) for row in rows]


def on_item(item: ReportItem) -> list[Comment]:
    """The comments on one measure, for those who write its answer: one query."""
    asked = {
        "round": item.report.round_id,
        "board": item.report.board_id,
        "measure": item.measure_id,
    }
    return [Comment(*row) for row in db.session.execute(_ON_MEASURE, asked)]


def _of(report: Report) -> sa.ColumnElement[bool]:
    return sa.and_(ItemComment.round_id == report.round_id, ItemComment.board_id == report.board_id)


def open_by_measure(viewer: Viewer, report: Report) -> dict[int | None, int]:
    """Open comments the viewer may read, by measure; ``None`` is the report as a whole."""
    if not may(viewer, Permission.READ_COMMENTS):
        return {}
    rows = db.session.execute(
        sa.select(ItemComment.measure_id, sa.func.count())
        .where(_of(report), ItemComment.resolved_at.is_(None), visible(viewer))
        .group_by(ItemComment.measure_id)
    )
    return {measure_id: count for measure_id, count in rows}


def open_by_report(viewer: Viewer, round_id: int) -> dict[int, int]:
    """Open comments the viewer may read, by current report of a round."""
    if not may(viewer, Permission.READ_COMMENTS):
        return {}
    rows = db.session.execute(
        sa.select(Report.id, sa.func.count())
        .join(
            ItemComment,
            sa.and_(
                ItemComment.round_id == Report.round_id, ItemComment.board_id == Report.board_id
            ),
        )
        .where(
            Report.round_id == round_id,
            Report.current,
            ItemComment.resolved_at.is_(None),
            visible(viewer),
        )
        .group_by(Report.id)
    )
    return {report_id: count for report_id, count in rows}


@dataclass(frozen=True)
class Place:
    """What a comment is on, and who besides the report's board has to do with it."""

    round_id: int
    board_id: int
    measure_id: int | None = None
    domain: str | None = None
    handed_to_id: int | None = None


def may_write(viewer: Viewer, place: Place) -> bool:
    """The board, whoever has been handed the measure, the coordinator; a domain lead on the
    measures of the own domain."""
    boards = (place.board_id, place.handed_to_id)
    domain = place.domain or ""  # no domain is nobody's
    return any(
        may(viewer, Permission.WRITE_COMMENTS, board_id=board, domain=domain)
        for board in boards
        if board is not None
    )


def place_of(report_id: int, measure_id: int | None = None) -> Place:
    """:raises sqlalchemy.exc.NoResultFound: when there is no such report, or measure in it."""
    if measure_id is None:
        report = db.session.get_one(Report, report_id)
        return Place(report.round_id, report.board_id)
    row = db.session.execute(
        sa.select(
            Report.round_id,
            Report.board_id,
            ReportItem.measure_id,
            GoalArea.domain,
            sa.case((Report.current, ReportItem.handed_to_id)),
        )
        .join(ReportItem, ReportItem.report_id == Report.id)
        .join(Measure, Measure.id == ReportItem.measure_id)
        .join(GoalArea, GoalArea.id == Measure.area_id)
        .where(Report.id == report_id, ReportItem.measure_id == measure_id)
    ).one()
    return Place(*row)


def require_writer(viewer: Viewer, place: Place) -> None:
    """:raises Denied:"""
    if not may_write(viewer, place):
        raise Denied(Permission.WRITE_COMMENTS)


def write(viewer: Viewer, place: Place, text: str) -> ItemComment:
    """Write a comment; it is open until somebody marks it as resolved."""
    require_writer(viewer, place)
    comment = ItemComment(
        round_id=place.round_id,
        board_id=place.board_id,
        measure_id=place.measure_id,
        text=text.strip(),
        author_id=viewer.user_id,
    )
    with log.action("comment.write"):
        db.session.add(comment)
        db.session.commit()
    events.emit(events.comment_written, comment_id=comment.id, by=viewer.user_id)
    return comment


def settle(viewer: Viewer, comment_id: int, *, resolved: bool) -> Report:
    """Mark a comment as resolved, or open it again.

    :returns: the current report that it is on.
    """
    comment = db.session.get_one(ItemComment, comment_id)
    report = db.session.scalars(
        sa.select(Report).where(
            Report.round_id == comment.round_id,
            Report.board_id == comment.board_id,
            Report.current,
        )
    ).one()
    require_writer(viewer, place_of(report.id, comment.measure_id))
    with log.action("comment.resolve" if resolved else "comment.reopen"):
        comment.resolved_at = now() if resolved else None
        comment.resolved_by_id = viewer.user_id if resolved else None
        db.session.commit()
    return report
