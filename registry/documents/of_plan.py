"""A version of a plan as a document: goals, measures, who is responsible, effect metrics."""

from collections.abc import Iterable
from datetime import date
from typing import Any

from flask_babel import gettext as _

from registry.documents import drawing, of_effects
from registry.documents.document import (
    Block,
    Cell,
    Chart,
    Column,
    Document,
    Fact,
    Paragraph,
    Row,
    Section,
    Subject,
    Table,
    amount,
    missing,
    on,
    text,
    word,
)
from registry.effects import service as effects
from registry.followup.figures import PARTS, Counts
from registry.language import day
from registry.people.permissions import Viewer
from registry.plan import details, structure
from registry.plan.details import Details
from registry.plan.models import MeasureKind, MeasureStatus, Share, VersionState
from registry.plan.structure import AreaPart, Line, PlanPage, SubGoalPart, VersionHead

STATUSES = [status.value for status in MeasureStatus]


def of_plan(
    viewer: Viewer, version_id: int, municipality: str, language: str, today: date
) -> Document | None:
    """The version as it stands, or ``None`` when the viewer may not read it."""
    plan = structure.read(viewer, version_id)
    if plan is None:
        return None
    about = details.read(viewer, version_id)
    readings = effects.whole(viewer, version_id, settled=not viewer.signed_in)
    head = plan.head
    return Document(
        subject=Subject.PLAN,
        title=head.title,
        subtitle=head.years,
        municipality=municipality,
        language=language,
        day=today,
        name=_("%(plan)s version %(number)s", plan=head.title, number=head.number),
        facts=_facts(plan),
        sections=(
            *_sections(plan, about),
            *([of_effects.section(readings)] if readings else ()),
        ),
        data=(
            _measures(plan, about),
            _areas(plan),
            of_effects.metrics(readings),
            of_effects.series(readings),
        ),
        notice=_notice(head),
        summary=head.purpose,
        size=plan.measures,
    )


def _notice(head: VersionHead) -> str:
    if head.state is VersionState.DRAFT:
        return _("Utkast. Planen är inte antagen och kan ändras.")
    if head.state is VersionState.REPLACED:
        return _("Den här versionen är ersatt av en senare.")
    return ""


def _facts(plan: PlanPage) -> tuple[Fact, ...]:
    head = plan.head
    facts = [
        Fact("state", _("Läge"), word(head.state)),
        Fact("version", _("Version"), amount(head.number)),
        Fact("valid_from", _("Gäller från"), on(head.valid_from)),
        Fact("valid_to", _("Gäller till och med"), on(head.valid_to)),
        Fact("decided_by", _("Antagen av"), text(head.decided_by)),
        Fact("decided_on", _("Antagen"), on(head.decided_on)),
        Fact("case_number", _("Diarienummer"), text(head.case_number)),
        Fact("policy", _("Följer av"), text(head.policy)),
        Fact("scope", _("Omfattning"), text(head.scope)),
        Fact("areas", _("Antal målområden"), amount(len(plan.areas))),
        Fact("measures", _("Antal åtgärder"), amount(plan.measures)),
    ]
    return tuple(fact for fact in facts if fact.cell.text)


def counts(area: AreaPart) -> Counts:
    """How many of the area's measures stand where, as the plan has them."""
    found: dict[Any, int] = {}
    for subgoal in area.subgoals:
        for line in subgoal.measures:
            found[line.status.value] = found.get(line.status.value, 0) + 1
    return Counts.of(found)


def _sections(plan: PlanPage, about: dict[int, Details]) -> Iterable[Section]:
    if plan.measures:
        labels = {part: str(PARTS[part]) for part in PARTS}
        chart = Chart(
            _("Antal åtgärder per målområde och läge"),
            drawing.bars(
                [(f"{one.number} {one.title}", counts(one)) for one in plan.areas], labels
            ),
            _(
                "Liggande staplar med antal åtgärder per läge, en stapel för varje målområde. "
                "Siffrorna står i tabellen intill."
            ),
        )
        yield Section(1, _("Läge per målområde"), (chart, _areas(plan)))
    for group in plan.groups:
        for area in group.areas:
            goal = _("Områdets mål: %(goal)s", goal=area.goal) if area.goal else ""
            said = Paragraph(goal or _("Inget mål är angivet."), is_note=not goal)
            yield Section(
                1, f"{area.number} {area.title}", (Paragraph(group.title, is_note=True), said)
            )
            for subgoal in area.subgoals:
                yield _subgoal(subgoal, about)


