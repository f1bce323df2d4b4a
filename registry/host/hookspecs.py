"""The hooks a domain may implement. This file is the whole contract.

Contribution hooks are called once, when the plugin is loaded, and their result is frozen.
Decision hooks are called in a request, on values. Event hooks are called after the commit.
"""

from collections.abc import Iterable, Sequence
from typing import Any

import pluggy
from flask import Blueprint

from registry.host.fields import Field
from registry.host.metrics import Metric
from registry.host.values import (
    Clock,
    Importer,
    Issue,
    MeasureView,
    NavItem,
    Panel,
    ReportView,
    Subject,
)

PROJECT = "registry"
hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)


# contribution: a fault refuses the plugin


@hookspec
def measure_fields() -> Sequence[Field]:  # type: ignore[empty-body]
    """What the domain asks on each measure of its goal area."""


@hookspec
def report_fields() -> Sequence[Field]:  # type: ignore[empty-body]
    """What the domain asks at each report on such a measure."""


@hookspec
def metrics() -> Sequence[Metric]:  # type: ignore[empty-body]
    """The effect metrics the domain offers."""


@hookspec
def blueprint() -> Blueprint | None:
    """Pages of the domain's own, served under ``/domain/<name>/``."""


@hookspec
def nav_items() -> Sequence[NavItem]:  # type: ignore[empty-body]
    """Entries of the domain's menu."""


@hookspec
def importers() -> Sequence[Importer]:  # type: ignore[empty-body]
    """Files the domain can read into answers on measures; the host previews and writes."""


@hookspec
def clocks() -> Sequence[Clock]:  # type: ignore[empty-body]
    """Statutory deadlines, shown on measures, on the coordinators' page and in a calendar file."""


# decision: a fault costs a strike and yields the default


@hookspec
def check_measure(measure: MeasureView) -> Iterable[Issue]:  # type: ignore[empty-body]
    """What is wrong or doubtful in the domain's fields of a measure."""


@hookspec
def check_report(report: ReportView) -> Iterable[Issue]:  # type: ignore[empty-body]
    """What is wrong or doubtful in the domain's fields of a report."""


@hookspec
def measure_panel(measure: MeasureView) -> Panel | None:
    """What the domain shows on a measure's page; ``measure.reported`` holds the boards' reports."""


@hookspec
def report_panel(report: ReportView) -> Panel | None:
    """What the domain shows beside a report's form, of what is saved in it."""


@hookspec
def upgrade_data(subject: Subject, data: dict[str, Any], version: int) -> dict[str, Any]:  # type: ignore[empty-body]
    """Data of an older ``version`` in the shape of the manifest's ``data_version``."""


# event: after the commit, the result is ignored; a fault costs a strike


@hookspec
def report_submitted(report: ReportView) -> None:
    """A board has submitted its report on a measure of the domain."""
