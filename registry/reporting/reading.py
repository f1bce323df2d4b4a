"""What the pages of reports show: a board's task list, a submitted report as it was."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa

from registry.db import db
from registry.people.models import BOARD_ROLES, DOMAIN_ROLES, Board
from registry.people.permissions import HOLDERS, Permission, Viewer
from registry.plan.models import GoalArea, Measure, MeasureStatus, Partner, Responsibility
from registry.reporting import calendar, comments, outcomes, previous
from registry.reporting.attaching import links
from registry.reporting.models import (
    FrozenItem,
    FrozenValue,
    ItemState,
    Report,
    ReportItem,
    ReportState,
    Round,
    RoundException,
)
from registry.reporting.rounds import only_boards_in

PAGE = 50


@dataclass(frozen=True)
class Task:
    """One measure of a board's report, in its task list."""

    item_id: int
    number: str
    title: str
    area: str
    state: ItemState
    status: MeasureStatus | None
    saved_at: datetime | None
    shared_with: str
    before: previous.Before | None
    handed_to: str
    came_back: bool
    comments: int = 0


@dataclass(frozen=True)
class Tasks:
    rows: list[Task]
    counts: dict[ItemState, int]
    page: int
    pages: int
    shown: ItemState | None
    comments: int = 0

    @property
    def total(self) -> int:
        return sum(self.counts.values())

    @property
    def ready(self) -> int:
        return self.counts[ItemState.READY]

    @property
    def left(self) -> int:
        return self.total - self.ready


