"""A board reports, an approver submits, the coordinator reviews; through the pages."""

import re
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from registry import create_app
from registry.db import db
from registry.effects.models import MetricValue, ValueStatus
from registry.host import switching
from registry.host.models import DomainData, SubjectKind
from registry.people.models import User
from registry.plan.models import Measure, MeasureStatus
from registry.reporting.models import (
    FrozenItem,
    FrozenValue,
    ItemState,
    Outcome,
    Report,
    ReportState,
)
from tests.reporting.conftest import CRISIS, Job

Enter = Callable[[User], FlaskClient]
PLAIN = {"status": "ongoing", "done": "Vi har byggt ut samverkan.", "deviation": ""}
EXERCISE = {
    f"{CRISIS}__exercises_planned": "4",
    f"{CRISIS}__exercises_held": "3",
    f"{CRISIS}__exercise_type": "seminar",
    f"{CRISIS}__exercise_date": "2021-10-08",
    f"{CRISIS}__exercise_evaluated": "yes",
}


def hidden(client: FlaskClient, address: str) -> dict[str, str]:
    """The hidden inputs of a form page, as a browser would send them back."""
    html = client.get(address).get_data(as_text=True)
    pairs = re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', html)
    return {name: value for name, value in pairs if name != "csrf_token"}


def post_item(
    client: FlaskClient,
    item_id: int,
    answers: dict[str, str],
    *,
    button: str = "ready",
    **extra: str,
) -> Any:
    address = f"/reports/items/{item_id}"
    base = hidden(client, address)
    return client.post(address, data={**base, **answers, button: "1", **extra})


def make_ready(client: FlaskClient, job: Job) -> None:
    metric = {f"metric-{job.plan.metric.id}-value": "62,5"}
    assert post_item(client, job.item("1.1.1").id, PLAIN).status_code == 303
    answer = post_item(client, job.item("2.5.1").id, {**PLAIN, **EXERCISE, **metric})
    assert answer.status_code == 303, answer.get_data(as_text=True)


def submit(client: FlaskClient, report: Report) -> Any:
    address = f"/reports/{report.id}/submit"
    return client.post(address, data={**hidden(client, address), "summary": "Ett gott år."})


@pytest.fixture
def submitted(job: Job, sign_in: Enter) -> Job:
    client = sign_in(job.approver)
    make_ready(client, job)
    assert submit(client, job.reports["social"]).status_code == 303
    db.session.expire_all()
    return job


def test_a_draft_is_saved_without_valid_input_and_every_word_comes_back(
    job: Job, sign_in: Enter
) -> None:
    client = sign_in(job.reporter)
    item = job.item("2.5.1")
    metric = f"metric-{job.plan.metric.id}-value"
    answer = post_item(
        client,
        item.id,
        {"done": "Halvvägs <b>", f"{CRISIS}__exercises_held": "tre st", metric: "cirka 60"},
        button="draft",
    )
    assert answer.status_code == 303
    page = client.get(f"/reports/items/{item.id}").get_data(as_text=True)
    assert "Halvvägs &lt;b&gt;" in page
    assert 'value="tre st"' in page
    assert 'value="cirka 60"' in page
    db.session.expire_all()
    assert job.item("2.5.1").state is ItemState.DRAFT


def test_ready_asks_for_what_is_missing_and_keeps_what_was_written(
    job: Job, sign_in: Enter
) -> None:
    client = sign_in(job.reporter)
    item = job.item("2.5.1")
    answer = post_item(
        client,
        item.id,
        {
            "status": "delayed",
            "done": "Skjutet till våren.",
            f"{CRISIS}__exercises_held": "2",
            f"{CRISIS}__exercise_date": "2020-05-01",
        },
    )
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert "Beskriv avvikelsen" in page
    assert "Ange vilken form övningen hade." in page
    assert "Datumet ligger utanför perioden" in page
    assert "Ange ett värde, eller kryssa i Inte mätt." in page
    assert f'href="#{CRISIS}__exercise_type"' in page
    assert "Skjutet till våren." in page
    db.session.expire_all()
    assert job.item("2.5.1").state is ItemState.DRAFT
    assert job.item("2.5.1").done == "Skjutet till våren."


