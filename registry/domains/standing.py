"""Where a domain stands over all boards: its measures, and what has been reported on them."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import sqlalchemy as sa
from flask import Flask, g

from registry.db import db
from registry.host import data
from registry.host.loading import Domain
from registry.host.models import SubjectKind
from registry.host.values import BoardReport, MeasureView, RoundView, Standing
from registry.people.models import Board
from registry.people.permissions import Permission, Viewer, may, require
from registry.plan.models import (
    GoalArea,
    Measure,
    PlanVersion,
    Responsibility,
    VersionState,
)
from registry.reporting.models import (
    FrozenItem,
    FrozenValue,
    Report,
    ReportItem,
    ReportState,
    Round,
)
from registry.reporting.outcomes import COUNTED
from registry.reporting.period import bounds
from registry.reporting.rounds import only_boards_in


def init_app(app: Flask) -> None:
    app.extensions["standing"] = lambda domain: standing(g.viewer, domain)
    app.extensions["may_edit_domain"] = lambda name: may_edit(g.viewer, name)


def may_edit(viewer: Viewer, name: str) -> bool:
    """Whether the viewer may change what a domain keeps on pages of its own: its domain leads
    and the coordinators."""
    leads = viewer.domains(Permission.READ_DOMAIN)  # only a domain lead's role names a domain
    return name in leads or may(viewer, Permission.EDIT_PLAN)


def standing(viewer: Viewer, domain: Domain) -> Standing:
    """The measures of the domain's areas in the plans in force, and the reports on them.

    A board's people see their own board's reports; measures are open to all who read the plan.

    :raises Denied: unless the viewer reads this domain.
    """
    require(viewer, Permission.READ_DOMAIN, domain=domain.name)
    measures = _measures(domain)
    if not measures:
        return Standing()
    found = db.session.execute(_of_boards(_REPORTS, viewer, domain), {"domain": domain.name}).all()
    rows = [row for row in found if row.identity in measures]
    answers = reported_answers(domain, [row.frozen_id for row in rows if row.frozen_id])
    latest = max(((row.opens_on, row.round_id) for row in rows), default=(None, None))[1]
    now: list[BoardReport] = []
    past: list[BoardReport] = []
    for row in rows:
        one = _report(row, measures[row.identity].id, answers)
        if row.round_id == latest:
            now.append(one)
        elif one.submitted:
            past.append(one)
    round_ = now[0].round if now else None
    return Standing(tuple(measures.values()), round_, tuple(now), tuple(past))


def reported(domain: Domain, measure_id: int, viewer: Viewer) -> tuple[BoardReport, ...]:
    """What has been submitted on one measure, the latest first, as far as the viewer may see."""
    identity = sa.select(Measure.identity).where(Measure.id == measure_id).scalar_subquery()
    query = _of_boards(_REPORTS, viewer, domain).where(Measure.identity == identity)
    rows = db.session.execute(query, {"domain": domain.name}).all()
    rows = [row for row in rows if row.frozen_id]
    answers = reported_answers(domain, [row.frozen_id for row in rows])
    return tuple(_report(row, measure_id, answers) for row in rows)


def _measures(domain: Domain) -> dict[str, MeasureView]:
    """The domain's measures by identity, in plan order, with boards and the domain's values."""
    rows = db.session.execute(_MEASURES, {"domain": domain.name}).all()
    ids = [row.id for row in rows]
    boards: dict[int, list[str]] = defaultdict(list)
    for measure_id, name in db.session.execute(_BOARDS, {"ids": ids}) if ids else ():
        boards[measure_id].append(name)
    values = data.load(SubjectKind.MEASURE, ids, [domain])
    return {
        row.identity: MeasureView(
            row.id,
            row.number,
            row.title,
            row.description,
            row.status.value,
            row.starts_on,
            row.ends_on,
            dict(values[row.id].get(domain.name, data.EMPTY).values) if row.id in values else {},
            tuple(boards[row.id]),
        )
        for row in rows
    }


def _report(row: Any, measure_id: int, answers: dict[int, BoardReport]) -> BoardReport:
    first, last = bounds(row.period)
    round_ = RoundView(row.round_title, row.period, first, last, row.due_on)
    if row.frozen_id in answers:
        return replace(
            answers[row.frozen_id],
            board=row.board,
            measure_id=measure_id,
            round=round_,
            state=row.state.value,
            status=row.status.value if row.status else None,
        )
    state = row.item_state if row.state is ReportState.DRAFT else row.state
    return BoardReport(row.board, measure_id, round_, state.value)


_NO_ROUND = RoundView("", "", *bounds("2000"), bounds("2000")[1])


def reported_answers(domain: Domain, frozen_ids: Iterable[int]) -> dict[int, BoardReport]:
    """The domain's part of frozen items: typed answers and computed metrics, by frozen item.

    Answers of an older shape are read in today's; what was submitted is not touched.
    """
    ids = list(frozen_ids)
    stored: dict[int, dict[str, Any]] = {key: {} for key in ids}
    metrics: dict[int, dict[str, Any]] = {key: {} for key in ids}
    versions: dict[int, int] = {}
    asked = {"domain": domain.name, "ids": ids}
    for item_id, name, kind, value, version in db.session.execute(_ANSWERS, asked) if ids else ():
        if kind == "metric":
            metrics[item_id][name] = value
        elif value is not None:
            stored[item_id][name] = value
        if version is not None:
            versions[item_id] = version
    return {
        key: BoardReport(
            "",
            0,
            _NO_ROUND,
            "submitted",
            None,
            data.loaded(domain, SubjectKind.REPORT_ITEM, key, stored[key], versions.get(key)),
            metrics[key],
        )
        for key in ids
    }


def _of_boards(
    query: sa.Select[*tuple[Any, ...]], viewer: Viewer, domain: Domain
) -> sa.Select[*tuple[Any, ...]]:
    own = only_boards_in(viewer, domain.name)
    return query if own is None else query.where(Report.board_id.in_(own))


_domain = sa.bindparam("domain", type_=sa.String)
_MEASURES: sa.Select[*tuple[Any, ...]] = (
    sa.select(
        Measure.id,
        Measure.identity,
        Measure.number,
        Measure.title,
        Measure.description,
        Measure.status,
        Measure.starts_on,
        Measure.ends_on,
    )
    .join(GoalArea, GoalArea.id == Measure.area_id)
    .join(PlanVersion, PlanVersion.id == Measure.version_id)
    .where(GoalArea.domain == _domain, PlanVersion.state == VersionState.PUBLISHED)
    .order_by(PlanVersion.plan_id, Measure.plan_order, Measure.id)
)
_BOARDS = (
    sa.select(Responsibility.measure_id, Board.name)
    .join(Board, Board.id == Responsibility.board_id)
    .where(Responsibility.measure_id.in_(sa.bindparam("ids", expanding=True)))
    .order_by(Responsibility.share, Board.name)
)
_submitted = sa.case((Report.state.in_(COUNTED), FrozenItem.id))
_REPORTS: sa.Select[*tuple[Any, ...]] = (
    sa.select(
        Measure.identity,
        Board.name.label("board"),
        Round.id.label("round_id"),
        Round.title.label("round_title"),
        Round.period,
        Round.opens_on,
        Round.due_on,
        Report.state,
        ReportItem.state.label("item_state"),
        sa.type_coerce(
            sa.case((Report.state.in_(COUNTED), FrozenItem.status)), FrozenItem.status.type
        ).label("status"),
        _submitted.label("frozen_id"),
    )
    .select_from(ReportItem)
    .join(Report, Report.id == ReportItem.report_id)
    .join(Round, Round.id == Report.round_id)
    .join(Board, Board.id == Report.board_id)
    .join(Measure, Measure.id == ReportItem.measure_id)
    .join(GoalArea, GoalArea.id == Measure.area_id)
    .outerjoin(
        FrozenItem,
        sa.and_(FrozenItem.report_id == Report.id, FrozenItem.measure_id == Measure.id),
    )
    .where(Report.current, GoalArea.domain == _domain)
    .order_by(Round.opens_on.desc(), Round.id.desc(), Measure.plan_order, Board.name)
)
_ANSWERS = (
    sa.select(
        FrozenValue.item_id,
        FrozenValue.name,
        FrozenValue.kind,
        FrozenValue.value,
        FrozenValue.data_version,
    )
    .where(
        FrozenValue.section == "domain",
        FrozenValue.domain == _domain,
        FrozenValue.item_id.in_(sa.bindparam("ids", expanding=True)),
    )
    .order_by(FrozenValue.item_id, FrozenValue.position)
)
