"""What is late or missing in a round, as lists that lead to the place to act: one row for each
board and measure concerned."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _

from registry.business_plan.asked import lacks_business_plan, year_values
from registry.db import db
from registry.effects.models import EffectMethod, EffectMetric, Gender, MetricValue, is_method
from registry.effects.trend import Goal, reached
from registry.followup.figures import RoundHead
from registry.host import active
from registry.language import today
from registry.people.models import Board
from registry.people.permissions import Permission, Viewer, require
from registry.plan.models import Measure, Responsibility
from registry.reporting.calendar import exception_of, own_due
from registry.reporting.models import Outcome, Report, Round, RoundException
from registry.reporting.outcomes import COUNTED
from registry.reporting.rounds import successors
from registry.words import Word
from registry.words import lazy as _l

NAMED = 40  # of a kind, in a notice


class GapKind(Word):
    """What can be late or missing; in the order in which it is shown."""

    LATE = "late", _l("Har inte lämnat in")
    OWNER = "owner", _l("Saknar ansvarig")
    METHOD = "method", _l("Saknar metod för att mäta effekt")
    PLAN = "plan", _l("Finns inte i någon verksamhetsplan")
    VALUE = "value", _l("Saknar utfall för perioden")
    TARGET = "target", _l("Målet är inte nått i tid")


@dataclass(frozen=True, slots=True)
class Gap:
    """One thing that is late or missing. ``board_id`` is ``None`` where nobody owns the measure;
    ``measure_id`` where it concerns the whole report (``report_id``)."""

    kind: GapKind
    board_id: int | None
    board: str
    measure_id: int | None = None
    number: str = ""
    title: str = ""
    note: str = ""
    report_id: int | None = None


def of(viewer: Viewer, head: RoundHead) -> list[Gap]:
    """All gaps of a round in the order of kind, board and plan: a fixed number of queries."""
    require(viewer, Permission.READ_FOLLOWUP)
    asked: dict[str, Any] = {
        "round": head.id,
        "version": head.version_id,
        "today": today(),
        "period": head.period,
        "domains": sorted(active.current().names),
        **year_values(head.year),
    }
    owners = _owners(asked, successors(head.opens_on))
    found = [
        Gap(GapKind.LATE, board_id, board, report_id=report_id)
        for report_id, board_id, board in db.session.execute(_LATE, asked)
    ]
    for kind, statement in (
        (GapKind.OWNER, _UNOWNED),
        (GapKind.METHOD, _UNMETHODICAL),
        (GapKind.PLAN, _UNPLANNED),
    ):
        for row in db.session.execute(statement, asked):
            found += _spread(kind, row, owners)
    for key, number, title, metric in db.session.execute(_UNVALUED, asked):
        found += _spread(GapKind.VALUE, (key, number, title), owners, metric)
    found += _missed(asked, owners)
    return found


def per_board(gaps: Iterable[Gap]) -> list[tuple[int | None, str, Counter[GapKind]]]:
    """How many gaps of each kind a board has, the most first; nobody's come last."""
    names: dict[int | None, str] = {}
    counts: dict[int | None, Counter[GapKind]] = defaultdict(Counter)
    for gap in gaps:
        names[gap.board_id] = gap.board
        counts[gap.board_id][gap.kind] += 1
    order = sorted(names, key=lambda key: (key is None, -counts[key].total(), names[key]))
    return [(key, names[key], counts[key]) for key in order]


def as_notice(head: RoundHead, found: Sequence[Gap]) -> tuple[str, str]:
    """Title and text, in Markdown, of a notice to the board that these gaps are of."""
    lines = [_("I uppföljningen av %(round)s saknas det här från er:", round=head.title)]
    for kind in GapKind:
        rows = [gap for gap in found if gap.kind is kind]
        if rows:
            lines += ["", f"## {kind.label}", ""]
        for gap in rows[:NAMED]:
            named = f"{gap.number} {gap.title}".strip() or gap.board
            lines.append(f"- {named} ({gap.note})" if gap.note else f"- {named}")
        if len(rows) > NAMED:
            lines.append("- " + _("och %(count)s till", count=len(rows) - NAMED))
    return _("Det här saknas för %(round)s", round=head.title), "\n".join(lines)


Owners = dict[int, list[tuple[int, str]]]


