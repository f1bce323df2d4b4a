"""Use cases on how a measure's effect is measured: methods and metrics."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import date
from decimal import Decimal

import sqlalchemy as sa
from flask_babel import gettext as _

from registry.audit import log
from registry.db import db
from registry.effects.models import (
    Better,
    EffectMethod,
    EffectMetric,
    Frequency,
    MethodKind,
    MetricTarget,
    Operator,
)
from registry.host import active
from registry.host.metrics import Metric
from registry.people.models import Board
from registry.people.permissions import Permission, Viewer, may, require
from registry.plan.editing import (
    Refused,
    must_be_editable,
    must_be_unchanged,
    next_position,
    saving,
    version_of,
)
from registry.plan.models import Measure, Responsibility
from registry.plan.visibility import visible_measures


@dataclass(frozen=True)
class TargetValues:
    """One of a metric's further targets."""

    operator: Operator
    value: Decimal
    period: str
    place: str


@dataclass(frozen=True)
class MetricValues:
    name: str
    unit: str
    better: Better
    baseline_value: Decimal | None
    baseline_period: str
    target_operator: Operator | None
    target_value: Decimal | None
    target_period: str
    target_place: str
    target_text: str
    source: str
    archived: bool
    board_id: int | None = None
    frequency: Frequency | None = None
    next_due_on: date | None = None
    is_share: bool = False
    is_count: bool = False
    notes: str = ""
    targets: tuple[TargetValues, ...] = ()


@dataclass(frozen=True)
class MethodValues:
    """``decide_by`` goes with ``NONE_YET``, and with nothing else."""

    board_id: int | None
    kind: MethodKind
    source: str
    frequency: str
    description: str
    who: str = ""
    counts_as_effect: str = ""
    decide_by: date | None = None


def save_metric(
    viewer: Viewer, metric: EffectMetric, row_version: int | None, values: MetricValues
) -> None:
    """Save an effect metric; a new one (``row_version`` is ``None``) goes last in its measure.

    :raises Denied: for another board than the viewer's; coordinators may make metrics for all.
    :raises Refused: on ``name``, when the measure has a metric of that name; on ``board_id``, when
        the board is not responsible for the measure.
    """
    measure = db.session.get_one(Measure, metric.measure_id)
    must_be_editable(version_of(measure))
    _require_board(viewer, values.board_id)
    if row_version is not None:
        _require_board(viewer, metric.board_id)
        must_be_unchanged(metric, row_version)
    owners = {board.id for board in method_boards(viewer, measure)}
    if values.board_id is not None and values.board_id not in owners | {metric.board_id}:
        raise Refused(_("Välj en nämnd eller ett bolag som ansvarar för åtgärden."), "board_id")
    taken = Refused(_("Åtgärden har redan ett effektmått med det namnet. Välj ett annat."), "name")
    others = sa.select(EffectMetric.id).where(
        EffectMetric.measure_id == measure.id, EffectMetric.name == values.name
    )
    if metric.id is not None:
        others = others.where(EffectMetric.id != metric.id)
    if db.session.scalar(others.limit(1)) is not None:
        raise taken
    with log.action("metric.edit"), saving(metric, taken):
        if row_version is None:
            metric.position = next_position(EffectMetric, EffectMetric.measure_id == measure.id)
            db.session.add(metric)
        for field in fields(values):
            if field.name != "targets":
                setattr(metric, field.name, getattr(values, field.name))
        _set_targets(metric, values.targets)


def _set_targets(metric: EffectMetric, wanted: Sequence[TargetValues]) -> None:
    """Keep the rows that stand as they are; a change of a target counts as a save of the metric."""
    known = {_target(row): row for row in metric.targets}
    rows = [
        known.get(one)
        or MetricTarget(operator=one.operator, value=one.value, period=one.period, place=one.place)
        for one in dict.fromkeys(wanted)
    ]
    if {id(row) for row in rows} != {id(row) for row in metric.targets}:
        metric.targets = rows
        sa.orm.attributes.flag_modified(metric, "name")


def _target(row: MetricTarget) -> TargetValues:
    return TargetValues(row.operator, row.value, row.period, row.place)


def open_metric(viewer: Viewer, metric_id: int) -> EffectMetric | None:
    """A metric to edit; ``None`` when the viewer may not read it.

    :raises Denied: unless it is the viewer's board's; coordinators may edit all.
    """
    metric = db.session.get(EffectMetric, metric_id)
    if metric is None or open_measure(viewer, metric.measure_id) is None:
        return None
    _require_board(viewer, metric.board_id)
    return metric


