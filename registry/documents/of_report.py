"""A board's submitted report as a document: what was frozen, with the labels it had then."""

from collections.abc import Iterable
from datetime import date
from decimal import Decimal, InvalidOperation
from itertools import groupby

from flask_babel import gettext as _

from registry.documents.document import (
    EMPTY,
    Cell,
    Column,
    Document,
    Entry,
    Fact,
    Kind,
    Part,
    Section,
    Subject,
    Table,
    amount,
    at,
    missing,
    text,
    withheld,
    word,
)
from registry.language import local, moment
from registry.people.permissions import Viewer
from registry.plan.models import MeasureStatus
from registry.reporting import reading
from registry.reporting.models import Report, ReportState
from registry.reporting.reading import FrozenAnswer, FrozenMeasure, FrozenSection

NUMBERS = frozenset({"number", "whole", "percent", "money", "metric"})


class NotSubmitted(Exception):
    """The report is still being written; there is nothing to take out of the registry yet."""


def of_report(viewer: Viewer, report: Report, municipality: str, language: str) -> Document:
    """The report as it was submitted; a domain lead's is about the measures of their domain.

    :raises NotSubmitted: for a draft.
    """
    if report.state is ReportState.DRAFT or report.submitted_at is None:
        raise NotSubmitted
    measures = reading.frozen(viewer, report)
    unmeasured = _("Inte mätt")
    cells = {
        (measure.item_id, index, answer.name): cell_of(section, answer, unmeasured)
        for measure in measures
        for index, section in enumerate(measure.sections)
        for answer in section.answers
    }
    return Document(
        subject=Subject.REPORT,
        title=report.board_name,
        subtitle=_("Återrapportering %(round)s", round=report.round_title),
        municipality=municipality,
        language=language,
        day=local(report.submitted_at).date(),
        name=_("Återrapport %(board)s %(round)s", board=report.board_name, round=report.round_title)
        + (f" v{report.revision}" if report.revision > 1 else ""),
        facts=_facts(report, measures),
        sections=tuple(_sections(measures, cells)),
        data=(_measures(measures, cells), _answers(measures, cells)),
        notice=_notice(report),
        summary=report.summary,
        size=len(measures),
    )


Cells = dict[tuple[int, int, str], Cell]


def cell_of(section: FrozenSection, answer: FrozenAnswer, unmeasured: str) -> Cell:
    """A frozen answer with its type: what is withheld, missing and 0 are three things."""
    if answer.secrecy:
        return withheld(answer.secrecy)
    if answer.value is None:
        if answer.kind == "metric":
            return missing("not_measured", answer.text or unmeasured)
        return text(answer.text) if answer.text else missing("not_answered")
    if answer.kind in NUMBERS:
        try:
            value = Decimal(str(answer.value))
        except InvalidOperation:
            return text(answer.text)
        return Cell(answer.text, Kind.NUMBER, value, answer.unit)
    if answer.kind == "date":
        try:
            return Cell(answer.text, Kind.DATE, date.fromisoformat(str(answer.value)))
        except ValueError:
            return text(answer.text)
    if answer.kind == "choice" and section.kind == "core":
        return Cell(answer.text, Kind.WORD, str(answer.value))
    return text(answer.text) if answer.text else missing("not_answered")


def _notice(report: Report) -> str:
    if report.state is ReportState.RETURNED:
        return _("Återlämnad för komplettering: %(comment)s", comment=report.decision_comment)
    return ""


def _facts(report: Report, measures: list[FrozenMeasure]) -> tuple[Fact, ...]:
    by = report.submitted_by_name or _("en tidigare användare")
    facts = [
        Fact("board", _("Nämnd eller bolag"), text(report.board_name)),
        Fact("round", _("Omgång"), text(report.round_title)),
        Fact("period", _("Period"), text(report.round.period)),
        Fact("state", _("Läge"), word(report.state)),
        Fact("submitted_at", _("Inlämnad"), at(report.submitted_at)),
        Fact("submitted_by", _("Inlämnad av"), text(by)),
        Fact("revision", _("Version"), amount(report.revision)),
        Fact("measures", _("Antal åtgärder"), amount(len(measures))),
    ]
    if report.decided_at is not None:
        facts.append(Fact("decided_at", _("Granskad"), at(report.decided_at)))
        facts.append(Fact("decided_by", _("Granskad av"), text(report.decided_by_name)))
    return tuple(facts)


