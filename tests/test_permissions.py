"""Every address × every person, against a matrix written by hand.

The matrix says what design/domain.md says, in its own words; it must not be made from the tables
in ``registry.people.permissions``, or it would agree with their mistakes. All objects in the
addresses are Socialnämnden's: ``reporter`` and ``approver`` are its own people,
``other_reporter`` and ``other_approver`` are Räddningsnämnden's.

A new endpoint fails here until it has a row in ``ALLOWED`` (and, for a new kind of argument, a
value in ``Walk.arguments``).
"""

import hashlib
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.routing import Rule

from registry import create_app
from registry.attachments.models import Attachment, AttachmentContent
from registry.db import db
from registry.effects.kolada.models import FetchState, SourceFetch
from registry.effects.models import (
    EffectMethod,
    EffectMetric,
    MethodKind,
    MetricValue,
    ValueAttachment,
)
from registry.guidance.models import GuidancePage
from registry.host import switching
from registry.notices.models import Notice, NoticeReceipt, OutboxMessage
from registry.people.models import Board, BoardKind, Clearance, Role, RoleGrant, User
from registry.people.passwords import hash_password
from registry.plan.models import (
    Activity,
    ActivityState,
    GoalArea,
    GoalGroup,
    Measure,
    Plan,
    PlanVersion,
    Responsibility,
    Share,
    SubGoal,
    VersionState,
)
from registry.reporting.attaching.models import ItemAttachment
from registry.reporting.models import (
    ItemComment,
    MeasureNote,
    Report,
    ReportItem,
    Round,
    RoundException,
)
from tests.conftest import PASSWORD, SETTINGS
from tests.followup.conftest import publish_follow_up

OWN_BOARD = {"reporter", "approver"}
OTHER_BOARD = {"other_reporter", "other_approver"}
READERS = OWN_BOARD | OTHER_BOARD | {"coordinator", "executive", "domain_lead", "auditor"}
HAS_ROLE = READERS | {"admin"}
SIGNED_IN = HAS_ROLE | {"nobody"}
ANYONE = SIGNED_IN | {"anonymous"}
COORDINATOR = {"coordinator"}
ADMIN = {"admin"}
AUDITOR = {"auditor"}

