"""A follow-up as plain values with their labels: what is published, and what documents are made of.

It is JSON: nothing in it needs the code of today to be read. Numbers are numbers or, where they
are decimal, text with a point; a missing value is ``null``, never 0. ``EDITION`` names the form.
"""

from collections import Counter
from decimal import Decimal
from typing import TypedDict

from flask_babel import gettext as _

from registry.audit.log import plain
from registry.effects import service as effects
from registry.effects.models import Better, Operator
from registry.effects.trend import Goal, Point
from registry.effects.words import words
from registry.followup import details, gaps
from registry.followup.figures import PARTS, UNREPORTED, Counts, FollowUp, Progress
from registry.followup.models import Assessed
from registry.followup.writing import Text, decision, texts
from registry.language import today
from registry.people.permissions import Viewer
from registry.plan.models import MeasureStatus

EDITION = 1


class Judged(TypedDict):
    assessed: str | None
    assessed_label: str
    text: str
    conclusion: str


class AreaEdition(Judged):
    number: str
    title: str
    counts: dict[str, int]


class BoardEdition(TypedDict):
    name: str
    progress: str
    progress_label: str
    due_on: str
    late: bool
    submitted_on: str | None
    counts: dict[str, int]


class MeasureEdition(TypedDict):
    number: str
    title: str
    area: str
    boards: list[str]
    status: str | None
    status_label: str


class GapEdition(TypedDict):
    kind: str
    label: str
    count: int
    rows: list[str]


class PointEdition(TypedDict):
    period: str
    value: str | None
    preliminary: bool


class MeasuredEdition(TypedDict):
    """What one of several boards measured last."""

    board: str
    latest: PointEdition | None
    unmeasured: str


class GoalEdition(TypedDict):
    operator: str | None
    value: str | None
    period: str
    place: str
    text: str


class MetricEdition(TypedDict):
    """``baseline``, ``target``, ``latest`` and ``verdict`` are what a person reads; the values
    stand beside them. ``points`` are the metric's own series, without the baseline."""

    name: str
    unit: str
    measure_number: str
    measure_title: str
    better: str
    better_label: str
    baseline: str
    baseline_point: PointEdition | None
    target: str
    goal: GoalEdition
    latest: str
    boards: list[MeasuredEdition]
    verdict: list[str]
    points: list[PointEdition]


class DecisionEdition(TypedDict):
    decided_by: str
    decided_on: str
    paragraph: str
    case_number: str
    text: str


class Edition(TypedDict):
    """The whole of it, in the order in which it is read."""

    edition: int
    language: str
    plan: str
    round: str
    period: str
    due_on: str
    state: str
    state_label: str
    closed_on: str | None
    written_on: str
    headline: str
    whole: Judged
    labels: dict[str, str]
    total: dict[str, int]
    areas: list[AreaEdition]
    boards: list[BoardEdition]
    measures: list[MeasureEdition]
    gaps: list[GapEdition]
    metrics: list[MetricEdition]
    decision: DecisionEdition | None


def edition(viewer: Viewer, page: FollowUp, language: str, *, settled: bool = False) -> Edition:
    """The follow-up of a round as it stands now, for whoever may read it: a fixed number of
    queries. What boards have written in their reports is not in it; their reports hold it.

    :param settled: without values that are preliminary, as anyone may read them.
    """
    head = page.round
    written = texts(head.id)
    names = {area.id: f"{area.number} {area.title}" for area in page.areas}
    owners = details.owners(head.version_id)
    return {
        "edition": EDITION,
        "language": language,
        "plan": head.plan_title,
        "round": head.title,
        "period": head.period,
        "due_on": head.due_on.isoformat(),
        "state": head.state.value,
        "state_label": str(head.state.label),
        "closed_on": head.closed_at.date().isoformat() if head.closed_at else None,
        "written_on": today().isoformat(),
        "headline": page.heading,
        "whole": _judged(written.get(None)),
        "labels": {part: str(label) for part, label in PARTS.items()},
        "total": _counts(page.total),
        "areas": [
            {
                **_judged(written.get(area.id)),
                "number": area.number,
                "title": area.title,
                "counts": _counts(area.counts),
            }
            for area in page.areas
        ],
        "boards": [
            {
                "name": board.name,
                "progress": board.progress.value,
                "progress_label": str(Progress(board.progress).label),
                "due_on": board.due_on.isoformat(),
                "late": board.late,
                "submitted_on": (
                    board.submitted_at.date().isoformat()
                    if board.submitted_at and board.submitted
                    else None
                ),
                "counts": _counts(board.counts),
            }
            for board in page.boards
        ],
        "measures": [
            {
                "number": one.number,
                "title": one.title,
                "area": names.get(area_id, ""),
                "boards": list(owners.get(one.id, ())),
                "status": one.status.value if one.status else None,
                "status_label": _status(one.status),
            }
            for area_id, one in details.all_measures(head)
        ],
        "gaps": _gaps(gaps.of(viewer, head)),
        "metrics": _metrics(effects.whole(viewer, head.version_id, settled=settled)),
        "decision": _decision(head.id),
    }


