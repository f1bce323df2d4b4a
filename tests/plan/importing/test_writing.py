"""An import is written in one transaction, and twice is as good as once."""

from datetime import date
from decimal import Decimal

import pytest
import sqlalchemy as sa

from registry.audit.models import AuditEntry
from registry.db import db
from registry.effects.models import EffectMetric, Operator
from registry.people.models import Board
from registry.people.permissions import NOBODY, Denied
from registry.plan.importing import service, writing
from registry.plan.importing.words import Outcome
from registry.plan.models import (
    GoalArea,
    GoalGroup,
    Measure,
    Partner,
    Plan,
    PlanVersion,
    Responsibility,
    SubGoal,
    VersionState,
)
from tests.plan.importing.conftest import PLAN, REAL

TABLES = (Plan, GoalGroup, GoalArea, SubGoal, Measure, Responsibility, Partner, EffectMetric, Board)


def counts():
    db.session.rollback()
    return {model.__tablename__: _count(model) for model in (*TABLES, AuditEntry)}


def _count(model):
    return db.session.scalar(sa.select(sa.func.count()).select_from(model))


def bring(path, plan="Vår plan", dry_run=False):
    return service.import_file(path, plan, dry_run=dry_run)[0].placement


def measure(number):
    return db.session.scalars(
        sa.select(Measure).where(Measure.number == number).execution_options(populate_existing=True)
    ).one()


def test_what_the_file_says_stands_in_the_plan(app, boards, plan_file):
    bring(plan_file())
    lamps = measure("1.1")
    assert (lamps.title, lamps.subgoal.title) == ("Byta lampor i parken", "Ljus på vägen")
    assert (lamps.area.domain, lamps.area.group.title) == ("safe_environment", "Ökad trygghet")
    assert (lamps.starts_on, lamps.ends_on) == (date(2024, 1, 1), date(2025, 12, 31))
    assert [(one.board.name, one.share.value) for one in lamps.responsibilities] == [
        ("Socialnämnden", "lead")
    ]
    assert [one.name for one in lamps.partners] == ["Elbolaget"]
    assert "lampor" in lamps.search_text
    metric = db.session.scalars(sa.select(EffectMetric).where(EffectMetric.measure == lamps)).one()
    assert (metric.name, metric.target_operator) == ("Antal lampor", Operator.AT_LEAST)
    assert (metric.target_value, metric.target_period) == (Decimal(40), "år")
    shared = measure("2.1")
    assert [(one.board.name, one.share.value) for one in shared.responsibilities] == [
        ("Räddningsnämnden", "lead"),
        ("Socialnämnden", "shared"),
    ]
    assert measure("2.2").subgoal.title == "Utan delmål"
    order = sa.select(Measure.number).order_by(Measure.plan_order)
    assert db.session.scalars(order).all() == ["1.1", "1.2", "2.1", "2.2"]
    assert db.session.scalars(sa.select(PlanVersion.state)).all() == [VersionState.DRAFT]


def test_every_measure_and_the_import_itself_are_in_the_log(app, boards, plan_file):
    bring(plan_file())
    entries = db.session.execute(sa.select(AuditEntry.action, AuditEntry.after)).all()
    created = [after for action, after in entries if action == "measure.create"]
    assert [after["number"] for after in created] == ["1.1", "1.2", "2.1", "2.2"]
    assert created[0]["boards"] == [boards["social"].id]
    (whole,) = [after for action, after in entries if action == "plan.import" and "file" in after]
    assert (whole["file"], whole["placed"] + whole["doubtful"], whole["refused"]) == (
        "plan.csv",
        4,
        1,
    )


def test_the_same_file_twice_changes_nothing(app, boards, plan_file):
    path = plan_file()
    bring(path)
    before = counts()
    again = bring(path)
    assert again.count(Outcome.SAME) == 4
    assert not again.writes
    assert counts() == before


def test_a_dry_run_writes_nothing(app, plan_file):
    before = counts()
    assert bring(plan_file(), dry_run=True).writes
    assert counts() == before


def test_what_differs_is_changed_and_what_the_file_does_not_say_stays(app, boards, plan_file):
    bring(plan_file())
    lamps = measure("1.1")
    lamps.description = "Skrivet i registret"
    db.session.commit()
    changed = PLAN.replace("2025-12-31", "2026-06-30").replace("≥40", "≥50")
    changed = changed.replace("Räddningsnämnden; Socialnämnden", "Socialnämnden; Räddningsnämnden")
    changed = changed.replace("Elbolaget", "Elbolaget, Vägverket")
    placement = bring(plan_file(changed))
    assert [len(row.changes) for row in placement.changed] == [3, 1]
    lamps = measure("1.1")
    assert (lamps.ends_on, lamps.description) == (date(2026, 6, 30), "Skrivet i registret")
    assert [one.name for one in lamps.partners] == ["Elbolaget", "Vägverket"]
    assert [one.board.name for one in measure("2.1").responsibilities] == [
        "Socialnämnden",
        "Räddningsnämnden",
    ]
    values = db.session.scalars(sa.select(EffectMetric.target_value).order_by(EffectMetric.id))
    assert values.all() == [50, 2]
    assert not bring(plan_file(changed)).writes


