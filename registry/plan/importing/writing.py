"""Writes a placement, all of it or nothing: the caller commits."""

from collections import defaultdict
from typing import Any

import sqlalchemy as sa

from registry.audit import log
from registry.db import db
from registry.effects.models import EffectMetric
from registry.plan.importing.choices import Choices
from registry.plan.importing.places import Places, insert, make_places, save
from registry.plan.importing.placing import Placement, Row
from registry.plan.importing.rows import Draft
from registry.plan.importing.standing import Standing
from registry.plan.importing.targets import Indicator
from registry.plan.importing.words import Outcome
from registry.plan.models import (
    Measure,
    MeasureKind,
    MeasureStatus,
    Partner,
    Plan,
    PlanVersion,
    Responsibility,
    Share,
    new_identity,
)
from registry.plan.service import renumber, search_text_of

BATCH = 500


def write(placement: Placement, choices: Choices, standing: Standing, file_name: str) -> int:
    """Write what the placement says; gives the id of the plan's version."""
    with log.action("plan.import"):
        plan_id, version_id = _version(choices.plan, standing)
        places = make_places(placement, standing, version_id)
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
    save([plan, version])
    return plan.id, version.id


def _create(rows: list[Row], places: Places, standing: Standing) -> None:
    """New measures with all that belongs to them: a bulk insert and a log entry for each."""
    position: dict[tuple[str, str], int] = defaultdict(int)
    position.update({place: one.last_position + 1 for place, one in standing.subgoals.items()})
    values: list[dict[str, Any]] = []
    for row in rows:
        draft = row.draft
        values.append(_columns(draft, places) | {"position": position[draft.place]})
        position[draft.place] += 1
    ids = insert(Measure, values, "identity")
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
    insert(Responsibility, owners)
    insert(Partner, partners)
    insert(EffectMetric, metrics)
    log.record_created("measure.create", "measure", entries)


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
