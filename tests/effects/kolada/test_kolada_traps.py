"""What is found in key figures' descriptions: in the words of Kolada's own."""

import pytest

from registry.effects.kolada.reading import Entry, indicator_of
from registry.effects.kolada.traps import Trap, traps, unit_differs


@pytest.mark.parametrize(
    ("title", "description", "found"),
    [
        ("Trygga, andel (%)", "Andel som har svarat ”Mycket trygg”.", set()),
        ("Fallskador 80+, 3-årsm, antal/100 000 inv", "", {Trap.THREE_YEARS}),
        ("Olyckor, antal/1000 inv", "Treårsmedelvärde (år T-2 till år T).", {Trap.THREE_YEARS}),
        ("Bränder", "Uppgifterna gäller för perioden år T-4 till år T.", {Trap.FIVE_YEARS}),
        ("Bränder, antal/1000 inv (-2023)", "", {Trap.REPLACED}),
        (
            "Bränder",
            "Fr.o.m. 2024 ersätts detta nyckeltal med N07415, på grund av ändring i definition.",
            {Trap.REPLACED, Trap.DEFINITION},
        ),
        ("Svar", "Frågan ändrades 2020, så det är ett brott i tidsserien.", {Trap.DEFINITION}),
        ("Responstid", "Mätperioden avser juni T-1 till juni T.", {Trap.SHIFTED}),
        ("IVPA? (1=Ja, 0=Nej)", "", {Trap.CODED}),
        ("Tema trygghet", "Nyckeltalen normaliseras.", {Trap.INDEX}),
        ("Brott", "Bortfallet kan variera i storlek från år till år.", {Trap.LOSS}),
        ("Trygga, andel (%)", "Antal som är trygga.", {Trap.UNIT}),
        ("Elavbrott, andel kunder", "Antal kunder, dividerat med antalet kunder.", set()),
        ("Brott, antal/100 000 inv", "Avser brott per 1 000 invånare.", {Trap.UNIT}),
        ("Brott, antal/100 000 inv", "Avser brott per 100 000 invånare.", set()),
        ("Trygga, antal", "Andel som är trygga.", {Trap.UNIT}),
        ("Enkät", "Två undersökningar med jämförbara resultat är inkluderade.", set()),
    ],
)
def test_a_trap_is_found_by_its_words(title: str, description: str, found: set[Trap]) -> None:
    assert {one.trap for one in traps(Entry("N00001", title, description))} == found


def test_units_that_do_not_go_together_are_doubted() -> None:
    for unit, title, differs in (
        ("%", "Trygga, andel (%)", False),
        ("procent", "Trygga, andel(%)", False),
        ("%", "Brott, antal/100 000 inv", True),
        ("antal", "Trygga, andel (%)", True),
        ("antal/1 000 inv", "Brott, antal/100 000 inv", True),
        ("antal/100000 inv", "Brott, antal/100 000 inv", False),
        ("", "Trygga, andel (%)", False),
    ):
        assert unit_differs(unit, title) is differs, (unit, title)


def test_a_source_names_its_key_figure_or_none() -> None:
    for source, kpi in (
        ("kolada:N07403", "N07403"),
        ("Kolada N07403", "N07403"),
        ("kolada: u07442", "U07442"),
        ("kolada:7403", None),
        ("KoladaN07403", None),
        ("Enkät", None),
    ):
        assert indicator_of(source) == kpi, source
