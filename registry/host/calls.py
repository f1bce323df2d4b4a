"""The guarded call of one hook of one plugin; what goes wrong costs the plugin a strike.

A plugin's code runs beside the request (:mod:`registry.host.runner`): without app, session or
request, and for a limited time. This is fault isolation, not a sandbox. Strikes are written after
the request's own transaction has ended; at the third the domain is switched off for everyone and
its data kept.
"""

import csv
import os
import time
import traceback
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from statistics import median
from typing import Any, TypeVar

import sqlalchemy as sa
from flask import Flask, current_app, g, has_app_context

from registry.config import Settings
from registry.db import db, now
from registry.host import runner, shapes
from registry.host.last_words import LastWords
from registry.host.loading import Domain
from registry.host.metrics import Metric
from registry.host.models import Generation, PluginState
from registry.host.values import (
    Importer,
    ImportRow,
    Issue,
    Level,
    MeasureView,
    Panel,
    ReportView,
    Subject,
)

LIMIT = 3
KEPT_TIMES = 200
Secrets = Sequence[str]
T = TypeVar("T")


@dataclass(frozen=True)
class Checked:
    """What a domain's check found; ``ran`` is false when the domain failed to check."""

    issues: tuple[Issue, ...]
    ran: bool = True

    @property
    def errors(self) -> tuple[Issue, ...]:
        return tuple(issue for issue in self.issues if issue.level is Level.ERROR)

    @property
    def warnings(self) -> tuple[Issue, ...]:
        return tuple(issue for issue in self.issues if issue.level is Level.WARNING)


class Fault(Exception):
    """A plugin failed; it has been noted."""


@dataclass(frozen=True)
class Timing:
    """How long a hook has taken in this process: calls, and seconds of the latest ones."""

    hook: str
    count: int
    median: float
    worst: float


@dataclass
class _Times:
    count: int = 0
    worst: float = 0.0
    latest: deque[float] = None  # type: ignore[assignment]

    def __post_init__(self) -> None:
        self.latest = deque(maxlen=KEPT_TIMES)


def init_app(app: Flask, settings: Settings) -> None:
    app.extensions["hook_seconds"] = settings.hook_seconds
    app.extensions["hook_times"] = {}
    app.extensions["last_words"] = LastWords(settings.instance / "running")
    app.extensions["heard"] = 0
    app.before_request(_hear_the_dead)
    app.teardown_appcontext(_write_strikes)


def _hear_the_dead() -> None:
    """At a process's first request: what was a process at that died in the middle of a call?"""
    if current_app.extensions["heard"] == os.getpid():
        return
    current_app.extensions["heard"] = os.getpid()
    words: LastWords = current_app.extensions["last_words"]
    for name, what in words.of_the_dead():
        trace = f"{what}\nthe process ended in the middle of this call"
        current_app.logger.error("plugin %s: %s", name, trace)
        g.setdefault("strikes", {}).setdefault((name, what), trace)


# decision hooks ------------------------------------------------------------------------------


def check_report(domain: Domain, report: ReportView, *, secret: Secrets = ()) -> Checked:
    """:param secret: secret answers in the view, just written, as text: they are kept out of logs
    and of what the check says."""
    return _checked(domain, "check_report", "report", [report], secret)[0]


def check_measure(domain: Domain, measure: MeasureView, *, secret: Secrets = ()) -> Checked:
    return _checked(domain, "check_measure", "measure", [measure], secret)[0]


def check_measures(
    domain: Domain, measures: Sequence[MeasureView], *, secret: Secrets
) -> list[Checked]:
    return _checked(domain, "check_measure", "measure", measures, secret)


def check_reports(domain: Domain, reports: Sequence[ReportView]) -> list[Checked]:
    """Many reports in one call: a fault in one leaves the others checked."""
    return _checked(domain, "check_report", "report", reports, ())