def tasks(
    viewer: Viewer, report: Report, *, state: ItemState | None = None, page: int = 1
) -> Tasks:
    """A page of the report's measures, those that wait first: a fixed number of queries."""
    asked = {"report": report.id}
    counted, listed = _COUNTED, _LISTED
    domains = own_domains(viewer, report)
    if domains is not None:
        theirs = ReportItem.measure_id.in_(
            sa.select(Measure.id)
            .join(GoalArea, GoalArea.id == Measure.area_id)
            .where(GoalArea.domain.in_(domains))
        )
        counted, listed = counted.where(theirs), listed.where(theirs)
    counts = dict.fromkeys(ItemState, 0)
    counts.update(dict(db.session.execute(counted, asked).all()))
    if state:
        listed = listed.where(ReportItem.state == state)
    size = counts[state] if state else sum(counts.values())
    pages = max(1, -(-size // PAGE))
    page = min(max(1, page), pages)
    rows = db.session.execute(listed.limit(PAGE).offset((page - 1) * PAGE), asked).all()
    ids = [row[0] for row in rows]
    others = _others(ids, report.board_id)
    before = previous.before(report.board_id, report.round, ids)
    said = comments.open_by_measure(viewer, report)
    shown = [
        Task(
            item,
            number,
            title,
            area,
            at,
            status,
            saved,
            others.get(key, ""),
            before.get(key),
            handed_to or "",
            handed_at is not None and not handed_to,
            said.get(key, 0),
        )
        for key, item, number, title, area, at, status, saved, handed_to, handed_at in rows
    ]
    return Tasks(shown, counts, page, pages, state, sum(said.values()))


_of_report = ReportItem.report_id == sa.bindparam("report")
_COUNTED = sa.select(ReportItem.state, sa.func.count()).where(_of_report).group_by(ReportItem.state)
_LISTED: sa.Select[*tuple[Any, ...]] = (
    sa.select(
        ReportItem.measure_id,
        ReportItem.id,
        Measure.number,
        Measure.title,
        GoalArea.title,
        ReportItem.state,
        ReportItem.status,
        ReportItem.saved_at,
        Board.name,
        ReportItem.handed_at,
    )
    .outerjoin(Board, Board.id == ReportItem.handed_to_id)
    .join(Measure, Measure.id == ReportItem.measure_id)
    .join(GoalArea, GoalArea.id == Measure.area_id)
    .where(_of_report)
    .order_by(sa.case((ReportItem.state == ItemState.READY, 1), else_=0), Measure.plan_order)
)


def _others(measure_ids: list[int], board_id: int) -> dict[int, str]:
    """Who else carries the measures: boards and partners, as one line of names."""
    names: dict[int, list[str]] = defaultdict(list)
    asked = {"measures": measure_ids, "board": board_id}
    for measure_id, name in db.session.execute(_OTHERS, asked):
        names[measure_id].append(name)
    return {measure_id: ", ".join(found) for measure_id, found in names.items()}


_measures: sa.BindParameter[Any] = sa.bindparam("measures", expanding=True)
_OTHERS = sa.union_all(
    sa.select(Responsibility.measure_id, Board.name.label("name"))
    .join(Board, Board.id == Responsibility.board_id)
    .where(
        Responsibility.measure_id.in_(_measures), Responsibility.board_id != sa.bindparam("board")
    ),
    sa.select(Partner.measure_id, Partner.name).where(Partner.measure_id.in_(_measures)),
)


@dataclass(frozen=True)
class MeasureLine:
    """A measure of a report, to choose among."""

    id: int
    number: str
    title: str
    domain: str | None


def measures(viewer: Viewer, report: Report) -> list[MeasureLine]:
    """The measures of a report that the viewer reads, in plan order."""
    query = (
        sa.select(Measure.id, Measure.number, Measure.title, GoalArea.domain)
        .join(ReportItem, ReportItem.measure_id == Measure.id)
        .join(GoalArea, GoalArea.id == Measure.area_id)
        .where(ReportItem.report_id == report.id)
        .order_by(Measure.plan_order, Measure.id)
    )
    domains = own_domains(viewer, report)
    if domains is not None:
        query = query.where(GoalArea.domain.in_(domains))
    return [MeasureLine(*row) for row in db.session.execute(query)]


def own_domains(viewer: Viewer, report: Report) -> frozenset[str] | None:
    """The domains a domain lead is held to in this report; ``None`` when another role, held for
    all or for this board, reads the whole of it."""
    wide = HOLDERS[Permission.READ_REPORTS] - BOARD_ROLES - DOMAIN_ROLES
    if viewer.roles & wide or report.board_id in viewer.boards(Permission.READ_REPORTS):
        return None
    return viewer.domains(Permission.READ_REPORTS)


@dataclass(frozen=True)
class FrozenFile:
    """A file that was handed in with the report."""

    id: int
    name: str
    media_type: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class FrozenAnswer:
    """``value`` is the JSON value; it and ``text`` are empty for no answer and a secret one."""

    label: str
    text: str
    kind: str
    secrecy: str | None = None
    name: str = ""
    unit: str = ""
    value: Any = None
    data_version: int | None = None


@dataclass(frozen=True, slots=True)
class FrozenSection:
    """Answers that belong together: the core's, a domain's (by its name then), effect values."""

    title: str
    answers: list[FrozenAnswer]
    domain: str | None = None
    kind: str = "core"

    @property
    def secret(self) -> bool:
        return any(answer.secrecy for answer in self.answers)


@dataclass(frozen=True)
class FrozenMeasure:
    number: str
    title: str
    area: str
    subgoal: str
    status: MeasureStatus
    completed_by: str
    completed_at: datetime | None
    unchecked_by: str
    measure_id: int
    item_id: int
    sections: list[FrozenSection] = field(default_factory=list)
    files: list[FrozenFile] = field(default_factory=list)


def frozen(viewer: Viewer, report: Report) -> list[FrozenMeasure]:
    """A submitted report as it was: two queries, no plugin needed."""
    query = sa.select(FrozenItem).where(FrozenItem.report_id == report.id)
    domains = own_domains(viewer, report)
    if domains is not None:
        query = (
            query.join(Measure, Measure.id == FrozenItem.measure_id)
            .join(GoalArea, GoalArea.id == Measure.area_id)
            .where(GoalArea.domain.in_(domains))
        )
    items = db.session.scalars(query.order_by(FrozenItem.position)).all()
    values: dict[int, list[Any]] = defaultdict(list)
    for row in db.session.execute(_FROZEN_VALUES, {"report": report.id}):
        values[row.item_id].append(row)
    return [
        FrozenMeasure(
            item.measure_number,
            item.measure_title,
            item.area_title,
            item.subgoal_title,
            item.status,
            item.completed_by,
            item.completed_at,
            item.unchecked_by,
            item.measure_id,
            item.id,
            _sections(value for value in values[item.id] if value.section != links.SECTION),
            [_file(value) for value in values[item.id] if value.section == links.SECTION],
        )
        for item in items
    ]


def _file(value: Any) -> FrozenFile:
    kept: dict[str, Any] = value.value or {}
    return FrozenFile(name=value.text, **kept)


_FROZEN_VALUES = (
    sa.select(
        FrozenValue.item_id,
        FrozenValue.section,
        FrozenValue.domain,
        FrozenValue.domain_title,
        FrozenValue.label,
        FrozenValue.text,
        FrozenValue.kind,
        FrozenValue.secrecy,
        FrozenValue.name,
        FrozenValue.unit,
        FrozenValue.value,
        FrozenValue.data_version,
    )
    .join(FrozenItem, FrozenItem.id == FrozenValue.item_id)
    .where(FrozenItem.report_id == sa.bindparam("report"))
    .order_by(FrozenValue.item_id, FrozenValue.position)
)


def _sections(values: Iterable[Any]) -> list[FrozenSection]:
    found: dict[tuple[str, str], FrozenSection] = {}
    for row in values:
        key = (row.section, row.domain_title)
        section = found.get(key)
        if section is None:
            section = FrozenSection(row.domain_title, [], row.domain, row.section)
            found[key] = section
        if row.name != "status":
            section.answers.append(FrozenAnswer(*row[4:]))
    return list(found.values())


def revisions(report: Report) -> list[Report]:
    """All revisions of this board's report in this round, the first first."""
    asked = {"round": report.round_id, "board": report.board_id}
    return list(db.session.scalars(_REVISIONS, asked))


_REVISIONS = (
    sa.select(Report)
    .where(Report.round_id == sa.bindparam("round"), Report.board_id == sa.bindparam("board"))
    .order_by(Report.revision)
)


@dataclass(frozen=True)
class Work:
    """A report of one of the viewer's boards, with how many measures wait."""

    report_id: int
    board: str
    round: Round
    due_on: date
    state: ReportState
    left: int
    total: int
    returned: bool


def my_work(viewer: Viewer) -> list[Work]:
    """The current reports of the viewer's boards, the newest round first."""
    boards = viewer.boards(Permission.WRITE_REPORTS)
    waiting = sa.func.sum(sa.case((ReportItem.state == ItemState.READY, 0), else_=1))
    rows = db.session.execute(
        sa.select(
            Report.id,
            Board.name,
            Round,
            calendar.own_due,
            Report.state,
            Report.revision,
            waiting,
            sa.func.count(ReportItem.id),
        )
        .join(Round, Round.id == Report.round_id)
        .join(Board, Board.id == Report.board_id)
        .outerjoin(RoundException, calendar.exception_of(Report.board_id))
        .outerjoin(ReportItem, ReportItem.report_id == Report.id)
        .where(Report.board_id.in_(boards), Report.current)
        .group_by(
            Report.id, Board.name, Round.id, RoundException.due_on, Report.state, Report.revision
        )
        .order_by(Round.opens_on.desc(), Board.name)
    )
    return [
        Work(
            report_id=report_id,
            board=board,
            round=round_,
            due_on=due_on,
            state=state,
            left=left or 0,
            total=total,
            returned=state is ReportState.DRAFT and revision > 1,
        )
        for report_id, board, round_, due_on, state, revision, left, total in rows
    ]


def history(
    viewer: Viewer, measure_id: int, domain: str | None
) -> list[tuple[str, str, MeasureStatus, int]]:
    """What has been reported on a measure the viewer may read: round, board, status, report.

    :param domain: of the measure's goal area.
    """
    query = _HISTORY
    own = only_boards_in(viewer, domain)
    if own is not None:
        query = query.where(Report.board_id.in_(own))
    rows = db.session.execute(query, {"measure": measure_id})
    return [(round_, board, status, report_id) for round_, board, status, report_id in rows]


_HISTORY = (
    sa.select(Round.title, Board.name, FrozenItem.status, Report.id)
    .join(Report, Report.id == FrozenItem.report_id)
    .join(Round, Round.id == Report.round_id)
    .join(Board, Board.id == Report.board_id)
    .where(
        FrozenItem.measure_id == sa.bindparam("measure"),
        Report.current,
        Report.state.in_(outcomes.COUNTED),
    )
    .order_by(Round.opens_on.desc(), Board.name)
)
