"""What the pages of reports show: a board's task list, a submitted report as it was."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

import sqlalchemy as sa

from registry.db import db
from registry.people.models import BOARD_ROLES, Board, Role
from registry.people.permissions import HOLDERS, Permission, Viewer
from registry.plan.models import GoalArea, Measure, MeasureStatus, Partner, Responsibility
from registry.reporting import previous
from registry.reporting.models import (
    FrozenItem,
    FrozenValue,
    ItemState,
    Report,
    ReportItem,
    ReportState,
    Round,
)

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


@dataclass(frozen=True)
class Tasks:
    rows: list[Task]
    counts: dict[ItemState, int]
    page: int
    pages: int
    shown: ItemState | None

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
    scope = [ReportItem.report_id == report.id]
    domains = own_domains(viewer)
    if domains is not None:
        scope.append(GoalArea.domain.in_(domains))
    counts = dict.fromkeys(ItemState, 0)
    counted = sa.select(ReportItem.state, sa.func.count()).where(*scope).group_by(ReportItem.state)
    if domains is not None:
        counted = counted.join(Measure, Measure.id == ReportItem.measure_id).join(
            GoalArea, GoalArea.id == Measure.area_id
        )
    counts.update(dict(db.session.execute(counted).all()))
    where = [*scope, ReportItem.state == state] if state else scope
    size = counts[state] if state else sum(counts.values())
    pages = max(1, -(-size // PAGE))
    page = min(max(1, page), pages)
    rows = db.session.execute(
        sa.select(
            ReportItem.id,
            Measure.id,
            Measure.number,
            Measure.title,
            GoalArea.title,
            ReportItem.state,
            ReportItem.status,
            ReportItem.saved_at,
        )
        .join(Measure, Measure.id == ReportItem.measure_id)
        .join(GoalArea, GoalArea.id == Measure.area_id)
        .where(*where)
        .order_by(sa.case((ReportItem.state == ItemState.READY, 1), else_=0), Measure.plan_order)
        .limit(PAGE)
        .offset((page - 1) * PAGE)
    ).all()
    ids = [row[1] for row in rows]
    others = _others(ids, report.board_id)
    before = previous.before(report.board_id, report.round, ids)
    shown = [
        Task(
            row[0],
            row[2],
            row[3],
            row[4],
            row[5],
            row[6],
            row[7],
            others.get(row[1], ""),
            before.get(row[1]),
        )
        for row in rows
    ]
    return Tasks(shown, counts, page, pages, state)


def _others(measure_ids: list[int], board_id: int) -> dict[int, str]:
    """Who else carries the measures: boards and partners, as one line of names."""
    boards = (
        sa.select(Responsibility.measure_id, Board.name.label("name"))
        .join(Board, Board.id == Responsibility.board_id)
        .where(Responsibility.measure_id.in_(measure_ids), Responsibility.board_id != board_id)
    )
    partners = sa.select(Partner.measure_id, Partner.name).where(
        Partner.measure_id.in_(measure_ids)
    )
    names: dict[int, list[str]] = defaultdict(list)
    for measure_id, name in db.session.execute(sa.union_all(boards, partners)):
        names[measure_id].append(name)
    return {measure_id: ", ".join(found) for measure_id, found in names.items()}


def own_domains(viewer: Viewer) -> frozenset[str] | None:
    """The domains a domain lead is held to; ``None`` when a wider role reads everything."""
    wide = HOLDERS[Permission.READ_REPORTS] - {Role.DOMAIN_LEAD}
    if viewer.roles & wide:
        return None
    return viewer.domains(Permission.READ_REPORTS)


@dataclass(frozen=True)
class FrozenAnswer:
    label: str
    text: str
    kind: str


@dataclass(frozen=True)
class FrozenSection:
    """Answers that belong together: the core's, a domain's (by its name then), effect values."""

    title: str
    answers: list[FrozenAnswer]


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
    sections: list[FrozenSection] = field(default_factory=list)


def frozen(viewer: Viewer, report: Report) -> list[FrozenMeasure]:
    """A submitted report as it was: two queries, no plugin needed."""
    query = sa.select(FrozenItem).where(FrozenItem.report_id == report.id)
    domains = own_domains(viewer)
    if domains is not None:
        query = (
            query.join(Measure, Measure.id == FrozenItem.measure_id)
            .join(GoalArea, GoalArea.id == Measure.area_id)
            .where(GoalArea.domain.in_(domains))
        )
    items = db.session.scalars(query.order_by(FrozenItem.position)).all()
    values: dict[int, list[FrozenValue]] = defaultdict(list)
    for value in db.session.scalars(
        sa.select(FrozenValue)
        .join(FrozenItem, FrozenItem.id == FrozenValue.item_id)
        .where(FrozenItem.report_id == report.id)
        .order_by(FrozenValue.position)
    ):
        values[value.item_id].append(value)
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
            _sections(values[item.id]),
        )
        for item in items
    ]


def _sections(values: Iterable[FrozenValue]) -> list[FrozenSection]:
    found: dict[tuple[str, str], FrozenSection] = {}
    for value in values:
        key = (value.section, value.domain_title)
        section = found.setdefault(key, FrozenSection(value.domain_title, []))
        if value.name != "status":
            section.answers.append(FrozenAnswer(value.label, value.text, value.kind))
    return list(found.values())


def revisions(report: Report) -> list[Report]:
    """All revisions of this board's report in this round, the first first."""
    return list(
        db.session.scalars(
            sa.select(Report)
            .where(Report.round_id == report.round_id, Report.board_id == report.board_id)
            .order_by(Report.revision)
        )
    )


@dataclass(frozen=True)
class Work:
    """A report of one of the viewer's boards, with how many measures wait."""

    report_id: int
    board: str
    round: Round
    state: ReportState
    left: int
    total: int


def my_work(viewer: Viewer) -> list[Work]:
    """The current reports of the viewer's boards, the newest round first."""
    boards = viewer.boards(Permission.WRITE_REPORTS)
    waiting = sa.func.sum(sa.case((ReportItem.state == ItemState.READY, 0), else_=1))
    rows = db.session.execute(
        sa.select(Report.id, Board.name, Round, Report.state, waiting, sa.func.count(ReportItem.id))
        .join(Round, Round.id == Report.round_id)
        .join(Board, Board.id == Report.board_id)
        .outerjoin(ReportItem, ReportItem.report_id == Report.id)
        .where(Report.board_id.in_(boards), Report.current)
        .group_by(Report.id, Board.name, Round.id, Report.state)
        .order_by(Round.opens_on.desc(), Board.name)
    )
    return [
        Work(report_id, board, round_, state, int(left or 0), total)
        for report_id, board, round_, state, left, total in rows
    ]


def history(viewer: Viewer, measure_id: int) -> list[tuple[str, str, MeasureStatus, int]]:
    """What has been reported on a measure the viewer may read: round, board, status, report."""
    query = (
        sa.select(Round.title, Board.name, FrozenItem.status, Report.id)
        .join(Report, Report.id == FrozenItem.report_id)
        .join(Round, Round.id == Report.round_id)
        .join(Board, Board.id == Report.board_id)
        .where(FrozenItem.measure_id == measure_id, Report.current)
        .order_by(Round.opens_on.desc(), Board.name)
    )
    narrow = not viewer.roles & (HOLDERS[Permission.READ_REPORTS] - BOARD_ROLES)
    if narrow:
        query = query.where(Report.board_id.in_(viewer.boards(Permission.READ_REPORTS)))
    return [tuple(row) for row in db.session.execute(query)]  # type: ignore[misc]
