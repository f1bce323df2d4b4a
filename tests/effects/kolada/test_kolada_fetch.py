"""From Kolada to the registry: shown first, saved when confirmed, and nothing lost on the way."""

import io
import json
import re
from datetime import date, timedelta
from decimal import Decimal

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from registry.audit.models import AuditEntry
from registry.db import db, now
from registry.effects import values
from registry.effects.kolada import comparisons, file, gathering, preview, schedule
from registry.effects.kolada.client import Client
from registry.effects.kolada.models import FetchState, SourceEntry, SourceFetch
from registry.effects.kolada.reading import Said
from registry.effects.models import (
    ComparisonSeries,
    ComparisonValue,
    EffectMetric,
    Frequency,
    Gender,
    MetricValue,
    ValueCorrection,
)
from registry.effects.values import Entry
from registry.jobs import queue
from registry.jobs.models import Job
from registry.people.models import Board
from registry.people.permissions import Viewer
from registry.reporting.models import FrozenItem, Report, ReportState, Round
from tests.effects.kolada.server import Kolada, cell, row
from tests.plan.conftest import Built

Clients = dict[str, FlaskClient]
KARIN = Viewer(name="Karin")


@pytest.fixture
def metric(asking: Kolada, plan: Built) -> EffectMetric:
    """The crimes of the small plan, as Kolada counts them, beside Stockholm's."""
    plan.metric.archived = True
    made = EffectMetric(
        measure_id=plan.burglary.id,
        name="Våldsbrott",
        unit="antal",
        source="kolada:N07403",
        notes="Skrivet av Karin.",
        frequency=Frequency.YEARLY,
        next_due_on=date(2023, 3, 1),
    )
    db.session.add(made)
    db.session.commit()
    comparisons.add(made, "0180 Stockholm")
    asking.data = [
        row("N07403", "0380", 2020, cell(1200.5), cell(700, "K"), cell(None, "M")),
        row("N07403", "0380", 2021, cell(1250)),
        row("N07403", "0380", 2019, cell(0)),
        row("N07403", "0180", 2021, cell(1500)),
        row("N07403", "1280", 2021, cell(9)),
    ]
    return made


def fetched(client: FlaskClient) -> SourceFetch:
    """Ask for a fetch as a person does, and let the worker do it."""
    answer = client.post("/metrics/kolada/start")
    assert answer.status_code == 303, answer.text[-2000:]
    queue.current().work_off()
    done = client.get(answer.location)
    assert done.status_code in (200, 303)
    db.session.expire_all()
    fetch = db.session.scalars(sa.select(SourceFetch).order_by(SourceFetch.id.desc())).first()
    assert fetch is not None
    if fetch.state is not FetchState.FAILED:
        assert done.location == f"/metrics/fetches/{fetch.id}"
    return fetch


def confirm(client: FlaskClient, fetch: SourceFetch, *metrics: EffectMetric) -> str:
    """Press the button of the preview for these metrics, and give the page that follows."""
    address = f"/metrics/fetches/{fetch.id}"
    found = re.search(r'name="digest"[^>]*value="(\w+)"', client.get(address).text)
    assert found is not None
    data = {"digest": found[1], "metric": [one.id for one in metrics]}
    page = client.post(f"{address}/confirm", data=data, follow_redirects=True).text
    db.session.expire_all()
    return page


def stored(metric: EffectMetric) -> dict[tuple[str, str], Decimal | None]:
    rows = db.session.scalars(sa.select(MetricValue).where(MetricValue.metric_id == metric.id))
    return {(row.period, row.gender.value): row.value for row in rows}