def test_a_warning_lets_the_answer_pass_and_is_shown(job: Job, sign_in: Enter) -> None:
    client = sign_in(job.reporter)
    item = job.item("2.5.1")
    more = {f"{CRISIS}__exercises_held": "5", f"metric-{job.plan.metric.id}-not_measured": "y"}
    answer = post_item(client, item.id, {**PLAIN, **EXERCISE, **more})
    assert answer.status_code == 303
    assert "Stämmer det?" in client.get(f"/reports/items/{item.id}").get_data(as_text=True)
    db.session.expire_all()
    assert job.item("2.5.1").state is ItemState.READY


def test_nobody_submits_before_everything_is_ready(job: Job, sign_in: Enter) -> None:
    client = sign_in(job.approver)
    report = job.reports["social"]
    assert "Något återstår" in client.get(f"/reports/{report.id}/submit").get_data(as_text=True)
    answer = client.post(
        f"/reports/{report.id}/submit", data={"row_version": report.row_version, "summary": ""}
    )
    assert answer.status_code == 409
    db.session.expire_all()
    assert db.session.get_one(Report, report.id).state is ReportState.DRAFT
    assert db.session.query(FrozenItem).count() == 0


def test_a_reporter_fills_in_but_does_not_submit(job: Job, sign_in: Enter) -> None:
    client = sign_in(job.reporter)
    make_ready(client, job)
    assert client.post(f"/reports/{job.reports['social'].id}/submit").status_code == 403


def test_a_submitted_report_is_frozen_with_labels_values_and_names(submitted: Job) -> None:
    report = db.session.get_one(Report, submitted.reports["social"].id)
    assert report.state is ReportState.SUBMITTED
    assert report.submitted_by_name == "Godkännare Gun"
    items = {item.measure_number: item for item in db.session.query(FrozenItem)}
    assert set(items) == {"1.1.1", "2.5.1"}
    texts = {value.label: value.text for value in items["2.5.1"].values}
    assert texts["Övningens form"] == "Seminarium"
    assert texts["Övningens datum"] == "2021-10-08"
    assert texts["Genomförda övningar"] == "75 %"
    assert texts["Hemberedskap"] == "62,5 %"
    assert texts["Är övningen utvärderad?"] == "Ja"
    assert {value.domain_title for value in items["2.5.1"].values} == {"", "Krisberedskap"}


@pytest.mark.parametrize("table", ["frozen_item", "frozen_value"])
def test_the_database_refuses_to_change_what_is_frozen(submitted: Job, table: str) -> None:
    for statement in (f"DELETE FROM {table}", f"UPDATE {table} SET position = 9"):
        with pytest.raises(sa.exc.DBAPIError, match="kept for good"):
            db.session.execute(sa.text(statement))
        db.session.rollback()


def test_a_submitted_report_takes_no_more_answers(submitted: Job, sign_in: Enter) -> None:
    client = sign_in(submitted.reporter)
    item = submitted.item("1.1.1")
    answer = client.post(
        f"/reports/items/{item.id}",
        data={"row_version": item.row_version, "done": "Nej, så här var det.", "draft": "1"},
    )
    assert answer.status_code == 409
    assert "Nej, så här var det." in answer.get_data(as_text=True)  # to be copied
    db.session.expire_all()
    assert submitted.item("1.1.1").done == PLAIN["done"]


