"""Pages around domains: deadlines, secret answers, files to read. HTTP only."""

from flask import Blueprint, Response, abort, flash, g, redirect, render_template, request, url_for
from flask import current_app as app
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext

from registry.domains import clocks, importing, secrets
from registry.domains.forms import FileForm, ReasonForm
from registry.host import active, overview
from registry.host.loading import Domain
from registry.host.models import SubjectKind
from registry.host.values import Importer
from registry.language import today
from registry.people import domains
from registry.people.permissions import Permission, may

bp = Blueprint("domains", __name__)


@bp.get("/deadlines", endpoint="clocks")
def deadlines() -> ResponseReturnValue:
    day = today()
    return render_template(
        "domains/clocks.html", deadlines=clocks.deadlines(g.viewer, day), today=day
    )


@bp.get("/deadlines.ics")
def calendar() -> ResponseReturnValue:
    found = clocks.deadlines(g.viewer, today())
    address = url_for(".clocks", _external=True)
    body = clocks.calendar(found, app.extensions["settings"].municipality, address)
    headers = {"Content-Disposition": 'attachment; filename="tidsfrister.ics"'}
    return Response(body, mimetype="text/calendar", headers=headers)


@bp.route(
    "/domains/<name>/secrets/<kind>/<int:subject_id>", endpoint="secrets", methods=["GET", "POST"]
)
def secret_answers(name: str, kind: str, subject_id: int) -> ResponseReturnValue:
    if kind not in set(SubjectKind):
        abort(404)
    found = secrets.subject(g.viewer, name, SubjectKind(kind), subject_id) or abort(404)
    form = ReasonForm()
    opened = None
    if form.validate_on_submit():
        opened = secrets.open_subject(g.viewer, found, form.reason.data or "")
    page = render_template(
        "domains/secrets.html",
        found=found,
        title=domains.title(name),
        cleared=may(g.viewer, Permission.READ_SECRETS, domain=name),
        opened=opened,
        form=form,
    )
    answer = Response(page, 422 if form.errors else 200)
    answer.headers["Cache-Control"] = "no-store"
    return answer


@bp.route("/domains/<name>/import/<importer>", methods=["GET", "POST"])
def upload(name: str, importer: str) -> ResponseReturnValue:
    domain, chosen = _importer(name, importer)
    form = FileForm().accept(chosen)
    preview = None
    if form.validate_on_submit():
        try:
            preview = importing.read(g.viewer, domain, chosen, form.file.data.read())
        except importing.Unreadable as error:
            form.file.errors = [str(error)]
    page = render_template(
        "domains/import.html", domain=domain, importer=chosen, form=form, preview=preview
    )
    return page, 422 if form.errors else 200


@bp.post("/domains/<name>/import/<importer>/confirm")
def confirm(name: str, importer: str) -> ResponseReturnValue:
    domain, chosen = _importer(name, importer)
    try:
        written = importing.write(g.viewer, domain, request.form.get("rows", ""))
    except importing.Gone:
        flash(_("Filen finns inte kvar. Välj den igen."), "warning")
        return redirect(url_for(".upload", name=name, importer=chosen.name), 303)
    flash(
        ngettext(
            "Svaren är sparade på en åtgärd.", "Svaren är sparade på %(num)d åtgärder.", written
        ),
        "success",
    )
    own = overview.links(name)
    return redirect(own[0][1] if own else url_for("plan.measures", domain=name), 303)


def _importer(name: str, importer: str) -> tuple[Domain, Importer]:
    domain = active.current().get(name) or abort(404)
    return domain, importing.importer(domain, importer) or abort(404)
