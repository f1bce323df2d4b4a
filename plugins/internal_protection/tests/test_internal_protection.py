"""Incidents, police reports and the cost of damage."""

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
    ("data", "found"),
    [
        ({"damage_cost": 5000}, [("own_work_included", Level.WARNING)]),
        ({"damage_cost": 5000, "own_work_included": False}, []),
        ({"damage_cost": 0}, []),
        ({"incidents": 2, "police_reports": 3}, [("police_reports", Level.WARNING)]),
        ({"incidents": 3, "police_reports": 3}, []),
        ({"police_reports": 3}, []),
        ({}, []),
    ],
)
def test_numbers_that_cannot_be_compared_are_doubted_and_missing_ones_are_not(domain, data, found):
    assert issues(domain.module.check_report(report=report(**data))) == found


@pytest.mark.parametrize(
    ("data", "found"),
    [
        ({"event_types": ["fire", "violence"]}, [("risk_assessed_on", Level.WARNING)]),
        ({"event_types": ["threat"], "risk_assessed_on": date(2020, 3, 1)}, []),
        ({"event_types": ["fire"]}, []),
        ({}, []),
    ],
)
def test_threats_and_violence_ask_for_a_risk_assessment(domain, data, found):
    assert issues(domain.module.check_measure(measure=measure(**data))) == found


@pytest.mark.parametrize(
    ("metric", "field"), [("reported_incidents", "incidents"), ("cost_of_damage", "damage_cost")]
)
def test_no_answer_is_no_value_and_none_is_zero(domain, metric, field):
    assert value(domain, metric, **{field: 17}) == 17
    assert value(domain, metric, **{field: 0}) == 0
    assert value(domain, metric) is None


def test_more_reported_incidents_are_neither_good_nor_bad(domain):
    assert {one.name: one.better for one in domain.metrics}["reported_incidents"] == "ambiguous"


def test_the_panel_shows_a_reported_zero_and_leaves_out_what_is_missing(domain):
    calm = BoardReport("Bolaget", 1, YEAR, "submitted", data={"incidents": 0})
    mute = BoardReport("Nämnden", 1, YEAR, "submitted")
    shown = domain.module.measure_panel(measure=MeasureView(1, "1", "Å", reported=(calm, mute)))
    assert [(row.label, row.value) for row in shown.rows] == [("2021, Bolaget", 0)]
    assert domain.module.measure_panel(measure=MeasureView(1, "1", "Å", reported=(mute,))) is None


def test_what_is_protected_and_how_is_secret(domain):
    assert {one.name: one.secrecy for one in domain.fields if one.secrecy} == {
        "object": "OSL 18:8",
        "alarms_and_guarding": "OSL 18:8",
    }
