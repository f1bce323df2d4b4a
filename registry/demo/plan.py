"""The demo plan, from YAML to rows."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any

from flask import current_app
from werkzeug.datastructures import MultiDict
from wtforms import Form

from registry.db import db
from registry.effects.models import (
    Better,
    EffectMethod,
    EffectMetric,
    MethodKind,
    MetricValue,
    Operator,
    ValueStatus,
)
from registry.host import data
from registry.host.active import form_class
from registry.host.loading import loaded
from registry.host.models import SubjectKind
from registry.language import number as written
from registry.people.models import Board, BoardKind
from registry.plan.models import (
    Activity,
    ActivityState,
    GoalArea,
    GoalGroup,
    Measure,
    MeasureKind,
    MeasureStatus,
    Partner,
    Plan,
    PlanVersion,
    Responsibility,
    Share,
    SubGoal,
    VersionState,
)
from registry.plan.service import renumber, search_text_of

Node = dict[str, Any]


def at(day: date, hour: int = 10) -> datetime:
    """A moment in working hours of that day."""
    return datetime.combine(day, time(hour), UTC)


def add_boards(nodes: list[Node]) -> dict[str, Board]:
    boards = {
        node["name"]: Board(
            name=node["name"],
            kind=BoardKind(node["kind"]),
            valid_from=node.get("valid_from"),
            valid_to=node.get("valid_to"),
        )
        for node in nodes
    }
    db.session.add_all(boards.values())
    db.session.flush()
    for node in nodes:
        if "successor" in node:
            boards[node["name"]].successor_id = boards[node["successor"]].id
    return boards


def add_plan(document: Node, boards: dict[str, Board]) -> PlanVersion:
    """The plan, published on the day it was decided, with all that belongs to it."""
    head = document["plan"]
    version = PlanVersion(
        plan=Plan(title=head["title"]),
        state=VersionState.PUBLISHED,
        published_at=at(head["decided_on"]),
        **{name: value for name, value in head.items() if name != "title"},
    )
    db.session.add(version)
    db.session.flush()
    pairs = list(_measures(document, version))
    areas = {measure.area.number: measure.area for measure, _node in pairs}
    for measure, node in pairs:
        _assign(measure, node, boards)
        measure.complements = [areas[number] for number in node.get("complements", ())]
        _describe(measure, node)
        db.session.add(measure)
        db.session.add_all(_effects(measure, node, boards))
    db.session.flush()
    with db.session.no_autoflush:
        for measure, node in pairs:
            answers = node.get("measure_data", {})
            save_answers(measure.area.domain, SubjectKind.MEASURE, measure.id, answers)
    renumber(version.id)
    return version


def _measures(document: Node, version: PlanVersion) -> Iterator[tuple[Measure, Node]]:
    """Groups, areas and sub-goals on the way down; the measures with what the file says."""
    for group_place, group_node in enumerate(document["groups"]):
        group = GoalGroup(version=version, title=group_node["title"], position=group_place)
        for area_place, area_node in enumerate(group_node["areas"]):
            area = GoalArea(
                version_id=version.id,
                group=group,
                number=area_node["number"],
                title=area_node["title"],
                goal=area_node["goal"],
                domain=area_node["domain"],
                position=area_place,
            )
            for place, node in enumerate(area_node["subgoals"]):
                subgoal = SubGoal(
                    version_id=version.id,
                    area=area,
                    title=node["title"],
                    description=node.get("description", ""),
                    position=place,
                )
                for number, measure_node in enumerate(node["measures"]):
                    yield _measure(subgoal, number, measure_node), measure_node


def _measure(subgoal: SubGoal, place: int, node: Node) -> Measure:
    texts = node["number"], node["title"], node["description"]
    return Measure(
        version_id=subgoal.version_id,
        area=subgoal.area,
        subgoal=subgoal,
        number=node["number"],
        title=node["title"],
        description=node["description"],
        kind=MeasureKind(node["kind"]),
        status=MeasureStatus(node["status"]),
        starts_on=node.get("start"),
        ends_on=node.get("end"),
        position=place,
        search_text=search_text_of(*texts, subgoal.area.title, subgoal.title),
    )


def _assign(measure: Measure, node: Node, boards: dict[str, Board]) -> None:
    shares = {name: Share.SHARED for name in node.get("shared", ())}
    if "lead" in node:
        shares[node["lead"]] = Share.LEAD
    measure.responsibilities = [
        Responsibility(board=boards[name], share=share) for name, share in shares.items()
    ]


def _describe(measure: Measure, node: Node) -> None:
    measure.partners = [Partner(name=name) for name in node.get("partners", ())]
    measure.activities = [
        Activity(
            title=one["title"],
            state=ActivityState(one["state"]),
            starts_on=one.get("start"),
            position=place,
        )
        for place, one in enumerate(node.get("activities", ()))
    ]


def _effects(
    measure: Measure, node: Node, boards: dict[str, Board]
) -> Iterator[EffectMethod | EffectMetric]:
    lead = boards.get(node.get("lead", ""))
    for one in node.get("methods", ()):
        yield EffectMethod(
            measure=measure,
            board=boards[one["board"]] if "board" in one else lead,
            kind=MethodKind(one["kind"]),
            source=one["source"],
            frequency=one["frequency"],
            who=one.get("who", ""),
            counts_as_effect=one.get("counts", ""),
            description=one["description"],
        )
    for place, one in enumerate(node.get("metrics", ())):
        yield _metric(measure, place, one, lead)


def _metric(measure: Measure, place: int, node: Node, lead: Board | None) -> EffectMetric:
    target, baseline = node.get("target", {}), node.get("baseline", {})
    domain, key = _of_domain(measure, node["name"])
    metric = EffectMetric(
        measure=measure,
        domain=domain,
        key=key,
        name=node["name"],
        unit=node["unit"],
        better=Better(node["better"]),
        baseline_value=_exact(baseline.get("value")),
        baseline_period=baseline.get("period", ""),
        target_operator=Operator(target["operator"]) if target else None,
        target_value=_exact(target.get("value")),
        target_period=target.get("period", ""),
        target_place=target.get("place", ""),
        source=node["source"],
        position=place,
    )
    metric.values = [
        MetricValue(
            board_id=lead.id if lead else None,
            period=str(period),
            value=_exact(value),
            status=ValueStatus.MISSING if value is None else ValueStatus.FINAL,
            source=node["source"],
            entered_at=at(date(int(period) + 1, 1, 20)),
        )
        for period, value in node["values"].items()
    ]
    return metric


def _of_domain(measure: Measure, name: str) -> tuple[str | None, str | None]:
    """The domain and key of the domain's metric that has this name, if one has."""
    domain = loaded(current_app).domains.get(measure.area.domain or "")
    for metric in domain.metrics if domain else ():
        if metric.label == name:
            return measure.area.domain, metric.name
    return None, None


def _exact(value: float | None) -> Decimal | None:
    return None if value is None else Decimal(str(value))


def save_answers(domain: str | None, kind: SubjectKind, subject_id: int, answers: Node) -> None:
    """A domain's answers, read by its form as if a person had posted them.

    Of a domain that is not installed nothing is kept: nobody could have answered.

    :raises ValueError: for an answer that the form does not take.
    """
    found = loaded(current_app).domains.get(domain or "")
    if found is None or not answers:
        return
    posted: MultiDict[str, str] = MultiDict()
    for name, value in answers.items():
        posted.setlist(f"{found.name}__{name}", _posted(value))
    form = form_class(Form, found, kind)(formdata=posted)
    unknown = posted.keys() - form.data.keys()
    if not form.validate() or unknown:
        raise ValueError(f"{found.name}: {sorted(unknown)} {form.errors} of {answers}")
    data.save(found, kind, subject_id, form)


def _posted(value: Any) -> list[str]:
    if isinstance(value, list):
        return [one for value_ in value for one in _posted(value_)]
    if isinstance(value, bool):
        return ["yes" if value else "no"]
    if isinstance(value, float):
        return [written(value)]
    return [value.isoformat() if isinstance(value, date) else str(value)]
