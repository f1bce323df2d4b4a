"""No address and no question in it is answered with a fault of ours, whoever asks.

The addresses are those of the URL map: a new route is asked as well.
"""

import hashlib
from collections.abc import Iterator
from datetime import date
from itertools import product
from urllib.parse import quote

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.routing import Rule

from registry.addresses import LARGEST
from registry.attachments.models import Attachment, AttachmentContent
from registry.db import db
from registry.effects.kolada.models import FetchState, SourceFetch
from registry.effects.models import EffectMethod, EffectMetric, MethodKind, MetricValue
from registry.guidance.models import GuidancePage
from registry.host import switching
from registry.notices.models import Notice
from registry.people.models import Board, Role, User
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
from registry.reporting.models import ItemComment, MeasureNote, Report, ReportItem, Round
from tests.followup.conftest import publish_follow_up

Clients = dict[str, FlaskClient]
PEOPLE = ("coordinator", "auditor", "admin", "anonymous")
TOO_LARGE = ("2147483648", "9223372036854775808", "1" + "0" * 25, "9" * 5000)
TEXTS = {
    "importer": "classifications",
    "kind": "measure",
    "identity": "x",
    "token": "x",
    "name": "x",
    "filename": "x",
    "format": "json",
    "subject": "report",
}
IDS = ("area", "board", "metric", "version", "version_id", "object", "page", "row_id")
WORDS = ("show", "state", "status", "kind", "domain", "missing", "q", "sort", "outcome", "next")
WORDS_OF_LOG = ("person", "action", "first", "last")
ODD = (
    *TOO_LARGE[:3],
    "-1",
    "0",
    "1e1000000",
    "NaN",
    "²",
    "%",
    "_" * 300,
    "\ud800".encode("utf-8", "surrogatepass"),
    "<script>",
    "9999-12-31",
)
# What url_for takes as its own, and what is written as no filter of ours is.
STRANGE = (
    "endpoint=x&_method=POST&_external=1&_anchor=x&_scheme=x&values=x",
    "_method=POST",
    "_external=1",
    "_scheme=http",
    "self=1&args=1&name=1",
    "page=2&page=x&area=1&area=2",
    "&&=&;=x&[]=1&area[]=1",
)


@pytest.fixture
def reader(app: Flask, boards: dict[str, Board], make_user, sign_in) -> FlaskClient:
    """One person with every role there is."""
    social = boards["social"]
    plain = [role for role in Role if role not in (Role.REPORTER, Role.APPROVER)]
    return sign_in(make_user("Alla", *plain, (Role.REPORTER, social), (Role.APPROVER, social)))


@pytest.fixture
def arguments(app: Flask, boards: dict[str, Board], reader: FlaskClient) -> dict[str, object]:
    """What the rules ask for, leading to things that are there."""
    switching.enable_bundled(app)
    version = PlanVersion(plan=Plan(title="Plan"), state=VersionState.PUBLISHED)
    group = GoalGroup(version=version, title="Ökad säkerhet")
    db.session.add(group)
    db.session.flush()
    area = GoalArea(
        version_id=version.id, group=group, number="1", title="Skydd", domain="cyber_security"
    )
    subgoal = SubGoal(version_id=version.id, area=area, title="Delmål")
    db.session.add_all([area, subgoal])
    db.session.flush()
    social = boards["social"].id
    measure = Measure(
        version_id=version.id,
        area_id=area.id,
        subgoal_id=subgoal.id,
        number="1.1",
        title="Åtgärd",
        responsibilities=[Responsibility(board_id=social, share=Share.LEAD)],
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
    metric = EffectMetric(measure_id=measure.id, name="Antal", unit="st", board_id=social)
    value = MetricValue(period="2020", value=3, board_id=social)
    metric.values = [value]
    method = EffectMethod(measure_id=measure.id, board_id=social, kind=MethodKind.SURVEY)
    report = Report(round_id=opened.id, board_id=social)
    fetch = SourceFetch(state=FetchState.READY, metric_ids=[1])
    db.session.add_all([activity, metric, method, report, fetch])
    db.session.flush()
    item = ReportItem(report_id=report.id, measure_id=measure.id)
    file = Attachment(
        name="a.pdf",
        media_type="application/pdf",
        size=5,
        sha256=hashlib.sha256(b"%PDF-").hexdigest(),
        stored_in="database",
        key="a",
    )
    db.session.add_all([item, file, AttachmentContent(key="a", content=b"%PDF-")])
    db.session.flush()
    db.session.add(ItemAttachment(item_id=item.id, attachment_id=file.id))
    comment = ItemComment(round_id=opened.id, board_id=social, measure_id=measure.id, text="Va?")
    note = MeasureNote(board_id=social, measure_id=measure.id, noted_on=date(2021, 1, 9), text="Ja")
    db.session.add_all([item, comment, note])
    page = GuidancePage(title="Så gör du", body="Text", published=True)
    notice = Notice(key="1", title="Nytt", body="Text", sent_by_name="")
    db.session.add_all([item, page, notice])
    db.session.commit()
    publish_follow_up(opened)
    user = db.session.scalars(sa.select(User)).one()
    return TEXTS | {
        "activity_id": activity.id,
        "exception_id": 1,
        "alert_id": 1,
        "fetch_id": fetch.id,
        "file_id": 1,
        "area_id": area.id,
        "attachment_id": file.id,
        "board_id": social,
        "comment_id": comment.id,
        "grant_id": user.grants[0].id,
        "group_id": group.id,
        "identity": measure.identity,
        "item_id": item.id,
        "job_id": 1,
        "letter_id": 1,
        "measure_id": measure.id,
        "method_id": method.id,
        "metric_id": metric.id,
        "name": "cyber_security",
        "note_id": note.id,
        "notice_id": notice.id,
        "page_id": page.id,
        "plan_id": version.plan_id,
        "report_id": report.id,
        "round_id": opened.id,
        "row_id": measure.id,
        "subject_id": measure.id,
        "exercise_id": 1,
        "subgoal_id": subgoal.id,
        "user_id": user.id,
        "value_id": value.id,
        "version_id": version.id,
    }


def rules(app: Flask, method: str) -> list[Rule]:
    return [rule for rule in app.url_map.iter_rules() if method in (rule.methods or set())]


def with_ids(app: Flask, method: str, number: str) -> Iterator[str]:
    """The address of every rule with ids in it, all of them this number."""
    for rule in rules(app, method):
        ids = {name for name, one in rule._converters.items() if hasattr(one, "fixed_digits")}
        if ids:
            sample = {name: "1" if name in ids else TEXTS[name] for name in rule.arguments}
            path = "".join(
                text if not dynamic else number if text in ids else sample[text]
                for dynamic, text in rule._trace
            )
            yield path.removeprefix("|")


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)  # none of them gets that far
@pytest.mark.parametrize("number", TOO_LARGE, ids=lambda number: f"{len(number)} digits")
def test_an_id_that_no_row_can_have_is_not_found(app: Flask, clients: Clients, number: str) -> None:
    asked = 0
    for method, person in product(("GET", "POST"), PEOPLE):
        for path in with_ids(app, method, number):
            answer = clients[person].open(path, method=method)
            assert answer.status_code == 404, (person, method, path[:80], answer.status_code)
            asked += 1
    assert asked > 200


