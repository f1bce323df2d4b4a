"""Last round's answers, to stand beside this round's questions."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _
from sqlalchemy.orm import aliased

from registry.db import db
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
    """:func:`before` for one measure, with what was answered: two queries."""
    found = before(board_id, round_, [measure_id]).get(measure_id)
    if found is None:
        return None
    rows = db.session.execute(_ANSWERS, {"item": found.item_id})
    answers = {
        f"{domain}__{name}" if domain else name: _("Skyddad uppgift (%(ground)s)", ground=secrecy)
        if secrecy
        else text
        for domain, name, text, secrecy in rows
    }
    return replace(found, answers=answers)


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
_ANSWERS = sa.select(
    FrozenValue.domain, FrozenValue.name, FrozenValue.text, FrozenValue.secrecy
).where(
    FrozenValue.item_id == sa.bindparam("item"),
    # a computed metric may be called as the field it comes from, and is no answer
    sa.or_(FrozenValue.section != "domain", FrozenValue.kind != "metric"),
)
