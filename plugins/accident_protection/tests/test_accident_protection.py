"""What the domain for accidents checks and computes."""

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from registry.host import loading, manifest
from registry.host.values import BoardReport, Issue, Level, MeasureView, ReportView, RoundView

FOUND = manifest.read(Path(__file__).parents[1], "bundled")
DOMAIN: Any = loading.take_in(FOUND, None)  # type: ignore[arg-type]
ROUND = RoundView("2021", "2021", date(2021, 1, 1), date(2021, 12, 31), date(2022, 1, 31))


def report(measure: dict[str, Any] | None = None, **data: Any) -> ReportView:
    view = MeasureView(1, "2.3.2", "Tillsyn", data=measure or {})
    return ReportView("Räddningsnämnden", ROUND, view, "ongoing", data)


def checked(given: ReportView) -> list[Issue]:
    return list(DOMAIN.module.check_report(report=given))


def test_more_inspections_than_planned_are_asked_about() -> None:
    [issue] = checked(report(inspections_planned=Decimal(3), inspections=Decimal(4)))
    assert (issue.field, issue.level) == ("inspections", Level.WARNING)
    assert checked(report(inspections_planned=Decimal(3), inspections=Decimal(3))) == []


@pytest.mark.parametrize("data", [{}, {"inspections": Decimal(4)}, {"inspections_planned": 0}])
def test_what_is_not_answered_is_not_compared(data: dict[str, Any]) -> None:
    assert checked(report(**data)) == []


@pytest.mark.parametrize(
    ("intervention", "name"),
    [("inspection", "inspections"), ("home_visit", "home_visits"), ("training", "trained")],
)
def test_a_measure_is_asked_for_what_it_is_about(intervention: str, name: str) -> None:
    [issue] = checked(report({"intervention": intervention}))
    assert (issue.field, issue.level) == (name, Level.WARNING)
    assert checked(report({"intervention": intervention}, **{name: Decimal(0)})) == []
    assert checked(report({"intervention": "campaign"})) == []


def test_a_goal_needs_its_name_and_a_name_its_goal() -> None:
    def fields(**data: Any) -> list[str | None]:
        view = MeasureView(1, "2.3.2", "Tillsyn", data=data)
        return [one.field for one in DOMAIN.module.check_measure(measure=view)]

    assert fields(programme_goal="safety") == ["programme_reference"]
    assert fields(programme_reference="S3") == ["programme_goal"]
    assert fields(programme_goal="safety", programme_reference="S3") == fields() == []


def test_inspections_are_reckoned_against_the_plan() -> None:
    compute = next(one.compute for one in DOMAIN.metrics if one.name == "inspections_done")
    assert compute(report(inspections=Decimal(231), inspections_planned=Decimal(300))) == 77
    assert compute(report(inspections=Decimal(0), inspections_planned=Decimal(300))) == 0
    assert compute(report(inspections=Decimal(0), inspections_planned=Decimal(0))) is None
    assert compute(report(inspections=Decimal(4))) is None
    assert compute(report(inspections_planned=Decimal(4))) is None


def test_a_sum_over_nobodys_answers_is_no_value() -> None:
    given = BoardReport("Räddningsnämnden", 1, ROUND, "submitted", data={"trained": Decimal(0)})
    assert DOMAIN.module.total([given], "trained") == 0
    assert DOMAIN.module.total([given], "home_visits") is None