def test_the_largest_id_there_can_be_is_looked_for(app: Flask, clients: Clients) -> None:
    for person in PEOPLE:
        for path in with_ids(app, "GET", str(LARGEST)):
            answer = clients[person].get(path)
            assert answer.status_code in {302, 403, 404}, (person, path, answer.status_code)


def test_whatever_stands_in_the_query_no_page_fails(
    app: Flask, reader: FlaskClient, arguments: dict[str, object]
) -> None:
    names = (*IDS, *WORDS, *WORDS_OF_LOG)
    questions = ["&".join(f"{name}={quote(odd)}" for name in names) for odd in ODD]
    if db.engine.dialect.name == "sqlite":  # no value of these comes as far as a database
        questions += STRANGE
    for rule in rules(app, "GET"):
        built = rule.build(arguments, append_unknown=False)
        assert built is not None, f"{rule}: give its arguments a value in this test"
        for question in questions:
            answer = reader.get(f"{built[1]}?{question}")
            answer.close()
            assert answer.status_code < 500, (built[1], question)
            assert answer.status_code != 403, f"{rule} was not reached"


@pytest.mark.parametrize("name", ["area", "board", "version", "page"])
def test_a_filter_that_cannot_be_an_id_filters_nothing(
    reader: FlaskClient, arguments: dict[str, object], name: str
) -> None:
    for value in ("2147483648", "1" + "0" * 25, "-1", "x"):
        page = reader.get(f"/measures?{name}={value}")
        assert page.status_code == 200, value
        assert "En åtgärd i planen" in page.get_data(as_text=True), value


def test_links_of_the_list_keep_the_filter_and_nothing_else(
    reader: FlaskClient, arguments: dict[str, object]
) -> None:
    old = db.session.scalars(sa.select(Measure)).one()
    db.session.add_all(
        Measure(
            version_id=old.version_id,
            area_id=old.area_id,
            subgoal_id=old.subgoal_id,
            number=f"1.{n}",
            title=f"Åtgärd {n}",
        )
        for n in range(2, 80)
    )
    db.session.commit()
    page = reader.get(f"/measures?endpoint=x&_external=1&more=x&area={old.area_id}&sort=title")
    text = page.get_data(as_text=True)
    assert f'href="/measures?area={old.area_id}&amp;sort=title&amp;page=2" rel="next"' in text


@pytest.mark.parametrize("written", ["1e1000000", "-1e1000000", "NaN", "Infinity", "9" * 5000])
def test_a_number_beyond_all_bounds_is_said_at_its_field(
    reader: FlaskClient, arguments: dict[str, object], written: str
) -> None:
    address = f"/plan/metrics/{arguments['metric_id']}/edit"
    data = {
        "row_version": "1",
        "name": "Antal",
        "better": "higher",
        "target_operator": ">=",
        "target_value": written,
    }
    answer = reader.post(address, data=data)
    assert answer.status_code == 422
    assert "Skriv ett tal, till exempel 12 eller 12,5." in answer.get_data(as_text=True)


def test_a_number_is_stored_with_the_digits_it_has(
    reader: FlaskClient, arguments: dict[str, object]
) -> None:
    address = f"/plan/metrics/{arguments['metric_id']}/edit"
    data = {
        "row_version": "1",
        "name": "Antal",
        "better": "higher",
        "target_operator": ">=",
        "target_value": "12,5" + "0" * 20000,
    }
    exact = reader.post(address, data={**data, "target_value": "1,23456"})
    assert exact.status_code == 422
    assert "högst fyra decimaler" in exact.get_data(as_text=True)
    assert reader.post(address, data=data).status_code == 303
    db.session.expire_all()
    assert db.session.scalars(sa.select(EffectMetric.target_value)).one() == 12.5
