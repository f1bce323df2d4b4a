"""Use cases of a board's page: what it answers for in a year, and saying what becomes of it."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import date
from decimal import Decimal
from typing import TypeVar

import sqlalchemy as sa
from flask_babel import gettext as _
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm.exc import StaleDataError

from registry.audit import log
from registry.business_plan.asked import asked
from registry.business_plan.models import BusinessPlanEntry, EntryState, MeasureCost
from registry.business_plan.standing import day_in
from registry.conflict import Conflict
from registry.db import db
from registry.effects.models import EffectMethod, MethodKind
from registry.people.models import Board
from registry.people.permissions import Permission, Viewer, may, require
from registry.plan.editing import Refused, last_saver, must_be_editable
from registry.plan.models import Measure, PlanVersion, Responsibility, Share
from registry.plan.visibility import visible_versions
from registry.reporting.rounds import successors


@dataclass(frozen=True)
class EntryValues:
    state: EntryState
    reference: str = ""
    paragraph: str = ""
    decided_on: date | None = None
    reason: str = ""


@dataclass(frozen=True)
class CostValues:
    planned_kr: Decimal | None
    actual_kr: Decimal | None
    planned_fte: Decimal | None
    actual_fte: Decimal | None
    note: str = ""


NO_COST = CostValues(None, None, None, None)


@dataclass(frozen=True)
class Seen:
    """The versions of a row's two parts that it was filled in from; 0 where there was none."""

    entry: int
    cost: int


@dataclass(frozen=True)
class MethodLine:
    id: int
    kind: MethodKind
    source: str
    decide_by: date | None
    own: bool


@dataclass(frozen=True)
class Row:
    """One measure of a board's page. ``former`` is what a board it has taken over from said."""

    measure_id: int
    number: str
    title: str
    area: str
    is_lead: bool
    entry: BusinessPlanEntry | None
    cost: MeasureCost | None
    former: tuple[BusinessPlanEntry, ...]
    methods: tuple[MethodLine, ...]

    @property
    def has_method(self) -> bool:
        return any(one.kind is not MethodKind.NONE_YET for one in self.methods)


@dataclass(frozen=True)
class BoardPage:
    """What a board answers for in a year; where it has ended, ``successor`` answers instead."""

    board: Board
    version: PlanVersion
    year: int
    rows: tuple[Row, ...]
    successor: Board | None
    editable: bool

    @property
    def unsaid(self) -> int:
        return sum(row.entry is None and not row.former for row in self.rows)

    @property
    def under_way(self) -> int:
        return sum(
            row.entry is not None and row.entry.state is EntryState.UNDER_WAY for row in self.rows
        )


@dataclass(frozen=True)
class Offer:
    """What would be copied to a measure: an entry, a planned cost, or both."""

    row: Row
    entry: EntryValues | None
    cost: CostValues | None


def open_page(viewer: Viewer, board_id: int, version_id: int, year: int) -> BoardPage | None:
    """A board's page in a fixed number of queries; ``None`` when there is no such board or version.

    Measures the year does not ask for (``asked``) are there when something was said of them.
    """
    require(viewer, Permission.READ_BUSINESS_PLAN)
    board = db.session.get(Board, board_id)
    version = db.session.scalars(
        sa.select(PlanVersion)
        .options(sa.orm.joinedload(PlanVersion.plan))
        .where(PlanVersion.id == version_id, visible_versions(viewer))
    ).first()
    if board is None or version is None:
        return None
    heirs = successors(day_in(year))
    heir = heirs.get(board.id)
    rows = () if heir is not None else _rows(board.id, version.id, year, _with_former(board, heirs))
    return BoardPage(
        board=board,
        version=version,
        year=year,
        rows=rows,
        successor=None if heir is None else db.session.get(Board, heir),
        editable=version.state != "replaced"
        and may(viewer, Permission.EDIT_BUSINESS_PLAN, board_id=board.id),
    )


def save(
    viewer: Viewer,
    page: BoardPage,
    row: Row,
    seen: Seen,
    entry: EntryValues | None,
    cost: CostValues | None,
) -> bool:
    """Save what a board says of one measure, and tell whether it differed from what was there.

    ``None`` takes back what was said.

    :raises Conflict: when someone else has saved the part that differs since the form was opened.
    """
    _require_editable(viewer, page)
    with log.action("business_plan.edit"):
        changed = [
            _put(BusinessPlanEntry, page, row, row.entry, seen.entry, entry),
            _put(MeasureCost, page, row, row.cost, seen.cost, cost),
        ]
        _commit()
    return any(changed)


