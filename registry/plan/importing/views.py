"""Import pages: HTTP only."""

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from registry.plan.importing import service
from registry.plan.importing.forms import (
    OWNERS_SHOWN,
    UploadForm,
    columns_form,
    decisions_form,
)
from registry.plan.importing.sheet import Unreadable
from registry.plan.importing.words import Outcome

bp = Blueprint("importing", __name__)
ROWS_A_PAGE = 50


@bp.errorhandler(service.Gone)
def _gone(_error: service.Gone) -> ResponseReturnValue:
    flash(_("Filen finns inte kvar. Välj den igen."), "warning")
    return redirect(url_for("importing.upload"), 303)


@bp.route("/plan/import", methods=["GET", "POST"])
def upload() -> ResponseReturnValue:
    form = UploadForm()
    form.offer(service.plans(g.viewer))
    if form.validate_on_submit():
        file = form.file.data
        try:
            token, known = service.upload(
                g.viewer, file.read(), file.filename or "", form.chosen_plan
            )
        except Unreadable as error:
            form.file.errors = [str(error)]
        else:
            page = "importing.preview" if known else "importing.columns"
            return redirect(url_for(page, token=token), 303)
    return render_template("plan/importing/upload.html", form=form)


@bp.route("/plan/import/<token>/columns", methods=["GET", "POST"])
def columns(token: str) -> ResponseReturnValue:
    found, choices = service.waiting(g.viewer, token)
    form = columns_form(found.sheet.headings, choices.mapping)
    if form.validate_on_submit():
        service.map_columns(g.viewer, token, form.mapping)
        return redirect(url_for("importing.preview", token=token), 303)
    return render_template(
        "plan/importing/columns.html", form=form, found=found, samples=found.sheet.samples()
    )


@bp.route("/plan/import/<token>", methods=["GET", "POST"])
def preview(token: str) -> ResponseReturnValue:
    try:
        shown = service.preview(g.viewer, token)
    except service.Unmapped:
        return redirect(url_for("importing.columns", token=token), 303)
    placement = shown.placement
    form = decisions_form(
        shown.choices.plan,
        service.plans(g.viewer),
        placement.other_kinds,
        placement.unknown_owners,
        service.boards(g.viewer),
    )
    if form.validate_on_submit():
        service.decide(g.viewer, token, form.chosen_plan, form.taken_kinds, form.owners)
        flash(_("Valen är sparade."), "success")
        return redirect(url_for("importing.preview", token=token), 303)
    outcome = request.args.get("outcome", "")
    rows = [row for row in placement.rows if outcome in ("", row.outcome)]
    pages = max(1, -(-len(rows) // ROWS_A_PAGE))
    page = min(max(1, request.args.get("page", 1, type=int)), pages)
    return render_template(
        "plan/importing/preview.html",
        form=form,
        token=token,
        shown=shown,
        placement=placement,
        outcomes=Outcome,
        outcome=outcome,
        rows=rows[(page - 1) * ROWS_A_PAGE : page * ROWS_A_PAGE],
        page=page,
        pages=pages,
        owners_left=max(0, len(placement.unknown_owners) - OWNERS_SHOWN),
    )


@bp.post("/plan/import/<token>/confirm")
def confirm(token: str) -> ResponseReturnValue:
    try:
        service.confirm(g.viewer, token, request.form.get("digest", ""))
    except service.Changed:
        flash(
            _("Något har ändrats i registret sedan du såg sidan. Se över raderna igen."), "warning"
        )
        return redirect(url_for("importing.preview", token=token), 303)
    except service.Gone:
        service.result(g.viewer, token)  # confirmed already, by a second press of the button
    return redirect(url_for("importing.result", token=token), 303)


@bp.get("/plan/import/<token>/result")
def result(token: str) -> ResponseReturnValue:
    done = service.result(g.viewer, token)
    return render_template("plan/importing/result.html", done=done, counts=done["counts"])
