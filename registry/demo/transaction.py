"""One transaction around many use cases, at the time of day that the story is in."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from registry.db import UtcDateTime, db, now


@dataclass
class Clock:
    """The time it is in the demo's story."""

    at: datetime


@contextmanager
def one_transaction(clock: Clock) -> Iterator[None]:
    """Within, a commit only flushes, and what is stamped with now gets the clock's time.

    Everything is committed at the end, or nothing when anything fails.
    """
    db.session.remove()
    factory = db.session.session_factory
    began = now()

    class Whole(factory.class_):  # type: ignore[misc, name-defined]
        def commit(self) -> None:
            self.flush()

    session = Whole(**factory.kw)

    def set_back(session: Session, _context: Any, _instances: Any) -> None:
        for obj in (*session.new, *session.dirty):
            for name in _moments(type(obj)):
                value = getattr(obj, name)
                if value is not None and value >= began:
                    setattr(obj, name, clock.at)

    sa.event.listen(session, "before_flush", set_back)
    db.session.registry.set(session)
    try:
        yield
        Session.commit(session)
    finally:
        db.session.remove()


def _moments(kind: type[Any]) -> list[str]:
    columns = sa.inspect(kind).column_attrs
    return [one.key for one in columns if isinstance(one.columns[0].type, UtcDateTime)]
