"""A board downloads its report as a workbook, fills it in, and looks before it is saved."""

import io
import re
import zipfile
from collections.abc import Callable
from datetime import date, datetime
from typing import Any

import openpyxl
import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from openpyxl import Workbook

from registry.audit.models import AuditEntry
from registry.db import db
from registry.host import switching, vault
from registry.host.models import DomainData, SubjectKind
from registry.people.models import User
from registry.plan.models import MeasureStatus
from registry.reporting.models import ItemState, ItemValue, ReportItem
from registry.reporting.workbook import formulas
from registry.reporting.workbook.cells import (
    Kind,
    Question,
    as_text,
    in_cell,
    posted,
    same,
    unknown,
)
from tests.reporting.conftest import CRISIS, Job
from tests.reporting.test_job import EXERCISE, PLAIN, make_ready, post_item, submit

Enter = Callable[[User], FlaskClient]
CYBER = "cyber_security"
CORE, CRISES, VALUES = "Återrapport", "Krisberedskap", "Utfall"


def fetch(client: FlaskClient, job: Job, board: str = "social") -> Workbook:
    answer = client.get(f"/reports/{job.reports[board].id}/workbook/download")
    assert answer.status_code == 200, answer.status
    return openpyxl.load_workbook(io.BytesIO(answer.data))


def packed(book: Workbook) -> bytes:
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def give(client: FlaskClient, job: Job, book: Workbook | bytes, board: str = "social") -> Any:
    content = book if isinstance(book, bytes) else packed(book)
    data = {"file": (io.BytesIO(content), "ifylld.xlsx")}
    return client.post(f"/reports/{job.reports[board].id}/workbook", data=data)


def accepted(client: FlaskClient, job: Job, book: Workbook | bytes) -> str:
    """Give a workbook that is taken in; gives the address of its preview."""
    answer = give(client, job, book)
    assert answer.status_code == 303, answer.get_data(as_text=True)
    return str(answer.location)


def save(client: FlaskClient, address: str, **choices: str) -> Any:
    page = client.get(address).get_data(as_text=True)
    digest = re.search(r'name="digest" value="(\w+)"', page)
    assert digest is not None, page
    return client.post(address, data={"digest": digest[1], **choices})


def heads(book: Workbook, sheet: str) -> dict[str, str]:
    """Heading → letter of its column."""
    return {str(cell.value): cell.column_letter for cell in book[sheet][2]}


def row_of(book: Workbook, sheet: str, number: str) -> int:
    return next(row[0].row for row in book[sheet].iter_rows(min_row=4) if row[0].value == number)


def put(book: Workbook, sheet: str, number: str, heading: str, value: Any) -> str:
    cell = f"{heads(book, sheet)[heading]}{row_of(book, sheet, number)}"
    book[sheet][cell] = value
    return cell


def item(job: Job, number: str) -> ReportItem:
    db.session.expire_all()
    return job.item(number)


