"""Reminders: what is due, told some days before and after; done twice, they are told once."""

from collections.abc import Iterable
from datetime import date, timedelta

import sqlalchemy as sa
from flask_babel import gettext as _
from flask_babel import ngettext

from registry.db import db
from registry.domains import clocks
from registry.effects.models import EffectMetric
from registry.language import long_day
from registry.notices.alerts import New, holding, leading, of_boards, place, tell
from registry.notices.models import Topic
from registry.people.models import Board
from registry.people.permissions import OPERATOR, Permission
from registry.plan.models import Measure, PlanVersion, Responsibility, Share, VersionState
from registry.reporting import calendar
from registry.reporting.models import (
    ItemState,
    Report,
    ReportItem,
    ReportState,
    Round,
    RoundException,
    RoundState,
)

VALUE_DAYS = (14, -1)
CLOCK_DAYS = (90, 30, 7, -1)
MISSED = timedelta(days=3)  # a reminder whose day a worker has missed is made for so long after


def passed(due: date, days: Iterable[int], today: date, *, since: date | None = None) -> int | None:
    """Which of the days before ``due`` has come last, if it came today or just now.

    :param since: what is asked for is known since then; a day before that reminds nobody.
    """
    come = [
        before
        for before in days
        if today - MISSED <= due - timedelta(days=before) <= today
        and (since is None or since < due - timedelta(days=before))
    ]
    return min(come) if come else None


def remind(today: date) -> None:
    """Tell what is due on or about this day."""
    for what in (values, opened, boards, deadlines):
        db.session.rollback()
        db.session.connection(execution_options={"reading": True})  # keeps nobody from writing
        what(today)


def opened(today: date) -> None:
    """Tell of rounds that open about this day; one may be made before the day it opens."""
    about = Round.opens_on.between(today - MISSED, today)
    rounds_opened(db.session.scalars(sa.select(Round).where(about)).all(), today)


def rounds_opened(rounds: Iterable[Round], today: date) -> None:
    """Tell the people of their boards that these rounds are open, when their day has come."""
    told = []
    for round_ in rounds:
        if round_.state is not RoundState.OPEN or round_.opens_on > today:
            continue
        asked = db.session.execute(
            sa.select(Report.id, Report.board_id, Board.name)
            .join(Board, Board.id == Report.board_id)
            .where(Report.round_id == round_.id, Report.revision == 1)
        ).all()
        people = of_boards(row.board_id for row in asked)
        own_days = calendar.due_days(round_)
        for report_id, board_id, board in asked:
            subject = _(
                "%(board)s: omgång %(round)s är öppen. Lämna in senast %(day)s.",
                board=board,
                round=round_.title,
                day=long_day(own_days.get(board_id, round_.due_on)),
            )
            path = place("reporting.report", report_id=report_id)
            told += [
                New(person, f"new_round:{round_.id}:{board_id}", Topic.NEW_ROUND, subject, path)
                for person in people.get(board_id, ())
            ]
    tell(told)


def boards(today: date) -> None:
    """Remind the people of boards whose report is not submitted."""
    left = sa.func.sum(sa.case((ReportItem.state == ItemState.READY, 0), else_=1))
    waiting = db.session.execute(
        sa.select(
            Report.id,
            Report.board_id,
            Report.revision,
            Board.name,
            Round,
            calendar.own_due.label("due_on"),
            left.label("left"),
        )
        .join(Round, Round.id == Report.round_id)
        .join(Board, Board.id == Report.board_id)
        .outerjoin(RoundException, calendar.exception_of(Report.board_id))
        .outerjoin(ReportItem, ReportItem.report_id == Report.id)
        .where(Round.state == RoundState.OPEN, Report.current, Report.state == ReportState.DRAFT)
        .group_by(Report.id, Board.name, Round.id, RoundException.due_on)
        .order_by(Report.id)
    ).all()
    due = [
        (row, row.due_on, days)
        for row in waiting
        if (days := passed(row.due_on, row.Round.reminder_days, today, since=row.Round.opens_on))
        is not None
    ]
    people = of_boards(row.board_id for row, *_rest in due)
    told = []
    for row, last, days in due:
        subject = _sentence(row.name, row.Round.title, last, row.left or 0, late=last < today)
        key = f"reminder:{row.Round.id}:{row.board_id}:{last.isoformat()}:{days}"
        path = place("reporting.report", report_id=row.id)
        told += [
            New(person, key, Topic.REMINDER, subject, path)
            for person in people.get(row.board_id, ())
        ]
    tell(told)


