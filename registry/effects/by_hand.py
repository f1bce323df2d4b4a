"""Values that people enter and correct: who may, and what they are asked.

A value of a submitted report is the report's: by hand only the coordinator corrects it, and only
when the report is accepted.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _

from registry.audit import log
from registry.conflict import Conflict
from registry.db import db
from registry.effects.models import (
    EffectMetric,
    Gender,
    MetricValue,
    ValueStatus,
)
from registry.effects.values import Entry, differs, is_computed, record
from registry.people.models import Board
from registry.people.permissions import Denied, Permission, Viewer, may
from registry.plan.editing import Refused, last_saver, must_be_editable, saving, version_of
from registry.plan.models import Responsibility
from registry.plan.visibility import visible_measures
from registry.reporting.models import FrozenItem, Report, ReportState, Round


@dataclass(frozen=True)
class Written:
    """What a person wrote for a period: a number for each gender, and the rest once for all."""

    period: str
    board_id: int | None
    status: ValueStatus
    numbers: Mapping[Gender, tuple[Decimal | None, int | None]]
    source: str
    note: str
    reason: str
    reason_of_change: str = ""


def open_metric(viewer: Viewer, metric_id: int) -> EffectMetric | None:
    """A metric to enter values for; ``None`` when the viewer may not read it.

    :raises Denied: unless the viewer may enter values for one of its boards.
    :raises Refused: when its version is replaced, or its values are computed.
    """
    metric = db.session.scalars(
        sa.select(EffectMetric)
        .join(EffectMetric.measure)
        .where(EffectMetric.id == metric_id, visible_measures(viewer))
    ).first()
    if metric is None:
        return None
    if not may(viewer, Permission.EDIT_PLAN) and not boards(viewer, metric):
        raise Denied(Permission.EDIT_EFFECTS)
    must_be_editable(version_of(metric))
    if is_computed(metric):
        raise Refused(_("Måttet räknas ut av nämndernas svar och kan inte fyllas i för hand."))
    return metric


def boards(viewer: Viewer, metric: EffectMetric) -> list[Board]:
    """The boards of the measure, and of the metric, for which the viewer may enter values."""
    owners = sa.select(Responsibility.board_id).where(
        Responsibility.measure_id == metric.measure_id
    )
    found = db.session.scalars(
        sa.select(Board)
        .where(sa.or_(Board.id.in_(owners), Board.id == metric.board_id))
        .order_by(Board.name)
    )
    return [one for one in found if may(viewer, Permission.EDIT_EFFECTS, board_id=one.id)]


def usual_board(metric: EffectMetric, offered: Sequence[Any]) -> Any:
    """Whose value the last one was, of those offered; else the first of them."""
    last = db.session.scalars(
        sa.select(MetricValue.board_id)
        .where(MetricValue.metric_id == metric.id)
        .order_by(MetricValue.period.desc(), MetricValue.id.desc())
        .limit(1)
    ).first()
    return last if last in offered else next(iter(offered), None)


def open_value(viewer: Viewer, value_id: int) -> list[MetricValue]:
    """The values of one period and board, of every gender, to correct; empty when there is none.

    :raises Denied: when they are another board's.
    :raises Refused: when they are a submitted report's and not the viewer's to correct.
    """
    row = db.session.get(MetricValue, value_id)
    metric = open_metric(viewer, row.metric_id) if row is not None else None
    if row is None or metric is None:
        return []
    _must_be_own(viewer, metric, row.board_id)
    rows = _of_period(metric.id, row.period, row.board_id)
    _must_not_be_reported(viewer, metric, rows)
    return rows


def enter(viewer: Viewer, metric: EffectMetric, written: Written) -> None:
    """Enter values for a period that has none.

    :raises Refused: on ``period``, when it has a value already; on ``board_id``, when the viewer
        may not enter that board's.
    """
    _check(viewer, metric, written.board_id)
    taken = Refused(
        _("Perioden %(period)s har redan ett värde. Rätta det i stället.", period=written.period),
        "period",
    )
    if _of_period(metric.id, written.period, written.board_id):
        raise taken
    with log.action("metric_value.enter"), saving(metric, taken):
        for gender, entry in _entries(written).items():
            record(
                metric,
                written.period,
                entry,
                by=viewer,
                gender=gender,
                board_id=written.board_id,
                known=None,
            )
            db.session.flush()


def correct(
    viewer: Viewer, metric: EffectMetric, rows: list[MetricValue], seen: int, written: Written
) -> None:
    """Correct the values of a period; what they were stays readable.

    :param rows: from :func:`open_value`; their period and board stay.
    :param seen: :func:`version` of the rows when the form was opened.
    :raises Conflict: when someone has saved them since.
    :raises Refused: on ``reason_of_change``, when a number changes and nobody said why.
    """
    period, board_id = rows[0].period, rows[0].board_id
    _check(viewer, metric, board_id)
    _must_not_be_reported(viewer, metric, rows)
    if version(rows) != seen:
        raise Conflict(last_saver(rows[0]))
    known = {row.gender: row for row in rows}
    entries = _entries(written, also=known)
    changed = any(
        gender not in known or differs(known[gender], entry) for gender, entry in entries.items()
    )
    if changed and not written.reason_of_change:
        raise Refused(
            _("Skriv varför värdet ändras. Det gamla värdet sparas tillsammans med skälet."),
            "reason_of_change",
        )
    with log.action("metric_value.correct"), saving(rows[0]):
        for gender, entry in entries.items():
            record(
                metric,
                period,
                entry,
                by=viewer,
                gender=gender,
                board_id=board_id,
                reason_of_change=written.reason_of_change,
                known=known.get(gender),
            )


def version(rows: list[MetricValue]) -> int:
    """A number that grows with every save of any of these rows."""
    return sum(row.row_version for row in rows)


def _check(viewer: Viewer, metric: EffectMetric, board_id: int | None) -> None:
    must_be_editable(version_of(metric))
    if is_computed(metric):
        raise Refused(_("Måttet räknas ut av nämndernas svar och kan inte fyllas i för hand."))
    _must_be_own(viewer, metric, board_id)


def _must_be_own(viewer: Viewer, metric: EffectMetric, board_id: int | None) -> None:
    if may(viewer, Permission.EDIT_PLAN):
        return
    if board_id is None or board_id not in {one.id for one in boards(viewer, metric)}:
        raise Denied(Permission.EDIT_EFFECTS)


def _of_period(metric_id: int, period: str, board_id: int | None) -> list[MetricValue]:
    rows = db.session.scalars(
        sa.select(MetricValue)
        .where(
            MetricValue.metric_id == metric_id,
            MetricValue.period == period,
            MetricValue.board_id.is_not_distinct_from(board_id),
        )
        .order_by(MetricValue.id)
    )
    return list(rows)


def _must_not_be_reported(viewer: Viewer, metric: EffectMetric, rows: list[MetricValue]) -> None:
    state = report_state(metric.measure_id, rows[0].board_id, rows[0].period)
    if state is None:
        return
    if not may(viewer, Permission.EDIT_PLAN):
        raise Refused(
            _("Värdet kommer från en inlämnad återrapport. Be samordnaren att rätta det.")
        )
    if state is ReportState.SUBMITTED:
        raise Refused(
            _("Värdet kommer från en återrapport som inte är granskad. Lämna tillbaka den.")
        )


def report_state(measure_id: int, board_id: int | None, period: str) -> ReportState | None:
    """The state of the submitted report that speaks of this measure in this period, if one does."""
    if board_id is None:
        return None
    return db.session.scalars(
        sa.select(Report.state)
        .join(Round, Round.id == Report.round_id)
        .join(FrozenItem, FrozenItem.report_id == Report.id)
        .where(
            FrozenItem.measure_id == measure_id,
            Report.board_id == board_id,
            Report.current,
            Report.state.in_([ReportState.SUBMITTED, ReportState.ACCEPTED]),
            Round.period == period,
        )
        .order_by(Report.state.desc())
        .limit(1)
    ).first()


def _entries(
    written: Written, also: Mapping[Gender, MetricValue] | None = None
) -> dict[Gender, Entry]:
    """What is to be recorded for each gender: those with a number and those that had one.

    A period that is said not to be measured has one row that says so.
    """
    found: dict[Gender, Entry] = {}
    for gender, (number, respondents) in written.numbers.items():
        missing = written.status is ValueStatus.MISSING or number is None
        if missing and gender is not Gender.TOTAL and gender not in (also or {}):
            continue
        found[gender] = Entry(
            value=None if missing else number,
            status=ValueStatus.MISSING if missing else written.status,
            source=written.source,
            note=written.note,
            reason=written.reason if missing else "",
            respondents=None if missing else respondents,
        )
    return found
