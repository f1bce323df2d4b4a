"""What an import has to create for its measures to have a place, and their numbers."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from registry.plan.importing.rows import Draft
from registry.plan.importing.standing import Standing
from registry.plan.importing.words import key

TRUST = "Ökad trygghet"
SAFETY = "Ökad säkerhet"
OTHER = "Övrigt"
# The nine areas of the plan that the domains are made for: title, group, domain.
STANDARD = (
    ("Trivsam och trygg miljö", TRUST, "safe_environment"),
    ("Minskad brottslighet", TRUST, "crime_prevention"),
    ("Minskad missbruksrelaterad otrygghet", TRUST, "substance_abuse"),
    ("Internt skydd och personsäkerhet", SAFETY, "internal_protection"),
    ("Informations- och cybersäkerhet", SAFETY, "cyber_security"),
    ("Skydd mot olyckor", SAFETY, "accident_protection"),
    ("Riskhänsyn vid samhällsplanering och -byggande", SAFETY, "planning_risk"),
    ("Krisberedskap", SAFETY, "crisis_preparedness"),
    ("Civilt försvar", SAFETY, "civil_defence"),
)
_STANDARD = {
    key(title): (order, group, domain) for order, (title, group, domain) in enumerate(STANDARD)
}
_GROUP_ORDER = {key(TRUST): 0, key(SAFETY): 1, key(OTHER): 1000}


@dataclass(frozen=True)
class NewArea:
    key: str
    title: str
    number: str
    group: str
    domain: str | None


@dataclass(frozen=True)
class Layout:
    """Groups, areas and sub-goals to create, in the order in which they are to stand."""

    groups: tuple[str, ...] = ()
    areas: tuple[NewArea, ...] = ()
    subgoals: tuple[tuple[str, str], ...] = ()  # key of the area, title


def lay_out(drafts: Iterable[Draft], standing: Standing) -> Layout:
    """What these measures need that does not stand yet."""
    first: dict[str, Draft] = {}
    subgoals: dict[tuple[str, str], str] = {}
    numbers: dict[str, list[str]] = {}
    for draft in drafts:
        area, subgoal = draft.place
        if area not in standing.areas:
            first.setdefault(area, draft)
            numbers.setdefault(area, []).append(draft.number)
        if (area, subgoal) not in standing.subgoals:
            subgoals.setdefault((area, subgoal), draft.subgoal)
    areas = _areas(first, numbers, standing)
    groups = dict.fromkeys(area.group for area in areas if key(area.group) not in standing.groups)
    return Layout(
        tuple(sorted(groups, key=lambda title: _GROUP_ORDER.get(key(title), 500))),
        tuple(areas),
        tuple((area, title) for (area, _subgoal), title in subgoals.items()),
    )


def _areas(
    first: dict[str, Draft], numbers: dict[str, list[str]], standing: Standing
) -> list[NewArea]:
    """The standard areas in their own order, then the others as the file has them."""
    taken = {area.number for area in standing.areas.values()}
    counter = max((_leading(number) for number in taken), default=0)
    wanted = {area: draft.area_number or _common(numbers[area]) for area, draft in first.items()}
    claimed = [number for number in wanted.values() if number]
    made: list[NewArea] = []
    for area in sorted(first, key=lambda one: _STANDARD.get(one, (len(STANDARD),))[0]):
        draft = first[area]
        number = wanted[area]
        if not number or number in taken or claimed.count(number) > 1:
            counter += 1
            while str(counter) in taken or str(counter) in claimed:
                counter += 1
            number = str(counter)
        taken.add(number)
        _order, group, domain = _STANDARD.get(area, (None, OTHER, None))
        made.append(
            NewArea(area, draft.area, number, _group(draft.group or group, standing), domain)
        )
    return made


def _group(title: str, standing: Standing) -> str:
    known = standing.groups.get(key(title))
    return known[1] if known else title


def _leading(number: str) -> int:
    match = re.match(r"\d{1,6}", number)
    return int(match[0]) if match else 0


def _common(numbers: list[str]) -> str:
    """``1.2`` for measures 1.2.1 and 1.2.7; empty when they do not agree."""
    prefixes = {number.rpartition(".")[0] for number in numbers}
    return prefixes.pop() if len(prefixes) == 1 else ""


class Numbers:
    """Gives numbers to measures that have none: the area's number and the next free one."""

    def __init__(self, taken: Iterable[str], layout: Layout, standing: Standing) -> None:
        self._taken = set(taken)
        self._area = {area.key: area.number for area in layout.areas}
        self._area |= {one: area.number for one, area in standing.areas.items()}
        self._next: dict[str, int] = {}
        for number in self._taken:
            prefix, _dot, last = number.rpartition(".")
            if last.isdecimal():
                self._next[prefix] = max(self._next.get(prefix, 0), int(last[:9]))

    def give(self, area: str) -> str:
        prefix = self._area[area]
        while True:
            self._next[prefix] = self._next.get(prefix, 0) + 1
            number = f"{prefix}.{self._next[prefix]}"
            if number not in self._taken:
                self._taken.add(number)
                return number
