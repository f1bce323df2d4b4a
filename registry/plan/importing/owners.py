"""Who is responsible: names in a cell as boards of the registry, new boards or partners."""

import re
from dataclasses import dataclass
from datetime import date

from registry.people.models import BoardKind
from registry.plan.importing.choices import BOARD, IGNORE, NEW, PARTNER, chosen_board, new_board
from registry.plan.importing.standing import KnownBoard
from registry.plan.importing.words import Note, Reason, key, tidy

NAME_LIMIT = 200
MAX_PIECES = 6  # of one board's name between commas and "och": "Plan-, bygg- och miljönämnden"
_UNSTATED = re.compile(
    r"^\(.*\)$|^[-–—?.]+$|\bej angiv|\binte angiv|\bsaknas\b|^(okänd|vakant|n/?a|tbd|unknown)$",
    re.IGNORECASE,
)
_BRACKETS = re.compile(r"\s?\([^()]*\)")
_DIVIDER = re.compile(r" ?[,/] ?| och ")
_ABROAD = re.compile(r"länsstyrelse|regionstyrelse|polisstyrelse|folkhälsoråd", re.IGNORECASE)


@dataclass(frozen=True)
class Resolved:
    """One owner cell: boards by key (the first leads), partners by name, what to say of it."""

    boards: tuple[str, ...] = ()
    partners: tuple[str, ...] = ()
    notes: tuple[Note, ...] = ()


@dataclass(frozen=True)
class UnknownOwner:
    """A name that is no board of the registry: what is suggested, what is chosen, how often."""

    key: str
    name: str
    choice: str
    rows: int


def suggested(name: str) -> str:
    """What an unknown owner most likely is: a new board by its name, else a partner."""
    plain = _BRACKETS.sub("", name).strip().lower()
    if _ABROAD.search(plain):
        return PARTNER
    if plain == "kommunstyrelsen":
        return NEW + BoardKind.EXECUTIVE
    if re.search(r"nämnd(en)?$|^nämnden |(skol|kommun|stads)\w*styrelsen?$", plain):
        return NEW + BoardKind.COMMITTEE
    if re.search(r"\bab$|^ab\b|\b(kommun|stad)\w*\b.*bolag(et)?$|kommunala bolag", plain):
        return NEW + BoardKind.COMPANY
    return PARTNER


def split_partners(text: str) -> list[str]:
    """Names parted by ``;``, lines or commas; ``Ås, Bys och Deles kommuner`` is one name."""
    found: list[str] = []
    for part in map(tidy, re.split(r"[;\n]", text)):
        _first, _comma, rest = part.partition(",")
        if " och " in rest and rest.endswith(" kommuner"):
            found.append(part)
        else:
            found += _by_commas(part)
    return _distinct(found)


def _by_commas(text: str) -> list[str]:
    """Parted at the commas that stand outside brackets; read from the end, each sign once."""
    parts: list[str] = []
    end, inside = len(text), False
    for sign in reversed(list(re.finditer(r"[(),]", text))):
        if sign[0] != ",":
            inside = sign[0] == ")"
        elif not inside:
            parts.append(text[sign.end() : end])
            end = sign.start()
    return [text[:end], *reversed(parts)]


def _distinct(names: list[str]) -> list[str]:
    by_key = {key(name): tidy(name)[:NAME_LIMIT] for name in reversed(names) if key(name)}
    return list(reversed(by_key.values()))