ALLOWED: dict[str, set[str]] = {
    # open to all
    "static": ANYONE,
    "health.live": ANYONE,
    "health.ready": ANYONE,
    "publication.home": ANYONE,
    "publication.plan": ANYONE,
    "publication.measure": ANYONE,
    "publication.followup": ANYONE,
    "publication.cookies": ANYONE,
    "publication.accessibility": ANYONE,
    "people.sign_in": ANYONE,
    "people.invitation": ANYONE,
    # one's own
    "people.sign_out": SIGNED_IN,
    "people.account": SIGNED_IN,
    # boards
    "people.boards": COORDINATOR,
    "people.new_board": COORDINATOR,
    "people.edit_board": COORDINATOR,
    # the plan is read by everyone with a role, and written by the coordinator
    "plan.current": HAS_ROLE,
    "plan.plans": HAS_ROLE,
    "plan.version": HAS_ROLE,
    "plan.measures": HAS_ROLE,
    "plan.measure": HAS_ROLE,
    "plan.new_plan": COORDINATOR,
    "plan.edit_version": COORDINATOR,
    "plan.edit_structure": COORDINATOR,
    "plan.publish": COORDINATOR,
    "plan.new_measure": COORDINATOR,
    "plan.edit_measure": COORDINATOR,
    "plan.new_group": COORDINATOR,
    "plan.edit_group": COORDINATOR,
    "plan.new_area": COORDINATOR,
    "plan.edit_area": COORDINATOR,
    "plan.new_subgoal": COORDINATOR,
    "plan.edit_subgoal": COORDINATOR,
    "plan.new_activity": COORDINATOR,
    "plan.edit_activity": COORDINATOR,
    "plan.take_metric": COORDINATOR,
    "plan.move": COORDINATOR,
    "plan.delete": COORDINATOR,
    # a board finds ways to measure the effects of its own measures
    "plan.new_method": COORDINATOR | OWN_BOARD,
    "plan.edit_method": COORDINATOR | OWN_BOARD,
    # the boards' own plans: read by all who read reports, written by the board and coordinator
    "business_plan.overview": READERS,
    "business_plan.board": READERS,
    "business_plan.edit": COORDINATOR | OWN_BOARD,
    "business_plan.copy": COORDINATOR | OWN_BOARD,
    "business_plan.decide": COORDINATOR | OWN_BOARD,
    # and makes metrics for them, whose values it enters
    "plan.new_metric": COORDINATOR | OWN_BOARD,
    "plan.edit_metric": COORDINATOR | OWN_BOARD,
    "effects.new_value": COORDINATOR | OWN_BOARD,
    "effects.value_files": COORDINATOR | OWN_BOARD,
    "effects.remove_value_file": COORDINATOR | OWN_BOARD,
    "effects.value_file": HAS_ROLE,
    "effects.edit_value": COORDINATOR | OWN_BOARD,
    # all metrics' values from Kolada are the coordinator's; a board fetches for its own metric
    "kolada.overview": COORDINATOR,
    "kolada.start": COORDINATOR,
    "kolada.upload": COORDINATOR,
    "kolada.metric": COORDINATOR | OWN_BOARD,
    "kolada.start_metric": COORDINATOR | OWN_BOARD,
    "kolada.compare": COORDINATOR | OWN_BOARD,
    # this one was fetched by the worker (tests/effects/kolada has a board's own)
    "kolada.fetch": COORDINATOR,
    "kolada.confirm": COORDINATOR,
    "kolada.drop": COORDINATOR,
    "effects.metrics": HAS_ROLE,
    "effects.compare": HAS_ROLE,
    "effects.metric": HAS_ROLE,
    "effects.values_csv": HAS_ROLE,
    "effects.chart_svg": HAS_ROLE,
    "effects.chart_png": HAS_ROLE,
    # import
    "importing.upload": COORDINATOR,
    "importing.columns": COORDINATOR,
    "importing.preview": COORDINATOR,
    "importing.confirm": COORDINATOR,
    "importing.result": COORDINATOR,
    # reporting: a board's own people write, only its approver submits, the coordinator reviews
    "reporting.my_work": OWN_BOARD | OTHER_BOARD | COORDINATOR,
    "reporting.rounds": READERS,
    "reporting.round": READERS,
    "reporting.new_round": COORDINATOR,
    "reporting.edit_round": COORDINATOR,
    "reporting.own_days": COORDINATOR,
    "reporting.remove_own_day": COORDINATOR,
    "reporting.close_round": COORDINATOR,
    "reporting.reopen_round": COORDINATOR,
    "reporting.report": READERS - OTHER_BOARD,
    "reporting.item": OWN_BOARD,
    "reporting.table": OWN_BOARD,
    "reporting.save_row": OWN_BOARD,
    # a measure is handed on by its own board; nothing is handed over here, so nobody else is asked
    "reporting.hand_over": OWN_BOARD,
    "reporting.take_back": OWN_BOARD,
    "reporting.hand_back": OWN_BOARD,
    # comments are between board, coordinator and the domain's lead; the auditor reads them
    "reporting.comments": OWN_BOARD | COORDINATOR | AUDITOR | {"domain_lead"},
    "reporting.comment": OWN_BOARD | COORDINATOR,  # on the whole report
    "reporting.comment_item": OWN_BOARD | COORDINATOR | {"domain_lead"},
    "reporting.settle_comment": OWN_BOARD | COORDINATOR | {"domain_lead"},
    # notes of the year are a board's own; the coordinator reads them
    "reporting.notes": OWN_BOARD | COORDINATOR,
    "reporting.add_note": OWN_BOARD,
    "reporting.edit_note": OWN_BOARD,
    "reporting.delete_note": OWN_BOARD,
    "reporting.submit": {"approver"},
    "reporting.accept": COORDINATOR,
    "reporting.return_report": COORDINATOR,
    # files of a draft are its board's own
    "attaching.item": OWN_BOARD,
    "attaching.remove": OWN_BOARD,
    "attaching.download": OWN_BOARD,
    "workbook.upload": OWN_BOARD,
    "workbook.download": OWN_BOARD,
    "workbook.preview": OWN_BOARD,
    # follow-up
    "followup.latest": READERS,
    "followup.round": READERS,
    "followup.effects": READERS,
    "followup.newest": READERS,
    "followup.overview": READERS,
    "followup.all_gaps": READERS,
    "followup.remind": COORDINATOR,
    "followup.area": READERS,
    "followup.board": READERS,
    "followup.compare": READERS,
    "followup.edition": READERS,
    # written by the coordinator, and by the domain lead whose area it is
    "followup.text": {"coordinator", "domain_lead"},
    "followup.decision": {"coordinator", "executive"},
    "followup.publish": COORDINATOR,
    # documents: what may be read may be taken along; templates are the coordinator's
    "documents.report": READERS - OTHER_BOARD,
    "documents.followup": READERS,
    "documents.plan": HAS_ROLE,
    "documents.public_plan": ANYONE,
    "documents.public_followup": ANYONE,
    "documents.templates": COORDINATOR,
    "documents.template": COORDINATOR,
    "documents.example": COORDINATOR,
    "documents.remove_template": COORDINATOR,
    # domains: what is withheld is told to readers; opening asks for clearance besides
    "domains.secrets": READERS,
    "domains.clocks": HAS_ROLE,
    "domains.calendar": HAS_ROLE,
    "domains.upload": COORDINATOR,
    "domains.confirm": COORDINATOR,
    # jobs: a person's own; anybody else's is not there (tests/jobs)
    "jobs.jobs": SIGNED_IN,
    "jobs.job": SIGNED_IN,
    "jobs.progress": SIGNED_IN,
    "jobs.cancel": SIGNED_IN,
    "jobs.product": SIGNED_IN,
    # alerts: one's own, anybody else's is not there (tests/notices)
    "notices.alerts": SIGNED_IN,
    "notices.open_alert": SIGNED_IN,
    "notices.read_alerts": SIGNED_IN,
    "notices.mail_choices": SIGNED_IN,
    # a notice is read by those it was sent to, here the board's own people, and its senders
    "notices.notice": OWN_BOARD | COORDINATOR,
    "notices.read_notice": OWN_BOARD | COORDINATOR,
    "notices.notices": COORDINATOR,
    "notices.new_notice": COORDINATOR,
    "notices.outbox": ADMIN,
    "notices.send_again": ADMIN,
    "notices.give_up": ADMIN,
    # guidance is read by everyone with a role, and written by the coordinator
    "guidance.pages": HAS_ROLE,
    "guidance.page": HAS_ROLE,
    "guidance.new_page": COORDINATOR,
    "guidance.edit_page": COORDINATOR,
    "guidance.remove_page": COORDINATOR,
    # log
    "audit.entries": AUDITOR,
    # administration
    "admin.plugins": ADMIN,
    "admin.plugin": ADMIN,
    "admin.switch_plugin": ADMIN,
    "admin.approve_plugin": ADMIN,
    "admin.release_plugin": ADMIN,
    "admin.users": ADMIN,
    "admin.new_user": ADMIN,
    "admin.edit_user": ADMIN,
    "admin.give_role": ADMIN,
    "admin.take_role": ADMIN,
    "admin.give_clearance": ADMIN,
    "admin.take_clearance": ADMIN,
    "admin.switch_user": ADMIN,
    "admin.invite": ADMIN,
    "admin.remove_user": ADMIN,
    # the domains' own pages
    "domain.file": READERS,
}