def _judged(text: Text | None) -> Judged:
    assessed: Assessed | None = text.assessed if text else None
    return {
        "assessed": assessed.value if assessed else None,
        "assessed_label": str(assessed.label) if assessed else "",
        "text": text.text if text else "",
        "conclusion": text.conclusion if text else "",
    }


def _counts(counts: Counts) -> dict[str, int]:
    return {part: counts.get(part) for part in PARTS}


def _status(status: MeasureStatus | None) -> str:
    return str(status.label) if status else str(PARTS[UNREPORTED])


def _gaps(found: list[gaps.Gap]) -> list[GapEdition]:
    rows: dict[str, list[str]] = {}
    for gap in found:
        named = " ".join(part for part in (gap.number, gap.title) if part) or gap.board
        shown = f"{named} ({gap.note})" if gap.note else named
        rows.setdefault(gap.kind.value, []).append(shown)
    counted = {kind: list(Counter(names)) for kind, names in rows.items()}  # once a measure
    return [
        {
            "kind": kind.value,
            "label": str(kind.label),
            "count": len(counted[kind.value]),
            "rows": counted[kind.value],
        }
        for kind in gaps.GapKind
        if kind.value in counted
    ]


def _metrics(readings: list[effects.Reading]) -> list[MetricEdition]:
    return [
        {
            "name": reading.name,
            "unit": reading.unit,
            "measure_number": reading.measure_number,
            "measure_title": reading.measure_title,
            "better": reading.better.value,
            "better_label": str(reading.better.label),
            "baseline": said.baseline,
            "baseline_point": _point(reading.baseline),
            "target": said.target,
            "goal": {
                "operator": reading.goal.operator.value if reading.goal else None,
                "value": plain(reading.goal.value) if reading.goal else None,
                "period": reading.goal_period,
                "place": reading.goal_place,
                "text": reading.goal_text,
            },
            "latest": said.latest,
            "boards": [
                {"board": one.board, "latest": _point(one.latest), "unmeasured": one.unmeasured}
                for one in reading.boards
            ],
            "verdict": [tag.label for tag in said.tags] or ([said.note] if said.note else []),
            "points": [point for one in reading.points if (point := _point(one)) is not None],
        }
        for reading, said in zip(readings, words(readings), strict=True)
    ]


def _point(point: Point | None) -> PointEdition | None:
    if point is None:
        return None
    return {
        "period": point.period,
        "value": plain(point.value),
        "preliminary": point.preliminary,
    }


def readings_of(edition: Edition) -> list[effects.Reading]:
    """The metrics of an edition as charts and tables read them; they have no ids."""
    return [
        effects.Reading(
            id=0,
            name=one["name"],
            unit=one["unit"],
            better=Better(one["better"]),
            baseline=_read(one["baseline_point"]),
            goal=_goal(one["goal"]),
            goal_period=one["goal"]["period"],
            goal_place=one["goal"]["place"],
            goal_text=one["goal"]["text"],
            measure_id=0,
            measure_number=one["measure_number"],
            measure_title=one["measure_title"],
            points=tuple(point for raw in one["points"] if (point := _read(raw)) is not None),
            boards=tuple(
                effects.BoardValue(held["board"], _read(held["latest"]), held["unmeasured"])
                for held in one["boards"]
            ),
        )
        for one in edition["metrics"]
    ]


def _goal(goal: GoalEdition) -> Goal | None:
    if goal["operator"] is None or goal["value"] is None:
        return None
    return Goal(Operator(goal["operator"]), Decimal(goal["value"]))


def _read(point: PointEdition | None) -> Point | None:
    if point is None:
        return None
    value = point["value"]
    return Point(point["period"], None if value is None else Decimal(value), point["preliminary"])


def _decision(round_id: int) -> DecisionEdition | None:
    found = decision(round_id)
    if found is None:
        return None
    return {
        "decided_by": found.decided_by,
        "decided_on": found.decided_on.isoformat(),
        "paragraph": found.paragraph,
        "case_number": found.case_number,
        "text": found.text,
    }


def unwritten(page: FollowUp) -> list[str]:
    """The areas of which nothing has been written or judged yet."""
    written = texts(page.round.id)
    found = [
        f"{area.number} {area.title}"
        for area in page.areas
        if (one := written.get(area.id)) is None or not one.written
    ]
    whole = written.get(None)
    return found if whole is not None and whole.written else [_("Sammanfattningen"), *found]
