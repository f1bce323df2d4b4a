"""Which metrics have their values from Kolada, and what is asked for them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from registry.db import db
from registry.effects import service as effects
from registry.effects.kolada.client import Client
from registry.effects.kolada.reading import Said, indicator_of, once
from registry.effects.models import ComparisonSeries, EffectMetric
from registry.people.models import Role
from registry.people.permissions import Grant, Viewer
from registry.plan.models import Measure, PlanVersion, VersionState

# What the worker fetches by itself it fetches with a coordinator's sight, and saves nothing of.
SCHEDULE = Viewer(name="Kolada", grants=frozenset({Grant(Role.COORDINATOR)}))
PREFIX = "kolada"


@dataclass(frozen=True, slots=True)
class Wanted:
    """One metric's key figure, and the places it is compared with."""

    metric_id: int
    kpi: str
    areas: tuple[str, ...]


def from_kolada(viewer: Viewer) -> list[sa.ColumnElement[bool]]:
    """The conditions under which a metric has its values from Kolada and may get new ones."""
    return [
        sa.func.lower(EffectMetric.source).startswith(PREFIX),
        EffectMetric.archived.is_(False),
        PlanVersion.state != VersionState.REPLACED,
        *effects.readable(viewer),
    ]


def metric_ids(viewer: Viewer, *also: sa.ColumnElement[bool]) -> list[int]:
    """The metrics whose source names a key figure of Kolada, in plan order."""
    rows = db.session.execute(
        sa.select(EffectMetric.id, EffectMetric.source)
        .join(Measure, Measure.id == EffectMetric.measure_id)
        .join(PlanVersion, PlanVersion.id == Measure.version_id)
        .where(*from_kolada(viewer), *also)
        .order_by(Measure.plan_order, Measure.id, EffectMetric.position, EffectMetric.id)
    )
    return [key for key, source in rows if indicator_of(source)]


def wanted(viewer: Viewer, ids: Sequence[int]) -> list[Wanted]:
    """What to ask for these metrics, in two queries."""
    kept = set(metric_ids(viewer, EffectMetric.id.in_(ids)))
    areas: dict[int, list[str]] = {}
    for key, code in db.session.execute(
        sa.select(ComparisonSeries.metric_id, ComparisonSeries.code)
        .where(ComparisonSeries.metric_id.in_(kept))
        .order_by(ComparisonSeries.position, ComparisonSeries.id)
    ):
        areas.setdefault(key, []).append(code)
    rows: Any = db.session.execute(
        sa.select(EffectMetric.id, EffectMetric.source).where(EffectMetric.id.in_(kept))
    )
    return [
        Wanted(key, kpi, tuple(areas.get(key, ())))
        for key, source in rows
        if (kpi := indicator_of(source)) is not None
    ]


def gather(client: Client, asked: Iterable[Wanted], municipality: str) -> Said:
    """Ask Kolada, and keep what was asked for.

    :raises KoladaError: when the answers cannot be had or cannot be read.
    """
    places: dict[str, set[str]] = {}
    for one in asked:
        places.setdefault(one.kpi, {municipality}).update(one.areas)
    indicators = client.indicators(sorted(places))
    areas = client.areas()
    known = {one.code for one in indicators}
    there = {one.code for one in areas}
    all_areas = {area for kpi in known for area in places.get(kpi, ())}
    said = client.values(sorted(known & places.keys()), sorted(all_areas & there))
    unknown = (places.keys() - known) | ({*all_areas, municipality} - there)
    return Said(
        values=once([one for one in said if one.area in places.get(one.kpi, ())]),
        indicators=tuple(one for one in indicators if one.code in places),
        areas=tuple(areas),
        unknown=tuple(sorted(unknown)),
    )
