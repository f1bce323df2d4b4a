"""Words of the domain that are stored as text and read by people."""

from enum import StrEnum
from typing import Any, Self, cast

from flask_babel import lazy_gettext


def lazy(text: str, **values: Any) -> str:
    """``gettext`` at the time of reading: a ``LazyString``, typed as the ``str`` it acts as."""
    return cast(str, lazy_gettext(text, **values))


class Word(StrEnum):
    """An enumerated term: its value goes to the database, its ``label`` to people.

    Members are written ``NAME = "stored value", lazy_gettext("Etikett")``.
    """

    label: str

    def __new__(cls, value: str, label: Any = None) -> Self:
        member = str.__new__(cls, value)
        member._value_ = value
        member.label = label
        return member

    @classmethod
    def choices(cls) -> list[tuple[str, str]]:
        return [(member.value, member.label) for member in cls]
