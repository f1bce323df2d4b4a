"""The worker's part: ask Kolada what a waiting fetch asks for, and keep the answer to be shown."""

from collections.abc import Sequence

import sqlalchemy as sa
import structlog
from flask import current_app
from flask_babel import gettext as _
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm.exc import StaleDataError

from registry.audit import log
from registry.config import Settings
from registry.db import db, now
from registry.effects.kolada import preview
from registry.effects.kolada.client import Client
from registry.effects.kolada.errors import KoladaError
from registry.effects.kolada.gathering import SCHEDULE, gather, wanted
from registry.effects.kolada.models import EntryKind, FetchState, SourceEntry, SourceFetch
from registry.effects.kolada.reading import Entry, Said
from registry.jobs.service import Cancelled, JobFailed, Product, Running
from registry.people.permissions import Viewer

KIND = "kolada"
logger = structlog.get_logger("kolada")


def _settings() -> Settings:
    found: Settings = current_app.extensions["settings"]
    return found


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

    return Client(_settings().kolada_url, tell=tell)


def _finish(viewer: Viewer, fetch_id: int, said: Said) -> None:
    _remember(said.areas)
    fetch = db.session.get(SourceFetch, fetch_id, populate_existing=True)
    if fetch is None or fetch.state is not FetchState.WAITING:
        db.session.rollback()
        return
    try:
        with log.action("source_fetch.fetch"):
            keep(viewer, fetch, said)
            db.session.commit()
    except StaleDataError:  # another worker was first
        db.session.rollback()


def keep(viewer: Viewer, fetch: SourceFetch, said: Said) -> None:
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
