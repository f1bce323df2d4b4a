"""Comments on a report and its measures; a measure handed to another board."""

from flask import abort, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from registry.addresses import number
from registry.conflict import Conflict
from registry.db import db
from registry.people.permissions import Permission, may
from registry.reporting import comments, handover, reading, service, writing
from registry.reporting.forms import CommentForm, HandBackForm, HandOverForm
from registry.reporting.models import Report, ReportItem
from registry.reporting.rounds import CannotReport
from registry.reporting.views.blueprint import bp


@bp.get("/reports/<int:report_id>/comments", endpoint="comments")
def all_comments(report_id: int) -> ResponseReturnValue:
    found = service.get_report(g.viewer, report_id)
    return _page(found, CommentForm(formdata=None))


@bp.post("/reports/<int:report_id>/comments/new")
def comment(report_id: int) -> ResponseReturnValue:
    measure_id = number(request.form, "measure_id")
    if measure_id is None and request.form.get("measure_id"):
        abort(404)
    place = comments.place_of(report_id, measure_id)
    comments.require_writer(g.viewer, place)
    found = service.get_report(g.viewer, report_id)
    form = CommentForm()
    if not form.validate_on_submit():
        return _page(found, form), 422
    written = comments.write(g.viewer, place, form.text.data or "")
    flash(_("Kommentaren är sparad."), "success")
    return redirect(url_for(".comments", report_id=report_id, _anchor=f"c{written.id}"), 303)


def _page(found: Report, form: CommentForm) -> str:
    wanted = number(request.values, "measure_id")
    measures = [
        one
        for one in reading.measures(g.viewer, found)
        if comments.may_write(
            g.viewer, comments.Place(found.round_id, found.board_id, one.id, one.domain)
        )
    ]
    whole = comments.may_write(g.viewer, comments.Place(found.round_id, found.board_id))
    return render_template(
        "reporting/comments.html",
        report=found,
        comments=comments.on_report(g.viewer, found),
        measures=measures,
        whole=whole,
        wanted=wanted,
        form=form,
        may_settle=may(g.viewer, Permission.WRITE_COMMENTS),
        own=may(g.viewer, Permission.WRITE_REPORTS, board_id=found.board_id),
    )


@bp.post("/reports/items/<int:item_id>/comments")
def comment_item(item_id: int) -> ResponseReturnValue:
    item = db.get_or_404(ReportItem, item_id)
    place = comments.place_of(item.report_id, item.measure_id)
    comments.require_writer(g.viewer, place)
    beside = "HX-Request" in request.headers and writing.writes(g.viewer, item)
    form = CommentForm()
    valid = form.validate_on_submit()
    if valid:
        comments.write(g.viewer, place, form.text.data or "")
        form = CommentForm(formdata=None)
    if beside:
        return _beside(item, form)
    if valid:
        flash(_("Kommentaren är sparad."), "success")
    else:
        flash(_("Skriv en kommentar först."), "danger")
    if not writing.writes(g.viewer, item):
        return redirect(url_for(".comments", report_id=item.report_id), 303)
    return redirect(url_for(".item", item_id=item_id, _anchor="comments"), 303)


def _beside(item: ReportItem, form: CommentForm) -> str:
    """The comments beside the form, on their own."""
    return render_template(
        "reporting/_comments.html",
        comments=comments.on_item(item),
        comment_form=form,
        item_id=item.id,
        may_settle=True,
    )


@bp.post("/comments/<int:comment_id>/settle")
def settle_comment(comment_id: int) -> ResponseReturnValue:
    found = comments.settle(g.viewer, comment_id, resolved="reopen" not in request.form)
    item_id = number(request.form, "item_id")
    if item_id is None:
        return redirect(url_for(".comments", report_id=found.id, _anchor=f"c{comment_id}"), 303)
    item = db.get_or_404(ReportItem, item_id)
    if "HX-Request" in request.headers and writing.writes(g.viewer, item):
        return _beside(item, CommentForm(formdata=None))
    return redirect(url_for(".item", item_id=item_id, _anchor="comments"), 303)


# handed to another board --------------------------------------------------------------------


@bp.post("/reports/items/<int:item_id>/hand-over")
def hand_over(item_id: int) -> ResponseReturnValue:
    form = HandOverForm()
    if not form.note.validate(form):
        return _not_moved(item_id, CannotReport(" ".join(form.note.errors)))
    board_id = number(request.form, "board_id")
    try:
        item = handover.hand_over(g.viewer, item_id, board_id, form.note.data or "")
    except (CannotReport, Conflict) as error:
        return _not_moved(item_id, error)
    flash(
        _(
            "Åtgärden är överlämnad till %(board)s. Ni lämnar fortfarande in återrapporten.",
            board=item.handed_to.name if item.handed_to else "",
        ),
        "success",
    )
    return redirect(url_for(".item", item_id=item_id), 303)


@bp.post("/reports/items/<int:item_id>/take-back")
def take_back(item_id: int) -> ResponseReturnValue:
    try:
        handover.take_back(g.viewer, item_id)
    except (CannotReport, Conflict) as error:
        return _not_moved(item_id, error)
    flash(_("Ni svarar själva på åtgärden igen."), "success")
    return redirect(url_for(".item", item_id=item_id), 303)


@bp.post("/reports/items/<int:item_id>/hand-back")
def hand_back(item_id: int) -> ResponseReturnValue:
    form = HandBackForm()
    if not form.note.validate(form):
        return _not_moved(item_id, CannotReport(" ".join(form.note.errors)))
    try:
        item = handover.hand_back(g.viewer, item_id, form.note.data or "")
    except (CannotReport, Conflict) as error:
        return _not_moved(item_id, error)
    flash(_("Åtgärden är tillbaka hos %(board)s.", board=item.report.board.name), "success")
    return redirect(url_for(".my_work"), 303)


def _not_moved(item_id: int, error: Exception) -> ResponseReturnValue:
    db.session.rollback()
    flash(str(error) or _("Någon annan har sparat åtgärden. Försök igen."), "warning")
    return redirect(url_for(".item", item_id=item_id), 303)
