"""The plan for anyone, the follow-up for its readers; long documents by the worker."""

import io
import json
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa
from docx import Document as open_docx
from flask.testing import FlaskClient

from registry.db import db
from registry.documents import drawing, service
from registry.documents.document import Document
from registry.effects.models import EffectMetric, MetricValue, ValueStatus
from registry.followup.figures import Counts
from registry.jobs import queue
from registry.jobs.models import Job, JobState
from registry.people.models import Board
from registry.plan.models import Measure, PlanVersion, Responsibility, Share, VersionState
from registry.reporting.models import Outcome, Report, Round
from tests.documents.conftest import FORMATS, Clients, figures_of, text_of
from tests.followup.conftest import publish_follow_up

Fetch = Callable[..., bytes]


@pytest.fixture
def plan(reported: Report, boards: dict[str, Board]) -> PlanVersion:
    """A published plan; one metric has three settled values and a preliminary one, 1 234,5."""
    measure = db.session.scalars(sa.select(Measure)).one()
    measure.description = "Alla system klassas före 2022."
    db.session.add(
        Responsibility(measure_id=measure.id, board_id=boards["rescue"].id, share=Share.SHARED)
    )
    metric = db.session.scalars(sa.select(EffectMetric).filter_by(name="Klassade system")).one()
    for period, value in (("2018", "1001"), ("2019", None), ("2020", "1003.25")):
        db.session.add(
            MetricValue(
                metric_id=metric.id,
                period=period,
                value=None if value is None else Decimal(value),
                status=ValueStatus.MISSING if value is None else ValueStatus.FINAL,
            )
        )
    db.session.add(
        Outcome(
            round_id=reported.round_id,
            measure_id=measure.id,
            area_id=measure.area_id,
            status=None,
        )
    )
    db.session.commit()
    return db.session.scalars(sa.select(PlanVersion)).one()


def test_anyone_takes_the_published_plan_in_five_formats_and_caches_may_keep_it(
    plan: PlanVersion, fetch: Fetch, clients: Clients
) -> None:
    address = f"/plans/{plan.plan_id}"
    files = {name: fetch(address, name, "anonymous") for name in FORMATS}
    for name, content in files.items():
        said = text_of(content, name)
        assert "Klassasystem" in said, name
        assert "Alla" in said, name
        assert "Socialnämnden" in said, name
        assert "1003,25" in said or "1003.25" in said, name
        # what a board has submitted is public when it is accepted, not before
        assert "1234,5" not in said, name
        assert "1234.5" not in said, name
    figures = figures_of(files["json"], "json")
    assert figures["Utfall"] == {Decimal("1001"): 1, Decimal("1003.25"): 1}
    assert figures["Utgångsvärde"] == {Decimal("987.25"): 1}
    assert figures_of(files["xlsx"], "xlsx") == figures
    assert figures_of(files["csv"], "csv", set(figures)) == figures
    answer = clients["anonymous"].get(f"{address}.pdf")
    assert {"no-cache", "public"} == set(answer.headers["Cache-Control"].split(", "))
    marked = {"If-None-Match": answer.headers["ETag"]}
    again = clients["anonymous"].get(f"{address}.pdf", headers=marked)
    assert (again.status_code, again.get_data()) == (304, b"")
    db.session.scalars(sa.select(Measure)).one().title = "Klassa alla system"
    db.session.commit()
    assert clients["anonymous"].get(f"{address}.pdf", headers=marked).status_code == 200
    page = clients["anonymous"].get(address).get_data(as_text=True)
    assert f'href="{address}.xlsx"' in page
    assert "/documents/templates" not in page


def test_a_draft_says_that_it_is_one_and_only_its_readers_have_it(
    plan: PlanVersion, fetch: Fetch, clients: Clients
) -> None:
    address = f"/documents/plan/{plan.id}"
    inside = text_of(fetch(address, "json", "reporter"), "json")
    assert "1234.5" in inside  # who is signed in reads what is preliminary, said to be so
    assert "Preliminärt" in inside
    plan.state = VersionState.DRAFT
    db.session.commit()
    for name in ("pdf", "docx", "xlsx", "json"):
        assert "Utkast.Planenärinteantagen" in text_of(fetch(address, name), name)
    assert clients["reporter"].get(f"{address}.pdf").status_code == 404
    assert clients["anonymous"].get(f"/plans/{plan.plan_id}.pdf").status_code == 404