def offers(viewer: Viewer, page: BoardPage) -> list[Offer]:
    """What last year's answers would give this year, where nothing is said yet.

    A measure that was taken in, or on its way, is on its way: this year's decision is not made by
    copying. The year in the reference becomes this year. Decisions and actual costs stay behind.
    """
    require(viewer, Permission.READ_BUSINESS_PLAN)
    entries, costs = _last_year(BusinessPlanEntry, page), _last_year(MeasureCost, page)
    found = []
    for row in page.rows:
        said, cost = entries.get(row.measure_id), costs.get(row.measure_id)
        offer = Offer(
            row,
            _carried(said, page.year) if said is not None and row.entry is None else None,
            CostValues(cost.planned_kr, None, cost.planned_fte, None, cost.note)
            if cost is not None
            and row.cost is None
            and (cost.planned_kr is not None or cost.planned_fte is not None)
            else None,
        )
        if offer.entry is not None or offer.cost is not None:
            found.append(offer)
    return found


def copy(viewer: Viewer, page: BoardPage) -> int:
    """Copy what :func:`offers` shows; the number of measures it concerned. Nothing is overwritten.

    :raises Conflict: when someone else says something of the same measures at this moment.
    """
    _require_editable(viewer, page)
    found = offers(viewer, page)
    with log.action("business_plan.copy"):
        for offer in found:
            if offer.entry is not None:
                _put(BusinessPlanEntry, page, offer.row, None, 0, offer.entry)
            if offer.cost is not None:
                _put(MeasureCost, page, offer.row, None, 0, offer.cost)
        _commit()
    return len(found)


def decide(
    viewer: Viewer, page: BoardPage, *, paragraph: str, decided_on: date, reference: str
) -> int:
    """The board has decided its plan: what is on its way is taken in. How many measures it was.

    :param reference: where they stand in the plan, for those that do not say so themselves.
    :raises Refused: on ``reference``, when it is needed and not given.
    """
    _require_editable(viewer, page)
    waiting = [
        row.entry
        for row in page.rows
        if row.entry is not None and row.entry.state is EntryState.UNDER_WAY
    ]
    if not reference and not all(entry.reference for entry in waiting):
        raise Refused(
            _("Någon åtgärd saknar hänvisning. Skriv en här, eller vid åtgärden."), "reference"
        )
    with log.action("business_plan.decide"):
        for entry in waiting:
            entry.state = EntryState.TAKEN_IN
            entry.paragraph, entry.decided_on = paragraph, decided_on
            entry.reference = entry.reference or reference
        _commit()
    return len(waiting)


Part = TypeVar("Part", BusinessPlanEntry, MeasureCost)


def _require_editable(viewer: Viewer, page: BoardPage) -> None:
    require(viewer, Permission.EDIT_BUSINESS_PLAN, board_id=page.board.id)
    must_be_editable(page.version)


def _put(
    model: type[Part],
    page: BoardPage,
    row: Row,
    stored: Part | None,
    seen: int,
    values: EntryValues | CostValues | None,
) -> bool:
    """Make the part as the values say, if it is not so already. The caller commits."""
    if stored is None:
        if values is None:
            return False
        if seen:  # it was taken back since the form was opened
            raise Conflict
        stored = model(measure_id=row.measure_id, board_id=page.board.id, year=page.year)
        db.session.add(stored)
    elif values is not None and all(
        getattr(stored, one.name) == getattr(values, one.name) for one in fields(values)
    ):
        return False
    elif stored.row_version != seen:
        raise Conflict(last_saver(stored))
    if values is None:
        db.session.delete(stored)
        return True
    for one in fields(values):
        setattr(stored, one.name, getattr(values, one.name))
    return True


def _commit() -> None:
    try:
        db.session.commit()
    except (StaleDataError, IntegrityError) as error:  # someone saved the same at this moment
        db.session.rollback()
        raise Conflict from error


