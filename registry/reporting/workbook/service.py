"""Use cases of the workbook: download, read back, look at what would change, save as draft."""

import hashlib
import json
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any

from flask import current_app
from flask_babel import force_locale
from flask_babel import gettext as _
from sqlalchemy.orm.exc import StaleDataError
from werkzeug.datastructures import MultiDict

from registry.audit import log
from registry.db import db, now
from registry.people.permissions import Permission, Viewer, require
from registry.plan.importing.sheet import Unreadable
from registry.reporting import service
from registry.reporting.models import ItemState, Report
from registry.reporting.rounds import CannotReport
from registry.reporting.workbook import layout, loading, reading, writing
from registry.reporting.workbook.cells import Question, Raw, as_text, same, unknown
from registry.reporting.workbook.layout import MakeEntry
from registry.reporting.workbook.reading import Cell
from registry.reporting.writing import ItemPage, put_draft, writable
from registry.reporting.writing import hold as hold_report
from registry.waiting import Waiting

__all__ = ["Changed", "Gone", "Undecided", "Unreadable"]
_PART = "workbook"


class Gone(Exception):
    """There is no such file waiting for this person and report."""


class Changed(Exception):
    """What would be saved over is no longer what the person has looked at."""


class Undecided(Exception):
    """Somebody else has changed an answer too, and it is not said which is to stand."""


class Fate(StrEnum):
    """What becomes of an answer of the file."""

    CHANGE = "change"
    CONFLICT = "conflict"
    WRONG = "wrong"


@dataclass(frozen=True)
class Answer:
    """An answer that was changed in the file, as it reads.

    :param then: what it was when the file was downloaded.
    :param now: what it is in the registry.
    :param mine: what it is in the file.
    """

    cell: Cell
    fate: Fate
    then: str
    now: str
    mine: str
    message: str = ""

    @property
    def key(self) -> str:
        """Names the choice between the two answers in the form."""
        return f"choose-{self.cell.item_id}-{self.cell.field}"


@dataclass
class Measure:
    """A measure with the answers that were changed in the file."""

    page: ItemPage
    answers: list[Answer] = field(default_factory=list)

    @property
    def was_ready(self) -> bool:
        return self.page.item.state is ItemState.READY


@dataclass(frozen=True)
class Preview:
    """What saving would do, as things are now. Nothing of it is saved.

    :param gone: cells of measures that are no longer in the report.
    :param already: how many of the file's answers stand in the registry already.
    :param digest: of what would be saved over.
    """

    name: str
    measures: list[Measure]
    gone: list[Cell]
    already: int
    digest: str

    def count(self, fate: Fate) -> int:
        return sum(one.fate is fate for measure in self.measures for one in measure.answers)

    @property
    def writes(self) -> bool:
        return self.count(Fate.CHANGE) + self.count(Fate.CONFLICT) > 0


def open_report(viewer: Viewer, report_id: int) -> Report:
    """A report that the viewer fills in.

    :raises Denied: unless the viewer writes for its board.
    """
    report = service.get_report(viewer, report_id)
    require(viewer, Permission.WRITE_REPORTS, board_id=report.board_id)
    return report


def download(viewer: Viewer, report_id: int, make: MakeEntry) -> tuple[str, bytes]:
    """The report as a workbook to fill in, and what the file is to be called.

    :raises CannotReport: when there is nothing left to fill in.
    """
    report = _open_for_writing(viewer, report_id)
    book = layout.book_of(loading.pages(report), make)
    name = f"{_('Återrapport')} {report.round.title} {report.board.name}.xlsx"
    return name, writing.write(report, book, now())


def upload(viewer: Viewer, report_id: int, name: str, content: bytes, make: MakeEntry) -> str:
    """Read a filled-in workbook; gives the token under which it waits to be confirmed.

    :raises Unreadable: with a sentence for the person.
    :raises CannotReport: when the report is submitted or the round closed.
    """
    _open_for_writing(viewer, report_id)
    db.session.rollback()  # reading takes a while: let others write meanwhile
    opened = reading.unpack(content, report_id)
    report = _open_for_writing(viewer, report_id)
    with force_locale(opened.carried.language):  # choices are told by the words they had
        book = layout.book_of(loading.pages(report), make)
    cells = reading.changed(opened, book)
    db.session.rollback()
    token = _waiting().new()
    kept = {
        "user": viewer.user_id,
        "report": report_id,
        "name": name,
        "cells": [asdict(one) for one in cells],
    }
    _waiting().write(token, _PART, kept)
    return token


def preview(viewer: Viewer, report_id: int, token: str, make: MakeEntry) -> Preview:
    """What saving would do, with the database as it is now. Writes nothing.

    :raises Gone: when it is not this person's, was saved already or is older than a day.
    :raises CannotReport: when the report is submitted or the round closed.
    """
    report = _open_for_writing(viewer, report_id)
    return _compared(report, *_waiting_for(viewer, report_id, token), make)


