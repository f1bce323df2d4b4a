"""Use cases of a board's report: open an item, save it, submit, return, accept."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import sqlalchemy as sa
from flask import current_app
from flask_babel import gettext as _
from sqlalchemy.orm import contains_eager, joinedload, selectinload
from sqlalchemy.orm.exc import StaleDataError
from werkzeug.datastructures import MultiDict
from wtforms import Form

from registry.audit import log
from registry.conflict import Conflict
from registry.db import db, now
from registry.effects.models import EffectMetric, Gender, MetricValue, ValueStatus
from registry.host import active, calls, data
from registry.host.loading import Domain, loaded
from registry.host.models import SubjectKind
from registry.host.values import Panel
from registry.people.permissions import Permission, Viewer, require
from registry.plan.models import Measure, MeasureStatus, Responsibility, Share, SubGoal
from registry.reporting import freezing, outcomes, previous
from registry.reporting.models import (
    DeviationReason,
    ItemState,
    ItemValue,
    Report,
    ReportItem,
    ReportState,
    RoundState,
)
from registry.reporting.rounds import CannotReport

CORE_FIELDS = ("status", "done", "deviation", "deviation_reason")


@dataclass
class ItemPage:
    """Everything the form of one measure needs."""

    item: ReportItem
    report: Report
    measure: Measure
    domain: Domain | None
    stored: data.Stored
    measure_values: Mapping[str, Any]
    metrics: list[EffectMetric]
    computed: list[EffectMetric]
    values: dict[int, ItemValue]
    before: previous.Before | None
    owners: list[str]

    @property
    def asking(self) -> Domain | None:
        """The domain, unless its stored answers cannot be read now: then it asks nothing."""
        return self.domain if self.stored.readable else None

    @property
    def domain_name(self) -> str | None:
        return self.asking.name if self.asking else None

    def metric_value(self, metric_id: int) -> dict[str, Any]:
        row = self.values.get(metric_id)
        if row is None:
            return {}
        return {"value": row.value, "not_measured": row.not_measured}


class BoundEntry(Protocol):
    """The filled-in form of an item, whatever web library made it."""

    @property
    def form(self) -> Form: ...
    @property
    def metrics(self) -> Mapping[int, Any]: ...

    def validate(self) -> bool: ...
    def require_metrics(self) -> bool: ...
    def require_secrets(self) -> bool: ...
    def add(self, checked: calls.Checked) -> list[str]: ...


@dataclass(frozen=True)
class Saved:
    """How a save went: whether the item is ready, and what no single field is to blame for."""

    ready: bool
    loose: list[str]
    warnings: dict[str, list[str]]
    unchecked: bool = False


_OPENED = (
    sa.select(ReportItem)
    .join(ReportItem.report)
    .join(Report.round)
    .join(Report.board)
    .join(ReportItem.measure)
    .join(Measure.subgoal)
    .join(SubGoal.area)
    .options(
        contains_eager(ReportItem.report).contains_eager(Report.round),
        contains_eager(ReportItem.report).contains_eager(Report.board),
        contains_eager(ReportItem.measure)
        .contains_eager(Measure.subgoal)
        .contains_eager(SubGoal.area),
        joinedload(ReportItem.saved_by),
    )
    .where(ReportItem.id == sa.bindparam("item"))
)
_VALUES = sa.select(ItemValue).where(ItemValue.item_id == sa.bindparam("item"))
_OWNERS = (
    sa.select(Responsibility)
    .options(joinedload(Responsibility.board))
    .where(Responsibility.measure_id == sa.bindparam("measure"))
)
_METRICS = (
    sa.select(EffectMetric)
    .where(EffectMetric.measure_id == sa.bindparam("measure"), EffectMetric.archived.is_(False))
    .order_by(EffectMetric.position, EffectMetric.id)
)


def open_item(viewer: Viewer, item_id: int) -> ItemPage:
    """Everything about one measure in a report that is being written.

    :raises Denied: unless the viewer writes for that board.
    :raises sqlalchemy.exc.NoResultFound: when there is no such item.
    """
    item = db.session.scalars(_OPENED, {"item": item_id}).one()
    report, measure = item.report, item.measure
    require(viewer, Permission.WRITE_REPORTS, board_id=report.board_id)
    domain = active.current().get(measure.subgoal.area.domain)
    stored, measure_values = data.EMPTY, {}
    if domain is not None:
        kind = SubjectKind.REPORT_ITEM
        stored = data.load(kind, [item.id], [domain])[item.id].get(domain.name, data.EMPTY)
        on_measure = data.load(SubjectKind.MEASURE, [measure.id], [domain])[measure.id]
        measure_values = dict(on_measure.get(domain.name, data.EMPTY).values)
    owners = list(db.session.scalars(_OWNERS, {"measure": measure.id}))
    asked, computed = _metrics(measure.id, report, owners)
    return ItemPage(
        item=item,
        report=report,
        measure=measure,
        domain=domain,
        stored=stored,
        measure_values=measure_values,
        metrics=asked,
        computed=computed,
        values={row.metric_id: row for row in db.session.scalars(_VALUES, {"item": item.id})},
        before=previous.with_answers(report.board_id, report.round, measure.id),
        owners=[owner.board.name for owner in owners if owner.board_id != report.board_id],
    )


def _metrics(
    measure_id: int, report: Report, owners: list[Responsibility]
) -> tuple[list[EffectMetric], list[EffectMetric]]:
    """The metrics a board is asked for, and those computed from its answers.

    Values come from the lead board; where there is none, or it has merged, from every board.
    """
    lead = next((owner for owner in owners if owner.share is Share.LEAD), None)
    if lead is not None and lead.board_id != report.board_id:
        ended = lead.board.valid_to
        if ended is None or ended >= report.round.opens_on:
            return [], []
    rows = db.session.scalars(_METRICS, {"measure": measure_id})
    asked: list[EffectMetric] = []
    computed: list[EffectMetric] = []
    for row in rows:
        if row.domain is not None and row.domain not in active.current().names:
            continue
        (computed if is_computed(row) else asked).append(row)
    return asked, computed


def is_computed(metric: EffectMetric) -> bool:
    domain = active.current().get(metric.domain)
    if domain is None:
        return False
    return any(one.name == metric.key and one.compute is not None for one in domain.metrics)


def writable(report: Report) -> bool:
    """Whether the report can still be written in."""
    return (
        report.state is ReportState.DRAFT
        and report.current
        and report.round.state is RoundState.OPEN
    )


def _hold(report: Report, *, changing: bool) -> None:
    """Read report and round anew and hold them until the transaction ends, so that nobody submits
    or closes while an answer is being saved. (SQLite lets one write at a time anyhow.)"""
    db.session.refresh(report, with_for_update=True if changing else {"read": True})
    db.session.refresh(report.round, with_for_update={"read": True})


def save_item(
    viewer: Viewer,
    page: ItemPage,
    entry: BoundEntry,
    posted: "MultiDict[str, str]",
    *,
    row_version: int,
    ready: bool,
) -> Saved:
    """Save what was written, readable or not; mark it ready when asked and nothing is wrong.

    :raises Conflict: when someone has saved the item since the form was opened.
    :raises CannotReport: when the report is submitted or the round closed.
    """
    item, report = page.item, page.report
    require(viewer, Permission.WRITE_REPORTS, board_id=report.board_id)
    _hold(report, changing=False)
    if not writable(report):
        raise CannotReport(_("Återrapporten är inlämnad eller omgången stängd. Inget sparades."))
    if item.row_version != row_version:
        raise Conflict(item.saved_by.name if item.saved_by else "")
    valid = entry.validate()
    with log.action("report.save"):
        _write_core(item, entry.form)
        _write_values(page, entry)
        if page.asking is not None:
            data.save(page.asking, SubjectKind.REPORT_ITEM, item.id, entry.form)
        _keep_switched_off(page, posted)
        item.state, item.saved_at, item.saved_by_id = ItemState.DRAFT, now(), viewer.user_id
        saved = Saved(False, [], {})
        if ready:
            saved = _check(page, entry, valid)
            item.state = ItemState.READY if saved.ready else ItemState.DRAFT
        try:
            db.session.commit()
        except StaleDataError as error:
            db.session.rollback()
            raise Conflict from error
    return saved


def _write_core(item: ReportItem, form: Form) -> None:
    unreadable: dict[str, list[str]] = {}
    for name in CORE_FIELDS:
        raw = (form[name].data or "").strip()
        kinds: dict[str, Any] = {"status": MeasureStatus, "deviation_reason": DeviationReason}
        kind = kinds.get(name)
        if kind is None:
            setattr(item, name, raw)
            continue
        known = raw in {member.value for member in kind}
        setattr(item, name, kind(raw) if known else None)
        if raw and not known:
            unreadable[name] = [raw]
    item.entered = unreadable


def _write_values(page: ItemPage, entry: BoundEntry) -> None:
    unreadable: dict[str, list[str]] = {}
    for metric in page.metrics:
        form = entry.metrics[metric.id]
        raw = [text for text in form.value.raw_data or [] if text.strip()]
        row = page.values.get(metric.id)
        if row is None:
            row = ItemValue(item_id=page.item.id, metric_id=metric.id, not_measured=False)
            db.session.add(row)
            page.values[metric.id] = row
        row.value = form.value.data
        row.not_measured = bool(form.not_measured.data) and row.value is None
        if raw and row.value is None:
            unreadable[form.value.name] = raw
    if unreadable:
        page.item.entered = {**page.item.entered, **unreadable}


def _keep_switched_off(page: ItemPage, posted: "MultiDict[str, str]") -> None:
    """What was posted for a domain that is off by now is kept for when it returns."""
    name = page.measure.subgoal.area.domain
    if page.domain is None and name is not None:
        domain = loaded(current_app).domains.get(name)
        if domain is not None:
            data.save_posted(domain, SubjectKind.REPORT_ITEM, page.item.id, posted)


def _check(page: ItemPage, entry: BoundEntry, valid: bool) -> Saved:
    complete = entry.require_metrics()
    if page.asking is None:
        return Saved(valid and complete, [], {}, unchecked=page.domain is not None)
    checked = _domain_check(page, page.asking, entry)
    loose = entry.add(checked)
    answered = entry.require_secrets()
    ready = valid and complete and answered and not checked.errors
    return Saved(ready, loose, _by_field(page, checked), unchecked=not checked.ran)


def warnings(page: ItemPage, entry: BoundEntry) -> dict[str, list[str]]:
    """What a domain finds doubtful in an item that is ready, by form field."""
    if page.asking is None or page.item.state is not ItemState.READY:
        return {}
    return _by_field(page, _domain_check(page, page.asking, entry))


def panel(page: ItemPage) -> Panel | None:
    """What the domain shows beside the form, of what is saved."""
    if page.asking is None:
        return None
    view = freezing.view_of(page.report, page.item, page.stored.values, page.measure_values)
    return calls.report_panel(page.asking, view)


def _domain_check(page: ItemPage, domain: Domain, entry: BoundEntry) -> calls.Checked:
    values, secret = data.written(domain, SubjectKind.REPORT_ITEM, entry.form)
    view = freezing.view_of(page.report, page.item, values, page.measure_values)
    return calls.check_report(domain, view, secret=secret)


def _by_field(page: ItemPage, checked: calls.Checked) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for issue in checked.warnings:
        name = f"{page.domain_name}__{issue.field}" if issue.field else ""
        found.setdefault(name, []).append(issue.message)
    return found


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
    """What an approver reads before submitting."""

    report: Report
    counts: dict[MeasureStatus, int]
    items: list[ReportItem]
    not_measured: int
    unchecked: list[str]
    problems: list[Problem]


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
    return Summary(report, counts, items, not_measured, sorted(unchecked), problems)


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
    _hold(report, changing=True)
    if not writable(report):
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
                MetricValue.metric_id.in_([value.metric.id for value in wanted]),
            )
        )
    }
    new = []
    for value in wanted:
        cells = {
            "value": value.value,
            "status": ValueStatus.MISSING if value.value is None else ValueStatus.PRELIMINARY,
            "source": value.metric.source,
            "entered_at": now(),
            "entered_by_id": viewer.user_id,
        }
        row = known.get(value.metric.id)
        if row is None:
            new.append({"metric_id": value.metric.id, "gender": Gender.TOTAL, **cells})
        else:
            for name, cell in cells.items():
                setattr(row, name, cell)
    _add_values([{"board_id": report.board_id, "period": period, **cells} for cells in new])


def _add_values(rows: list[dict[str, Any]]) -> None:
    """New rows in one statement, each with its entry in the log as if it had been added alone."""
    if not rows:
        return
    table: sa.Table = MetricValue.__table__  # type: ignore[assignment]
    connection = db.session.connection()
    connection.execute(sa.insert(table), rows)
    made = sa.select(table.c.metric_id, table.c.id).where(
        table.c.board_id == rows[0]["board_id"],
        table.c.period == rows[0]["period"],
        table.c.gender == Gender.TOTAL,
    )
    ids = dict(connection.execute(made).all())
    log.record_created(
        "report.submit",
        "metric_value",
        (
            (key, "", {"id": key, **{name: log.plain(cell) for name, cell in cells.items()}})
            for cells in rows
            for key in (ids[cells["metric_id"]],)
        ),
    )


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
    return report


def _settle_values(report: Report) -> None:
    for row in _preliminary(report):
        row.status = ValueStatus.FINAL


def _withdraw_values(report: Report) -> None:
    """A returned report's values are no longer anybody's answer; the frozen report keeps them."""
    for row in _preliminary(report):
        db.session.delete(row)


def _preliminary(report: Report) -> list[MetricValue]:
    rows = db.session.scalars(
        sa.select(MetricValue)
        .join(EffectMetric, EffectMetric.id == MetricValue.metric_id)
        .where(
            MetricValue.board_id == report.board_id,
            MetricValue.period == report.round.period,
            MetricValue.status == ValueStatus.PRELIMINARY,
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
        _withdraw_values(report)
        db.session.flush()
        outcomes.refresh(report.round_id, _measure_ids(report))
        db.session.commit()
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
            values=[
                ItemValue(metric_id=row.metric_id, value=row.value, not_measured=row.not_measured)
                for row in item.values
            ],
        )
    db.session.add_all(copies.values())
    db.session.flush()
    data.copy(SubjectKind.REPORT_ITEM, {old: new.id for old, new in copies.items()})


def _reviewed(viewer: Viewer, report_id: int, row_version: int) -> Report:
    require(viewer, Permission.REVIEW_REPORTS)
    report = get_report(viewer, report_id)
    _hold(report, changing=True)
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
