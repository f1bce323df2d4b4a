"""Use cases of jobs: ask for one, see how far it has come, cancel it, take what it made."""

import hashlib
import os
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
import structlog
from flask import Flask, current_app
from flask_babel import force_locale, get_locale
from flask_babel import gettext as _
from sqlalchemy.exc import NoResultFound

from registry.audit.log import acting
from registry.db import db, now
from registry.jobs import queue
from registry.jobs.models import Job, JobProduct, JobState, WorkerBeat
from registry.people.permissions import NOBODY, Denied, Permission, Viewer, require
from registry.people.sessions import viewer_of

KEPT = timedelta(days=7)
SILENT = timedelta(seconds=90)  # a worker that has said nothing for so long is taken for dead
BEAT_SECONDS = 0.5
MAX_ATTEMPTS = 3
log = structlog.get_logger("jobs")


class Cancelled(Exception):
    """The person asked for the job to be ended."""


class JobFailed(Exception):
    """The job cannot be done; the message tells the person why and what to do."""


@dataclass(frozen=True)
class Product:
    """What a job made: a file to fetch, or the address of a page to go on at."""

    content: bytes = b""
    name: str = ""
    media_type: str = "application/octet-stream"
    page: str = ""


class Running:
    """A job at work: what was asked, by whom, and how far it has come.

    :ivar viewer: the person with the grants held now, not those held when asking.
    """

    def __init__(self, job_id: int, params: dict[str, Any], viewer: Viewer) -> None:
        self.id, self.params, self.viewer = job_id, params, viewer
        self._said = 0.0

    def step(self, done: int, total: int, text: str = "") -> None:
        """Say how far it has come; what is said too often is left out.

        :raises Cancelled: when the person has asked for the end.
        """
        if done < total and time.monotonic() - self._said < BEAT_SECONDS:
            return
        self._said = time.monotonic()
        with db.engine.begin() as connection:  # its own, so that it is seen at once
            connection.execute(
                sa.update(Job.__table__)  # type: ignore[arg-type]
                .where(Job.id == self.id)
                .values(done=done, total=total, step=text, beat_at=now())
            )
            asked = connection.scalar(sa.select(Job.cancel_asked).where(Job.id == self.id))
        if asked:
            raise Cancelled


Work = Callable[[Running], Product]


def init_app(app: Flask) -> None:
    app.extensions["job_kinds"] = {}
    app.extensions["job_listeners"] = []
    app.extensions["jobs"].run = run
    queue.each_minute(app, "jobs", look_after)


def offer(app: Flask, kind: str, work: Work) -> None:
    """Let jobs of this kind be done by this function."""
    app.extensions["job_kinds"][kind] = work


def when_ended(app: Flask, listener: Callable[[Job], None]) -> None:
    """Let this be called after a job has ended; what it does is its own transaction."""
    app.extensions["job_listeners"].append(listener)


def start(viewer: Viewer, kind: str, title: str, **params: Any) -> Job:
    """Ask for a job. Commits, and tells the worker. The same that waits already is not asked for
    again: one person's impatience must not keep all others waiting.

    :param params: what it needs to know, as JSON; never what is secret.
    """
    require(viewer, Permission.SIGNED_IN)
    there = _waiting(viewer, kind, params)
    if there is not None:
        db.session.commit()
        return there
    return _start(kind, title, params, _digest(viewer), viewer.user_id)


def _waiting(viewer: Viewer, kind: str, params: dict[str, Any]) -> Job | None:
    mine = sa.select(Job).where(
        Job.created_by_id == viewer.user_id,
        Job.kind == kind,
        Job.state == JobState.WAITING,
        Job.grants == _digest(viewer),
        Job.language == str(get_locale() or "sv"),
    )
    return next((one for one in db.session.scalars(mine) if one.params == params), None)


def start_unasked(kind: str, title: str, **params: Any) -> Job:
    """Ask for a job that nobody asked for, such as one done every month; nobody's pages show it.

    It is done with no grants: what it may do is for the work itself to know.
    """
    return _start(kind, title, params, "", None)


def _start(kind: str, title: str, params: dict[str, Any], grants: str, user_id: int | None) -> Job:
    if kind not in current_app.extensions["job_kinds"]:
        raise LookupError(kind)
    job = Job(
        kind=kind,
        title=title,
        params=params,
        language=str(get_locale() or "sv"),
        grants=grants,
        created_by_id=user_id,
    )
    db.session.add(job)
    db.session.commit()
    queue.current().put(job.id)
    return job


def own(viewer: Viewer) -> list[Job]:
    """The viewer's jobs, the latest first."""
    require(viewer, Permission.SIGNED_IN)
    mine = sa.select(Job).where(Job.created_by_id == viewer.user_id)
    return list(db.session.scalars(mine.order_by(Job.id.desc()).limit(50)))


def find(viewer: Viewer, job_id: int) -> Job:
    """:raises NoResultFound: when there is none, or it is another person's."""
    require(viewer, Permission.SIGNED_IN)
    mine = sa.select(Job).where(Job.id == job_id, Job.created_by_id == viewer.user_id)
    return db.session.scalars(mine).one()


