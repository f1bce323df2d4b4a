"""Every row is placed or listed with its reason. Pure: no database is asked."""

from dataclasses import replace
from datetime import date

import pytest

from registry import create_app
from registry.people.models import BoardKind
from registry.plan.importing import rows as reading_rows
from registry.plan.importing.choices import Choices
from registry.plan.importing.columns import Column, recognise
from registry.plan.importing.owners import split_partners, suggested
from registry.plan.importing.placing import place
from registry.plan.importing.reading import read, read_path
from registry.plan.importing.standing import KnownBoard, Standing
from registry.plan.importing.words import Outcome, Reason
from registry.plan.models import MeasureKind, MeasureStatus
from tests.conftest import SETTINGS
from tests.plan.importing.conftest import PLAN, REAL

TODAY = date(2026, 1, 31)
BOARDS = Standing(
    {
        "socialnämnden": KnownBoard(1, "Socialnämnden", None),
        "gatuochsamhällsmiljönämnden": KnownBoard(2, "Gatu- och samhällsmiljönämnden", None),
        "gamlanämnden": KnownBoard(3, "Gamla nämnden", date(2020, 12, 31)),
    }
)


@pytest.fixture(scope="module", autouse=True)
def app_context(tmp_path_factory):
    with create_app(tmp_path_factory.mktemp("instance"), **SETTINGS).app_context():
        yield


def placed(text, standing=BOARDS, **choices):
    sheet = read(text.encode(), "plan.csv")
    return place(sheet, Choices("P", recognise(sheet.headings), **choices), standing, TODAY)


def one(heading, *cells, **choices):
    """The only row of a file with these columns beside the measure's name and owner."""
    text = f"Åtgärd;Ansvarig;{heading}\nÖva;Socialnämnden;{';'.join(cells)}\n"
    (row,) = placed(text, **choices).rows
    return row


def reasons(row):
    return {note.reason for note in row.notes}


@pytest.mark.parametrize(
    ("heading", "column"),
    [
        ("ÅTGÄRD", Column.MEASURE),
        ("Atgard", Column.MEASURE),
        (" Mål-område: ", Column.AREA),
        ("goal_area", Column.AREA),
        ("Ansvarig nämnd/styrelse", Column.OWNER),
        ("Startdatum", Column.START),
        ("source_url", Column.SOURCE),
        ("Effektmått", Column.INDICATOR),
        ("Nr.", Column.NUMBER),
        ("Huvudområde", Column.GROUP),
    ],
)
def test_headings_are_known_however_they_are_typed(heading, column):
    assert recognise([heading]) == {0: column}


def test_each_row_of_a_file_has_one_outcome_and_its_reasons():
    placement = placed(PLAN)
    assert [row.outcome for row in placement.rows] == [
        Outcome.PLACED,
        Outcome.PLACED,
        Outcome.DOUBTFUL,
        Outcome.DOUBTFUL,
        Outcome.NOT_MEASURE,
        Outcome.REFUSED,
    ]
    assert reasons(placement.rows[2]) == {Reason.OWNER_AS_BOARD, Reason.SEVERAL_OWNERS}
    assert Reason.OWNER_NOT_STATED in reasons(placement.rows[3])
    assert placement.rows[5].notes[0].text == "Åtgärdens namn saknas."


def test_areas_get_their_group_domain_and_number():
    areas = placed(PLAN).layout.areas
    assert [(area.number, area.group, area.domain) for area in areas] == [
        ("1", "Ökad trygghet", "safe_environment"),
        ("2", "Ökad säkerhet", "crisis_preparedness"),
    ]
    other = placed("Åtgärd;Målområde\nÖva;Något eget\nRöja;Krisberedskap\n").layout
    assert [(area.title, area.group, area.domain) for area in other.areas] == [
        ("Krisberedskap", "Ökad säkerhet", "crisis_preparedness"),
        ("Något eget", "Övrigt", None),
    ]


def test_a_measure_without_number_gets_the_next_of_its_area():
    assert [row.draft.number for row in placed(PLAN).new] == ["1.1", "1.2", "2.1", "2.2"]


def test_an_area_is_numbered_as_its_measures_are():
    layout = placed("Nr;Åtgärd;Målområde\n3.4.1;Öva;A\n3.4.2;Röja;A\n1.1.1;Le;B\n").layout
    assert {area.title: area.number for area in layout.areas} == {"A": "3.4", "B": "1.1"}