@dataclass
class Walk:
    """A registry with a small plan and an open round, and a cookie for everyone in it."""

    app: Flask
    live: Path
    seeded: Path
    arguments: dict[str, object]
    cookies: dict[str, str]
    changed: bool = False

    def ask(self, person: str, method: str, path: str) -> bool:
        """Whether the person gets through the gate: neither refused nor sent to sign in."""
        if self.changed:
            self.restore()
        client = self.app.test_client()
        if person in self.cookies:
            client.set_cookie("registry_session", self.cookies[person], secure=True)
        answer = client.open(path, method=method, base_url="https://localhost")
        answer.close()
        assert answer.status_code < 500, (person, method, path, answer.status_code)
        denied = answer.status_code == 403 or (
            answer.status_code == 302 and "/sign-in?next=" in answer.location
        )
        self.changed = method == "POST" and not denied
        return not denied

    def restore(self) -> None:
        """The database as it was seeded, so that no answer depends on the one before."""
        with self.app.app_context():
            db.session.remove()
            db.engine.dispose()
        for suffix in ("-wal", "-shm"):
            Path(f"{self.live}{suffix}").unlink(missing_ok=True)
        shutil.copy(self.seeded, self.live)
        self.changed = False

    def path(self, rule: Rule) -> str:
        built = rule.build(self.sample(rule), append_unknown=False)
        assert built is not None
        return built[1]

    def sample(self, rule: Rule) -> dict[str, object]:
        """Arguments that lead to something that is there."""
        missing = rule.arguments - self.arguments.keys()
        assert not missing, f"{rule}: give {missing} a value in the seed of this test"
        return {name: self.arguments[name] for name in rule.arguments}


