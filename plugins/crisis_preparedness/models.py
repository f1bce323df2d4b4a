"""The list of exercises: a table of the domain's own."""

from datetime import UTC, date, datetime

from sqlalchemy.orm import Mapped, mapped_column

from registry.api import tables

Own = tables("crisis_preparedness")


def _now() -> datetime:
    return datetime.now(UTC)


class Exercise(Own):
    """An exercise, planned until the day it was held is known.

    :param board: which board, company or group exercises.
    :param lessons: the evaluation; an exercise that was held without one is not finished.
    """

    __tablename__ = "crisis_preparedness_exercise"

    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str]
    kind: Mapped[str]
    planned_on: Mapped[date] = mapped_column(index=True)
    held_on: Mapped[date | None]
    board: Mapped[str] = mapped_column(default="")
    lessons: Mapped[str] = mapped_column(default="")
    created_at: Mapped[datetime] = mapped_column(default=_now, info={"audit": False})
    row_version: Mapped[int] = mapped_column(default=1, info={"audit": False})

    __mapper_args__ = {"version_id_col": row_version}

    def is_late(self, today: date) -> bool:
        return self.held_on is None and self.planned_on < today
