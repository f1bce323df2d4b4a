"""Situation pictures, the action plan and its clock."""

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


def per_month(domain: Domain, asked: ReportView) -> float | None:
    metric = next(one for one in domain.metrics if one.name == "situations_per_month")
    assert metric.compute is not None
    return metric.compute(asked)  # type: ignore[return-value]


def test_a_measure_names_its_situation_picture_or_says_why_there_is_none(domain):
    check = domain.module.check_measure
    assert issues(check(measure=measure())) == [("situation", Level.WARNING)]
    assert issues(check(measure=measure(situation="Mars 2021"))) == []
    assert issues(check(measure=measure(no_situation_reason="Ny åtgärd"))) == []


def test_an_action_plan_needs_its_day_for_the_clock(domain):
    check = domain.module.check_measure
    plan = {"situation": "Mars 2021", "plan_case_number": "KSN-2020-1"}
    assert issues(check(measure=measure(**plan))) == [("plan_decided_on", Level.WARNING)]
    assert issues(check(measure=measure(**plan, plan_decided_on=date(2020, 5, 1)))) == []


def test_the_clock_runs_two_years_from_the_decision(domain):
    (clock,) = domain.clocks
    assert clock.due(date(2020, 5, 1), date(2021, 1, 1)) == date(2022, 5, 1)
    assert clock.due(None, date(2021, 1, 1)) is None
    assert clock.start in {one.name for one in domain.measure_fields}


@pytest.mark.parametrize(
    ("data", "found"),
    [
        ({"situations_made": 0, "actions_decided": 2}, [("situations_made", Level.WARNING)]),
        ({"actions_decided": 2}, []),
        ({"situations_made": 0, "actions_decided": 0}, []),
        ({}, []),
    ],
)
def test_actions_without_a_situation_picture_are_doubted(domain, data, found):
    assert issues(domain.module.check_report(report=report(**data))) == found


def test_situation_pictures_are_counted_by_month_of_the_period(domain):
    tertial = RoundView("T1", "2021-T1", date(2021, 1, 1), date(2021, 4, 30), date(2021, 5, 31))
    assert per_month(domain, report(situations_made=12)) == 1
    short = ReportView("Nämnden", tertial, measure(), None, {"situations_made": 2})
    assert per_month(domain, short) == 0.5
    assert per_month(domain, report(situations_made=0)) == 0
    assert per_month(domain, report()) is None


def test_the_panel_leaves_out_those_who_have_not_answered(domain):
    mute = BoardReport("Nämnden", 1, YEAR, "submitted")
    none = BoardReport("Styrelsen", 1, YEAR, "submitted", data={"situations_made": 0})
    shown = domain.module.measure_panel(measure=MeasureView(1, "1", "Å", reported=(mute, none)))
    assert [(row.label, row.value) for row in shown.rows] == [("2021, Styrelsen", 0)]


def test_the_analysis_of_causes_is_secret(domain):
    assert {one.name: one.secrecy for one in domain.fields if one.secrecy} == {
        "cause_analysis": "OSL 18:1"
    }
