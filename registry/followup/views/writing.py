"""Writing the follow-up: texts, the decision, publishing it."""

from flask import abort, flash, g, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from registry.conflict import Conflict
from registry.db import db
from registry.followup import details, publishing, service, writing
from registry.followup.edition import unwritten
from registry.followup.figures import PARTS, RoundHead
from registry.followup.forms import DecisionForm, TextForm
from registry.followup.views.blueprint import bp
from registry.followup.writing import NotNow
from registry.people.permissions import Permission, may


def _head(round_id: int) -> RoundHead:
    found = service.find(g.viewer, round_id)
    if found is None:
        abort(404)
    return found


@bp.get("/<int:round_id>/edition")
def edition(round_id: int) -> ResponseReturnValue:
    """The follow-up as it is going to be read, with what remains to be written."""
    head = _head(round_id)
    page = service.read(g.viewer, round_id) or abort(404)
    areas = details.domains_of(head.version_id)
    return render_template(
        "followup/edition.html",
        round=head,
        edition=publishing.preview(g.viewer, round_id),
        area_ids=[area.id for area in page.areas],
        writes={area.id: writing.may_write(g.viewer, areas.get(area.id)) for area in page.areas},
        writes_whole=writing.may_write(g.viewer, None),
        remaining=unwritten(page),
        published=publishing.of_round(round_id),
        can_decide=may(g.viewer, Permission.DECIDE_FOLLOWUP) and head.published_at is None,
        can_publish=may(g.viewer, Permission.PUBLISH_FOLLOWUP),
    )


@bp.route("/<int:round_id>/texts/<int:area_id>", methods=["GET", "POST"])
def text(round_id: int, area_id: int) -> ResponseReturnValue:
    """``area_id`` 0 is the whole."""
    head = _head(round_id)
    area = area_id or None
    stored, name = writing.open_text(g.viewer, round_id, area)
    form = TextForm(obj=stored)
    conflict = None
    if form.validate_on_submit():
        try:
            writing.save_text(
                g.viewer,
                round_id,
                area,
                form.row_version.data or 0,
                text=form.text.data or "",
                conclusion=form.conclusion.data or "",
                assessed=form.judgement,
            )
        except Conflict as found:
            db.session.rollback()
            conflict = found
            stored, name = writing.open_text(g.viewer, round_id, area)
            form.row_version.data = stored.row_version
            form.row_version.raw_data = None
        else:
            flash(_("Texten är sparad."), "success")
            return redirect(url_for(".edition", round_id=round_id, _anchor=f"area-{area_id}"), 303)
    page = render_template(
        "followup/text.html",
        round=head,
        form=form,
        name=name,
        stored=stored,
        conflict=conflict,
        part=details.area(g.viewer, head, area) if area else None,
        labels={part: str(label) for part, label in PARTS.items()},
    )
    return page, 409 if conflict else 422 if form.errors else 200


@bp.route("/<int:round_id>/decision", methods=["GET", "POST"])
def decision(round_id: int) -> ResponseReturnValue:
    head = _head(round_id)
    stored = writing.decision(round_id)
    form = DecisionForm(obj=stored, data=None if stored else {"decided_by": _("Kommunstyrelsen")})
    refusal = ""
    if form.validate_on_submit():
        try:
            writing.decide(g.viewer, round_id, form.row_version.data or 0, form.decided())
        except (NotNow, Conflict) as error:
            db.session.rollback()
            refusal = str(error) or _(
                "Någon annan har sparat ett beslut medan du skrev. Läs det och spara igen om dina "
                "uppgifter ska gälla."
            )
            stored = writing.decision(round_id)
            form.row_version.raw_data = None
            form.row_version.data = stored.row_version if stored else 0
        else:
            flash(_("Beslutet är sparat."), "success")
            return redirect(url_for(".edition", round_id=round_id, _anchor="decision"), 303)
    page = render_template(
        "followup/decision.html", round=head, form=form, refusal=refusal, stored=stored
    )
    return page, 409 if refusal else 422 if form.errors else 200


@bp.post("/<int:round_id>/publish")
def publish(round_id: int) -> ResponseReturnValue:
    _head(round_id)
    try:
        made = publishing.publish(g.viewer, round_id)
    except (NotNow, Conflict) as error:
        db.session.rollback()
        flash(str(error) or _("Någon annan publicerade just. Läs igenom igen."), "warning")
        return redirect(url_for(".edition", round_id=round_id), 303)
    flash(_("Uppföljningen är publicerad och öppen för alla."), "success")
    address = url_for("publication.followup", plan_id=made.plan_id, round_id=round_id)
    return redirect(address, 303)