def test_nothing_is_saved_before_it_was_shown_and_confirmed(
    clients: Clients, metric: EffectMetric, asking: Kolada
) -> None:
    coordinator = clients["coordinator"]
    fetch = fetched(coordinator)
    page = coordinator.get(f"/metrics/fetches/{fetch.id}").text
    assert f'value="{metric.id}" checked' in page
    for text in ("Inget är sparat ännu", "1\xa0200,5", "Stockholm", "bortfall i kommunstatistiken"):
        assert text in page, text
    assert "väntar på att du går igenom" in coordinator.get("/metrics").text
    assert "väntar på att du går igenom" not in clients["reporter"].get("/metrics").text
    assert stored(metric) == {}

    assert "Välj minst ett effektmått" in confirm(coordinator, fetch)
    assert "5 värden sparades" in confirm(coordinator, fetch, metric)
    assert stored(metric) == {
        ("2019", "total"): 0,
        ("2020", "total"): Decimal("1200.5"),
        ("2020", "women"): 700,
        ("2021", "total"): 1250,
    }, "no value is no row, and 0 is 0"
    (other,) = db.session.scalars(sa.select(ComparisonValue))
    assert (other.period, other.value) == ("2021", 1500)
    assert metric.next_due_on == date(2024, 3, 1), "one step, however many old years came"
    assert (metric.unit, metric.better.value) == ("antal", "higher"), "a person's, for good"
    assert metric.notes.startswith("Skrivet av Karin.\nKolada N07403: ")
    shown = coordinator.get(f"/metrics/{metric.id}").text
    assert "Anmälda våldsbrott, antal/100 000 inv" in shown
    assert "bortfall i kommunstatistiken" in shown
    assert "source_fetch.confirm" in set(db.session.scalars(sa.select(AuditEntry.action)))
    assert db.session.get_one(SourceFetch, fetch.id).said == {}
    assert fetched(coordinator).state is FetchState.NOTHING

    asking.data[1] = row("N07403", "0380", 2021, cell(1251.25))
    asking.data[2] = row("N07403", "0380", 2019, cell(0, deleted=True))
    asking.data[3] = row("N07403", "0180", 2021, cell(None))
    asking.indicators["N07403"]["description"] += " Fr.o.m. 2022 räknas på ett nytt sätt."
    again = fetched(coordinator)
    page = coordinator.get(f"/metrics/fetches/{again.id}").text
    for text in ("Ändrat", "Borttaget i källan", "Beskrivningen har ändrats i källan"):
        assert text in page, text
    confirm(coordinator, again, metric)
    assert stored(metric)["2019", "total"] is None, "taken back is missing, not zero"
    corrections = db.session.scalars(sa.select(ValueCorrection))
    old = {one.value: one.reason_of_change for one in corrections}
    assert old == {0: "Hämtat från Kolada", 1250: "Hämtat från Kolada"}
    assert db.session.scalars(sa.select(ComparisonValue.value)).one() is None
    assert metric.notes.startswith("Skrivet av Karin.\n")
    assert "beskrivningen ändrades i källan" in metric.notes
    last = fetched(coordinator)
    assert last.state is FetchState.NOTHING
    page = coordinator.get(f"/metrics/fetches/{last.id}").text
    assert "Våldsbrott: Det finns inga värden för Stockholm (0180)." in page


def test_what_was_entered_meanwhile_is_shown_again_and_not_overwritten(
    clients: Clients, metric: EffectMetric, asking: Kolada
) -> None:
    coordinator = clients["coordinator"]
    fetch = fetched(coordinator)
    address = f"/metrics/fetches/{fetch.id}"
    digest = re.search(r'name="digest"[^>]*value="(\w+)"', coordinator.get(address).text)
    assert digest is not None
    values.record(metric, "2021", Entry(Decimal(1300), source="Polisen"), by=KARIN)
    values.record(metric, "2018", Entry(Decimal(900), source="Polisen"), by=KARIN)
    asking.data.append(row("N07403", "0380", 2018, cell(900, deleted=True)))
    db.session.commit()
    data = {"digest": digest[1], "metric": [metric.id]}
    page = coordinator.post(f"{address}/confirm", data=data, follow_redirects=True).text
    assert "Något har ändrats i registret" in page
    assert "Ifyllt för hand" in page
    db.session.expire_all()
    assert stored(metric) == {("2021", "total"): 1300, ("2018", "total"): 900}
    confirm(coordinator, fetch, metric)
    confirm_again = coordinator.post(f"{address}/confirm", data=data)
    assert confirm_again.status_code == 303, "a second press saves nothing twice"
    db.session.expire_all()
    assert stored(metric)["2021", "total"] == 1250
    (old,) = db.session.scalars(sa.select(ValueCorrection))
    assert (old.value, old.source) == (1300, "Polisen")
    assert fetched(coordinator).state is FetchState.NOTHING, "a person's value is not taken back"


def test_what_a_submitted_report_says_stays_as_it_is(
    clients: Clients, metric: EffectMetric, plan: Built, boards: dict[str, Board]
) -> None:
    rescue = boards["rescue"].id
    opened = Round(
        version_id=plan.version.id,
        title="2021",
        period="2021",
        opens_on=date(2021, 1, 1),
        due_on=date(2022, 2, 1),
    )
    db.session.add(opened)
    db.session.flush()
    report = Report(
        round_id=opened.id, board_id=rescue, state=ReportState.ACCEPTED, submitted_at=now()
    )
    db.session.add(report)
    db.session.flush()
    db.session.add(frozen(report, plan))
    values.record(metric, "2021", Entry(Decimal(1300)), by=KARIN, board_id=rescue)
    db.session.commit()
    coordinator = clients["coordinator"]
    fetch = fetched(coordinator)
    assert "Rapporterat, ändras inte här" in coordinator.get(f"/metrics/fetches/{fetch.id}").text
    confirm(coordinator, fetch, metric)
    assert stored(metric)["2021", "total"] == 1300
    assert stored(metric)["2020", "total"] == Decimal("1200.5")


