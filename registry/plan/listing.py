"""The list of measures: filtered, sorted, counted and paged in the database."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cache
from typing import Any, NamedTuple

import sqlalchemy as sa

from registry.business_plan.asked import (
    in_business_plan,
    is_asked,
    lacks_business_plan,
    year_values,
)
from registry.db import db
from registry.language import today
from registry.people.models import Board
from registry.plan.completeness import Parts, has_follow_up, has_method, has_target
from registry.plan.models import (
    GoalArea,
    GoalGroup,
    Measure,
    MeasureKind,
    MeasureStatus,
    Responsibility,
)
from registry.words import Word
from registry.words import lazy as _l

PAGE_SIZE = 50
_WORDS_SEARCHED = 6


class Missing(Word):
    """What a measure may lack, to filter by."""

    OWNER = "owner", _l("Saknar ansvarig")
    METHOD = "method", _l("Saknar effektmetod")
    TARGET = "target", _l("Saknar effektmål")
    BUSINESS_PLAN = "business_plan", _l("Saknas i verksamhetsplan")


class Sorting(Word):
    PLAN = "plan", _l("Planens ordning")
    TITLE = "title", _l("Åtgärd, A–Ö")
    STATUS = "status", _l("Läge")
    END = "end", _l("Slutdatum")


@dataclass(frozen=True)
class Query:
    """What is asked for, as read from the address. Empty means: whatever.

    ``year`` is that of the boards' own plans, and filters nothing by itself.
    """

    version_id: int
    area_id: int | None = None
    board_id: int | None = None
    status: MeasureStatus | None = None
    kind: MeasureKind | None = None
    domain: str = ""
    missing: Missing | None = None
    text: str = ""
    sorting: Sorting = Sorting.PLAN
    page: int = 1
    year: int | None = None

    @property
    def filtered(self) -> bool:
        return replace(self, sorting=Sorting.PLAN, page=1, year=None) != Query(self.version_id)


class ListLine(NamedTuple):
    """One measure of the list; ``parts`` says how complete it is."""

    id: int
    number: str
    title: str
    status: str
    ends_on: date | None
    recurring: bool
    area_id: int
    boards: str
    parts: Parts


@dataclass(frozen=True)
class Listing:
    lines: list[ListLine]
    total: int
    page: int
    pages: int


@dataclass(frozen=True, slots=True)
class AreaChoice:
    id: int
    number: str
    title: str
    domain: str | None


def area_choices(version_id: int) -> list[AreaChoice]:
    return [AreaChoice(*row) for row in _rows(_AREAS, {"version": version_id})]


def board_choices() -> list[tuple[int, str]]:
    return [(key, name) for key, name in _rows(_BOARDS)]


def listing(query: Query) -> Listing:
    """One page of measures in three queries; a page beyond the last gives the last.

    The version in ``query`` must be one that the viewer may read (``structure.heads``).
    """
    words = query.text.lower().split()[:_WORDS_SEARCHED]
    count, lines = _statements(
        query.area_id is not None,
        query.board_id is not None,
        query.status is not None,
        query.kind is not None,
        bool(query.domain),
        query.missing,
        len(words),
        query.sorting,
    )
    values: dict[str, Any] = {
        "version": query.version_id,
        "area": query.area_id,
        "board": query.board_id,
        "status": query.status,
        "kind": query.kind,
        "domain": query.domain,
        **year_values(query.year or today().year),
        **{f"word{n}": f"%{_escaped(word)}%" for n, word in enumerate(words)},
    }
    ((total,),) = _rows(count, values)
    pages = max(1, -(-total // PAGE_SIZE))
    page = min(query.page, pages)
    if not total:
        return Listing([], 0, 1, 1)
    rows = _rows(lines, {**values, "offset": (page - 1) * PAGE_SIZE})
    names: dict[int, list[str]] = defaultdict(list)
    for measure_id, name in _rows(_OWNERS, {"ids": [row[0] for row in rows]}):
        names[measure_id].append(name)
    return Listing([_line(row, names) for row in rows], total, page, pages)


def _rows(statement: sa.Executable, values: dict[str, Any] | None = None) -> Sequence[Any]:
    """Plain rows on the session's connection: the way through the ORM costs twice as much."""
    return db.session.connection().execute(statement, values or {}).all()


def _line(row: tuple[Any, ...], names: dict[int, list[str]]) -> ListLine:
    key, number, title, status, ends, recurring, area, *parts = row
    boards = ", ".join(names[key]) if key in names else ""
    complete = Parts(bool(boards), *map(bool, parts))
    return ListLine(key, number, title, status, ends, recurring, area, boards, complete)