def crisis_data(item_id: int) -> dict[str, Any]:
    row = db.session.get(DomainData, (CRISIS, SubjectKind.REPORT_ITEM, item_id))
    return row.data if row is not None else {}


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_the_workbook_holds_the_questions_as_they_are_put_and_nothing_else_can_be_written(
    job: Job, sign_in: Enter, statements: list[str]
) -> None:
    client = sign_in(job.approver)
    post_item(client, job.item("2.5.1").id, {**PLAIN, **EXERCISE, "done": "=1+1 <b>\r\nRad två"})
    statements.clear()
    book = fetch(client, job)
    assert len(statements) < 25
    assert book.sheetnames[:4] == ["Läs mig", CORE, CRISES, VALUES]
    assert book["registret"].sheet_state == "veryHidden"
    core, crises = heads(book, CORE), heads(book, CRISES)
    assert list(core) == [
        "Nr", "Åtgärd", "Läge vid periodens slut", "Vad har gjorts?", "Avvikelse",
        "Orsak till avvikelsen",
    ]  # fmt: skip
    assert list(heads(book, VALUES))[2:] == [
        "Mått", "Enhet", "Utfall", "Inte mätt den här perioden",
    ]  # fmt: skip
    row = row_of(book, CORE, "2.5.1")
    assert book[CORE][f"{core['Läge vid periodens slut']}{row}"].value == "Pågår"
    assert book[CORE][f"{core['Vad har gjorts?']}{row}"].value == "=1+1 <b>\nRad två"
    assert book[CORE][f"{core['Vad har gjorts?']}{row}"].data_type == "s"
    row = row_of(book, CRISES, "2.5.1")
    shown = {name: book[CRISES][f"{column}{row}"].value for name, column in crises.items()}
    assert shown["Genomförda övningar"] == 3
    assert shown["Övningens datum"] == datetime(2021, 10, 8)
    assert shown["Är övningen utvärderad?"] == "Ja"
    assert shown["Kontinuitetsplan"] is None
    # every sheet is locked but for the answers, which have lists, limits and words of help
    assert all(sheet.protection.sheet for sheet in book)
    assert book[CORE][f"A{row_of(book, CORE, '1.1.1')}"].protection.locked
    assert not book[CORE][f"{core['Avvikelse']}4"].protection.locked
    rules = {
        str(rule.sqref).rstrip("0123456789")[0]: rule
        for rule in book[CRISES].data_validations.dataValidation
    }
    listed = rules[crises["Är övningen utvärderad?"]]
    assert (listed.type, listed.showErrorMessage) == ("list", True)
    name, first, last = re.fullmatch(r"'(\w+)'!\$(\w)\$1:\$\w\$(\d)", listed.formula1).groups()  # type: ignore[union-attr]
    assert [book[name][f"{first}{n}"].value for n in range(1, int(last) + 1)] == ["Ja", "Nej"]
    assert rules[crises["Planerade övningar"]].type == "whole"
    assert rules[crises["Övningens datum"]].type == "date"
    assert rules[crises["Planerade övningar"]].prompt == "Antal under perioden."
    # it is as it was: nothing changes, and other boards cannot have it
    page = client.get(accepted(client, job, book)).get_data(as_text=True)
    assert "Filen ändrar ingenting" in page
    assert sign_in(job.rescuer).get(
        f"/reports/{job.reports['social'].id}/workbook/download"
    ).status_code == 403  # fmt: skip


def test_what_is_filled_in_is_shown_and_then_saved_as_draft(job: Job, sign_in: Enter) -> None:
    client = sign_in(job.approver)
    make_ready(client, job)
    before = item(job, "1.1.1").row_version
    book = fetch(client, job)
    put(book, CORE, "2.5.1", "Läge vid periodens slut", "Försenad")
    put(book, CORE, "2.5.1", "Avvikelse", "Två övningar\nställdes in.")
    put(book, CORE, "2.5.1", "Orsak till avvikelsen", "Resurser")
    put(book, CRISES, "2.5.1", "Planerade övningar", 5)
    put(book, CRISES, "2.5.1", "Övningens datum", date(2021, 11, 2))
    put(book, CRISES, "2.5.1", "Är övningen utvärderad?", "Nej")
    put(book, CRISES, "2.5.1", "Övningens form", None)
    put(book, VALUES, "2.5.1", "Utfall", None)
    put(book, VALUES, "2.5.1", "Inte mätt den här perioden", "Ja")
    address = accepted(client, job, book)
    page = client.get(address).get_data(as_text=True)
    assert "Åtgärden är klar och blir utkast igen" in page
    assert "Försenad" in page
    assert "inget svar" in page
    assert "Åtgärd 1.1.1" not in page  # nothing was changed there
    assert item(job, "2.5.1").state is ItemState.READY  # nothing is saved yet
    # it waits for the one who gave it, nobody else
    other = sign_in(job.reporter)
    assert other.get(address).status_code == 303
    assert sign_in(job.rescuer).get(address).status_code == 403

    assert save(client, address).status_code == 303
    saved = item(job, "2.5.1")
    assert (saved.state, saved.status) == (ItemState.DRAFT, MeasureStatus.DELAYED)
    assert saved.deviation == "Två övningar\nställdes in."
    assert saved.saved_by_id == job.approver.id
    data = crisis_data(saved.id)
    assert (data["exercises_planned"], data["exercises_held"]) == (5, 3)
    assert (data["exercise_date"], data["exercise_evaluated"]) == ("2021-11-02", False)
    assert "exercise_type" not in data
    value = db.session.scalars(sa.select(ItemValue).where(ItemValue.item_id == saved.id)).one()
    assert (value.value, value.not_measured) == (None, True)
    untouched = item(job, "1.1.1")
    assert (untouched.state, untouched.row_version) == (ItemState.READY, before)
    assert "report.workbook" in db.session.scalars(sa.select(AuditEntry.action)).all()
    assert client.get(address).location.endswith("/workbook")  # it is saved once