def _sections(measures: list[FrozenMeasure], cells: Cells) -> Iterable[Section]:
    statuses = {status: word(status) for status in MeasureStatus}
    by, metrics = _("Ifylld av %(name)s %(moment)s."), _("Effektmått")
    unchecked = _("Inte kontrollerad av %(domain)s.")

    def note(measure: FrozenMeasure) -> str:
        said = []
        if measure.completed_by:
            when = moment(measure.completed_at)
            said.append(by % {"name": measure.completed_by, "moment": when})
        if measure.unchecked_by:
            said.append(unchecked % {"domain": measure.unchecked_by})
        return " ".join(said)

    for area, in_area in groupby(measures, lambda one: one.area):
        yield Section(1, area)
        for subgoal, in_subgoal in groupby(in_area, lambda one: one.subgoal):
            entries = (
                _entry(one, cells, statuses[one.status], metrics, note(one)) for one in in_subgoal
            )
            yield Section(2, subgoal, tuple(entries))


def _entry(measure: FrozenMeasure, cells: Cells, status: Cell, metrics: str, note: str) -> Entry:
    parts = []
    for index, section in enumerate(measure.sections):
        pairs = [
            (answer.label, cell)
            for answer in section.answers
            if (cell := cells[measure.item_id, index, answer.name]).text
            and (section.kind != "core" or cell.kind is not Kind.MISSING)
        ]
        if pairs:
            title = metrics if section.kind == "metric" else section.title
            parts.append(Part(title, tuple(pairs)))
    return Entry(
        f"{measure.number} {measure.title}",
        status,
        tuple(parts),
        note,
    )


def _measures(measures: list[FrozenMeasure], cells: Cells) -> Table:
    """One row per measure: its place, its status and what the board answered of it."""
    labels: dict[str, str] = {}
    for measure in measures:
        for section in measure.sections:
            if section.kind == "core":
                labels |= {one.name: one.label for one in section.answers}
    columns = (
        Column("number", _("Nr"), 1),
        Column("title", _("Åtgärd"), 5),
        Column("area", _("Målområde"), 3),
        Column("subgoal", _("Delmål"), 3),
        Column("status", _("Läge vid periodens slut"), 2),
        *(Column(name, label, 5) for name, label in labels.items()),
        Column("completed_by", _("Ifylld av"), 2),
        Column("completed_at", _("Ifylld"), 2),
        Column("unchecked_by", _("Inte kontrollerad av"), 2),
    )
    rows = []
    statuses = {status: word(status) for status in MeasureStatus}
    for measure in measures:
        core = {
            answer.name: cells[measure.item_id, index, answer.name]
            for index, section in enumerate(measure.sections)
            if section.kind == "core"
            for answer in section.answers
        }
        rows.append(
            (
                text(measure.number),
                text(measure.title),
                text(measure.area),
                text(measure.subgoal),
                statuses[measure.status],
                *(core.get(name, EMPTY) for name in labels),
                text(measure.completed_by),
                at(measure.completed_at),
                text(measure.unchecked_by),
            )
        )
    return Table("measures", _("Åtgärder"), columns, tuple(rows))


def _answers(measures: list[FrozenMeasure], cells: Cells) -> Table:
    """One row per answer to a domain's question and per effect value."""
    columns = (
        Column("number", _("Nr"), 1),
        Column("title", _("Åtgärd"), 4),
        Column("part", _("Del"), 3),
        Column("label", _("Fråga eller mått"), 4),
        Column("answer", _("Svar"), 5),
        Column("value", _("Tal"), 2, is_number=True),
        Column("unit", _("Enhet"), 1),
        Column("state", _("Besvarad"), 2),
        Column("ground", _("Sekretessgrund"), 2),
        Column("section", "section", technical=True),
        Column("domain", "domain", technical=True),
        Column("name", "name", technical=True),
        Column("kind", "kind", technical=True),
        Column("data_version", "data_version", technical=True),
    )
    rows = []
    titles = {"metric": _("Effektmått")}
    states = {
        "answered": _("Besvarad"),
        "withheld": _("Skyddad uppgift"),
        "not_measured": _("Inte mätt"),
        "not_answered": _("Inte besvarad"),
    }
    words = {key: Cell(label, Kind.WORD, key) for key, label in states.items()}
    for measure in measures:
        head = (text(measure.number), text(measure.title))
        for index, section in enumerate(measure.sections):
            if section.kind == "core":
                continue
            part = text(titles.get(section.kind, section.title))
            for answer in section.answers:
                cell = cells[measure.item_id, index, answer.name]
                rows.append(
                    (
                        *head,
                        part,
                        text(answer.label),
                        cell,
                        Cell(cell.text, Kind.NUMBER, cell.value)
                        if cell.kind is Kind.NUMBER
                        else EMPTY,
                        text(answer.unit),
                        words[_state(cell)],
                        text(answer.secrecy),
                        text(section.kind),
                        text(section.domain),
                        text(answer.name),
                        text(answer.kind),
                        EMPTY if answer.data_version is None else amount(answer.data_version),
                    )
                )
    return Table("answers", _("Svar och effektvärden"), columns, tuple(rows))


def _state(cell: Cell) -> str:
    if cell.kind is Kind.WITHHELD:
        return "withheld"
    return str(cell.value) if cell.kind is Kind.MISSING else "answered"
