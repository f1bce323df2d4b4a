"""The guarded call of one hook of one plugin; what goes wrong costs the plugin a strike.

This is fault isolation, not a sandbox. Strikes are written after the request's own transaction
has ended; at the third the domain is switched off for everyone and its data kept.
"""

import traceback
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from decimal import Decimal
from math import isfinite
from typing import Any, TypeVar

import sqlalchemy as sa
from flask import Flask, current_app, g, has_app_context

from registry.db import db, now
from registry.host.loading import Domain
from registry.host.models import Generation, PluginState
from registry.host.values import Issue, Level, MeasureView, ReportView, Subject

LIMIT = 3
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


def init_app(app: Flask) -> None:
    app.teardown_appcontext(_write_strikes)


def check_report(domain: Domain, report: ReportView) -> Checked:
    return _check(domain, "check_report", report=report)


def check_measure(domain: Domain, measure: MeasureView) -> Checked:
    return _check(domain, "check_measure", measure=measure)


def _check(domain: Domain, hook: str, **values: Any) -> Checked:
    try:
        found = call(domain, hook, _as_issues, **values)
    except Fault:
        return Checked((), ran=False)
    return Checked(found or ())


def upgrade_data(domain: Domain, subject: Subject, data: dict[str, Any], version: int) -> Any:
    """:raises Fault: when the domain cannot; the row then stays as it is."""
    return call(domain, "upgrade_data", _as_dict, subject=subject, data=dict(data), version=version)


def report_submitted(domain: Domain, report: ReportView) -> None:
    try:
        call(domain, "report_submitted", lambda _answer: None, report=report)
    except Fault:
        return


def compute(domain: Domain, metric: Any, report: ReportView) -> float | None:
    """A computed metric's value; ``None`` when there is none or the domain failed."""
    try:
        return guarded(domain, f"metric {metric.name}", lambda: _as_number(metric.compute(report)))
    except Fault:
        return None


def call(domain: Domain, hook: str, shape: Callable[[Any], T], **values: Any) -> T | None:
    """Call one hook of one plugin; generators are drained inside the guard.

    :raises Fault: when it raised or answered in the wrong shape; the strike is noted.
    """

    def ask() -> T | None:
        answers = getattr(domain.hooks.hook, hook)(**values)
        return shape(answers[0]) if answers else None

    return guarded(domain, hook, ask)


def guarded(domain: Domain, what: str, ask: Callable[[], T]) -> T:
    try:
        return ask()
    except (Exception, SystemExit) as error:  # a plugin may raise anything; none may pass
        strike(domain, what, error)
        raise Fault(domain.name) from error


def strike(domain: Domain, what: str, error: BaseException) -> None:
    trace = "".join(traceback.format_exception(error))[-6000:]
    current_app.logger.error("plugin %s failed in %s:\n%s", domain.name, what, trace)
    if has_app_context():
        g.setdefault("strikes", []).append((domain.name, f"{what}\n{trace}"))


def _write_strikes(_error: BaseException | None) -> None:
    strikes: list[tuple[str, str]] = g.pop("strikes", [])
    if not strikes:
        return
    db.session.remove()
    for name, trace in strikes:
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


def _as_issues(answer: Iterable[Issue] | None) -> tuple[Issue, ...]:
    issues = tuple(answer or ())
    for issue in issues:
        if not isinstance(issue, Issue):
            raise TypeError(f"expected Issue, got {issue!r:.80}")
    return issues


def _as_dict(answer: Any) -> dict[str, Any]:
    if not isinstance(answer, dict):
        raise TypeError(f"expected a dict, got {answer!r:.80}")
    return answer


def _as_number(answer: Any) -> float | None:
    if answer is None:
        return None
    known = isinstance(answer, int | float | Decimal) and not isinstance(answer, bool)
    if not known or not isfinite(answer):
        raise TypeError(f"expected a number or None, got {answer!r:.80}")
    return float(answer)
