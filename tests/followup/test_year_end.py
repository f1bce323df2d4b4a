"""The end of a year: texts beside the figures, gaps that lead on, the decision, publication."""

import json
from datetime import date

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DatabaseError

from registry.db import db, now
from registry.effects.models import EffectMetric, MetricValue
from registry.followup import edition, gaps, over_time, publishing, service
from registry.followup.gaps import GapKind
from registry.followup.models import FollowUpText, PublishedFollowUp
from registry.people.models import Board, Role
from registry.people.permissions import Grant, Viewer
from registry.plan.models import GoalArea, Measure, MeasureStatus, VersionState
from registry.reporting.models import Outcome, Round, RoundState

COORDINATOR = Viewer(None, "Samordnare", grants=frozenset({Grant(Role.COORDINATOR)}))
TEXT = {"assessed": "partly", "text": "Ett stycke.\n\nTill <b>", "conclusion": "Mer tid."}
DECISION = {
    "decided_by": "Kommunstyrelsen",
    "decided_on": "2021-03-10",
    "paragraph": "§ 45",
    "case_number": "KSN-2021-1",
    "text": "Godkänner uppföljningen.",
}


@pytest.fixture
def seeded(seed):
    return seed(measures=40)


def text_of(client, address, **more):
    page = client.get(address)
    assert page.status_code == 200, address
    return client.post(address, data={**TEXT, "row_version": 0, **more})


def test_texts_are_written_by_the_coordinator_and_by_the_lead_of_the_areas_domain(
    app, seeded, make_user, sign_in
):
    first, second = seeded.areas[:2]
    db.session.get_one(GoalArea, first).domain = "crisis_preparedness"
    db.session.commit()
    coordinator = sign_in(make_user("Samordnare Sam", Role.COORDINATOR))
    lead = sign_in(make_user("Domän Disa", Role.DOMAIN_LEAD))
    address = f"/followup/{seeded.round_id}/texts/"
    assert text_of(lead, f"{address}{first}").status_code == 303
    for other in (second, 0):
        assert lead.get(f"{address}{other}").status_code == 403
        assert lead.post(f"{address}{other}", data=TEXT).status_code == 403
        assert text_of(coordinator, f"{address}{other}").status_code == 303
    assert coordinator.get(f"{address}999").status_code == 404
    # the second to save is told, reads the other's words and loses nothing
    stale = coordinator.post(f"{address}{first}", data={**TEXT, "text": "Mitt", "row_version": 0})
    assert stale.status_code == 409
    assert "Domän Disa har sparat" in stale.text
    assert "Mitt" in stale.text
    assert "Ett stycke." in stale.text
    again = coordinator.post(f"{address}{first}", data={**TEXT, "text": "Vårt", "row_version": 1})
    assert again.status_code == 303
    texts = {row.area_id: row.text for row in db.session.scalars(sa.select(FollowUpText))}
    assert texts == {first: "Vårt", second: TEXT["text"], None: TEXT["text"]}
    page = coordinator.get(f"/followup/{seeded.round_id}/edition").text
    assert "Delvis i fas" in page
    assert "Till &lt;b&gt;" in page
    assert "Delvis i fas" in coordinator.get(f"/followup/{seeded.round_id}/overview").text
    assert "Vårt" in lead.get(f"/followup/{seeded.round_id}/areas/{first}").text
    wrong = coordinator.post(f"{address}0", data={**TEXT, "assessed": "bra", "row_version": 1})
    assert wrong.status_code == 422