def test_what_is_wrong_is_told_with_its_cell_and_left_as_it_was(job: Job, sign_in: Enter) -> None:
    client = sign_in(job.approver)
    make_ready(client, job)
    book = fetch(client, job)
    cells = [
        put(book, CRISES, "2.5.1", "Övningens datum", "8 oktober"),
        put(book, CRISES, "2.5.1", "Planerade övningar", "några"),
        put(book, CRISES, "2.5.1", "Genomförda övningar", -1),
        put(book, CRISES, "2.5.1", "Är övningen utvärderad?", "kanske"),
    ]
    wrong = put(book, CORE, "2.5.1", "Läge vid periodens slut", "Rullar på")
    computed = put(book, VALUES, "2.5.1", "Utfall", "=60+2")
    put(book, CORE, "2.5.1", "Vad har gjorts?", "Detta går att spara.")
    address = accepted(client, job, book)
    page = client.get(address).get_data(as_text=True)
    for sheet, cell, words in (
        (CRISES, cells[0], "Skriv datumet som år-månad-dag, till exempel 2026-01-31."),
        (CRISES, cells[1], "Skriv ett heltal, till exempel 12."),
        (CRISES, cells[2], "Talet ska vara minst 0."),
        (CRISES, cells[3], "Välj Ja eller Nej."),
        (CORE, wrong, "Välj något i listan."),
        (VALUES, computed, "Cellen innehåller en formel. Skriv svaret i stället."),
    ):
        assert f"<strong>Blad {sheet}, cell {cell}:</strong> {words}" in page
    assert save(client, address).status_code == 303
    saved = item(job, "2.5.1")
    assert (saved.done, saved.status) == ("Detta går att spara.", MeasureStatus.ONGOING)
    data = crisis_data(saved.id)
    assert (data["exercise_date"], data["exercises_planned"]) == ("2021-10-08", 4)
    value = db.session.scalars(sa.select(ItemValue).where(ItemValue.item_id == saved.id)).one()
    assert value.value == 62.5


