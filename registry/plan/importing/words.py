"""The words of an import: how a row came out, and every reason that can be given for it."""

import re
import unicodedata
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from flask_babel import lazy_gettext as _l

from registry.words import Word


class Outcome(Word):
    """What becomes of a row. Every row of a file has exactly one outcome."""

    PLACED = "placed", _l("Ny åtgärd")
    DOUBTFUL = "doubtful", _l("Ny, men oklar")
    CHANGED = "changed", _l("Ändras")
    SAME = "same", _l("Finns redan")
    NOT_MEASURE = "not_measure", _l("Inte en åtgärd")
    REFUSED = "refused", _l("Kan inte läsas in")


class Reason(Word):
    """Why a row came out as it did; the sentence is the label, its values come with the note."""

    # Doubts: the row goes in, but someone should look at it.
    NO_OWNER = "no_owner", _l("Saknar ansvarig.")
    OWNER_NOT_STATED = "owner_not_stated", _l("Ansvarig är inte angiven: ”%(text)s”.")
    ONLY_PARTNERS = "only_partners", _l("Ingen nämnd och inget bolag är ansvarigt.")
    OWNER_AS_PARTNER = (
        "owner_as_partner",
        _l("%(name)s är varken nämnd eller bolag i registret och blir samverkanspart."),
    )
    OWNER_AS_BOARD = "owner_as_board", _l("%(name)s finns inte i registret och läggs till.")
    OWNER_ENDED = "owner_ended", _l("%(name)s har upphört i registret.")
    SEVERAL_OWNERS = (
        "several_owners",
        _l("Flera ansvariga: %(lead)s blir huvudansvarig, övriga medansvariga."),
    )
    NO_AREA = "no_area", _l("Målområde saknas. Åtgärden hamnar under ”Utan målområde”.")
    TARGET_KEPT = "target_kept", _l("Målet gick inte att tolka och står kvar som text: ”%(text)s”.")
    TARGET_EXACT = (
        "target_exact",
        _l("”%(text)s” säger inte minst eller högst. Målet läses som lika med."),
    )
    TARGET_REST = "target_rest", _l("Allt om effektmåttet gick inte att tolka: ”%(text)s”.")
    DATE_READ = "date_read", _l("%(label)s ”%(text)s” läses som %(day)s.")
    DATE_KEPT = (
        "date_kept",
        _l("%(label)s ”%(text)s” är inget datum. Texten sparas i beskrivningen."),
    )
    STATUS_KEPT = (
        "status_kept",
        _l("Läget ”%(text)s” är okänt. Texten sparas i beskrivningen."),
    )
    FORMULA = "formula", _l("%(label)s börjar som en formel. Innehållet sparas som text.")
    LONG_TITLE = (
        "long_title",
        _l(
            "Åtgärdens namn är över %(limit)s tecken. Det kortas, hela texten står i beskrivningen."
        ),
    )
    EXTRA_CELLS = "extra_cells", _l("Raden har fler celler än rubriker: ”%(text)s” lästes inte.")
    TAKEN_AS_MEASURE = "taken_as_measure", _l("Typ ”%(text)s” läses in som åtgärd.")
    # What is not a measure.
    OTHER_KIND = "other_kind", _l("Typ i filen: %(text)s.")
    # Refusals: the row does not go in.
    NO_MEASURE = "no_measure", _l("Åtgärdens namn saknas.")
    NUMBER_TWICE = "number_twice", _l("Numret %(number)s står också på rad %(row)s.")
    NUMBER_LONG = "number_long", _l("Numret är längre än %(limit)s tecken.")
    NUMBER_TAKEN = (
        "number_taken",
        _l("Numret %(number)s har redan en annan åtgärd i planen: ”%(title)s”."),
    )
    ROW_TWICE = "row_twice", _l("Samma åtgärd står på rad %(row)s.")
    DATES_REVERSED = "dates_reversed", _l("Slut %(end)s ligger före start %(start)s.")
    CELL_LONG = "cell_long", _l("%(label)s är över %(limit)s tecken. Korta texten i filen.")


REFUSALS = frozenset(
    {
        Reason.NO_MEASURE,
        Reason.NUMBER_TWICE,
        Reason.NUMBER_TAKEN,
        Reason.NUMBER_LONG,
        Reason.ROW_TWICE,
        Reason.DATES_REVERSED,
        Reason.CELL_LONG,
    }
)


_SIGNS = re.compile(r"[\W_]+")


@dataclass(frozen=True)
class Note:
    """A reason with its values; made for every row, turned into a sentence only when shown."""

    reason: Reason
    values: dict[str, Any] = field(default_factory=dict)

    @property
    def text(self) -> str:
        return str(self.reason.label) % self.values


def key(text: str) -> str:
    """What is left of a title or name when case, spacing and punctuation are set aside."""
    return _key(text) if len(text) <= 300 else _key.__wrapped__(text)  # long ones are not kept


@lru_cache(maxsize=1 << 15)
def _key(text: str) -> str:
    return _SIGNS.sub("", unicodedata.normalize("NFKC", text).casefold())


def bare(text: str) -> str:
    """As :func:`key`, with accents set aside too: for headings, which people type anyhow."""
    return _SIGNS.sub("", unicodedata.normalize("NFKD", text.casefold()))


def tidy(text: str) -> str:
    """One line without surplus space."""
    return " ".join(text.split())
