"""The demo's rounds, reported on as people would: through the use cases of reporting."""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

import sqlalchemy as sa
from sqlalchemy.orm import contains_eager

from registry.db import db
from registry.demo import accounts
from registry.demo.plan import Node, at, save_answers
from registry.demo.transaction import Clock
from registry.effects.models import EffectMetric
from registry.effects.values import is_computed
from registry.host.models import SubjectKind
from registry.people.models import Board, Role, User
from registry.people.permissions import Grant, Viewer
from registry.plan.models import Measure, MeasureStatus, PlanVersion, Responsibility, Share, SubGoal
from registry.reporting import review, rounds, service
from registry.reporting.models import (
    DeviationReason,
    ItemState,
    ItemValue,
    Report,
    ReportItem,
    Round,
)

REVIEWED_AFTER = timedelta(days=9)


@dataclass(frozen=True)
class Staff:
    """Who acts in the demo."""

    users: dict[str, User]
    boards: dict[str, Board]

    @property
    def coordinator(self) -> Viewer:
        return self._viewer(accounts.COORDINATOR, Grant(Role.COORDINATOR))

    def approver(self, board: str) -> Viewer:
        grant = Grant(Role.APPROVER, board_id=self.boards[board].id)
        return self._viewer(accounts.approver(board), grant)

    def reporter_id(self, board: str) -> int:
        return self.users[accounts.reporter(board).email].id

    def _viewer(self, person: accounts.Person, grant: Grant) -> Viewer:
        user = self.users[person.email]
        return Viewer(user.id, user.name, user.email, grants=frozenset({grant}))


def add_round(node: Node, version: PlanVersion, staff: Staff, clock: Clock) -> Round:
    """Open a round, let the boards report as the file says, and close it where it says so."""
    clock.at = at(node["opens_on"])
    round_ = rounds.open_round(
        staff.coordinator,
        rounds.NewRound(
            version_id=version.id,
            title=node["title"],
            period=node["period"],
            opens_on=node["opens_on"],
            due_on=node["due_on"],
            board_ids=frozenset(staff.boards[one["board"]].id for one in node["reports"]),
            with_finished=True,
        ),
    )
    reports = _reports(round_)
    items, metrics, leads = _items(round_), _metrics(version), _leads(version)
    for one in sorted(node["reports"], key=lambda one: one.get("submitted_on", node["due_on"])):
        report = reports[one["board"]]
        last_day = one.get("submitted_on", node["due_on"])
        with db.session.no_autoflush:
            for place, item_node in enumerate(one.get("items", ())):
                item = items[report.id, item_node["measure"]]
                _fill_in(item, item_node, staff.reporter_id(one["board"]), last_day, place)
                asked = metrics.get(item.measure_id, [])
                own = leads.get(item.measure_id) == report.board_id
                _add_values(item, item_node.get("values", {}), asked, own)
        report.summary = one.get("summary", "")
        db.session.flush()  # counts as a save of the report: its row_version is known now
        _decide(one, report, staff, clock)
    if "closed_on" in node:
        clock.at = at(node["closed_on"])
        rounds.close_round(staff.coordinator, round_.id)
    return round_


def _reports(round_: Round) -> dict[str, Report]:
    found = db.session.scalars(
        sa.select(Report)
        .join(Report.board)
        .options(contains_eager(Report.board))
        .where(Report.round_id == round_.id)
    )
    return {report.board.name: report for report in found}


def _items(round_: Round) -> dict[tuple[int, str], ReportItem]:
    found = db.session.scalars(
        sa.select(ReportItem)
        .join(ReportItem.report)
        .join(ReportItem.measure)
        .join(Measure.subgoal)
        .join(SubGoal.area)
        .options(
            contains_eager(ReportItem.measure)
            .contains_eager(Measure.subgoal)
            .contains_eager(SubGoal.area)
        )
        .where(Report.round_id == round_.id)
    )
    return {(item.report_id, item.measure.number): item for item in found}


def _metrics(version: PlanVersion) -> dict[int, list[EffectMetric]]:
    found: dict[int, list[EffectMetric]] = {}
    for metric in db.session.scalars(
        sa.select(EffectMetric)
        .join(EffectMetric.measure)
        .where(Measure.version_id == version.id)
        .order_by(EffectMetric.position)
    ):
        found.setdefault(metric.measure_id, []).append(metric)
    return found


def _leads(version: PlanVersion) -> dict[int, int]:
    rows = db.session.execute(
        sa.select(Responsibility.measure_id, Responsibility.board_id)
        .join(Responsibility.measure)
        .where(Measure.version_id == version.id, Responsibility.share == Share.LEAD)
    )
    return {measure_id: board_id for measure_id, board_id in rows}


def _fill_in(item: ReportItem, node: Node, user_id: int, last_day: date, place: int) -> None:
    item.state = ItemState(node.get("item_state", "ready"))
    item.status = MeasureStatus(node["status"])
    item.done = node.get("done", "")
    item.deviation = node.get("deviation", "")
    reason = node.get("deviation_reason")
    item.deviation_reason = DeviationReason(reason) if reason else None
    item.saved_at = at(last_day - timedelta(days=1 + place % 6), 8 + place % 8)
    item.saved_by_id = user_id
    domain = item.measure.subgoal.area.domain
    save_answers(domain, SubjectKind.REPORT_ITEM, item.id, node.get("data", {}))


def _add_values(
    item: ReportItem, values: dict[int, float | None], asked: list[EffectMetric], is_lead: bool
) -> None:
    """What was measured; of a ready answer from the lead, the rest is said not to be."""
    for place, metric in enumerate(asked):
        if metric.domain is not None and is_computed(metric):
            continue
        value = values.get(place)
        if value is not None:
            exact = Decimal(str(value))
            db.session.add(ItemValue(item_id=item.id, metric_id=metric.id, value=exact))
        elif place in values or (is_lead and item.state is ItemState.READY):
            db.session.add(ItemValue(item_id=item.id, metric_id=metric.id, not_measured=True))


def _decide(node: Node, report: Report, staff: Staff, clock: Clock) -> None:
    if node["state"] not in {"submitted", "accepted", "returned"}:
        return
    clock.at = at(node["submitted_on"], 14)
    service.submit(
        staff.approver(node["board"]),
        report.id,
        row_version=report.row_version,
        summary=report.summary,
    )
    clock.at = at(node["submitted_on"] + REVIEWED_AFTER, 9)
    if node["state"] == "accepted":
        review.accept(staff.coordinator, report.id, row_version=report.row_version)
    elif node["state"] == "returned":
        review.return_report(
            staff.coordinator,
            report.id,
            row_version=report.row_version,
            comment=node["returned_comment"],
        )
