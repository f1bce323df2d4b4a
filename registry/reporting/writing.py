"""Use cases of one measure in a report that is being written: open it, save it."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Protocol

import sqlalchemy as sa
from flask import current_app
from flask_babel import gettext as _
from sqlalchemy.orm import contains_eager, joinedload
from sqlalchemy.orm.exc import StaleDataError
from werkzeug.datastructures import MultiDict
from wtforms import Form

from registry.audit import log
from registry.conflict import Conflict
from registry.db import db, now
from registry.effects.models import EffectMetric
from registry.effects.values import is_computed
from registry.host import active, calls, data
from registry.host.loading import Domain, loaded
from registry.host.models import DomainData, SubjectKind
from registry.host.values import Panel
from registry.people.models import Board
from registry.people.permissions import Denied, Permission, Viewer, may
from registry.plan.models import Measure, MeasureStatus, Responsibility, Share, SubGoal
from registry.reporting import freezing, previous
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
    sharing: list["Owner"]

    @property
    def asking(self) -> Domain | None:
        """The domain, unless its stored answers cannot be read now: then it asks nothing."""
        return self.domain if self.stored.readable else None

    @property
    def domain_name(self) -> str | None:
        return self.asking.name if self.asking else None

    @property
    def owners(self) -> list[str]:
        """The other boards that answer for the measure."""
        return [one.name for one in self.sharing if one.board_id != self.report.board_id]

    def metric_value(self, metric_id: int) -> dict[str, Any]:
        row = self.values.get(metric_id)
        if row is None:
            return {}
        return {"value": row.value, "not_measured": row.not_measured}


@dataclass(frozen=True)
class Owner:
    """A board that answers for a measure, or for a part of it."""

    board_id: int
    share: Share
    name: str
    valid_to: date | None


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
    """How a save went: whether the item is ready, and what no single field is to blame for.

    :param changed: false when what was posted stood there already, and nothing was written.
    """

    ready: bool
    loose: list[str]
    warnings: dict[str, list[str]]
    unchecked: bool = False
    changed: bool = True


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
        joinedload(ReportItem.handed_to),
    )
    .where(ReportItem.id == sa.bindparam("item"))
)
_OWNERS = (
    sa.select(Responsibility.board_id, Responsibility.share, Board.name, Board.valid_to)
    .join(Board, Board.id == Responsibility.board_id)
    .where(Responsibility.measure_id == sa.bindparam("measure"))
    .order_by(Responsibility.id)
)
_METRICS = (
    sa.select(EffectMetric, ItemValue)
    .outerjoin(
        ItemValue,
        sa.and_(ItemValue.metric_id == EffectMetric.id, ItemValue.item_id == sa.bindparam("item")),
    )
    .where(EffectMetric.measure_id == sa.bindparam("measure"), EffectMetric.archived.is_(False))
    .order_by(EffectMetric.position, EffectMetric.id)
)


def open_item(viewer: Viewer, item_id: int) -> ItemPage:
    """Everything about one measure in a report that is being written.

    :raises Denied: unless the viewer writes for that board, or for the one it is handed to.
    :raises sqlalchemy.exc.NoResultFound: when there is no such item.
    """
    item = db.session.scalars(_OPENED, {"item": item_id}).one()
    report, measure = item.report, item.measure
    require_writer(viewer, item)
    domain = active.current().get(measure.subgoal.area.domain)
    stored, measure_values = data.EMPTY, {}
    if domain is not None:
        stored, on_measure = data.load_item(domain, item.id, measure.id)
        measure_values = dict(on_measure.values)
    owners = [Owner(*row) for row in db.session.execute(_OWNERS, {"measure": measure.id})]
    asked: list[EffectMetric] = []
    computed: list[EffectMetric] = []
    values: dict[int, ItemValue] = {}
    if answers_for_effect(report, owners):
        rows = db.session.execute(_METRICS, {"measure": measure.id, "item": item.id}).all()
        asked, computed = metrics_asked(metric for metric, _value in rows)
        values = {metric.id: value for metric, value in rows if value is not None}
    return ItemPage(
        item=item,
        report=report,
        measure=measure,
        domain=domain,
        stored=stored,
        measure_values=measure_values,
        metrics=asked,
        computed=computed,
        values=values,
        before=previous.with_answers(report.board_id, report.round, measure.id),
        sharing=owners,
    )


def writes(viewer: Viewer, item: ReportItem) -> bool:
    """Whether the viewer writes for the item's board, or for the one it is handed to: in the
    current revision, for what is taken back in it stays handed over in those before."""
    boards = (item.report.board_id, item.handed_to_id if item.report.current else None)
    return any(
        may(viewer, Permission.WRITE_REPORTS, board_id=board)
        for board in boards
        if board is not None
    )


def require_writer(viewer: Viewer, item: ReportItem) -> None:
    """:raises Denied: unless the viewer writes this item."""
    if not writes(viewer, item):
        raise Denied(Permission.WRITE_REPORTS)


def owners_of(measure_ids: Collection[int]) -> Mapping[int, list[Owner]]:
    """Measure → the boards that answer for it, in the order they were named: one query."""
    owners: dict[int, list[Owner]] = defaultdict(list)
    for measure_id, board_id, share, name, valid_to in db.session.execute(
        sa.select(
            Responsibility.measure_id,
            Responsibility.board_id,
            Responsibility.share,
            Board.name,
            Board.valid_to,
        )
        .join(Board, Board.id == Responsibility.board_id)
        .where(Responsibility.measure_id.in_(measure_ids))
        .order_by(Responsibility.id)
    ):
        owners[measure_id].append(Owner(board_id, share, name, valid_to))
    return owners


def answers_for_effect(report: Report, owners: Iterable[Owner]) -> bool:
    """Whether this board gives the measure's effect values: the lead board does; where there is
    none, or it has merged, every board."""
    lead = next((owner for owner in owners if owner.share is Share.LEAD), None)
    if lead is None or lead.board_id == report.board_id:
        return True
    return lead.valid_to is not None and lead.valid_to < report.round.opens_on


def metrics_asked(
    metrics: Iterable[EffectMetric],
) -> tuple[list[EffectMetric], list[EffectMetric]]:
    """The metrics a board is asked for, and those computed from its answers."""
    asked: list[EffectMetric] = []
    computed: list[EffectMetric] = []
    for row in metrics:
        if row.domain is None or row.domain in active.current().names:
            (computed if is_computed(row) else asked).append(row)
    return asked, computed


def writable(report: Report) -> bool:
    """Whether the report can still be written in."""
    return (
        report.state is ReportState.DRAFT
        and report.current
        and report.round.state is RoundState.OPEN
    )


def hold(report: Report, *, changing: bool) -> None:
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
    quietly: bool = False,
    only_core: bool = False,
) -> Saved:
    """Save what was written, readable or not; mark it ready when asked and nothing is wrong.

    :param quietly: the page saves of itself while somebody writes: what has not changed is not
        written, and an item that is ready stays so.
    :param only_core: leave the domain's answers and the effect values as they are stored.
    :raises Conflict: when someone has saved the item since the form was opened.
    :raises CannotReport: when the report is submitted or the round closed.
    """
    item, report = page.item, page.report
    require_writer(viewer, item)
    hold(report, changing=False)
    if not writable(report):
        raise CannotReport(_("Återrapporten är inlämnad eller omgången stängd. Inget sparades."))
    if item.row_version != row_version:
        raise Conflict(item.saved_by.name if item.saved_by else "")
    valid = entry.validate()
    with log.action("report.save"):
        with db.session.no_autoflush:
            if only_core:
                _write_core(item, entry.form)
            else:
                put_answers(page, entry, posted)
            as_it_was = not ready or item.state is ItemState.READY
            if quietly and as_it_was and not _anything_new():
                db.session.rollback()
                return Saved(False, [], {}, changed=False)
        _mark_draft(viewer, item)
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


def _anything_new() -> bool:
    """Whether what has been written so far differs from what is stored."""
    session = db.session
    if any(session.is_modified(row) for row in session.dirty):
        return True
    blank = (row for row in session.new if isinstance(row, DomainData))
    return bool(session.deleted) or len(session.new) > sum(
        not row.data and not row.entered for row in blank
    )


def put_draft(
    viewer: Viewer, page: ItemPage, entry: BoundEntry, posted: "MultiDict[str, str]"
) -> None:
    """Write what a validated form says, readable or not, as a draft; the caller commits."""
    put_answers(page, entry, posted)
    _mark_draft(viewer, page.item)


def put_answers(page: ItemPage, entry: BoundEntry, posted: "MultiDict[str, str]") -> None:
    """Write the answers of a validated form, readable or not; the caller commits."""
    _write_core(page.item, entry.form)
    _write_values(page, entry)
    if page.asking is not None:
        data.save(page.asking, SubjectKind.REPORT_ITEM, page.item.id, entry.form)
    _keep_switched_off(page, posted)


def _mark_draft(viewer: Viewer, item: ReportItem) -> None:
    item.state, item.saved_at, item.saved_by_id = ItemState.DRAFT, now(), viewer.user_id


def _write_core(item: ReportItem, form: Form) -> None:
    unreadable = {name: raw for name, raw in item.entered.items() if name not in CORE_FIELDS}
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
    own = {entry.metrics[metric.id].value.name for metric in page.metrics}
    unreadable = {name: raw for name, raw in page.item.entered.items() if name not in own}
    for metric in page.metrics:
        form = entry.metrics[metric.id]
        raw = [text for text in form.value.raw_data or [] if text.strip()]
        row = page.values.get(metric.id)
        said = raw or form.value.data is not None or form.not_measured.data
        if row is None and not said:
            continue
        if row is None:
            row = ItemValue(item_id=page.item.id, metric_id=metric.id, not_measured=False)
            db.session.add(row)
            page.values[metric.id] = row
        row.value = form.value.data
        row.not_measured = bool(form.not_measured.data) and row.value is None
        if raw and row.value is None:
            unreadable[form.value.name] = raw
    page.item.entered = unreadable


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