def offered_metrics(measure_id: int, domain_name: str | None) -> list[Metric]:
    """The metrics of the measure's domain that the measure has not taken up."""
    domain = active.current().get(domain_name)
    if domain is None:
        return []
    taken = set(
        db.session.scalars(
            sa.select(EffectMetric.key).where(
                EffectMetric.measure_id == measure_id, EffectMetric.domain == domain.name
            )
        )
    )
    return [metric for metric in domain.metrics if metric.name not in taken]


def take_metric(viewer: Viewer, measure_id: int, key: str) -> EffectMetric | None:
    """Take up a metric of the measure's domain: its name, unit, direction and target.

    A metric that the domain computes gets its value from the boards' answers. ``None`` when the
    domain offers no such metric, or the measure has it already.
    """
    require(viewer, Permission.EDIT_PLAN)
    measure = db.session.get_one(Measure, measure_id)
    must_be_editable(version_of(measure))
    domain = measure.subgoal.area.domain
    found = [metric for metric in offered_metrics(measure_id, domain) if metric.name == key]
    if not found:
        return None
    metric = EffectMetric(measure_id=measure_id, domain=domain, key=key)
    target = found[0].target
    save_metric(
        viewer,
        metric,
        None,
        MetricValues(
            name=str(found[0].label),
            unit=found[0].unit,
            better=Better(found[0].better),
            baseline_value=None,
            baseline_period="",
            target_operator=Operator(target.operator) if target else None,
            target_value=Decimal(str(target.value)) if target else None,
            target_period=target.period if target else "",
            target_place=target.place if target else "",
            target_text="",
            source=found[0].source,
            archived=False,
        ),
    )
    return metric


def method_boards(viewer: Viewer, measure: Measure) -> Sequence[Board]:
    """The boards for which the viewer may say how this measure's effect is measured.

    :raises Denied: when there is none: a board says it for the measures it is responsible for.
    """
    owners = db.session.scalars(
        sa.select(Board)
        .join(Responsibility, Responsibility.board_id == Board.id)
        .where(Responsibility.measure_id == measure.id)
        .order_by(Board.name)
    ).all()
    mine = [board for board in owners if may(viewer, Permission.EDIT_EFFECTS, board_id=board.id)]
    if not mine:
        require(viewer, Permission.EDIT_PLAN)
    return mine


def open_measure(viewer: Viewer, measure_id: int) -> Measure | None:
    """A measure the viewer may read, to write a method for; ``None`` when there is none.

    :raises Denied: when none of its boards is the viewer's.
    :raises Refused: when its version is replaced.
    """
    require(viewer, Permission.EDIT_EFFECTS)
    measure = db.session.scalars(
        sa.select(Measure).where(Measure.id == measure_id, visible_measures(viewer))
    ).first()
    if measure is None:
        return None
    must_be_editable(version_of(measure))
    method_boards(viewer, measure)
    return measure


def open_method(viewer: Viewer, method_id: int) -> EffectMethod | None:
    """:raises Denied: when the method is another board's."""
    method = db.session.get(EffectMethod, method_id)
    if method is None or open_measure(viewer, method.measure_id) is None:
        return None
    _require_board(viewer, method.board_id)
    return method


def save_method(
    viewer: Viewer, method: EffectMethod, row_version: int | None, values: MethodValues
) -> None:
    """Save how a board measures the effect of a measure it is responsible for.

    :raises Denied: for another board than the viewer's; coordinators may write for all.
    """
    measure = db.session.get_one(Measure, method.measure_id)
    must_be_editable(version_of(measure))
    _require_board(viewer, values.board_id)
    if row_version is not None:
        _require_board(viewer, method.board_id)
        must_be_unchanged(method, row_version)
    owners = {board.id for board in method_boards(viewer, measure)}
    if values.board_id is not None and values.board_id not in owners | {method.board_id}:
        raise Refused(_("Välj en nämnd eller ett bolag som ansvarar för åtgärden."), "board_id")
    with log.action("method.edit"), saving(method):
        if row_version is None:
            db.session.add(method)
        for field in fields(values):
            setattr(method, field.name, getattr(values, field.name))


def _require_board(viewer: Viewer, board_id: int | None) -> None:
    if board_id is None:  # everybody's: the coordinator's to write
        require(viewer, Permission.EDIT_PLAN)
    else:
        require(viewer, Permission.EDIT_EFFECTS, board_id=board_id)