def test_the_follow_up_says_the_same_in_all_formats_and_not_reported_is_not_zero(
    plan: PlanVersion, reported: Report, fetch: Fetch
) -> None:
    address = f"/documents/followup/{reported.round_id}"
    files = {name: fetch(address, name, "executive") for name in FORMATS}
    for name, content in files.items():
        said = text_of(content, name)
        assert "Socialnämnden" in said, name
        assert "Inlämnad" in said, name
        assert "1003,25" in said or "1003.25" in said, name
    figures = figures_of(files["json"], "json")
    assert figures_of(files["xlsx"], "xlsx") == figures
    assert figures_of(files["csv"], "csv", set(figures)) == figures
    said = json.loads(files["json"])
    (area,) = said["tables"]["areas"]["rows"]
    # nothing is counted as reported in the area: no status is 0, the measure is unreported
    assert area["done"] == {"missing": "not_reported", "label": "–"}
    assert (area["unreported"], area["total"]) == (1, 1)
    (board,) = said["tables"]["boards"]["rows"]
    assert (board["ongoing"], board["done"], board["unreported"]) == (1, 0, 0)
    charts = open_docx(io.BytesIO(files["docx"])).element.xml.count("<wp:docPr")
    assert charts == 3


def test_a_bar_is_drawn_with_its_words_escaped() -> None:
    drawn = drawing.bars([("<Å> & ö", Counts(done=1, unreported=3))], {"done": "Klara & klart"})
    assert "&lt;Å&gt; &amp; ö" in drawn
    assert "Klara &amp; klart" in drawn
    assert drawn.count("<rect") == 3


def test_a_long_document_is_written_by_the_worker_and_told_of(
    reported: Report, clients: Clients, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "LONG", 0)
    read = service.read

    def while_others_write(*asked: Any) -> Document:
        with db.engine.begin() as connection:
            connection.execute(sa.update(Board).values(name=Board.name))
        return read(*asked)

    monkeypatch.setattr(service, "read", while_others_write)
    address = f"/documents/report/{reported.id}"
    for name in ("csv", "json"):
        assert clients["auditor"].get(f"{address}.{name}").mimetype != "text/html"
    page = clients["auditor"].get(f"{address}.docx").get_data(as_text=True)
    assert "Skriv dokumentet (Word)" in page
    assert db.session.scalars(sa.select(Job)).all() == []
    first = clients["auditor"].post(f"{address}.docx").headers["Location"]
    second = clients["auditor"].post(f"{address}.pdf").headers["Location"]
    assert clients["auditor"].post(f"{address}.pdf").headers["Location"] == second
    clients["auditor"].post(f"{second}/cancel")
    queue.current().work_off()
    db.session.expire_all()
    assert list(db.session.scalars(sa.select(Job.state).order_by(Job.id))) == [
        JobState.DONE,
        JobState.CANCELLED,
    ]
    assert "Hämta aterrapport-socialnamnden-2021.docx" in clients["auditor"].get(first).get_data(
        as_text=True
    )
    made = clients["auditor"].get(f"{first}/product")
    assert "Klassasystem" in text_of(made.get_data(), "docx")
    assert clients["other_reporter"].post(f"{address}.pdf").status_code == 403


def test_the_page_of_a_report_offers_it(reported: Report, clients: Clients) -> None:
    page = clients["coordinator"].get(f"/reports/{reported.id}").get_data(as_text=True)
    for name in FORMATS:
        assert f'href="/documents/report/{reported.id}.{name}"' in page
    assert 'href="/documents/templates"' in page
    client: FlaskClient = clients["executive"]
    page = client.get(f"/followup/{reported.round_id}").get_data(as_text=True)
    assert f'href="/documents/followup/{reported.round_id}.pdf"' in page


def test_a_published_follow_up_is_the_same_for_everyone_and_stays_as_it_was(
    plan: PlanVersion, reported: Report, clients: Clients, fetch: Fetch
) -> None:
    for value in db.session.scalars(sa.select(MetricValue).where(MetricValue.period == "2020")):
        if value.value is not None:
            value.status = ValueStatus.PRELIMINARY
    db.session.commit()
    published = publish_follow_up(db.session.get_one(Round, reported.round_id))
    address = f"/plans/{plan.plan_id}/followups/{reported.round_id}"
    files = {name: fetch(address, name, "anonymous") for name in FORMATS}
    figures = figures_of(files["json"], "json")
    assert figures == figures_of(files["xlsx"], "xlsx")
    assert figures == figures_of(files["csv"], "csv", set(figures))
    for name, content in files.items():
        assert "Socialnämnden" in text_of(content, name), name
    # a preliminary value is not for everyone yet
    assert "1003" not in text_of(files["json"], "json")
    db.session.get_one(Board, reported.board_id).name = "Nytt namn"
    db.session.commit()
    later = clients["anonymous"].get(f"{address}.json")
    assert later.get_data() == files["json"]
    mark = {"If-None-Match": later.headers["ETag"]}
    assert clients["anonymous"].get(f"{address}.json", headers=mark).status_code == 304
    assert (
        f'href="{address}.pdf?number={published.number}"' in clients["anonymous"].get(address).text
    )
    assert clients["anonymous"].get(f"{address}.pdf?number=2").status_code == 404
    assert clients["anonymous"].get(f"/plans/{plan.plan_id}/followups/99.pdf").status_code == 404