def _subgoal(subgoal: SubGoalPart, about: dict[int, Details]) -> Section:
    blocks: list[Block] = []
    if subgoal.description:
        blocks.append(Paragraph(subgoal.description))
    if subgoal.measures:
        columns = (
            Column("number", _("Nr"), 3),
            Column("title", _("Åtgärd"), 13),
            Column("boards", _("Ansvarig"), 7),
            Column("time", _("Tid"), 5),
            Column("status", _("Läge"), 4),
        )
        rows = tuple(_printed(line, about[line.id]) for line in subgoal.measures)
        blocks.append(Table("", "", columns, rows))
    else:
        blocks.append(Paragraph(_("Inga åtgärder ännu."), is_note=True))
    return Section(2, subgoal.title, tuple(blocks))


def _printed(line: Line, about: Details) -> Row:
    more = [about.description] if about.description else []
    more += [f"{activity.state.label}: {activity.title}" for activity in line.activities]
    boards = _boards(line)
    if line.partners:
        partners = _("med %(partners)s", partners=", ".join(line.partners))
        boards = Cell(f"{boards.text}\n{partners}", boards.kind, boards.value)
    return (
        text(line.number),
        Cell(line.title, more=tuple(more)),
        boards,
        _time(about),
        word(line.status),
    )


def _boards(line: Line) -> Cell:
    if not line.boards:
        return missing("no_owner", _("Saknar ansvarig"))
    several = len(line.boards) > 1
    lead = _("huvudansvarig")
    return text(
        ", ".join(
            f"{name} ({lead})" if several and share is Share.LEAD else name
            for name, share in line.boards
        )
    )


def _time(about: Details) -> Cell:
    first, last = about.starts_on, about.ends_on
    if about.kind is MeasureKind.RECURRING:
        if first is None:
            return text(_("Återkommande"))
        return text(_("Återkommande sedan %(day)s", day=day(first)))
    if first and last:
        return text(_("%(first)s till %(last)s", first=day(first), last=day(last)))
    if first:
        return text(_("Från %(day)s, inget slut angivet", day=day(first)))
    return text(_("Senast %(day)s", day=day(last))) if last else missing("no_dates")


def _measures(plan: PlanPage, about: dict[int, Details]) -> Table:
    """One row per measure, with all that the plan says of it."""
    columns = (
        Column("number", _("Nr"), 1),
        Column("title", _("Åtgärd"), 5),
        Column("group", _("Huvudområde"), 2),
        Column("area", _("Målområde"), 3),
        Column("subgoal", _("Delmål"), 3),
        Column("description", _("Beskrivning"), 5),
        Column("kind", _("Typ"), 2),
        Column("status", _("Läge"), 2),
        Column("starts_on", _("Start"), 2),
        Column("ends_on", _("Slut"), 2),
        Column("lead", _("Huvudansvarig"), 3),
        Column("boards", _("Medansvariga"), 3),
        Column("partners", _("Samverkansparter"), 3),
        Column("activities", _("Aktiviteter"), 4),
        Column("source", _("Källa"), 3),
        Column("identity", "identity", technical=True),
    )
    rows = []
    for group in plan.groups:
        for area in group.areas:
            for subgoal in area.subgoals:
                for line in subgoal.measures:
                    one = about[line.id]
                    lead = [name for name, share in line.boards if share is Share.LEAD]
                    shared = [name for name, share in line.boards if share is not Share.LEAD]
                    rows.append(
                        (
                            text(line.number),
                            text(line.title),
                            text(group.title),
                            text(f"{area.number} {area.title}"),
                            text(subgoal.title),
                            text(one.description),
                            word(one.kind),
                            word(line.status),
                            on(one.starts_on),
                            on(one.ends_on),
                            text(", ".join(lead)),
                            text(", ".join(shared)),
                            text(", ".join(line.partners)),
                            text("; ".join(activity.title for activity in line.activities)),
                            text(one.source),
                            text(line.identity),
                        )
                    )
    return Table("measures", _("Åtgärder"), columns, tuple(rows))


def _areas(plan: PlanPage) -> Table:
    """How many measures stand where, area by area."""
    columns = (
        Column("area", _("Målområde"), 10),
        *(
            Column(part, str(label), 4, is_number=True)
            for part, label in PARTS.items()
            if part in STATUSES
        ),
        Column("total", _("Alla"), 3, is_number=True),
    )
    rows = []
    for area in plan.areas:
        found = counts(area)
        figures = [amount(found.get(column.key)) for column in columns[1:-1]]
        rows.append((text(f"{area.number} {area.title}"), *figures, amount(found.total)))
    return Table("areas", _("Läge per målområde"), columns, tuple(rows))
