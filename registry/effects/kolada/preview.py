"""What a fetch would change in the registry as it stands now."""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from flask import current_app
from flask_babel import force_locale
from flask_babel import gettext as _

from registry.config import Settings
from registry.db import db
from registry.effects.kolada.differences import Change, Difference, Slot, Stored, differences
from registry.effects.kolada.gathering import from_kolada
from registry.effects.kolada.models import EntryKind, SourceEntry, SourceFetch
from registry.effects.kolada.reading import Entry, Said, SaidValue, indicator_of
from registry.effects.kolada.traps import traps, unit_differs
from registry.effects.models import ComparisonSeries, EffectMetric, Gender, MetricValue
from registry.people.permissions import Permission, Viewer, may
from registry.plan.models import Measure, PlanVersion
from registry.reporting.models import FrozenItem, Report, ReportState, Round

FETCHED = "Kolada "


@dataclass(frozen=True)
class SeriesChanges:
    """What changes in one comparison."""

    series_id: int
    code: str
    name: str
    differences: tuple[Difference, ...]

    @property
    def periods(self) -> list[tuple[str, dict[Gender, Difference]]]:
        return by_period(self.differences)


def by_period(found: Iterable[Difference]) -> list[tuple[str, dict[Gender, Difference]]]:
    """A row for each period, as a table shows them."""
    rows: dict[str, dict[Gender, Difference]] = {}
    for one in found:
        rows.setdefault(one.period, {})[one.gender] = one
    return list(rows.items())


@dataclass(frozen=True)
class MetricChanges:
    """What changes for one metric.

    :param title: what the source calls it; empty when that was not said.
    :param before: the description somebody last confirmed, where the source's is another now.
    :param notes: lines to be added to what is to know of the series.
    :param problems: sentences on what could not be had.
    :param doubts: sentences on why it may be the wrong key figure.
    """

    metric_id: int
    name: str
    unit: str
    measure: str
    kpi: str
    title: str
    description: str
    before: str
    own: tuple[Difference, ...]
    others: tuple[SeriesChanges, ...]
    notes: tuple[str, ...]
    problems: tuple[str, ...]
    doubts: tuple[str, ...]
    editable: bool

    @property
    def periods(self) -> list[tuple[str, dict[Gender, Difference]]]:
        return by_period(self.own)

    @property
    def writes(self) -> tuple[Difference, ...]:
        return tuple(one for one in self.own if one.change is not Change.HELD)

    @property
    def changed(self) -> bool:
        return bool(self.writes or self.others or self.notes or self.before)


def municipality() -> str:
    settings: Settings = current_app.extensions["settings"]
    return settings.municipality_code


def in_own_language() -> AbstractContextManager[None]:
    """What is stored is written in the municipality's language, whoever confirms it."""
    settings: Settings = current_app.extensions["settings"]
    return force_locale(settings.language)


def changes(viewer: Viewer, fetch: SourceFetch) -> list[MetricChanges]:
    """Of each metric of the fetch that the viewer may read, in seven queries."""
    said = Said.load(fetch.said)
    codes = said.indicator_codes
    metrics = _metrics(viewer, fetch.metric_ids)
    ids = [row.id for row in metrics]
    stored = _values(ids)
    reported = _reported(row.measure_id for row in metrics)
    series = _series(ids)
    confirmed = _confirmed([code for row in metrics if (code := indicator_of(row.source))])
    entries = {one.code: one for one in said.indicators}
    by_place: dict[tuple[str, str], list[SaidValue]] = defaultdict(list)
    for one in said.values:
        by_place[one.kpi, one.area].append(one)
    found = []
    for row in metrics:
        kpi = indicator_of(row.source) or ""
        if fetch.origin and kpi not in codes:  # a file may hold a part only
            continue
        entry = entries.get(kpi)
        own = by_place.get((kpi, municipality()), [])
        others = [
            (one, by_place.get((kpi, one.code), []), values) for one, values in series[row.id]
        ]
        before = confirmed.get(kpi, "")
        found.append(
            MetricChanges(
                metric_id=row.id,
                name=row.name,
                unit=row.unit,
                measure=f"{row.number} {row.measure}",
                kpi=kpi,
                title=entry.title if entry else "",
                description=entry.description if entry else "",
                before=before if entry and before and before != _described(entry) else "",
                own=differences(own, _slots(row, stored[row.id], reported)),
                others=tuple(
                    SeriesChanges(one.id, one.code, one.name, differing)
                    for one, values, known in others
                    if (differing := differences(values, known))
                ),
                notes=_new_notes(row.notes, kpi, entry),
                problems=_problems(said, kpi, entry, own, others),
                doubts=_doubts(row.unit, entry),
                editable=_editable(viewer, row.board_id),
            )
        )
    return found


def digest(found: Sequence[MetricChanges]) -> str:
    """Changes when anything that would be written does."""
    text = repr([(one.metric_id, one.own, one.others, one.notes, one.before) for one in found])
    return hashlib.sha256(text.encode()).hexdigest()


def _editable(viewer: Viewer, board_id: int | None) -> bool:
    if may(viewer, Permission.EDIT_PLAN):
        return True
    return board_id is not None and may(viewer, Permission.EDIT_EFFECTS, board_id=board_id)


