"""Writes a placement, all of it or nothing: the caller commits."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, TypeVar

import sqlalchemy as sa

from registry.audit import log
from registry.db import Base, db
from registry.effects.models import EffectMetric
from registry.people.models import Board
from registry.plan.importing.choices import Choices
from registry.plan.importing.placing import Placement, Row
from registry.plan.importing.rows import Draft
from registry.plan.importing.standing import Standing
from registry.plan.importing.targets import Indicator
from registry.plan.importing.words import Outcome, key
from registry.plan.models import (
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
    new_identity,
)
from registry.plan.service import renumber, search_text_of

BATCH = 500
Made = TypeVar("Made", bound=Base)


@dataclass(frozen=True)
class Places:
    """Ids of everything a measure hangs on, made or found."""

    version_id: int
    areas: dict[str, tuple[int, str]]
    subgoals: dict[tuple[str, str], tuple[int, str]]
    boards: dict[str, int]


def write(placement: Placement, choices: Choices, standing: Standing, file_name: str) -> int:
    """Write what the placement says; gives the id of the plan's version."""
    with log.action("plan.import"):
        plan_id, version_id = _version(choices.plan, standing)
        places = _make_places(placement, standing, version_id)
        _create(placement.new, places, standing)
        _change(placement.changed, places)
    renumber(version_id)
    log.record(
        "plan.import",
        "plan",
        plan_id,
        label=choices.plan,
        after={
            "file": file_name,
            **{outcome.value: placement.count(outcome) for outcome in Outcome},
            "choices": choices.as_json(),
        },
    )
    return version_id


def _version(title: str, standing: Standing) -> tuple[int, int]:
    if standing.plan_id is not None and standing.version_id is not None:
        return standing.plan_id, standing.version_id
    plan = Plan(title=title)
    version = PlanVersion(plan=plan)
    _save([plan, version])
    return plan.id, version.id


def _save(rows: list[Made]) -> list[Made]:
    db.session.add_all(rows)
    db.session.flush()
    return rows


def _make_places(placement: Placement, standing: Standing, version_id: int) -> Places:
    """Boards, groups, areas and sub-goals that are missing."""
    layout = placement.layout
    boards = {one: board.id for one, board in standing.boards.items()}
    made = {one: Board(name=name, kind=kind) for one, (name, kind) in placement.boards.items()}
    _save(list(made.values()))
    boards |= {one: board.id for one, board in made.items()}

    groups = {one: group_id for one, (group_id, _title, _p) in standing.groups.items()}
    after = _next(position for _id, _title, position in standing.groups.values())
    for group in _save(
        [
            GoalGroup(version_id=version_id, title=title, position=after + place)
            for place, title in enumerate(layout.groups)
        ]
    ):
        groups[key(group.title)] = group.id

    areas = {one: (area.id, area.title) for one, area in standing.areas.items()}
    after = _next(area.position for area in standing.areas.values())
    new_areas = [
        GoalArea(
            version_id=version_id,
            group_id=groups[key(area.group)],
            number=area.number,
            title=area.title,
            domain=area.domain,
            position=after + place,
        )
        for place, area in enumerate(layout.areas)
    ]
    for made_area, new_area in zip(_save(new_areas), layout.areas, strict=True):
        areas[new_area.key] = (made_area.id, made_area.title)

    subgoals = {place: (one.id, one.title) for place, one in standing.subgoals.items()}
    after = _next(subgoal.position for subgoal in standing.subgoals.values())
    new_subgoals: list[dict[str, Any]] = [
        {
            "version_id": version_id,
            "area_id": areas[area][0],
            "title": title,
            "position": after + place,
        }
        for place, (area, title) in enumerate(layout.subgoals)
    ]
    ids = _insert(SubGoal, new_subgoals, "area_id", "title")  # many: past the session
    log.record_created(
        "plan.import",
        "sub_goal",
        ((ids[one["area_id"], one["title"]], one["title"], one) for one in new_subgoals),
    )
    for area, title in layout.subgoals:
        subgoals[area, key(title)] = (ids[areas[area][0], title], title)
    return Places(version_id, areas, subgoals, boards)


def _next(positions: Iterable[int]) -> int:
    return max(positions, default=-1) + 1


def _create(rows: list[Row], places: Places, standing: Standing) -> None:
    """New measures with all that belongs to them: a bulk insert and a log entry for each."""
    position: dict[tuple[str, str], int] = defaultdict(int)
    position.update({place: one.last_position + 1 for place, one in standing.subgoals.items()})
    values: list[dict[str, Any]] = []
    for row in rows:
        draft = row.draft
        values.append(_columns(draft, places) | {"position": position[draft.place]})
        position[draft.place] += 1
    ids = _insert(Measure, values, "identity")
    owners: list[dict[str, Any]] = []
    partners: list[dict[str, Any]] = []
    metrics: list[dict[str, Any]] = []
    entries: list[tuple[int, str, dict[str, Any]]] = []
    for row, value in zip(rows, values, strict=True):
        measure_id = ids[value["identity"],]
        draft = row.draft
        owners += [
            {"measure_id": measure_id, "board_id": places.boards[board], "share": share}
            for board, share in _shares(draft)
        ]
        partners += [{"measure_id": measure_id, "name": name} for name in draft.partners]
        own = [{"name": one.name, **_metric(one, place)} for place, one in enumerate(draft.metrics)]
        metrics += [{"measure_id": measure_id, **one} for one in own]
        logged = _logged(draft, value, own, places)
        entries.append((measure_id, value["title"], logged))
    _insert(Responsibility, owners)
    _insert(Partner, partners)
    _insert(EffectMetric, metrics)
    log.record_created("measure.create", "measure", entries)


