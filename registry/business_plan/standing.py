"""Which board owes what in a year's own plans, what it has said, and what that comes to.

Read as plain rows in a fixed number of queries. Where a board has merged into another, the
successor answers, and what the former board said counts until the successor has said its own.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from registry.business_plan.asked import is_asked, plan_year, year_values
from registry.business_plan.figures import NO_COSTS, Duty, Tally, added
from registry.business_plan.models import BusinessPlanEntry, EntryState, MeasureCost
from registry.db import db
from registry.effects.models import EffectMethod, is_method
from registry.language import alphabetical, today
from registry.people.models import Board
from registry.people.permissions import Permission, Viewer, require
from registry.plan import structure
from registry.plan.models import GoalArea, GoalGroup, Measure, Responsibility
from registry.reporting.rounds import successors

Pair = tuple[int, int]  # measure and board


@dataclass(frozen=True)
class Line:
    """One board or area with what it comes to. ``number`` is an area's, as ``1.1``."""

    id: int
    name: str
    tally: Tally
    number: str = ""


@dataclass(frozen=True)
class Overview:
    """Boards and areas of one year; ``unowned`` counts the measures that nobody answers for."""

    boards: tuple[Line, ...]
    areas: tuple[Line, ...]
    total: Tally
    unowned: int


@dataclass(frozen=True)
class Entry:
    """What a board says of a measure, to be read."""

    board: str
    year: int
    state: EntryState
    reference: str
    paragraph: str
    decided_on: date | None
    reason: str


@dataclass(frozen=True)
class Cost:
    """What a measure costs a board in a year, to be read."""

    board: str
    year: int
    planned_kr: Decimal | None
    actual_kr: Decimal | None
    planned_fte: Decimal | None
    actual_fte: Decimal | None
    note: str


def overview(viewer: Viewer, version_id: int, year: int, area_id: int | None = None) -> Overview:
    """Every board and area of a version that the viewer may read (``structure.heads``).

    :param area_id: count the measures of this area only.
    """
    require(viewer, Permission.READ_BUSINESS_PLAN)
    found = [one for one in duties(version_id, year) if area_id in (None, one.area_id)]
    names = {key: name for key, name in _rows(_BOARDS)}
    by_board, by_area = defaultdict(list), defaultdict(list)
    for duty in found:
        by_board[duty.board_id].append(duty)
        by_area[duty.area_id].append(duty)
    boards = [Line(key, names[key], Tally.of(rows)) for key, rows in by_board.items()]
    values = {"version": version_id, **year_values(year)}
    return Overview(
        boards=tuple(sorted(boards, key=lambda one: alphabetical(one.name))),
        areas=tuple(
            Line(key, title, Tally.of(by_area[key]), number)
            for key, number, title in _rows(_AREAS, values)
            if key in by_area
        ),
        total=Tally.of(found),
        unowned=sum(count for key, count in _rows(_UNOWNED, values) if area_id in (None, key)),
    )


@dataclass(frozen=True)
class Unsaid:
    """A board of the viewer's, and for how many measures it has not said what its plan holds."""

    board_id: int
    year: int
    measures: int


def unsaid(viewer: Viewer) -> list[Unsaid]:
    """What the viewer's boards have left to say of this year's plan; nothing left is not listed."""
    boards = viewer.boards(Permission.EDIT_BUSINESS_PLAN)
    head = next(iter(structure.heads(viewer)), None) if boards else None
    if head is None:
        return []
    year = plan_year(head.valid_from, head.valid_to, today())
    left = Counter(
        duty.board_id
        for duty in duties(head.id, year)
        if duty.state is None and duty.board_id in boards
    )
    return [Unsaid(board_id, year, count) for board_id, count in sorted(left.items())]


def duties(version_id: int, year: int) -> list[Duty]:
    """Measure × answering board: what the year asks for, and whatever has been said besides."""
    heirs = successors(day_in(year))
    values = {"version": version_id, **year_values(year)}
    states = _of_heirs(_rows(_STATES, values), heirs)
    costs: dict[Pair, tuple[Decimal | None, ...]] = {}
    for measure_id, board_id, *cells in _rows(_COSTS, values):
        pair = measure_id, heirs.get(board_id, board_id)
        costs[pair] = tuple(map(added, costs.get(pair, NO_COSTS), cells))
    methods = _having_method(version_id, heirs)
    found = []
    for measure_id, board_id, area_id, is_due in _answered_for(values, heirs):
        pair = measure_id, board_id
        if is_due or pair in states or pair in costs:
            state = EntryState(states[pair]) if pair in states else None
            has_method = pair in methods or (measure_id, None) in methods
            cost = costs.get(pair, NO_COSTS)
            found.append(Duty(measure_id, area_id, board_id, state, has_method, cost))
    return found


def having_method(version_id: int, day: date) -> set[tuple[int, int | None]]:
    """Measure × board that has a method for it on that day; ``None`` stands for all its boards."""
    return _having_method(version_id, successors(day))


def _having_method(version_id: int, heirs: dict[int, int]) -> set[tuple[int, int | None]]:
    return {
        (measure_id, heirs.get(board_id, board_id))
        for measure_id, board_id in _rows(_METHODS, {"version": version_id})
    }


