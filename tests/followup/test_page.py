"""The follow-up of a round, read from what the boards have submitted."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from registry.business_plan.models import BusinessPlanEntry, EntryState
from registry.db import db
from registry.effects.models import (
    Better,
    EffectMethod,
    EffectMetric,
    MethodKind,
    MetricValue,
    ValueStatus,
)
from registry.followup import service
from registry.followup.figures import FollowUp, Progress
from registry.language import today
from registry.people.models import Board, BoardKind, Role
from registry.people.permissions import Grant, Viewer
from registry.plan.models import Measure, MeasureStatus, Responsibility, VersionState
from registry.reporting.models import FrozenItem, Outcome, Report, ReportState, Round, RoundState
from tests.followup.conftest import Seeded

COORDINATOR = Viewer(1, "S", grants=frozenset({Grant(Role.COORDINATOR)}))


@pytest.fixture
def read(app: Flask) -> Callable[..., FollowUp]:
    def ask(seeded: Seeded) -> FollowUp:
        with app.test_request_context():
            found = service.read(COORDINATOR, seeded.round_id)
        assert found is not None
        return found

    return ask


def test_areas_count_what_is_reported_and_keep_the_rest_apart(seed, read) -> None:
    seeded = seed(measures=60)
    page = read(seeded)
    assert [area.id for area in page.areas] == seeded.areas
    for area in page.areas:
        statuses = db.session.scalars(sa.select(Outcome.status).where(Outcome.area_id == area.id))
        found = list(statuses)
        assert area.counts.total == len(found) == 20
        assert area.counts.done == found.count(MeasureStatus.DONE)
        assert area.counts.planned == found.count(MeasureStatus.PLANNED)
        assert area.counts.unreported == found.count(None) > 0
    assert page.total.total == 60


def test_boards_count_by_their_frozen_reports_and_a_returned_one_counts_as_missing(
    seed, read
) -> None:
    page = read(seed(measures=70))
    states = [board.progress for board in page.boards]
    assert states == [
        Progress.ACCEPTED,
        Progress.SUBMITTED,
        Progress.SUBMITTED,
        Progress.RETURNED,
        Progress.DRAFT,
        Progress.NOT_STARTED,
        Progress.READY,
    ]
    assert page.submitted == 3
    for board in page.boards:
        frozen = db.session.scalar(
            sa.select(sa.func.count())
            .select_from(FrozenItem)
            .where(FrozenItem.report_id == board.report_id)
        )
        if board.submitted:
            assert (board.counts.reported, board.counts.unreported) == (frozen, 0)
        else:
            assert board.counts.reported == 0
            assert board.counts.unreported > 0


def test_the_work_after_a_return_is_shown_as_returned(seed, read) -> None:
    seeded = seed()
    old = db.session.scalar(sa.select(Report).where(Report.board_id == seeded.boards[1]))
    old.state, old.current = ReportState.RETURNED, False
    db.session.add(Report(round_id=seeded.round_id, board_id=seeded.boards[1], revision=2))
    db.session.commit()
    page = read(seeded)
    assert len(page.boards) == 7
    assert page.boards[1].progress is Progress.RETURNED
    assert page.boards[1].counts.reported == 0


def test_nobody_is_late_on_the_last_day(seed, read) -> None:
    assert read(seed(due_on=today())).late == []


def test_those_who_have_not_submitted_are_late_the_day_after_also_when_closed(seed, read) -> None:
    seeded = seed(due_on=today() - timedelta(days=1))
    assert len(read(seeded).late) == 4
    round_ = db.session.get_one(Round, seeded.round_id)
    round_.state, round_.closed_at = RoundState.CLOSED, datetime.now(UTC)
    db.session.commit()
    assert len(read(seeded).late) == 4


def test_measures_without_owner_or_method_are_counted_and_listed_to_twenty(seed, read) -> None:
    page = read(seed(measures=300))
    assert (page.without_owner, page.without_method) == (30, 100)
    assert (len(page.unowned), len(page.unmethodical)) == (20, 20)
    owned = set(db.session.scalars(sa.select(Responsibility.measure_id)))
    assert not owned & {row.id for row in page.unowned}
    orders = {
        key: order for key, order in db.session.execute(sa.select(Measure.id, Measure.plan_order))
    }
    assert [orders[row.id] for row in page.unowned] == sorted(
        orders[row.id] for row in page.unowned
    )


def test_methods_and_places_in_plans_are_counted_by_area_and_board(seed, read) -> None:
    seeded = seed(measures=21)
    first, second, third = seeded.measures[:3]
    board = seeded.boards[0]
    method = db.session.scalars(
        sa.select(EffectMethod).where(EffectMethod.measure_id == second)
    ).one()
    method.kind, method.decide_by = MethodKind.NONE_YET, date(2021, 3, 31)  # is no method
    states = (EntryState.TAKEN_IN, EntryState.UNDER_WAY, EntryState.NOT_TAKEN_IN)
    for measure_id, state in zip((first, second, third), states, strict=True):
        db.session.add(
            BusinessPlanEntry(
                measure_id=measure_id,
                board_id=board,
                year=2020,
                state=state,
                reference="avsnitt 3",
                reason="Nej",
            )
        )
    db.session.commit()
    page = read(seeded)
    with_method = 21 - page.without_method
    assert sum(area.coverage.with_method for area in page.areas) == with_method == 13
    assert sum(area.coverage.measures for area in page.areas) == 21
    assert page.boards[1].coverage.with_method < page.boards[1].coverage.measures
    assert page.without_plan == 19
    assert third in {row.id for row in page.unplanned}
    assert not {first, second} & {row.id for row in page.unplanned}


def test_a_delayed_measure_says_why_in_the_words_that_were_frozen(seed, read) -> None:
    page = read(seed(measures=70))
    assert len(page.delayed) == page.total.delayed > 0
    for row in page.delayed:
        assert [one.text for one in row.deviations] == ["Leveransen är sen."]


def test_a_merged_board_that_still_owns_measures_is_named_with_its_successor(seed, read) -> None:
    seeded = seed()
    heir = Board(name="Arenor och Fastigheter AB", kind=BoardKind.COMPANY)
    merged = db.session.get_one(Board, seeded.boards[0])
    merged.valid_to, merged.successor = date(2021, 6, 30), heir
    empty = Board(name="Tom", kind=BoardKind.COMPANY, valid_to=date(2020, 1, 1))
    db.session.add_all([heir, empty])
    db.session.commit()
    (ended,) = read(seeded).ended
    assert (ended.name, ended.successor) == ("Nämnd 00", "Arenor och Fastigheter AB")
    assert ended.measures == db.session.scalar(
        sa.select(sa.func.count())
        .select_from(Responsibility)
        .where(Responsibility.board_id == merged.id)
    )


def test_a_domains_metrics_show_only_while_the_domain_is_on(seed, read) -> None:
    seeded = seed()
    before = read(seeded).effects
    metric = db.session.get_one(EffectMetric, before[0].id)
    metric.domain, metric.key = "not_enabled", "x"
    db.session.commit()
    assert before[0].id not in {one.id for one in read(seeded).effects}


def metric_of(seeded: Seeded, **values: object) -> EffectMetric:
    metric = EffectMetric(measure_id=seeded.measures[0], name="Anmälda brott", **values)
    db.session.add(metric)
    db.session.commit()
    return metric


def test_not_measured_is_said_and_never_zero(seed, clients: dict[str, FlaskClient]) -> None:
    seeded = seed(metrics=False)
    metric = metric_of(seeded, baseline_value=10, baseline_period="2019")
    db.session.add(MetricValue(metric_id=metric.id, period="2020", status=ValueStatus.MISSING))
    db.session.commit()
    body = clients["coordinator"].get(f"/followup/{seeded.round_id}/effects").text
    assert "Inte mätt" in body
    assert "Fel riktning" not in body


def test_an_ambiguous_change_is_neither_right_nor_wrong(
    seed, clients: dict[str, FlaskClient]
) -> None:
    seeded = seed(metrics=False)
    metric = metric_of(
        seeded, better=Better.AMBIGUOUS, baseline_value=1234.5, baseline_period="2018"
    )
    db.session.add_all(
        MetricValue(metric_id=metric.id, period=str(2018 + n), value=1234.5 + n) for n in range(3)
    )
    db.session.commit()
    for address in ("/followup/", f"/followup/{seeded.round_id}/effects"):
        body = clients["coordinator"].get(address).text
        assert "1\N{NO-BREAK SPACE}236,5 (2020)" in body
        assert "Kan tolkas åt båda håll" in body
        assert "riktning</span>" not in body


def test_several_boards_values_are_shown_for_each_and_not_compared_with_the_whole(
    seed, clients: dict[str, FlaskClient]
) -> None:
    seeded = seed(metrics=False)
    metric = metric_of(seeded, baseline_value=100, baseline_period="2018")
    for n, board_id in enumerate(seeded.boards[:2]):
        db.session.add(
            MetricValue(metric_id=metric.id, board_id=board_id, period="2020", value=40 + n)
        )
    db.session.commit()
    body = clients["coordinator"].get(f"/followup/{seeded.round_id}/effects").text
    assert "Nämnd 00: 40 (2020)" in body
    assert "Nämnd 01: 41 (2020)" in body
    assert "riktning</span>" not in body


def test_metrics_are_paged(seed, clients: dict[str, FlaskClient]) -> None:
    seeded = seed(measures=150)
    address = f"/followup/{seeded.round_id}/effects"
    first = clients["executive"].get(address).text
    assert "60 effektmått i planen" in first
    assert first.count("Andel trygga") == 50
    assert clients["executive"].get(address + "?page=2").text.count("Andel trygga") == 10
    assert clients["executive"].get(address + "?page=99").text.count("Andel trygga") == 10


def test_a_kept_page_gives_way_as_soon_as_something_is_reported(
    seed, clients: dict[str, FlaskClient]
) -> None:
    seeded = seed(measures=20, areas=1)
    client = clients["coordinator"]
    before = client.get("/followup/").text
    assert client.get("/followup/").text == before
    measure = db.session.get_one(Measure, seeded.measures[9])
    measure.title = "Ett helt annat namn"
    db.session.commit()
    assert "Ett helt annat namn" in client.get("/followup/").text


def test_without_a_round_the_page_says_what_comes(clients: dict[str, FlaskClient]) -> None:
    assert "Det finns inget att följa upp ännu" in clients["reporter"].get("/followup/").text
    assert clients["coordinator"].get("/followup/7").status_code == 404


@pytest.mark.parametrize(
    ("who", "status"),
    [
        ("reporter", 200),
        ("approver", 200),
        ("coordinator", 200),
        ("executive", 200),
        ("domain_lead", 200),
        ("auditor", 200),
        ("admin", 403),
        ("nobody", 403),
    ],
)
def test_who_may_read_the_follow_up(
    seed, clients: dict[str, FlaskClient], who: str, status: int
) -> None:
    seeded = seed(measures=10)
    for address in ("/followup/", f"/followup/{seeded.round_id}"):
        assert clients[who].get(address).status_code == status


def test_a_round_on_a_draft_is_seen_by_those_who_may_read_drafts(
    seed, clients: dict[str, FlaskClient]
) -> None:
    seeded = seed(measures=10, version_state=VersionState.DRAFT)
    address = f"/followup/{seeded.round_id}"
    assert clients["coordinator"].get(address).status_code == 200
    for path in (address, address + "/effects"):
        assert clients["reporter"].get(path).status_code == 404
    assert "inget att följa upp" in clients["reporter"].get("/followup/").text


def test_a_reporter_gets_links_to_the_own_boards_report_only(
    seed, clients: dict[str, FlaskClient], boards
) -> None:
    seeded = seed(measures=10)
    report = Report(round_id=seeded.round_id, board_id=boards["social"].id)
    db.session.add(report)
    db.session.commit()
    body = clients["reporter"].get("/followup/").text
    assert body.count('href="/reports/') == body.count(f'href="/reports/{report.id}"') > 0
    assert clients["coordinator"].get("/followup/").text.count('href="/reports/') > 7


@pytest.mark.parametrize("path", ["/followup/", "/followup/{}/effects"])
def test_the_number_of_queries_does_not_grow_with_the_plan(
    app: Flask,
    seed,
    clients: dict[str, FlaskClient],
    statements: list[str],
    path: str,
) -> None:
    def asked(seeded: Seeded) -> int:
        statements.clear()
        assert clients["coordinator"].get(path.format(seeded.round_id)).status_code == 200
        return len(statements)

    small = seed(measures=50)
    few = asked(small)
    db.session.execute(sa.text("UPDATE plan SET title = 'Den lilla'"))
    db.session.execute(sa.text("UPDATE board SET name = name || ' liten'"))
    db.session.execute(sa.text("UPDATE reporting_round SET opens_on = '2019-01-01'"))
    db.session.commit()
    app.extensions.pop("followup", None)
    assert asked(seed(measures=1000, boards=21, areas=9)) == few <= 21


def test_a_board_that_has_not_submitted_has_no_zeros_in_the_table(
    seed, clients: dict[str, FlaskClient]
) -> None:
    seed(measures=70)
    body = clients["auditor"].get("/followup/").text
    rows = body.split('<th scope="row">Nämnd 05</th>')[1].split("</tr>")[0]
    assert rows.count(">–<") == 5
    assert ">0<" not in rows


def test_every_chart_has_its_words_and_its_table(seed, clients: dict[str, FlaskClient]) -> None:
    seed(measures=10)
    body = clients["auditor"].get("/followup/").text
    assert body.count('class="chart"') == 4
    assert body.count("2017: 60\N{NO-BREAK SPACE}%, 2018: 62\N{NO-BREAK SPACE}%") == 4
    assert body.count('<th scope="row">2021</th><td class="num">inte mätt</td>') == 4
    assert "<svg" in body
    assert 'role="img" aria-label=""' not in body
    assert "style=" not in body
