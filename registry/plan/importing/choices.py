"""What the person has decided about a file; everything else follows from file and database."""

from dataclasses import dataclass, field
from typing import Any, Self

from registry.people.models import BoardKind
from registry.plan.importing.columns import Column, Mapping

PARTNER = "partner"
IGNORE = "ignore"
NEW = "new:"
BOARD = "board:"


@dataclass(frozen=True)
class Choices:
    """
    :param plan: title of the plan; it is made when there is none of that title.
    :param mapping: what each column is, by position.
    :param kinds: kinds of row (by :func:`~registry.plan.importing.words.key`) that are taken in
        though they do not call themselves measures.
    :param owners: by key of the name: ``partner``, ``ignore``, ``new:<kind>`` or ``board:<id>``.
    """

    plan: str
    mapping: Mapping = field(default_factory=dict)
    kinds: frozenset[str] = frozenset()
    owners: dict[str, str] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        return {
            "plan": self.plan,
            "mapping": {str(place): column.value for place, column in self.mapping.items()},
            "kinds": sorted(self.kinds),
            "owners": self.owners,
        }

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Self:
        return cls(
            data["plan"],
            {int(place): Column(name) for place, name in data["mapping"].items()},
            frozenset(data["kinds"]),
            dict(data["owners"]),
        )


def new_board(choice: str) -> BoardKind | None:
    return BoardKind(choice.removeprefix(NEW)) if choice.startswith(NEW) else None


def chosen_board(choice: str) -> int | None:
    return int(choice.removeprefix(BOARD)) if choice.startswith(BOARD) else None
