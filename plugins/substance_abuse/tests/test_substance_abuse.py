"""Inspections and test purchases; never individuals."""

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
        ({"objects": 10, "inspections": 11}, "inspections"),
        ({"inspections": 11}, "objects"),
        ({"test_purchases": 10, "id_asked": 11}, "id_asked"),
        ({"id_asked": 11}, "test_purchases"),
    ],
)
def test_a_part_larger_than_its_whole_or_without_it_stops_the_report(domain, data, field):
    assert issues(domain.module.check_report(report=report(**data))) == [(field, Level.ERROR)]


@pytest.mark.parametrize(
    "data", [{}, {"objects": 10}, {"objects": 10, "inspections": 10}, {"test_purchases": 4}]
)
def test_what_is_not_answered_is_no_fault(domain, data):
    assert issues(domain.module.check_report(report=report(**data))) == []


def test_inspection_as_a_method_asks_for_its_type(domain):
    check = domain.module.check_measure
    missing = [("inspection_type", Level.WARNING)]
    assert issues(check(measure=measure(method="inspection"))) == missing
    assert issues(check(measure=measure(method="inspection", inspection_type="tobacco"))) == []
    assert issues(check(measure=measure(method="outreach"))) == []
    assert issues(check(measure=measure())) == []


@pytest.mark.parametrize(
    ("metric", "part", "whole"),
    [("inspected", "inspections", "objects"), ("id_asked_share", "id_asked", "test_purchases")],
)
def test_a_share_has_no_value_without_its_whole(domain, metric, part, whole):
    assert value(domain, metric, **{part: 8, whole: 10}) == 80
    assert value(domain, metric, **{part: 0, whole: 10}) == 0
    assert value(domain, metric, **{part: 0, whole: 0}) is None
    assert value(domain, metric, **{part: 8}) is None
    assert value(domain, metric) is None


def test_the_panel_leaves_out_those_who_have_not_answered(domain):
    mute = BoardReport("Nämnden", 1, YEAR, "submitted", data={"objects": 5})
    assert domain.module.measure_panel(measure=MeasureView(1, "1", "Å", reported=(mute,))) is None


def test_free_text_warns_against_data_about_individuals(domain):
    texts = [one for one in domain.fields if one.kind in {"text", "long_text"}]
    assert texts
    assert all("enskilda" in one.help and "OSL 26:1" in one.help for one in texts)
