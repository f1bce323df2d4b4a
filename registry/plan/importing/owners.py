"""Who is responsible: names in a cell as boards of the registry, new boards or partners."""

import re
from dataclasses import dataclass
from datetime import date

from registry.people.models import BoardKind
from registry.plan.importing.choices import BOARD, IGNORE, NEW, PARTNER, chosen_board, new_board
from registry.plan.importing.standing import KnownBoard
from registry.plan.importing.words import Note, Reason, key, tidy

NAME_LIMIT = 200
_UNSTATED = re.compile(
    r"^\(.*\)$|^[-–—?.]+$|\bej angiv|\binte angiv|\bsaknas\b|^(okänd|vakant|n/?a|tbd|unknown)$",
    re.IGNORECASE,
)
_BRACKETS = re.compile(r"\s*\([^()]*\)")
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
    for part in re.split(r"[;\n]", text):
        if re.search(r",.*\boch\b.*\bkommuner$", part.strip()):
            found.append(part)
        else:
            found += re.split(r",(?![^()]*\))\s*", part)
    return _distinct(found)


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

    @property
    def _names(self) -> dict[str, str]:
        return {key(name): name for cell in self._resolved for name in self._split(cell)}

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
        for part in re.split(r"[;\n]", cell):
            names += self._boards_in(part.strip())
        return _distinct(names)

    def _boards_in(self, text: str) -> list[str]:
        if self._known(text) is None:
            for divider in re.finditer(r"\s*[,/]\s*|\s+och\s+", text):
                first, rest = text[: divider.start()], text[divider.end() :]
                if self._is_board(first) and all(map(self._is_board, self._boards_in(rest))):
                    return [first, *self._boards_in(rest)]
        return [text]

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