def test_a_follow_up_is_published_closed_and_decided_and_stands_for_good(
    app, seeded, make_user, sign_in
):
    client = sign_in(make_user("Samordnare Sam", Role.COORDINATOR))
    executive = sign_in(make_user("Styrelse", Role.EXECUTIVE))
    here = f"/followup/{seeded.round_id}"
    plan_id = db.session.get_one(Round, seeded.round_id).version.plan_id
    public = f"/plans/{plan_id}/followups/{seeded.round_id}"
    early = executive.post(f"{here}/decision", data={**DECISION, "row_version": 0})
    assert early.status_code == 409
    assert "Stäng omgången först" in early.text
    refused = client.post(f"{here}/publish", follow_redirects=True)
    assert "Stäng omgången först" in refused.text
    client.post(f"/rounds/{seeded.round_id}/close")
    assert (
        "kommunstyrelsens beslut först"
        in client.post(f"{here}/publish", follow_redirects=True).text
    )
    future = executive.post(f"{here}/decision", data={**DECISION, "decided_on": "2199-01-01"})
    assert future.status_code == 422
    assert (
        executive.post(f"{here}/decision", data={**DECISION, "row_version": 0}).status_code == 303
    )
    twice = client.post(f"{here}/decision", data={**DECISION, "text": "Annat", "row_version": 0})
    assert twice.status_code == 409
    assert app.test_client().get(public).status_code == 404
    text_of(client, f"{here}/texts/0")
    assert executive.post(f"{here}/publish").status_code == 403
    assert client.post(f"{here}/publish").location == public

    before = app.test_client().get(public)
    for words in ("Godkänner uppföljningen.", "§ 45", "Mer tid.", "Delvis i fas", "Nämnd 00"):
        assert words in before.text
    assert "Leveransen är sen" not in before.text  # what boards wrote is theirs to publish
    # what comes after changes nothing that is published
    db.session.get_one(Board, seeded.boards[0]).name = "Nytt namn"
    for row in db.session.scalars(sa.select(Outcome)):
        row.status = MeasureStatus.DONE
    db.session.commit()
    assert app.test_client().get(public).get_data() == before.get_data()
    reopened = client.post(f"/rounds/{seeded.round_id}/reopen", follow_redirects=True)
    assert "kan inte öppnas igen" in reopened.text
    late = executive.post(f"{here}/decision", data={**DECISION, "text": "Nytt", "row_version": 1})
    assert late.status_code == 409
    for statement in (
        "UPDATE published_follow_up SET title = 'x'",
        "DELETE FROM published_follow_up",
    ):
        with pytest.raises(DatabaseError):
            db.session.execute(sa.text(statement))
        db.session.rollback()
    # a correction is a new number; the first stays
    client.post(f"{here}/texts/0", data={**TEXT, "conclusion": "Rättat.", "row_version": 1})
    client.post(f"{here}/publish")
    assert "Rättat." in app.test_client().get(public).text
    assert "Mer tid." in app.test_client().get(f"{public}?number=1").text
    assert app.test_client().get(f"{public}?number=3").status_code == 404
    plan = app.test_client().get(public.partition("/followups")[0]).text
    assert plan.count(f'href="{public}"') == 1
    # with no version of the plan open to all, neither is this
    version = db.session.get_one(Round, seeded.round_id).version
    version.state = VersionState.REPLACED
    db.session.commit()
    assert app.test_client().get(public).status_code == 404


def test_what_is_published_is_plain_values_with_their_labels_and_their_checksum(app, seeded):
    with app.test_request_context():
        page = service.read(COORDINATOR, seeded.round_id)
        made = edition.edition(COORDINATOR, page, "sv")
    assert json.loads(json.dumps(made)) == made
    assert made["labels"]["unreported"] == "Inte återrapporterade"
    assert sum(made["total"].values()) == 40 == len(made["measures"])
    for part, count in made["total"].items():
        assert count == sum(area["counts"][part] for area in made["areas"])
        assert count == sum((one["status"] or "unreported") == part for one in made["measures"])
    metric = made["metrics"][0]
    assert (metric["baseline_point"]["period"], metric["points"][0]["period"]) == ("2017", "2018")
    assert metric["points"][-1]["value"] is None  # not measured is no 0
    row = PublishedFollowUp(id=1, content=made, sha256=publishing.digest(made))
    assert publishing.content_of(row) is made
    row.content = {**made, "headline": "Allt är klart"}
    with pytest.raises(ValueError, match="tampered"):
        publishing.content_of(row)


