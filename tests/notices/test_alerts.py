"""What people are told: once each, one mail a day, only what they want, and never an answer."""

from datetime import date, datetime, timedelta

import pytest
import sqlalchemy as sa

from registry import events
from registry.db import db, now
from registry.host import active
from registry.host.values import Clock
from registry.jobs.models import Job as Work
from registry.jobs.models import JobState
from registry.jobs.queue import current
from registry.notices import alerts, digest, listeners, outbox, reminders
from registry.notices.models import Alert, LetterState, NoticeReceipt, OutboxMessage, Topic
from registry.people import accounts
from registry.people.models import Role, User
from registry.people.permissions import OPERATOR
from registry.reporting import comments
from tests.conftest import PASSWORD
from tests.notices.conftest import set_up
from tests.reporting.conftest import viewer_of
from tests.reporting.test_job import PLAIN, hidden, make_ready, submit

DUE = date(2022, 1, 31)


def told(user=None, topic=None):
    """(who, topic, subject, path) of what has been told, in order."""
    db.session.rollback()
    wanted = sa.select(User.name, Alert.topic, Alert.subject, Alert.path).join(
        User, User.id == Alert.user_id
    )
    if user is not None:
        wanted = wanted.where(Alert.user_id == user.id)
    if topic is not None:
        wanted = wanted.where(Alert.topic == topic)
    return [tuple(row) for row in db.session.execute(wanted.order_by(Alert.id))]


def age(hours=30):
    """Let everything have been told some time ago."""
    db.session.rollback()
    with db.engine.begin() as connection:
        connection.execute(
            sa.update(Alert.__table__).values(created_at=now() - timedelta(hours=hours))
        )


def test_people_are_told_of_their_board_s_report_and_the_coordinator_of_what_comes_in(job, sign_in):
    assert {row[0] for row in told()} == set(), "nobody had a role when it opened"
    listeners.round_opened(job.round.id, None)
    opened = told(topic=Topic.NEW_ROUND)
    assert {row[0] for row in opened} == {
        "Rapportör Rut",
        "Godkännare Gun",
        "Kollega Kim",
        "Räddare Ros",
    }
    assert "omgång 2021 är öppen. Lämna in senast 31 januari 2022." in opened[0][2]
    approver, coordinator = sign_in(job.approver), sign_in(job.coordinator)
    make_ready(approver, job)
    submit(approver, job.reports["social"])
    (row,) = told(topic=Topic.SUBMITTED)
    assert row[0] == "Samordnare Sam"
    assert row[2] == "Socialnämnden har lämnat in återrapporten 2021."
    report = job.reports["social"].id
    version = hidden(coordinator, f"/reports/{report}")["row_version"]
    comment = {"comment": "Skriv mer om Kalle", "row_version": version}
    assert coordinator.post(f"/reports/{report}/return", data=comment).status_code == 303
    returned = told(topic=Topic.RETURNED)
    assert len(returned) == 3
    page = approver.get(returned[0][3]).text
    assert "Skriv mer om Kalle" in page, "the alert leads to where the comment stands"
    assert not any("Kalle" in row[2] or PLAIN["done"] in row[2] for row in told())
    on = comments.place_of(report)
    comments.write(viewer_of(job.approver), on, "Kalle har svarat.")
    assert {row[0] for row in told(topic=Topic.COMMENT)} == {"Samordnare Sam"}
    comments.write(viewer_of(job.coordinator), on, "Kalle behöver fråga.")
    commented = told(topic=Topic.COMMENT)
    assert {row[0] for row in commented} > {"Godkännare Gun", "Rapportör Rut", "Kollega Kim"}
    assert not any("Kalle" in row[2] for row in commented)
    home = approver.get("/my-work").text
    assert home.index("Återlämnad") < home.index("Nytt för dig")
    assert "behöver kompletteras" in home
    assert "samordnare.sam@example.org" in home
    assert "för sent" in home
    review = coordinator.get("/my-work").text
    assert "Räddningsnämnden" not in review
    assert "2 har inte lämnat in" in review


def test_a_listener_that_fails_breaks_nothing(app, job, sign_in, monkeypatch):
    monkeypatch.setattr(listeners, "tell", lambda _told: 1 / 0)
    approver = sign_in(job.approver)
    make_ready(approver, job)
    assert submit(approver, job.reports["social"]).status_code == 303
    with events.quiet():
        events.emit(events.report_submitted, report_id=-1, by=None)


@pytest.mark.parametrize(
    ("days", "expected"),
    [
        ({-15: None, -14: 14, -13: 14, -11: 14, -10: None}, "before"),
        ({-3: 3, 0: 3, 1: -1, 4: -1, 7: -7, 10: -7, 11: None}, "after"),
    ],
)
def test_a_reminder_has_its_day_and_three_more_to_be_made_up_for(days, expected):
    for after, wanted in days.items():
        day = DUE + timedelta(days=after)
        assert reminders.passed(DUE, (14, 3, -1, -7), day) == wanted, after
    soon = DUE - timedelta(days=14)
    assert reminders.passed(DUE, (14, 3), soon, since=soon) is None, "it opened that very day"


