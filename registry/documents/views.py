"""Documents to take along, and the templates of the municipality: HTTP only."""

from flask import (
    Blueprint,
    Response,
    flash,
    g,
    redirect,
    render_template,
    request,
    session,
    url_for,
)
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from werkzeug.http import dump_options_header

from registry.addresses import number
from registry.documents import service
from registry.documents.document import Document, Subject
from registry.documents.forms import NAMES, TemplateForm, tags
from registry.documents.of_report import NotSubmitted
from registry.documents.service import FORMATS, File
from registry.documents.word_template import BadTemplate

bp = Blueprint("documents", __name__)
ENDING = ".<any(pdf, docx, xlsx, csv, json):format>"
SUBJECT = "<any(report, followup, plan):subject>"


@bp.route(f"/documents/report/<int:report_id>{ENDING}", methods=["GET", "POST"])
def report(report_id: int, format: str) -> ResponseReturnValue:
    try:
        return _answer(Subject.REPORT, report_id, format)
    except NotSubmitted:
        flash(_("Återrapporten är ett utkast. Den kan hämtas när den är inlämnad."), "warning")
        return redirect(url_for("reporting.report", report_id=report_id), 303)


@bp.route(f"/documents/followup/<int:round_id>{ENDING}", methods=["GET", "POST"])
def followup(round_id: int, format: str) -> ResponseReturnValue:
    return _answer(Subject.FOLLOWUP, round_id, format)


@bp.route(f"/documents/plan/<int:version_id>{ENDING}", methods=["GET", "POST"])
def plan(version_id: int, format: str) -> ResponseReturnValue:
    return _answer(Subject.PLAN, version_id, format)


def _answer(subject: Subject, key: int, name: str) -> ResponseReturnValue:
    """The file at once; a long one is asked for by a form and written by the worker."""
    format = FORMATS[name]
    if request.method == "POST":
        job = service.order(g.viewer, subject, key, format)
        return redirect(url_for("jobs.job", job_id=job.id), 303)
    document = service.read(g.viewer, subject, key)
    if service.is_long(document, format):
        return render_template("documents/order.html", document=document, format=name)
    try:
        return _file(service.write(document, format))
    except BadTemplate as error:
        flash(_("Kommunens Word-mall kunde inte användas. %(why)s", why=str(error)), "danger")
        return render_template("documents/order.html", document=document, format=""), 409


@bp.get(f"/plans/<int:plan_id>{ENDING}")
def public_plan(plan_id: int, format: str) -> ResponseReturnValue:
    """As published: any cache may keep it, and asks each time whether it is still so."""
    return _public(service.read_public_plan(plan_id), format)


@bp.get(f"/plans/<int:plan_id>/followups/<int:round_id>{ENDING}")
def public_followup(plan_id: int, round_id: int, format: str) -> ResponseReturnValue:
    """As published: the latest number, or the one in the query."""
    numbered = number(request.args, "number")
    return _public(service.read_public_followup(plan_id, round_id, numbered), format)


def _public(document: Document, format: str) -> Response:
    mark = service.mark(document, FORMATS[format])
    if request.if_none_match.contains(mark):
        answer = Response(status=304)
    else:
        answer = _file(service.write(document, FORMATS[format]))
    answer.set_etag(mark)
    answer.vary.add("Cookie")
    if not g.viewer.signed_in and not session.modified:
        answer.cache_control.public = True
        answer.cache_control.no_cache = True
    return answer


def _file(file: File) -> Response:
    answer = Response(file.content, mimetype=file.media_type)
    answer.headers["Content-Disposition"] = dump_options_header(
        "attachment", {"filename": file.name}
    )
    return answer


@bp.route("/documents/templates", methods=["GET", "POST"])
def templates() -> ResponseReturnValue:
    form = TemplateForm()
    if form.validate_on_submit():
        chosen = form.file.data
        try:
            service.upload(
                g.viewer, Subject(form.subject.data), chosen.filename or "", chosen.read()
            )
        except BadTemplate as error:
            form.file.errors = [str(error)]
        else:
            flash(_("Mallen används från och med nu."), "success")
            return redirect(url_for(".templates"), 303)
    page = render_template(
        "documents/templates.html",
        form=form,
        own=service.templates(g.viewer),
        names=NAMES,
        tags=tags(),
    )
    return page, 422 if form.errors else 200


@bp.get(f"/documents/templates/{SUBJECT}.docx")
def template(subject: str) -> ResponseReturnValue:
    return _file(service.template(g.viewer, Subject(subject)))


@bp.get("/documents/templates/example.docx")
def example() -> ResponseReturnValue:
    return _file(service.example(g.viewer))


@bp.post(f"/documents/templates/{SUBJECT}/remove")
def remove_template(subject: str) -> ResponseReturnValue:
    service.remove(g.viewer, Subject(subject))
    flash(_("Mallen är borttagen. Nu används registrets egen."), "success")
    return redirect(url_for(".templates"), 303)
