"""A round's calendar: reminders, the closing day, boards with a day of their own."""

from datetime import date, timedelta

import pytest
import sqlalchemy as sa

from registry.db import db, now
from registry.followup import service as followup
from registry.language import today
from registry.reporting import calendar, outcomes, reading, rounds
from registry.reporting.models import Outcome, Round, RoundException
from registry.reporting.rounds import CannotReport
from tests.reporting.conftest import viewer_of

YESTERDAY, TOMORROW = today() - timedelta(days=1), today() + timedelta(days=1)


def test_a_board_with_a_day_of_its_own_is_late_when_that_day_has_passed(job, boards, app):
    coordinator = viewer_of(job.coordinator)
    social = boards["social"].id
    with app.test_request_context():
        late = {one.board: one.late for one in rounds.progress(coordinator, job.round)}
        assert set(late.values()) == {True}
        calendar.give_day(coordinator, job.round.id, social, TOMORROW, "Nytt system i januari")
        progress = {one.board: one for one in rounds.progress(coordinator, job.round)}
        assert [name for name, one in progress.items() if one.late] == ["Räddningsnämnden"]
        assert (progress["Socialnämnden"].due_on, progress["Socialnämnden"].own_day) == (
            TOMORROW,
            True,
        )
        page = followup.read(coordinator, job.round.id)
        assert [board.name for board in page.late] == ["Räddningsnämnden"]
        work = reading.my_work(viewer_of(job.reporter))
        assert [one.due_on for one in work] == [TOMORROW]
        calendar.give_day(coordinator, job.round.id, social, YESTERDAY, "Kortare")
        assert db.session.scalars(sa.select(RoundException)).one().due_on == YESTERDAY
        assert all(one.late for one in rounds.progress(coordinator, job.round))
        with pytest.raises(CannotReport):
            calendar.give_day(coordinator, job.round.id, boards["executive"].id, TOMORROW, "x")
        with pytest.raises(CannotReport):
            calendar.give_day(coordinator, job.round.id, social, date(2020, 1, 1), "x")


def test_the_calendar_is_set_read_and_told(job, sign_in):
    client = sign_in(job.coordinator)
    address = f"/rounds/{job.round.id}"
    form = {
        "title": "2021",
        "due_on": "2022-01-31",
        "closes_on": "2022-02-15",
        "reminder_days": "10; -2",
        "row_version": job.round.row_version,
    }
    for wrong in ({"closes_on": "2022-01-01"}, {"reminder_days": "ofta"}, {"reminder_days": "999"}):
        client.post(f"{address}/edit", data={**form, **wrong})
        assert db.session.get_one(Round, job.round.id, populate_existing=True).closes_on is None
    assert client.post(f"{address}/edit", data=form).status_code == 303
    stored = db.session.get_one(Round, job.round.id, populate_existing=True)
    assert calendar.reminders(stored) == [date(2022, 1, 21), date(2022, 2, 2)]
    days = client.post(
        f"{address}/days",
        data={
            "board_id": job.reports["social"].board_id,
            "own_due_on": "2022-02-10",
            "reason": "Byte",
        },
    )
    assert days.status_code == 303
    page = client.get(address).text
    for text in ("2022-01-21", "2022-02-02", "2022-02-15", "Socialnämnden", "2022-02-10", "Byte"):
        assert text in page
    for who, told in ((job.reporter, True), (job.rescuer, False)):
        page = sign_in(who).get(address).text
        assert ("2022-02-10" in page, "Byte" in page) == (told, told), "another board's own day"
    empty = client.post(f"{address}/days", data={"board_id": job.reports["social"].board_id})
    assert empty.status_code == 422
    own = db.session.scalars(sa.select(RoundException)).one()
    assert "2022-02-10" in sign_in(job.reporter).get(
        f"/reports/{job.reports['social'].id}"
    ).text or (
        "10 februari 2022" in sign_in(job.reporter).get(f"/reports/{job.reports['social'].id}").text
    )
    assert client.post(f"/rounds/days/{own.id}/remove").status_code == 303
    assert db.session.scalars(sa.select(RoundException)).all() == []


def test_a_round_whose_follow_up_is_published_stays_closed(job, sign_in):
    client = sign_in(job.coordinator)
    client.post(f"/rounds/{job.round.id}/close")
    db.session.get_one(Round, job.round.id, populate_existing=True).published_at = now()
    db.session.commit()
    assert "Öppna omgången igen" not in client.get(f"/rounds/{job.round.id}").text
    answer = client.post(f"/rounds/{job.round.id}/reopen", follow_redirects=True)
    assert "kan inte öppnas igen" in answer.text
    assert db.session.get_one(Round, job.round.id, populate_existing=True).closed_at is not None


def test_a_new_round_says_what_follows_along(job, sign_in):
    rows = db.session.scalars(sa.select(Outcome).order_by(Outcome.measure_id)).all()
    for row, status in zip(rows, ("done", "delayed", "ongoing"), strict=False):
        row.status = status
    db.session.commit()
    carried = outcomes.carried(job.plan.version.id)
    assert (carried.round_title, carried.unreported, carried.again) == (
        "2021",
        len(rows) - 3,
        len(rows) - 1,
    )
    page = sign_in(job.coordinator).get("/rounds/new").text
    assert "Det här följer med från omgång 2021" in page
    assert f"{len(rows) - 1} åtgärder är inte avslutade" in page
