"""Two people in one form: the second is told, sees both versions and loses nothing.

A form carries the ``row_version`` it was filled in from. When the row has been saved since, the
view shows the form again with, at each field that differs, what stands there now; the person
keeps their own words or takes the other's, field by field, and saves once more.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from werkzeug.datastructures import ImmutableMultiDict, MultiDict

CHOICE_PREFIX = "choose-"
Raw = Mapping[str, list[str]]


class Conflict(Exception):
    """The row was saved by someone else since the form was opened.

    :param by: the other person's name, if known.
    """

    def __init__(self, by: str = "") -> None:
        super().__init__(by)
        self.by = by


@dataclass(frozen=True)
class Difference:
    """One field on which two people differ, as form values and as text to read."""

    field: str
    label: str
    mine: str
    theirs: str


def differing(names: Iterable[str], mine: Raw, theirs: Raw) -> list[str]:
    """The fields whose posted values differ from what is stored (line endings aside)."""
    return [name for name in names if _normal(mine.get(name, [])) != _normal(theirs.get(name, []))]


def with_choices(posted: "MultiDict[str, str]", theirs: Raw) -> "ImmutableMultiDict[str, str]":
    """The posted form with the stored value put in wherever the person chose ``theirs``.

    :param theirs: the stored answers; what is no question (a version, a token) is not in it.
    """
    chosen: MultiDict[str, str] = MultiDict(posted)
    for key, choice in posted.items():
        name = key.removeprefix(CHOICE_PREFIX)
        if name != key and name in theirs and choice == "theirs":
            chosen.setlist(name, theirs[name])
    return ImmutableMultiDict(chosen)


def _normal(values: Iterable[str]) -> list[str]:
    return [value.replace("\r\n", "\n").strip() for value in values if value.strip()]