def cancel(viewer: Viewer, job_id: int) -> Job:
    """End a job: at once when it waits, at its next step when it runs."""
    job = find(viewer, job_id)
    if job.state is JobState.WAITING:
        job.state, job.finished_at = JobState.CANCELLED, now()
    elif job.state is JobState.RUNNING:
        job.cancel_asked = True
    db.session.commit()
    return job


def product(viewer: Viewer, job_id: int) -> Product:
    """The file that a job made.

    :raises NoResultFound: when there is none.
    :raises Denied: when the viewer may not do what they might when asking.
    """
    job = find(viewer, job_id)
    if job.grants != _digest(viewer):
        raise Denied(Permission.SIGNED_IN)
    content = db.session.scalar(sa.select(JobProduct.content).where(JobProduct.job_id == job.id))
    if content is None:
        raise NoResultFound
    return Product(content, job.product_name, job.product_type)


def worker_seen() -> bool:
    """Whether a worker has been heard of in the last minutes."""
    seen = db.session.scalar(sa.select(sa.func.max(WorkerBeat.seen_at)))
    return seen is not None and seen > now() - timedelta(minutes=3)


def _digest(viewer: Viewer) -> str:
    held = sorted(str(grant) for grant in viewer.grants) + sorted(viewer.clearances)
    return hashlib.sha256("\n".join(held).encode()).hexdigest()


# the worker's part --------------------------------------------------------------------------


def run(job_id: int) -> None:
    """Do a job, if nobody else does. Reading holds no lock; the product is written at the end."""
    job = _claim(job_id)
    if job is None:
        return
    with force_locale(job.language), acting(job.created_by_id):
        try:
            made = _do(job)
        except Cancelled:
            _end(job_id, JobState.CANCELLED)
        except JobFailed as failure:
            _end(job_id, JobState.FAILED, error=str(failure))
        except Denied:
            _end(job_id, JobState.FAILED, error=_("Du har inte längre behörighet till det här."))
        except Exception as error:
            log.exception("job", job=job_id, kind=job.kind, exc_info=error)
            sentence = _("Något gick fel hos oss. Felet är loggat. Försök igen om en stund.")
            _end(job_id, JobState.FAILED, error=sentence)
        else:
            _end(job_id, JobState.DONE, made=made)


def _claim(job_id: int) -> Job | None:
    with db.engine.begin() as connection:
        taken = connection.execute(
            sa.update(Job.__table__)  # type: ignore[arg-type]
            .where(
                Job.id == job_id,
                sa.or_(
                    Job.state == JobState.WAITING,
                    sa.and_(Job.state == JobState.RUNNING, Job.beat_at < now() - SILENT),
                ),
            )
            .values(
                state=JobState.RUNNING,
                attempts=Job.attempts + 1,
                beat_at=now(),
                started_at=sa.func.coalesce(Job.started_at, now()),
            )
        )
    if not taken.rowcount:
        return None
    _read_only()
    return db.session.get_one(Job, job_id, populate_existing=True)


def _read_only() -> None:
    """What follows reads, and keeps nobody from writing."""
    db.session.rollback()
    db.session.connection(execution_options={"reading": True})


def _do(job: Job) -> Product:
    work: Work = current_app.extensions["job_kinds"][job.kind]
    if job.attempts > MAX_ATTEMPTS:
        raise JobFailed(_("Arbetet avbröts flera gånger. Tala om för administratören."))
    viewer = viewer_of(job.created_by_id) if job.created_by_id is not None else NOBODY
    if viewer is None:
        raise JobFailed(_("Kontot som bad om arbetet är inte längre aktivt."))
    running = Running(job.id, dict(job.params), viewer)
    return work(running)


def _end(job_id: int, state: JobState, *, error: str = "", made: Product | None = None) -> None:
    db.session.rollback()
    job = db.session.get(Job, job_id, populate_existing=True)
    if job is None:  # removed meanwhile, with the account that asked for it
        return
    job.state, job.error, job.finished_at = state, error, now()
    if made is not None:
        job.product_name, job.product_type, job.product_page = (
            made.name,
            made.media_type,
            made.page,
        )
        job.done = job.total = max(job.total, 1)
        if made.content:
            db.session.merge(JobProduct(job_id=job.id, content=made.content))
    db.session.commit()
    for listener in current_app.extensions["job_listeners"]:
        listener(job)


def look_after() -> None:
    """Say that a worker lives, take up what was dropped, clear away what is old."""
    name = f"{socket.gethostname()}:{os.getpid()}"
    db.session.merge(WorkerBeat(name=name, seen_at=now()))
    connection = db.session.connection()
    connection.execute(
        sa.delete(WorkerBeat.__table__).where(WorkerBeat.seen_at < now() - KEPT)  # type: ignore[arg-type]
    )
    connection.execute(sa.delete(Job.__table__).where(Job.created_at < now() - KEPT))  # type: ignore[arg-type]
    dropped = sa.select(Job.id).where(
        sa.or_(
            sa.and_(Job.state == JobState.WAITING, Job.created_at < now() - timedelta(seconds=30)),
            sa.and_(Job.state == JobState.RUNNING, Job.beat_at < now() - SILENT),
        )
    )
    found = list(db.session.scalars(dropped))
    db.session.commit()
    for job_id in found:
        queue.current().put(job_id)
