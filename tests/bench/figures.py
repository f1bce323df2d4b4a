"""How a page is measured: in rounds, each beside a round of the floor, so that noise cancels."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from statistics import median
from typing import Any

import sqlalchemy as sa
from flask import Flask

from registry.audit import log
from registry.db import db
from tests.bench.pages import Page
from tests.bench.servers import Server
from tests.bench.visitors import Answer, HttpVisitor, InProcessVisitor, Request

GOOD = (200, 303)
WARM_UP = 6
ENOUGH, PATIENCE = 3, 15.0


@dataclass(frozen=True)
class Effort:
    """How much is measured: rounds of a page, and how long one round may last."""

    rounds: int
    seconds: float


@dataclass(frozen=True)
class Figures:
    """What one page costs.

    ``status`` is that of the answer which was not good, if any was; ``megabytes`` what the larger
    worker holds after this page and those before it.
    """

    page: str
    person: str
    status: int
    requests: int = 0
    wall_ms: float = 0.0
    cpu_ms: float = 0.0
    floor_ms: float = 0.0
    ratio: float = 0.0
    limit: float | None = None
    statements: int = 0
    bytes: int = 0
    megabytes: float = 0.0

    @property
    def good(self) -> bool:
        return self.status in GOOD


class BadAnswer(Exception):
    def __init__(self, request: Request, status: int) -> None:
        super().__init__(f"{request.path} answered {status}")
        self.status = status


@dataclass(frozen=True)
class Bench:
    """The registry and the floor, both running, and the registry once more in this process."""

    app: Flask
    registry: Server
    floor: Server
    visitors: dict[str, HttpVisitor]
    counters: dict[str, InProcessVisitor]
    effort: Effort

    def measure(self, page: Page) -> Figures:
        visitor = self.visitors[page.person]
        try:
            counted, size = self._count(page)
            pace = self._warm_up(page, visitor)
            batch = min(page.at_once, max(1, int(self.effort.seconds / pace)))
            if page.in_all is not None:
                batch = max(1, (page.in_all - WARM_UP - 2) // self.effort.rounds)
            rounds = self._rounds(page, batch)
        except BadAnswer as bad:
            return Figures(page.name, page.person, bad.status, limit=page.limit)
        return Figures(
            page=page.name,
            person=page.person,
            status=200,
            requests=sum(len(one.walls) for one in rounds),
            wall_ms=1000 * median(wall for one in rounds for wall in one.walls),
            cpu_ms=1000 * median(one.cpu for one in rounds),
            floor_ms=1000 * median(one.floor for one in rounds),
            ratio=median(one.cpu / one.floor for one in rounds),
            limit=page.limit,
            statements=counted,
            bytes=size,
            megabytes=max(self.registry.memory()) / 1e6,
        )

    def _count(self, page: Page) -> tuple[int, int]:
        """Statements and bytes of a request made in this process, once everything is warm."""
        visitor = self.counters[page.person]
        with statements(self.app) as seen:
            for request in page.requests(visitor, 1 if page.in_all else 2):
                self._prepare(page)
                seen.clear()
                answer = _ask(visitor.send, request)
        return len(seen), len(answer.body)

    def _warm_up(self, page: Page, visitor: HttpVisitor) -> float:
        """Ask on several connections, for both workers; returns the shortest time of all."""
        if page.in_all is not None and page.in_all < 2 * WARM_UP:
            return self.effort.seconds
        walls = []
        for request in page.requests(visitor, min(WARM_UP, page.at_once)):
            visitor.hang_up()
            self._prepare(page)
            walls.append(_ask(visitor.send, request).seconds)
            if sum(walls) > PATIENCE / 3:
                break
        return min(walls)

    def _rounds(self, page: Page, batch: int) -> "list[_Round]":
        """As many rounds as wanted; of a page that takes seconds, no more than are needed."""
        found: list[_Round] = []
        began = time.perf_counter()
        while len(found) < self.effort.rounds and (one := self._round(page, batch)):
            found.append(one)
            if len(found) >= ENOUGH and time.perf_counter() - began > PATIENCE:
                break
        return found

    def _round(self, page: Page, batch: int) -> "_Round | None":
        visitor = self.visitors[page.person]
        requests = page.requests(visitor, batch)
        if not requests:
            return None
        visitor.hang_up()
        floor = self._floor(max(10, int(self.effort.seconds / 0.005)))
        began, walls = self.registry.cpu(), []
        for request in requests:
            self._prepare(page)
            walls.append(_ask(visitor.send, request).seconds)
        return _Round(walls, (self.registry.cpu() - began) / len(walls), floor)

    def _floor(self, batch: int) -> float:
        visitor = HttpVisitor(self.floor.port)
        began = self.floor.cpu()
        for _ in range(batch):
            _ask(visitor.send, Request("/"))
        visitor.hang_up()
        return (self.floor.cpu() - began) / batch

    def _prepare(self, page: Page) -> None:
        if page.after_change:
            with self.app.app_context():
                log.record("bench.change", "plan", None)
                db.session.commit()


@dataclass(frozen=True)
class _Round:
    """Seconds that each request took; processor seconds of one, of the page and of the floor."""

    walls: list[float]
    cpu: float
    floor: float


def _ask(send: Callable[[Request], Answer], request: Request) -> Answer:
    answer = send(request)
    if answer.status not in GOOD:
        raise BadAnswer(request, answer.status)
    return answer


@contextmanager
def statements(app: Flask) -> Iterator[list[str]]:
    """The SQL statements sent within, transaction control left out."""
    seen: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if not statement.startswith(("BEGIN", "PRAGMA")):
            seen.append(statement)

    with app.app_context():
        engine = db.engine
    sa.event.listen(engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        sa.event.remove(engine, "before_cursor_execute", note)
