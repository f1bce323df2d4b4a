"""What the demo's boards say of their own plans, and what measures cost them."""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal

import sqlalchemy as sa

from registry.business_plan.figures import COSTS
from registry.business_plan.models import BusinessPlanEntry, EntryState, MeasureCost
from registry.db import db
from registry.demo.plan import Node, at
from registry.demo.transaction import Clock
from registry.effects.models import EffectMethod, MethodKind
from registry.people.models import Board
from registry.plan.models import Measure, MeasureStatus, PlanVersion, Responsibility
from registry.reporting.rounds import successors


def add_business_plans(
    nodes: list[Node], version: PlanVersion, boards: dict[str, Board], clock: Clock
) -> None:
    """Entries, costs and methods still to be decided; each board's in the order of its years."""
    measures = {
        one.number: one
        for one in db.session.scalars(sa.select(Measure).where(Measure.version_id == version.id))
    }
    shares = db.session.execute(sa.select(Responsibility.board_id, Responsibility.measure_id)).all()
    for node in nodes:
        board = boards[node["board"]]
        clock.at = at(version.decided_on or date(2018, 7, 1))
        db.session.add_all(_undecided(node, board, measures))
        for year, decision in node["years"].items():
            heirs = successors(date(year, 1, 1))
            mine = {measure for owner, measure in shares if heirs.get(owner, owner) == board.id}
            asked = [one for one in measures.values() if one.id in mine and _runs_in(one, year)]
            clock.at = at(decision.get("decided_on", date(year - 1, 12, 15)))
            db.session.add_all(_entries(node, board, year, asked))
            db.session.add_all(_costs(node, board, year, measures))
            db.session.flush()


def _runs_in(measure: Measure, year: int) -> bool:
    begun = measure.starts_on is None or measure.starts_on.year <= year
    late = measure.status is MeasureStatus.DELAYED
    return begun and (late or measure.ends_on is None or measure.ends_on.year >= year)


def _entries(
    node: Node, board: Board, year: int, asked: list[Measure]
) -> Iterator[BusinessPlanEntry]:
    decision = node["years"][year]
    left_out = node.get("left_out", {}).get(year, {})
    unsaid = node.get("unsaid", {}).get(year, ())
    state = EntryState.TAKEN_IN if decision else EntryState.UNDER_WAY
    for measure in asked:
        if measure.number in unsaid:
            continue
        reason = left_out.get(measure.number, "")
        yield BusinessPlanEntry(
            measure_id=measure.id,
            board_id=board.id,
            year=year,
            state=EntryState.NOT_TAKEN_IN if reason else state,
            reference="" if reason else node["where"].format(year=year),
            paragraph=decision.get("paragraph", ""),
            decided_on=decision.get("decided_on"),
            reason=reason,
        )


def _costs(
    node: Node, board: Board, year: int, measures: dict[str, Measure]
) -> Iterator[MeasureCost]:
    for number, years in node.get("costs", {}).items():
        if year in years:
            amounts = [None if one is None else Decimal(str(one)) for one in years[year]]
            yield MeasureCost(
                measure_id=measures[number].id,
                board_id=board.id,
                year=year,
                **dict(zip(COSTS, amounts, strict=True)),
            )


def _undecided(node: Node, board: Board, measures: dict[str, Measure]) -> Iterator[EffectMethod]:
    for number, one in node.get("undecided", {}).items():
        yield EffectMethod(
            measure_id=measures[number].id,
            board_id=board.id,
            kind=MethodKind.NONE_YET,
            counts_as_effect=one.get("counts", ""),
            decide_by=one["decide_by"],
        )
