"""A round's follow-up as a document: where the boards stand, what is late or missing, effects."""

from collections.abc import Iterable, Sequence
from datetime import date

from flask_babel import gettext as _
from flask_babel import ngettext

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
    at,
    missing,
    on,
    text,
    word,
)
from registry.effects import service as effects
from registry.effects.service import Reading
from registry.followup import service
from registry.followup.figures import PARTS, UNREPORTED, Counts, FollowUp, MeasureRow
from registry.followup.service import LISTED
from registry.language import day, number, yes_no
from registry.people.permissions import Viewer


def of_followup(
    viewer: Viewer, round_id: int, municipality: str, language: str, today: date
) -> Document | None:
    """The follow-up as the viewer may read it today, or ``None`` when they may not."""
    page = service.read(viewer, round_id)
    if page is None:
        return None
    readings = effects.whole(viewer, page.round.version_id)
    labels = {part: str(label) for part, label in PARTS.items()}
    areas = _counts_table(
        "areas",
        _("Läge per målområde"),
        _("Målområde"),
        [(f"{one.number} {one.title}", one.counts) for one in page.areas],
        labels,
    )
    boards = _boards(page, labels)
    return Document(
        subject=Subject.FOLLOWUP,
        title=_("Uppföljning %(round)s", round=page.round.title),
        subtitle=page.round.plan_title,
        municipality=municipality,
        language=language,
        day=today,
        name=_("Uppföljning %(round)s", round=page.round.title),
        facts=_facts(page),
        sections=(
            _area_section(page, areas, labels),
            _board_section(page, boards, labels),
            *_gaps(page),
            of_effects.section(readings),
        ),
        data=(areas, boards, *_lists(page), *_effect_tables(readings)),
        summary=page.heading + ".",
        size=page.total.total,
    )


def _effect_tables(readings: Sequence[Reading]) -> tuple[Table, ...]:
    return of_effects.metrics(readings), of_effects.series(readings)


def _facts(page: FollowUp) -> tuple[Fact, ...]:
    total = page.total
    method = total.total - page.without_method
    return (
        Fact("round", _("Omgång"), text(page.round.title)),
        Fact("period", _("Period"), text(page.round.period)),
        Fact("due_on", _("Sista dag"), on(page.round.due_on)),
        Fact("state", _("Omgångens läge"), word(page.round.state)),
        Fact("boards", _("Nämnder och bolag"), amount(len(page.boards))),
        Fact("submitted", _("Har lämnat in"), amount(page.submitted)),
        Fact("measures", _("Åtgärder"), amount(total.total)),
        Fact("done", _("Genomförda"), _reported(total, "done")),
        Fact("delayed", _("Försenade"), _reported(total, "delayed")),
        Fact("unreported", _("Inte återrapporterade"), amount(total.unreported)),
        Fact("with_method", _("Har metod för att mäta effekt"), amount(method)),
        Fact("without_owner", _("Saknar ansvarig"), amount(page.without_owner)),
    )


def _reported(counts: Counts, part: str) -> Cell:
    """A count of what was reported; where nothing was, there is no count, and so no 0."""
    if part == UNREPORTED or counts.reported:
        return amount(counts.get(part))
    return missing("not_reported")


def _counts_table(
    key: str,
    title: str,
    first: str,
    rows: Iterable[tuple[str, Counts]],
    labels: dict[str, str],
) -> Table:
    columns = (
        Column(key.removesuffix("s"), first, 8),
        *(Column(part, label, 4, is_number=True) for part, label in labels.items()),
        Column("total", _("Alla"), 3, is_number=True),
    )
    filled = tuple(
        (text(name), *(_reported(counts, part) for part in labels), amount(counts.total))
        for name, counts in rows
    )
    return Table(key, title, columns, filled)


def _area_section(page: FollowUp, table: Table, labels: dict[str, str]) -> Section:
    if not page.areas:
        return Section(1, table.title, (Paragraph(_("Omgången har inga åtgärder."), is_note=True),))
    rows = [(f"{one.number} {one.title}", one.counts) for one in page.areas]
    chart = Chart(
        _("Antal åtgärder per målområde och läge"),
        drawing.bars(rows, labels),
        _(
            "Liggande staplar med antal åtgärder per läge, en stapel för varje målområde. "
            "Siffrorna står i tabellen intill."
        ),
    )
    return Section(1, table.title, (chart, table))


