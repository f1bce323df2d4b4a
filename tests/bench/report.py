"""The figures as tables, and what was to be reached."""

from collections.abc import Iterable
from dataclasses import dataclass

from tests.bench.figures import Figures


@dataclass(frozen=True)
class Target:
    """A figure and the most it may be; ``unit`` stands behind both."""

    name: str
    figure: float | None
    limit: float
    unit: str

    @property
    def met(self) -> bool:
        return self.figure is not None and self.figure <= self.limit

    def __str__(self) -> str:
        if self.figure is None:
            return f"missing   {self.name}"
        share = self.figure / self.limit - 1
        verdict = "met    " if self.met else "NOT MET"
        figures = f"{self.figure:6.2f} of {self.limit:g} {self.unit}"
        return f"{verdict}   {self.name:<50}{figures:<24}{share:+.0%}"


def table(figures: Iterable[Figures]) -> str:
    heading = (
        f"{'page':<27}{'who':<13}{'n':>5}{'wall ms':>9}{'CPU ms':>9}{'floor ms':>10}"
        f"{'× floor':>9}{'SQL':>6}{'bytes':>11}{'MB':>6}"
    )
    return "\n".join([heading, "-" * len(heading), *map(_line, figures)])


def _line(one: Figures) -> str:
    head = f"{one.page:<27}{one.person or 'signed out':<13}"
    if not one.good:
        return f"{head}{'missing: it answered ' + str(one.status):>20}"
    return (
        f"{head}{one.requests:>5}{one.wall_ms:>9.2f}{one.cpu_ms:>9.2f}{one.floor_ms:>10.2f}"
        f"{one.ratio:>9.2f}{one.statements:>6}{one.bytes:>11,}"
        f"{one.megabytes:>6.0f}"
    )


def page_targets(figures: Iterable[Figures]) -> list[Target]:
    return [
        Target(one.page, one.ratio if one.good else None, one.limit, "× floor")
        for one in figures
        if one.limit is not None
    ]


def growth(fewer: list[Figures], more: list[Figures]) -> list[Target]:
    """How much dearer the list becomes with the size of the plan, in floors of its own run."""
    name = "measure list"
    small, large = (
        next((one for one in figures if one.page == name and one.good), None)
        for figures in (fewer, more)
    )
    figure = large.ratio / small.ratio if small and large else None
    return [Target(f"{name}, growth with the plan", figure, 1.2, "×")]
