"""Statutory deadlines: reckoned, listed with what is late first, and as a calendar."""

from datetime import date

import icalendar
import pytest
from flask import Flask
from flask.testing import FlaskClient

from registry.db import db
from registry.domains import clocks
from registry.host import data
from registry.host.loading import loaded
from registry.host.models import SubjectKind
from registry.host.values import Clock
from registry.people.models import Role
from registry.people.permissions import Grant, Viewer
from registry.plan.models import GoalArea, Measure
from tests.domains.conftest import Place

CRIME, CRISIS = "crime_prevention", "crisis_preparedness"
COORDINATOR = Viewer(1, "Karin", grants=frozenset({Grant(Role.COORDINATOR)}))
TODAY = date(2026, 11, 25)


@pytest.mark.parametrize(
    ("start", "months", "due"),
    [
        (date(2024, 11, 25), 24, date(2026, 11, 25)),
        (date(2024, 2, 29), 12, date(2025, 2, 28)),
        (date(2025, 8, 31), 6, date(2026, 2, 28)),
        (None, 24, None),
    ],
)
def test_a_deadline_is_so_many_months_after_its_day(
    start: date | None, months: int, due: date | None
) -> None:
    clock = Clock("c", "C", "lag", months, start="decided_on")
    assert clock.due(start, TODAY) == due


@pytest.mark.parametrize(
    ("today", "due"),
    [
        (date(2019, 1, 1), date(2019, 10, 31)),
        (date(2019, 10, 31), date(2019, 10, 31)),
        (date(2019, 11, 1), date(2023, 10, 31)),
        (date(2026, 11, 25), date(2027, 10, 31)),
    ],
)
def test_one_that_comes_back_is_the_next(today: date, due: date) -> None:
    clock = Clock("c", "C", "lag", 48, first=date(2019, 10, 31))
    assert clock.due(None, today) == due


@pytest.mark.parametrize("wrong", [{}, {"start": "a", "first": TODAY}, {"start": "a", "months": 0}])
def test_a_clock_says_how_it_is_reckoned(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="clock c"):
        Clock("c", "C", "lag", **{"months": 24, **wrong})  # type: ignore[arg-type]


@pytest.fixture
def decided(app: Flask, place: Place) -> Place:
    """The measure is crime prevention's, and its plan was decided long ago."""
    _area(place).domain = CRIME
    domain = loaded(app).domains[CRIME]
    day = date(2020, 3, 1)
    data.save_values(domain, SubjectKind.MEASURE, place.measure, {"plan_decided_on": day})
    db.session.commit()
    return place


def _area(place: Place) -> GoalArea:
    return db.session.get_one(GoalArea, db.session.get_one(Measure, place.measure).area_id)


def test_what_is_late_comes_first_with_its_measure(app: Flask, decided: Place) -> None:
    with app.test_request_context():
        found = clocks.deadlines(COORDINATOR, TODAY)
    assert [(one.due, one.measure_id) for one in found] == [(date(2022, 3, 1), decided.measure)]
    assert found[0].late(TODAY)
    assert "(2023:196)" in found[0].clock.law


def test_a_clock_that_nobody_has_started_is_listed_as_such(app: Flask, place: Place) -> None:
    _area(place).domain = CRIME
    db.session.commit()
    with app.test_request_context():
        (one,) = clocks.deadlines(COORDINATOR, TODAY)
    assert (one.due, one.measure_id) == (None, None)


def test_a_domain_that_no_area_has_shows_no_clock(app: Flask, place: Place) -> None:
    with app.test_request_context():
        assert [
            one for one in clocks.deadlines(COORDINATOR, TODAY) if one.domain.name == CRISIS
        ] == []


def test_the_page_the_measure_and_the_calendar_agree(
    decided: Place, clients: dict[str, FlaskClient]
) -> None:
    page = clients["coordinator"].get("/deadlines").get_data(as_text=True)
    assert "2022-03-01" in page
    assert "Passerad" in page
    measure = clients["reporter"].get(f"/plan/measures/{decided.measure}").get_data(as_text=True)
    assert "Senast 2022-03-01" in measure
    answer = clients["coordinator"].get("/deadlines.ics")
    assert answer.mimetype == "text/calendar"
    calendar = icalendar.Calendar.from_ical(answer.get_data())
    (event,) = calendar.walk("VEVENT")
    assert event["DTSTART"].dt == date(2022, 3, 1)
    assert "2.2.1 Klassa system" in event["DESCRIPTION"]
    again = icalendar.Calendar.from_ical(clients["coordinator"].get("/deadlines.ics").get_data())
    assert again.walk("VEVENT")[0]["UID"] == event["UID"], "a calendar would add it twice"


def test_off_it_is_gone(decided: Place, clients: dict[str, FlaskClient]) -> None:
    clients["admin"].post(f"/admin/plugins/{CRIME}", data={"on": "0"})
    assert "2022-03-01" not in clients["coordinator"].get("/deadlines").get_data(as_text=True)
