"""A marker in every secret field of every domain, and then everything that anybody can get."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask
from flask_migrate import upgrade

from registry import create_app
from registry.admin import plugins
from registry.db import db
from registry.demo import accounts, service
from registry.host import vault
from registry.host.active import fields_of
from registry.host.loading import loaded
from registry.host.models import SealedData, SubjectKind
from registry.people.permissions import OPERATOR
from registry.plan.models import GoalArea, Measure, PlanVersion, VersionState
from registry.reporting.models import FrozenItem, ReportItem
from tests.conftest import COMPILED, SETTINGS, Client

pytestmark = pytest.mark.xdist_group("marker")  # what they share is made once
MARKER = "zzq-hemlig-7316"
LINK = re.compile(r'(?:href|action|src)="(/[^"#]*)')
FEW = re.compile(r"/(?:plan/measures|reports/items|reports|metrics|measures|guidance)/(\d+)")
MOST = 250


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    folder = tmp_path_factory.mktemp("marker")
    app = create_app(folder / "instance", **SETTINGS, demo=True)
    app.config.update(TESTING=True, WTF_CSRF_ENABLED=False, PROPAGATE_EXCEPTIONS=False)
    app.test_client_class = Client
    app.jinja_env.bytecode_cache = COMPILED
    with app.app_context():
        upgrade()
        service.load(app)
        _plant(app)
        db.session.commit()
        yield app
        db.session.remove()
        db.engine.dispose()


def _plant(app: Flask) -> None:
    """On the measures of each domain, in the reports being written and in those submitted."""
    for domain in loaded(app).domains.values():
        measures = db.session.scalars(
            sa.select(Measure.id)
            .join(GoalArea, GoalArea.id == Measure.area_id)
            .join(PlanVersion, PlanVersion.id == Measure.version_id)
            .where(GoalArea.domain == domain.name, PlanVersion.state == VersionState.PUBLISHED)
            .order_by(Measure.plan_order)
        ).all()[:3]
        items = db.session.scalars(
            sa.select(ReportItem.id).where(ReportItem.measure_id.in_(measures))
        ).all()
        frozen = db.session.scalars(
            sa.select(FrozenItem.id).where(FrozenItem.measure_id.in_(measures))
        ).all()
        for kind, ids in (
            (SubjectKind.MEASURE, measures),
            (SubjectKind.REPORT_ITEM, items),
            (SubjectKind.FROZEN_ITEM, frozen),
        ):
            asked = SubjectKind.MEASURE if kind is SubjectKind.MEASURE else SubjectKind.REPORT_ITEM
            for spec in fields_of(domain, asked):
                if spec.secrecy:
                    for subject_id in ids:
                        vault.seal(domain.name, kind, subject_id, spec, MARKER, MARKER)


def crawl(app: Flask, email: str | None) -> Iterator[tuple[str, str]]:
    """Address and text of every page that leads on from the start, as this person; of long lists
    of measures and reports, those with a marker and a few more."""
    client = app.test_client()
    if email is not None:
        form = {"email": email, "password": accounts.PASSWORD}
        assert client.post("/sign-in", data=form).status_code == 303
    waiting = ["/", "/deadlines", "/deadlines.ics", "/measures?q=zzq-hemlig", "/no-such-page"]
    waiting += [
        rule.rule
        for rule in app.url_map.iter_rules()
        if not rule.arguments and "GET" in (rule.methods or ()) and rule.endpoint != "static"
    ]
    for row in db.session.scalars(sa.select(SealedData)):
        waiting.append(f"/domains/{row.plugin}/secrets/{row.subject_kind.value}/{row.subject_id}")
        if row.subject_kind is SubjectKind.MEASURE:
            waiting.append(f"/plan/measures/{row.subject_id}")
            waiting.append(f"/plan/measures/{row.subject_id}/edit")
        if row.subject_kind is SubjectKind.REPORT_ITEM:
            waiting.append(f"/reports/items/{row.subject_id}")
    db.session.rollback()
    seen: set[str] = set()
    kinds: dict[str, int] = {}
    while waiting and len(seen) < MOST:
        address = waiting.pop(0)
        if address in seen or "sign-out" in address:
            continue
        seen.add(address)
        answer = client.get(address)
        text = answer.get_data(as_text=True) if answer.mimetype.startswith("text/") else ""
        yield address, text + str(answer.headers)
        answer.close()
        for link in LINK.findall(text.replace("&amp;", "&")):
            shape = FEW.sub("/N", link.partition("?")[0])
            kinds[shape] = kinds.get(shape, 0) + (link not in seen)
            if kinds[shape] <= 12:
                waiting.append(link)


PEOPLE = [None, *(who.email for who in accounts.SIGN_INS)]


def test_the_marker_lies_in_secret_fields_of_most_domains(planted: Flask) -> None:
    found = set(db.session.scalars(sa.select(SealedData.plugin)))
    asking = {
        one.name for one in loaded(planted).domains.values() if any(f.secrecy for f in one.fields)
    }
    assert found == asking
    assert len(found) >= 2


@pytest.mark.parametrize("email", PEOPLE)
def test_nobody_finds_it_on_any_page(
    planted: Flask, email: str | None, capfd: pytest.CaptureFixture[str]
) -> None:
    pages = list(crawl(planted, email))
    assert len(pages) > 20
    assert [address for address, text in pages if MARKER in text] == []
    out, err = capfd.readouterr()
    assert MARKER not in out + err


def test_it_is_not_in_the_database_file_nor_in_its_log(planted: Flask) -> None:
    db.session.rollback()
    for path in Path(planted.extensions["settings"].instance).glob("registry.sqlite*"):
        assert MARKER.encode() not in path.read_bytes(), path


def test_an_export_holds_it_sealed(planted: Flask) -> None:
    for domain in loaded(planted).domains.values():
        text = plugins.export(OPERATOR, domain.name)
        assert MARKER not in text
        secret = any(field.secrecy for field in domain.fields)
        assert bool(json.loads(text)["sealed"]) == secret


def test_the_cleared_find_it(planted: Flask) -> None:
    """Else the tests above would pass with nothing there."""

    class Reader:
        user_id = 1
        clearances = frozenset(loaded(planted).domains)

    found = set()
    for row in db.session.scalars(sa.select(SealedData)).all():
        subject = (row.plugin, row.subject_kind, row.subject_id)
        found |= {one.text for one in vault.open_answers(Reader(), *subject, "provet")}
    assert MARKER in found
    db.session.rollback()
