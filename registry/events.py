"""What has happened, told to whoever listens after it is committed.

A use case says what happened and knows nobody who hears it; features that do something about it
subscribe when the app is assembled. A listener works in a transaction of its own. One that fails
is logged and breaks nothing: what happened has happened.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import structlog
from blinker import NamedSignal, Namespace
from flask import Flask, current_app

from registry.db import db

_namespace = Namespace()
round_opened: NamedSignal = _namespace.signal("round-opened")  # round_id, by
report_submitted: NamedSignal = _namespace.signal("report-submitted")  # report_id, by
report_returned: NamedSignal = _namespace.signal("report-returned")  # report_id of the new, by
report_accepted: NamedSignal = _namespace.signal("report-accepted")  # report_id, by
comment_written: NamedSignal = _namespace.signal("comment-written")  # report_id, comment_id, by

_quiet: ContextVar[bool] = ContextVar("quiet", default=False)
log = structlog.get_logger("events")


def listen(app: Flask, signal: NamedSignal, listener: Callable[..., None]) -> None:
    """Let this be called with what the signal says, by this app."""
    signal.connect(guarded(listener), sender=app, weak=False)


def emit(signal: NamedSignal, **said: Any) -> None:
    """Say that it has happened; to be called after the commit.

    :param said: ids only; ``by`` is the person whose doing it was.
    """
    if not _quiet.get():
        signal.send(current_app._get_current_object(), **said)  # type: ignore[attr-defined]


@contextmanager
def quiet() -> Iterator[None]:
    """Within, nobody is told: for what is made up, like the demo's past."""
    token = _quiet.set(True)
    try:
        yield
    finally:
        _quiet.reset(token)


def guarded(listener: Callable[..., None]) -> Callable[..., None]:
    """The listener, whose failures are logged and go no further."""

    def heard(_sender: object = None, **said: Any) -> None:
        try:
            listener(**said)
        except Exception as error:
            db.session.rollback()
            log.exception("listener", listener=listener.__qualname__, exc_info=error)

    return heard
