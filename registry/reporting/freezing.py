"""A submitted report as plain rows: labels, values, effect values and who wrote them.

The rows need no plugin to be read, and the database refuses to change them.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _
from sqlalchemy.orm import contains_eager, joinedload

from registry.audit.log import plain
from registry.db import db
from registry.effects.models import EffectMetric
from registry.host import active, calls, data, vault
from registry.host.calls import Checked
from registry.host.loading import Domain
from registry.host.metrics import Metric
from registry.host.models import SubjectKind
from registry.host.values import MeasureView, ReportView, RoundView
from registry.language import number
from registry.plan.models import Measure, SubGoal
from registry.reporting.attaching import links
from registry.reporting.attaching.models import ItemAttachment
from registry.reporting.models import (
    FrozenItem,
    FrozenValue,
    ItemValue,
    Report,
    ReportItem,
)
from registry.reporting.period import bounds

CHECKED = Checked(())
UNCHECKED = Checked((), ran=False)


@dataclass(frozen=True)
class Measured:
    """An effect value of a report: ``value`` is ``None`` when it was not measured."""

    metric: EffectMetric
    value: Decimal | None


@dataclass
class Gathered:
    """One item with all that belongs to it, as things stand now."""

    item: ReportItem
    domain: Domain | None
    stored: data.Stored
    view: ReportView
    checked: Checked = CHECKED
    missing: list[str] = field(default_factory=list)
    metric_values: list[Measured] = field(default_factory=list)
    computed: list[tuple[Metric, float | None]] = field(default_factory=list)


def gather(report: Report) -> list[Gathered]:
    """All items of a report in plan order, checked by their domains: a fixed number of queries."""
    items = items_of(report)
    current = active.current()
    ids = [item.id for item in items]
    on_items = data.load(SubjectKind.REPORT_ITEM, ids, current.domains)
    on_measures = data.load(
        SubjectKind.MEASURE, [item.measure_id for item in items], current.domains
    )
    values = _values(ids)
    gathered = []
    for item in items:
        domain = current.get(item.measure.subgoal.area.domain)
        name = domain.name if domain else ""
        stored = on_items[item.id].get(name, data.EMPTY)
        measure_values = on_measures[item.measure_id].get(name, data.EMPTY).values
        view = view_of(report, item, stored.values, measure_values)
        one = Gathered(item, domain, stored, view)
        gathered.append(one)
    for domain in current.domains:
        _ask(domain, [one for one in gathered if one.domain is domain])
    for one in gathered:
        one.metric_values = _measured(values[one.item.id], one, current.names)
    return gathered


def _ask(domain: Domain, items: list[Gathered]) -> None:
    """Let a domain check and compute all its items: a call a hook, however many there are."""
    asked = [one for one in items if one.stored.readable]
    for one in items:
        one.checked = UNCHECKED
    if not asked:
        return
    views = [one.view for one in asked]
    metrics = [metric for metric in domain.metrics if metric.compute is not None]
    results = calls.compute_all(domain, metrics, views)
    for one, checked, row in zip(asked, calls.check_reports(domain, views), results, strict=True):
        one.checked = checked
        one.missing = missing(domain, one.stored)
        one.computed = list(zip(metrics, row, strict=True))


def items_of(report: Report) -> list[ReportItem]:
    """A report's items in plan order, with their measures and who saved them: one query."""
    return list(
        db.session.scalars(
            sa.select(ReportItem)
            .join(ReportItem.measure)
            .join(Measure.subgoal)
            .join(SubGoal.area)
            .options(
                contains_eager(ReportItem.measure)
                .contains_eager(Measure.subgoal)
                .contains_eager(SubGoal.area),
                joinedload(ReportItem.saved_by),
            )
            .where(ReportItem.report_id == report.id)
            .order_by(Measure.plan_order, Measure.id)
        )
    )


def _values(item_ids: list[int]) -> Mapping[int, list[ItemValue]]:
    found: dict[int, list[ItemValue]] = defaultdict(list)
    rows = db.session.scalars(
        sa.select(ItemValue)
        .join(ItemValue.metric)
        .options(contains_eager(ItemValue.metric))
        .where(ItemValue.item_id.in_(item_ids), EffectMetric.archived.is_(False))
        .order_by(EffectMetric.position, EffectMetric.id)
    )
    for row in rows:
        found[row.item_id].append(row)
    return found