def test_effect_values_are_preliminary_until_accepted(submitted: Job, sign_in: Enter) -> None:
    value = db.session.query(MetricValue).one()
    assert (str(value.value).rstrip("0"), value.period) == ("62.5", "2021")
    assert value.status is ValueStatus.PRELIMINARY
    report = submitted.reports["social"]
    version = db.session.get_one(Report, report.id).row_version
    sign_in(submitted.coordinator).post(
        f"/reports/{report.id}/accept", data={"row_version": version}
    )
    db.session.expire_all()
    assert db.session.query(MetricValue).one().status is ValueStatus.FINAL
    measure = db.session.get_one(Measure, submitted.plan.measures["1.1.1"].id)
    assert measure.status is MeasureStatus.ONGOING
    assert db.session.get_one(Report, report.id).state is ReportState.ACCEPTED


def test_not_measured_is_a_missing_value_and_not_zero(job: Job, sign_in: Enter) -> None:
    client = sign_in(job.approver)
    assert post_item(client, job.item("1.1.1").id, PLAIN).status_code == 303
    nothing = {f"metric-{job.plan.metric.id}-not_measured": "y"}
    post_item(client, job.item("2.5.1").id, {**PLAIN, **EXERCISE, **nothing})
    assert submit(client, job.reports["social"]).status_code == 303
    value = db.session.query(MetricValue).one()
    assert value.value is None
    assert value.status is ValueStatus.MISSING
    frozen = db.session.query(FrozenValue).filter_by(label="Hemberedskap").one()
    assert (frozen.value, frozen.text) == (None, "Inte mätt")


def test_a_returned_report_goes_on_as_a_new_revision_and_the_first_stays(
    submitted: Job, sign_in: Enter
) -> None:
    first = submitted.reports["social"]
    version = db.session.get_one(Report, first.id).row_version
    answer = sign_in(submitted.coordinator).post(
        f"/reports/{first.id}/return",
        data={"row_version": version, "comment": "Ange källan till siffran."},
    )
    assert answer.status_code == 303
    db.session.expire_all()
    second = db.session.query(Report).filter_by(board_id=first.board_id, current=True).one()
    assert (second.revision, second.state) == (2, ReportState.DRAFT)
    outcome = db.session.query(Outcome).filter_by(measure_id=submitted.plan.measures["1.1.1"].id)
    assert outcome.one().status is None
    assert db.session.query(MetricValue).count() == 0

    client = sign_in(submitted.approver)
    page = client.get(f"/reports/{second.id}").get_data(as_text=True)
    assert "Ange källan till siffran." in page
    submitted.reports["social"] = second
    kept = client.get(f"/reports/items/{submitted.item('2.5.1').id}").get_data(as_text=True)
    assert 'value="2021-10-08"' in kept
    assert 'value="62,5"' in kept
    changed = {**PLAIN, "done": "Nu med källa."}
    assert post_item(client, submitted.item("1.1.1").id, changed).status_code == 303
    assert submit(client, second).status_code == 303
    old = client.get(f"/reports/{first.id}").get_data(as_text=True)
    assert PLAIN["done"] in old
    assert "Nu med källa." not in old
    assert "Nu med källa." in client.get(f"/reports/{second.id}").get_data(as_text=True)


def test_a_submitted_report_survives_its_domain_being_switched_off(
    submitted: Job, sign_in: Enter
) -> None:
    switching.switch(CRISIS, on=False)
    db.session.commit()
    page = sign_in(submitted.reporter).get(f"/reports/{submitted.reports['social'].id}")
    html = page.get_data(as_text=True)
    assert page.status_code == 200
    assert "Krisberedskap" in html
    assert "Seminarium" in html


