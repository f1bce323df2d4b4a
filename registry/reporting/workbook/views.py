"""A board's report as a workbook: HTTP only."""

import io

from flask import Blueprint, flash, g, redirect, render_template, request, send_file, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext
from flask_wtf import FlaskForm

from registry.db import db
from registry.reporting.forms import Entry
from registry.reporting.rounds import CannotReport
from registry.reporting.workbook import service
from registry.reporting.workbook.forms import WorkbookForm
from registry.reporting.writing import writable

bp = Blueprint("workbook", __name__)
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@bp.errorhandler(CannotReport)
def _too_late(error: CannotReport) -> ResponseReturnValue:
    db.session.rollback()
    flash(str(error), "warning")
    report_id = (request.view_args or {})["report_id"]
    return redirect(url_for("reporting.report", report_id=report_id), 303)


@bp.errorhandler(service.Gone)
def _gone(_error: service.Gone) -> ResponseReturnValue:
    flash(_("Filen finns inte kvar. Välj den igen."), "warning")
    report_id = (request.view_args or {})["report_id"]
    return redirect(url_for("workbook.upload", report_id=report_id), 303)


@bp.route("/reports/<int:report_id>/workbook", methods=["GET", "POST"])
def upload(report_id: int) -> ResponseReturnValue:
    report = service.open_report(g.viewer, report_id)
    form = WorkbookForm()
    if form.validate_on_submit():
        file = form.file.data
        try:
            token = service.upload(g.viewer, report_id, file.filename or "", file.read(), Entry)
        except service.Unreadable as error:
            form.file.errors = [str(error)]
        else:
            return redirect(url_for(".preview", report_id=report_id, token=token), 303)
        report = service.open_report(g.viewer, report_id)
    page = render_template(
        "reporting/workbook.html", report=report, form=form, writable=writable(report)
    )
    return page, 422 if form.errors else 200


@bp.get("/reports/<int:report_id>/workbook/download")
def download(report_id: int) -> ResponseReturnValue:
    name, content = service.download(g.viewer, report_id, Entry)
    return send_file(
        io.BytesIO(content),
        mimetype=XLSX,
        as_attachment=True,
        download_name=name,
        etag=False,
        conditional=False,
    )


@bp.route("/reports/<int:report_id>/workbook/<token>", methods=["GET", "POST"])
def preview(report_id: int, token: str) -> ResponseReturnValue:
    refusal, status = "", 200
    if request.method == "POST":
        try:
            answers = service.save(
                g.viewer,
                report_id,
                token,
                digest=request.form.get("digest", ""),
                choices=request.form,
                make=Entry,
            )
        except service.Changed:
            refusal, status = (
                _("Någon har ändrat svaren sedan du såg sidan. Se över dem igen och spara."),
                409,
            )
        except service.Undecided:
            refusal, status = (
                _("Välj vilket svar som ska gälla på de rader där någon annan också har ändrat."),
                422,
            )
        else:
            flash(_saved(answers), "success")
            return redirect(url_for("reporting.report", report_id=report_id), 303)
        db.session.rollback()
        db.session.expire_all()
    report = service.open_report(g.viewer, report_id)
    shown = service.preview(g.viewer, report_id, token, Entry)
    page = render_template(
        "reporting/workbook_preview.html",
        report=report,
        shown=shown,
        fates=service.Fate,
        refusal=refusal,
        chosen=request.form,
        form=FlaskForm(),
    )
    return page, status


def _saved(answers: int) -> str:
    if not answers:
        return _("Inget ändrades.")
    return ngettext(
        "Ett svar är sparat som utkast.", "%(num)s svar är sparade som utkast.", answers
    )