def _owners(asked: dict[str, Any], heirs: dict[int, int]) -> Owners:
    """Who answers for each measure; in place of a board that has ended, its successor."""
    names = dict(db.session.execute(sa.select(Board.id, Board.name)).all())
    found: Owners = defaultdict(list)
    for measure_id, board_id in db.session.execute(_OWNED, asked):
        answers = heirs.get(board_id, board_id)
        if (answers, names[answers]) not in found[measure_id]:
            found[measure_id].append((answers, names[answers]))
    return found


def _spread(kind: GapKind, row: Sequence[Any], owners: Owners, note: str = "") -> list[Gap]:
    key, number, title = row
    concerned: Sequence[tuple[int | None, str]] = owners.get(key) or [(None, "")]
    return [Gap(kind, board_id, name, key, number, title, note) for board_id, name in concerned]


def _missed(asked: dict[str, Any], owners: Owners) -> list[Gap]:
    """Metrics whose target was for this period or an earlier one, and is not reached."""
    latest: dict[int, Any] = {}
    for row in db.session.execute(_TARGETS, asked):
        latest[row[0]] = row  # in order of period: the last one stays
    found: list[Gap] = []
    for row in latest.values():
        if reached(Goal(row.target_operator, row.target_value), row.value) is False:
            found += _spread(GapKind.TARGET, row[1:4], owners, row.name)
    return found


_round = sa.bindparam("round", type_=sa.Integer)
_version = sa.bindparam("version", type_=sa.Integer)
_period = sa.bindparam("period", type_=sa.Text)
_asked = sa.exists().where(Outcome.round_id == _round, Outcome.measure_id == Measure.id)
_in_plan_order = (Measure.plan_order, Measure.id)

_LATE = (
    sa.select(Report.id, Board.id, Board.name)
    .join(Board, Board.id == Report.board_id)
    .join(Round, Round.id == Report.round_id)
    .outerjoin(RoundException, exception_of(Report.board_id))
    .where(
        Report.round_id == _round,
        Report.current,
        Report.state.not_in(COUNTED),
        own_due < sa.bindparam("today", type_=sa.Date),
    )
    .order_by(Board.name)
)
_OWNED = (
    sa.select(Responsibility.measure_id, Responsibility.board_id)
    .join(Board, Board.id == Responsibility.board_id)
    .join(Measure, Measure.id == Responsibility.measure_id)
    .where(Measure.version_id == _version)
    .order_by(Responsibility.share, Board.name)
)


def _lacking(lacks: sa.ColumnElement[bool]) -> sa.Select[int, str, str]:
    return (
        sa.select(Measure.id, Measure.number, Measure.title)
        .where(Measure.version_id == _version, lacks, _asked)
        .order_by(*_in_plan_order)
    )


_UNOWNED = _lacking(~sa.exists().where(Responsibility.measure_id == Measure.id))
_UNMETHODICAL = _lacking(~sa.exists().where(EffectMethod.measure_id == Measure.id, is_method))
_UNPLANNED = _lacking(lacks_business_plan)
_shown = (
    EffectMetric.archived.is_(False),
    sa.or_(
        EffectMetric.domain.is_(None),
        EffectMetric.domain.in_(sa.bindparam("domains", expanding=True)),
    ),
)
_valued = sa.exists().where(
    MetricValue.metric_id == EffectMetric.id,
    MetricValue.period == _period,
    MetricValue.value.is_not(None),
)
_UNVALUED = (
    sa.select(Measure.id, Measure.number, Measure.title, EffectMetric.name)
    .join(EffectMetric, EffectMetric.measure_id == Measure.id)
    .where(Measure.version_id == _version, *_shown, ~_valued, _asked)
    .order_by(*_in_plan_order, EffectMetric.position)
)
_TARGETS = (
    sa.select(
        EffectMetric.id,
        Measure.id,
        Measure.number,
        Measure.title,
        EffectMetric.name,
        EffectMetric.target_operator,
        EffectMetric.target_value,
        MetricValue.value,
    )
    .join(Measure, Measure.id == EffectMetric.measure_id)
    .join(MetricValue, MetricValue.metric_id == EffectMetric.id)
    .where(
        Measure.version_id == _version,
        *_shown,
        EffectMetric.target_value.is_not(None),
        EffectMetric.target_period != "",
        EffectMetric.target_period <= _period,
        MetricValue.gender == Gender.TOTAL,
        MetricValue.value.is_not(None),
        MetricValue.period <= _period,
        _asked,
    )
    .order_by(*_in_plan_order, EffectMetric.id, MetricValue.period)
)
