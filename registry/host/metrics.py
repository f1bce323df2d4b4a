"""Metrics of domains: a number computed from a report, or one that comes from outside."""

import re
from collections.abc import Callable
from dataclasses import KW_ONLY, dataclass
from decimal import Decimal

from registry.host.fields import NAME
from registry.host.values import ReportView, Target

SOURCE = re.compile(r"[a-z]+:[A-Za-z0-9_.-]+")
BETTER = frozenset({"higher", "lower", "ambiguous"})


@dataclass(frozen=True)
class Metric:
    """An effect metric that a domain offers.

    :param better: ``higher``, ``lower`` or ``ambiguous``; an ambiguous change is never coloured.
    :param compute: gives the value from one report, or ``None`` for "no value", never 0 for it.
    :param source: an outside series, as ``kolada:N07403``. Neither: boards enter their own count.
    """

    name: str
    label: str
    _: KW_ONLY
    unit: str = ""
    better: str = "higher"
    target: Target | None = None
    compute: Callable[[ReportView], float | Decimal | None] | None = None
    source: str = ""

    def __post_init__(self) -> None:
        if not NAME.fullmatch(self.name):
            raise ValueError(f"{self.name!r} is not a metric name")
        if self.better not in BETTER:
            raise ValueError(f"metric {self.name}: better is higher, lower or ambiguous")
        if self.source and not SOURCE.fullmatch(self.source):
            raise ValueError(
                f"metric {self.name}: source is as 'kolada:N07403', not {self.source!r}"
            )
        if self.compute is not None and self.source:
            raise ValueError(f"metric {self.name}: computed or from a source, not both")


Compute = Callable[[ReportView], float | Decimal | None]


def share(part: str, whole: str) -> Compute:
    """A metric's ``compute``: the report field ``part`` in per cent of the field ``whole``.

    No value when either is missing or the whole is 0.
    """

    def compute(report: ReportView) -> float | None:
        of, all_ = report.data.get(part), report.data.get(whole)
        return None if of is None or not all_ else float(100 * of / all_)

    return _reading(compute, part, whole)


def value_of(name: str) -> Compute:
    """A metric's ``compute``: a number that the board has answered, as it is."""

    def compute(report: ReportView) -> float | None:
        value = report.data.get(name)
        return None if value is None else float(value)

    return _reading(compute, name)


def _reading(compute: Compute, *names: str) -> Compute:
    """The function with the names of the fields that it reads, which are checked at the start."""
    compute.reads = names  # type: ignore[attr-defined]
    return compute