@pytest.mark.parametrize(
    ("cell", "boards"),
    [
        ("Socialnämnden", ["socialnämnden"]),
        ("socialnämnd", ["socialnämnden"]),
        ("Socialnämnden (SCN)", ["socialnämnden"]),
        ("Gatu- och samhällsmiljönämnden", ["gatuochsamhällsmiljönämnden"]),
        (
            "Socialnämnden och Gatu- och samhällsmiljönämnden",
            ["socialnämnden", "gatuochsamhällsmiljönämnden"],
        ),
        ("Socialnämnden, Gamla nämnden", ["socialnämnden", "gamlanämnden"]),
    ],
)
def test_boards_are_found_as_people_write_them(cell, boards):
    (row,) = placed(f'Åtgärd,Ansvarig\nÖva,"{cell}"\n').rows
    assert list(row.draft.boards) == boards


@pytest.mark.parametrize(
    "cell",
    [
        "Socialnämnden/Gamla nämnden",
        "Gamla nämnden, Plan-, bygg- och miljönämnden",
        ", ".join(f"{n}:e nämnden" for n in range(60)),
        "/".join(f"{n}:e nämnden" for n in range(60)),
    ],
)
def test_a_cell_is_parted_where_all_of_it_is_boards(cell):
    """Trying both ways at each of sixty dividers would never end."""
    (row,) = placed(f'Åtgärd;Ansvarig\nÖva;"{cell}"\n').rows
    assert len(row.draft.boards) == (60 if "59" in cell else 2)
    (row,) = placed(f'Åtgärd;Ansvarig\nÖva;"{cell}, Polisen"\n').rows
    assert row.draft.partners == (f"{cell}, Polisen"[:200],)


def test_an_owner_that_has_ended_is_a_doubt():
    (row,) = placed("Åtgärd;Ansvarig\nÖva;Gamla nämnden\n").rows
    assert reasons(row) >= {Reason.OWNER_ENDED}


@pytest.mark.parametrize(
    ("name", "choice"),
    [
        ("Kommunstyrelsen", "new:executive"),
        ("Kulturnämnden", "new:committee"),
        ("Bostads AB", "new:company"),
        ("AB Bostäder", "new:company"),
        ("Länsstyrelsen", "partner"),
        ("Polisen", "partner"),
        ("Tierps kommun", "partner"),
    ],
)
def test_an_unknown_owner_becomes_what_its_name_says(name, choice):
    assert suggested(name) == choice


def test_a_choice_for_an_owner_holds_for_every_row_and_ends_the_doubt():
    text = "Åtgärd;Ansvarig\nÖva;Kommunen\nRöja;Kommunen\n"
    before = placed(text)
    assert before.unknown_owners[0].rows == 2
    assert [row.outcome for row in before.rows] == [Outcome.DOUBTFUL] * 2
    assert before.rows[0].draft.partners == ("Kommunen",)
    after = placed(text, owners={"kommunen": "board:1"})
    assert [row.draft.boards for row in after.rows] == [("socialnämnden",)] * 2
    assert Reason.OWNER_AS_PARTNER not in reasons(after.rows[0])
    new = placed(text, owners={"kommunen": "new:company"})
    assert new.boards == {"kommunen": ("Kommunen", BoardKind.COMPANY)}
    assert placed(text, owners={"kommunen": "ignore"}).rows[0].draft.partners == ()


def test_a_choice_of_a_board_that_is_gone_falls_back_to_the_suggestion():
    row = placed("Åtgärd;Ansvarig\nÖva;Kommunen\n", owners={"kommunen": "board:99"}).rows[0]
    assert row.draft.partners == ("Kommunen",)


def test_partners_are_parted_but_names_with_commas_stay_whole():
    assert split_partners("skola, polis; Ås, Bys och Deles kommuner") == [
        "skola",
        "polis",
        "Ås, Bys och Deles kommuner",
    ]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("skola (F–6, 7–9), polis", ["skola (F–6, 7–9)", "polis"]),
        ("a, b) c (d, e", ["a, b) c (d", "e"]),
        (",och" * 100_000, ["och"]),
        ("a," * 400_000 + "b", ["a", "b"]),
    ],
)
def test_a_text_of_any_length_is_parted_by_reading_it_once(text, names):
    """Looking ahead from each comma would take hours for the long ones."""
    assert split_partners(text) == names


def test_a_kind_that_is_no_measure_is_listed_and_can_be_taken_in():
    row = one("Typ", "mål")
    assert row.outcome is Outcome.NOT_MEASURE
    assert row.notes[0].text == "Typ i filen: mål."
    assert one("Typ", "mål", kinds=frozenset({"mål"})).outcome is Outcome.DOUBTFUL
    assert one("Typ", "Återkommande").draft.kind is MeasureKind.RECURRING


def test_status_is_read_where_it_is_written():
    assert one("Status", "Pågående").draft.status is MeasureStatus.ONGOING
    assert one("Effektmått", "status: genomfört").draft.status is MeasureStatus.DONE
    odd = one("Status", "på gång")
    assert odd.draft.status is None
    assert odd.draft.description == "Status: på gång"


