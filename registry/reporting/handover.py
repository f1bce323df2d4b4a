"""A measure that several boards share may be handed to one of the others to answer.

The report stays its board's own, and only that board's approver submits it. Both boards may write
meanwhile; the one may hand the measure back, the other take it back.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import sqlalchemy as sa
from flask_babel import gettext as _
from sqlalchemy.orm.exc import StaleDataError

from registry.audit import log
from registry.conflict import Conflict
from registry.db import db, now
from registry.people.models import Board, RoleGrant, User
from registry.people.permissions import HOLDERS, Permission, Viewer, require
from registry.plan.models import Measure, Responsibility
from registry.reporting import writing
from registry.reporting.models import (
    ItemState,
    Report,
    ReportItem,
    ReportState,
    Round,
    RoundState,
)
from registry.reporting.rounds import CannotReport


@dataclass(frozen=True)
class Handed:
    """A measure of another board's report that the viewer's board has been asked to answer."""

    item_id: int
    number: str
    title: str
    of_board: str
    to_board: str
    round: Round
    state: ItemState
    note: str


def candidates(item: ReportItem) -> list[tuple[int, str]]:
    """The boards it can be handed to: they share the measure and have somebody who reports."""
    asked = {"measure": item.measure_id, "board": item.report.board_id}
    return [(board_id, name) for board_id, name in db.session.execute(_CANDIDATES, asked)]


_writers = (
    sa.select(RoleGrant.board_id)
    .join(User, User.id == RoleGrant.user_id)
    .where(User.active, RoleGrant.role.in_(sorted(HOLDERS[Permission.WRITE_REPORTS])))
)
_CANDIDATES = (
    sa.select(Board.id, Board.name)
    .join(Responsibility, Responsibility.board_id == Board.id)
    .where(
        Responsibility.measure_id == sa.bindparam("measure"),
        Board.id != sa.bindparam("board"),
        Board.id.in_(_writers),
    )
    .order_by(Board.name)
)


def hand_over(viewer: Viewer, item_id: int, board_id: int | None, note: str) -> ReportItem:
    """Ask another board that shares the measure to answer it.

    :raises CannotReport: when that board cannot, or the report is submitted.
    """
    item = _held(item_id)
    require(viewer, Permission.WRITE_REPORTS, board_id=item.report.board_id)
    _must_be_writable(item)
    if board_id not in {one for one, _name in candidates(item)}:
        raise CannotReport(
            _("Välj en nämnd eller ett bolag som delar åtgärden och har någon som rapporterar.")
        )
    _move(viewer, item, "report.hand_over", board_id, note)
    return item


def take_back(viewer: Viewer, item_id: int) -> ReportItem:
    """The report's own board answers itself after all."""
    item = _held(item_id)
    require(viewer, Permission.WRITE_REPORTS, board_id=item.report.board_id)
    _must_be_writable(item)
    with log.action("report.take_back"):
        item.handed_to_id = item.handed_at = item.handed_by_id = None
        item.handed_note = ""
        _commit()
    return item


def hand_back(viewer: Viewer, item_id: int, note: str) -> ReportItem:
    """The board that was asked gives the measure back; what it has written stays.

    :raises Denied: unless it is handed to a board of the viewer's.
    """
    item = _held(item_id)
    if item.handed_to_id is None:
        require(viewer, Permission.WRITE_REPORTS, board_id=item.report.board_id)
        raise CannotReport(_("Åtgärden är inte överlämnad."))
    require(viewer, Permission.WRITE_REPORTS, board_id=item.handed_to_id)
    _must_be_writable(item)
    _move(viewer, item, "report.hand_back", None, note)
    return item


def _held(item_id: int) -> ReportItem:
    return db.session.get_one(ReportItem, item_id, with_for_update=True)


def _must_be_writable(item: ReportItem) -> None:
    writing.hold(item.report, changing=False)
    if not writing.writable(item.report):
        raise CannotReport(_("Återrapporten är inlämnad eller omgången stängd."))


def _move(viewer: Viewer, item: ReportItem, name: str, to: int | None, note: str) -> None:
    with log.action(name):
        item.handed_to_id, item.handed_note = to, note.strip()
        item.handed_at, item.handed_by_id = now(), viewer.user_id
        _commit()


def _commit() -> None:
    try:
        db.session.commit()
    except StaleDataError as error:
        db.session.rollback()
        raise Conflict from error


def handed_to(boards: Iterable[int], round_id: int | None = None) -> list[Handed]:
    """What other boards have handed to these, in rounds that are open: one query."""
    to_board = sa.orm.aliased(Board)
    query = (
        sa.select(
            ReportItem.id,
            Measure.number,
            Measure.title,
            Board.name,
            to_board.name,
            Round,
            ReportItem.state,
            ReportItem.handed_note,
        )
        .join(Report, Report.id == ReportItem.report_id)
        .join(Round, Round.id == Report.round_id)
        .join(Board, Board.id == Report.board_id)
        .join(to_board, to_board.id == ReportItem.handed_to_id)
        .join(Measure, Measure.id == ReportItem.measure_id)
        .where(
            ReportItem.handed_to_id.in_(list(boards)),
            Report.current,
            Report.state == ReportState.DRAFT,
            Round.state == RoundState.OPEN,
        )
        .order_by(Round.opens_on.desc(), Board.name, Measure.plan_order)
    )
    if round_id is not None:
        query = query.where(Round.id == round_id)
    return [Handed(*row) for row in db.session.execute(query)]