def _checked(
    domain: Domain, hook: str, argument: str, views: Sequence[Any], secret: Secrets
) -> list[Checked]:
    if not domain.implements(hook):
        return [Checked(()) for _view in views]
    asks = [_asked(domain, hook, shapes.as_issues, **{argument: view}) for view in views]
    answers = _each(domain, hook, asks, bool(secret))
    return [
        Checked((), ran=False)
        if isinstance(one, Fault)
        else Checked(tuple(_said(domain, issue, secret) for issue in one or ()))
        for one in answers
    ]


def _said(domain: Domain, issue: Issue, secret: Secrets) -> Issue:
    """The issue in the reader's language, with its values put in and no secret answer repeated."""
    shown = {
        name: domain.written(value) if isinstance(value, float | Decimal | date) else value
        for name, value in (issue.values or {}).items()
    }
    try:
        message = domain.say(issue.message, shown)
    except (KeyError, TypeError, ValueError):  # a translation with other names than the text
        message = issue.message % issue.values if issue.values else issue.message
    for text in secret:
        if len(text) > 1:
            message = message.replace(text, "…")
    return replace(issue, message=message, values=None)


def compute_all(
    domain: Domain, metrics: Sequence[Metric], reports: Sequence[ReportView]
) -> list[list[float | None]]:
    """Each report's computed metrics, in order; ``None`` is no value, also where it failed."""
    rows: list[list[float | None]] = [[] for _report in reports]
    for metric in metrics:
        asks = [_computed(metric, report) for report in reports]
        answers = _each(domain, f"metric {metric.name}", asks, False)
        for row, one in zip(rows, answers, strict=True):
            row.append(None if isinstance(one, Fault) else one)
    return rows


def compute(domain: Domain, metric: Metric, report: ReportView) -> float | None:
    """A computed metric's value; ``None`` when there is none or the domain failed."""
    return compute_all(domain, [metric], [report])[0][0]


def _computed(metric: Metric, report: ReportView) -> Callable[[], float | None]:
    return lambda: shapes.as_number(metric.compute(report)) if metric.compute is not None else None


def upgrade_data(domain: Domain, subject: Subject, data: dict[str, Any], version: int) -> Any:
    """:raises Fault: when the domain cannot; the row then stays as it is."""
    return call(
        domain, "upgrade_data", shapes.as_dict, subject=subject, data=dict(data), version=version
    )


def measure_panel(domain: Domain, measure: MeasureView) -> Panel | None:
    """The domain's panel; ``None`` when it has nothing to show or failed."""
    return _panel(domain, "measure_panel", measure=measure)


def report_panel(domain: Domain, report: ReportView) -> Panel | None:
    return _panel(domain, "report_panel", report=report)


def _panel(domain: Domain, hook: str, **values: Any) -> Panel | None:
    if not domain.implements(hook):
        return None
    try:
        return call(domain, hook, shapes.as_panel, **values)
    except Fault:
        return None


def read_file(domain: Domain, importer: Importer, content: bytes) -> list[ImportRow]:
    """:raises Fault: when the importer failed; that a file is not of its kind is no strike.
    :raises ValueError: what the importer says of a file that it cannot read, if anything."""
    refused: list[Exception] = []
    secret = any(spec.secrecy for spec in domain.measure_fields)

    def ask() -> list[ImportRow]:
        try:
            return shapes.as_import_rows(importer.read(content))
        except (ValueError, csv.Error) as error:
            refused.append(error)
            return []

    rows = guarded(domain, f"importer {importer.name}", ask, secret=secret, seconds=10)
    if refused:
        # what Python itself says of a file is no sentence for people
        said = str(refused[0]) if type(refused[0]) is ValueError else ""
        raise ValueError(said) from refused[0]
    return rows


def report_submitted(domain: Domain, report: ReportView) -> None:
    if domain.implements("report_submitted"):
        try:
            call(domain, "report_submitted", lambda _answer: None, report=report)
        except Fault:
            return


# the guard -----------------------------------------------------------------------------------


def call(domain: Domain, hook: str, shape: Callable[[Any], T], **values: Any) -> T | None:
    """Call one hook of one plugin; generators are drained inside the guard.

    :raises Fault: when it raised, took too long or answered in the wrong shape; the strike is
        noted.
    """
    return guarded(domain, hook, _asked(domain, hook, shape, **values))


