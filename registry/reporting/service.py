"""Use cases of a board's report as a whole: read it, see what remains, submit it."""

from collections.abc import Mapping
from dataclasses import dataclass

import sqlalchemy as sa
from flask_babel import gettext as _
from sqlalchemy.orm import contains_eager

from registry import events
from registry.audit import log
from registry.conflict import Conflict
from registry.db import db, now
from registry.effects import values
from registry.effects.models import EffectMetric, Gender, MetricValue, ValueStatus
from registry.host import calls
from registry.people.permissions import Permission, Viewer, require
from registry.plan.models import MeasureStatus
from registry.reporting import freezing, outcomes, writing
from registry.reporting.attaching import links
from registry.reporting.models import ItemState, Report, ReportItem, ReportState
from registry.reporting.rounds import CannotReport

_REPORT = (
    sa.select(Report)
    .join(Report.round)
    .join(Report.board)
    .options(contains_eager(Report.round), contains_eager(Report.board))
    .where(Report.id == sa.bindparam("report"))
)


def get_report(viewer: Viewer, report_id: int) -> Report:
    """A report the viewer may read, with its round and board.

    :raises Denied: for other boards' people.
    """
    report = db.session.scalars(_REPORT, {"report": report_id}).one()
    require(viewer, Permission.READ_REPORTS, board_id=report.board_id)
    return report


@dataclass(frozen=True)
class Problem:
    """Why a report cannot be submitted yet: on which measure, and what."""

    item_id: int
    number: str
    title: str
    message: str


@dataclass(frozen=True)
class Summary:
    """What an approver reads before submitting; ``files`` are the attachments' names by item."""

    report: Report
    counts: dict[MeasureStatus, int]
    items: list[ReportItem]
    not_measured: int
    unchecked: list[str]
    problems: list[Problem]
    files: Mapping[int, list[str]]


def summary(viewer: Viewer, report: Report) -> Summary:
    """The whole report at a glance, and what stands in the way of submitting it."""
    require(viewer, Permission.SUBMIT_REPORTS, board_id=report.board_id)
    counts = dict.fromkeys(MeasureStatus, 0)
    items, problems, unchecked, not_measured = [], [], set(), 0
    for one in freezing.gather(report):
        if one.item.status is not None:
            counts[one.item.status] += 1
        items.append(one.item)
        not_measured += sum(value.value is None for value in one.metric_values)
        if one.domain is not None and not one.checked.ran:
            unchecked.add(one.domain.title)
        problems += _problems(one)
    files = links.names(item.id for item in items)
    return Summary(report, counts, items, not_measured, sorted(unchecked), problems, files)


def _problems(one: freezing.Gathered) -> list[Problem]:
    measure = one.item.measure
    messages = [] if one.item.state is ItemState.READY else [_("Är inte klar.")]
    messages += one.missing
    messages += [issue.message for issue in one.checked.errors]
    return [Problem(one.item.id, measure.number, measure.title, message) for message in messages]


def submit(viewer: Viewer, report_id: int, *, row_version: int, summary: str) -> Report:
    """Submit the report on the board's behalf: from now on it never changes.

    :raises CannotReport: when something is not ready or the round is closed.
    :raises Conflict: when the report was submitted or changed meanwhile.
    """
    report = get_report(viewer, report_id)
    require(viewer, Permission.SUBMIT_REPORTS, board_id=report.board_id)
    writing.hold(report, changing=True)
    if not writing.writable(report):
        raise CannotReport(_("Återrapporten är redan inlämnad eller omgången stängd."))
    if report.row_version != row_version:
        raise Conflict
    gathered = freezing.gather(report)
    if any(_problems(one) for one in gathered):
        raise CannotReport(_("Allt är inte klart. Se vad som återstår nedan."))
    with log.action("report.submit"):
        report.state = ReportState.SUBMITTED
        report.summary = summary.strip()
        report.board_name, report.round_title = report.board.name, report.round.title
        report.submitted_at = now()
        report.submitted_by_id, report.submitted_by_name = viewer.user_id, viewer.name
        db.session.flush()
        freezing.freeze(report, gathered)
        _publish_values(report, gathered, viewer)
        outcomes.refresh(report.round_id, [one.item.measure_id for one in gathered])
        db.session.commit()
    for one in gathered:
        if one.domain is not None:
            calls.report_submitted(one.domain, one.view)
    events.emit(events.report_submitted, report_id=report.id, by=viewer.user_id)
    return report


def _publish_values(report: Report, gathered: list[freezing.Gathered], viewer: Viewer) -> None:
    """The board's effect values become the metrics' values, preliminary until accepted."""
    period = report.round.period
    wanted = [value for one in gathered for value in one.metric_values]
    known = {
        row.metric_id: row
        for row in db.session.scalars(
            sa.select(MetricValue).where(
                MetricValue.board_id == report.board_id,
                MetricValue.period == period,
                MetricValue.gender == Gender.TOTAL,
                MetricValue.metric_id.in_([value.metric.id for value in wanted]),
            )
        )
    }
    new: list[tuple[EffectMetric, values.Entry]] = []
    for value in wanted:
        row = known.get(value.metric.id)
        status = ValueStatus.MISSING if value.value is None else ValueStatus.PRELIMINARY
        if row is None:
            new.append((value.metric, values.Entry(value.value, status, value.metric.source)))
            continue
        same = row.value == value.value  # what was known of it still holds
        values.record(
            value.metric,
            period,
            values.Entry(
                value.value,
                status,
                value.metric.source,
                note=row.note if same else "",
                reason=row.reason if same else "",
                respondents=row.respondents if same else None,
            ),
            by=viewer,
            board_id=report.board_id,
            reason_of_change=_("Återrapporten lämnades in."),
            known=row,
        )
    values.record_new(new, period, by=viewer, board_id=report.board_id, action="report.submit")