def test_a_measure_moves_when_its_number_says_it_is_the_same(app, boards, plan_file):
    bring(plan_file())
    moved = PLAN.replace("Ljus på vägen;Byta lampor", "Andra vägar;Byta lampor")
    placement = bring(plan_file(moved))
    assert [row.outcome for row in placement.rows][:2] == [Outcome.CHANGED, Outcome.SAME]
    assert measure("1.1").subgoal.title == "Andra vägar"


def test_a_number_that_another_measure_has_is_refused(app, boards, plan_file):
    bring(plan_file())
    rows = bring(plan_file("Nr;Målområde;Delmål;Åtgärd\n1.1;Något;Annat;Helt annan sak\n")).rows
    assert rows[0].outcome is Outcome.REFUSED
    assert "Byta lampor i parken" in rows[0].notes[0].text


def test_a_second_file_adds_to_the_plan_and_keeps_its_numbers_apart(app, boards, plan_file):
    bring(plan_file())
    bring(plan_file("Målområde;Åtgärd\nKrisberedskap;Ny övning\nEget område;Egen sak\n"))
    assert measure("2.3").title == "Ny övning"
    assert measure("3.1").area.group.title == "Övrigt"


def test_what_was_decided_last_time_is_remembered(app, boards, plan_file, coordinator):
    path = plan_file("Åtgärd;Ansvarig;Typ\nÖva;Kommunen;\nEtt mål;Kommunen;goal\n")
    token, known = service.upload(coordinator, path.read_bytes(), path.name, "Vår plan")
    assert known
    board = f"board:{boards['executive'].id}"
    service.decide(coordinator, token, "Vår plan", frozenset({"goal"}), {"kommunen": board})
    service.confirm(coordinator, token, service.preview(coordinator, token).placement.digest())
    again, _known = service.upload(coordinator, path.read_bytes(), path.name, "Vår plan")
    placement = service.preview(coordinator, again).placement
    assert placement.count(Outcome.SAME) == 2
    assert not placement.writes


@pytest.mark.parametrize("step", ["renumber", "search_text_of", "new_identity"])
def test_a_fault_in_the_middle_writes_nothing(app, boards, plan_file, monkeypatch, step):
    path = plan_file()
    before = counts()

    def fail(*_args):
        raise RuntimeError(step)

    monkeypatch.setattr(writing, step, fail)
    with pytest.raises(RuntimeError):
        bring(path)
    assert counts() == before


def test_the_preview_is_shown_again_when_something_has_changed(app, boards, plan_file, coordinator):
    path = plan_file()
    token, _known = service.upload(coordinator, path.read_bytes(), path.name, "Vår plan")
    seen = service.preview(coordinator, token).placement.digest()
    db.session.add(Board(name="Elbolaget AB", kind="company"))
    db.session.commit()
    service.confirm(coordinator, token, seen)  # that board is in no row: nothing else is written
    token, _known = service.upload(
        coordinator, path.read_bytes().replace(b"2025-12-31", b"2026-12-31"), path.name, "Vår plan"
    )
    seen = service.preview(coordinator, token).placement.digest()
    measure("1.1").ends_on = date(2026, 12, 31)
    db.session.commit()
    before = counts()
    with pytest.raises(service.Changed):
        service.confirm(coordinator, token, seen)
    assert counts() == before


def test_only_a_coordinator_may_import(app, plan_file):
    for call in (
        lambda: service.upload(NOBODY, b"x", "x.csv", "P"),
        lambda: service.plans(NOBODY),
        lambda: service.boards(NOBODY),
        lambda: service.waiting(NOBODY, "x" * 32),
        lambda: service.preview(NOBODY, "x" * 32),
        lambda: service.confirm(NOBODY, "x" * 32, ""),
        lambda: service.result(NOBODY, "x" * 32),
    ):
        with pytest.raises(Denied):
            call()


def test_the_number_of_statements_does_not_grow_with_the_rows(app, boards, plan_file, statements):
    def cost(rows):
        lines = "".join(
            f"{n};Krisberedskap;Öva;Övning {n};Socialnämnden;Polisen;minst {n} prov\n" for n in rows
        )
        path = plan_file("Nr;Målområde;Delmål;Åtgärd;Ansvarig;Samverkan;Effektmått\n" + lines)
        statements.clear()
        bring(path, plan=f"Plan {len(rows)}")
        return len(statements)

    # A bulk insert that gives ids back is parted by the driver's limit on parameters.
    assert cost(range(1, 401)) - cost(range(1, 41)) <= 2 * 400 // 40


@pytest.mark.skipif(not REAL.is_dir(), reason="the real plans are not here")
def test_the_real_rows_go_in_and_go_in_but_once(app, boards):
    assert len(bring(REAL / "all.csv").new) == 159
    assert _count(Measure) == 159
    again = bring(REAL / "all.csv")
    assert (again.count(Outcome.SAME), again.count(Outcome.NOT_MEASURE)) == (159, 42)