def test_boards_are_reminded_until_they_have_submitted(job, sign_in):
    day = DUE - timedelta(days=3)
    for _twice in range(2):
        reminders.remind(day)
    mine = told(job.reporter, Topic.REMINDER)
    assert [row[2] for row in mine] == [
        "Socialnämnden: återrapporten 2021 ska lämnas in senast 31 januari 2022. "
        "2 åtgärder återstår."
    ]
    assert mine[0][3] == f"/reports/{job.reports['social'].id}"
    assert told(job.coordinator, Topic.REMINDER) == []
    approver = sign_in(job.approver)
    make_ready(approver, job)
    submit(approver, job.reports["social"])
    reminders.remind(DUE + timedelta(days=1))
    assert len(told(job.reporter, Topic.REMINDER)) == 1
    assert "skulle ha lämnats in" in told(job.rescuer, Topic.REMINDER)[-1][2]


def test_a_deadline_by_law_is_told_those_who_can_do_something_about_it(
    app, plan, make_user, monkeypatch
):
    coordinator = make_user("Karin", Role.COORDINATOR)
    lead, other = (
        make_user(name, Role.DOMAIN_LEAD, domain=domain)
        for name, domain in (("Lars", "crisis_preparedness"), ("Olle", "cyber_security"))
    )
    domain = active.current().get("crisis_preparedness")
    clock = Clock("rsa", "Risk- och sårbarhetsanalys", "LEH", 48, first=date(2023, 10, 31))
    monkeypatch.setattr(
        "registry.notices.reminders.clocks.deadlines",
        lambda _viewer, today: [reminders.clocks.Deadline(domain, clock, clock.due(None, today))],
    )
    reminders.remind(date(2023, 10, 1))
    assert [row[0] for row in told(topic=Topic.CLOCK)] == ["Karin", "Lars"]
    assert told(lead)[0][2] == "Risk- och sårbarhetsanalys ska vara klart senast 31 oktober 2023."
    assert told(other) == []
    assert told(coordinator)[0][3] == "/deadlines"


def test_one_mail_a_day_holds_what_is_unread_and_wanted(app, server, job, sign_in):
    set_up(app, digest_hour=0)
    reminders.remind(DUE - timedelta(days=3))
    client = sign_in(job.colleague)
    assert "Påminnelse om sista dag" in client.get("/account/mail").text
    wanted = [topic.value for topic in Topic if topic is not Topic.REMINDER]
    assert client.post("/account/mail", data={"topics": wanted}).status_code == 303
    assert client.post("/account/mail", data={"topics": ["no such"]}).status_code == 422
    db.session.rollback()
    assert digest.write_digests() == 0, "what was told today comes tomorrow"
    age()
    assert digest.write_digests() == 3, "not to the colleague"
    assert outbox.deliver() == 3
    mail = next(one for one in server.letters if "rut" in one["To"])
    assert mail["Subject"] == "1 nyhet i åtgärdsregistret"
    address = f"https://plan.example.org/register/reports/{job.reports['social'].id}"
    for kind in ("plain", "html"):
        text = mail.get_body((kind,)).get_content()
        assert "Hej Rapportör Rut!" in text
        assert "2 åtgärder återstår." in text
        assert address in text
        assert "https://plan.example.org/register/account/mail" in text
        assert "Gun" not in text
    reminders.value_due(1, "Hemberedskap", job.rescuer.grants[0].board_id, DUE, "/plan")
    with db.engine.begin() as connection:
        late = sa.update(Alert.__table__).where(Alert.topic == Topic.VALUE_DUE)
        connection.execute(late.values(created_at=now() - timedelta(hours=30)))
    assert digest.write_digests() == 0, "today's has been written"
    with db.engine.begin() as connection:
        connection.execute(sa.update(OutboxMessage.__table__).values(key=OutboxMessage.id))
    assert digest.write_digests() == 1, "the next day there is one new thing, for one person"
    set_up(app, smtp_host="")
    age(100)
    assert digest.write_digests() == 0
    none = {"topics": [topic.value for topic in Topic], "none": "y"}
    client.post("/account/mail", data=none)
    assert alerts.mail_choice(viewer_of(job.colleague)).none


def test_alerts_are_one_s_own_and_lead_to_their_page(job, sign_in):
    reminders.remind(DUE - timedelta(days=3))
    mine, other = sign_in(job.reporter), sign_in(job.rescuer)
    (alert,) = alerts.own(viewer_of(job.reporter))
    db.session.rollback()
    assert "återrapporten 2021" in mine.get("/alerts").text
    assert other.post(f"/alerts/{alert.id}/open").status_code == 404
    assert alerts.own(viewer_of(job.reporter), unread=True) != []
    opened = mine.post(f"/alerts/{alert.id}/open")
    assert opened.location == f"/reports/{job.reports['social'].id}"
    assert alerts.own(viewer_of(job.reporter), unread=True) == []
    assert other.post("/alerts/read").status_code == 303
    assert alerts.own(viewer_of(job.rescuer), unread=True) == []


