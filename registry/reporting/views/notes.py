"""A board's dated notes on a measure."""

from flask import flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from registry.conflict import Conflict
from registry.db import db
from registry.inputs import options
from registry.language import today
from registry.plan.models import Measure
from registry.reporting import notes
from registry.reporting.forms import NoteForm
from registry.reporting.views.blueprint import bp


@bp.get("/measures/<int:measure_id>/notes", endpoint="notes")
def all_notes(measure_id: int) -> ResponseReturnValue:
    measure = notes.open_measure(g.viewer, measure_id)
    return _page(measure, NoteForm(formdata=None, data={"noted_on": today()}))


@bp.post("/measures/<int:measure_id>/notes/new")
def add_note(measure_id: int) -> ResponseReturnValue:
    measure = notes.open_measure(g.viewer, measure_id)
    form = NoteForm()
    if not form.validate_on_submit() or form.noted_on.data is None:
        return _page(measure, form), 422
    notes.add(
        g.viewer,
        measure,
        request.form.get("board_id", type=int),
        noted_on=form.noted_on.data,
        text=form.text.data or "",
    )
    flash(_("Anteckningen är sparad."), "success")
    return redirect(url_for(".notes", measure_id=measure_id), 303)


def _page(measure: Measure, form: NoteForm) -> str:
    boards = notes.own_boards(g.viewer, measure)
    form.board_id.choices = options((board.id, board.name) for board in boards)
    return render_template(
        "reporting/notes.html",
        measure=measure,
        notes=notes.on_measure(g.viewer, measure),
        form=form,
        own={board.id for board in boards},
    )


@bp.route("/notes/<int:note_id>/edit", methods=["GET", "POST"])
def edit_note(note_id: int) -> ResponseReturnValue:
    note = notes.open_note(g.viewer, note_id)
    form = NoteForm(obj=note)
    refusal, status = "", 200
    if form.validate_on_submit() and form.noted_on.data is not None:
        version = request.form.get("row_version", 0, type=int)
        try:
            notes.change(
                g.viewer, note, version, noted_on=form.noted_on.data, text=form.text.data or ""
            )
        except Conflict:
            refusal, status = _changed_meanwhile(note_id), 409
            note = notes.open_note(g.viewer, note_id)
        else:
            flash(_("Anteckningen är sparad."), "success")
            return redirect(url_for(".notes", measure_id=note.measure_id), 303)
    elif form.errors:
        status = 422
    page = render_template("reporting/edit_note.html", note=note, form=form, refusal=refusal)
    return page, status


def _changed_meanwhile(note_id: int) -> str:
    db.session.rollback()
    db.session.expire_all()
    stored = notes.open_note(g.viewer, note_id)
    return _(
        "Någon annan har ändrat anteckningen till: ”%(text)s”. Spara igen om din text ska gälla.",
        text=stored.text,
    )


@bp.post("/notes/<int:note_id>/delete")
def delete_note(note_id: int) -> ResponseReturnValue:
    note = notes.open_note(g.viewer, note_id)
    try:
        notes.remove(g.viewer, note, request.form.get("row_version", 0, type=int))
    except Conflict:
        flash(_changed_meanwhile(note_id), "warning")
        return redirect(url_for(".edit_note", note_id=note_id), 303)
    flash(_("Anteckningen är borttagen."), "success")
    return redirect(url_for(".notes", measure_id=note.measure_id), 303)
