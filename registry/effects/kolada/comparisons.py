"""Which municipalities and groups a metric's series is shown beside."""

import re

import sqlalchemy as sa
from flask_babel import gettext as _

from registry.audit import log
from registry.db import db
from registry.effects.kolada import preview
from registry.effects.kolada.models import EntryKind, SourceEntry
from registry.effects.models import ComparisonKind, ComparisonSeries, EffectMetric
from registry.plan.editing import Refused, next_position, saving

MOST = 20
_WRITTEN = re.compile(r"([0-9]{4}|[Gg][0-9]{1,9})(?:[\s,–-]+(.{1,120}))?", re.DOTALL)


def chosen(metric: EffectMetric) -> list[ComparisonSeries]:
    return list(
        db.session.scalars(
            sa.select(ComparisonSeries)
            .where(ComparisonSeries.metric_id == metric.id)
            .order_by(ComparisonSeries.position, ComparisonSeries.id)
        )
    )


def names() -> list[SourceEntry]:
    """All municipalities and groups that the last fetch told of; none before the first."""
    return list(
        db.session.scalars(
            sa.select(SourceEntry)
            .where(SourceEntry.kind != EntryKind.INDICATOR)
            .order_by(SourceEntry.kind.desc(), SourceEntry.title, SourceEntry.code)
        )
    )


def add(metric: EffectMetric, written: str) -> ComparisonSeries:
    """Compare with a municipality or group, given by name or code; the caller has asked who may.

    :raises Refused: on ``area``, when it is not known or is there already.
    """
    code, name = _place(written)
    if code == preview.municipality():
        raise Refused(_("Det är den egna kommunen. Välj en annan att jämföra med."), "area")
    there = chosen(metric)
    if len(there) >= MOST:
        raise Refused(
            _("Måttet har redan %(count)s jämförelser. Ta bort någon först.", count=MOST), "area"
        )
    taken = Refused(_("%(name)s finns redan bland jämförelserna.", name=name), "area")
    if any(one.code == code for one in there):
        raise taken
    series = ComparisonSeries(
        metric_id=metric.id,
        code=code,
        name=name,
        kind=ComparisonKind.GROUP if code.startswith("G") else ComparisonKind.MUNICIPALITY,
        position=next_position(ComparisonSeries, ComparisonSeries.metric_id == metric.id),
    )
    with log.action("comparison_series.add"), saving(taken=taken):
        db.session.add(series)
    return series


def remove(metric: EffectMetric, code: str) -> None:
    """Compare no longer with it. Its values go; they can be fetched again."""
    with log.action("comparison_series.remove"), saving():
        for one in chosen(metric):
            if one.code == code:
                db.session.delete(one)


def _place(written: str) -> tuple[str, str]:
    """Code and name of what a person wrote: ``0180``, ``0180 Stockholm`` or ``Stockholm``."""
    text = " ".join(written.split())
    match = _WRITTEN.fullmatch(text)
    if match is not None:
        code = match[1].upper()
        known = db.session.get(SourceEntry, code)
        return code, known.title if known is not None else match[2] or code
    found = [one for one in names() if one.title.casefold() == text.casefold()]
    if len(found) == 1:
        return found[0].code, found[0].title
    if found:
        codes = ", ".join(one.code for one in found)
        raise Refused(_("Flera heter så. Skriv koden i stället: %(codes)s.", codes=codes), "area")
    raise Refused(
        _("Namnet finns inte i listan. Skriv koden i stället, till exempel 0180 eller G123."),
        "area",
    )
