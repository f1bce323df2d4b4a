"""What some of the demo's metrics have besides a value a year: answers, genders, comparisons."""

from decimal import Decimal

import sqlalchemy as sa

from registry.db import db
from registry.demo.plan import Node, at
from registry.demo.reports import Staff
from registry.demo.transaction import Clock
from registry.effects import values
from registry.effects.models import (
    ComparisonKind,
    ComparisonSeries,
    ComparisonValue,
    EffectMetric,
    Frequency,
    Gender,
    MetricTarget,
    MetricValue,
    Operator,
    ValueStatus,
)
from registry.effects.values import Entry
from registry.plan.models import Measure, PlanVersion


def describe(nodes: list[Node], version: PlanVersion) -> None:
    """Before any round: what the metrics of these measures (the first of each) are like."""
    metrics = _metrics(version)
    for node in nodes:
        metric = metrics[node["measure"]]
        metric.is_share, metric.is_count = node.get("share", False), node.get("count", False)
        metric.notes = node.get("notes", "")
        metric.frequency = Frequency(node["frequency"]) if "frequency" in node else None
        metric.next_due_on = node.get("next_due_on")
        metric.targets = [
            MetricTarget(
                operator=Operator(one["operator"]),
                value=Decimal(str(one["value"])),
                period=one["period"],
                place=one.get("place", ""),
            )
            for one in node.get("targets", ())
        ]
        for place, one in enumerate(node.get("comparisons", ())):
            db.session.add(
                ComparisonSeries(
                    metric_id=metric.id,
                    code=one["code"],
                    name=one["name"],
                    kind=ComparisonKind(one["kind"]),
                    position=place,
                    values=[
                        ComparisonValue(period=period, value=Decimal(str(value)))
                        for period, value in one["values"].items()
                    ],
                )
            )


def complete(nodes: list[Node], version: PlanVersion, staff: Staff, clock: Clock) -> None:
    """After the rounds: answers and genders of values that are there, reasons, corrections."""
    metrics = _metrics(version)
    for node in nodes:
        metric = metrics[node["measure"]]
        rows = {row.period: row for row in _totals(metric)}
        for period, genders in node.get("values", {}).items():
            for name, (value, respondents) in genders.items():
                gender = Gender(name)
                row = rows[period]
                if gender is Gender.TOTAL:
                    row.respondents = respondents
                    continue
                entry = Entry(Decimal(str(value)), row.status, row.source, respondents=respondents)
                clock.at = row.entered_at
                values.record(
                    metric,
                    period,
                    entry,
                    by=staff.coordinator,
                    gender=gender,
                    board_id=row.board_id,
                )
        for period, reason in node.get("missing", {}).items():
            rows[period].reason = reason
        for one in node.get("corrections", ()):
            row = rows[one["period"]]
            clock.at = at(one["corrected_on"])
            values.record(
                metric,
                row.period,
                Entry(Decimal(str(one["value"])), ValueStatus.FINAL, row.source),
                by=staff.coordinator,
                board_id=row.board_id,
                reason_of_change=one["reason"],
                known=row,
            )
        db.session.flush()


def _metrics(version: PlanVersion) -> dict[str, EffectMetric]:
    rows = db.session.execute(
        sa.select(Measure.number, EffectMetric)
        .join(EffectMetric.measure)
        .where(Measure.version_id == version.id, EffectMetric.position == 0)
    )
    return {number: metric for number, metric in rows}


def _totals(metric: EffectMetric) -> list[MetricValue]:
    found = db.session.scalars(
        sa.select(MetricValue).where(
            MetricValue.metric_id == metric.id, MetricValue.gender == Gender.TOTAL
        )
    )
    return list(found)
