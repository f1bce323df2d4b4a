"""Writing what a person has confirmed; the use case that calls it asks who may, and commits."""

from collections.abc import Sequence

import sqlalchemy as sa
from flask_babel import gettext as _

from registry.db import db, now
from registry.effects import values
from registry.effects.kolada.differences import Difference
from registry.effects.kolada.models import EntryKind, SourceEntry
from registry.effects.kolada.preview import FETCHED, MetricChanges
from registry.effects.kolada.reading import Said
from registry.effects.models import ComparisonSeries, ComparisonValue, EffectMetric, ValueStatus
from registry.effects.values import Entry as Value
from registry.people.permissions import Viewer


def save(viewer: Viewer, one: MetricChanges, said: Said) -> int:
    """Newest first: the day the next value is due moves once, not once for each old year."""
    metric = db.session.get_one(EffectMetric, one.metric_id)
    rows = {row.id: row for row in metric.values}
    for change in one.writes:
        known = rows[change.row_id] if change.row_id is not None else None
        values.record(
            metric,
            change.period,
            _value(change, one.kpi),
            by=viewer,
            gender=change.gender,
            board_id=known.board_id if known is not None else metric.board_id,
            reason_of_change=_("Hämtat från Kolada"),
            known=known,
        )
    for series in one.others:
        _save_series(series.series_id, series.differences)
    names = {area.code: area.title for area in said.areas}
    for row in db.session.scalars(
        sa.select(ComparisonSeries).where(ComparisonSeries.metric_id == metric.id)
    ):
        row.name = names.get(row.code, row.name)
    _note(metric, one)
    db.session.flush()
    return len(one.writes) + sum(len(series.differences) for series in one.others)


def _value(change: Difference, kpi: str) -> Value:
    source = f"{FETCHED}{kpi}"
    if change.new is None:
        reason = _("Borttaget i källan")
        return Value(None, ValueStatus.MISSING, source, reason=reason)
    return Value(change.new, ValueStatus.FINAL, source, note=change.status)


def _save_series(series_id: int, changes: Sequence[Difference]) -> None:
    series = db.session.get_one(ComparisonSeries, series_id)
    rows = {row.id: row for row in series.values}
    for change in changes:
        if change.row_id is None:
            series.values.append(
                ComparisonValue(period=change.period, gender=change.gender, value=change.new)
            )
        else:
            rows[change.row_id].value = change.new


def _note(metric: EffectMetric, one: MetricChanges) -> None:
    """Add to what a person has written, never in its place; remember what was confirmed."""
    added = list(one.notes)
    if one.before:
        added.append(
            _(
                "%(source)s: beskrivningen ändrades i källan, sett %(day)s.",
                source=f"{FETCHED}{one.kpi}",
                day=now().date().isoformat(),
            )
        )
    if added:
        metric.notes = "\n".join([*filter(None, [metric.notes]), *added])
    if not one.title:
        return
    row = db.session.get(SourceEntry, one.kpi)
    if row is None:
        row = SourceEntry(code=one.kpi, kind=EntryKind.INDICATOR)
        db.session.add(row)
    row.title, row.description = one.title, one.description
