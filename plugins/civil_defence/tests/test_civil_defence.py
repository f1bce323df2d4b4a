"""What the domain for civil defence checks, computes and keeps secret."""

from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from registry.api import today
from registry.host import loading, manifest
from registry.host.values import Issue, Level, MeasureView, ReportView, RoundView

FOUND = manifest.read(Path(__file__).parents[1], "bundled")
DOMAIN: Any = loading.take_in(FOUND, None)  # type: ignore[arg-type]
ROUND = RoundView("2021", "2021", date(2021, 1, 1), date(2021, 12, 31), date(2022, 1, 31))


def report(**data: Any) -> ReportView:
    view = MeasureView(1, "2.6.4", "Utbilda chefer")
    return ReportView("Kommunstyrelsen", ROUND, view, "ongoing", data)


def checked(**data: Any) -> list[Issue]:
    return list(DOMAIN.module.check_report(report=report(**data)))


def test_every_secret_question_says_what_must_never_be_written() -> None:
    secret = [one for one in DOMAIN.fields if one.secrecy]
    assert {one.secrecy for one in secret} == {"OSL 15:2"}
    assert len(secret) == 5
    assert all("säkerhetsskyddsklassificera" in one.help.lower() for one in secret)


def test_no_more_are_trained_than_should_be() -> None:
    [issue] = checked(staff_trained=Decimal(5), staff_to_train=Decimal(4))
    assert (issue.field, issue.level) == ("staff_trained", Level.ERROR)
    assert [one.field for one in checked(staff_trained=Decimal(5))] == ["staff_to_train"]
    assert checked(staff_trained=Decimal(0), staff_to_train=Decimal(0)) == []
    assert checked(staff_to_train=Decimal(4)) == checked() == []


def test_an_organisation_is_decided_before_the_period_ends() -> None:
    [issue] = checked(war_organisation_on=date(2022, 1, 1))
    assert issue.field == "war_organisation_on"
    assert "2021-12-31" in DOMAIN.say(issue.message, issue.values)
    assert checked(war_organisation_on=date(2021, 12, 31)) == []


@pytest.mark.parametrize(
    ("days", "expected"), [(-1, [Level.ERROR]), (0, []), (700, []), (800, [Level.WARNING])]
)
def test_an_analysis_is_renewed_every_second_year(days: int, expected: list[Level]) -> None:
    day = today() - timedelta(days=days)
    view = MeasureView(1, "2.6.2", "Analys", data={"security_analysis_on": day})
    assert [one.level for one in DOMAIN.module.check_measure(measure=view)] == expected
    empty = MeasureView(1, "2.6.2", "Analys")
    assert list(DOMAIN.module.check_measure(measure=empty)) == []


def test_metrics_are_computed_from_open_answers_only() -> None:
    compute = {one.name: one.compute for one in DOMAIN.metrics if one.compute}
    trained = compute["staff_trained"]
    assert trained(report(staff_trained=Decimal(41), staff_to_train=Decimal(82))) == 50
    assert trained(report(staff_trained=Decimal(0), staff_to_train=Decimal(82))) == 0
    assert trained(report(staff_trained=Decimal(0), staff_to_train=Decimal(0))) is None
    assert trained(report(staff_trained=Decimal(3))) is None
    in_time = compute["yearly_report_in_time"]
    assert in_time(report(yearly_report_in_time=True)) == 1
    assert in_time(report(yearly_report_in_time=False)) == 0
    assert in_time(report()) is None
