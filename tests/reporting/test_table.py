"""The report as a table: rows are saved one by one, by the page's script or by a button."""

import re
from collections.abc import Callable

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from registry.db import db
from registry.host.models import DomainData, SubjectKind
from registry.people.models import User
from registry.plan.models import MeasureStatus
from registry.reporting.models import ItemState
from tests.reporting.conftest import CRISIS, Job
from tests.reporting.test_job import EXERCISE, PLAIN, grow, post_item

Enter = Callable[[User], FlaskClient]


def save(
    client: FlaskClient, job: Job, number: str, answers: dict[str, str], *, script: bool = True
) -> TestResponse:
    """Save a row as it stands in the page, with these answers."""
    item = job.item(number)
    headers = {"HX-Request": "true"} if script else {}
    data = {"row_version": str(item.row_version), "deviation_reason": "", **answers}
    return client.post(f"/reports/items/{item.id}/row", data=data, headers=headers)


def test_a_row_is_saved_by_itself_and_the_rest_of_the_answer_stays(
    job: Job, sign_in: Enter, statements: list[str]
) -> None:
    client = sign_in(job.reporter)
    address = f"/reports/{job.reports['social'].id}/table"
    item = job.item("2.5.1")
    unread = {**EXERCISE, f"{CRISIS}__exercises_held": "tre", "done": "Förr"}
    unread[f"metric-{job.plan.metric.id}-value"] = "cirka 60"
    post_item(client, item.id, unread, button="draft")
    page = client.get(address).get_data(as_text=True)
    assert "1.1.1 Åtgärd 1.1.1" in page
    assert "2 frågor till i formuläret" in page
    answer = save(client, job, "2.5.1", {"status": "ongoing", "done": "Kort."})
    line = answer.get_data(as_text=True)
    assert "Sparat " in line
    db.session.expire_all()
    saved = job.item("2.5.1")
    assert (saved.status, saved.done, saved.state) == (
        MeasureStatus.ONGOING,
        "Kort.",
        ItemState.DRAFT,
    )
    assert f'value="{saved.row_version}" id="version-{item.id}"' in line
    row = db.session.get_one(DomainData, (CRISIS, SubjectKind.REPORT_ITEM, item.id))
    assert row.entered == {"exercises_held": ["tre"]}
    form = client.get(f"/reports/items/{item.id}").get_data(as_text=True)
    assert 'value="cirka 60"' in form
    # ready: what is missing is said, at the row what stands in it, of the rest how much
    line = save(client, job, "2.5.1", {**PLAIN, "status": "delayed", "ready": "1"}).get_data(
        as_text=True
    )
    assert "Beskriv avvikelsen" in line
    assert "Välj orsaken till avvikelsen." in line
    assert "2 frågor till i formuläret" in line
    line = save(client, job, "1.1.1", {**PLAIN, "ready": "1"}).get_data(as_text=True)
    assert ">Klar<" in line
    db.session.expire_all()
    assert job.item("1.1.1").state is ItemState.READY
    version = job.item("1.1.1").row_version
    save(client, job, "1.1.1", {**PLAIN, "ready": "1"})  # nothing new: nothing is written
    db.session.expire_all()
    assert job.item("1.1.1").row_version == version
    save(client, job, "1.1.1", PLAIN)
    db.session.expire_all()
    assert job.item("1.1.1").state is ItemState.DRAFT

    statements.clear()
    client.get(address)
    few = len(statements)
    grow(job, 60)
    statements.clear()
    assert client.get(address).get_data(as_text=True).count("data-row=") == 62
    assert len(statements) == few


def test_without_script_a_row_has_its_button_and_keeps_what_was_wrong(
    job: Job, sign_in: Enter
) -> None:
    client = sign_in(job.reporter)
    item = job.item("1.1.1")
    saved = save(client, job, "1.1.1", {"status": "done", "done": "Allt."}, script=False)
    assert saved.status_code == 303
    assert saved.location.endswith(f"/table#row-{item.id}")
    wrong = {"status": "stopped", "done": "Inget mer.", "ready": "1"}
    page = save(client, job, "1.1.1", wrong, script=False)
    text = page.get_data(as_text=True)
    assert page.status_code == 422
    assert "Beskriv avvikelsen" in text
    assert "Inget mer." in text


def test_of_two_in_one_row_the_second_sees_both_answers_and_chooses(
    job: Job, sign_in: Enter
) -> None:
    rut, kim = sign_in(job.reporter), sign_in(job.colleague)
    old = str(job.item("1.1.1").row_version)
    save(rut, job, "1.1.1", {"status": "done", "done": "Ruts ord"})
    mine = {"status": "ongoing", "done": "Kims ord", "row_version": old}
    line = save(kim, job, "1.1.1", mine).get_data(as_text=True)
    assert "Rapportör Rut har sparat medan du skrev" in line
    assert "Ruts ord" in line
    assert "Genomförd" in line
    page = save(kim, job, "1.1.1", mine, script=False)
    assert page.status_code == 409
    assert "Kims ord" in page.get_data(as_text=True)
    db.session.expire_all()
    assert job.item("1.1.1").done == "Ruts ord"
    chosen = re.search(r'name="overwrite" value="(\d+)"', line)
    assert chosen
    save(kim, job, "1.1.1", {**mine, "overwrite": chosen[1]})
    db.session.expire_all()
    assert job.item("1.1.1").done == "Kims ord"