def view_of(
    report: Report,
    item: ReportItem,
    values: Mapping[str, Any],
    measure_values: Mapping[str, Any],
) -> ReportView:
    """The values a domain gets to see of a report on a measure."""
    measure, round_ = item.measure, report.round
    first, last = bounds(round_.period)
    return ReportView(
        board=report.board.name,
        round=RoundView(round_.title, round_.period, first, last, round_.due_on),
        measure=MeasureView(
            measure.id,
            measure.number,
            measure.title,
            measure.description,
            measure.status.value,
            measure.starts_on,
            measure.ends_on,
            dict(measure_values),
        ),
        status=item.status.value if item.status else None,
        data=dict(values),
    )


def missing(domain: Domain, stored: data.Stored) -> list[str]:
    """Required fields without a readable answer: a domain may have come on after it was ready."""
    if not stored.readable:
        return []
    found = [
        _("%(field)s måste fyllas i.", field=spec.label)
        for spec in domain.report_fields
        if spec.required and not spec.secrecy
        if spec.name not in stored.values and spec.name not in stored.entered
    ]
    secret = data.missing_secrets(domain, SubjectKind.REPORT_ITEM, stored)
    found += [
        _("%(field)s måste fyllas i.", field=spec.label)
        for spec in domain.report_fields
        if f"{domain.name}__{spec.name}" in secret
    ]
    by_name = {spec.name: spec.label for spec in domain.report_fields}
    return found + [
        _("%(field)s kan inte läsas.", field=by_name[name])
        for name in stored.entered
        if name in by_name
    ]


def _measured(values: list[ItemValue], one: Gathered, names: frozenset[str]) -> list[Measured]:
    found = []
    results = {metric.name: result for metric, result in one.computed}
    for row in values:
        metric = row.metric
        if metric.domain is not None and metric.domain not in names:
            continue
        if metric.domain == (one.domain.name if one.domain else None) and metric.key in results:
            continue
        found.append(Measured(metric, row.value))
    return found


def freeze(report: Report, gathered: list[Gathered]) -> None:
    """Write the report as plain rows; the caller commits.

    What a computed metric gives goes, beside the report, to the measure's own metric where the
    measure has taken that metric up.
    """
    if not gathered:
        return
    connection = db.session.connection()
    items = [_item_row(report, position, one) for position, one in enumerate(gathered)]
    connection.execute(sa.insert(FrozenItem.__table__), items)  # type: ignore[arg-type]
    ids = dict(
        db.session.execute(
            sa.select(FrozenItem.measure_id, FrozenItem.id).where(FrozenItem.report_id == report.id)
        ).all()
    )
    _take_up_computed(gathered)
    files = links.on_items(one.item.id for one in gathered)
    rows = [
        row
        for one in gathered
        for row in _value_rows(ids[one.item.measure_id], one, files[one.item.id])
    ]
    connection.execute(sa.insert(FrozenValue.__table__), rows)  # type: ignore[arg-type]
    sealed = {one.item.id: ids[one.item.measure_id] for one in gathered if one.stored.marks}
    if sealed:
        vault.copy(SubjectKind.REPORT_ITEM, SubjectKind.FROZEN_ITEM, sealed)


def _take_up_computed(gathered: list[Gathered]) -> None:
    wanted = {
        (one.item.measure_id, one.domain.name, metric.name): (one, result)
        for one in gathered
        if one.domain is not None
        for metric, result in one.computed
    }
    if not wanted:
        return
    for metric in db.session.scalars(
        sa.select(EffectMetric).where(
            EffectMetric.measure_id.in_([one.item.measure_id for one in gathered]),
            EffectMetric.domain.is_not(None),
            EffectMetric.archived.is_(False),
        )
    ):
        found = wanted.get((metric.measure_id, metric.domain or "", metric.key or ""))
        if found is not None:
            one, result = found
            value = None if result is None else round(Decimal(str(result)), 4)
            one.metric_values.append(Measured(metric, value))


