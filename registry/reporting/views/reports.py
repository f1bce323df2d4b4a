"""A board's report as a whole: what is to be done, submit, review."""

from typing import Any

from flask import current_app, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from registry import memory
from registry.business_plan import standing as business_plans
from registry.config import Settings
from registry.conflict import Conflict
from registry.db import db
from registry.language import today
from registry.notices import alerts
from registry.people import contacts
from registry.people.permissions import Permission, may
from registry.reporting import calendar, comments, handover, home, reading, review, service, writing
from registry.reporting.forms import ReturnForm, SubmitForm
from registry.reporting.models import ItemState, Report, ReportState
from registry.reporting.rounds import CannotReport
from registry.reporting.views.blueprint import bp


@bp.get("/my-work")
def my_work() -> ResponseReturnValue:
    boards = g.viewer.boards(Permission.WRITE_REPORTS)
    settings: Settings = current_app.extensions["settings"]
    return render_template(
        "reporting/my_work.html",
        home=home.home(g.viewer),
        handed=handover.handed_to(boards) if boards else [],
        plans=business_plans.unsaid(g.viewer),
        alerts=alerts.own(g.viewer, unread=True, limit=5),
        coordinators=contacts.coordinators(),
        contact=settings.contact,
        today=today(),
    )


@bp.get("/reports/<int:report_id>")
def report(report_id: int) -> ResponseReturnValue:
    found = service.get_report(g.viewer, report_id)
    if found.state is ReportState.DRAFT:
        return _task_list(found)
    return _frozen(found, ReturnForm(formdata=None))


def _frozen(found: Report, form: ReturnForm) -> str:
    return render_template(
        "reporting/report.html",
        report=found,
        comments=comments.on_report(g.viewer, found),
        measures=reading.frozen(g.viewer, found),
        revisions=reading.revisions(found),
        can_review=may(g.viewer, Permission.REVIEW_REPORTS)
        and found.state is ReportState.SUBMITTED,
        form=form,
    )


def _task_list(found: Report) -> ResponseReturnValue:
    can_write = may(g.viewer, Permission.WRITE_REPORTS, board_id=found.board_id)
    section = "work" if can_write else "reporting"
    return memory.page("reporting/tasks.html", section, lambda: _tasks(found, can_write))


def _tasks(found: Report, can_write: bool) -> dict[str, Any]:
    state = request.args.get("state", "")
    shown = ItemState(state) if state in set(ItemState) else None
    page = request.args.get("page", 1, type=int)
    return {
        "report": found,
        "tasks": reading.tasks(g.viewer, found, state=shown, page=page),
        "revisions": reading.revisions(found),
        "can_write": can_write and writing.writable(found),
        "handed": handover.handed_to([found.board_id], found.round_id) if can_write else [],
        "can_submit": may(g.viewer, Permission.SUBMIT_REPORTS, board_id=found.board_id),
        "due_on": (due := calendar.due_of(found.round, found.board_id)),
        "late": due < today(),
    }


@bp.route("/reports/<int:report_id>/submit", methods=["GET", "POST"])
def submit(report_id: int) -> ResponseReturnValue:
    found = service.get_report(g.viewer, report_id)
    form = SubmitForm(data={"summary": found.summary})
    refusal = ""
    if form.validate_on_submit():
        try:
            service.submit(
                g.viewer,
                report_id,
                row_version=request.form.get("row_version", 0, type=int),
                summary=form.summary.data or "",
            )
        except (CannotReport, Conflict) as error:
            refusal = str(error) or _("Någon annan har ändrat återrapporten. Läs igenom igen.")
            db.session.rollback()
            db.session.expire_all()
            found = service.get_report(g.viewer, report_id)
        else:
            flash(_("Återrapporten är inlämnad. Den kan inte längre ändras."), "success")
            return redirect(url_for(".report", report_id=report_id), 303)
    page = service.summary(g.viewer, found)
    status = 409 if refusal else 200
    return render_template("reporting/submit.html", page=page, form=form, refusal=refusal), status


@bp.post("/reports/<int:report_id>/accept")
def accept(report_id: int) -> ResponseReturnValue:
    version = request.form.get("row_version", 0, type=int)
    try:
        found = review.accept(g.viewer, report_id, row_version=version)
    except (CannotReport, Conflict) as error:
        return _not_reviewed(report_id, error)
    flash(_("Återrapporten från %(board)s är godkänd.", board=found.board.name), "success")
    return redirect(url_for(".round", round_id=found.round_id), 303)


@bp.post("/reports/<int:report_id>/return")
def return_report(report_id: int) -> ResponseReturnValue:
    form = ReturnForm()
    if not form.validate_on_submit():
        found = service.get_report(g.viewer, report_id)
        if found.state is ReportState.DRAFT:
            return redirect(url_for(".report", report_id=report_id), 303)
        return _frozen(found, form), 422
    version = request.form.get("row_version", 0, type=int)
    try:
        revised = review.return_report(
            g.viewer, report_id, row_version=version, comment=form.comment.data or ""
        )
    except (CannotReport, Conflict) as error:
        return _not_reviewed(report_id, error)
    flash(_("Återrapporten är återlämnad till nämnden."), "success")
    return redirect(url_for(".round", round_id=revised.round_id), 303)


def _not_reviewed(report_id: int, error: Exception) -> Response:
    db.session.rollback()
    flash(str(error) or _("Återrapporten har ändrats. Läs igenom den igen."), "warning")
    return redirect(url_for(".report", report_id=report_id), 303)
