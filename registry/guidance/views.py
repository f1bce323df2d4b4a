"""Pages of guidance: HTTP only."""

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from registry import conflict, markdown
from registry.guidance import service
from registry.guidance.forms import FIELDS, GuidanceForm
from registry.guidance.models import GuidancePage, GuidancePlace
from registry.language import yes_no

bp = Blueprint("guidance", __name__, url_prefix="/guidance")


@bp.get("/")
def pages() -> ResponseReturnValue:
    return render_template("guidance/pages.html", pages=service.pages(g.viewer))


@bp.get("/<int:page_id>")
def page(page_id: int) -> ResponseReturnValue:
    found = service.find(g.viewer, page_id)
    return render_template("guidance/page.html", page=found, body=markdown.render(found.body))


@bp.route("/new", methods=["GET", "POST"])
def new_page() -> ResponseReturnValue:
    form = GuidanceForm(data={"published": True})
    if form.validate_on_submit() and "preview" not in request.form:
        made = service.add(g.viewer, form.values())
        flash(_("Sidan är sparad."), "success")
        return redirect(url_for(".page", page_id=made.id), 303)
    return _form(form, None, {})


@bp.route("/<int:page_id>/edit", methods=["GET", "POST"])
def edit_page(page_id: int) -> ResponseReturnValue:
    found = service.find(g.viewer, page_id)
    stored = _stored(found)
    posted = conflict.with_choices(request.form, stored) if request.method == "POST" else None
    form = GuidanceForm(posted, obj=found)
    differences: dict[str, conflict.Difference] = {}
    if form.validate_on_submit() and "preview" not in request.form:
        version = form.row_version.data or 0
        try:
            service.edit(g.viewer, page_id, form.values(), version)
        except conflict.Conflict:
            differences = _differences(form, stored)
            form.row_version.raw_data = None
            form.row_version.data = found.row_version
        else:
            differences = {}
            flash(_("Sidan är sparad."), "success")
            return redirect(url_for(".page", page_id=page_id), 303)
    return _form(form, found, differences)


@bp.post("/<int:page_id>/remove")
def remove_page(page_id: int) -> ResponseReturnValue:
    service.remove(g.viewer, page_id)
    flash(_("Sidan är borttagen."), "success")
    return redirect(url_for(".pages"), 303)


def _form(
    form: GuidanceForm, found: GuidancePage | None, differences: dict[str, conflict.Difference]
) -> ResponseReturnValue:
    wants_preview = "preview" in request.form and not form.errors
    page = render_template(
        "guidance/edit.html",
        form=form,
        page=found,
        differences=differences,
        preview=markdown.render(form.body.data or "") if wants_preview else "",
    )
    return page, 409 if differences else 422 if form.errors else 200


def _stored(found: GuidancePage) -> dict[str, list[str]]:
    """The page as its form would post it."""
    return {
        "title": [found.title],
        "body": [found.body],
        "place": [found.place.value if found.place else ""],
        "position": [str(found.position)],
        "published": ["y"] if found.published else [],
    }


def _differences(form: GuidanceForm, stored: conflict.Raw) -> dict[str, conflict.Difference]:
    mine = {name: request.form.getlist(name) for name in FIELDS}
    labels = {value: str(label) for value, label in GuidancePlace.choices()}
    found = {}
    for name in conflict.differing(FIELDS, mine, stored):
        ours, theirs = (" ".join(raw.get(name, [])) for raw in (mine, stored))
        if name == "published":
            ours, theirs = yes_no(bool(ours)), yes_no(bool(theirs))
        found[name] = conflict.Difference(
            name, form[name].label.text, labels.get(ours, ours), labels.get(theirs, theirs)
        )
    return found