def day_in(year: int) -> date:
    """Today, or the day of that year which is nearest to it: who answers is asked for that day."""
    return min(max(today(), date(year, 1, 1)), date(year, 12, 31))


def entries(measure_id: int) -> tuple[Entry, ...]:
    """What boards say of a measure, the latest year first."""
    return tuple(Entry(*row) for row in _rows(_ENTRIES, {"measure": measure_id}))


def costs(measure_id: int) -> tuple[Cost, ...]:
    """What a measure costs, the latest year first."""
    return tuple(Cost(*row) for row in _rows(_COSTS_OF_ONE, {"measure": measure_id}))


def _answered_for(
    values: dict[str, Any], heirs: dict[int, int]
) -> Iterable[tuple[int, int, int, bool]]:
    """Measure, board that answers, area, whether the year asks for it; each pair once."""
    seen: dict[Pair, tuple[int, int, int, bool]] = {}
    for measure_id, board_id, area_id, is_due in _rows(_DUTIES, values):
        board_id = heirs.get(board_id, board_id)
        seen.setdefault((measure_id, board_id), (measure_id, board_id, area_id, bool(is_due)))
    return seen.values()


def _of_heirs(rows: Iterable[Any], heirs: dict[int, int]) -> dict[Pair, str]:
    """Each pair's state; a board's own goes before that of a board it has taken over from."""
    found: dict[Pair, str] = {}
    for measure_id, board_id, state in rows:
        pair = measure_id, heirs.get(board_id, board_id)
        if board_id not in heirs or pair not in found:
            found[pair] = state
    return found


def _rows(statement: sa.Executable, values: dict[str, Any] | None = None) -> list[Any]:
    """Plain rows on the session's connection: the way through the ORM costs twice as much."""
    return list(db.session.connection().execute(statement, values or {}).all())


_measure, _share, _entry, _cost, _method, _board, _area, _group = (
    model.__table__
    for model in (
        Measure,
        Responsibility,
        BusinessPlanEntry,
        MeasureCost,
        EffectMethod,
        Board,
        GoalArea,
        GoalGroup,
    )
)
_version = sa.bindparam("version", type_=sa.Integer)
_year = sa.bindparam("plan_year", type_=sa.Integer)
_DUTIES = (
    sa.select(_measure.c.id, _share.c.board_id, _measure.c.area_id, is_asked.label("due"))
    .join(_share, _share.c.measure_id == _measure.c.id)
    .where(_measure.c.version_id == _version)
    .order_by(_measure.c.plan_order, _measure.c.id)
)
_STATES = (
    sa.select(_entry.c.measure_id, _entry.c.board_id, sa.type_coerce(_entry.c.state, sa.String))
    .join(_measure, _measure.c.id == _entry.c.measure_id)
    .where(_measure.c.version_id == _version, _entry.c.year == _year)
)
_COSTS = (
    sa.select(
        _cost.c.measure_id,
        _cost.c.board_id,
        _cost.c.planned_kr,
        _cost.c.actual_kr,
        _cost.c.planned_fte,
        _cost.c.actual_fte,
    )
    .join(_measure, _measure.c.id == _cost.c.measure_id)
    .where(_measure.c.version_id == _version, _cost.c.year == _year)
)
_METHODS = (
    sa.select(_method.c.measure_id, _method.c.board_id)
    .join(_measure, _measure.c.id == _method.c.measure_id)
    .where(_measure.c.version_id == _version, is_method)
)
_BOARDS = sa.select(_board.c.id, _board.c.name)
_AREAS = (
    sa.select(_area.c.id, _area.c.number, _area.c.title)
    .join(_group, _group.c.id == _area.c.group_id)
    .where(_area.c.version_id == _version)
    .order_by(_group.c.position, _group.c.id, _area.c.position, _area.c.id)
)
_UNOWNED = (
    sa.select(_measure.c.area_id, sa.func.count())
    .where(
        _measure.c.version_id == _version,
        is_asked,
        ~sa.exists().where(_share.c.measure_id == _measure.c.id),
    )
    .group_by(_measure.c.area_id)
)
_this = sa.bindparam("measure", type_=sa.Integer)
_ENTRIES = (
    sa.select(
        _board.c.name,
        _entry.c.year,
        _entry.c.state,
        _entry.c.reference,
        _entry.c.paragraph,
        _entry.c.decided_on,
        _entry.c.reason,
    )
    .join(_board, _board.c.id == _entry.c.board_id)
    .where(_entry.c.measure_id == _this)
    .order_by(_entry.c.year.desc(), _board.c.name)
)
_COSTS_OF_ONE = (
    sa.select(
        _board.c.name,
        _cost.c.year,
        _cost.c.planned_kr,
        _cost.c.actual_kr,
        _cost.c.planned_fte,
        _cost.c.actual_fte,
        _cost.c.note,
    )
    .join(_board, _board.c.id == _cost.c.board_id)
    .where(_cost.c.measure_id == _this)
    .order_by(_cost.c.year.desc(), _board.c.name)
)