class Owners:
    """Resolves owner cells against the registry's boards and the person's choices."""

    def __init__(self, boards: dict[str, KnownBoard], chosen: dict[str, str], today: date) -> None:
        self._boards = boards
        self._by_id = {board.id: name for name, board in boards.items()}
        self._chosen = chosen
        self._today = today
        self._resolved: dict[str, Resolved] = {}
        self._unknown: dict[str, list[str]] = {}
        self._rows: dict[str, int] = {}
        self._names: dict[str, str] = {}
        self.new: dict[str, tuple[str, BoardKind]] = {}

    def resolve(self, cell: str) -> Resolved:
        resolved = self._resolved.get(cell)
        if resolved is None:
            resolved = self._resolved[cell] = self._resolve(cell)
        for name in self._unknown.get(cell, ()):
            self._rows[name] += 1
        return resolved

    def unknown(self) -> list[UnknownOwner]:
        """Names that are no boards yet, those in most rows first."""
        found = [
            UnknownOwner(one, name, self._choice(one, name), self._rows[one])
            for one, name in self._names.items()
            if self._rows.get(one)
        ]
        return sorted(found, key=lambda owner: (-owner.rows, owner.name))

    def _choice(self, one: str, name: str) -> str:
        choice = self._chosen.get(one)
        if choice and choice.startswith(BOARD) and chosen_board(choice) not in self._by_id:
            choice = None
        return choice or suggested(name)

    def _known(self, name: str) -> str | None:
        """The key of the board that a name means: as written, in the other form, or short."""
        for text in (name, _BRACKETS.sub("", name)):
            one = key(text)
            for form in (one, one.removesuffix("en"), one + "en"):
                if form in self._boards:
                    return form
        return None

    def _split(self, cell: str) -> list[str]:
        """Names by ``;`` and lines; by ``,``, ``/`` and ``och`` only between boards.

        *Gatu- och samhällsmiljönämnden* is one board.
        """
        names: list[str] = []
        for part in map(tidy, re.split(r"[;\n]", cell)):
            names += self._boards_in(part)
        return _distinct(names)

    def _boards_in(self, text: str) -> list[str]:
        """The boards that a text names, or the text itself where it is not boards throughout.

        Read from the end, so that what stands behind a divider is parted once: the work grows
        with the number of dividers, not with the ways to choose among them.
        """
        dividers = list(_DIVIDER.finditer(text))
        if not dividers or self._known(text) is not None:
            return [text]
        starts = [0, *(divider.end() for divider in dividers)]
        ends = [*(divider.start() for divider in dividers), len(text)]
        until: dict[int, int] = {len(starts): len(starts)}  # piece to the first of the next board
        for first in reversed(range(len(starts))):
            behind = range(first + 1, min(first + MAX_PIECES, len(starts)) + 1)
            whole = behind[-1] == len(starts) and self._known(text[starts[first] :]) is not None
            for after in [len(starts)] if whole else behind:
                if after in until and self._is_board(text[starts[first] : ends[after - 1]]):
                    until[first] = after
                    break
        if 0 not in until:
            return [text]
        names, first = [], 0
        while first < len(starts):
            names.append(text[starts[first] : ends[until[first] - 1]])
            first = until[first]
        return names

    def _is_board(self, name: str) -> bool:
        return self._known(name) is not None or suggested(name) != PARTNER

    def _resolve(self, cell: str) -> Resolved:
        boards: list[str] = []
        partners: list[str] = []
        notes: list[Note] = []
        unknown: list[str] = []
        for name in self._split(cell):
            if _UNSTATED.search(name):
                notes.append(Note(Reason.OWNER_NOT_STATED, {"text": name}))
                continue
            board = self._known(name)
            if board is not None:
                if (ended := self._boards[board].valid_to) and ended < self._today:
                    notes.append(Note(Reason.OWNER_ENDED, {"name": self._boards[board].name}))
            else:
                one = key(name)
                unknown.append(one)
                self._names[one] = name
                self._rows.setdefault(one, 0)
                board = self._take(one, name, partners, notes)
            if board is not None and board not in boards:
                boards.append(board)
        self._unknown[cell] = unknown
        if not boards:
            said = any(note.reason is Reason.OWNER_NOT_STATED for note in notes)
            if partners:
                notes.append(Note(Reason.ONLY_PARTNERS))
            elif not said:
                notes.append(Note(Reason.NO_OWNER))
        elif len(boards) > 1:
            notes.append(Note(Reason.SEVERAL_OWNERS, {"lead": self._name(boards[0])}))
        return Resolved(tuple(boards), tuple(partners), tuple(notes))

    def _take(self, one: str, name: str, partners: list[str], notes: list[Note]) -> str | None:
        """What is to become of a name that is no board: the board's key, if it becomes one."""
        choice = self._choice(one, name)
        if choice == IGNORE:
            return None
        if choice == PARTNER:
            partners.append(name)
            if one not in self._chosen:
                notes.append(Note(Reason.OWNER_AS_PARTNER, {"name": name}))
            return None
        if (kind := new_board(choice)) is not None:
            self.new.setdefault(one, (name, kind))
            if one not in self._chosen:
                notes.append(Note(Reason.OWNER_AS_BOARD, {"name": name}))
            return one
        return self._by_id[chosen_board(choice) or 0]

    def _name(self, board: str) -> str:
        return self._boards[board].name if board in self._boards else self.new[board][0]