def test_a_submitted_report_survives_its_domains_folder_being_removed(
    submitted: Job, app: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bundled = Path(__file__).parents[2] / "plugins"
    left = tmp_path / "plugins"
    shutil.copytree(bundled, left, ignore=shutil.ignore_patterns(CRISIS, "__pycache__"))
    for name in [name for name in sys.modules if name.startswith(f"registry_plugins.{CRISIS}")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setattr(
        "registry.pages.folder", lambda name: left if name == "plugins" else bundled.parent / name
    )
    address = app.extensions["settings"].database_url
    from tests.conftest import PASSWORD, SETTINGS

    bare = create_app(tmp_path / "bare", database_url=address, **SETTINGS)
    bare.config.update(TESTING=True, WTF_CSRF_ENABLED=False)
    bare.test_client_class = app.test_client_class
    client = bare.test_client()
    client.post("/sign-in", data={"email": submitted.reporter.email, "password": PASSWORD})
    html = client.get(f"/reports/{submitted.reports['social'].id}").get_data(as_text=True)
    assert "Seminarium" in html
    assert "Övningens datum" in html
    measure = submitted.plan.measures["2.5.1"]
    for address in ("/followup/", "/measures", f"/plan/measures/{measure.id}", "/my-work"):
        assert client.get(address).status_code == 200, address
    with bare.app_context():
        db.engine.dispose()


def test_a_form_opened_before_a_domain_is_switched_off_loses_nothing(
    job: Job, sign_in: Enter
) -> None:
    client = sign_in(job.reporter)
    item = job.item("2.5.1")
    address = f"/reports/items/{item.id}"
    opened = hidden(client, address)
    switching.switch(CRISIS, on=False)
    db.session.commit()
    answer = client.post(address, data={**opened, **PLAIN, **EXERCISE, "ready": "1"})
    assert answer.status_code == 409
    assert "Frågorna har ändrats medan du skrev" in answer.get_data(as_text=True)
    assert CRISIS not in client.get(address).get_data(as_text=True)
    switching.switch(CRISIS, on=True)
    db.session.commit()
    page = client.get(address).get_data(as_text=True)
    assert 'value="2021-10-08"' in page
    assert PLAIN["done"] in page


def test_a_form_opened_before_a_domain_is_switched_on_keeps_its_stored_answers(
    job: Job, sign_in: Enter
) -> None:
    client = sign_in(job.reporter)
    item = job.item("2.5.1")
    address = f"/reports/items/{item.id}"
    post_item(client, item.id, {**PLAIN, **EXERCISE}, button="draft")
    switching.switch(CRISIS, on=False)
    db.session.commit()
    opened = hidden(client, address)
    switching.switch(CRISIS, on=True)
    db.session.commit()
    answer = client.post(address, data={**opened, "done": "Nytt.", "status": "done", "draft": "1"})
    assert answer.status_code == 409
    page = client.get(address).get_data(as_text=True)
    assert "Nytt." in page
    assert 'value="2021-10-08"' in page


def test_the_second_of_two_people_sees_both_versions_and_chooses(job: Job, sign_in: Enter) -> None:
    rut, kim = sign_in(job.reporter), sign_in(job.colleague)
    item = job.item("2.5.1")
    address = f"/reports/items/{item.id}"
    ruts, kims = hidden(rut, address), hidden(kim, address)
    rut.post(address, data={**ruts, "done": "Ruts ord", "status": "done", "draft": "1"})
    mine = {"done": "Kims ord", "status": "ongoing", f"{CRISIS}__exercises_held": "2"}
    answer = kim.post(address, data={**kims, **mine, "draft": "1"})
    page = answer.get_data(as_text=True)
    assert answer.status_code == 409
    assert "Rapportör Rut har sparat medan du skrev" in page
    assert "Ruts ord" in page
    assert "Kims ord" in page
    assert "Genomförd" in page
    again = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page))
    again.pop("csrf_token", None)
    answer = kim.post(
        address,
        data={**again, **mine, "choose-done": "mine", "choose-status": "theirs", "draft": "1"},
    )
    assert answer.status_code == 303
    db.session.expire_all()
    saved = job.item("2.5.1")
    assert saved.done == "Kims ord"
    assert saved.status is MeasureStatus.DONE
    row = db.session.get_one(DomainData, (CRISIS, SubjectKind.REPORT_ITEM, item.id))
    assert row.data["exercises_held"] == 2