def _with_former(board: Board, heirs: dict[int, int]) -> list[int]:
    """The board and those that it has taken over from."""
    return [board.id, *(former for former, heir in heirs.items() if heir == board.id)]


def _rows(board_id: int, version_id: int, year: int, board_ids: Sequence[int]) -> tuple[Row, ...]:
    theirs = sa.select(Responsibility.measure_id).where(Responsibility.board_id.in_(board_ids))
    where = Measure.version_id == version_id, Measure.id.in_(theirs)
    mine = sa.select(Measure.id).where(*where)
    entries = _said(BusinessPlanEntry, mine, board_ids, year)
    costs = _said(MeasureCost, mine, board_ids, year)
    own = {one.measure_id: one for one in entries if one.board_id == board_id}
    former = defaultdict(list)
    for one in entries:
        if one.board_id != board_id:
            former[one.measure_id].append(one)
    cost = {one.measure_id: one for one in costs if one.board_id == board_id}
    methods = _methods(mine, board_ids)
    leads = set(
        db.session.scalars(
            sa.select(Responsibility.measure_id).where(
                Responsibility.board_id.in_(board_ids), Responsibility.share == Share.LEAD
            )
        )
    )
    measures = db.session.scalars(
        sa.select(Measure)
        .options(sa.orm.joinedload(Measure.area))
        .where(*where)
        .order_by(Measure.plan_order, Measure.id)
    )
    return tuple(
        Row(
            measure_id=one.id,
            number=one.number,
            title=one.title,
            area=one.area.title,
            is_lead=one.id in leads,
            entry=own.get(one.id),
            cost=cost.get(one.id),
            former=tuple(former[one.id]),
            methods=tuple(methods[one.id]),
        )
        for one in measures
        if asked(one.status, one.starts_on, one.ends_on, year)
        or one.id in own
        or one.id in cost
        or one.id in former
    )


def _said(
    model: type[Part], measures: sa.Select[int], board_ids: Sequence[int], year: int
) -> Sequence[Part]:
    return db.session.scalars(
        sa.select(model)
        .options(sa.orm.joinedload(model.board))
        .where(model.measure_id.in_(measures), model.board_id.in_(board_ids), model.year == year)
    ).all()


def _methods(
    measures: sa.Select[int], board_ids: Sequence[int]
) -> defaultdict[int, list[MethodLine]]:
    found: defaultdict[int, list[MethodLine]] = defaultdict(list)
    for measure_id, board_id, key, kind, source, decide_by in db.session.execute(
        sa.select(
            EffectMethod.measure_id,
            EffectMethod.board_id,
            EffectMethod.id,
            EffectMethod.kind,
            EffectMethod.source,
            EffectMethod.decide_by,
        )
        .where(
            EffectMethod.measure_id.in_(measures),
            sa.or_(EffectMethod.board_id.is_(None), EffectMethod.board_id.in_(board_ids)),
        )
        .order_by(EffectMethod.id)
    ):
        found[measure_id].append(MethodLine(key, kind, source, decide_by, own=board_id is not None))
    return found


def _last_year(model: type[Part], page: BoardPage) -> dict[int, Part]:
    """What the board, or one it has taken over from, said the year before, by this year's measure.

    A measure keeps its identity when the plan is revised, so an earlier version's answers count.
    """
    before, now = sa.orm.aliased(Measure), sa.orm.aliased(Measure)
    former = _with_former(page.board, successors(day_in(page.year)))
    found: dict[int, Part] = {}
    rows = db.session.execute(
        sa.select(now.id, model)
        .join(before, before.id == model.measure_id)
        .join(now, now.identity == before.identity)
        .where(
            now.id.in_([row.measure_id for row in page.rows]),
            model.board_id.in_(former),
            model.year == page.year - 1,
        )
        .order_by(
            sa.case((model.board_id == page.board.id, 0), else_=1),
            sa.case((now.id == before.id, 0), else_=1),
            model.id,
        )
    )
    for measure_id, one in rows:
        found.setdefault(measure_id, one)
    return found


def _carried(said: BusinessPlanEntry, year: int) -> EntryValues:
    if said.state is EntryState.NOT_TAKEN_IN:
        return EntryValues(said.state, reason=said.reason)
    reference = said.reference.replace(str(year - 1), str(year))
    return EntryValues(EntryState.UNDER_WAY, reference)
