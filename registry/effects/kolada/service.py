"""Use cases of values from Kolada: fetch or read, look at, confirm or drop."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta

import sqlalchemy as sa
from flask_babel import gettext as _
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm.exc import StaleDataError

from registry.audit import log
from registry.db import db, now
from registry.effects.kolada import file, gathering, preview
from registry.effects.kolada.fetching import KIND, keep
from registry.effects.kolada.gathering import metric_ids
from registry.effects.kolada.models import FetchState, SourceEntry, SourceFetch
from registry.effects.kolada.preview import MetricChanges
from registry.effects.kolada.reading import Said, clean, indicator_of
from registry.effects.kolada.saving import save
from registry.effects.models import EffectMetric
from registry.jobs import service as jobs
from registry.jobs.models import Job
from registry.people.permissions import Denied, Permission, Viewer, may, require
from registry.plan import effects as plan_effects
from registry.plan.editing import Refused, must_be_editable, version_of
from registry.plan.importing.sheet import Unreadable

LISTED = 20
STALLED = timedelta(hours=1)


class Changed(Exception):
    """What would be written is not what the person was shown."""


@dataclass(frozen=True)
class Overview:
    """Where fetching stands: what is set, which metrics there are, what was fetched last."""

    municipality: str
    metrics: int
    fetches: Sequence[SourceFetch]


@dataclass(frozen=True)
class Shown:
    """A fetch as its page shows it."""

    fetch: SourceFetch
    metrics: list[MetricChanges]
    digest: str

    @property
    def stalled(self) -> bool:
        """Whether the worker was stopped before it was done."""
        fetch = self.fetch
        return fetch.state is FetchState.WAITING and fetch.started_at < now() - STALLED

    @property
    def changed(self) -> list[MetricChanges]:
        return [one for one in self.metrics if one.changed]

    @property
    def unchanged(self) -> list[MetricChanges]:
        return [one for one in self.metrics if not one.changed]


# asking -------------------------------------------------------------------------------------


def overview(viewer: Viewer) -> Overview:
    require(viewer, Permission.EDIT_PLAN)
    fetches = db.session.scalars(
        sa.select(SourceFetch)
        .options(sa.orm.defer(SourceFetch.said))
        .order_by(SourceFetch.id.desc())
        .limit(LISTED)
    ).all()
    return Overview(preview.municipality(), len(metric_ids(viewer)), fetches)


def waiting(viewer: Viewer) -> int | None:
    """The latest fetch that waits for the coordinator; ``None`` when there is none."""
    if not may(viewer, Permission.EDIT_PLAN):
        return None
    return db.session.scalar(
        sa.select(sa.func.max(SourceFetch.id)).where(SourceFetch.state == FetchState.READY)
    )


def open_metric(viewer: Viewer, metric_id: int) -> EffectMetric | None:
    """A metric whose fetching the viewer may see to; ``None`` when they may not read it.

    :raises Denied: unless the viewer may edit it.
    :raises Refused: when its version is replaced.
    """
    metric = plan_effects.open_metric(viewer, metric_id)
    if metric is not None:
        must_be_editable(version_of(metric))
    return metric


def start(viewer: Viewer, page: Callable[[int], str], metric: EffectMetric | None = None) -> Job:
    """Fetch for one metric, or for all, as a job.

    :param page: the address of a fetch's page.
    :raises Refused: when the municipality's code is not set, or nothing has Kolada as its source.
    """
    if metric is None:
        require(viewer, Permission.EDIT_PLAN)
    ids = metric_ids(viewer, *([] if metric is None else [EffectMetric.id == metric.id]))
    _must_be_set(ids)
    fetch = SourceFetch(created_by_id=viewer.user_id, metric_ids=ids)
    with log.action("source_fetch.start"):
        db.session.add(fetch)
        db.session.flush()
        title = _("Hämta värden från Kolada")
        return jobs.start(viewer, KIND, title, fetch_id=fetch.id, page=page(fetch.id))


def _must_be_set(ids: Sequence[int]) -> None:
    if not preview.municipality():
        raise Refused(
            _("Kommunens kod är inte inställd. Be administratören att ange municipality_code.")
        )
    if not ids:
        raise Refused(
            _("Inget effektmått har Kolada som källa. Skriv till exempel kolada:N07403 som källa.")
        )


def upload(viewer: Viewer, content: bytes, name: str) -> SourceFetch:
    """Take in the same data from a file, for all metrics that have Kolada as their source.

    :raises Unreadable: with a sentence, when it cannot be read.
    :raises Refused: as :func:`start` does.
    """
    require(viewer, Permission.EDIT_PLAN)
    ids = metric_ids(viewer)
    _must_be_set(ids)
    db.session.rollback()  # reading takes a while: let others write meanwhile
    said = file.read(content)
    if not {one.kpi for one in gathering.wanted(viewer, ids)} & said.indicator_codes:
        raise Unreadable(_("Filen har inga värden för något effektmått som har Kolada som källa."))
    fetch = SourceFetch(created_by_id=viewer.user_id, metric_ids=ids, origin=clean(name)[:200])
    with log.action("source_fetch.upload"):
        db.session.add(fetch)
        keep(viewer, fetch, said)
        db.session.commit()
    return fetch


# looking and deciding -----------------------------------------------------------------------


def open_fetch(viewer: Viewer, fetch_id: int) -> SourceFetch | None:
    """A fetch: the coordinator's, or one's own.

    :raises Denied: when it is another person's.
    """
    require(viewer, Permission.EDIT_EFFECTS)
    fetch = db.session.get(SourceFetch, fetch_id)
    if fetch is None or may(viewer, Permission.EDIT_PLAN):
        return fetch
    if fetch.created_by_id is None or fetch.created_by_id != viewer.user_id:
        raise Denied(Permission.EDIT_PLAN)
    return fetch


def show(viewer: Viewer, fetch: SourceFetch) -> Shown:
    found = preview.changes(viewer, fetch) if fetch.state is FetchState.READY else []
    return Shown(fetch, found, preview.digest(found))


def drop(viewer: Viewer, fetch: SourceFetch) -> None:
    """Save nothing of it. The next fetch shows the same again, if it still holds."""
    if fetch.state is FetchState.READY:
        with log.action("source_fetch.drop"):
            fetch.state, fetch.said = FetchState.DROPPED, {}
            db.session.commit()


def confirm(viewer: Viewer, fetch: SourceFetch, chosen: Sequence[int], digest: str) -> int:
    """Save what the source says of these metrics, and give the number of values written.

    :raises Changed: when something was entered meanwhile: it is to be looked at again.
    :raises Refused: when no metric is chosen.
    """
    shown = show(viewer, fetch)
    if fetch.state is not FetchState.READY or shown.digest != digest:
        raise Changed
    taken = [one for one in shown.changed if one.editable and one.metric_id in set(chosen)]
    if not taken:
        raise Refused(_("Välj minst ett effektmått att spara."))
    said = Said.load(fetch.said)
    try:
        with log.action("source_fetch.confirm"), preview.in_own_language():
            written = sum(save(viewer, one, said) for one in taken)
            notes = sum(len(one.notes) for one in taken)
            fetch.state, fetch.said = FetchState.SAVED, {}
            fetch.outcome = {
                "metrics": [[one.metric_id, one.name] for one in taken],
                "values": written,
                "notes": notes,
            }
            db.session.commit()
    except (StaleDataError, IntegrityError) as error:
        db.session.rollback()
        raise Changed from error
    return written


def about(source: str) -> SourceEntry | None:
    """What Kolada calls the key figure of this source, as it was last confirmed."""
    kpi = indicator_of(source)
    return None if kpi is None else db.session.get(SourceEntry, kpi)