@pytest.fixture(scope="module")
def walk(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Walk]:
    folder = tmp_path_factory.mktemp("walk")
    live, seeded = folder / "registry.sqlite", folder / "seeded.sqlite"
    shutil.copy(sqlite_template, live)
    app = create_app(folder / "instance", database_url=f"sqlite:///{live}", **SETTINGS)
    app.config.update(WTF_CSRF_ENABLED=False)
    with app.app_context():
        arguments = _seed()
        cookies = {name: _cookie(app, name) for name in SIGNED_IN}
        db.session.remove()
        db.engine.dispose()
    shutil.copy(live, seeded)
    walk = Walk(app, live, seeded, arguments, cookies)
    yield walk
    walk.restore()


def _seed() -> dict[str, object]:
    social = Board(name="Socialnämnden", kind=BoardKind.COMMITTEE)
    rescue = Board(name="Räddningsnämnden", kind=BoardKind.COMMITTEE)
    db.session.add_all([social, rescue])
    db.session.flush()
    hashed = hash_password(PASSWORD)
    grants = {
        "reporter": RoleGrant(role=Role.REPORTER, board_id=social.id),
        "approver": RoleGrant(role=Role.APPROVER, board_id=social.id),
        "other_reporter": RoleGrant(role=Role.REPORTER, board_id=rescue.id),
        "other_approver": RoleGrant(role=Role.APPROVER, board_id=rescue.id),
        "domain_lead": RoleGrant(role=Role.DOMAIN_LEAD, domain="cyber_security"),
    }
    for name in sorted(SIGNED_IN):
        person = User(email=f"{name}@example.org", name=name, password_hash=hashed)
        if name in grants:
            person.grants = [grants[name]]
        elif name != "nobody":
            person.grants = [RoleGrant(role=Role(name))]
        db.session.add(person)
    target = User(email="target@example.org", name="Target")
    target.grants = [RoleGrant(role=Role.AUDITOR)]
    target.clearances = [Clearance(domain="cyber_security", reason="Uppdrag")]
    version = PlanVersion(plan=Plan(title="Plan"), state=VersionState.PUBLISHED)
    db.session.add_all([target, version])
    db.session.flush()
    group = GoalGroup(version_id=version.id, title="Ökad säkerhet")
    db.session.add(group)
    db.session.flush()
    switching.switch("cyber_security", on=True)
    area = GoalArea(
        version_id=version.id,
        group_id=group.id,
        number="1",
        title="Skydd",
        domain="cyber_security",
    )
    db.session.add(area)
    db.session.flush()
    subgoal = SubGoal(version_id=version.id, area_id=area.id, title="Delmål")
    db.session.add(subgoal)
    db.session.flush()
    measure = Measure(
        version_id=version.id,
        area_id=area.id,
        subgoal_id=subgoal.id,
        number="1.1.1",
        title="Åtgärd",
        responsibilities=[Responsibility(board_id=social.id, share=Share.LEAD)],
    )
    opened = Round(
        version_id=version.id,
        title="2021",
        period="2021",
        opens_on=date(2021, 1, 1),
        due_on=date(2021, 2, 1),
    )
    db.session.add_all([measure, opened])
    db.session.flush()
    activity = Activity(measure_id=measure.id, title="Insats", state=ActivityState.ONGOING)
    metric = EffectMetric(measure_id=measure.id, name="Antal", unit="st", board_id=social.id)
    value = MetricValue(period="2020", value=3, board_id=social.id)
    metric.values = [value]
    method = EffectMethod(measure_id=measure.id, board_id=social.id, kind=MethodKind.SURVEY)
    report = Report(round_id=opened.id, board_id=social.id)
    fetch = SourceFetch(state=FetchState.READY)
    db.session.add_all([activity, metric, method, report, fetch])
    db.session.flush()
    item = ReportItem(report_id=report.id, measure_id=measure.id)
    own_day = RoundException(
        round_id=opened.id, board_id=social.id, due_on=date(2021, 3, 1), reason="Byte"
    )
    file = Attachment(
        name="a.pdf",
        media_type="application/pdf",
        size=5,
        sha256=hashlib.sha256(b"%PDF-").hexdigest(),
        stored_in="database",
        key="a",
    )
    db.session.add_all([item, own_day, file, AttachmentContent(key="a", content=b"%PDF-")])
    db.session.flush()
    db.session.add(ItemAttachment(item_id=item.id, attachment_id=file.id))
    table = Attachment(
        name="b.pdf",
        media_type="application/pdf",
        size=5,
        sha256=hashlib.sha256(b"%PDF-").hexdigest(),
        stored_in="database",
        key="b",
    )
    db.session.add_all([table, AttachmentContent(key="b", content=b"%PDF-")])
    db.session.flush()
    db.session.add(
        ValueAttachment(
            metric_id=metric.id, board_id=social.id, period="2020", attachment_id=table.id
        )
    )
    comment = ItemComment(
        round_id=opened.id, board_id=social.id, measure_id=measure.id, text="Varför?"
    )
    note = MeasureNote(
        board_id=social.id, measure_id=measure.id, noted_on=date(2021, 1, 9), text="Hänt."
    )
    db.session.add_all([item, comment, note])
    page = GuidancePage(title="Så gör du", body="Text", published=True)
    letter = OutboxMessage(
        key="1", to_address="a@example.org", subject="", text="Text", html="", message_id="<1@a>"
    )
    notice = Notice(key="1", title="Nytt", body="Text", sent_by_name="")
    db.session.add_all([item, page, letter, notice])
    db.session.flush()
    for name in sorted(OWN_BOARD):
        told = db.session.scalars(sa.select(User).where(User.name == name)).one()
        receipt = NoticeReceipt(user_id=told.id, notice_id=notice.id, name=name, board_names="")
        db.session.add(receipt)
    db.session.commit()
    publish_follow_up(opened)
    return {
        "comment_id": comment.id,
        "note_id": note.id,
        "activity_id": activity.id,
        "alert_id": 1,
        "area_id": area.id,
        "attachment_id": file.id,
        "board_id": social.id,
        "clearance_id": target.clearances[0].id,
        "exception_id": own_day.id,
        "fetch_id": fetch.id,
        "file_id": table.id,
        "filename": "app.css",
        "format": "json",
        "grant_id": target.grants[0].id,
        "group_id": group.id,
        "identity": measure.identity,
        "importer": "classifications",
        "item_id": item.id,
        "job_id": 1,
        "kind": "measure",
        "letter_id": letter.id,
        "measure_id": measure.id,
        "method_id": method.id,
        "metric_id": metric.id,
        "name": "cyber_security",
        "notice_id": notice.id,
        "page_id": page.id,
        "plan_id": version.plan_id,
        "report_id": report.id,
        "round_id": opened.id,
        "row_id": measure.id,
        "subject_id": measure.id,
        "subgoal_id": subgoal.id,
        "subject": "report",
        "token": "no-such-token",
        "user_id": target.id,
        "value_id": value.id,
        "version_id": version.id,
    }


