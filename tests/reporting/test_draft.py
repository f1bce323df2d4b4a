"""The form saves itself; what stood there last year can be taken over; one goes on to the next."""

import re
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from flask.testing import FlaskClient

from registry.audit.models import AuditEntry
from registry.db import db
from registry.host.models import DomainData, SealedData, SubjectKind
from registry.people.models import User
from registry.reporting import rounds
from registry.reporting.models import DeviationReason, ItemState, Report, ReportItem
from registry.reporting.rounds import NewRound
from tests.reporting.conftest import CRISIS, Job, viewer_of
from tests.reporting.test_job import EXERCISE, PLAIN, hidden, make_ready, post_item, submit

Enter = Callable[[User], FlaskClient]


def autosave(client: FlaskClient, item: ReportItem, fields: dict[str, str]) -> tuple[str, str]:
    """What the page's script is answered: the line, and the new version of the row."""
    answer = client.post(f"/reports/items/{item.id}", data={**fields, "autosave": "1"})
    assert answer.status_code == 200
    page = answer.get_data(as_text=True)
    version = re.search(r'name="row_version" value="(\d+)"', page)
    return re.sub("<[^>]+>", "", page).strip(), version[1] if version else ""


def test_a_form_saves_itself_and_what_has_not_changed_is_not_written(
    job: Job, sign_in: Enter
) -> None:
    client, item = sign_in(job.reporter), job.item("2.5.1")
    base = hidden(client, f"/reports/items/{item.id}")
    text = {"done": "Halvvägs", f"{CRISIS}__exercises_held": "tre st"}
    line, version = autosave(client, item, {**base, **text})
    assert line.startswith("Sparat ")
    db.session.expire_all()
    saved = job.item("2.5.1")
    assert (saved.done, saved.state, str(saved.row_version)) == (
        "Halvvägs",
        ItemState.DRAFT,
        version,
    )
    row = db.session.get_one(DomainData, (CRISIS, SubjectKind.REPORT_ITEM, item.id))
    assert row.entered == {"exercises_held": ["tre st"]}
    # the button after it is no conflict with oneself; a page saved once more changes nothing
    more = {**PLAIN, **EXERCISE, f"metric-{job.plan.metric.id}-value": "62,5"}
    address = f"/reports/items/{item.id}"
    answer = client.post(address, data={**base, "row_version": version, **more, "ready": "1"})
    assert answer.status_code == 303
    entries = db.session.query(AuditEntry).count()
    base = hidden(client, address)
    assert autosave(client, item, {**base, **more})[1] == ""
    db.session.expire_all()
    assert job.item("2.5.1").state is ItemState.READY
    assert db.session.query(AuditEntry).count() == entries
    line, _version = autosave(client, item, {**base, **more, "done": "Lite till."})
    assert "Åtgärden var klar och är nu ett utkast." in line
    db.session.expire_all()
    assert job.item("2.5.1").state is ItemState.DRAFT


def test_of_two_people_the_one_whose_page_saves_itself_loses_nothing(
    job: Job, sign_in: Enter
) -> None:
    rut, kim = sign_in(job.reporter), sign_in(job.colleague)
    item = job.item("1.1.1")
    address = f"/reports/items/{item.id}"
    ruts, kims = hidden(rut, address), hidden(kim, address)
    assert autosave(rut, item, {**ruts, "done": "Ruts ord"})[1]
    line, version = autosave(kim, item, {**kims, "done": "Kims ord"})
    assert "Rapportör Rut har sparat medan du skrev" in line
    assert version == ""
    page = kim.post(address, data={**kims, "done": "Kims ord", "draft": "1"})
    assert page.status_code == 409
    text = page.get_data(as_text=True)
    assert "Ruts ord" in text
    assert "Kims ord" in text
    assert "hx-post" not in text.partition('id="report-form"')[2].partition(">")[0]  # first choose


