"""The demo holds what its files say, reported through the real use cases."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
import yaml
from flask import Flask
from flask_migrate import upgrade

from registry import create_app, demo
from registry.audit.models import AuditEntry
from registry.business_plan import standing
from registry.db import Base, db
from registry.demo import accounts, service
from registry.effects.models import (
    EffectMethod,
    EffectMetric,
    Gender,
    MethodKind,
    MetricValue,
    ValueStatus,
)
from registry.host import active, switching
from registry.host.models import DomainData, SubjectKind
from registry.people.models import Board, RoleGrant, User
from registry.people.permissions import Grant, Viewer
from registry.plan import structure
from registry.plan.models import (
    Activity,
    GoalArea,
    Measure,
    MeasureStatus,
    Plan,
    Responsibility,
    Share,
    SubGoal,
)
from registry.reporting import reading, rounds
from registry.reporting.models import (
    FrozenItem,
    FrozenValue,
    Outcome,
    Report,
    ReportItem,
    ReportState,
    Round,
    RoundState,
)
from registry.reporting.outcomes import combined
from tests.conftest import SETTINGS

pytestmark = pytest.mark.xdist_group("demo load")  # what they share is made once
FOLDER = Path(demo.__file__).parent
COORDINATOR = Viewer(1, "Karin", grants=frozenset({Grant(accounts.COORDINATOR.role)}))


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def demo_app(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Flask]:
    """The demo, loaded once for all the tests that only read it."""
    folder, address = tmp_path_factory.mktemp("demo"), ""
    if request.param == "postgresql":
        url = sa.make_url(request.getfixturevalue("postgres")).set(database="demo")
        address = url.render_as_string(hide_password=False)
        with _server(request) as connection:
            connection.execute(sa.text("CREATE DATABASE demo"))
    app = create_app(folder, database_url=address, **SETTINGS)
    with app.app_context():
        upgrade()
        service.load(app)
    yield app
    with app.app_context():
        db.engine.dispose()
    if request.param == "postgresql":
        with _server(request) as connection:
            connection.execute(sa.text("DROP DATABASE demo"))


@contextmanager
def _server(request: pytest.FixtureRequest) -> Iterator[sa.Connection]:
    url = sa.make_url(request.getfixturevalue("postgres")).set(drivername="postgresql+psycopg")
    engine = sa.create_engine(url, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
    with engine.connect() as connection:
        yield connection


@pytest.fixture
def loaded(demo_app: Flask) -> Iterator[Flask]:
    with demo_app.app_context():
        yield demo_app


@pytest.fixture(scope="module")
def plan() -> dict[str, Any]:
    return yaml.safe_load((FOLDER / "plan.yaml").read_text("utf-8"))


@pytest.fixture(scope="module")
def story() -> dict[str, Any]:
    return yaml.safe_load((FOLDER / "reports.yaml").read_text("utf-8"))


def count(model: type[Base], *where: Any) -> int:
    return db.session.scalar(sa.select(sa.func.count()).select_from(model).where(*where)) or 0


def measures_of(plan: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        measure
        for group in plan["groups"]
        for area in group["areas"]
        for subgoal in area["subgoals"]
        for measure in subgoal["measures"]
    ]


def test_the_plan_is_as_large_as_the_real_one(loaded, plan):
    assert (count(GoalArea), count(SubGoal), count(Measure)) == (9, 31, 118)
    nodes = measures_of(plan)
    assert count(Activity) == sum(len(node.get("activities", ())) for node in nodes) == 61
    assert count(Responsibility, Responsibility.share == Share.LEAD) == sum(
        "lead" in node for node in nodes
    )
    assert count(Responsibility, Responsibility.share == Share.SHARED) == sum(
        len(node.get("shared", ())) for node in nodes
    )


def test_civil_defence_has_no_goal_and_every_other_area_one(loaded):
    without = db.session.scalars(sa.select(GoalArea.title).where(GoalArea.goal.is_(None))).all()
    assert without == ["Civilt försvar"]


def test_the_published_plan_reads_in_the_order_of_the_file(loaded, plan):
    page = structure.read(Viewer(), structure.current_version_id(Viewer()))
    lines = [line for area in page.areas for part in area.subgoals for line in part.measures]
    assert [line.number for line in lines] == [node["number"] for node in measures_of(plan)]
    by_order = db.session.scalars(sa.select(Measure.number).order_by(Measure.plan_order)).all()
    assert list(by_order) == [line.number for line in lines]


def test_text_search_finds_a_word_within_a_word(loaded):
    assert count(Measure, Measure.search_text.contains("bostadshus"))


def test_the_boards_have_plans_of_their_own_that_differ(loaded):
    version_id = structure.current_version_id(COORDINATOR)
    early, late = (standing.overview(COORDINATOR, version_id, year).total for year in (2020, 2022))
    for tally in (early, late):
        assert 0 < tally.planned_kr.stated < tally.planned_kr.asked
    assert early.actual_kr.value > 0
    assert late.actual_kr.value is None  # the year is not over
    assert min(late.taken_in, late.under_way, late.not_taken_in, late.unsaid) > 0
    undecided = EffectMethod.kind == MethodKind.NONE_YET
    assert count(EffectMethod, undecided) == 8


def test_merged_companies_have_their_successor(loaded):
    merged = db.session.scalars(sa.select(Board).where(Board.valid_to.is_not(None))).all()
    assert len(merged) == 4
    assert {board.successor.name for board in merged} == {
        "Uppsala kommun Arenor och Fastigheter AB"
    }


def test_round_2020_is_closed_and_2021_open(loaded):
    found = {one.title: one for one in db.session.scalars(sa.select(Round))}
    assert found["2020"].state is RoundState.CLOSED
    assert found["2020"].closed_at.date().isoformat() == "2021-03-15"
    assert found["2021"].state is RoundState.OPEN


def test_boards_stand_in_every_state(loaded, story):
    for node in story["rounds"]:
        round_ = db.session.scalars(sa.select(Round).where(Round.title == node["title"])).one()
        progress = {one.board: one for one in rounds.progress(COORDINATOR, round_)}
        assert set(progress) == {one["board"] for one in node["reports"]}
        assert {one["board"]: _state(progress[one["board"]]) for one in node["reports"]} == {
            one["board"]: one["state"] for one in node["reports"]
        }
    assert {one["state"] for one in story["rounds"][1]["reports"]} == {
        "accepted",
        "submitted",
        "returned",
        "ready",
        "draft",
        "not_started",
    }


def _state(board: rounds.BoardProgress) -> str:
    if board.submitted:
        return board.state.value
    if board.revision > 1:
        return "returned"
    if board.all_ready:
        return "ready"
    return "not_started" if board.not_started == board.total else "draft"


def test_what_is_frozen_adds_up_to_the_file(loaded, story):
    said = Counter(
        (node["title"], item["status"])
        for node in story["rounds"]
        for report in node["reports"]
        if report["state"] in {"submitted", "accepted", "returned"}
        for item in report["items"]
    )
    frozen = db.session.execute(
        sa.select(Round.title, FrozenItem.status, sa.func.count())
        .join(Report, Report.id == FrozenItem.report_id)
        .join(Round, Round.id == Report.round_id)
        .group_by(Round.title, FrozenItem.status)
    )
    assert {(title, status.value): n for title, status, n in frozen} == dict(said)


def test_the_outcome_of_a_measure_combines_its_boards(loaded, story):
    for node in story["rounds"]:
        said: dict[str, list[MeasureStatus]] = {}
        for report in node["reports"]:
            if report["state"] in {"submitted", "accepted"}:
                for item in report["items"]:
                    said.setdefault(item["measure"], []).append(MeasureStatus(item["status"]))
        rows = db.session.execute(
            sa.select(Measure.number, Outcome.status)
            .join(Measure, Measure.id == Outcome.measure_id)
            .join(Round, Round.id == Outcome.round_id)
            .where(Round.title == node["title"])
        )
        found = {number: status for number, status in rows}
        assert len(found) == 118
        assert found == {number: combined(said.get(number, ())) for number in found}


def test_accepted_and_submitted_values_are_the_metrics_values(loaded, story):
    wanted = {}
    for node in story["rounds"]:
        for report in node["reports"]:
            if report["state"] in {"accepted", "submitted"}:
                for item in report["items"]:
                    for place, value in item.get("values", {}).items():
                        key = (item["measure"], place, node["period"], report["board"])
                        wanted[key] = value, report["state"]
    rows = db.session.execute(
        sa.select(
            Measure.number,
            EffectMetric.position,
            MetricValue.period,
            Board.name,
            MetricValue.value,
            MetricValue.status,
        )
        .join(EffectMetric, EffectMetric.id == MetricValue.metric_id)
        .join(Measure, Measure.id == EffectMetric.measure_id)
        .join(Board, Board.id == MetricValue.board_id)
        .where(MetricValue.gender == Gender.TOTAL)
    )
    found = {tuple(row[:4]): (row[4], row[5]) for row in rows}
    assert len(wanted) > 60
    for key, (value, state) in wanted.items():
        got, status = found[key]
        if value is None:
            assert (got, status) == (None, ValueStatus.MISSING), key
            continue
        # a share that the registry computes itself is exact where the file has it rounded
        assert abs(got - Decimal(str(value))) < 1, key
        final = ValueStatus.FINAL if state == "accepted" else ValueStatus.PRELIMINARY
        assert status is final, key


def test_a_value_that_was_not_measured_is_missing_and_not_zero(loaded):
    assert count(MetricValue, MetricValue.status == ValueStatus.MISSING) > 5
    assert not count(MetricValue, MetricValue.value.is_(None), MetricValue.status != "missing")


def test_a_metric_named_like_the_domains_is_computed_from_the_answers(loaded):
    metric = db.session.scalars(
        sa.select(EffectMetric).where(EffectMetric.name == "Incidenter rapporterade i tid")
    ).one()
    assert (metric.domain, metric.key) == ("cyber_security", "incidents_in_time")
    value = db.session.scalar(
        sa.select(MetricValue.value)
        .join(Board, Board.id == MetricValue.board_id)
        .where(
            MetricValue.metric_id == metric.id,
            MetricValue.period == "2020",
            Board.name == "Kommunstyrelsen",
        )
    )
    assert value == Decimal("77.7778")  # 21 of 27


def test_domain_answers_are_stored_with_their_labels(loaded, story, plan):
    on_measures = sum("measure_data" in node for node in measures_of(plan))
    assert count(DomainData, DomainData.subject_kind == SubjectKind.MEASURE) == on_measures
    rows = db.session.scalars(
        sa.select(DomainData).where(DomainData.subject_kind == SubjectKind.REPORT_ITEM)
    ).all()
    assert rows
    for row in rows:
        assert row.entered == {}
        assert set(row.labels) == set(row.data)


def test_frozen_reports_read_without_their_domains(loaded):
    for name in active.current().names:
        switching.switch(name, on=False)
    assert not active.current().names  # undone when the test's session ends
    assert db.session.scalar(
        sa.select(sa.func.count()).where(FrozenValue.domain == "crisis_preparedness")
    )
    report = db.session.scalars(
        sa.select(Report)
        .join(Report.board)
        .where(Board.name == "Räddningsnämnden", Report.state == ReportState.ACCEPTED)
        .order_by(Report.id)
    ).first()
    measures = reading.frozen(COORDINATOR, report)
    assert len(measures) == 9
    texts = db.session.scalars(
        sa.select(FrozenValue.text)
        .join(FrozenItem)
        .where(FrozenItem.report_id == report.id, FrozenValue.label == "Övningens form")
    ).all()
    assert set(texts) - {""}


def test_frozen_items_say_who_completed_them_and_reports_who_submitted_them(loaded):
    report = db.session.scalars(
        sa.select(Report).join(Report.board).where(Board.name == "Kulturnämnden")
    ).first()
    assert report.submitted_by_name == accounts.approver("Kulturnämnden").name
    assert report.decided_by_name == accounts.COORDINATOR.name
    assert report.submitted_at.date().isoformat() == "2021-01-26"
    assert report.submitted_at < report.decided_at
    who = set(
        db.session.scalars(
            sa.select(FrozenItem.completed_by).where(FrozenItem.report_id == report.id)
        )
    )
    assert who == {accounts.reporter("Kulturnämnden").name}


def test_history_lies_in_its_own_years_but_the_log_says_when_it_was_loaded(loaded):
    latest = db.session.scalar(sa.select(sa.func.max(Report.submitted_at)))
    assert latest.year == 2022
    assert db.session.scalar(sa.select(sa.func.max(ReportItem.saved_at))).year == 2022
    assert count(AuditEntry) > 1000
    assert db.session.scalar(sa.select(sa.func.min(AuditEntry.at))).year > 2022
    assert not count(AuditEntry, AuditEntry.actor_id.is_not(None))


def test_every_role_has_somebody_and_only_those_listed_have_a_password(loaded):
    able = set(db.session.scalars(sa.select(User.email).where(User.password_hash.is_not(None))))
    assert able == {person.email for person in accounts.SIGN_INS}
    assert len(set(db.session.scalars(sa.select(RoleGrant.role)))) == 7


def test_the_bundled_domains_are_on(loaded):
    assert {"crisis_preparedness", "cyber_security"} <= active.current().names


def test_a_failure_on_the_way_leaves_nothing(app, monkeypatch):
    def fail(*_args: Any) -> None:
        raise RuntimeError

    monkeypatch.setattr(service, "add_round", fail)
    with pytest.raises(RuntimeError):
        service.load(app)
    assert (count(Plan), count(User), count(Board), count(AuditEntry)) == (0, 0, 0, 0)
    assert not service.holds_anything()