def test_a_date_that_cannot_be_read_is_kept_as_text():
    row = one("Slut", "när det blir")
    assert Reason.DATE_KEPT in reasons(row)
    assert row.draft.description == "Slut: när det blir"


def test_a_span_in_one_cell_gives_both_dates():
    row = one("Start", "2024–2026")
    assert (row.draft.starts_on, row.draft.ends_on) == (date(2024, 1, 1), date(2026, 12, 31))


def test_an_end_before_the_start_is_refused():
    row = one("Start;Slut", "2024-05-01", "2024-04-30")
    assert row.outcome is Outcome.REFUSED
    assert row.notes[0].text == "Slut 2024-04-30 ligger före start 2024-05-01."


def test_text_that_looks_like_a_formula_is_kept_as_text_and_said():
    row = one("Beskrivning", "=HYPERLINK(1)")
    assert row.draft.description == "=HYPERLINK(1)"
    assert Reason.FORMULA in reasons(row)
    assert Reason.FORMULA not in reasons(one("Beskrivning", "- en punkt"))


def test_very_long_texts_lose_nothing_or_are_refused():
    long = "ord " * 200
    (row,) = placed(f"Åtgärd;Ansvarig\n{long};Socialnämnden\n").rows
    assert len(row.draft.title) <= 300
    assert row.draft.description == long.strip()
    assert one("Beskrivning", "x" * 10_000).outcome is not Outcome.REFUSED
    assert one("Beskrivning", "x" * 10_001).outcome is Outcome.REFUSED


@pytest.mark.parametrize("heading", ["Ansvarig", "Samverkan", "Effektmått", "Målvärde", "Slut"])
def test_a_cell_that_is_far_too_long_is_refused_before_it_is_looked_into(heading, monkeypatch):
    text = f"Åtgärd;{heading}\nÖva;{'a' * 1000}\n"
    assert placed(text).rows[0].outcome is not Outcome.REFUSED
    monkeypatch.setattr(
        reading_rows.Reader, "_content", lambda *_: pytest.fail("it was looked into")
    )
    placement = placed(text.replace("a\n", "aa\n"))
    (row,) = placement.rows
    assert row.draft.title == "Öva"
    assert "är över 1\N{NO-BREAK SPACE}000 tecken. Korta texten i filen." in row.notes[0].text
    assert placement.count(Outcome.REFUSED) == 1


def test_rows_longer_or_shorter_than_the_headings_are_taken_in():
    rows = placed("Åtgärd;Ansvarig;Start\nÖva\nRöja;Socialnämnden;2024-01-01;över;er\n").rows
    assert rows[0].draft.title == "Öva"
    assert Reason.EXTRA_CELLS in reasons(rows[1])


def test_a_number_or_row_that_stands_twice_is_refused_the_second_time():
    rows = placed("Nr;Åtgärd\n1;Öva\n1;Röja\n").rows
    assert [row.outcome for row in rows] == [Outcome.DOUBTFUL, Outcome.REFUSED]
    assert rows[1].notes[0].text == "Numret 1 står också på rad 2."
    rows = placed("Åtgärd;Plan\nÖva;A\növa ;A\nÖva;B\n").rows
    assert [row.outcome for row in rows] == [
        Outcome.DOUBTFUL,
        Outcome.REFUSED,
        Outcome.DOUBTFUL,
    ]


def test_the_digest_tells_when_something_else_would_be_written():
    first = placed(PLAN)
    assert first.digest() == placed(PLAN).digest()
    assert first.digest() != placed(PLAN.replace("2025-12-31", "2026-12-31")).digest()
    assert first.digest() != replace(first, boards={}).digest()


@pytest.mark.skipif(not REAL.is_dir(), reason="the real plans are not here")
@pytest.mark.parametrize(
    ("name", "rows", "measures"),
    [
        ("all.csv", 201, 159),
        ("ovriga_kommuner.csv", 38, 8),
        ("medborgarloften.csv", 137, 137),
        ("uppsala.csv", 26, 14),
    ],
)
def test_no_row_of_the_real_plans_is_lost(name, rows, measures):
    sheet = read_path(REAL / name, 20)
    placement = place(sheet, Choices("P", recognise(sheet.headings)), Standing({}), TODAY)
    assert sum(placement.count(outcome) for outcome in Outcome) == len(placement.rows) == rows
    assert len(placement.new) == measures
    assert placement.count(Outcome.REFUSED) == 0
    assert all(row.notes for row in placement.rows if row.outcome is Outcome.NOT_MEASURE)
    assert len({row.draft.number for row in placement.new}) == measures