def test_what_others_have_changed_meanwhile_is_chosen_answer_by_answer(
    job: Job, sign_in: Enter
) -> None:
    client, colleague = sign_in(job.reporter), sign_in(job.colleague)
    measure = job.item("1.1.1").id
    post_item(client, measure, PLAIN, button="draft")
    book = fetch(client, job)
    put(book, CORE, "1.1.1", "Vad har gjorts?", "Filens ord.")
    put(book, CORE, "1.1.1", "Avvikelse", "Ur filen.")
    theirs = {**PLAIN, "done": "Kollegans ord.", "status": "done"}
    post_item(colleague, measure, theirs, button="draft")
    address = accepted(client, job, book)
    page = client.get(address).get_data(as_text=True)
    for words in ("Vi har byggt ut samverkan.", "Filens ord.", "Kollegans ord.", "Ur filen."):
        assert words in page
    key = f"choose-{measure}-done"
    assert page.count(f'name="{key}"') == 2
    assert f'name="choose-{measure}-deviation"' not in page
    undecided = save(client, address)
    assert undecided.status_code == 422
    assert "Välj vilket svar" in undecided.get_data(as_text=True)
    # saved by a third one while this page was open: it is shown anew
    stale = client.get(address).get_data(as_text=True)
    digest = re.search(r'name="digest" value="(\w+)"', stale)
    assert digest is not None
    post_item(colleague, measure, {**theirs, "done": "Kollegans nya ord."}, button="draft")
    answer = client.post(address, data={"digest": digest[1], key: "mine"})
    assert answer.status_code == 409
    assert "Kollegans nya ord." in answer.get_data(as_text=True)
    assert item(job, "1.1.1").done == "Kollegans nya ord."

    assert save(client, address, **{key: "theirs"}).status_code == 303
    saved = item(job, "1.1.1")
    assert (saved.done, saved.deviation) == ("Kollegans nya ord.", "Ur filen.")
    assert saved.status is MeasureStatus.DONE  # not touched in the file
    address = accepted(client, job, book)  # the same file once more
    assert save(client, address, **{key: "mine"}).status_code == 303
    assert item(job, "1.1.1").done == "Filens ord."


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_file_that_is_not_this_reports_workbook_is_refused_with_a_sentence(
    job: Job, sign_in: Enter, boards: dict[str, Any]
) -> None:
    client, rescuer = sign_in(job.reporter), sign_in(job.rescuer)

    def spoilt(change: Callable[[Workbook], Any]) -> bytes:
        book = fetch(client, job)
        change(book)
        return packed(book)

    def forge(book: Workbook) -> None:
        text = str(book["registret"]["A2"].value)
        book["registret"]["A2"] = text[:10] + ("A" if text[10] != "A" else "B") + text[11:]

    for content, why in (
        (b"%PDF-1.7", "ingen Excelfil"),
        (packed(Workbook()), "inte en arbetsbok från registret"),
        (packed(fetch(rescuer, job, "rescue")), "hör till en annan återrapport"),
        (spoilt(forge), "dolda blad är ändrat"),
        (spoilt(lambda book: setattr(book[CRISES], "title", "Kris")), "Krisberedskap saknas"),
        (spoilt(lambda book: book[CORE].delete_cols(3)), "cell C2 ska det stå ”Läge vid"),
        (spoilt(lambda book: book[CORE].delete_rows(4)), "cell A4 ska det stå ”1.1.1”"),
        (spoilt(lambda book: book[CORE].cell(6, 4, "Extra")), "under den sista åtgärden"),
        (packed(fetch(client, job))[:2000], "gick inte att läsa"),
    ):
        answer = give(client, job, content)
        assert answer.status_code == 422, why
        assert why in answer.get_data(as_text=True)
    assert "Välj en fil" in client.post(f"/reports/{job.reports['social'].id}/workbook").text
    # handed in meanwhile: nothing is taken in, and what waited is not saved
    approver = sign_in(job.approver)
    make_ready(approver, job)
    book = fetch(approver, job)
    put(book, CORE, "1.1.1", "Vad har gjorts?", "För sent.")
    address = accepted(approver, job, book)
    assert submit(approver, job.reports["social"]).status_code == 303
    late = approver.post(address, data={"digest": "x"})
    assert (late.status_code, late.location) == (303, f"/reports/{job.reports['social'].id}")
    assert approver.get(f"/reports/{job.reports['social'].id}/workbook/download").status_code == 303
    assert item(job, "1.1.1").done == PLAIN["done"]


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_workbook_is_read_in_the_words_it_was_made_with(job: Job, sign_in: Enter) -> None:
    client = sign_in(job.approver)
    make_ready(client, job)
    book = fetch(client, job)
    put(book, CORE, "2.5.1", "Läge vid periodens slut", "Försenad")
    cell = put(book, CRISES, "2.5.1", "Är övningen utvärderad?", "Nej")
    # since then, the reader has gone over to English and the domain is switched off
    with client.session_transaction() as session:
        session["language"] = "en"
    switching.switch(CRISIS, on=False)
    db.session.commit()
    address = accepted(client, job, book)
    page = client.get(address).get_data(as_text=True)
    assert page.count("Sheet Krisberedskap, cell") == 1
    assert f"Sheet Krisberedskap, cell {cell}:</strong> The question is no longer asked." in page
    assert page.count("Sheet Återrapport, cell") == 1
    assert "Delayed" in page
    assert save(client, address).status_code == 303
    assert item(job, "2.5.1").status is MeasureStatus.DELAYED
    assert crisis_data(job.item("2.5.1").id)["exercise_evaluated"] is True
    assert "Report" in fetch(client, job).sheetnames


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_secret_answers_are_left_out_and_stay_as_they_are(job: Job, sign_in: Enter) -> None:
    secret = "Larmet går att stänga av"
    area = job.plan.measures["2.5.1"].subgoal.area
    area.domain = CYBER
    db.session.commit()
    client, measure = sign_in(job.reporter), job.item("2.5.1").id
    answers = {**PLAIN, f"{CYBER}__weakness": secret, f"{CYBER}__incidents": "2"}
    assert post_item(client, measure, answers, button="draft").status_code == 303
    content = client.get(f"/reports/{job.reports['social'].id}/workbook/download").data
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert not any(secret.encode() in archive.read(name) for name in archive.namelist())
    book = openpyxl.load_workbook(io.BytesIO(content))
    sheet = book.sheetnames[2]
    cell = book[sheet][f"{heads(book, sheet)['Brist eller sårbarhet']}4"]
    assert cell.value == "Skyddad uppgift – fylls i i registret"
    assert cell.protection.locked
    cell.value = "Skrivet ändå"  # in a sheet that somebody unlocked
    put(book, sheet, "2.5.1", "Incidenter", 3)
    address = accepted(client, job, book)
    assert "Skrivet ändå" not in client.get(address).get_data(as_text=True)
    assert save(client, address).status_code == 303
    row = db.session.get(DomainData, (CYBER, SubjectKind.REPORT_ITEM, measure))
    assert row is not None
    assert row.data == {"incidents": 3}
    assert vault.marks(SubjectKind.REPORT_ITEM, [measure])[measure][CYBER]["weakness"].readable


