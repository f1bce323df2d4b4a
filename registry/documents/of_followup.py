"""A round's follow-up as a document, made of the same plain values as its page and as what is
published (:mod:`registry.followup.edition`)."""

from collections.abc import Iterator, Mapping
from datetime import date

from flask_babel import gettext as _

from registry.documents import drawing, of_effects
from registry.documents.document import (
    EMPTY,
    Block,
    Cell,
    Chart,
    Column,
    Document,
    Fact,
    Kind,
    Paragraph,
    Section,
    Subject,
    Table,
    amount,
    missing,
    on,
    text,
)
from registry.followup.edition import AreaEdition, BoardEdition, Edition, Judged, readings_of
from registry.followup.figures import UNREPORTED, Counts
from registry.language import yes_no

Labels = Mapping[str, str]


def of_followup(edition: Edition, municipality: str, today: date, notice: str = "") -> Document:
    """The follow-up as a document.

    :param today: when it says what it says: the day of its publication, or this day.
    """
    labels = edition["labels"]
    readings = readings_of(edition)
    areas, boards = _areas(edition, labels), _boards(edition, labels)
    return Document(
        subject=Subject.FOLLOWUP,
        title=_("Uppföljning %(round)s", round=edition["round"]),
        subtitle=edition["plan"],
        municipality=municipality,
        language=edition["language"],
        day=today,
        name=_("Uppföljning %(round)s", round=edition["round"]),
        facts=tuple(_facts(edition)),
        sections=(
            *_summary(edition),
            _area_section(edition, areas, labels),
            *_judgements(edition, labels),
            _board_section(edition, boards, labels),
            *_gap_sections(edition),
            of_effects.section(readings),
            Section(1, _("Alla åtgärder"), (_shown(_measures(edition)),)),
        ),
        data=(
            areas,
            boards,
            _measures(edition),
            _gaps(edition),
            of_effects.metrics(readings),
            of_effects.series(readings),
        ),
        notice=notice,
        summary=edition["headline"] + ".",
        size=len(edition["measures"]),
    )


def _facts(edition: Edition) -> Iterator[Fact]:
    total = Counts(**edition["total"])
    submitted = sum(one["submitted_on"] is not None for one in edition["boards"])
    yield Fact("round", _("Omgång"), text(edition["round"]))
    yield Fact("period", _("Period"), text(edition["period"]))
    yield Fact("due_on", _("Sista dag"), _day(edition["due_on"]))
    state = Cell(edition["state_label"], Kind.WORD, edition["state"])
    yield Fact("state", _("Omgångens läge"), state)
    yield Fact("boards", _("Nämnder och bolag"), amount(len(edition["boards"])))
    yield Fact("submitted", _("Har lämnat in"), amount(submitted))
    yield Fact("measures", _("Åtgärder"), amount(total.total))
    yield Fact("done", _("Genomförda"), _reported(total, "done"))
    yield Fact("delayed", _("Försenade"), _reported(total, "delayed"))
    yield Fact("unreported", _("Inte återrapporterade"), amount(total.unreported))
    yield Fact("assessed", _("Samlad bedömning"), _assessed(edition["whole"]))
    decision = edition["decision"]
    if decision is not None:
        yield Fact("decided_by", _("Beslutat av"), text(decision["decided_by"]))
        yield Fact("decided_on", _("Beslutsdatum"), _day(decision["decided_on"]))
        yield Fact("paragraph", _("Paragraf"), text(decision["paragraph"]))
        if decision["case_number"]:
            yield Fact("case_number", _("Diarienummer"), text(decision["case_number"]))


def _day(value: str | None) -> Cell:
    return on(date.fromisoformat(value)) if value else EMPTY


def _assessed(one: Judged) -> Cell:
    if one["assessed"] is None:
        return missing("not_assessed", _("Inte bedömt"))
    return Cell(one["assessed_label"], Kind.WORD, one["assessed"])