def _cookie(app: Flask, name: str) -> str:
    client: FlaskClient = app.test_client()
    data = {"email": f"{name}@example.org", "password": PASSWORD}
    answer = client.post("/sign-in", data=data, base_url="https://localhost")
    assert answer.status_code == 303
    cookie = client.get_cookie("registry_session")
    assert cookie is not None
    return cookie.value


def _rules(app: Flask, endpoint: str) -> list[Rule]:
    return [rule for rule in app.url_map.iter_rules() if rule.endpoint == endpoint]


def test_every_address_of_the_registry_has_its_row(walk: Walk) -> None:
    core = {
        rule.endpoint
        for rule in walk.app.url_map.iter_rules()
        if rule.endpoint.count(".") < 2  # domain.<name>.<page> is a plugin's own
    }
    assert core - ALLOWED.keys() == set(), "endpoints that nobody has decided about"
    assert ALLOWED.keys() - core == set(), "rows for endpoints that are gone"


@pytest.mark.parametrize("endpoint", sorted(ALLOWED))
def test_an_address_answers_those_it_is_for_and_nobody_else(walk: Walk, endpoint: str) -> None:
    rules = _rules(walk.app, endpoint)
    assert rules, endpoint
    for rule in rules:
        path = walk.path(rule)
        for method in sorted((rule.methods or set()) & {"GET", "POST"}):
            through = {person for person in ANYONE if walk.ask(person, method, path)}
            assert through == ALLOWED[endpoint], (method, path)


