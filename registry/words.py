"""Words of the domain that are stored as text and read by people."""

from enum import StrEnum
from typing import Any, Self

from flask_babel.speaklater import LazyString


class Word(StrEnum):
    """An enumerated term: its value goes to the database, its ``label`` to people.

    Members are written ``NAME = "stored value", lazy_gettext("Etikett")``.
    """

    label: LazyString

    def __new__(cls, value: str, label: Any = None) -> Self:
        member = str.__new__(cls, value)
        member._value_ = value
        member.label = label
        return member

    @classmethod
    def choices(cls) -> list[tuple[str, LazyString]]:
        return [(member.value, member.label) for member in cls]
