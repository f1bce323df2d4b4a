"""Safety walks: faults, participants, cameras."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from registry.host.loading import Domain, take_in
from registry.host.manifest import Found, read
from registry.host.values import BoardReport, Level, MeasureView, ReportView, RoundView

YEAR = RoundView("2021", "2021", date(2021, 1, 1), date(2021, 12, 31), date(2022, 1, 31))


@pytest.fixture(scope="module")
def domain() -> Domain:
    found = read(Path(__file__).parents[1], "bundled")
    assert isinstance(found, Found)
    domain = take_in(found, None)
    assert isinstance(domain, Domain), domain
    return domain


def measure(**data: Any) -> MeasureView:
    return MeasureView(1, "1.1.1", "Åtgärd", data=data)


def report(**data: Any) -> ReportView:
    return ReportView("Nämnden", YEAR, measure(), "ongoing", data)


def issues(found: Any) -> list[tuple[str | None, Level]]:
    return [(one.field, one.level) for one in found]


def value(domain: Domain, name: str, **data: Any) -> float | None:
    metric = next(one for one in domain.metrics if one.name == name)
    assert metric.compute is not None
    return metric.compute(report(**data))  # type: ignore[return-value]


@pytest.mark.parametrize(
    ("data", "field"),
    [
        ({"faults_found": 4, "faults_fixed": 5}, "faults_fixed"),
        ({"faults_fixed": 5}, "faults_found"),
        ({"walk_date": date(2020, 12, 31)}, "walk_date"),
    ],
)
def test_what_cannot_be_true_stops_the_report(domain, data, field):
    assert issues(domain.module.check_report(report=report(**data))) == [(field, Level.ERROR)]


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"faults_found": 5},
        {"faults_found": 5, "faults_fixed": 5},
        {"walk_date": date(2021, 12, 31), "walk_participants": 8},
    ],
)
def test_what_is_not_answered_is_no_fault(domain, data):
    assert issues(domain.module.check_report(report=report(**data))) == []


def test_participants_without_a_walk_are_doubted(domain):
    found = domain.module.check_report(report=report(walks=0, walk_participants=8))
    assert issues(found) == [("walks", Level.WARNING)]


def test_a_camera_asks_for_its_weighing_against_privacy(domain):
    check = domain.module.check_measure
    camera = {"action_types": ["lighting", "camera"]}
    assert issues(check(measure=measure(**camera))) == [("camera_weighed", Level.WARNING)]
    assert issues(check(measure=measure(**camera, camera_weighed=True))) == []
    assert issues(check(measure=measure(action_types=["lighting"]))) == []
    assert issues(check(measure=measure())) == []


def test_remedied_faults_are_a_share_of_those_found_and_no_value_without_them(domain):
    assert value(domain, "faults_fixed_share", faults_found=4, faults_fixed=3) == 75
    assert value(domain, "faults_fixed_share", faults_found=4, faults_fixed=0) == 0
    assert value(domain, "faults_fixed_share", faults_found=0, faults_fixed=0) is None
    assert value(domain, "faults_fixed_share", faults_found=4) is None
    assert value(domain, "faults_fixed_share") is None


def test_the_panel_shows_only_reports_that_say_both(domain):
    half = BoardReport("Nämnden", 1, YEAR, "submitted", data={"faults_found": 3})
    both = BoardReport("Bolaget", 1, YEAR, "submitted", data={"faults_found": 3, "faults_fixed": 0})
    shown = domain.module.measure_panel(measure=MeasureView(1, "1", "Å", reported=(half, both)))
    assert [(row.label, row.note) for row in shown.rows] == [("2021, Bolaget", "0 / 3")]
    assert domain.module.measure_panel(measure=MeasureView(1, "1", "Å", reported=(half,))) is None


def test_where_a_camera_stands_is_secret(domain):
    assert {one.name for one in domain.fields if one.secrecy} == {"camera_site"}