KINDS = {"a": "Övning", "b": "Larm; test", "c": "Annat"}


@pytest.mark.parametrize(
    ("kind", "raw", "cell", "read"),
    [
        (Kind.CHOICES, ["a", "c"], "Övning; Annat", "annat;övning"),
        (Kind.CHOICES, ["b"], "Larm; test", "larm; test"),
        (Kind.CHOICE, ["c"], "Annat", " annat "),
        (Kind.NUMBER, ["62,5"], 62.5, "62.5"),
        (Kind.NUMBER, ["1 234"], 1234.0, "1234"),
        (Kind.NUMBER, ["tolv"], "tolv", "tolv"),
        (Kind.NUMBER, ["12345678901234,5678"], "12345678901234,5678", "12345678901234.5678"),
        (Kind.DATE, ["2021-10-08"], date(2021, 10, 8), "2021-10-08"),
        (Kind.TEXT, ["Ett\r\ntvå"], "Ett\ntvå", "Ett\ntvå"),
        (Kind.FLAG, ["no"], "Nej", "nej"),
        (Kind.TICK, ["y"], "Ja", "x"),
        (Kind.TICK, [], None, "Nej"),
        (Kind.TEXT, [" "], None, "  "),
    ],
)
def test_an_answer_reads_the_same_out_of_the_cell_it_was_written_in(
    texts: None, kind: Kind, raw: list[str], cell: Any, read: str
) -> None:
    question = Question("Fråga", "", kind, KINDS)
    assert in_cell(question, raw) == cell
    assert same(kind, posted(question, read), raw)
    assert not unknown(question, posted(question, read))


def test_a_choice_that_is_none_is_told(texts: None) -> None:
    several = Question("Fråga", "", Kind.CHOICES, KINDS)
    assert "Välj bland: Övning; Larm; test; Annat." in unknown(several, posted(several, "Övn; x"))
    assert as_text(several, ["a", "c"]) == "Övning; Annat"
    tick = Question("Inte mätt", "", Kind.TICK, {})
    assert unknown(tick, posted(tick, "kanske"))


@pytest.mark.parametrize(
    ("workbook", "sheet"),
    [
        ("", "<c " * 400_000),
        ("", "<c " + 'r="A1" ' * 400_000),
        ("<sheet " * 400_000, ""),
    ],
)
def test_looking_for_formulas_takes_no_longer_than_the_file_is_long(
    workbook: str, sheet: str
) -> None:
    """Where the time grows with the square of the length, this never ends."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr(
            "xl/_rels/workbook.xml.rels",
            '<Relationships><Relationship Id="r1" Target="worksheets/one.xml"/></Relationships>',
        )
        packed.writestr(
            "xl/workbook.xml", f'<workbook><sheet name="A &amp; B" r:id="r1"/><!--{workbook}-->'
        )
        cells = (
            '<c r="B4" t="n"><f>1+1</f></c><c r="C4"/><c r="D4"><v>1</v></c><c s="1" r="E5"> <f/>'
        )
        packed.writestr("xl/worksheets/one.xml", f"<sheetData>{cells}</sheetData><!--{sheet}")
    assert formulas.found_in(file.getvalue()) == {("A & B", "B4"), ("A & B", "E5")}