def test_half_a_secret_is_never_sealed(secret_item: tuple[FlaskClient, ReportItem, str]) -> None:
    client, item, name = secret_item
    page = client.get(f"/reports/items/{item.id}").get_data(as_text=True)
    assert f'hx-params="not {name}"' in page
    assert f'data-secret="{name}"' in page
    base = hidden(client, f"/reports/items/{item.id}")
    assert autosave(client, item, {**base, "done": "Öppet", name: "Gamla nyc"})[1]
    assert db.session.query(SealedData).count() == 0
    post_item(client, item.id, {"done": "Öppet", name: "Gamla nycklar"}, button="draft")
    assert db.session.query(SealedData).one().field in name


@pytest.fixture
def secret_item(job: Job, sign_in: Enter) -> tuple[FlaskClient, ReportItem, str]:
    """An item whose domain asks for something secret, and the name of that field."""
    area = job.plan.measures["1.1.1"].subgoal.area
    area.domain = "cyber_security"
    db.session.commit()
    client = sign_in(job.reporter)
    page = client.get(f"/reports/items/{job.item('1.1.1').id}").get_data(as_text=True)
    name = re.search(r'data-secret="([^" ]+)', page)
    assert name
    return client, job.item("1.1.1"), name[1]


def test_a_deviation_asks_for_its_reason(job: Job, sign_in: Enter) -> None:
    client, item = sign_in(job.reporter), job.item("1.1.1")
    for answers in ({**PLAIN, "status": "delayed"}, {**PLAIN, "deviation": "En sköts upp."}):
        answer = post_item(client, item.id, answers)
        assert answer.status_code == 422
        assert "Välj orsaken till avvikelsen." in answer.get_data(as_text=True)
    told = {"deviation": "En sköts upp.", "deviation_reason": "time"}
    assert post_item(client, item.id, {**PLAIN, **told}).status_code == 303
    db.session.expire_all()
    assert job.item("1.1.1").deviation_reason is DeviationReason.TIME


def test_one_goes_on_to_the_next_that_waits(job: Job, sign_in: Enter) -> None:
    client, first, second = sign_in(job.reporter), job.item("1.1.1"), job.item("2.5.1")
    page = client.get(f"/reports/items/{first.id}").get_data(as_text=True)
    assert "0 av 2 klara" in page
    assert re.search(rf'href="/reports/items/{second.id}" rel="next"', page)
    base = hidden(client, f"/reports/items/{first.id}")
    answer = client.post(f"/reports/items/{first.id}", data={**base, **PLAIN, "ready": "next"})
    assert answer.location == f"/reports/items/{second.id}"
    page = client.get(answer.location).get_data(as_text=True)
    assert "1 av 2 klara" in page
    assert "gå till nästa" not in page  # nothing else waits
    assert re.search(rf'href="/reports/items/{first.id}" rel="prev"', page)


def test_last_rounds_answers_are_taken_over_to_be_checked(
    job: Job, sign_in: Enter, boards: dict[str, Any]
) -> None:
    client = sign_in(job.approver)
    make_ready(client, job)
    assert submit(client, job.reports["social"]).status_code == 303
    next_round(job, boards["social"].id)
    item = job.item("2.5.1")
    address = f"/reports/items/{item.id}"
    base = hidden(client, address)
    written = {"done": "Nytt i år.", "unchanged": "1"}
    page = client.post(address, data={**base, **written}).get_data(as_text=True)
    assert "Nytt i år." in page  # what is written stays
    assert 'value="2021-10-08"' in page
    assert re.search(r'<option selected value="ongoing"', page)
    assert page.count("Hämtat från 2021 – kontrollera") == 6  # status and five of the domain's
    assert 'value="62,5"' not in page  # a measurement is not last year's
    db.session.expire_all()
    assert job.item("2.5.1").state is ItemState.NOT_STARTED  # nothing is saved


def next_round(job: Job, board_id: int) -> None:
    rounds.open_round(
        viewer_of(job.coordinator),
        NewRound(
            version_id=job.plan.version.id,
            title="2022",
            period="2022",
            opens_on=date(2022, 11, 15),
            due_on=date(2023, 1, 31),
            board_ids=frozenset({board_id}),
        ),
    )
    job.reports["social"] = db.session.query(Report).order_by(Report.id.desc()).first()
