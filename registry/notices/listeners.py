"""What is done about what happens, and once a minute: the feature's part in the app."""

from datetime import date

import sqlalchemy as sa
from flask import Flask, current_app
from flask_babel import force_locale
from flask_babel import gettext as _

from registry import events
from registry.db import db
from registry.jobs import queue
from registry.jobs import service as jobs
from registry.jobs.models import Job, JobState
from registry.language import today
from registry.notices import alerts, digest, outbox, reminders
from registry.notices.alerts import New, holding, of_boards, place, tell
from registry.notices.models import Topic
from registry.people.models import Board
from registry.people.permissions import Permission
from registry.plan.models import Measure
from registry.reporting.models import ItemComment, Report, ReportItem, Round

LONG_SECONDS = 60  # of a job that somebody will not have waited for


def init_app(app: Flask) -> None:
    app.extensions["reminded"] = None
    events.listen(app, events.round_opened, round_opened)
    events.listen(app, events.report_submitted, report_submitted)
    events.listen(app, events.report_returned, report_returned)
    events.listen(app, events.report_accepted, report_accepted)
    events.listen(app, events.comment_written, comment_written)
    jobs.when_ended(app, lambda job: events.guarded(job_ended)(job=job))
    queue.each_minute(app, "reminders", remind_once_a_day)
    queue.each_minute(app, "digests", write_digests)
    queue.each_minute(app, "mail", send_mail)


def write_digests() -> None:
    digest.write_digests()


def send_mail() -> None:
    outbox.deliver()


def remind_once_a_day() -> None:
    """Each worker does it once a day; two of them tell everybody once."""
    day: date = today()
    if current_app.extensions["reminded"] == day:
        return
    with force_locale(_language()):
        reminders.remind(day)
    outbox.clear_old()
    alerts.clear_old()
    current_app.extensions["reminded"] = day


def round_opened(round_id: int, by: int | None) -> None:
    with force_locale(_language()):
        reminders.rounds_opened([db.session.get_one(Round, round_id)], today())


def report_submitted(report_id: int, by: int | None) -> None:
    """The coordinators are told that a board has submitted."""
    found = _report(report_id)
    with force_locale(_language()):
        subject = _(
            "%(board)s har lämnat in återrapporten %(round)s.", board=found.name, round=found.title
        )
    _tell(holding(Permission.REVIEW_REPORTS), by, Topic.SUBMITTED, subject, report_id)


def report_returned(report_id: int, by: int | None) -> None:
    """The board's people are told, and led to the new revision, where the comment stands."""
    found = _report(report_id)
    with force_locale(_language()):
        subject = _(
            "%(board)s: återrapporten %(round)s behöver kompletteras.",
            board=found.name,
            round=found.title,
        )
    _tell(_people(found.board_id), by, Topic.RETURNED, subject, report_id)


def report_accepted(report_id: int, by: int | None) -> None:
    found = _report(report_id)
    with force_locale(_language()):
        subject = _(
            "%(board)s: återrapporten %(round)s är godkänd.", board=found.name, round=found.title
        )
    _tell(_people(found.board_id), by, Topic.ACCEPTED, subject, report_id)


def comment_written(comment_id: int, by: int | None) -> None:
    """The other side is told: the board's people of the coordinator's comment, and the other way
    round; whoever the measure is handed to as well. What was written is read in the registry."""
    comment = db.session.get_one(ItemComment, comment_id)
    report_id, board, round_ = db.session.execute(
        sa.select(Report.id, Board.name, Round.title)
        .join(Board, Board.id == Report.board_id)
        .join(Round, Round.id == Report.round_id)
        .where(
            Report.round_id == comment.round_id, Report.board_id == comment.board_id, Report.current
        )
    ).one()
    number: str | None = None
    handed: int | None = None
    if comment.measure_id is not None:
        number = db.session.scalar(
            sa.select(Measure.number).where(Measure.id == comment.measure_id)
        )
        handed = db.session.scalar(
            sa.select(ReportItem.handed_to_id).where(
                ReportItem.report_id == report_id, ReportItem.measure_id == comment.measure_id
            )
        )
    board_people, others = _people(comment.board_id), _people(handed) if handed else []
    people = {
        *others,
        *(holding(Permission.REVIEW_REPORTS) if by in board_people else board_people),
    }
    with force_locale(_language()):
        subject = (
            _(
                "%(board)s, %(round)s: ny kommentar på åtgärd %(number)s.",
                board=board,
                round=round_,
                number=number,
            )
            if number
            else _(
                "%(board)s, %(round)s: ny kommentar på återrapporten.", board=board, round=round_
            )
        )
    path = place("reporting.report", report_id=report_id)
    key = f"comment:{comment_id}"
    tell(New(one, key, Topic.COMMENT, subject, path) for one in sorted(people) if one != by)


def job_ended(job: Job) -> None:
    """Whoever has asked for something long is told when it is there."""
    if job.created_by_id is None or job.started_at is None or job.finished_at is None:
        return
    if (job.finished_at - job.started_at).total_seconds() < LONG_SECONDS:
        return
    with force_locale(job.language):
        if job.state is JobState.DONE:
            subject = _("%(job)s är klart.", job=job.title)
        elif job.state is JobState.FAILED:
            subject = _("%(job)s kunde inte göras.", job=job.title)
        else:
            return
    path = place("jobs.job", job_id=job.id)
    tell([New(job.created_by_id, f"job:{job.id}", Topic.JOB, subject, path)])


def _report(report_id: int) -> sa.Row[int, str, str]:
    return db.session.execute(
        sa.select(Report.board_id, Board.name, Round.title)
        .join(Board, Board.id == Report.board_id)
        .join(Round, Round.id == Report.round_id)
        .where(Report.id == report_id)
    ).one()


def _people(board_id: int) -> list[int]:
    return of_boards([board_id]).get(board_id, [])


def _tell(
    people: list[int],
    by: int | None,
    topic: Topic,
    subject: str,
    report_id: int,
    *,
    key: str = "",
) -> None:
    path, key = place("reporting.report", report_id=report_id), key or f"{topic.value}:{report_id}"
    tell(New(person, key, topic, subject, path) for person in people if person != by)


def _language() -> str:
    return str(current_app.config["BABEL_DEFAULT_LOCALE"])
