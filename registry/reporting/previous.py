"""Last round's answers, to stand beside this round's questions."""

from collections.abc import Iterable
from dataclasses import dataclass, field

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from registry.db import db
from registry.people.models import Board
from registry.plan.models import Measure, MeasureStatus, PlanVersion
from registry.reporting.models import FrozenItem, FrozenValue, Report, Round
from registry.reporting.outcomes import COUNTED


@dataclass(frozen=True)
class Before:
    """What was reported on a measure the time before; ``answers`` is form name → text."""

    round_title: str
    status: MeasureStatus
    answers: dict[str, str] = field(default_factory=dict)


def before(board_id: int, round_: Round, measure_ids: Iterable[int]) -> dict[int, Before]:
    """The latest earlier answers of the board, or of boards merged into it: two queries.

    A measure is followed over plan versions by its identity. Naming the versions lets the
    database find it by its index on version and identity.
    """
    ids = list(measure_ids)
    if not ids:
        return {}
    earlier = aliased(Measure)
    merged = sa.select(Board.id).where(Board.successor_id == board_id)
    rows = db.session.execute(
        sa.select(Measure.id, FrozenItem.id, FrozenItem.status, Round.title)
        .join(earlier, earlier.identity == Measure.identity)
        .join(FrozenItem, FrozenItem.measure_id == earlier.id)
        .join(Report, Report.id == FrozenItem.report_id)
        .join(Round, Round.id == Report.round_id)
        .where(
            Measure.id.in_(ids),
            earlier.version_id.in_(sa.select(PlanVersion.id)),
            sa.or_(Report.board_id == board_id, Report.board_id.in_(merged)),
            Report.current,
            Report.state.in_(COUNTED),
            Round.opens_on < round_.opens_on,
        )
        .order_by(Round.opens_on, FrozenItem.id)
    ).all()
    latest = {row[0]: row for row in rows}
    answers: dict[int, dict[str, str]] = {row[1]: {} for row in latest.values()}
    for item_id, name, domain, text in db.session.execute(
        sa.select(
            FrozenValue.item_id, FrozenValue.name, FrozenValue.domain, FrozenValue.text
        ).where(FrozenValue.item_id.in_(answers))
    ):
        answers[item_id][f"{domain}__{name}" if domain else name] = text
    return {
        measure_id: Before(title, status, answers[item_id])
        for measure_id, item_id, status, title in latest.values()
    }
