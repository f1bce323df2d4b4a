"""Values are entered and corrected by the right people, and nothing that stood there is lost."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from registry.audit.models import AuditEntry
from registry.db import db, now
from registry.effects import values
from registry.effects.models import (
    EffectMetric,
    Frequency,
    Gender,
    MetricValue,
    ValueCorrection,
    ValueStatus,
)
from registry.effects.values import Entry
from registry.host.switching import switch
from registry.people.models import Board
from registry.people.permissions import Viewer
from registry.plan.models import MeasureStatus
from registry.reporting.models import FrozenItem, Report, ReportState, Round
from tests.plan.conftest import Built

Clients = dict[str, FlaskClient]
KARIN = Viewer(name="Karin")


def post(client: FlaskClient, address: str, expected: int = 303, /, **data: Any) -> str:
    answer = client.post(address, data=data)
    page = answer.get_data(as_text=True)
    assert answer.status_code == expected, (address, answer.status_code, page[-3000:])
    db.session.expire_all()
    return page


def rows(metric: EffectMetric, period: str) -> dict[Gender, MetricValue]:
    found = db.session.scalars(
        sa.select(MetricValue).where(
            MetricValue.metric_id == metric.id, MetricValue.period == period
        )
    )
    return {row.gender: row for row in found}


def test_a_board_enters_a_value_with_genders_and_is_told_what_to_do(
    clients: Clients, plan: Built, boards: dict[str, Board]
) -> None:
    metric = plan.metric
    metric.is_share, metric.frequency = True, Frequency.YEARLY
    metric.next_due_on = date(2022, 3, 1)
    db.session.commit()
    address = f"/metrics/{metric.id}/values/new"
    good = {
        "period": "2021",
        "board_id": boards["social"].id,
        "status": "final",
        "total": "71,5",
        "women": "66",
        "total_respondents": "1 204",
        "source": "Enkät",
    }
    reporter = clients["reporter"]
    for wrong, said in (
        ({"period": "i fjol"}, "Skriv perioden som 2021, 2021 T2 eller 2021-03."),
        ({"total": ""}, "Skriv ett tal, eller välj Inte mätt."),
        ({"total": "101"}, "En andel ligger mellan 0 och 100."),
        ({"total_respondents": "0"}, "Skriv hur många som svarade, minst 1."),
        ({"total_respondents": "9" * 12}, "Skriv hur många som svarade, minst 1."),
        ({"status": "missing"}, "Ta bort talet, eller välj en annan status."),
        ({"status": "missing", "total": "", "women": ""}, "Skriv varför det inte är mätt."),
        ({"board_id": boards["rescue"].id}, "Välj något i listan."),
        ({"board_id": ""}, "Välj något i listan."),
    ):
        page = post(reporter, address, 422, **good | wrong)
        assert said in page
        assert 'value="Enkät"' in page, "what was written is kept"
    assert not rows(metric, "2021")

    post(reporter, address, **good)
    found = rows(metric, "2021")
    assert {gender: row.value for gender, row in found.items()} == {
        Gender.TOTAL: Decimal("71.5"),
        Gender.WOMEN: Decimal(66),
    }, "a gender without a number has no row, and is not zero"
    assert found[Gender.TOTAL].respondents == 1204
    assert db.session.get_one(EffectMetric, metric.id).next_due_on == date(2023, 3, 1)
    actions = set(db.session.scalars(sa.select(AuditEntry.action)))
    assert "metric_value.enter" in actions
    assert "har redan ett värde" in post(reporter, address, 422, **good)
    assert clients["other_reporter"].get(address).status_code == 200, "it shares the measure"
    assert clients["executive"].get(address).status_code == 403
    assert clients["anonymous"].get(address).status_code in {302, 403}


def test_a_correction_asks_why_and_keeps_what_stood_there(
    clients: Clients, plan: Built, boards: dict[str, Board]
) -> None:
    social = boards["social"].id
    row = values.record(plan.metric, "2021", Entry(Decimal(70)), by=KARIN, board_id=social)
    db.session.commit()
    address, reporter = f"/metrics/values/{row.id}/edit", clients["reporter"]
    form = {"row_version": row.row_version, "status": "final", "total": "72", "source": "SCB"}
    assert "Skriv varför värdet ändras." in post(reporter, address, 422, **form)
    post(clients["other_reporter"], address, 403, **form, reason_of_change="x")
    post(reporter, address, **form, reason_of_change="Källan har rättat.")
    row = rows(plan.metric, "2021")[Gender.TOTAL]
    assert (row.value, row.source) == (72, "SCB")
    (old,) = db.session.scalars(sa.select(ValueCorrection))
    assert (old.value, old.reason_of_change) == (70, "Källan har rättat.")
    assert old.replaced_by_name == "Rapportör"
    page = reporter.get(f"/metrics/{plan.metric.id}").get_data(as_text=True)
    assert "Rättat en gång" in page
    assert "Källan har rättat." in page

    second = post(reporter, address, 409, **form | {"total": "60"}, reason_of_change="Fel")
    assert "Rapportör har sparat medan du skrev" in second
    assert "<q>72</q>" in second, "both versions are shown"
    current = {"row_version": row.row_version, "source": "SCB"}
    missing = {"status": "missing", "total": "", "reason": "Enkäten drogs tillbaka."}
    post(reporter, address, **current | missing, reason_of_change="Ogiltig enkät")
    row = rows(plan.metric, "2021")[Gender.TOTAL]
    assert (row.value, row.status) == (None, ValueStatus.MISSING)
    page = reporter.get(f"/metrics/{plan.metric.id}").get_data(as_text=True)
    assert "Inte mätt: Enkäten drogs tillbaka." in page


def _reported(plan: Built, board: Board, state: ReportState) -> MetricValue:
    """A value that a report of 2021 has given."""
    round_ = Round(
        version_id=plan.version.id,
        title="2021",
        period="2021",
        opens_on=date(2021, 1, 1),
        due_on=date(2021, 2, 1),
    )
    db.session.add(round_)
    db.session.flush()
    report = Report(round_id=round_.id, board_id=board.id, state=state, submitted_at=now())
    db.session.add(report)
    db.session.flush()
    db.session.add(
        FrozenItem(
            report_id=report.id,
            measure_id=plan.lighting.id,
            position=0,
            measure_number="1.1.1",
            measure_title="Byta belysning",
            area_title="Trygg miljö",
            subgoal_title="Stråk",
            status=MeasureStatus.ONGOING,
        )
    )
    row = values.record(plan.metric, "2021", Entry(Decimal(70)), by=KARIN, board_id=board.id)
    db.session.commit()
    return row


@pytest.mark.parametrize("state", [ReportState.SUBMITTED, ReportState.ACCEPTED])
def test_a_value_of_a_submitted_report_is_the_reports(
    clients: Clients, plan: Built, boards: dict[str, Board], state: ReportState
) -> None:
    row = _reported(plan, boards["social"], state)
    address = f"/metrics/values/{row.id}/edit"
    page = clients["reporter"].get(address)
    assert page.status_code == 409
    assert "Värdet kommer från en inlämnad återrapport." in page.get_data(as_text=True)
    form = {"row_version": row.row_version, "status": "final", "total": "72"}
    why = {"reason_of_change": "Felskrivet"}
    post(clients["reporter"], address, 409, **form, **why)
    submitted = state is ReportState.SUBMITTED
    post(clients["coordinator"], address, 409 if submitted else 303, **form, **why)
    assert rows(plan.metric, "2021")[Gender.TOTAL].value == (70 if submitted else 72)


def test_a_withdrawn_value_gives_way_to_what_stood_before_it(plan: Built) -> None:
    plain = values.record(plan.metric, "2021", Entry(Decimal(5)), by=KARIN)
    db.session.commit()
    preliminary = Entry(Decimal(6), ValueStatus.PRELIMINARY)
    assert values.record(plan.metric, "2021", preliminary, by=KARIN) is plain
    db.session.commit()
    values.record(plan.metric, "2021", Entry(Decimal(6)), by=KARIN)  # found right: no correction
    db.session.commit()
    assert db.session.scalars(sa.select(ValueCorrection.value)).all() == [5]
    values.withdraw(plain, by=KARIN, reason="Återlämnad")
    other = values.record(plan.metric, "2022", Entry(Decimal(9)), by=KARIN)
    db.session.flush()
    values.withdraw(other, by=KARIN, reason="Återlämnad")
    db.session.commit()
    assert rows(plan.metric, "2021")[Gender.TOTAL].value == 5
    assert rows(plan.metric, "2022") == {}
    assert db.session.scalars(sa.select(ValueCorrection.value)).all() == [5, 6]


def test_what_the_domain_computes_is_not_entered_by_hand(clients: Clients, plan: Built) -> None:
    switch("safe_environment", on=True)
    plan.metric.domain, plan.metric.key = "safe_environment", "faults_fixed_share"
    db.session.commit()
    address = f"/metrics/{plan.metric.id}/values/new"
    assert "räknas ut av nämndernas svar" in post(clients["coordinator"], address, 409, total="1")
    page = clients["coordinator"].get(f"/metrics/{plan.metric.id}").get_data(as_text=True)
    assert "Fyll i ett värde" not in page


def test_a_board_makes_a_metric_of_its_own_with_targets_over_time(
    clients: Clients, plan: Built, boards: dict[str, Board]
) -> None:
    social = boards["social"].id
    new = f"/plan/measures/{plan.lighting.id}/metrics/new"
    form = {
        "name": "Olyckor",
        "better": "lower",
        "margin": "count",
        "board_id": social,
        "frequency": "yearly",
        "target_operator": "<=",
        "target_value": "10",
        "target_period": "2022",
        "target2_operator": "<=",
        "target2_value": "14",
        "target2_period": "2020",
        "target3_operator": "",
        "target4_value": "",
    }
    reporter = clients["reporter"]
    page = post(reporter, new, 422, **form | {"target3_value": "3", "board_id": ""})
    assert "Välj om målet är minst, högst eller lika med målvärdet." in page
    assert "Välj något i listan." in page, "everybody's metrics are the coordinator's to make"
    post(reporter, new, **form)
    metric = db.session.scalars(sa.select(EffectMetric).filter_by(name="Olyckor")).one()
    assert (metric.board_id, metric.is_count, metric.is_share) == (social, True, False)
    assert [(one.value, one.period) for one in metric.targets] == [(14, "2020")]
    edit = f"/plan/metrics/{metric.id}/edit"
    assert 'value="14"' in reporter.get(edit).get_data(as_text=True)
    assert clients["other_reporter"].get(edit).status_code == 403
    assert reporter.get(f"/plan/metrics/{plan.metric.id}/edit").status_code == 403
    old = metric.row_version
    post(reporter, edit, **form | {"row_version": old, "target2_operator": "", "target2_value": ""})
    assert db.session.get_one(EffectMetric, metric.id).targets == []
    page = post(reporter, edit, 409, **form | {"row_version": old, "target2_value": "12"})
    assert "har sparat medan du skrev" in page, "a target is a part of the metric"
