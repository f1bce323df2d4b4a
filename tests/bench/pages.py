"""The pages that are measured, who asks for them, and what they may cost."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import cycle, islice

from tests.bench.seed import LARGE, SMALL, Seed
from tests.bench.visitors import Request, Visitor, form_fields

Prepare = Callable[[Visitor, int], list[Request]]


@dataclass(frozen=True)
class Page:
    """One line of the table.

    :param person: who asks, by name in :func:`tests.bench.seed.people`; empty when signed out.
    :param requests: makes up to so many requests ready; what that costs is not measured.
    :param limit: how many times the floor's processor time a request may take.
    :param at_once: how many requests can be made ready together.
    :param in_all: how many requests there are at all, when each can be made once only.
    :param after_change: something is changed in the registry before each request.
    """

    name: str
    person: str
    requests: Prepare
    limit: float | None = None
    at_once: int = 50
    in_all: int | None = None
    after_change: bool = False


def pages(seed: Seed) -> list[Page]:
    """What is measured, in this order: submissions last, for they cannot be undone."""
    small, large = seed.small_reports, seed.large_reports
    followup, tasks = _get(f"/followup/{seed.round}"), _get(f"/reports/{seed.report}")
    return [
        Page("measure list", "coordinator", _get("/measures"), 3),
        Page("measure list, just changed", "coordinator", _get("/measures"), 3, after_change=True),
        Page("measure list, page 100", "coordinator", _get("/measures?page=100"), 3),
        Page("measure list, text search", "coordinator", _get("/measures?q=inbrott+stadsdel"), 3),
        Page("measure list, one board", "coordinator", _get(f"/measures?board={seed.board}"), 3),
        Page("measure page", "coordinator", _each("/plan/measures/{}", seed.measures), 3),
        Page("metric list", "coordinator", _get("/metrics"), 3),
        Page(
            "metric list, right way, just changed",
            "coordinator",
            _get("/metrics?show=right"),
            6,
            after_change=True,
        ),
        Page("metric page", "coordinator", _get("/metrics/1"), 3),
        Page("task list of a board", "reporter", tasks, 3),
        Page("task list, just changed", "reporter", tasks, 3, after_change=True),
        Page("report form", "reporter", _each("/reports/items/{}", seed.items), 6),
        Page("report form, save", "reporter", _drafts(seed.items), 6, at_once=len(seed.items)),
        Page("follow-up", "executive", followup, 6),
        Page("follow-up, just changed", "executive", followup, 6, after_change=True),
        Page("plan", "coordinator", _get(f"/plan/{seed.version}")),
        Page("public plan", "", _get(f"/plans/{seed.plan}")),
        Page("sign-in", "", _get("/sign-in")),
        Page("admin, plugins", "admin", _get("/admin/plugins")),
        Page("submit, summary", "approver", _get(f"/reports/{small[-1]}/submit"), 6),
        Page(f"submit {SMALL} measures", "approver", _submit(small), 6, in_all=len(small)),
        Page(f"submit {LARGE} measures", "approver", _submit(large), in_all=len(large)),
    ]


def _get(path: str) -> Prepare:
    return lambda _visitor, count: [Request(path)] * count


def _each(path: str, ids: list[int]) -> Prepare:
    """Another measure or form each time, through the whole plan or report."""
    paths = cycle(ids[:: max(1, len(ids) // 97)])
    return lambda _visitor, count: [Request(path.format(one)) for one in islice(paths, count)]


def _drafts(ids: list[int]) -> Prepare:
    """Forms are opened, then something is changed in each and saved."""
    items = cycle(ids)
    words: Iterator[int] = iter(range(1_000_000))

    def prepare(visitor: Visitor, count: int) -> list[Request]:
        found = []
        for item in islice(items, count):
            path = f"/reports/items/{item}"
            fields = dict(form_fields(visitor.send(Request(path))))
            fields |= {"done": f"Nämnden har nått {next(words)} hushåll.", "draft": "1"}
            found.append(Request(path, list(fields.items())))
        return found

    return prepare


def _submit(reports: list[int]) -> Prepare:
    """Each report is submitted by the form that its approver was shown."""
    waiting = iter(reports)

    def prepare(visitor: Visitor, count: int) -> list[Request]:
        found = []
        for report in islice(waiting, count):
            path = f"/reports/{report}/submit"
            found.append(Request(path, form_fields(visitor.send(Request(path)))))
        return found

    return prepare
