"""What in a key figure's title and description may lead a reader of the series astray.

Found by the words that Kolada's own descriptions use; what is found is a note to confirm, with the
sentence it was found in, never a judgement. Unit and direction of a metric stay as a person set
them. Pure functions.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from registry.effects.kolada.reading import Entry
from registry.words import Word
from registry.words import lazy as _l

QUOTE = 240


class Trap(Word):
    """What to beware of, as the note says it."""

    REPLACED = "replaced", _l("Nyckeltalet ersätts av ett annat eller ersätter ett äldre")
    DEFINITION = (
        "definition",
        _l("Något har ändrats i serien, så alla år kan inte jämföras rakt av"),
    )
    FIVE_YEARS = "five_years", _l("Värdet är ett medel av fem år")
    THREE_YEARS = "three_years", _l("Värdet är ett medel av tre år")
    SHIFTED = "shifted", _l("Värdet för ett år gäller en annan tid än kalenderåret")
    UNIT = "unit", _l("Titeln och beskrivningen säger inte samma sak om vad som räknas")
    INDEX = "index", _l("Värdet är ett index, inte ett antal eller en andel")
    CODED = "coded", _l("Värdet är en kod för ett svar, inte ett antal")
    LOSS = "loss", _l("Uppgifter saknas i olika omfattning från år till år")


_PATTERNS = {
    Trap.REPLACED: r"ersätt(?:s|er|a|ts|t)\b.{0,60}?(?:nyckeltal|[NU]\d{5})"
    r"|nyckeltal\w*\s.{0,30}?ersätt(?:s|er|ts)\b|\(\s*[-–]\s*\d{4}\s*\)",
    Trap.DEFINITION: r"(?:ändr\w+|ny|nya|annan)\s+(?:i\s+)?(?:definition|metod|beräkning)\w*"
    r"|(?:definition|metod|beräkning|fråg)\w*\s+(?:har\s+)?(?:ändra|bytt|justera)\w*"
    r"|tidsserie\w*bro|brott\s+i\s+tidsserie|(?:inte|ej)\s+(?:är\s+)?jämförba"
    r"|(?:fr\.?\s?o\.?\s?m\.?|från\s+och\s+med)\s+(?:år\s+)?(?:19|20)\d\d",
    Trap.FIVE_YEARS: r"fem\s?års|5[-\s]?års|(?:fem|5)\s+(?:senaste\s+)?år(?:en)?s?\s+medel"
    r"|T\s?-\s?4\b",
    Trap.THREE_YEARS: r"tre\s?års|3[-\s]?års|(?:tre|3)\s+(?:senaste\s+)?år(?:en)?s?\s+medel"
    r"|T\s?-\s?2\b",
    Trap.SHIFTED: r"(?:mätperiod|läsår|juni|juli|höst|vår)\w*.{0,40}?T\s?-\s?1\b",
    Trap.INDEX: r"\bnormaliseras\b|\bindex\b",
    Trap.CODED: r"\([^()]*(?:\b\d\s*=|=\s*\d)[^()]*\)",
    Trap.LOSS: r"bortfallet\s+kan\s+variera|\bbortfall\s+i\s+kommunstatistik",
}
_FOUND = {
    trap: re.compile(pattern, re.IGNORECASE | re.DOTALL) for trap, pattern in _PATTERNS.items()
}
_SENTENCE = re.compile(r"(?<=[.!?])\s+(?=[A-ZÅÄÖ\"”(])")
_SHARE = re.compile(r"\bandel\b|%|\bprocent", re.IGNORECASE)
_SHARED = re.compile(r"andel|%|\bprocent|dividera|genom\s+antal|kvot", re.IGNORECASE)
_PER = re.compile(r"(?:per|/)\s?(\d{1,3}(?:[\s\u00a0]?000)+|\d+)(?:\s|\u00a0)*inv", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Found:
    """A trap and the sentence it was found in."""

    trap: Trap
    quote: str

    def note(self) -> str:
        return f"{self.trap.label}: ”{self.quote}”" if self.quote else str(self.trap.label)


def traps(entry: Entry) -> list[Found]:
    """Each kind of trap at most once, in the order of :class:`Trap`."""
    return list(_traps(entry))


def _traps(entry: Entry) -> Iterator[Found]:
    sentences = [entry.title, *_SENTENCE.split(entry.description)]
    for trap in Trap:
        if trap is Trap.UNIT:
            quote = _other_unit(entry, sentences[1:])
        else:
            quote = next((one for one in sentences if _FOUND[trap].search(one)), None)
        if quote is not None:
            yield Found(trap, _short(quote))


def unit_differs(unit: str, title: str) -> bool:
    """Whether a metric's own unit and the key figure's title speak of different things.

    A person decides which is right: it may be the wrong key figure.
    """
    if not unit or not title:
        return False
    if bool(_SHARE.search(unit)) != bool(_SHARE.search(title)):
        return True
    own, said = _per(unit), _per(title)
    return bool(own and said and not own & said)


def _per(text: str) -> set[str]:
    """``100000`` of ``antal/100 000 inv``."""
    return {re.sub(r"\D", "", one) for one in _PER.findall(text)}


def _other_unit(entry: Entry, described: list[str]) -> str | None:
    """The sentence of the description that counts something else than the title does."""
    title, whole = entry.title, entry.description
    if not whole:
        return None
    if _SHARE.search(title) and not _SHARED.search(whole):
        return described[0]
    if not _SHARE.search(title) and re.search(r"\bantal\b", title, re.IGNORECASE):
        first = described[0]
        if re.match(r"andel(en)?\b", first, re.IGNORECASE):
            return first
    said = _per(title)
    for sentence in described:
        also = _per(sentence)
        if said and also and not said & also:
            return sentence
    return None


def _short(text: str) -> str:
    text = text.strip()
    return text if len(text) <= QUOTE else text[: QUOTE - 1].rstrip() + "…"