def _asked(
    domain: Domain, hook: str, shape: Callable[[Any], T], **values: Any
) -> Callable[[], T | None]:
    def ask() -> T | None:
        answers = getattr(domain.hooks.hook, hook)(**values)
        return shape(answers[0]) if answers else None

    return ask


def guarded(
    domain: Domain,
    what: str,
    ask: Callable[[], T],
    *,
    secret: bool = False,
    seconds: float | None = None,
    inside: bool = False,
) -> T:
    """:param inside: run within the request, for what needs the app and holds no loops.
    :raises Fault: when a plugin's code failed.
    """
    limit = seconds or current_app.extensions["hook_seconds"]
    words: LastWords = current_app.extensions["last_words"]
    slot = words.begin(domain.name, what)
    began = time.perf_counter()
    try:
        return ask() if inside else runner.run(ask, limit)
    except (Exception, SystemExit, GeneratorExit) as error:
        strike(domain, what, error, secret=secret)
        raise Fault(domain.name) from error
    finally:
        words.end(slot)
        _time(domain.name, what, time.perf_counter() - began)


def _each(
    domain: Domain, what: str, asks: Sequence[Callable[[], T]], secret: bool
) -> list[T | Fault]:
    """All calls in one go, each guarded for itself; where one never ends, none has answered."""
    errors: list[BaseException] = []

    def ask_all() -> list[T | Fault]:
        return list(_answers(domain, asks, errors))

    try:
        answers = guarded(domain, what, ask_all, secret=secret)
    except Fault as fault:
        return [fault for _ask in asks]
    for error in errors[:1]:
        strike(domain, what, error, secret=secret)
    return answers


def _answers(
    domain: Domain, asks: Sequence[Callable[[], T]], errors: list[BaseException]
) -> Iterator[T | Fault]:
    for ask in asks:
        try:
            yield ask()
        except (Exception, SystemExit, GeneratorExit, KeyboardInterrupt) as error:
            errors.append(error)
            yield Fault(domain.name)


def strike(domain: Domain, what: str, error: BaseException, *, secret: bool = False) -> None:
    """Note a fault. Of one that may speak of secret answers, only where it happened is kept."""
    if secret:
        where = "".join(traceback.format_tb(error.__traceback__))
        trace = f"{where}{type(error).__name__} (its message may hold secret answers)"
    else:
        trace = "".join(traceback.format_exception(error))
    trace = trace[-6000:]
    current_app.logger.error("plugin %s failed in %s:\n%s", domain.name, what, trace)
    if has_app_context():
        strikes: dict[tuple[str, str], str] = g.setdefault("strikes", {})
        strikes.setdefault((domain.name, what), f"{what}\n{trace}")


def _write_strikes(_error: BaseException | None) -> None:
    strikes: dict[tuple[str, str], str] = g.pop("strikes", {})
    if not strikes:
        return
    db.session.remove()
    for (name, _what), trace in strikes.items():
        state = db.session.get(PluginState, name, with_for_update=True)
        if state is None:
            continue
        state.strikes += 1
        state.last_fault, state.last_fault_at = trace, now()
        if state.strikes >= LIMIT and state.enabled:
            state.enabled = False
            state.changed_at = now()
            raise_generation()
    db.session.commit()


def raise_generation() -> None:
    """All workers follow at their next request; the caller commits."""
    db.session.execute(
        sa.update(Generation)
        .values(number=Generation.number + 1)
        .execution_options(logged=True, synchronize_session=False)
    )


def _time(name: str, what: str, seconds: float) -> None:
    known: dict[tuple[str, str], _Times] = current_app.extensions["hook_times"]
    times = known.setdefault((name, what), _Times())
    times.count += 1
    times.worst = max(times.worst, seconds)
    times.latest.append(seconds)


def timings(name: str) -> list[Timing]:
    """What this process has measured of a plugin's hooks, since it started."""
    known: dict[tuple[str, str], _Times] = current_app.extensions["hook_times"]
    return [
        Timing(what, times.count, median(times.latest), times.worst)
        for (plugin, what), times in sorted(known.items())
        if plugin == name and times.latest
    ]
