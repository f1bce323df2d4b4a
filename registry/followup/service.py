"""What the executive board sees of a round: state, gaps, effects. Counted in the database.

A round is shown to those who may read its plan version; its measures follow from that.
"""

from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from registry.business_plan.asked import lacks_business_plan, year_values
from registry.business_plan.standing import having_method
from registry.db import db
from registry.effects import service as effects
from registry.effects.models import EffectMethod, is_method
from registry.followup.figures import (
    SUBMITTED,
    AreaRow,
    BoardRow,
    Counts,
    Coverage,
    DelayedRow,
    Deviation,
    EndedBoard,
    FollowUp,
    MeasureRow,
    RoundHead,
    progress,
)
from registry.language import today
from registry.people.models import Board
from registry.people.permissions import Permission, Viewer, require
from registry.plan.models import (
    GoalArea,
    GoalGroup,
    Measure,
    MeasureStatus,
    Plan,
    PlanVersion,
    Responsibility,
)
from registry.plan.visibility import visible_versions
from registry.reporting.calendar import exception_of, own_due
from registry.reporting.models import (
    FrozenItem,
    FrozenValue,
    Outcome,
    Report,
    ReportItem,
    Round,
    RoundException,
)
from registry.reporting.outcomes import COUNTED
from registry.reporting.rounds import only_boards

LISTED = 20
CHARTS = 12


def find(viewer: Viewer, round_id: int) -> RoundHead | None:
    """The round, or ``None`` when there is none or the viewer may not read its plan."""
    require(viewer, Permission.READ_FOLLOWUP)
    return next((head for head in _rounds(viewer) if head.id == round_id), None)


def newest(viewer: Viewer) -> RoundHead | None:
    """The newest round that the viewer may read."""
    require(viewer, Permission.READ_FOLLOWUP)
    return next(iter(_rounds(viewer)), None)


def siblings(viewer: Viewer, head: RoundHead) -> list[RoundHead]:
    """The rounds of the same plan, the newest first, this one among them."""
    require(viewer, Permission.READ_FOLLOWUP)
    return [one for one in _rounds(viewer) if one.plan_id == head.plan_id]


def metrics(viewer: Viewer, head: RoundHead, page: int) -> effects.MetricPage:
    """The effect metrics of the round's plan, a page at a time."""
    require(viewer, Permission.READ_FOLLOWUP)
    return effects.page(viewer, head.version_id, page)


def read(viewer: Viewer, round_id: int | None = None) -> FollowUp | None:
    """The whole follow-up of a round (the newest, if none is named), or ``None`` as in find."""
    require(viewer, Permission.READ_FOLLOWUP)
    rounds = tuple(_rounds(viewer))
    head = next((one for one in rounds if round_id in (None, one.id)), None)
    if head is None:
        return None
    scope: Scope = {
        "round": head.id,
        "version": head.version_id,
        "today": today(),
        **year_values(head.year),
    }
    areas = _areas(scope)
    without_owner, without_method, without_plan = db.session.execute(_LACKING, scope).one()
    return FollowUp(
        round=head,
        rounds=rounds,
        areas=areas,
        boards=_boards(scope),
        without_owner=without_owner,
        without_method=without_method,
        without_plan=without_plan,
        unowned=tuple(MeasureRow(*row) for row in db.session.execute(_UNOWNED, scope)),
        unmethodical=tuple(MeasureRow(*row) for row in db.session.execute(_UNMETHODICAL, scope)),
        unplanned=tuple(MeasureRow(*row) for row in db.session.execute(_UNPLANNED, scope)),
        delayed=_delayed(scope, only_boards(viewer)),
        ended=_ended(scope),
        effects=tuple(effects.charted(viewer, head.version_id, CHARTS)),
        total=Counts.sum(area.counts for area in areas),
    )


_NEWEST_FIRST = (Round.opens_on.desc(), Round.id.desc())


def _rounds(viewer: Viewer) -> list[RoundHead]:
    rows = db.session.execute(
        sa.select(
            Round.id,
            Round.title,
            Round.period,
            Round.opens_on,
            Round.due_on,
            Round.state,
            Round.closed_at,
            Round.published_at,
            Round.version_id,
            Plan.id,
            Plan.title,
        )
        .join(PlanVersion, PlanVersion.id == Round.version_id)
        .join(Plan, Plan.id == PlanVersion.plan_id)
        .where(visible_versions(viewer))
        .order_by(*_NEWEST_FIRST)
    )
    return [RoundHead(*row) for row in rows]


