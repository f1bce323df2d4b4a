"""Last round's answers, to stand beside this round's questions."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _
from sqlalchemy.orm import aliased

from registry.db import db
from registry.host import data
from registry.host.loading import Domain
from registry.host.models import SubjectKind
from registry.people.models import Board
from registry.plan.models import Measure, MeasureStatus, PlanVersion
from registry.reporting.models import FrozenItem, FrozenValue, Report, Round
from registry.reporting.outcomes import COUNTED


@dataclass(frozen=True)
class Before:
    """What was reported on a measure the time before; ``answers`` is form name → text."""

    item_id: int
    status: MeasureStatus
    round_title: str
    answers: dict[str, str] = field(default_factory=dict)


def before(board_id: int, round_: Round, measure_ids: Iterable[int]) -> dict[int, Before]:
    """The board's latest earlier reports, or of boards merged into it, without answers: one query.

    A measure is followed over plan versions by its identity.
    """
    ids = list(measure_ids)
    asked = {"measures": ids, "board": board_id, "opens_on": round_.opens_on}
    rows = db.session.execute(_EARLIER, asked).all() if ids else ()
    return {row[0]: Before(*row[1:]) for row in rows}  # the latest comes last


def with_answers(board_id: int, round_: Round, measure_id: int) -> Before | None:
    """:func:`before` for one measure, with what was answered: one query."""
    asked = {"measures": [measure_id], "board": board_id, "opens_on": round_.opens_on}
    rows = db.session.execute(_WITH_ANSWERS, asked).all()
    if not rows:
        return None
    answers = {
        f"{domain}__{name}" if domain else name: _("Skyddad uppgift (%(ground)s)", ground=secrecy)
        if secrecy
        else text
        for *_item, domain, name, text, secrecy in rows
        if name
    }
    item_id, status, round_title = rows[0][:3]
    return Before(item_id, status, round_title, answers)


def values(found: Before, domain: Domain | None) -> dict[str, Any]:
    """Last round's core and open domain answers as values, by form name: those whose question is
    asked today, of the same kind; in today's shape."""
    core: dict[str, Any] = {}
    stored: dict[str, Any] = {}
    version = None
    asked = (
        {spec.name: spec.kind for spec in domain.report_fields if not spec.secrecy}
        if domain
        else {}
    )
    for row in db.session.execute(_VALUES, {"item": found.item_id}):
        if row.section == "core":
            core[row.name] = row.value
        elif domain is not None and row.domain == domain.name:
            version = row.data_version if row.data_version is not None else version
            if asked.get(row.name) == row.kind and not row.secrecy:
                stored[row.name] = row.value
    if domain is None or not stored:
        return core
    typed = data.loaded(domain, SubjectKind.REPORT_ITEM, found.item_id, stored, version)
    return core | {f"{domain.name}__{name}": value for name, value in typed.items()}


_earlier = aliased(Measure)
_board = sa.bindparam("board", type_=sa.Integer)
_EARLIER: sa.Select[*tuple[Any, ...]] = (
    sa.select(Measure.id, FrozenItem.id, FrozenItem.status, Round.title)
    .join(_earlier, _earlier.identity == Measure.identity)
    .join(FrozenItem, FrozenItem.measure_id == _earlier.id)
    .join(Report, Report.id == FrozenItem.report_id)
    .join(Round, Round.id == Report.round_id)
    .where(
        Measure.id.in_(sa.bindparam("measures", expanding=True)),
        # Naming the versions lets the database find the measure by version and identity.
        _earlier.version_id.in_(sa.select(PlanVersion.id)),
        sa.or_(
            Report.board_id == _board,
            Report.board_id.in_(sa.select(Board.id).where(Board.successor_id == _board)),
        ),
        Report.current,
        Report.state.in_(COUNTED),
        Round.opens_on < sa.bindparam("opens_on", type_=sa.Date),
    )
    .order_by(Round.opens_on, FrozenItem.id)
)
_LATEST = (
    _EARLIER.with_only_columns(FrozenItem.id)
    .order_by(None)
    .order_by(Round.opens_on.desc(), FrozenItem.id.desc())
    .limit(1)
    .correlate(None)
    .scalar_subquery()
)
# a computed metric may be called as the field it comes from, and is no answer
_is_answer = sa.or_(FrozenValue.section != "domain", FrozenValue.kind != "metric")
_WITH_ANSWERS: sa.Select[*tuple[Any, ...]] = (
    sa.select(
        FrozenItem.id,
        FrozenItem.status,
        Round.title,
        FrozenValue.domain,
        FrozenValue.name,
        FrozenValue.text,
        FrozenValue.secrecy,
    )
    .select_from(FrozenItem)
    .join(Report, Report.id == FrozenItem.report_id)
    .join(Round, Round.id == Report.round_id)
    .outerjoin(FrozenValue, sa.and_(FrozenValue.item_id == FrozenItem.id, _is_answer))
    .where(FrozenItem.id == _LATEST)
)
_VALUES = sa.select(
    FrozenValue.section,
    FrozenValue.domain,
    FrozenValue.name,
    FrozenValue.kind,
    FrozenValue.value,
    FrozenValue.secrecy,
    FrozenValue.data_version,
).where(FrozenValue.item_id == sa.bindparam("item"), FrozenValue.value.is_not(None), _is_answer)
