"""What the domain for crisis preparedness checks, computes and reckons."""

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


def report(**data: Any) -> ReportView:
    view = MeasureView(1, "2.5.5", "Öva krisledningen")
    return ReportView("Kommunstyrelsen", ROUND, view, "ongoing", data)


def checked(**data: Any) -> list[Issue]:
    return list(DOMAIN.module.check_report(report=report(**data)))


def test_an_exercise_that_was_held_has_a_form() -> None:
    [issue] = checked(exercises_held=Decimal(1))
    assert (issue.field, issue.level) == ("exercise_type", Level.ERROR)
    assert checked(exercises_held=Decimal(1), exercise_type="alarm") == []
    assert checked(exercises_held=Decimal(0)) == checked() == []


@pytest.mark.parametrize("day", [date(2020, 12, 31), date(2022, 1, 1)])
def test_an_exercise_lies_within_the_period(day: date) -> None:
    [issue] = checked(exercise_date=day)
    assert (issue.field, issue.level) == ("exercise_date", Level.ERROR)
    assert "2021-01-01 – 2021-12-31" in DOMAIN.say(issue.message, issue.values)
    assert checked(exercise_date=date(2021, 1, 1)) == []
    assert checked(exercise_date=date(2021, 12, 31)) == []


def test_more_exercises_than_planned_are_asked_about() -> None:
    [issue] = checked(
        exercises_held=Decimal(3), exercises_planned=Decimal(2), exercise_type="alarm"
    )
    assert (issue.field, issue.level) == ("exercises_held", Level.WARNING)
    assert checked(exercises_planned=Decimal(2)) == []


def test_the_share_of_exercises_held_needs_a_plan() -> None:
    compute = next(one.compute for one in DOMAIN.metrics if one.name == "exercises_held_share")
    assert compute(report(exercises_held=Decimal(1), exercises_planned=Decimal(4))) == 25
    assert compute(report(exercises_held=Decimal(0), exercises_planned=Decimal(4))) == 0
    assert compute(report(exercises_held=Decimal(0), exercises_planned=Decimal(0))) is None
    assert compute(report(exercises_planned=Decimal(4))) is None
    assert compute(report(exercises_held=Decimal(4))) is None


def test_what_an_enemy_could_use_is_secret() -> None:
    secret = {one.name for one in DOMAIN.fields if one.secrecy == "OSL 18:13"}
    assert secret == {
        "rsa_risk",
        "likelihood",
        "consequence",
        "vital_activity",
        "acceptable_outage",
        "dependencies",
        "redundancy",
    }


def test_the_risk_analysis_is_due_once_per_term_of_office() -> None:
    [clock] = DOMAIN.clocks
    assert clock.due(None, date(2019, 11, 1)) == date(2023, 10, 31)
    assert clock.due(None, date(2023, 10, 31)) == date(2023, 10, 31)


def test_the_panel_shows_what_was_answered_and_nothing_else() -> None:
    def panel(**data: Any) -> Any:
        past = BoardReport("Kommunstyrelsen", 1, ROUND, "submitted", data=data)
        return DOMAIN.module.measure_panel(
            measure=MeasureView(1, "2.5.5", "Öva krisledningen", reported=(past,))
        )

    assert panel() is None
    [row] = panel(exercises_held=Decimal(0)).rows
    assert (row.value, row.most) == (0, None)
    assert [row.value for row in panel(continuity_plan="exercised").rows] == ["Övad"]