def test_pages_of_a_domain_are_for_readers(walk: Walk) -> None:
    for rule in walk.app.url_map.iter_rules():
        if rule.endpoint.startswith("domain.") and rule.endpoint.count(".") >= 2:
            if rule.arguments:
                continue
            through = {person for person in ANYONE if walk.ask(person, "GET", walk.path(rule))}
            own = rule.endpoint.split(".")[1] == "cyber_security"
            # a domain lead reads the boards' data in the domain that is theirs, and no other
            assert through == (READERS if own else READERS - {"domain_lead"}), rule


def test_the_seed_leads_to_things_that_are_there(walk: Walk) -> None:
    """Else a page could be refused, or let through, for want of an object."""
    everyone = {"coordinator", "approver", "auditor", "admin"}
    absent = {"people.invitation", "importing.columns", "importing.preview", "importing.result",
              "documents.template", "domain.file", "jobs.job", "jobs.product",
              "jobs.progress"}  # fmt: skip
    for rule in walk.app.url_map.iter_rules():
        if "GET" not in (rule.methods or set()) or rule.endpoint in absent:
            continue
        for person in sorted(ALLOWED.get(rule.endpoint, set()) & everyone):
            client = walk.app.test_client()
            client.set_cookie("registry_session", walk.cookies[person], secure=True)
            answer = client.get(walk.path(rule), base_url="https://localhost")
            answer.close()
            assert answer.status_code != 404, (person, rule)


def test_a_session_that_has_ended_is_nobody(walk: Walk) -> None:
    with walk.app.app_context():
        db.session.execute(sa.text("UPDATE sign_in SET ended_at = created_at"))
        db.session.commit()
    walk.changed = True
    client = walk.app.test_client()
    client.set_cookie("registry_session", walk.cookies["admin"], secure=True)
    assert client.get("/admin/users", base_url="https://localhost").status_code == 302
