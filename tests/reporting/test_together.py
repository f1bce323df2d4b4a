"""Working together on a report: handing over, comments, dated notes."""

from collections.abc import Callable
from datetime import date

from flask.testing import FlaskClient

from registry.audit.models import AuditEntry
from registry.db import db
from registry.people import accounts
from registry.people.models import Role, User
from registry.reporting.models import (
    FrozenValue,
    ItemComment,
    MeasureNote,
    Report,
    ReportItem,
)
from tests.reporting.conftest import Job, viewer_of
from tests.reporting.test_job import hidden, make_ready, post_item, submit

Enter = Callable[[User], FlaskClient]


def text(client: FlaskClient, address: str) -> str:
    return " ".join(client.get(address).get_data(as_text=True).split())


def test_a_shared_measure_is_handed_to_another_board_and_back(
    job: Job, sign_in: Enter, boards
) -> None:
    rut, ros, item = sign_in(job.reporter), sign_in(job.rescuer), job.item("2.5.1")
    address, rescue = f"/reports/items/{item.id}", boards["rescue"].id
    assert ros.get(address).status_code == 403
    own = job.item("1.1.1")  # shared with nobody
    for wrong, board in ((own, rescue), (item, boards["executive"].id)):
        answer = rut.post(f"/reports/items/{wrong.id}/hand-over", data={"board_id": board})
        assert answer.location == f"/reports/items/{wrong.id}"
        assert "Välj en nämnd eller ett bolag som delar åtgärden" in text(rut, answer.location)
    handed = {"board_id": rescue, "note": "Ni höll övningen."}
    assert "Lämna över till en annan nämnd" in text(rut, address)
    assert rut.post(f"{address}/hand-over", data=handed).status_code == 303
    assert "hos Räddningsnämnden" in text(rut, f"/reports/{job.reports['social'].id}")
    for page in ("/my-work", f"/reports/{job.reports['rescue'].id}"):
        assert "Ni höll övningen." in text(ros, page)
    assert "Åtgärd 2.5.1" in text(ros, address)
    assert post_item(ros, item.id, {"done": "Tre övningar."}, button="draft").status_code == 303
    # that one answer, and nothing else of the report
    assert ros.get(f"/reports/items/{own.id}").status_code == 403
    assert ros.get(f"/reports/{job.reports['social'].id}").status_code == 403
    assert ros.get(f"/reports/{job.reports['social'].id}/submit").status_code == 403
    back = ros.post(f"{address}/hand-back", data={"note": "Se även mars."})
    assert back.location == "/my-work"
    assert ros.get(address).status_code == 403
    page = text(rut, address)
    assert "Se även mars." in page
    assert "Tre övningar." in page
    rut.post(f"{address}/hand-over", data=handed)
    opened = hidden(ros, address)
    rut.post(f"{address}/take-back")
    late = ros.post(address, data={**opened, "done": "För sent skrivet.", "draft": "1"})
    assert late.status_code == 403
    assert "För sent skrivet." in late.get_data(as_text=True)  # to be copied
    db.session.expire_all()
    assert job.item("2.5.1").done == "Tre övningar."
    assert db.session.query(AuditEntry).filter_by(action="report.hand_back").count() == 1


def test_what_is_taken_back_in_a_new_revision_is_not_open_through_the_old(
    job: Job, sign_in: Enter, boards
) -> None:
    rut, ros, item = sign_in(job.reporter), sign_in(job.rescuer), job.item("2.5.1")
    rut.post(f"/reports/items/{item.id}/hand-over", data={"board_id": boards["rescue"].id})
    make_ready(rut, job)
    assert submit(sign_in(job.approver), job.reports["social"]).status_code == 303
    address = f"/reports/{item.report_id}/return"
    version = db.session.get_one(Report, item.report_id, populate_existing=True).row_version
    sam = sign_in(job.coordinator)
    sam.post(address, data={"comment": "Mer.", "row_version": version})
    revised = db.session.query(ReportItem).filter(
        ReportItem.measure_id == item.measure_id,
        ReportItem.handed_to_id.is_not(None),
        ReportItem.id != item.id,
    )
    new = revised.one().id
    said = {"text": "Bara mellan oss."}
    assert ros.get(f"/reports/items/{new}").status_code == 200
    rut.post(f"/reports/items/{new}/take-back")
    rut.post(f"/reports/items/{new}/comments", data=said)
    for old in (item.id, new):
        assert ros.get(f"/reports/items/{old}").status_code == 403
        for headers in ({}, {"HX-Request": "true"}):
            answer = ros.post(f"/reports/items/{old}/comments", data=said, headers=headers)
            assert answer.status_code == 403
    assert db.session.query(ItemComment).count() == 1