def test_last_rounds_answer_stands_beside_the_question(
    submitted: Job, sign_in: Enter, boards: dict[str, Any]
) -> None:
    from datetime import date

    from registry.reporting import rounds
    from registry.reporting.rounds import NewRound
    from tests.reporting.conftest import viewer_of

    rounds.open_round(
        viewer_of(submitted.coordinator),
        NewRound(
            version_id=submitted.plan.version.id,
            title="2022",
            period="2022",
            opens_on=date(2022, 11, 15),
            due_on=date(2023, 1, 31),
            board_ids=frozenset({boards["social"].id}),
        ),
    )
    latest = db.session.query(Report).order_by(Report.id.desc()).first()
    assert latest is not None
    submitted.reports["social"] = latest
    page = sign_in(submitted.reporter).get(f"/reports/items/{submitted.item('2.5.1').id}")
    html = page.get_data(as_text=True)
    assert "Omgång 2021:" in html
    assert PLAIN["done"] in html
    assert "62,5 %" in html
    assert "Seminarium" in html


def test_a_closed_round_takes_no_answers_and_shows_the_missing_as_late(
    job: Job, sign_in: Enter
) -> None:
    coordinator = sign_in(job.coordinator)
    reporter = sign_in(job.reporter)
    item = job.item("1.1.1")
    opened = hidden(reporter, f"/reports/items/{item.id}")
    coordinator.post(f"/rounds/{job.round.id}/close")
    answer = reporter.post(f"/reports/items/{item.id}", data={**opened, **PLAIN, "draft": "1"})
    assert answer.status_code == 409
    assert PLAIN["done"] in answer.get_data(as_text=True)
    db.session.expire_all()
    assert job.item("1.1.1").done == ""
    page = coordinator.get(f"/rounds/{job.round.id}").get_data(as_text=True)
    assert page.count(">Sen<") == 2
    coordinator.post(f"/rounds/{job.round.id}/reopen")
    assert post_item(reporter, item.id, PLAIN).status_code == 303


def test_other_boards_people_do_not_see_the_report(job: Job, sign_in: Enter) -> None:
    client = sign_in(job.rescuer)
    report = job.reports["social"]
    assert client.get(f"/reports/{report.id}").status_code == 403
    assert client.get(f"/reports/items/{job.item('1.1.1').id}").status_code == 403
    assert client.get(f"/reports/{report.id}/submit").status_code == 403
    page = client.get(f"/rounds/{job.round.id}").get_data(as_text=True)
    assert "Räddningsnämnden" in page
    assert "Socialnämnden" not in page


def test_a_missing_report_or_item_is_not_found(job: Job, sign_in: Enter) -> None:
    client = sign_in(job.reporter)
    for address in ("/reports/999", "/reports/items/999", "/rounds/999"):
        assert client.get(address).status_code == 404


@pytest.mark.parametrize(
    "page",
    ["/my-work", "/rounds", "/reports/{report}", "/reports/{report}/comments", "/rounds/{round}"],
)
def test_pages_ask_the_database_a_fixed_number_of_times(
    job: Job, sign_in: Enter, statements: list[str], page: str
) -> None:
    client = sign_in(job.reporter)
    address = page.format(report=job.reports["social"].id, round=job.round.id)
    client.get(address)
    statements.clear()
    assert client.get(address).status_code == 200
    few = len(statements)
    grow(job, 60)
    statements.clear()
    assert client.get(address).status_code == 200
    assert len(statements) == few


def grow(job: Job, count: int) -> None:
    """More measures in Socialnämnden's report."""
    first = job.plan.measures["1.1.1"]
    made = [
        Measure(
            version_id=first.version_id,
            area_id=first.area_id,
            subgoal_id=first.subgoal_id,
            number=f"9.{index}",
            title=f"Mer {index}",
        )
        for index in range(count)
    ]
    db.session.add_all(made)
    db.session.flush()
    from registry.reporting.models import ReportItem

    report = job.reports["social"]
    db.session.add_all(ReportItem(report_id=report.id, measure_id=one.id) for one in made)
    db.session.commit()
