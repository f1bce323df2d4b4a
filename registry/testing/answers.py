"""Answers made from the samples of fields: combined, posted as by a browser, recognisable."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, product
from math import prod
from typing import Any

from werkzeug.datastructures import MultiDict
from wtforms import Form

from registry.host.fields import Field
from registry.testing.html import Page

MISSING = object()
MOST = 300
Answers = dict[str, Any]
MARKS = (
    "hemligt-k7q2x9",
    "https://hemligt-k7q2x9.example.org/",
    "7351973",
    "1973-05-17",
    "735197",
)


def combined(fields: Sequence[Field]) -> list[Answers]:
    """Samples put together, "not answered" among them.

    All combinations while they are at most 300. Else: nothing answered, each sample alone, and
    rows in which every pair of two fields' samples stands at least once.
    """
    choices = {spec.name: [MISSING, *spec.samples()] for spec in fields}
    if prod(len(values) for values in choices.values()) <= MOST:
        rows: Iterable[Sequence[Any]] = product(*choices.values())
        return [_answers(choices, row) for row in rows]
    alone = [{name: value} for name, values in choices.items() for value in values[1:]]
    first = {name: values[1] for name, values in choices.items() if len(values) > 1}
    return [{}, first, *alone, *(_answers(choices, row) for row in _pairwise(choices))]


def _answers(choices: Mapping[str, Any], row: Iterable[Any]) -> Answers:
    return {name: value for name, value in zip(choices, row, strict=True) if value is not MISSING}


def _pairwise(choices: Mapping[str, Sequence[Any]]) -> Iterator[list[Any]]:
    """Rows until every pair has stood in one: each begins with a pair that is still wanted, and
    takes at each further place the value that meets most of those that are."""
    sizes = [len(values) for values in choices.values()]
    places = range(len(sizes))
    wanted = {
        ((one, a), (other, b))
        for one, other in combinations(places, 2)
        for a in range(sizes[one])
        for b in range(sizes[other])
    }
    while wanted:
        row = dict(min(wanted))
        for place in places:
            if place not in row:
                row[place] = max(
                    range(sizes[place]),
                    key=lambda value: sum(
                        tuple(sorted(((place, value), other))) in wanted for other in row.items()
                    ),
                )
        wanted -= set(combinations(sorted(row.items()), 2))
        yield [values[row[place]] for place, values in enumerate(choices.values())]


def posted(spec: Field, value: Any) -> list[str]:
    """What a browser sends for a field that holds this value: read off its control."""
    form = type("One", (Form,), {spec.name: spec.bound_field()})(data={spec.name: value})
    return Page.read(str(form[spec.name]())).posted().getlist(spec.name)


def read(spec: Field, texts: Sequence[str]) -> Any:
    """The value that the field reads from what was posted; ``None`` when it refuses it."""
    sent: MultiDict[str, str] = MultiDict((spec.name, text) for text in texts)
    form = type("One", (Form,), {spec.name: spec.bound_field()})(formdata=sent)
    valid = form.validate()
    return form[spec.name].data if valid else None


@dataclass(frozen=True)
class Mark:
    """An answer that is recognised wherever it stands: what is posted, and how it may look."""

    posted: str
    value: Any
    looks: frozenset[str]


def mark(spec: Field) -> Mark | None:
    """A recognisable answer to this field; ``None`` for one that takes no such, as a choice."""
    for text in MARKS:
        value = read(spec, [text])
        if value is None or spec.is_empty(value):
            continue
        looks = {text, str(spec.dump(value)), spec.text(value)}
        return Mark(text, value, frozenset(one for one in looks if len(one) >= 6))
    return None