def _item_row(report: Report, position: int, one: Gathered) -> dict[str, Any]:
    item = one.item
    subgoal = item.measure.subgoal
    return {
        "report_id": report.id,
        "measure_id": item.measure_id,
        "position": position,
        "measure_number": item.measure.number,
        "measure_title": item.measure.title,
        "area_title": subgoal.area.title,
        "subgoal_title": subgoal.title,
        "status": item.status,
        "completed_by": item.saved_by.name if item.saved_by else "",
        "completed_at": item.saved_at,
        "unchecked_by": "" if one.checked.ran or one.domain is None else one.domain.title,
    }


def _value_rows(
    item_id: int, one: Gathered, files: Iterable[ItemAttachment]
) -> list[dict[str, Any]]:
    rows = [
        *_core_rows(one.item),
        *_domain_rows(one),
        *_metric_rows(one),
        *links.frozen_rows(files),
    ]
    return [
        {
            "domain": None,
            "domain_title": "",
            "unit": "",
            "secrecy": None,
            "data_version": None,
            **row,
            "item_id": item_id,
            "position": position,
        }
        for position, row in enumerate(rows)
    ]


def _core_rows(item: ReportItem) -> list[dict[str, Any]]:
    return [
        _core("status", _("Läge vid periodens slut"), "choice", item.status, _label(item.status)),
        _core("done", _("Vad har gjorts?"), "long_text", item.done, item.done),
        _core("deviation", _("Avvikelse"), "long_text", item.deviation, item.deviation),
        _core(
            "deviation_reason",
            _("Orsak till avvikelsen"),
            "choice",
            item.deviation_reason,
            _label(item.deviation_reason),
        ),
    ]


def _core(name: str, label: str, kind: str, value: Any, text: str) -> dict[str, Any]:
    return {
        "section": "core",
        "name": name,
        "label": label,
        "kind": kind,
        "value": plain(value) or None,
        "text": text,
    }


def _label(word: Any) -> str:
    return str(word.label) if word is not None else ""


def _domain_rows(one: Gathered) -> list[dict[str, Any]]:
    if one.domain is None:
        return []
    section = {
        "section": "domain",
        "domain": one.domain.name,
        "domain_title": one.domain.title,
        "data_version": one.domain.manifest.data_version,
    }
    if not one.stored.readable:
        return [section | _as_kept(answer) for answer in one.stored.kept]
    rows = []
    for spec in one.domain.report_fields:
        answered = spec.name in one.stored.values
        value = one.stored.values.get(spec.name)
        rows.append(
            {
                **section,
                "name": spec.name,
                "label": str(spec.label),
                "kind": spec.kind,
                "unit": spec.unit,
                "value": spec.dump(value) if answered else None,
                "text": spec.text(value) if answered else "",
                "secrecy": spec.secrecy if spec.name in one.stored.marks else None,
            }
        )
    for metric, result in one.computed:
        rows.append(
            {
                **section,
                "name": metric.name,
                "label": metric.label,
                "kind": "metric",
                "unit": metric.unit,
                "value": result,
                "text": _with_unit(None if result is None else round(result, 1), metric.unit),
            }
        )
    return rows


def _as_kept(answer: data.Answer) -> dict[str, Any]:
    """An answer that its domain can no longer read, as the row itself labels it."""
    return {
        "name": answer.name,
        "label": answer.label,
        "kind": answer.kind,
        "value": answer.value,
        "text": answer.text,
    }


def _metric_rows(one: Gathered) -> list[dict[str, Any]]:
    return [
        {
            "section": "metric",
            "domain": measured.metric.domain,
            "name": f"metric-{measured.metric.id}",
            "label": measured.metric.name,
            "kind": "metric",
            "unit": measured.metric.unit,
            "value": plain(measured.value),
            "text": _with_unit(measured.value, measured.metric.unit),
        }
        for measured in one.metric_values
    ]


def _with_unit(value: Decimal | float | None, unit: str) -> str:
    if value is None:
        return _("Inte mätt")
    return f"{number(value)} {unit}".rstrip()
