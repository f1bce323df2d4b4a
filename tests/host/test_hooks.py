"""Every hook of the contract, through the host: a hook without a case here fails."""

from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from registry.host import calls, data, hookspecs, overview
from registry.host.loading import CONTRIBUTIONS, Domain, load_folder
from registry.host.models import SubjectKind
from registry.host.values import ImportRow, MeasureView, Panel, ReportView, RoundView, Row, Subject

CODE = """
from flask import Blueprint
from registry.api import *
HEARD = []
bp = Blueprint("whole", __name__)
@bp.get("/")
def start():
    return "start"
@hookimpl
def measure_fields():
    return [Date("decided_on", "Beslutad"), Text("place", "Plats")]
@hookimpl
def report_fields():
    return [Whole("walks", "Vandringar")]
@hookimpl
def metrics():
    return [Metric("walks", "Vandringar", compute=value_of("walks"))]
@hookimpl
def blueprint():
    return bp
@hookimpl
def nav_items():
    return [NavItem("Läget", "start")]
@hookimpl
def importers():
    return [Importer("rows", "Läs in", read)]
def read(content):
    return [ImportRow(content.decode(), {"place": "A"})]
@hookimpl
def clocks():
    return [Clock("review", "Följ upp", "lag (2023:196)", 24, start="decided_on")]
@hookimpl
def check_measure(measure):
    return [Issue("Var?", "place")] if "place" not in measure.data else []
@hookimpl
def check_report(report):
    yield Issue("Hur många %(what)s?", "walks", values={"what": "vandringar"})
@hookimpl
def measure_panel(measure):
    return Panel("På åtgärden", [Row("Plats", measure.data.get("place"))])
@hookimpl
def report_panel(report):
    return Panel("I rapporten", [Row("Vandringar", report.data.get("walks"))])
@hookimpl
def upgrade_data(subject, data, version):
    return {"walks": data["tours"] + version}
@hookimpl
def report_submitted(report):
    HEARD.append(report.board)
"""


@pytest.fixture
def domain(app: Flask, write_plugin: Callable[..., Path]) -> Domain:
    folder = write_plugin("whole", CODE)
    found = load_folder(folder.parent)
    assert found.refusals == {}
    return found.domains["whole"]


MEASURE = MeasureView(1, "1.1", "Vandra")
ROUND = RoundView("2021", "2021", date(2021, 1, 1), date(2021, 12, 31), date(2022, 1, 31))
REPORT = ReportView("Kulturnämnden", ROUND, MEASURE, "done", {"walks": 3})


def names(values: Any) -> list[str]:
    return [one.name for one in values]


def heard(domain: Domain) -> list[str]:
    calls.report_submitted(domain, REPORT)
    found: list[str] = domain.module.HEARD
    return found


CASES: dict[str, Callable[[Domain], bool]] = {
    "measure_fields": lambda d: names(d.measure_fields) == ["decided_on", "place"],
    "report_fields": lambda d: names(d.report_fields) == ["walks"],
    "metrics": lambda d: calls.compute(d, d.metrics[0], REPORT) == 3,
    "blueprint": lambda d: d.blueprint is not None and d.blueprint.name == "whole",
    "nav_items": lambda d: [one.label for one in d.nav_items] == ["Läget"],
    "importers": lambda d: (
        calls.read_file(d, d.importers[0], b"1.1") == [ImportRow("1.1", {"place": "A"})]
    ),
    "clocks": lambda d: d.clocks[0].due(date(2020, 2, 29), date(2021, 1, 1)) == date(2022, 2, 28),
    "check_measure": lambda d: calls.check_measure(d, MEASURE).issues[0].message == "Var?",
    "check_report": lambda d: (
        calls.check_report(d, REPORT).issues[0].message == "Hur många vandringar?"
    ),
    "measure_panel": lambda d: (
        calls.measure_panel(d, MEASURE) == Panel("På åtgärden", (Row("Plats", None),))
    ),
    "report_panel": lambda d: (
        calls.report_panel(d, REPORT) == Panel("I rapporten", (Row("Vandringar", 3),))
    ),
    "upgrade_data": lambda d: (
        calls.upgrade_data(d, Subject("measure", 1), {"tours": 4}, 2) == {"walks": 6}
    ),
    "report_submitted": lambda d: heard(d) == ["Kulturnämnden"],
}


def test_every_hook_has_a_case() -> None:
    specified = {
        name
        for name, value in vars(hookspecs).items()
        if hasattr(value, f"{hookspecs.PROJECT}_spec")
    }
    assert set(CASES) == specified
    assert CONTRIBUTIONS.keys() < specified


@pytest.mark.parametrize("hook", CASES)
def test_a_hook_reaches_what_it_is_for(domain: Domain, hook: str) -> None:
    assert domain.implements(hook)
    assert CASES[hook](domain)


def test_a_plugin_without_hooks_is_a_domain_that_asks_nothing(
    app: Flask, write_plugin: Callable[..., Path]
) -> None:
    folder = write_plugin("empty", "")
    empty = load_folder(folder.parent).domains["empty"]
    assert empty.fields == ()
    assert calls.check_report(empty, REPORT) == calls.Checked(())
    assert calls.report_panel(empty, REPORT) is None
    assert data.load(SubjectKind.MEASURE, [1], [empty]) == {}
    with app.test_request_context():
        assert overview.links("empty") == []


@pytest.fixture(autouse=True)
def _forgotten() -> Iterator[None]:
    from registry.host.importing import forget

    yield
    forget("empty")
