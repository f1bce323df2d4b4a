"""Use cases of values from Kolada: fetch or read, look at, confirm or drop."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import sqlalchemy as sa
import structlog
from flask import current_app
from flask_babel import gettext as _
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm.exc import StaleDataError

from registry.audit import log
from registry.config import Settings
from registry.db import db, now
from registry.effects import values
from registry.effects.kolada import file, preview
from registry.effects.kolada.client import Client
from registry.effects.kolada.differences import Difference
from registry.effects.kolada.errors import KoladaError
from registry.effects.kolada.gathering import SCHEDULE, gather, metric_ids, wanted
from registry.effects.kolada.models import EntryKind, FetchState, SourceEntry, SourceFetch
from registry.effects.kolada.preview import FETCHED, MetricChanges
from registry.effects.kolada.reading import Entry, Said, clean, indicator_of
from registry.effects.models import (
    ComparisonSeries,
    ComparisonValue,
    EffectMetric,
    ValueStatus,
)
from registry.effects.values import Entry as Value
from registry.jobs import service as jobs
from registry.jobs.models import Job
from registry.jobs.service import Cancelled, JobFailed, Product, Running
from registry.people.permissions import Denied, Permission, Viewer, may, require
from registry.plan import effects as plan_effects
from registry.plan.editing import Refused, must_be_editable, version_of

KIND = "kolada"
LISTED = 20
logger = structlog.get_logger("kolada")


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
    def changed(self) -> list[MetricChanges]:
        return [one for one in self.metrics if one.changed]

    @property
    def unchanged(self) -> list[MetricChanges]:
        return [one for one in self.metrics if not one.changed]


def settings() -> Settings:
    found: Settings = current_app.extensions["settings"]
    return found


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

    :raises file.Unreadable: with a sentence, when it cannot be read.
    :raises Refused: as :func:`start` does.
    """
    require(viewer, Permission.EDIT_PLAN)
    ids = metric_ids(viewer)
    _must_be_set(ids)
    said = file.read(content)
    fetch = SourceFetch(created_by_id=viewer.user_id, metric_ids=ids, origin=clean(name)[:200])
    with log.action("source_fetch.upload"):
        db.session.add(fetch)
        _keep(viewer, fetch, said)
        db.session.commit()
    return fetch


# the worker's part --------------------------------------------------------------------------


def work(job: Running) -> Product:
    """Fetch what a waiting fetch asks for; what has been fetched already is not asked again."""
    fetch_id, page = job.params["fetch_id"], Product(page=job.params.get("page", ""))
    fetch = db.session.get(SourceFetch, fetch_id)
    if fetch is None or fetch.state is not FetchState.WAITING:
        return page
    viewer = job.viewer if fetch.created_by_id is not None else SCHEDULE
    asked, municipality = wanted(viewer, fetch.metric_ids), preview.municipality()
    db.session.rollback()  # nothing is held while the network is waited for
    try:
        if not asked or not municipality:
            raise JobFailed(_("Det finns inte längre något att hämta."))
        with make_client(job) as client:
            said = gather(client, asked, municipality)
    except Cancelled:
        _end(fetch_id, FetchState.DROPPED)
        raise
    except KoladaError as error:
        logger.warning("kolada", fetch=fetch_id, problem=type(error).__name__, cause=str(error))
        _end(fetch_id, FetchState.FAILED, str(error.sentence))
        raise JobFailed(str(error.sentence)) from error
    except JobFailed as error:
        _end(fetch_id, FetchState.FAILED, str(error))
        raise
    _finish(viewer, fetch_id, said)
    return page


def make_client(job: Running) -> Client:
    """A client of the Kolada that is set; the job's progress moves with its questions."""
    asked = 0

    def tell() -> None:
        nonlocal asked
        asked += 1
        job.step(asked, max(10, asked + 1), _("Frågar Kolada"))

    return Client(settings().kolada_url, tell=tell)


def _finish(viewer: Viewer, fetch_id: int, said: Said) -> None:
    fetch = db.session.get_one(SourceFetch, fetch_id, populate_existing=True)
    if fetch.state is not FetchState.WAITING:
        db.session.rollback()
        return
    _remember(said.areas)
    try:
        with log.action("source_fetch.fetch"):
            _keep(viewer, fetch, said)
            db.session.commit()
    except StaleDataError:  # another worker was first
        db.session.rollback()


def _keep(viewer: Viewer, fetch: SourceFetch, said: Said) -> None:
    fetch.said, fetch.ended_at = said.dump(), now()
    found = preview.changes(viewer, fetch)
    fetch.state = FetchState.READY
    if not any(one.changed for one in found):
        fetch.state, fetch.said = FetchState.NOTHING, {}
        problems = [f"{one.name}: {text}" for one in found for text in one.problems]
        fetch.outcome = {"problems": problems}
    if not fetch.origin:  # a file may hold a part only
        _replace_older(fetch)


def _replace_older(fetch: SourceFetch) -> None:
    """What the worker or the same person left waiting is in this fetch as well, and newer."""
    older = db.session.scalars(
        sa.select(SourceFetch).where(
            SourceFetch.state == FetchState.READY,
            SourceFetch.origin == "",
            sa.or_(
                SourceFetch.scheduled.is_not(None),
                SourceFetch.created_by_id == fetch.created_by_id,
            ),
            SourceFetch.id != fetch.id,
        )
    )
    for one in older:
        if set(one.metric_ids) <= set(fetch.metric_ids):
            one.state, one.said, one.outcome = FetchState.DROPPED, {}, {"replaced": True}


def _end(fetch_id: int, state: FetchState, error: str = "") -> None:
    db.session.rollback()
    fetch = db.session.get(SourceFetch, fetch_id, populate_existing=True)
    if fetch is not None and fetch.state is FetchState.WAITING:
        with log.action("source_fetch.fetch"):
            fetch.state, fetch.error, fetch.ended_at = state, error, now()
            db.session.commit()


def _remember(areas: Sequence[Entry]) -> None:
    """Keep the names of municipalities and groups, to choose comparisons from."""
    known = {
        one.code: one
        for one in db.session.scalars(
            sa.select(SourceEntry).where(SourceEntry.kind != EntryKind.INDICATOR)
        )
    }
    for area in areas:
        kind = EntryKind.GROUP if area.code.startswith("G") else EntryKind.MUNICIPALITY
        row = known.get(area.code)
        if row is None:
            known[area.code] = row = SourceEntry(code=area.code, kind=kind, title=area.title)
            db.session.add(row)
        row.title = area.title
    try:
        db.session.commit()
    except IntegrityError:  # another worker has just written them
        db.session.rollback()


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
            written = sum(_save(viewer, one, said) for one in taken)
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


def _save(viewer: Viewer, one: MetricChanges, said: Said) -> int:
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


def about(source: str) -> SourceEntry | None:
    """What Kolada calls the key figure of this source, as it was last confirmed."""
    kpi = indicator_of(source)
    return None if kpi is None else db.session.get(SourceEntry, kpi)
