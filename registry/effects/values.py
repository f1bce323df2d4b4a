"""Writing values: :func:`record` is the one way, whoever the value comes from.

A value that is replaced is kept, as a :class:`ValueCorrection`.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from registry.audit import log
from registry.db import db, now
from registry.effects.due import next_due
from registry.effects.models import (
    EffectMetric,
    Gender,
    MetricValue,
    ValueCorrection,
    ValueStatus,
)
from registry.host import active
from registry.people.permissions import Viewer


@dataclass(frozen=True, slots=True)
class Entry:
    """What is said of one value. ``value`` is ``None`` exactly when the status is missing.

    :param reason: why it is missing.
    :param respondents: how many answers a share rests on.
    """

    value: Decimal | None
    status: ValueStatus = ValueStatus.FINAL
    source: str = ""
    note: str = ""
    reason: str = ""
    respondents: int | None = None


_UNKNOWN: Any = object()


def record(
    metric: EffectMetric,
    period: str,
    entry: Entry,
    *,
    by: Viewer,
    gender: Gender = Gender.TOTAL,
    board_id: int | None = None,
    reason_of_change: str = "",
    known: MetricValue | None = _UNKNOWN,
) -> MetricValue:
    """Write a metric's value for a period, keep what stood there, move the day the next is due.

    Asks for no permission and commits nothing: the use case that calls it does.

    :param known: the row there is, where the caller has looked already.
    """
    row = find(metric.id, period, gender, board_id) if known is _UNKNOWN else known
    if row is None:
        _move_due(metric, period)
        row = MetricValue(metric_id=metric.id, period=period, gender=gender, board_id=board_id)
        db.session.add(row)
    elif differs(row, entry):
        db.session.add(
            ValueCorrection(
                value_id=row.id,
                value=row.value,
                status=row.status,
                source=row.source,
                note=row.note,
                reason=row.reason,
                respondents=row.respondents,
                reason_of_change=reason_of_change,
                replaced_at=now(),
                replaced_by_name=by.name,
            )
        )
    row.value, row.status = entry.value, entry.status
    row.source, row.note, row.reason = entry.source, entry.note, entry.reason
    row.respondents = entry.respondents
    row.entered_at, row.entered_by_id = now(), by.user_id
    return row


def record_new(
    entries: Sequence[tuple[EffectMetric, Entry]],
    period: str,
    *,
    by: Viewer,
    board_id: int | None,
    action: str,
) -> None:
    """:func:`record` for values where there are none yet, of many metrics in one statement; each
    has its entry in the log as if it had been written alone.

    :param action: what the log says was done.
    """
    if not entries:
        return
    rows: list[dict[str, Any]] = []
    for metric, entry in entries:
        _move_due(metric, period)
        rows.append(
            {
                "metric_id": metric.id,
                "board_id": board_id,
                "period": period,
                "gender": Gender.TOTAL,
                **asdict(entry),
                "entered_at": now(),
                "entered_by_id": by.user_id,
            }
        )
    table: sa.Table = MetricValue.__table__  # type: ignore[assignment]
    connection = db.session.connection()
    connection.execute(sa.insert(table), [{**row, "row_version": 1} for row in rows])
    made = sa.select(table.c.metric_id, table.c.id).where(
        table.c.board_id.is_not_distinct_from(board_id),
        table.c.period == period,
        table.c.gender == Gender.TOTAL,
        table.c.metric_id.in_([row["metric_id"] for row in rows]),
    )
    ids = dict(connection.execute(made).all())
    log.record_created(
        action,
        "metric_value",
        (
            (key, "", {"id": key, **{name: log.plain(cell) for name, cell in row.items()}})
            for row in rows
            for key in (ids[row["metric_id"]],)
        ),
    )


def find(
    metric_id: int, period: str, gender: Gender = Gender.TOTAL, board_id: int | None = None
) -> MetricValue | None:
    """The value of that metric, period, gender and board, if there is one."""
    return db.session.scalars(
        sa.select(MetricValue).where(
            MetricValue.metric_id == metric_id,
            MetricValue.period == period,
            MetricValue.gender == gender,
            MetricValue.board_id.is_not_distinct_from(board_id),
        )
    ).first()


def withdraw(row: MetricValue, *, by: Viewer, reason: str) -> None:
    """Take back what a report said; what stood there before it stands there again."""
    before = db.session.scalars(
        sa.select(ValueCorrection)
        .where(ValueCorrection.value_id == row.id)
        .order_by(ValueCorrection.id.desc())
        .limit(1)
    ).first()
    if before is None:
        db.session.delete(row)
        return
    entry = Entry(
        before.value,
        before.status,
        before.source,
        before.note,
        before.reason,
        before.respondents,
    )
    metric = db.session.get_one(EffectMetric, row.metric_id)
    record(metric, row.period, entry, by=by, reason_of_change=reason, known=row)


def differs(row: MetricValue, entry: Entry) -> bool:
    """Whether the number changes; a preliminary value that is found right is no correction."""
    return row.value != entry.value or row.respondents != entry.respondents


def _move_due(metric: EffectMetric, period: str) -> None:
    if metric.next_due_on is None or metric.frequency is None:
        return
    last = db.session.scalar(
        sa.select(sa.func.max(MetricValue.period)).where(MetricValue.metric_id == metric.id)
    )
    metric.next_due_on = next_due(metric.next_due_on, metric.frequency, last, period)


def is_computed(metric: EffectMetric) -> bool:
    """Whether the domain computes it from the boards' answers: then nobody enters it by hand."""
    domain = active.current().get(metric.domain)
    if domain is None:
        return False
    return any(one.name == metric.key and one.compute is not None for one in domain.metrics)