def test_gaps_name_board_and_measure_and_are_counted_per_board(
    app, seeded, statements, sign_in, make_user
):
    with app.test_request_context():
        head = service.find(COORDINATOR, seeded.round_id)
        found = gaps.of(COORDINATOR, head)
    by_kind = {kind: [gap for gap in found if gap.kind is kind] for kind in GapKind}
    late = db.session.scalars(sa.select(Board.name).where(Board.id.in_(seeded.boards[3:]))).all()
    assert {gap.board for gap in by_kind[GapKind.LATE]} == set(late)
    assert len(by_kind[GapKind.OWNER]) == 4
    assert all(gap.board_id is None for gap in by_kind[GapKind.OWNER])
    assert {gap.measure_id for gap in by_kind[GapKind.METHOD]} == set(seeded.measures[::3])
    # every metric has a value for 2020; of those it is taken from, it is missing
    assert by_kind[GapKind.VALUE] == []
    metric = db.session.scalars(sa.select(EffectMetric).order_by(EffectMetric.id)).first()
    metric.target_period = "2020"  # 66 of at least 75
    db.session.execute(
        sa.update(MetricValue)
        .where(MetricValue.metric_id != metric.id, MetricValue.period == "2020")
        .values(period="2016")
        .execution_options(logged=True)
    )
    db.session.commit()
    with app.test_request_context():
        found = gaps.of(COORDINATOR, head)
    by_kind = {kind: [gap for gap in found if gap.kind is kind] for kind in GapKind}
    assert [(gap.measure_id, gap.note) for gap in by_kind[GapKind.TARGET]] == [
        (metric.measure_id, metric.name)
    ]
    assert len(by_kind[GapKind.VALUE]) == 15
    counts = {name: count for _key, name, count in gaps.per_board(found)}
    assert sum(count.total() for count in counts.values()) == len(found)
    client = sign_in(make_user("Samordnare", Role.COORDINATOR))
    board = seeded.boards[0]
    page = client.get(f"/followup/{seeded.round_id}/gaps?board={board}&kind=method").text
    owned = [
        key for n, key in enumerate(seeded.measures) if n % 7 == 0 and n % 3 == 0 and n % 10 != 9
    ]
    assert [f"/plan/measures/{key}" in page for key in owned] == [True] * len(owned)
    assert page.count("/plan/measures/") == len(owned)
    notice = f"/followup/{seeded.round_id}/gaps/{board}/notice"
    assert f'href="{notice}"' in page
    form = client.get(notice).text
    assert 'action="/notices/new"' in form
    assert form.count("checked") == 1
    for key in owned:
        title = db.session.get_one(Measure, key).title
        assert title in form.partition("<textarea")[2].partition("</textarea>")[0]
    assert client.get(f"/followup/{seeded.round_id}/gaps/999/notice").status_code == 303
    statements.clear()
    client.get(f"/followup/{seeded.round_id}/gaps")
    client.get(f"/followup/{seeded.round_id}/overview")
    assert len(statements) < 50


def test_a_successor_answers_for_the_gaps_of_a_board_that_has_ended(app, seeded):
    old, new = seeded.boards[0], seeded.boards[1]
    board = db.session.get_one(Board, old)
    board.valid_to, board.successor_id = date(2020, 6, 30), new
    db.session.commit()
    with app.test_request_context():
        found = gaps.of(COORDINATOR, service.find(COORDINATOR, seeded.round_id))
    assert old not in {gap.board_id for gap in found if gap.kind is GapKind.METHOD}


def test_two_rounds_are_compared_measure_by_measure_over_versions(app, seeded, sign_in, make_user):
    first = db.session.get_one(Round, seeded.round_id)
    later = Round(
        version_id=first.version_id,
        title="Årsrapport 2021",
        period="2021",
        opens_on=date(2021, 11, 15),
        due_on=date(2022, 1, 31),
        state=RoundState.OPEN,
    )
    db.session.add(later)
    db.session.flush()
    earlier = {
        row.measure_id: row.status
        for row in db.session.scalars(sa.select(Outcome).where(Outcome.round_id == first.id))
    }
    kept = seeded.measures[:-1]  # one is no longer asked about
    for key in kept:
        area = db.session.get_one(Measure, key).area_id
        db.session.add(
            Outcome(
                round_id=later.id,
                measure_id=key,
                area_id=area,
                status=MeasureStatus.DONE,
                changed_at=now(),
            )
        )
    db.session.commit()
    with app.test_request_context():
        one, other = (service.find(COORDINATOR, key) for key in (later.id, first.id))
        found = over_time.compare(COORDINATOR, one, other)
        years = over_time.over_rounds(COORDINATOR, service.siblings(COORDINATOR, one))
    assert (found.earlier.id, found.later.id, found.gone) == (first.id, later.id, 1)
    assert sum(found.moves.values()) == len(kept)
    done_before = [key for key in kept if earlier[key] is MeasureStatus.DONE]
    assert found.moves["done", "done"] == len(done_before)
    assert len(found.became("done")) == len(kept) - len(done_before)
    assert [row.round.id for row in years] == [first.id, later.id]
    assert years[1].counts.done == len(kept)
    client = sign_in(make_user("Samordnare", Role.COORDINATOR))
    page = client.get(f"/followup/{later.id}/compare").text
    assert "Årsrapport 2020 jämfört med Årsrapport 2021" in page
    assert "En åtgärd finns inte längre i planen." in page
    board = client.get(f"/followup/{first.id}/boards/{seeded.boards[0]}").text
    assert "Nämnd 00" in board
    assert client.get(f"/followup/{later.id}/boards/{seeded.boards[0]}").status_code == 404