def test_comments_follow_the_report_and_are_no_part_of_it(
    job: Job, sign_in: Enter, make_user: Callable[..., User]
) -> None:
    sam, gun, ros = sign_in(job.coordinator), sign_in(job.approver), sign_in(job.rescuer)
    lead = sign_in(make_user("Ledare Li", Role.DOMAIN_LEAD))
    auditor, executive = (
        sign_in(make_user(name, role))
        for name, role in (("Revisor Rex", Role.AUDITOR), ("Styrelse Siv", Role.EXECUTIVE))
    )
    report = job.reports["social"].id
    measures = job.plan.measures
    page, new = f"/reports/{report}/comments", f"/reports/{report}/comments/new"
    assert sam.post(new, data={"text": ""}).status_code == 422
    sam.post(new, data={"text": "Glöm inte <b>källan</b>."})
    lead.post(new, data={"text": "Hur gick det?", "measure_id": measures["2.5.1"].id})
    own = {"text": "Inte min domän", "measure_id": measures["1.1.1"].id}
    assert lead.post(new, data=own).status_code == 403
    assert lead.post(new, data={"text": "Inte min rapport"}).status_code == 403
    for client in (sam, gun, auditor):
        assert "Glöm inte &lt;b&gt;källan&lt;/b&gt;." in text(client, page)
        assert "Hur gick det?" in text(client, page)
    assert "Hur gick det?" in text(lead, page)
    assert "Glöm inte" not in text(lead, page)
    for client in (ros, executive):
        assert client.get(page).status_code == 403
    item = job.item("2.5.1")
    assert "Hur gick det?" in text(gun, f"/reports/items/{item.id}")
    answer = {"text": "Bra, tack."}
    partly = gun.post(
        f"/reports/items/{item.id}/comments", data=answer, headers={"HX-Request": "true"}
    )
    assert "Bra, tack." in partly.get_data(as_text=True)
    assert "<html" not in partly.get_data(as_text=True)
    assert "2 öppna kommentarer" in text(gun, f"/reports/{report}")
    assert "Kommentarer, 3 öppna" in text(gun, f"/reports/{report}")
    assert "3 öppna kommentarer" in text(sam, f"/rounds/{job.round.id}")
    assert "2 öppna kommentarer" in text(lead, f"/rounds/{job.round.id}")
    first = db.session.query(ItemComment).order_by(ItemComment.id).first()
    assert first is not None
    assert ros.post(f"/comments/{first.id}/settle").status_code == 403
    gun.post(f"/comments/{first.id}/settle")
    assert "Löst av Godkännare Gun" in text(sam, page)

    make_ready(gun, job)
    assert submit(gun, db.session.get_one(Report, report)).status_code == 303
    assert "Hur gick det?" in text(sam, f"/reports/{report}")
    assert "Hur gick det?" not in text(executive, f"/reports/{report}")
    version = db.session.get_one(Report, report).row_version
    empty = sam.post(f"/reports/{report}/return", data={"row_version": version})
    assert empty.status_code == 422
    assert "Vad behöver kompletteras? Fyll i det här fältet." in empty.get_data(as_text=True)
    sam.post(f"/reports/{report}/return", data={"row_version": version, "comment": "Mer."})
    revised = db.session.query(Report).filter_by(current=True, revision=2).one()
    assert "Hur gick det?" in text(gun, f"/reports/{revised.id}/comments")
    words = [value.text for value in db.session.query(FrozenValue)]
    assert not any("Hur gick det?" in one for one in words)
    entry = db.session.query(AuditEntry).filter_by(action="comment.write").first()
    assert entry is not None
    assert "Samordnare Sam" not in str(entry.after)