def test_a_long_job_is_told_of_when_it_ends(app, make_user):
    person = make_user("Karin", Role.COORDINATOR)
    began = datetime(2026, 1, 1, tzinfo=now().tzinfo)
    for number, seconds in ((1, 59), (2, 61)):
        work = Work(
            id=number,
            kind="x",
            title="Uppföljning som PDF",
            state=JobState.DONE,
            language="sv",
            created_by_id=person.id,
            started_at=began,
            finished_at=began + timedelta(seconds=seconds),
        )
        for listener in app.extensions["job_listeners"]:
            listener(work)
    assert [row[2:] for row in told(person)] == [("Uppföljning som PDF är klart.", "/jobs/2")]


def test_the_worker_reminds_once_a_day_and_sends(app, server, job, monkeypatch):
    monkeypatch.setattr(listeners, "today", lambda: DUE - timedelta(days=3))
    reminded = []
    monkeypatch.setattr(reminders, "deadlines", reminded.append)
    db.session.rollback()
    current().every_minute()
    current().every_minute()
    assert len(reminded) == 1
    age()
    db.session.rollback()
    current().every_minute()
    assert len(server.letters) == 4


def test_a_notice_is_sent_once_read_by_those_it_went_to_and_recorded(
    app, server, job, sign_in, make_user
):
    coordinator, mine, other = (
        sign_in(one) for one in (job.coordinator, job.reporter, job.rescuer)
    )
    page = coordinator.get("/notices/new").text
    assert page.count("checked") == 3, "every board is chosen at first"
    social = job.reports["social"].board_id
    text = "Läs **detta**.\n\n<script>alert(1)</script>\n\n[ond](javascript:alert(1)) [hit](/plan)"
    form = {"key": "a1", "title": "Utbildning", "body": text, "board_ids": [social]}
    nothing = coordinator.post("/notices/new", data={"key": "a1", "preview": "1"})
    assert nothing.status_code == 422
    assert "Välj minst en nämnd eller ett bolag." in nothing.text
    preview = coordinator.post("/notices/new", data={**form, "preview": "1"}).text
    assert "3 personer får utskicket" in preview
    assert "Kollega Kim" in preview
    assert "Räddare Ros" not in preview
    assert told(topic=Topic.NOTICE) == []
    sent = [coordinator.post("/notices/new", data={**form, "send": "1"}) for _twice in range(2)]
    assert sent[0].location == sent[1].location
    assert len(told(topic=Topic.NOTICE)) == 3
    notice = sent[0].location
    shown = mine.get(notice).text
    assert "<strong>detta</strong>" in shown
    assert "<script>alert" not in shown
    assert 'href="javascript' not in shown
    assert "Kollega Kim" not in shown, "who else got it is the sender's to know"
    assert other.get(notice).status_code == 403
    assert other.post(f"{notice}/read").status_code == 403
    assert mine.post(f"{notice}/read").status_code == 303
    assert "Jag har läst" not in mine.get(notice).text
    age()
    digest.write_digests()
    assert outbox.deliver() == 2, "not to whoever has read it"
    record = coordinator.get(notice).text
    assert record.count("Skickat<") == 2
    assert record.count("Inte än") == 2
    assert "1 av 3 har läst" in coordinator.get("/notices").text
    assert mine.get("/notices").status_code == 403


def test_of_somebody_who_is_removed_no_name_or_address_is_kept(app, server, job):
    reminders.remind(DUE - timedelta(days=3))
    age()
    digest.write_digests()
    gone = job.reporter.id
    db.session.rollback()
    with db.engine.begin() as connection:
        connection.exec_driver_sql(
            "INSERT INTO notice (key, title, body, sent_at, sent_by_name)"
            " VALUES ('1', '', '', '2021-01-01', '')"
        )
    db.session.add(NoticeReceipt(notice_id=1, user_id=gone, name="Rapportör Rut", board_names=""))
    db.session.commit()
    accounts.remove(OPERATOR, gone)
    db.session.rollback()
    with db.engine.connect().execution_options(reading=True) as connection:
        rows = connection.execute(sa.select(OutboxMessage.__table__)).all()
        receipts = connection.execute(sa.select(NoticeReceipt.__table__)).all()
    removed = [row for row in rows if row.user_id is None]
    assert [(row.to_address, row.text, row.state) for row in removed] == [
        ("", "", LetterState.FAILED)
    ]
    assert [row.name for row in receipts] == [f"Person #{gone}"]
    assert "rut" not in repr([tuple(row) for row in (*rows, *receipts)]).lower()
    assert outbox.deliver() == 3
    assert PASSWORD not in repr(server.letters)