def _sentence(board: str, round_: str, last: date, left: int, *, late: bool) -> str:
    words = {"board": board, "round": round_, "day": long_day(last)}
    if late:
        return _("%(board)s: återrapporten %(round)s skulle ha lämnats in %(day)s.", **words)
    if not left:
        return _(
            "%(board)s: återrapporten %(round)s är klar att lämna in, senast %(day)s.", **words
        )
    return ngettext(
        "%(board)s: återrapporten %(round)s ska lämnas in senast %(day)s. %(num)s åtgärd återstår.",
        "%(board)s: återrapporten %(round)s ska lämnas in senast %(day)s. "
        "%(num)s åtgärder återstår.",
        left,
        **words,
    )


def deadlines(today: date) -> None:
    """Statutory deadlines that come near or have passed: to coordinators and the domain's leads."""
    told = []
    for one in clocks.deadlines(OPERATOR, today):
        days = passed(one.due, CLOCK_DAYS, today) if one.due is not None else None
        if one.due is None or days is None:
            continue
        words = {"what": one.domain.say(one.clock.label), "day": long_day(one.due)}
        if one.due < today:
            subject = _("%(what)s skulle ha varit klart %(day)s.", **words)
        else:
            subject = _("%(what)s ska vara klart senast %(day)s.", **words)
        key = f"clock:{one.domain.name}:{one.clock.name}:{one.measure_id}:{one.due}:{days}"
        path = place("domains.clocks")
        people = dict.fromkeys([*holding(Permission.EDIT_PLAN), *leading(one.domain.name)])
        told += [New(person, key, Topic.CLOCK, subject, path) for person in people]
    tell(told)


def values(today: date) -> None:
    """Remind of effect metrics whose next value is due, or was due a day ago."""
    asked = db.session.execute(
        sa.select(
            EffectMetric.id,
            EffectMetric.name,
            sa.func.coalesce(EffectMetric.board_id, Responsibility.board_id),
            EffectMetric.next_due_on,
        )
        .join(Measure, Measure.id == EffectMetric.measure_id)
        .join(PlanVersion, PlanVersion.id == Measure.version_id)
        .outerjoin(
            Responsibility,
            sa.and_(Responsibility.measure_id == Measure.id, Responsibility.share == Share.LEAD),
        )
        .where(
            PlanVersion.state == VersionState.PUBLISHED,
            EffectMetric.archived.is_(False),
            EffectMetric.next_due_on.between(today - MISSED, today + timedelta(max(VALUE_DAYS))),
        )
    ).all()
    for metric_id, name, board_id, due in asked:
        if board_id is not None and due is not None and passed(due, VALUE_DAYS, today) is not None:
            value_due(metric_id, name, board_id, due, place("effects.metric", metric_id=metric_id))


def value_due(metric_id: int, metric: str, board_id: int, due: date, path: str) -> None:
    """It is time for a board to measure: its people are told, once for each time it is due."""
    subject = _("Dags att mäta: %(metric)s, senast %(day)s.", metric=metric, day=long_day(due))
    people = of_boards([board_id]).get(board_id, [])
    key = f"value_due:{metric_id}:{board_id}:{due.isoformat()}"
    tell(New(person, key, Topic.VALUE_DUE, subject, path) for person in people)