Scope = dict[str, Any]
_round = sa.bindparam("round", type_=sa.Integer)
_version = sa.bindparam("version", type_=sa.Integer)


def _text(column: Any) -> sa.ColumnElement[Any]:
    """An enum column as its text: counts need no members."""
    return sa.type_coerce(column, sa.String)


_has_method = sa.exists().where(EffectMethod.measure_id == Outcome.measure_id, is_method)
_counted = (
    sa.select(
        Outcome.area_id,
        _text(Outcome.status).label("status"),
        sa.func.count().label("measures"),
        sa.func.sum(sa.case((_has_method, 1), else_=0)).label("with_method"),
    )
    .where(Outcome.round_id == _round)
    .group_by(Outcome.area_id, Outcome.status)
    .subquery()
)
_AREAS = (
    sa.select(
        GoalArea.id,
        GoalArea.number,
        GoalArea.title,
        _counted.c.status,
        _counted.c.measures,
        _counted.c.with_method,
    )
    .join(_counted, _counted.c.area_id == GoalArea.id)
    .join(GoalGroup, GoalGroup.id == GoalArea.group_id)
    .order_by(GoalGroup.position, GoalGroup.id, GoalArea.position, GoalArea.id)
)


def _areas(scope: Scope) -> tuple[AreaRow, ...]:
    heads: dict[int, tuple[str, str]] = {}
    counts: dict[int, dict[str | None, int]] = defaultdict(dict)
    methods: Counter[int] = Counter()
    for area_id, number, title, status, measures, with_method in db.session.execute(_AREAS, scope):
        heads[area_id] = (number, title)
        counts[area_id][status] = measures
        methods[area_id] += with_method
    return tuple(
        AreaRow(
            area_id,
            number,
            title,
            (found := Counts.of(counts[area_id])),
            Coverage(methods[area_id], found.total),
        )
        for area_id, (number, title) in heads.items()
    )


_current = (Report.round_id == _round, Report.current)
_BOARDS = (
    sa.select(
        Report.id,
        Board.id,
        Board.name,
        Report.state,
        Report.revision,
        Report.submitted_at,
        own_due,
    )
    .join(Board, Board.id == Report.board_id)
    .join(Round, Round.id == Report.round_id)
    .outerjoin(RoundException, exception_of(Report.board_id))
    .where(*_current)
    .order_by(Board.name)
)
_WRITING = (
    sa.select(ReportItem.report_id, _text(ReportItem.state), sa.func.count())
    .where(
        ReportItem.report_id.in_(
            sa.select(Report.id).where(*_current, Report.state.not_in(COUNTED))
        )
    )
    .group_by(ReportItem.report_id, ReportItem.state)
)
_ASKED = (
    sa.select(Report.board_id, ReportItem.measure_id)
    .join(ReportItem, ReportItem.report_id == Report.id)
    .where(*_current)
)
_FROZEN = (
    sa.select(FrozenItem.report_id, _text(FrozenItem.status), sa.func.count())
    .where(
        FrozenItem.report_id.in_(sa.select(Report.id).where(*_current, Report.state.in_(COUNTED)))
    )
    .group_by(FrozenItem.report_id, FrozenItem.status)
)


def _by_report(statement: sa.Executable, scope: Scope) -> dict[int, dict[str, int]]:
    found: dict[int, dict[str, int]] = defaultdict(dict)
    rows: Sequence[Any] = db.session.execute(statement, scope).all()
    for report_id, key, count in rows:
        found[report_id][key] = count
    return found


def _boards(scope: Scope) -> tuple[BoardRow, ...]:
    methods = having_method(scope["version"], scope["today"])
    measured: Counter[int] = Counter()
    asked: Counter[int] = Counter()
    for board_id, measure_id in db.session.connection().execute(_ASKED, scope):
        asked[board_id] += 1
        measured[board_id] += (measure_id, board_id) in methods or (measure_id, None) in methods
    writing, frozen = _by_report(_WRITING, scope), _by_report(_FROZEN, scope)
    rows = []
    for report_id, board_id, name, state, revision, submitted_at, due_on in db.session.execute(
        _BOARDS, scope
    ):
        came = progress(state, revision, writing[report_id])
        if came in SUBMITTED:
            counts = Counts.of(frozen[report_id])
        else:
            counts = Counts(unreported=sum(writing[report_id].values()))
        late = due_on < scope["today"] and came not in SUBMITTED
        coverage = Coverage(measured[board_id], asked[board_id])
        rows.append(
            BoardRow(board_id, report_id, name, came, due_on, late, submitted_at, counts, coverage)
        )
    return tuple(rows)