def save(
    viewer: Viewer,
    report_id: int,
    token: str,
    *,
    digest: str,
    choices: Mapping[str, str],
    make: MakeEntry,
) -> int:
    """Save what the preview showed as drafts, all of it in one transaction, and throw the file
    away. What is wrong in the file is left as it is in the registry.

    :param choices: answer's key → ``mine`` or ``theirs``, where somebody else changed it too.
    :returns: how many answers were saved.
    :raises Changed: when it would save over something else than the person has seen.
    :raises Undecided: when a choice is missing.
    """
    report = _open_for_writing(viewer, report_id, hold=True)
    shown = _compared(report, *_waiting_for(viewer, report_id, token), make)
    if shown.digest != digest:
        raise Changed
    wanted = [(one.page, _chosen(one, choices)) for one in shown.measures]
    with log.action("report.workbook"):
        for page, cells in wanted:
            if cells:
                _write(viewer, page, cells, make)
        try:
            db.session.commit()
        except StaleDataError as error:
            db.session.rollback()
            raise Changed from error
    _waiting().drop(token, _PART)
    return sum(len(cells) for _page, cells in wanted)


def _open_for_writing(viewer: Viewer, report_id: int, *, hold: bool = False) -> Report:
    report = open_report(viewer, report_id)
    if hold:
        hold_report(report, changing=False)
    if not writable(report):
        raise CannotReport(_("Återrapporten är inlämnad eller omgången stängd."))
    return report


def _chosen(measure: Measure, choices: Mapping[str, str]) -> list[Cell]:
    cells = []
    for answer in measure.answers:
        if answer.fate is Fate.CONFLICT:
            choice = choices.get(answer.key)
            if choice not in ("mine", "theirs"):
                raise Undecided
            if choice == "theirs":
                continue
        if answer.fate is not Fate.WRONG:
            cells.append(answer.cell)
    return cells


def _write(viewer: Viewer, page: ItemPage, cells: list[Cell], make: MakeEntry) -> None:
    posted = _posted(make(page, None).raw(), cells)
    entry = make(page, posted)
    entry.validate()
    put_draft(viewer, page, entry, posted)


def _posted(stored: Mapping[str, Raw], cells: list[Cell]) -> "MultiDict[str, str]":
    """What a browser would post, had these answers been written into the form."""
    posted: MultiDict[str, str] = MultiDict()
    for name, raw in {**stored, **{one.field: one.mine for one in cells}}.items():
        posted.setlist(name, list(raw))
    return posted


def _compared(report: Report, name: str, cells: list[Cell], make: MakeEntry) -> Preview:
    by_item: dict[int, list[Cell]] = defaultdict(list)
    for cell in cells:
        by_item[cell.item_id].append(cell)
    measures: list[Measure] = []
    already = 0
    for page in loading.pages(report):
        own = by_item.pop(page.item.id, [])
        if not own:
            continue
        measure = Measure(page, _answers(page, own, make))
        already += len(own) - len(measure.answers)
        if measure.answers:
            measures.append(measure)
    gone = [cell for left in by_item.values() for cell in left]
    return Preview(name, measures, gone, already, _digest(measures))


def _answers(page: ItemPage, cells: list[Cell], make: MakeEntry) -> list[Answer]:
    entry = make(page, None)
    stored, asked = entry.raw(), layout.questions(page, entry)
    filled = make(page, _posted(stored, [one for one in cells if one.field in stored]))
    filled.validate()
    errors: Mapping[str, list[str]] = filled.errors
    answers = []
    for cell in cells:
        question = asked.get(cell.field)
        if question is None:
            message = _("Frågan ställs inte längre. Svaret sparas inte.")
            answers.append(_plainly(cell, message))
            continue
        now_ = stored.get(cell.field, [])
        message = _wrong(question, cell, errors)
        if same(question.kind, cell.mine, now_) and not message:
            continue
        mine_only = same(question.kind, now_, cell.downloaded)
        fate = Fate.WRONG if message else Fate.CHANGE if mine_only else Fate.CONFLICT
        then, at_present, mine = (
            as_text(question, raw) for raw in (cell.downloaded, now_, cell.mine)
        )
        answers.append(Answer(cell, fate, then, at_present, mine, message))
    return answers


def _wrong(question: Question, cell: Cell, errors: Mapping[str, list[str]]) -> str:
    """Why an answer of the file cannot be saved; what is only missing may be, in a draft."""
    if cell.formula:
        return _("Cellen innehåller en formel. Skriv svaret i stället.")
    if not cell.mine:
        return ""
    return unknown(question, cell.mine) or " ".join(errors.get(cell.field, ()))


def _plainly(cell: Cell, message: str) -> Answer:
    then, mine = ("\n".join(raw) for raw in (cell.downloaded, cell.mine))
    return Answer(cell, Fate.WRONG, then, then, mine, message)


def _digest(measures: list[Measure]) -> str:
    seen = [
        (one.page.item.id, one.page.item.row_version, [answer.cell.field for answer in one.answers])
        for one in measures
    ]
    return hashlib.sha256(json.dumps(seen).encode()).hexdigest()


def _waiting_for(viewer: Viewer, report_id: int, token: str) -> tuple[str, list[Cell]]:
    kept: dict[str, Any] | None = _waiting().read(token, _PART)
    if kept is None or (kept["user"], kept["report"]) != (viewer.user_id, report_id):
        raise Gone
    return kept["name"], [Cell(**one) for one in kept["cells"]]


def _waiting() -> Waiting:
    return Waiting(current_app.extensions["settings"].instance / "uploads")
