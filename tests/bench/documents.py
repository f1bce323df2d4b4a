"""What a whole round costs: to freeze a report of 1,000 measures and to write it down.

One board, one domain, four answers to the domain's questions and two effect values each. Seconds
of processor time in this process; the third and later writings count, as in a worker that lives.
"""

import time
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path
from statistics import median
from typing import Any

import sqlalchemy as sa

from registry import create_app
from registry.db import db, now
from registry.documents import service as documents
from registry.documents.document import Subject
from registry.effects.models import Better, EffectMetric
from registry.host import switching
from registry.host.models import DomainData, SubjectKind
from registry.people.models import Board, BoardKind, Role, RoleGrant, User
from registry.people.permissions import Viewer
from registry.people.sessions import viewer_of
from registry.plan.models import (
    GoalArea,
    GoalGroup,
    Measure,
    MeasureStatus,
    Plan,
    PlanVersion,
    Responsibility,
    Share,
    SubGoal,
    VersionState,
)
from registry.reporting import service as reporting
from registry.reporting.models import ItemState, ItemValue, Outcome, Report, ReportItem, Round
from tests.bench import commands
from tests.bench.report import Target

MEASURES = 1_000
ROUNDS = 5
DOMAIN = "crisis_preparedness"
LIMITS = {"freeze": 1.0, "xlsx": 2.0, "pdf": 2.0, "docx": 4.0}
SAID = (
    "Vi har byggt ut samverkan med polisen, skolan och bostadsbolagen. Under året har vi "
    "träffats varje månad och följt upp lägesbilden tillsammans med dem som bor i området."
)


def measure(instance: Path, measures: int = MEASURES, rounds: int = ROUNDS) -> list[Target]:
    """The four figures with their budgets."""
    app = create_app(instance, log_level="ERROR", cookie_secure=False)
    commands.run(instance, "upgrade")
    with app.test_request_context("/"):
        switching.enable_bundled(app)
        db.session.commit()
        viewer, report_ids = seed(app, measures, rounds)
        freezing = []
        for report_id in report_ids:
            db.session.expunge_all()
            freezing.append(_cpu(lambda key=report_id: _submit(viewer, key)))
        costs = {"freeze": median(freezing[1:] or freezing)}
        key = report_ids[0]
        for name in ("xlsx", "pdf", "docx"):
            costs[name] = median(
                [_cpu(lambda format=name: _write(viewer, key, format)) for _ in range(rounds)][1:]
            )
        db.session.remove()
        db.engine.dispose()
    return [
        Target(f"{name} of {measures:,} measures", costs[name], limit, "s of CPU")
        for name, limit in LIMITS.items()
    ]


def _cpu(act: Callable[[], Any]) -> float:
    began = time.process_time()
    act()
    return time.process_time() - began


def _submit(viewer: Viewer, report_id: int) -> None:
    reporting.submit(viewer, report_id, row_version=1, summary=SAID)


def _write(viewer: Viewer, report_id: int, format: str) -> None:
    """Reading included; nothing is kept from the writing before."""
    document = documents.read(viewer, Subject.REPORT, report_id)
    documents.FORMATS[format].write(document, lambda _done, _total: None)


def seed(app: Any, measures: int, reports: int) -> tuple[Viewer, list[int]]:
    """A plan of so many measures and as many reports on all of it, ready to submit."""
    board = Board(name="Socialnämnden", kind=BoardKind.COMMITTEE)
    db.session.add(board)
    db.session.flush()
    user = User(email="approver@example.org", name="Godkännare", password_hash="x")
    user.grants = [RoleGrant(role=Role.APPROVER, board_id=board.id)]
    version = PlanVersion(plan=Plan(title="Plan"), state=VersionState.PUBLISHED)
    group = GoalGroup(version=version, title="Ökad trygghet")
    db.session.add_all([user, version, group])
    db.session.flush()
    area = GoalArea(
        version_id=version.id, group_id=group.id, number="1", title="Område", domain=DOMAIN
    )
    db.session.add(area)
    db.session.flush()
    goals = [
        SubGoal(version_id=version.id, area_id=area.id, title=f"Delmål {at}") for at in range(30)
    ]
    db.session.add_all(goals)
    db.session.flush()
    spec = {field.name: field for field in _fields(app)}
    connection = db.session.connection()

    def insert(table: Any, rows: list[dict[str, Any]]) -> None:
        connection.execute(sa.insert(table.__table__), rows)

    places = range(1, measures + 1)
    insert(Measure, [
        {"id": at, "version_id": version.id, "area_id": area.id, "identity": f"{at:032}",
         "subgoal_id": goals[at * len(goals) // (measures + 1)].id, "number": f"1.{at}",
         "title": f"Åtgärd nummer {at} för tryggare platser", "plan_order": f"{at:06}",
         "description": SAID, "kind": "one_off", "status": MeasureStatus.ONGOING,
         "source": "", "position": at, "search_text": "", "row_version": 1}
        for at in places
    ])  # fmt: skip
    insert(Responsibility, [
        {"measure_id": at, "board_id": board.id, "share": Share.LEAD} for at in places
    ])  # fmt: skip
    insert(EffectMetric, [
        {"id": 2 * at - 1 + second, "measure_id": at, "name": f"Mått {second}", "unit": "st",
         "better": Better.HIGHER, "position": second, "archived": False, "baseline_period": "",
         "target_period": "", "target_place": "", "target_text": "", "source": "",
         "row_version": 1}
        for at in places for second in (0, 1)
    ])  # fmt: skip
    made = []
    for number in range(reports):
        round_ = Round(
            version_id=version.id,
            title=f"Omgång {number}",
            period=str(2018 + number),
            opens_on=date(2018 + number, 11, 1),
            due_on=date(2030, 1, 31),
        )
        db.session.add(round_)
        db.session.flush()
        report = Report(round_id=round_.id, board_id=board.id)
        db.session.add(report)
        db.session.flush()
        made.append(report.id)
        first = number * measures
        insert(ReportItem, [
            {"id": first + at, "report_id": report.id, "measure_id": at,
             "state": ItemState.READY, "status": MeasureStatus.ONGOING, "done": SAID,
             "deviation": "", "entered": {}, "saved_at": now(), "saved_by_id": user.id,
             "row_version": 1}
            for at in places
        ])  # fmt: skip
        insert(ItemValue, [
            {"item_id": first + at, "metric_id": 2 * at - 1 + second,
             "value": Decimal(at) + Decimal("0.5"), "not_measured": False}
            for at in places for second in (0, 1)
        ])  # fmt: skip
        data = {name: field.dump(field.samples()[0]) for name, field in spec.items()}
        labels = {name: {"label": str(field.label), "kind": field.kind}
                  for name, field in spec.items()}  # fmt: skip
        insert(DomainData, [
            {"plugin": DOMAIN, "subject_kind": SubjectKind.REPORT_ITEM, "subject_id": first + at,
             "version": 1, "data": data, "labels": labels, "entered": {}, "saved_at": now()}
            for at in places
        ])  # fmt: skip
        insert(Outcome, [
            {"round_id": round_.id, "measure_id": at, "area_id": area.id, "status": None,
             "changed_at": now()}
            for at in places
        ])  # fmt: skip
    db.session.commit()
    viewer = viewer_of(user.id)
    assert viewer is not None
    return viewer, made


def _fields(app: Any) -> list[Any]:
    """Four questions that are not secret, of the domain as it stands."""
    from registry.host.loading import loaded

    fields = loaded(app).domains[DOMAIN].report_fields
    return [field for field in fields if not field.secrecy][:4]