def _reported(counts: Counts, part: str) -> Cell:
    """A count of what was reported; where nothing was, there is no count, and so no 0."""
    if part == UNREPORTED or counts.reported:
        return amount(counts.get(part))
    return missing("not_reported")


def _paragraphs(written: str) -> list[Block]:
    """A text as it was written; an empty line begins a new paragraph."""
    parts = written.replace("\r\n", "\n").split("\n\n")
    return [Paragraph(part.strip()) for part in parts if part.strip()]


def _summary(edition: Edition) -> Iterator[Section]:
    whole, decision = edition["whole"], edition["decision"]
    if whole["text"]:
        yield Section(1, _("Sammanfattning"), tuple(_paragraphs(whole["text"])))
    if whole["conclusion"]:
        yield Section(1, _("Slutsats"), tuple(_paragraphs(whole["conclusion"])))
    if decision is not None:
        said = _(
            "%(board)s beslutade %(day)s, %(paragraph)s:",
            board=decision["decided_by"],
            day=decision["decided_on"],
            paragraph=decision["paragraph"],
        )
        blocks = (Paragraph(said), *_paragraphs(decision["text"]))
        yield Section(1, _("Kommunstyrelsens beslut"), blocks)


def _judgements(edition: Edition, labels: Labels) -> Iterator[Section]:
    """What is written of each area, where something is."""
    for area in edition["areas"]:
        if not (area["text"] or area["conclusion"] or area["assessed"]):
            continue
        counts = Counts(**area["counts"])
        figures = ", ".join(f"{labels[part]}: {count}" for part, count in counts.parts)
        blocks: list[Block] = [Paragraph(figures + ".")]
        if area["assessed"]:
            said = _("Bedömning: %(assessed)s.", assessed=area["assessed_label"].lower())
            blocks.insert(0, Paragraph(said))
        blocks += _paragraphs(area["text"])
        yield Section(2, _named(area), tuple(blocks))
        if area["conclusion"]:
            yield Section(3, _("Slutsats"), tuple(_paragraphs(area["conclusion"])))


def _named(area: AreaEdition) -> str:
    return f"{area['number']} {area['title']}"


def _areas(edition: Edition, labels: Labels) -> Table:
    columns = (
        Column("area", _("Målområde"), 8),
        Column("assessed", _("Bedömning"), 4),
        *_counted(labels),
    )
    rows = tuple(
        (text(_named(one)), _assessed(one), *_counts(Counts(**one["counts"]), labels))
        for one in edition["areas"]
    )
    return Table("areas", _("Läge per målområde"), columns, rows)


def _counted(labels: Labels) -> tuple[Column, ...]:
    return (
        *(Column(part, label, 4, is_number=True) for part, label in labels.items()),
        Column("total", _("Alla"), 3, is_number=True),
    )


def _counts(counts: Counts, labels: Labels) -> tuple[Cell, ...]:
    return (*(_reported(counts, part) for part in labels), amount(counts.total))


def _area_section(edition: Edition, table: Table, labels: Labels) -> Section:
    if not edition["areas"]:
        return Section(1, table.title, (Paragraph(_("Omgången har inga åtgärder."), is_note=True),))
    rows = [(_named(one), Counts(**one["counts"])) for one in edition["areas"]]
    chart = Chart(
        _("Antal åtgärder per målområde och läge"),
        drawing.bars(rows, dict(labels)),
        _(
            "Liggande staplar med antal åtgärder per läge, en stapel för varje målområde. "
            "Siffrorna står i tabellen intill."
        ),
    )
    shown = Table(
        "",
        "",
        (table.columns[0], *table.columns[2:]),
        tuple((row[0], *row[2:]) for row in table.rows),
    )
    return Section(1, table.title, (chart, shown))


