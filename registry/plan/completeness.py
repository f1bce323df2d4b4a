"""How complete a measure is: a score with the missing parts named (design/domain.md, rule 13)."""

from typing import NamedTuple

import sqlalchemy as sa

from registry.effects.models import EffectMethod, EffectMetric, is_method
from registry.host.models import PluginState
from registry.plan.models import Measure
from registry.reporting.models import Outcome, Round
from registry.words import lazy as _l

_LABELS = (
    _l("ansvarig"),
    _l("tidplan"),
    _l("beskrivning"),
    _l("effektmetod"),
    _l("effektmål"),
    _l("verksamhetsplan"),
    _l("återrapport"),
)

# On the tables rather than the classes: these conditions also go into plain, quicker statements.
_measure, _method, _metric, _round, _outcome = (
    model.__table__ for model in (Measure, EffectMethod, EffectMetric, Round, Outcome)
)
_on = sa.select(PluginState.name).where(PluginState.enabled)
has_method: sa.ColumnElement[bool] = sa.exists().where(
    _method.c.measure_id == _measure.c.id, is_method
)
has_target: sa.ColumnElement[bool] = sa.exists().where(
    _metric.c.measure_id == _measure.c.id,
    _metric.c.archived.is_(False),
    sa.or_(_metric.c.domain.is_(None), _metric.c.domain.in_(_on)),
    sa.or_(_metric.c.target_value.is_not(None), _metric.c.target_text != ""),
)
# By way of the version's few rounds: an outcome is found by round and measure.
has_follow_up: sa.ColumnElement[bool] = sa.exists().where(
    _round.c.version_id == _measure.c.version_id,
    _outcome.c.round_id == _round.c.id,
    _outcome.c.measure_id == _measure.c.id,
    _outcome.c.status.is_not(None),
)


class Parts(NamedTuple):
    """What a measure has. ``dates``: a start and an end, or that it is recurring, for recurring
    work needs no made-up end. ``business_plan``: some board has it in its plan of the year, or on
    the way in, or the year does not ask for it (``business_plan.asked``)."""

    owner: bool
    dates: bool
    description: bool
    method: bool
    target: bool
    business_plan: bool
    follow_up: bool


def completeness(parts: Parts) -> tuple[int, list[str]]:
    """How many of the parts are there, and the names of those that are not."""
    missing = [label for label, there in zip(_LABELS, parts, strict=True) if not there]
    return len(parts) - len(missing), missing