def _insert(
    model: type[Base], values: list[dict[str, Any]], *mark: str
) -> dict[tuple[Any, ...], int]:
    """Insert rows past the session; their ids by the columns that mark each, if any are named."""
    if not values:
        return {}
    table = model.__table__
    statement = sa.insert(table)  # type: ignore[arg-type]
    connection = db.session.connection()
    if not mark:
        connection.execute(statement, values)
        return {}
    columns = [table.c[name] for name in mark]
    made = connection.execute(statement.returning(table.c.id, *columns), values)
    return {tuple(marks): row_id for row_id, *marks in made}


def _columns(draft: Draft, places: Places) -> dict[str, Any]:
    area_id, area_title = places.areas[draft.place[0]]
    subgoal_id, subgoal_title = places.subgoals[draft.place]
    return {
        "version_id": places.version_id,
        "area_id": area_id,
        "subgoal_id": subgoal_id,
        "identity": new_identity(),
        "number": draft.number,
        "title": draft.title,
        "description": draft.description,
        "kind": draft.kind or MeasureKind.ONE_OFF,
        "status": draft.status or MeasureStatus.PLANNED,
        "starts_on": draft.starts_on,
        "ends_on": draft.ends_on,
        "source": draft.source,
        "search_text": search_text_of(
            draft.number, draft.title, draft.description, area_title, subgoal_title
        ),
    }


def _logged(
    draft: Draft, value: dict[str, Any], metrics: list[dict[str, Any]], places: Places
) -> dict[str, Any]:
    logged = _plain(value)
    del logged["search_text"]
    logged["boards"] = [places.boards[board] for board in draft.boards]
    logged["partners"] = list(draft.partners)
    logged["metrics"] = [_plain(metric) for metric in metrics]
    return logged


def _plain(values: dict[str, Any]) -> dict[str, Any]:
    return {
        name: one if type(one) in (str, int) else log.plain(one) for name, one in values.items()
    }


def _shares(draft: Draft) -> list[tuple[str, Share]]:
    return [
        (board, Share.SHARED if place else Share.LEAD) for place, board in enumerate(draft.boards)
    ]


def _metric(metric: Indicator, position: int) -> dict[str, Any]:
    return {
        "unit": metric.unit,
        "better": metric.better,
        "target_operator": metric.operator,
        "target_value": metric.value,
        "target_period": metric.period,
        "target_place": metric.place,
        "target_text": metric.text,
        "position": position,
    }


def _change(rows: list[Row], places: Places) -> None:
    """Measures that stand already: by the session, so that each change is locked and logged."""
    for start in range(0, len(rows), BATCH):
        batch = rows[start : start + BATCH]
        ids = [row.measure_id for row in batch]
        measures = {
            measure.id: measure
            for measure in db.session.scalars(
                sa.select(Measure)
                .where(Measure.id.in_(ids))
                .options(
                    sa.orm.selectinload(Measure.responsibilities),
                    sa.orm.selectinload(Measure.partners),
                )
            )
        }
        metrics: dict[int, dict[str, EffectMetric]] = defaultdict(dict)
        for metric in db.session.scalars(
            sa.select(EffectMetric).where(EffectMetric.measure_id.in_(ids))
        ):
            metrics[metric.measure_id][metric.name] = metric
        for row in batch:
            if row.measure_id is not None:
                _apply(row.draft, measures[row.measure_id], metrics[row.measure_id], places)
        db.session.flush()


def _apply(
    draft: Draft, measure: Measure, metrics: dict[str, EffectMetric], places: Places
) -> None:
    """What the row says is set; what it does not say stays."""
    area_id, area_title = places.areas[draft.place[0]]
    subgoal_id, subgoal_title = places.subgoals[draft.place]
    said = {
        "area_id": area_id,
        "subgoal_id": subgoal_id,
        "number": draft.number,
        "title": draft.title,
        "description": draft.description,
        "kind": draft.kind,
        "status": draft.status,
        "starts_on": draft.starts_on,
        "ends_on": draft.ends_on,
        "source": draft.source,
    }
    for name, value in said.items():
        if value and getattr(measure, name) != value:
            setattr(measure, name, value)
    measure.search_text = search_text_of(
        measure.number, measure.title, measure.description, area_title, subgoal_title
    )
    if draft.boards:
        _assign(measure, [(places.boards[board], share) for board, share in _shares(draft)])
    if draft.partners:
        stands = {partner.name: partner for partner in measure.partners}
        measure.partners = [stands.get(name) or Partner(name=name) for name in draft.partners]
    for place, indicator in enumerate(draft.metrics):
        values = _metric(indicator, place)
        metric = metrics.get(indicator.name)
        if metric is None:
            db.session.add(EffectMetric(measure_id=measure.id, name=indicator.name, **values))
            continue
        for name in ("position", "better"):  # the registry's own, once the metric is there
            del values[name]
        for name, value in values.items():
            if getattr(metric, name) != value:
                setattr(metric, name, value)


def _assign(measure: Measure, shares: list[tuple[int, Share]]) -> None:
    """Set who is responsible. The lead moves in two steps: a measure never has two."""
    stands = {one.board_id: one for one in measure.responsibilities}
    for board_id, one in stands.items():
        if one.share is Share.LEAD and (board_id, Share.LEAD) not in shares:
            one.share = Share.SHARED
    db.session.flush()
    kept = []
    for board_id, share in shares:
        one = stands.get(board_id) or Responsibility(board_id=board_id)
        one.share = share
        kept.append(one)
    measure.responsibilities = kept