def _escaped(word: str) -> str:
    """What a person wrote, with the signs that LIKE would read otherwise."""
    return word.replace("/", "//").replace("%", "/%").replace("_", "/_")


@cache
def _statements(
    area: bool,
    board: bool,
    status: bool,
    kind: bool,
    domain: bool,
    missing: Missing | None,
    words: int,
    sorting: Sorting,
) -> tuple[sa.Executable, sa.Executable]:
    """The statements that count and fetch, by the shape of the question: built once each."""
    where: list[sa.ColumnElement[bool]] = [_measure.c.version_id == _version]
    if area:
        where.append(_measure.c.area_id == sa.bindparam("area"))
    if domain:
        areas = sa.select(_area.c.id).where(
            _area.c.version_id == _version, _area.c.domain == sa.bindparam("domain")
        )
        where.append(_measure.c.area_id.in_(areas))
    if board:
        theirs = sa.select(_share.c.measure_id).where(_share.c.board_id == sa.bindparam("board"))
        where.append(_measure.c.id.in_(theirs))
    if status:
        where.append(_measure.c.status == sa.bindparam("status"))
    if kind:
        where.append(_measure.c.kind == sa.bindparam("kind"))
    if missing is not None:
        where.append(_MISSING[missing])
    where.extend(
        _measure.c.search_text.like(sa.bindparam(f"word{n}"), escape="/") for n in range(words)
    )
    order = _ORDER[sorting]
    # The page's ids first, from an index where there is one: everything else for 50 rows only.
    ids = sa.select(_measure.c.id).where(*where).order_by(*order).limit(PAGE_SIZE)
    ids = ids.offset(sa.bindparam("offset"))
    outer = _LINES.where(_measure.c.id.in_(sa.select(ids.subquery().c.id))).order_by(*order)
    return sa.select(sa.func.count()).select_from(_measure).where(*where), outer


_measure, _area, _group, _share, _board = (
    model.__table__ for model in (Measure, GoalArea, GoalGroup, Responsibility, Board)
)
_version = sa.bindparam("version", type_=sa.Integer)
_MISSING: dict[Missing, sa.ColumnElement[bool]] = {
    Missing.OWNER: ~sa.exists().where(_share.c.measure_id == _measure.c.id),
    Missing.METHOD: ~has_method,
    Missing.TARGET: ~has_target,
    Missing.BUSINESS_PLAN: lacks_business_plan,
}
_ORDER: dict[Sorting, tuple[Any, ...]] = {
    Sorting.PLAN: (_measure.c.plan_order, _measure.c.id),
    Sorting.TITLE: (_measure.c.title, _measure.c.id),
    Sorting.STATUS: (_measure.c.status, _measure.c.plan_order, _measure.c.id),
    Sorting.END: (
        _measure.c.ends_on.is_(None),
        _measure.c.ends_on,
        _measure.c.plan_order,
        _measure.c.id,
    ),
}
_recurring = _measure.c.kind == MeasureKind.RECURRING
_LINES: sa.Select[*tuple[Any, ...]] = sa.select(
    _measure.c.id,
    _measure.c.number,
    _measure.c.title,
    # As text: the labels are looked up once for the page, not once for each row.
    sa.type_coerce(_measure.c.status, sa.String),
    _measure.c.ends_on,
    _recurring.label("recurring"),
    _measure.c.area_id,
    sa.or_(_recurring, _measure.c.starts_on.is_not(None) & _measure.c.ends_on.is_not(None)).label(
        "dates"
    ),
    (_measure.c.description != "").label("described"),
    has_method.label("method"),
    has_target.label("target"),
    sa.or_(in_business_plan, ~is_asked).label("business_plan"),
    has_follow_up.label("follow_up"),
)
_OWNERS = (
    sa.select(_share.c.measure_id, _board.c.name)
    .join(_board, _board.c.id == _share.c.board_id)
    .where(_share.c.measure_id.in_(sa.bindparam("ids", expanding=True)))
    .order_by(_share.c.share, _board.c.name)
)
_AREAS = (
    sa.select(_area.c.id, _area.c.number, _area.c.title, _area.c.domain)
    .join(_group, _group.c.id == _area.c.group_id)
    .where(_area.c.version_id == _version)
    .order_by(_group.c.position, _area.c.position, _area.c.id)
)
_BOARDS = sa.select(_board.c.id, _board.c.name).order_by(_board.c.name)
