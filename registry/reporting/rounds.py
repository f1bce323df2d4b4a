"""Use cases of rounds: open, change, close, open again; and how far the boards have come."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import joinedload
from sqlalchemy.orm.exc import StaleDataError

from registry import events
from registry.audit import log
from registry.conflict import Conflict
from registry.db import db, now
from registry.language import alphabetical, today
from registry.people.models import BOARD_ROLES, DOMAIN_ROLES, Board
from registry.people.permissions import HOLDERS, Permission, Viewer, require
from registry.plan.models import (
    Measure,
    MeasureStatus,
    Plan,
    PlanVersion,
    Responsibility,
    VersionState,
)
from registry.reporting.models import (
    REMINDERS,
    ItemState,
    Outcome,
    Report,
    ReportItem,
    ReportState,
    Round,
    RoundException,
    RoundState,
)
from registry.reporting.period import bounds

FINISHED = (MeasureStatus.DONE, MeasureStatus.STOPPED)


class CannotReport(Exception):
    """The step is not possible now; the message tells the person why and what to do."""


@dataclass(frozen=True, kw_only=True)
class NewRound:
    """What a coordinator decides when opening a round.

    :param with_finished: ask for reports also on measures that are done or stopped already.
    """

    version_id: int
    title: str
    period: str
    opens_on: date
    due_on: date
    board_ids: frozenset[int]
    with_finished: bool = False
    closes_on: date | None = None
    reminder_days: tuple[int, ...] = REMINDERS


def open_round(viewer: Viewer, new: NewRound) -> Round:
    """Open a round: one report per board, one item per measure the board answers for.

    A board that has merged into another is replaced by its successor.

    :raises CannotReport: when the version is not published, the title is taken or nothing would
        be reported.
    """
    require(viewer, Permission.MANAGE_ROUNDS)
    version = db.session.get(PlanVersion, new.version_id)
    if version is None or version.state is not VersionState.PUBLISHED:
        raise CannotReport(_("Planen behöver publiceras innan en omgång kan öppnas."))
    if _is_taken(version.id, new.title):
        raise _taken(new.title)
    bounds(new.period)
    wanted = _measures_by_board(new)
    if not wanted:
        raise CannotReport(_("Ingen av de valda nämnderna ansvarar för någon åtgärd i planen."))
    with log.action("round.open"):
        round_ = Round(
            version_id=version.id,
            title=new.title,
            period=new.period,
            opens_on=new.opens_on,
            due_on=new.due_on,
            closes_on=new.closes_on,
            reminder_days=sorted(new.reminder_days, reverse=True),
        )
        db.session.add(round_)
        try:
            db.session.flush()
        except IntegrityError as error:  # someone opened the same round at the same moment
            db.session.rollback()
            raise _taken(new.title) from error
        reports = [Report(round_id=round_.id, board_id=board_id) for board_id in wanted]
        db.session.add_all(reports)
        db.session.flush()
    rows: list[dict[str, Any]] = [
        {"report_id": report.id, "measure_id": measure_id}
        for report in reports
        for measure_id in sorted(wanted[report.board_id])
    ]
    defaults = {"state": ItemState.NOT_STARTED, "done": "", "deviation": "", "entered": {}}
    connection = db.session.connection()
    connection.execute(
        sa.insert(ReportItem.__table__),  # type: ignore[arg-type]
        [{**row, **defaults, "row_version": 1} for row in rows],
    )
    _expect_outcomes(round_, new.with_finished)
    log.record(
        "round.items", "reporting_round", round_.id, label=new.title, after={"items": len(rows)}
    )
    db.session.commit()
    events.emit(events.round_opened, round_id=round_.id, by=viewer.user_id)
    return round_


def _is_taken(version_id: int, title: str, *, but: int | None = None) -> bool:
    others = sa.select(Round.id).where(Round.version_id == version_id, Round.title == title)
    return db.session.scalar(others.where(Round.id.is_distinct_from(but))) is not None


def _taken(title: str) -> CannotReport:
    return CannotReport(_("Det finns redan en omgång som heter %(title)s.", title=title))


def _expect_outcomes(round_: Round, with_finished: bool) -> None:
    """One outcome per measure; those not asked about keep the status they have."""
    known = sa.null() if with_finished else sa.case((Measure.status.in_(FINISHED), Measure.status))
    db.session.connection().execute(
        sa.insert(Outcome.__table__).from_select(  # type: ignore[arg-type]
            ["round_id", "measure_id", "area_id", "status", "changed_at"],
            sa.select(
                sa.literal(round_.id),
                Measure.id,
                Measure.area_id,
                sa.cast(known, sa.String(32)),
                sa.literal(now(), Outcome.__table__.c.changed_at.type),
            ).where(Measure.version_id == round_.version_id),
        )
    )


def _measures_by_board(new: NewRound) -> dict[int, set[int]]:
    where = [Measure.version_id == new.version_id]
    if not new.with_finished:
        where.append(Measure.status.not_in(FINISHED))
    rows = db.session.execute(
        sa.select(Responsibility.board_id, Measure.id)
        .join(Measure, Measure.id == Responsibility.measure_id)
        .where(*where)
    )
    heir = successors(new.opens_on)
    wanted: dict[int, set[int]] = defaultdict(set)
    for board_id, measure_id in rows:
        board = heir.get(board_id, board_id)
        if board in new.board_ids:
            wanted[board].add(measure_id)
    return dict(wanted)


def successors(day: date) -> dict[int, int]:
    """Boards that have ended by this day → who answers in their place (through all mergers)."""
    boards = {board.id: board for board in db.session.scalars(sa.select(Board))}
    heirs: dict[int, int] = {}
    for board in boards.values():
        current, seen = board, {board.id}
        while (
            current.valid_to is not None
            and current.valid_to < day
            and current.successor_id is not None
            and current.successor_id not in seen
        ):
            current = boards[current.successor_id]
            seen.add(current.id)
        if current is not board:
            heirs[board.id] = current.id
    return heirs


def reporting_boards(version_id: int, day: date) -> list[tuple[int, str, int]]:
    """Boards that could report on a version: id, name, number of measures (successors in place)."""
    heir = successors(day)
    counted: dict[int, set[int]] = defaultdict(set)
    for board_id, measure_id in db.session.execute(
        sa.select(Responsibility.board_id, Responsibility.measure_id)
        .join(Measure, Measure.id == Responsibility.measure_id)
        .where(Measure.version_id == version_id)
    ):
        counted[heir.get(board_id, board_id)].add(measure_id)
    names = dict(db.session.execute(sa.select(Board.id, Board.name)).all())
    found = [(board_id, names[board_id], len(ids)) for board_id, ids in counted.items()]
    return sorted(found, key=lambda row: alphabetical(row[1]))


def published_versions() -> list[tuple[int, str]]:
    """The plan versions a round can be opened on: id and title."""
    rows = db.session.execute(
        sa.select(PlanVersion.id, Plan.title)
        .join(Plan, Plan.id == PlanVersion.plan_id)
        .where(PlanVersion.state == VersionState.PUBLISHED)
        .order_by(PlanVersion.published_at.desc())
    )
    return [(version_id, title) for version_id, title in rows]


def change_round(
    viewer: Viewer,
    round_id: int,
    row_version: int,
    *,
    title: str,
    due_on: date,
    closes_on: date | None = None,
    reminder_days: Sequence[int] = REMINDERS,
) -> Round:
    """Move the days or mend the title.

    :raises Conflict: when someone else has changed the round since the form was opened.
    :raises CannotReport: when the title is taken or the day comes before the round opened.
    """
    require(viewer, Permission.MANAGE_ROUNDS)
    round_ = db.session.get_one(Round, round_id)
    if round_.row_version != row_version:
        raise Conflict
    if due_on < round_.opens_on:
        raise CannotReport(_("Sista dagen kan inte ligga före dagen då omgången öppnade."))
    if _is_taken(round_.version_id, title, but=round_id):
        raise _taken(title)
    round_.title, round_.due_on, round_.closes_on = title, due_on, closes_on
    if sorted(reminder_days) != sorted(round_.reminder_days):
        round_.reminder_days = sorted(reminder_days, reverse=True)
    try:
        db.session.commit()
    except StaleDataError as error:
        raise Conflict from error
    except IntegrityError as error:
        raise _taken(title) from error
    return round_


def close_round(viewer: Viewer, round_id: int) -> None:
    """Close the round: nothing more can be saved; boards that are missing stay visible as late."""
    _set_state(viewer, round_id, RoundState.CLOSED, "round.close")


def reopen_round(viewer: Viewer, round_id: int) -> None:
    """:raises CannotReport: once the follow-up has been published."""
    _set_state(viewer, round_id, RoundState.OPEN, "round.reopen")


def _set_state(viewer: Viewer, round_id: int, state: RoundState, name: str) -> None:
    require(viewer, Permission.MANAGE_ROUNDS)
    round_ = db.session.get_one(Round, round_id, with_for_update=True)
    if state is RoundState.OPEN and round_.published_at is not None:
        raise CannotReport(_("Uppföljningen är publicerad. Omgången kan inte öppnas igen."))
    with log.action(name):
        round_.state = state
        round_.closed_at = now() if state is RoundState.CLOSED else None
        db.session.commit()


@dataclass(frozen=True)
class BoardProgress:
    """How far one board has come in a round."""

    report_id: int
    board: str
    state: ReportState
    revision: int
    not_started: int
    drafts: int
    ready: int
    submitted_at: datetime | None
    due_on: date
    own_day: bool
    late: bool

    @property
    def total(self) -> int:
        return self.not_started + self.drafts + self.ready

    @property
    def all_ready(self) -> bool:
        return self.state is ReportState.DRAFT and self.ready == self.total

    @property
    def submitted(self) -> bool:
        return self.state in (ReportState.SUBMITTED, ReportState.ACCEPTED)


def all_rounds(viewer: Viewer) -> list[Round]:
    """Every round, the newest first."""
    require(viewer, Permission.READ_REPORTS)
    return list(
        db.session.scalars(
            sa.select(Round)
            .options(joinedload(Round.version).joinedload(PlanVersion.plan))
            .order_by(Round.opens_on.desc(), Round.id.desc())
        )
    )


def progress(viewer: Viewer, round_: Round) -> list[BoardProgress]:
    """The boards of a round the viewer may see, by name: two queries however many boards."""
    require(viewer, Permission.READ_REPORTS)
    states = {
        state: sa.func.sum(sa.case((ReportItem.state == state, 1), else_=0)) for state in ItemState
    }
    query = (
        sa.select(
            Report.id,
            Board.name,
            Report.state,
            Report.revision,
            states[ItemState.NOT_STARTED],
            states[ItemState.DRAFT],
            states[ItemState.READY],
            Report.submitted_at,
            RoundException.due_on,
        )
        .join(Board, Board.id == Report.board_id)
        .outerjoin(ReportItem, ReportItem.report_id == Report.id)
        .outerjoin(
            RoundException,
            sa.and_(
                RoundException.round_id == Report.round_id,
                RoundException.board_id == Report.board_id,
            ),
        )
        .where(Report.round_id == round_.id, Report.current)
        .group_by(
            Report.id,
            Board.name,
            Report.state,
            Report.revision,
            Report.submitted_at,
            RoundException.due_on,
        )
    )
    own = only_boards(viewer)
    if own is not None:
        query = query.where(Report.board_id.in_(own))
    found = [
        BoardProgress(
            report_id=report_id,
            board=board,
            state=state,
            revision=revision,
            not_started=not_started or 0,
            drafts=drafts or 0,
            ready=ready or 0,
            submitted_at=submitted_at,
            due_on=own_day or round_.due_on,
            own_day=own_day is not None,
            late=(own_day or round_.due_on) < today()
            and state not in (ReportState.SUBMITTED, ReportState.ACCEPTED),
        )
        for (
            report_id,
            board,
            state,
            revision,
            not_started,
            drafts,
            ready,
            submitted_at,
            own_day,
        ) in db.session.execute(query)
    ]
    return sorted(found, key=lambda one: alphabetical(one.board))


def only_boards(viewer: Viewer) -> frozenset[int] | None:
    """The boards whose reports the viewer may read; ``None`` means all of them."""
    wide = viewer.roles & (HOLDERS[Permission.READ_REPORTS] - BOARD_ROLES)
    return None if wide else viewer.boards(Permission.READ_REPORTS)


def only_boards_in(viewer: Viewer, domain: str | None) -> frozenset[int] | None:
    """The boards whose answers the viewer may read on measures of a domain; ``None`` means all.

    A domain lead reads all boards in the domain that is theirs, and no other by that role.
    """
    wide = viewer.roles & (HOLDERS[Permission.READ_REPORTS] - BOARD_ROLES - DOMAIN_ROLES)
    if wide or (domain is not None and domain in viewer.domains(Permission.READ_REPORTS)):
        return None
    return viewer.boards(Permission.READ_REPORTS)
