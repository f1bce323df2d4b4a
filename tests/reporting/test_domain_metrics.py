"""A measure takes up its domain's metrics, and is computed where the domain computes."""

from collections.abc import Callable

from flask.testing import FlaskClient

from registry.db import db
from registry.effects.models import Better, EffectMetric, MetricValue
from registry.host import switching
from registry.people.models import User
from tests.reporting.conftest import CRISIS, Job
from tests.reporting.test_job import EXERCISE, PLAIN, post_item, submit

Enter = Callable[[User], FlaskClient]
SHARE = "exercises_held_share"


def test_a_coordinator_takes_up_a_metric_of_the_domain(job: Job, sign_in: Enter) -> None:
    client = sign_in(job.coordinator)
    address = f"/plan/measures/{job.plan.measures['2.5.1'].id}"
    assert f"{address}/metrics/take" in client.get(address).get_data(as_text=True)
    assert "Elavbrott (SAIDI)" in client.get(f"{address}/metrics/take").get_data(as_text=True)
    client.post(f"{address}/metrics/take", data={"key": "outage_minutes"})
    taken = db.session.query(EffectMetric).filter_by(domain=CRISIS).one()
    assert (taken.name, taken.unit, taken.better) == ("Elavbrott (SAIDI)", "minuter", Better.LOWER)
    again = client.post(f"{address}/metrics/take", data={"key": "outage_minutes"})
    assert again.status_code == 303
    assert db.session.query(EffectMetric).filter_by(domain=CRISIS).count() == 1


def test_a_metric_that_is_not_offered_is_not_taken(job: Job, sign_in: Enter) -> None:
    client = sign_in(job.coordinator)
    client.post(f"/plan/measures/{job.plan.measures['1.1.1'].id}/metrics/take", data={"key": SHARE})
    assert db.session.query(EffectMetric).filter_by(domain=CRISIS).count() == 0


def test_a_computed_metric_is_not_asked_for_and_gets_its_value_at_submission(
    job: Job, sign_in: Enter
) -> None:
    measure = job.plan.measures["2.5.1"]
    sign_in(job.coordinator).post(f"/plan/measures/{measure.id}/metrics/take", data={"key": SHARE})
    taken = db.session.query(EffectMetric).filter_by(key=SHARE).one()
    client = sign_in(job.approver)
    page = client.get(f"/reports/items/{job.item('2.5.1').id}").get_data(as_text=True)
    assert f"metric-{taken.id}-value" not in page
    assert "räknas ut av svaren ovan" in page
    post_item(client, job.item("1.1.1").id, PLAIN)
    other = {f"metric-{job.plan.metric.id}-not_measured": "y"}
    post_item(client, job.item("2.5.1").id, {**PLAIN, **EXERCISE, **other})
    assert submit(client, job.reports["social"]).status_code == 303
    value = db.session.query(MetricValue).filter_by(metric_id=taken.id).one()
    assert value.value == 75


def test_a_domains_metric_disappears_with_the_domain_and_returns(job: Job, sign_in: Enter) -> None:
    measure = job.plan.measures["2.5.1"]
    client = sign_in(job.coordinator)
    client.post(f"/plan/measures/{measure.id}/metrics/take", data={"key": "outage_minutes"})
    client.get("/plan/")  # where it is told that the metric was taken up
    reporter = sign_in(job.reporter)
    address = f"/reports/items/{job.item('2.5.1').id}"
    assert "Elavbrott" in reporter.get(address).get_data(as_text=True)
    switching.switch(CRISIS, on=False)
    db.session.commit()
    assert "Elavbrott" not in reporter.get(address).get_data(as_text=True)
    assert "Elavbrott" not in client.get(f"/plan/measures/{measure.id}").get_data(as_text=True)
    switching.switch(CRISIS, on=True)
    db.session.commit()
    assert "Elavbrott" in reporter.get(address).get_data(as_text=True)


def test_what_was_reported_stands_on_the_measures_page(job: Job, sign_in: Enter) -> None:
    client = sign_in(job.approver)
    measure = job.plan.measures["1.1.1"]
    assert "Återrapporterat" not in client.get(f"/plan/measures/{measure.id}").get_data(True)
    post_item(client, job.item("1.1.1").id, PLAIN)
    other = {f"metric-{job.plan.metric.id}-not_measured": "y"}
    post_item(client, job.item("2.5.1").id, {**PLAIN, **EXERCISE, **other})
    submit(client, job.reports["social"])
    page = client.get(f"/plan/measures/{measure.id}").get_data(as_text=True)
    assert "Återrapporterat" in page
    assert f"/reports/{job.reports['social'].id}" in page
    other_board = sign_in(job.rescuer).get(f"/plan/measures/{measure.id}").get_data(as_text=True)
    assert "Återrapporterat" not in other_board