def test_an_id_in_a_form_that_no_row_can_have_is_no_fault(job: Job, sign_in: Enter) -> None:
    rut, item, huge = sign_in(job.reporter), job.item("1.1.1"), str(10**30)
    report = f"/reports/{item.report_id}/comments"
    comment = {"text": "Till vilken åtgärd?", "measure_id": huge}
    assert rut.post(f"{report}/new", data=comment).status_code == 404
    assert db.session.query(ItemComment).count() == 0
    assert rut.get(f"{report}?measure_id={huge}").status_code == 200
    rut.post(f"{report}/new", data={"text": "Hela rapporten.", "measure_id": ""})
    settle = f"/comments/{db.session.query(ItemComment).one().id}/settle"
    assert rut.post(settle, data={"item_id": huge}).location.startswith(report)
    assert rut.post(f"/reports/items/{item.id}/hand-over", data={"board_id": huge}).location


def test_notes_of_the_year_stand_beside_the_form_when_it_is_time(job: Job, sign_in: Enter) -> None:
    rut, kim, ros, sam = map(sign_in, (job.reporter, job.colleague, job.rescuer, job.coordinator))
    measure = job.plan.measures["1.1.1"]
    page, new = f"/measures/{measure.id}/notes", f"/measures/{measure.id}/notes/new"
    board = job.reports["social"].board_id
    for day, words in (("2021-03-02", "Mötet hölls."), ("2020-12-30", "Året innan.")):
        data = {"board_id": board, "noted_on": day, "text": words}
        assert rut.post(new, data=data).status_code == 303
    wrong = rut.post(new, data={"board_id": board, "noted_on": "i mars", "text": ""})
    assert wrong.status_code == 422
    assert 'value="i mars"' in wrong.get_data(as_text=True)
    assert ros.get(page).status_code == 403
    assert ros.post(new, data={"board_id": board, "noted_on": "2021-01-01"}).status_code == 403
    assert "Mötet hölls." in text(sam, page)
    assert sam.post(new, data={"board_id": board}).status_code == 403
    assert "Anteckningar under året" in text(rut, f"/plan/measures/{measure.id}")
    assert "Anteckningar under året" not in text(ros, f"/plan/measures/{measure.id}")
    form = text(rut, f"/reports/items/{job.item('1.1.1').id}")
    assert "Mötet hölls." in form
    assert "Året innan." not in form

    note = db.session.query(MeasureNote).filter_by(noted_on=date(2021, 3, 2)).one()
    edit = f"/notes/{note.id}/edit"
    ruts, kims = hidden(rut, edit), hidden(kim, edit)
    changed = {"noted_on": "2021-03-03", "text": "Mötet hölls dagen efter."}
    assert kim.post(edit, data={**kims, **changed}).status_code == 303
    second = rut.post(edit, data={**ruts, "noted_on": "2021-03-02", "text": "Ruts ord."})
    assert second.status_code == 409
    for words in ("Mötet hölls dagen efter.", "Ruts ord."):
        assert words in second.get_data(as_text=True)
    gone = rut.post(f"/notes/{note.id}/delete", data=ruts)
    assert gone.location == edit  # first read what the other has written
    rut.post(f"/notes/{note.id}/delete", data=hidden(rut, edit))
    assert db.session.query(MeasureNote).count() == 1


def test_who_is_removed_leaves_what_was_said(
    job: Job, sign_in: Enter, make_user: Callable[..., User]
) -> None:
    kim, item = sign_in(job.colleague), job.item("1.1.1")
    kim.post(f"/reports/items/{item.id}/comments", data={"text": "Jag slutar nu."})
    admin = viewer_of(make_user("Admin Ada", Role.ADMIN))
    accounts.remove(admin, job.colleague.id)
    page = text(sign_in(job.reporter), f"/reports/items/{item.id}")
    assert "Jag slutar nu." in page
    assert "Kollega Kim" not in page
    assert "en tidigare användare" in page