def _board_section(page: FollowUp, table: Table, labels: dict[str, str]) -> Section:
    if not page.boards:
        none = _("Ingen nämnd och inget bolag ska återrapportera i omgången.")
        return Section(1, table.title, (Paragraph(none, is_note=True),))
    chart = Chart(
        _("Antal åtgärder per nämnd eller bolag och läge"),
        drawing.bars([(one.name, one.counts) for one in page.boards], labels),
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
    reports = tuple(
        (row[0], row[1], Cell(row[2].text[:10], row[2].kind, row[2].value), row[3])
        for row in table.rows
    )
    counts = tuple((row[0], *row[4:]) for row in table.rows)
    return (
        Table("", _("Återrapporter"), table.columns[:4], reports),
        Table("", _("Antal åtgärder"), (table.columns[0], *table.columns[4:]), counts),
    )


def _boards(page: FollowUp, labels: dict[str, str]) -> Table:
    """One row per board: how far it has come, whether it is late, and its counts."""
    columns = (
        Column("board", _("Nämnd eller bolag"), 8),
        Column("progress", _("Återrapport"), 4),
        Column("submitted_at", _("Inlämnad"), 3),
        Column("late", _("Sen"), 2),
        *(Column(part, label, 4, is_number=True) for part, label in labels.items()),
        Column("total", _("Alla"), 3, is_number=True),
    )
    rows = tuple(
        (
            text(one.name),
            word(one.progress),
            at(one.submitted_at) if one.submitted else EMPTY,
            Cell(yes_no(one.late), Kind.WORD, "late" if one.late else "in_time"),
            *(_reported(one.counts, part) for part in labels),
            amount(one.counts.total),
        )
        for one in page.boards
    )
    return Table("boards", _("Läge per nämnd och bolag"), columns, rows)


def _gaps(page: FollowUp) -> Iterable[Section]:
    """What is late or missing, each under a heading of its own."""
    yield Section(
        1,
        _("Sent och saknas"),
        () if page.gaps else (Paragraph(_("Inget är sent och inget saknas.")),),
    )
    if page.late:
        names = ", ".join(one.name for one in page.late)
        title = ngettext(
            "En nämnd eller ett bolag har inte lämnat in",
            "%(num)s nämnder och bolag har inte lämnat in",
            len(page.late),
        )
        said = _("%(names)s. Sista dag var %(day)s.", names=names, day=day(page.round.due_on))
        yield Section(2, title, (Paragraph(said),))
    delayed, lacking, ended = _lists(page)
    if delayed.rows:
        yield _capped(_("Försenade åtgärder"), delayed, page.total.delayed)
    for kind, title, count in (
        ("no_owner", _("Åtgärder utan ansvarig"), page.without_owner),
        ("no_method", _("Åtgärder utan metod för att mäta effekt"), page.without_method),
    ):
        rows = tuple(row[1:] for row in lacking.rows if row[0].value == kind)
        if rows:
            table = Table("", "", lacking.columns[1:], rows)
            yield _capped(title, table, count)
    if ended.rows:
        yield Section(2, _("Nämnder och bolag som har upphört men står som ansvariga"), (ended,))


def _capped(title: str, table: Table, count: int) -> Section:
    blocks: list[Block] = [Table("", "", table.columns, table.rows)]
    if count > LISTED:
        said = _("De första %(listed)s av %(count)s visas.", listed=LISTED, count=number(count))
        blocks.append(Paragraph(said, is_note=True))
    return Section(2, title, tuple(blocks))


def _lists(page: FollowUp) -> tuple[Table, Table, Table]:
    """Delayed measures, measures that lack something, boards that have ended."""
    head = (Column("number", _("Nr"), 2), Column("title", _("Åtgärd"), 8))
    delayed = tuple(
        (
            text(one.number),
            text(one.title),
            text("\n".join(f"{said.board}: {said.text}" for said in one.deviations if said.text)),
        )
        for one in page.delayed
    )
    kinds = {
        "no_owner": Cell(_("Saknar ansvarig"), Kind.WORD, "no_owner"),
        "no_method": Cell(_("Saknar metod för att mäta effekt"), Kind.WORD, "no_method"),
    }
    lists: list[tuple[str, tuple[MeasureRow, ...]]] = [
        ("no_owner", page.unowned),
        ("no_method", page.unmethodical),
    ]
    lacking = tuple(
        (kinds[kind], text(one.number), text(one.title)) for kind, found in lists for one in found
    )
    ended = tuple(
        (text(one.name), on(one.ended_on), text(one.successor), amount(one.measures))
        for one in page.ended
    )
    return (
        Table("delayed", _("Försenade"), (*head, Column("why", _("Avvikelse"), 9)), delayed),
        Table("lacking", _("Saknas"), (Column("kind", _("Vad som saknas"), 4), *head), lacking),
        Table(
            "ended",
            _("Upphörda"),
            (
                Column("board", _("Nämnd eller bolag"), 4),
                Column("ended_on", _("Upphörde"), 2),
                Column("successor", _("Efterträdare"), 4),
                Column("measures", _("Åtgärder"), 2, is_number=True),
            ),
            ended,
        ),
    )
