"""The coordinator's review of a submitted report: accept it, or return it to the board."""

import sqlalchemy as sa
from flask_babel import gettext as _
from sqlalchemy.orm import selectinload

from registry import events
from registry.audit import log
from registry.conflict import Conflict
from registry.db import db, now
from registry.effects import values
from registry.effects.models import EffectMetric, Gender, MetricValue, ValueStatus
from registry.host import data
from registry.host.models import SubjectKind
from registry.people.permissions import Permission, Viewer, require
from registry.plan.models import Measure
from registry.reporting import outcomes, service, writing
from registry.reporting.attaching import links
from registry.reporting.models import (
    ItemValue,
    Report,
    ReportItem,
    ReportState,
)
from registry.reporting.rounds import CannotReport


def accept(viewer: Viewer, report_id: int, *, row_version: int) -> Report:
    """Accept a submitted report: its values are final, and the plan shows what was reported."""
    report = _reviewed(viewer, report_id, row_version)
    with log.action("report.accept"):
        report.state = ReportState.ACCEPTED
        report.decided_at, report.decided_by_name = now(), viewer.name
        db.session.flush()
        _settle_values(report)
        outcome = outcomes.refresh(report.round_id, _measure_ids(report))
        for measure in db.session.scalars(sa.select(Measure).where(Measure.id.in_(outcome))):
            measure.status = outcome[measure.id] or measure.status
        db.session.commit()
    events.emit(events.report_accepted, report_id=report.id, by=viewer.user_id)
    return report


def _settle_values(report: Report) -> None:
    for row in _preliminary(report):
        row.status = ValueStatus.FINAL


def _withdraw_values(report: Report, viewer: Viewer) -> None:
    """A returned report's values are no longer anybody's answer; the frozen report keeps them."""
    for row in _preliminary(report):
        values.withdraw(row, by=viewer, reason=_("Återrapporten lämnades tillbaka."))


def _preliminary(report: Report) -> list[MetricValue]:
    rows = db.session.scalars(
        sa.select(MetricValue)
        .join(EffectMetric, EffectMetric.id == MetricValue.metric_id)
        .where(
            MetricValue.board_id == report.board_id,
            MetricValue.period == report.round.period,
            MetricValue.status == ValueStatus.PRELIMINARY,
            MetricValue.gender == Gender.TOTAL,
            EffectMetric.measure_id.in_(_measure_ids(report)),
        )
    )
    return list(rows)


def return_report(viewer: Viewer, report_id: int, *, row_version: int, comment: str) -> Report:
    """Return a submitted report with a comment: the board goes on in a new revision.

    The returned revision stays readable as it was.

    :returns: the new revision.
    """
    report = _reviewed(viewer, report_id, row_version)
    with log.action("report.return"):
        report.state, report.current = ReportState.RETURNED, False
        report.decided_at, report.decided_by_name = now(), viewer.name
        report.decision_comment = comment.strip()
        revised = Report(
            round_id=report.round_id,
            board_id=report.board_id,
            revision=report.revision + 1,
            summary=report.summary,
        )
        db.session.add(revised)
        db.session.flush()
        _copy_items(report, revised)
        _withdraw_values(report, viewer)
        db.session.flush()
        outcomes.refresh(report.round_id, _measure_ids(report))
        db.session.commit()
    events.emit(events.report_returned, report_id=revised.id, by=viewer.user_id)
    return revised


def _copy_items(report: Report, revised: Report) -> None:
    items = db.session.scalars(
        sa.select(ReportItem)
        .options(selectinload(ReportItem.values))
        .where(ReportItem.report_id == report.id)
    ).all()
    copies: dict[int, ReportItem] = {}
    for item in items:
        copies[item.id] = ReportItem(
            report_id=revised.id,
            measure_id=item.measure_id,
            state=item.state,
            status=item.status,
            done=item.done,
            deviation=item.deviation,
            deviation_reason=item.deviation_reason,
            entered=item.entered,
            saved_at=item.saved_at,
            saved_by_id=item.saved_by_id,
            handed_to_id=item.handed_to_id,
            handed_at=item.handed_at,
            handed_by_id=item.handed_by_id,
            handed_note=item.handed_note,
            values=[
                ItemValue(metric_id=row.metric_id, value=row.value, not_measured=row.not_measured)
                for row in item.values
            ],
        )
    db.session.add_all(copies.values())
    db.session.flush()
    pairs = {old: new.id for old, new in copies.items()}
    data.copy(SubjectKind.REPORT_ITEM, pairs)
    links.copy(pairs)


def _reviewed(viewer: Viewer, report_id: int, row_version: int) -> Report:
    require(viewer, Permission.REVIEW_REPORTS)
    report = service.get_report(viewer, report_id)
    writing.hold(report, changing=True)
    if report.row_version != row_version:
        raise Conflict
    if report.state is not ReportState.SUBMITTED:
        raise CannotReport(_("Återrapporten är inte inlämnad, eller redan granskad."))
    return report


def _measure_ids(report: Report) -> list[int]:
    return list(
        db.session.scalars(
            sa.select(ReportItem.measure_id).where(ReportItem.report_id == report.id)
        )
    )
