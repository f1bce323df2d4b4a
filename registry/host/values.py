"""What plugins get and give: frozen values, never rows, sessions or the app."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Any


@dataclass(frozen=True)
class MeasureView:
    """A measure as a domain sees it; ``data`` holds the domain's own values on it, by field name.

    A value that was not given is absent from ``data``.
    """

    id: int
    number: str
    title: str
    description: str = ""
    status: str = "planned"
    starts_on: date | None = None
    ends_on: date | None = None
    data: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class RoundView:
    """A reporting round; ``starts_on`` and ``ends_on`` bound the period that is reported on."""

    title: str
    period: str
    starts_on: date
    ends_on: date
    due_on: date


@dataclass(frozen=True)
class ReportView:
    """What one board reports on one measure; ``data`` holds the domain's report fields."""

    board: str
    round: RoundView
    measure: MeasureView
    status: str | None
    data: Mapping[str, Any] = field(default_factory=dict)


class Level(StrEnum):
    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True)
class Issue:
    """Something a check found, on a field of the domain or on the whole.

    An error stops the report from being ready; a warning is shown and lets it pass.
    """

    message: str
    field: str | None = None
    level: Level = Level.ERROR


@dataclass(frozen=True)
class NavItem:
    """An entry of a domain's own menu: a label and an endpoint of its blueprint."""

    label: str
    endpoint: str


@dataclass(frozen=True)
class Target:
    """What a metric should reach: ``Target(">=", 100, "2022")``."""

    operator: str
    value: float
    period: str = ""
    place: str = ""

    def __post_init__(self) -> None:
        if self.operator not in {">=", "<=", "=", ">", "<"}:
            raise ValueError(f"a target's operator is one of >= <= = > <, not {self.operator!r}")


@dataclass(frozen=True)
class Subject:
    """What a row of domain data is about: ``measure`` or ``report_item`` and its number."""

    kind: str
    id: int


@dataclass(frozen=True)
class Refusal:
    """Why a plugin was not taken in: the step at which it failed, and what to do about it."""

    name: str
    step: str
    reason: str
    trace: str = field(default="", repr=False)
