"""The queue between web processes and the worker: huey, on SQLite or Redis.

What is queued is a number of a row, signed with the installation's secret; what to do with it
stands in the database. Losing the queue loses nothing: the worker looks for waiting rows every
minute.
"""

import hashlib
import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import structlog
from flask import Flask, current_app
from huey import RedisHuey, SqliteHuey, crontab
from huey.serializer import SignedSerializer

from registry.config import Settings
from registry.db import db

Each = Callable[[], None]
log = structlog.get_logger("jobs")


@dataclass
class Queue:
    """The queue of one app. ``run`` does the job of that number; ``minutely`` are things done once
    a minute by whichever worker comes first: each must bear being done twice."""

    settings: Settings
    app: Flask
    run: Callable[[int], None] | None = None
    minutely: dict[str, Each] = field(default_factory=dict)
    huey: Any = None
    task: Any = None

    def open(self) -> Any:
        """The queue itself, made when first needed."""
        if self.huey is None:
            self.huey = _make(self.settings)
            self.task = self.huey.task(name="job")(self._work)
            self.huey.periodic_task(crontab(minute="*"), name="minute")(self._minute)
        return self.huey

    def put(self, job_id: int) -> None:
        self.open()
        self.task(job_id)

    def _work(self, job_id: int) -> None:
        with self.app.app_context():
            if self.run is not None:
                self.run(job_id)

    def _minute(self) -> None:
        """One that fails is logged and does not keep the others from their turn."""
        for name, each in self.minutely.items():
            with self.app.app_context():
                try:
                    each()
                except Exception as error:
                    db.session.rollback()
                    log.exception("minutely", name=name, exc_info=error)

    def work_off(self) -> None:
        """Do everything that waits, here and now: for tests and for ``worker --once``."""
        huey = self.open()
        while (task := huey.dequeue()) is not None:
            huey.execute(task)

    def every_minute(self) -> None:
        """What the worker does once a minute, now."""
        self._minute()


def _make(settings: Settings) -> Any:
    secret = hashlib.sha256(b"jobs" + settings.secret_key.encode()).hexdigest()
    shared = {"serializer": SignedSerializer(secret=secret), "results": False}
    if settings.job_queue:
        return RedisHuey("registry", url=settings.job_queue, **shared)
    return SqliteHuey("registry", filename=str(settings.instance / "jobs.sqlite"), **shared)


def init_app(app: Flask, settings: Settings) -> None:
    app.extensions["jobs"] = Queue(settings, app)
    logging.getLogger("huey").setLevel(logging.WARNING)


def current() -> Queue:
    queue: Queue = current_app.extensions["jobs"]
    return queue


def each_minute(app: Flask, name: str, each: Each) -> None:
    """Let the worker do this once a minute; it must bear being done twice."""
    app.extensions["jobs"].minutely[name] = each


def work(app: Flask) -> None:
    """Work until told to stop; one thing at a time."""
    from huey.consumer import Consumer

    queue: Queue = app.extensions["jobs"]
    queue.every_minute()
    Consumer(queue.open(), workers=1, max_delay=1.0).run()