def frozen(report: Report, plan: Built) -> FrozenItem:
    return FrozenItem(
        report_id=report.id,
        measure_id=plan.burglary.id,
        position=0,
        measure_number="1.1.2",
        measure_title="Grannsamverkan",
        area_title="Trygg miljö",
        subgoal_title="Trygga stråk",
        status="done",
    )


def test_a_file_gives_what_the_network_gives(
    clients: Clients, metric: EffectMetric, asking: Kolada, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = gathering.wanted(gathering.SCHEDULE, [metric.id])
    with Client(asking.url) as client:
        said = gathering.gather(client, asked, "0380")
    pages = [
        {"count": 1, "next_url": None, "values": asking.answer(path)}
        for path in (
            "/v3/kpi/N07403",
            "/v3/municipality",
            "/v3/municipality_groups",
            "/v3/data/kpi/N07403/municipality/0380,0180",
        )
    ]
    assert file.read(json.dumps(pages).encode()) == said
    table = "kpi;municipality;period;gender;value\n" + "".join(
        f"{one.kpi};{int(one.area)};{one.period};{sign};{'' if one.value is None else one.value}\n"
        for one in said.values
        for sign, gender in (("T", Gender.TOTAL), ("K", Gender.WOMEN), ("M", Gender.MEN))
        if gender is one.gender
    )
    assert file.read(table.encode()).values == said.values, "the zero that Excel took is back"
    coordinator, read = clients["coordinator"], file.read

    def while_others_write(content: bytes) -> Said:
        with db.engine.begin() as connection:
            connection.execute(sa.update(Board).values(name=Board.name))
        return read(content)

    monkeypatch.setattr(file, "read", while_others_write)
    sent = coordinator.post(
        "/metrics/kolada/file", data={"file": (io.BytesIO(table.encode()), "från Kolada.csv")}
    )
    assert sent.status_code == 303
    fetch = db.session.scalars(sa.select(SourceFetch)).one()
    by_network = SourceFetch(metric_ids=[metric.id], said=Said(said.values).dump())
    assert preview.changes(gathering.SCHEDULE, fetch) == preview.changes(
        gathering.SCHEDULE, by_network
    )
    assert "från Kolada.csv" in coordinator.get(sent.location).text
    for content, text in (
        (b"", "Filen är tom."),
        (b"kpi;municipality;period;value\nN00001;0380;2020;1", "Filen har inga värden för något"),
        (b"a;b\n1;2", "Filen ska ha kolumnerna"),
        (b"kpi;municipality;period;value\nN07403;0380;2020;mycket", "Rad 2: ”mycket”"),
        (b"kpi;municipality;period;value\nN07403;Uppsala;2020;1", "Rad 2: ”Uppsala”"),
        ("kpi;municipality;period;value\nN07403;0380;²²²²;1".encode(), "Rad 2: ”²²²²”"),
        (b'{"values": [{"period": 1}]}', "inte den form som Kolada brukar svara i"),
    ):
        data = {"file": (io.BytesIO(content), "fel.csv")}
        answer = coordinator.post("/metrics/kolada/file", data=data)
        assert (answer.status_code, text in answer.text) == (422, True), (content, text)


def test_a_failure_is_a_sentence_and_changes_nothing(
    clients: Clients, metric: EffectMetric, asking: Kolada
) -> None:
    coordinator = clients["coordinator"]
    asking.plan = [(200, {}, b"<html>")]
    fetch = fetched(coordinator)
    assert fetch.state is FetchState.FAILED
    page = coordinator.get(f"/metrics/fetches/{fetch.id}").text
    assert "inte den form som Kolada brukar svara i" in page
    assert stored(metric) == {}
    metric.source = "kolada:N99999"
    db.session.commit()
    assert "känner inte till nyckeltalet" in fetched(coordinator).error
    metric.source = "kolada:N07403"
    asking.data = []
    db.session.commit()
    page = coordinator.get(f"/metrics/fetches/{fetched(coordinator).id}").text
    assert "Det finns inga värden för kommunen (0380)." in page
    assert "Det finns inga värden för Stockholm (0180)." in page


def test_the_month_is_fetched_once_by_whichever_worker_comes_first(
    app: Flask, metric: EffectMetric, asking: Kolada, monkeypatch: pytest.MonkeyPatch
) -> None:
    day = date(2023, 2, 1)
    monkeypatch.setattr(schedule, "today", lambda: day)

    def look() -> None:
        schedule.look()
        db.session.rollback()  # as the worker ends its own

    def fetches() -> list[tuple[str | None, str]]:
        db.session.expire_all()
        rows = db.session.scalars(sa.select(SourceFetch).order_by(SourceFetch.id))
        found = [(one.scheduled, one.state.value) for one in rows]
        db.session.rollback()
        return found

    look()
    assert fetches() == [], "nothing is due on the first"
    day = date(2023, 2, 2)
    asking.plan = [(400, {}, b"")]
    look()
    look()
    assert fetches() == [("2023-02", "waiting")]
    queue.current().work_off()
    look()
    assert fetches() == [("2023-02", "failed")]
    db.session.scalars(sa.select(SourceFetch)).one().started_at = now() - timedelta(days=2)
    db.session.commit()
    look()
    job = db.session.scalars(sa.select(Job).order_by(Job.id.desc())).first()
    assert job is not None
    assert job.created_by_id is None
    queue.current().put(job.id)  # said twice
    db.session.rollback()
    queue.current().work_off()
    assert fetches() == [("2023-02", "ready")]
    assert stored(metric) == {}, "never saved by itself"
    db.session.rollback()
    day = date(2023, 3, 8)  # the value of 2022 is due since the first
    look()
    queue.current().work_off()
    look()
    queue.current().work_off()
    assert fetches() == [("2023-02", "dropped"), ("2023-03", "dropped"), ("2023-W10", "ready")]


def test_a_board_fetches_for_its_own_metric_only(
    clients: Clients, metric: EffectMetric, boards: dict[str, Board], plan: Built
) -> None:
    reporter, other = clients["reporter"], clients["other_reporter"]
    assert reporter.get(f"/metrics/{metric.id}/kolada").status_code == 403
    metric.board_id, metric.measure_id = boards["social"].id, plan.lighting.id
    db.session.commit()
    assert reporter.post(f"/metrics/{metric.id}/kolada/start").status_code == 303
    queue.current().work_off()
    fetch = db.session.scalars(sa.select(SourceFetch)).one()
    assert other.get(f"/metrics/fetches/{fetch.id}").status_code == 403
    confirm(reporter, fetch, metric)
    assert stored(metric)["2021", "total"] == 1250
    boards_of = set(db.session.scalars(sa.select(MetricValue.board_id)))
    assert boards_of - {None} == {boards["social"].id}
    assert reporter.post("/metrics/kolada/start").status_code == 403


def test_comparisons_are_chosen_by_name_or_code(clients: Clients, metric: EffectMetric) -> None:
    coordinator = clients["coordinator"]
    address = f"/metrics/{metric.id}/kolada/comparisons"
    for written, said in (
        ("", "Fyll i det här fältet."),
        ("Malmö", "Namnet finns inte i listan."),
        ("0380", "Det är den egna kommunen."),
        ("0180", "finns redan bland jämförelserna"),
    ):
        answer = coordinator.post(address, data={"area": written})
        assert (answer.status_code, said in answer.text) == (422, True), written
    fetched(coordinator)
    for written in ("malmö", "G35843"):
        assert coordinator.post(address, data={"area": written}).status_code == 303
    assert coordinator.post(address, data={"remove": "0180"}).status_code == 303
    rows = db.session.scalars(sa.select(ComparisonSeries).order_by(ComparisonSeries.position))
    assert [(one.code, one.name, one.kind.value) for one in rows] == [
        ("1280", "Malmö", "municipality"),
        ("G35843", "Liknande kommuner trygghet", "group"),
    ]
    assert '<option value="0380 Uppsala">' in coordinator.get(f"/metrics/{metric.id}/kolada").text
    assert db.session.get_one(SourceEntry, "0380").title == "Uppsala"


def test_the_preview_asks_no_more_for_more_metrics(
    clients: Clients, metric: EffectMetric, plan: Built, statements: list[str]
) -> None:
    coordinator = clients["coordinator"]
    counts = []
    for number in range(2):
        address = f"/metrics/fetches/{fetched(coordinator).id}"
        statements.clear()
        assert coordinator.get(address).status_code == 200
        counts.append(len(statements))
        for more in range(5):
            one = EffectMetric(
                measure_id=plan.lighting.id, name=f"{number} {more}", source="Kolada:N00610"
            )
            db.session.add(one)
        db.session.commit()
    assert counts[0] == counts[1]


def test_without_a_code_nothing_is_fetched_and_the_page_says_what_to_set(
    app: Flask, clients: Clients, plan: Built
) -> None:
    coordinator = clients["coordinator"]
    assert "municipality_code" in coordinator.get("/metrics/kolada").text
    answer = coordinator.post("/metrics/kolada/start")
    assert (answer.status_code, "municipality_code" in answer.text) == (409, True)
    schedule.look()
    assert db.session.scalars(sa.select(SourceFetch)).all() == []
