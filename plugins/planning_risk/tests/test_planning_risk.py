"""What the domain for risks in planning checks and computes."""

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from registry.host import loading, manifest
from registry.host.values import Issue, Level, MeasureView, ReportView, RoundView

FOUND = manifest.read(Path(__file__).parents[1], "bundled")
DOMAIN: Any = loading.take_in(FOUND, None)  # type: ignore[arg-type]
ROUND = RoundView("2021", "2021", date(2021, 1, 1), date(2021, 12, 31), date(2022, 1, 31))
NEAR = {"distance": Decimal(150)}


def measure(**data: Any) -> MeasureView:
    return MeasureView(1, "2.4.1", "Detaljplan", data=data)


def report(of: dict[str, Any] | None = None, **data: Any) -> ReportView:
    return ReportView("Plan- och byggnadsnämnden", ROUND, measure(**(of or {})), "ongoing", data)


def checked(given: ReportView) -> list[Issue]:
    return list(DOMAIN.module.check_report(report=given))


def fields(**data: Any) -> list[str | None]:
    found = list(DOMAIN.module.check_measure(measure=measure(**data)))
    assert all(issue.level is Level.WARNING for issue in found)
    return [issue.field for issue in found]


def test_a_plan_within_150_metres_needs_a_risk_assessment() -> None:
    assert fields(**NEAR) == ["risk_assessment"]
    assert fields(**NEAR, risk_assessment=False) == ["risk_assessment"]
    assert fields(**NEAR, risk_assessment=True, risk_assessment_reference="PM 4") == []
    assert fields(distance=Decimal("150.5")) == fields(risk_assessment=False) == fields() == []


def test_an_assessment_has_a_name_and_a_high_risk_its_protection() -> None:
    assert fields(risk_assessment=True) == ["risk_assessment_reference"]
    assert fields(individual_risk="over_1e_5") == ["protection"]
    assert fields(individual_risk="over_1e_5", protection="Skyddsvall") == []
    assert fields(individual_risk="1e_6_to_1e_5") == []


def test_no_more_plans_are_assessed_than_there_are() -> None:
    [issue] = checked(report(plans_near=Decimal(2), plans_near_assessed=Decimal(3)))
    assert (issue.field, issue.level) == ("plans_near_assessed", Level.ERROR)
    assert [one.field for one in checked(report(plans_near_assessed=Decimal(3)))] == ["plans_near"]
    assert checked(report(plans_near=Decimal(0), plans_near_assessed=Decimal(0))) == []
    assert checked(report(plans_near=Decimal(2))) == checked(report()) == []


@pytest.mark.parametrize("stage", ["review", "adoption", "legal_force"])
def test_a_plan_that_went_on_without_assessment_is_asked_about(stage: str) -> None:
    [issue] = checked(report(NEAR, plan_stage=stage))
    assert (issue.field, issue.level) == ("plan_stage", Level.WARNING)
    assert "150" in DOMAIN.say(issue.message, issue.values)
    assert checked(report({**NEAR, "risk_assessment": True}, plan_stage=stage)) == []
    assert checked(report(plan_stage=stage)) == []
    assert checked(report(NEAR, plan_stage="consultation")) == []


def test_one_measure_is_all_or_nothing_of_the_plans_near() -> None:
    compute = next(one.compute for one in DOMAIN.metrics if one.name == "near_assessed")
    assert compute(report({**NEAR, "risk_assessment": True})) == 100
    assert compute(report({"distance": Decimal(0), "risk_assessment": False})) == 0
    assert compute(report({"distance": Decimal(151), "risk_assessment": True})) is None
    assert compute(report({"risk_assessment": True})) is None
    assert compute(report(NEAR)) is None