def _board_section(edition: Edition, table: Table, labels: Labels) -> Section:
    if not edition["boards"]:
        none = _("Ingen nämnd och inget bolag ska återrapportera i omgången.")
        return Section(1, table.title, (Paragraph(none, is_note=True),))
    rows = [(one["name"], Counts(**one["counts"])) for one in edition["boards"]]
    chart = Chart(
        _("Antal åtgärder per nämnd eller bolag och läge"),
        drawing.bars(rows, dict(labels)),
        _(
            "Liggande staplar med antal åtgärder per läge, en stapel för varje nämnd och bolag. "
            "Siffrorna står i tabellen intill."
        ),
    )
    note = Paragraph(
        _(
            "Bara inlämnade återrapporter räknas. En åtgärd som flera ansvarar för räknas hos var "
            "och en."
        ),
        is_note=True,
    )
    return Section(1, table.title, (chart, note, *_in_two(table)))


def _in_two(table: Table) -> tuple[Table, Table]:
    """The boards' table is too wide for a page: first their reports, then their counts."""
    reports = tuple(row[:4] for row in table.rows)
    counts = tuple((row[0], *row[4:]) for row in table.rows)
    return (
        Table("", _("Återrapporter"), table.columns[:4], reports),
        Table("", _("Antal åtgärder"), (table.columns[0], *table.columns[4:]), counts),
    )


def _boards(edition: Edition, labels: Labels) -> Table:
    """One row per board: how far it has come, whether it is late, and its counts."""
    columns = (
        Column("board", _("Nämnd eller bolag"), 8),
        Column("progress", _("Återrapport"), 4),
        Column("submitted_on", _("Inlämnad"), 3),
        Column("late", _("Sen"), 2),
        *_counted(labels),
    )
    rows = tuple(_board(one, labels) for one in edition["boards"])
    return Table("boards", _("Läge per nämnd och bolag"), columns, rows)


def _board(one: BoardEdition, labels: Labels) -> tuple[Cell, ...]:
    return (
        text(one["name"]),
        Cell(one["progress_label"], Kind.WORD, one["progress"]),
        _day(one["submitted_on"]),
        Cell(yes_no(one["late"]), Kind.WORD, "late" if one["late"] else "in_time"),
        *_counts(Counts(**one["counts"]), labels),
    )


def _gap_sections(edition: Edition) -> Iterator[Section]:
    """What is late or missing, each kind under a heading of its own."""
    nothing = (Paragraph(_("Inget är sent och inget saknas.")),)
    yield Section(1, _("Sent och saknas"), () if edition["gaps"] else nothing)
    for gap in edition["gaps"]:
        rows = tuple((text(row),) for row in gap["rows"])
        table = Table("", "", (Column("what", _("Gäller")),), rows, headed=False)
        yield Section(2, f"{gap['label']} ({gap['count']})", (table,))


def _gaps(edition: Edition) -> Table:
    columns = (Column("kind", _("Vad som saknas"), 4), Column("what", _("Gäller"), 8))
    rows = tuple(
        (Cell(gap["label"], Kind.WORD, gap["kind"]), text(row))
        for gap in edition["gaps"]
        for row in gap["rows"]
    )
    return Table("gaps", _("Sent och saknas"), columns, rows)


def _measures(edition: Edition) -> Table:
    columns = (
        Column("number", _("Nr"), 2),
        Column("title", _("Åtgärd"), 8),
        Column("area", _("Målområde"), 5),
        Column("boards", _("Ansvarig"), 5),
        Column("status", _("Läge"), 3),
    )
    rows = tuple(
        (
            text(one["number"]),
            text(one["title"]),
            text(one["area"]),
            text(", ".join(one["boards"])),
            Cell(one["status_label"], Kind.WORD, one["status"])
            if one["status"]
            else missing("not_reported", one["status_label"]),
        )
        for one in edition["measures"]
    )
    return Table("measures", _("Alla åtgärder"), columns, rows)


def _shown(table: Table) -> Table:
    """What a page has room for: the area stands in the number already."""
    kept = [at for at, one in enumerate(table.columns) if one.key != "area"]
    return Table(
        "",
        "",
        tuple(table.columns[at] for at in kept),
        tuple(tuple(row[at] for at in kept) for row in table.rows),
    )