def _metrics(viewer: Viewer, ids: Sequence[int]) -> Sequence[Any]:
    return db.session.execute(
        sa.select(
            EffectMetric.id,
            EffectMetric.name,
            EffectMetric.unit,
            EffectMetric.source,
            EffectMetric.notes,
            EffectMetric.board_id,
            EffectMetric.measure_id,
            Measure.number,
            Measure.title.label("measure"),
        )
        .join(Measure, Measure.id == EffectMetric.measure_id)
        .join(PlanVersion, PlanVersion.id == Measure.version_id)
        .where(EffectMetric.id.in_(ids), *from_kolada(viewer))
        .order_by(Measure.plan_order, Measure.id, EffectMetric.position, EffectMetric.id)
    ).all()


def _values(ids: Sequence[int]) -> dict[int, list[Any]]:
    found: dict[int, list[Any]] = defaultdict(list)
    for row in db.session.execute(
        sa.select(
            MetricValue.id,
            MetricValue.metric_id,
            MetricValue.board_id,
            MetricValue.period,
            MetricValue.gender,
            MetricValue.value,
            MetricValue.source,
        ).where(MetricValue.metric_id.in_(ids))
    ):
        found[row.metric_id].append(row)
    return found


def _slots(
    metric: Any, rows: Sequence[Any], reported: set[tuple[int, int, str]]
) -> dict[Slot, Stored]:
    """The row that the source's value of a period would be written to.

    It is the metric's own board's; where that has none, but one board has, it is that one's: the
    two would stand for the same thing twice.
    """
    grouped: dict[Slot, list[Any]] = defaultdict(list)
    for row in rows:
        grouped[row.period, row.gender].append(row)
    found: dict[Slot, Stored] = {}
    for slot, some in grouped.items():
        own = [row for row in some if row.board_id == metric.board_id]
        row = own[0] if own else some[0] if len(some) == 1 else None
        if row is not None:
            held = (metric.measure_id, row.board_id, row.period) in reported
            found[slot] = Stored(row.id, row.value, row.source.startswith(FETCHED), held)
    return found


def _reported(measures: Iterable[int]) -> set[tuple[int, int, str]]:
    """Measure, board and period of every submitted report that speaks of one of these measures.

    What a report says is the report's, and is corrected by hand if at all.
    """
    rows = db.session.execute(
        sa.select(FrozenItem.measure_id, Report.board_id, Round.period)
        .join(Report, Report.id == FrozenItem.report_id)
        .join(Round, Round.id == Report.round_id)
        .where(
            FrozenItem.measure_id.in_(set(measures)),
            Report.current,
            Report.state.in_([ReportState.SUBMITTED, ReportState.ACCEPTED]),
        )
    )
    return {(measure, board, period) for measure, board, period in rows}


def _series(ids: Sequence[int]) -> dict[int, list[tuple[ComparisonSeries, dict[Slot, Stored]]]]:
    found: dict[int, list[tuple[ComparisonSeries, dict[Slot, Stored]]]] = defaultdict(list)
    for one in db.session.scalars(
        sa.select(ComparisonSeries)
        .options(sa.orm.selectinload(ComparisonSeries.values))
        .where(ComparisonSeries.metric_id.in_(ids))
        .order_by(ComparisonSeries.position, ComparisonSeries.id)
    ):
        known = {(row.period, row.gender): Stored(row.id, row.value) for row in one.values}
        found[one.metric_id].append((one, known))
    return found


def _confirmed(codes: Sequence[str]) -> Mapping[str, str]:
    return {
        one.code: f"{one.title}\n{one.description}"
        for one in db.session.scalars(
            sa.select(SourceEntry).where(
                SourceEntry.code.in_(codes), SourceEntry.kind == EntryKind.INDICATOR
            )
        )
    }


def _described(entry: Entry) -> str:
    return f"{entry.title}\n{entry.description}"


def _new_notes(stored: str, kpi: str, entry: Entry | None) -> tuple[str, ...]:
    """A line for each trap that the metric's notes do not have already, in the source's words."""
    if entry is None:
        return ()
    with in_own_language():
        return tuple(
            f"{FETCHED}{kpi}: {one.note()}" for one in traps(entry) if one.quote not in stored
        )


def _doubts(unit: str, entry: Entry | None) -> tuple[str, ...]:
    if entry is None or not unit_differs(unit, entry.title):
        return ()
    return (
        _(
            "Enheten i registret (%(unit)s) och Koladas titel säger inte samma sak. Kontrollera "
            "att det är rätt nyckeltal.",
            unit=unit,
        ),
    )


def _problems(
    said: Said,
    kpi: str,
    entry: Entry | None,
    own: Sequence[SaidValue],
    others: Sequence[tuple[ComparisonSeries, Sequence[SaidValue], Any]],
) -> tuple[str, ...]:
    if kpi in said.unknown or (entry is None and said.indicators and not own):
        return (_("Kolada känner inte till nyckeltalet %(code)s.", code=kpi),)
    found = []
    if not any(one.value is not None for one in own):
        found.append(_("Det finns inga värden för kommunen (%(code)s).", code=municipality()))
    for series, values, _known in others:
        if not any(one.value is not None for one in values):
            name = series.name if series.name == series.code else f"{series.name} ({series.code})"
            found.append(_("Det finns inga värden för %(name)s.", name=name))
    return tuple(found)
