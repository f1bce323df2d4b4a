"""What effect metrics show, in words: labels are looked up once for many rows."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from flask_babel import gettext as _

from registry.effects.charts import Plot, of
from registry.effects.models import Better, Operator
from registry.effects.service import BoardValue, Reading
from registry.effects.trend import Direction, Point, Target
from registry.language import NBSP, short

# A change that is neither right nor wrong has no colour of its own.
_COLOURS = {
    Direction.RIGHT: "success",
    Direction.WRONG: "warning",
    Direction.UNCHANGED: "neutral",
}


@dataclass(frozen=True, slots=True)
class Tag:
    colour: str
    label: str


@dataclass(frozen=True, slots=True)
class Words:
    """One metric as it is read. Empty texts are left out by the page."""

    id: int
    name: str
    measure_id: int
    measure: str
    baseline: str
    latest: str
    boards: tuple[tuple[str, str], ...]
    target: str
    note: str
    tags: tuple[Tag, ...]
    values: tuple[tuple[str, str], ...]
    spoken: str
    plot: Plot | None


def words(readings: Iterable[Reading], *, charts: bool = False) -> tuple[Words, ...]:
    """The words for these figures in the language of this request."""
    directions = {one: Tag(_COLOURS[one], str(one.label)) for one in Direction}
    operators = {one: str(one.label) for one in Operator}
    reached = Tag("success", _("Målet är nått"))
    missed = Tag("neutral", _("Målet är inte nått"))
    ambiguous = str(Better.AMBIGUOUS.label)
    missing = _("inte mätt")

    def tags(reading: Reading) -> tuple[Tag, ...]:
        found = []
        if reading.direction is not None:
            found.append(directions[reading.direction])
        if reading.reached is not None:
            found.append(reached if reading.reached else missed)
        return tuple(found)

    def target(reading: Reading) -> str:
        if reading.goal is None:
            return reading.goal_text
        wanted = Target(reading.goal, reading.goal_period, reading.goal_place)
        return _target(wanted, reading.unit, operators[reading.goal.operator])

    return tuple(
        Words(
            id=reading.id,
            name=reading.name,
            measure_id=reading.measure_id,
            measure=f"{reading.measure_number} {reading.measure_title}",
            baseline="" if reading.baseline is None else _at(reading.baseline, reading.unit),
            latest="" if reading.boards and not reading.points else _last(reading, reading.unit),
            boards=tuple((one.board, _last(one, reading.unit)) for one in reading.boards),
            target=target(reading),
            note=ambiguous if reading.better is Better.AMBIGUOUS and reading.latest else "",
            tags=tags(reading),
            values=(values := _values(reading, missing) if charts else ()),
            spoken=_spoken(reading.name, values) if charts else "",
            plot=of(reading) if charts else None,
        )
        for reading in readings
    )


def target_in_words(target: Target, unit: str) -> str:
    """``minst 75 % per stadsdel (2022)``."""
    return _target(target, unit, str(target.goal.operator.label))


def _target(target: Target, unit: str, operator: str) -> str:
    period = f"({target.period})" if target.period else ""
    parts = (operator, _amount(target.goal.value, unit), target.place, period)
    return " ".join(part for part in parts if part)


def _amount(value: Decimal | None, unit: str) -> str:
    return f"{short(value)}{NBSP}{unit}" if unit else short(value)


def _at(point: Point, unit: str) -> str:
    text = _amount(point.value, unit)
    return f"{text} ({point.period})" if point.period else text


def _last(one: Reading | BoardValue, unit: str) -> str:
    """The latest value and its period; what was reported as not measured is never a number."""
    point = one.latest
    if point is None:
        return _("Inte mätt")
    text = _at(point, unit)
    if one.unmeasured:
        return _("%(value)s, inte mätt %(period)s", value=text, period=one.unmeasured)
    return _("%(value)s, preliminärt", value=text) if point.preliminary else text


def _values(reading: Reading, missing: str) -> tuple[tuple[str, str], ...]:
    """The chart's line as text: every period with its value."""
    return tuple(
        (point.period, missing if point.value is None else _amount(point.value, reading.unit))
        for point in reading.line
    )


def _spoken(name: str, values: Iterable[tuple[str, str]]) -> str:
    listed = ", ".join(f"{period}: {value}" for period, value in values)
    return _("%(name)s. %(values)s", name=name, values=listed)