_in_round = sa.exists().where(Outcome.round_id == _round, Outcome.measure_id == Measure.id)


def _number_without(owned: sa.Select[int]) -> sa.ScalarSelect[int]:
    """How many of the round's measures are not among those. EXCEPT merges two sorted indexes."""
    asked = sa.select(Outcome.measure_id).where(Outcome.round_id == _round)
    lacking = sa.except_(asked, owned).order_by(sa.text("1")).subquery()
    return sa.select(sa.func.count()).select_from(lacking).scalar_subquery()


def _listed_without(lacks: sa.ColumnElement[bool]) -> sa.Select[int, str, str]:
    return (
        sa.select(Measure.id, Measure.number, Measure.title)
        .where(
            Measure.version_id == _version,
            _in_round,
            lacks,
        )
        .order_by(Measure.plan_order, Measure.id)
        .limit(LISTED)
    )


_LACKING = sa.select(
    _number_without(sa.select(Responsibility.measure_id)),
    _number_without(sa.select(EffectMethod.measure_id).where(is_method)),
    sa.select(sa.func.count())
    .select_from(Measure)
    .where(Measure.version_id == _version, _in_round, lacks_business_plan)
    .scalar_subquery(),
)
_UNOWNED = _listed_without(~sa.exists().where(Responsibility.measure_id == Measure.id))
_UNMETHODICAL = _listed_without(
    ~sa.exists().where(EffectMethod.measure_id == Measure.id, is_method)
)
_UNPLANNED = _listed_without(lacks_business_plan)

_DELAYED = (
    sa.select(Measure.id, Measure.number, Measure.title)
    .join(Outcome, Outcome.measure_id == Measure.id)
    .where(
        Outcome.round_id == _round,
        Outcome.area_id.in_(sa.select(GoalArea.id).where(GoalArea.version_id == _version)),
        Outcome.status == MeasureStatus.DELAYED,
    )
    .order_by(Measure.plan_order, Measure.id)
    .limit(LISTED)
)
_DEVIATIONS = (
    sa.select(FrozenItem.measure_id, Board.id, Board.name, FrozenValue.text)
    .join(Report, Report.id == FrozenItem.report_id)
    .join(Board, Board.id == Report.board_id)
    .outerjoin(
        FrozenValue,
        sa.and_(
            FrozenValue.item_id == FrozenItem.id,
            FrozenValue.section == "core",
            FrozenValue.name == "deviation",
        ),
    )
    .where(
        *_current,
        Report.state.in_(COUNTED),
        FrozenItem.status == MeasureStatus.DELAYED,
        FrozenItem.measure_id.in_(sa.bindparam("ids", expanding=True)),
    )
    .order_by(Board.name)
)


def _delayed(scope: Scope, own: frozenset[int] | None) -> tuple[DelayedRow, ...]:
    """Delayed measures; what a board says of it only for those who may read its report."""
    rows = db.session.execute(_DELAYED, scope).all()
    said: dict[int, list[Deviation]] = defaultdict(list)
    asked = {**scope, "ids": [row[0] for row in rows]}
    for measure_id, board_id, board, text in db.session.execute(_DEVIATIONS, asked):
        readable = own is None or board_id in own
        said[measure_id].append(Deviation(board, (text or "") if readable else ""))
    return tuple(DelayedRow(*row, tuple(said[row[0]])) for row in rows)


_successor = aliased(Board)
_still_owned = (
    sa.select(sa.func.count())
    .select_from(Responsibility)
    .join(Measure, Measure.id == Responsibility.measure_id)
    .where(Responsibility.board_id == Board.id, Measure.version_id == _version)
    .correlate(Board)
    .scalar_subquery()
)
_ENDED = (
    sa.select(Board.id, Board.name, Board.valid_to, _successor.name, _still_owned)
    .outerjoin(_successor, _successor.id == Board.successor_id)
    .where(Board.valid_to < sa.bindparam("today", type_=sa.Date))
    .order_by(Board.name)
)


def _ended(scope: Scope) -> tuple[EndedBoard, ...]:
    rows = (EndedBoard(*row) for row in db.session.execute(_ENDED, scope))
    return tuple(row for row in rows if row.measures)
