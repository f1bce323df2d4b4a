"""Which measures a board's own plan of a year should hold, and which it holds: in SQL, once.

The conditions are on the tables, with the year's values bound by :func:`year_values`.
"""

from datetime import date
from typing import Any

import sqlalchemy as sa
from werkzeug.datastructures import MultiDict

from registry.business_plan.models import COUNTED, BusinessPlanEntry
from registry.language import today
from registry.plan.models import Measure, MeasureStatus

FIRST_YEAR, LAST_YEAR = 1990, 2200

_measure, _entry = Measure.__table__, BusinessPlanEntry.__table__
_year = sa.bindparam("plan_year", type_=sa.Integer)
_first = sa.bindparam("plan_first", type_=sa.Date)
_last = sa.bindparam("plan_last", type_=sa.Date)

# Work that is over, or that begins later, needs no place in the year's plan; delayed work does.
is_asked: sa.ColumnElement[bool] = sa.and_(
    _measure.c.status.not_in((MeasureStatus.DONE, MeasureStatus.STOPPED)),
    sa.or_(_measure.c.starts_on.is_(None), _measure.c.starts_on <= _last),
    sa.or_(
        _measure.c.ends_on.is_(None),
        _measure.c.ends_on >= _first,
        _measure.c.status == MeasureStatus.DELAYED,
    ),
)
in_business_plan: sa.ColumnElement[bool] = sa.exists().where(
    _entry.c.measure_id == _measure.c.id,
    _entry.c.year == _year,
    _entry.c.state.in_(COUNTED),
)
lacks_business_plan: sa.ColumnElement[bool] = sa.and_(is_asked, ~in_business_plan)


def year_values(year: int) -> dict[str, Any]:
    """What the conditions are bound to."""
    return {
        "plan_year": year,
        "plan_first": date(year, 1, 1),
        "plan_last": date(year, 12, 31),
    }


def asked(status: MeasureStatus, starts_on: date | None, ends_on: date | None, year: int) -> bool:
    """``is_asked`` of one measure that is at hand."""
    values = year_values(year)
    return (
        status not in (MeasureStatus.DONE, MeasureStatus.STOPPED)
        and (starts_on is None or starts_on <= values["plan_last"])
        and (ends_on is None or ends_on >= values["plan_first"] or status is MeasureStatus.DELAYED)
    )


def plan_year(valid_from: date | None, valid_to: date | None, day: date) -> int:
    """The year that is spoken of when none is named: this one, held within the plan's validity."""
    year = day.year
    if valid_to is not None:
        year = min(year, valid_to.year)
    if valid_from is not None:
        year = max(year, valid_from.year)
    return year


def year_of(args: "MultiDict[str, str]", valid_from: date | None, valid_to: date | None) -> int:
    """The year that an address names, or else the one that is spoken of."""
    year = args.get("year", type=int)
    if year is not None and FIRST_YEAR <= year <= LAST_YEAR:
        return year
    return plan_year(valid_from, valid_to, today())
