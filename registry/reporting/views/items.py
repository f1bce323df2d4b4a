"""The form of one measure in a report."""

from flask import flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from werkzeug.datastructures import MultiDict

from registry.conflict import CHOICE_PREFIX, Conflict, Difference, differing, with_choices
from registry.db import db
from registry.host.active import REMOVE
from registry.reporting import writing
from registry.reporting.attaching import service as attaching
from registry.reporting.attaching.forms import AttachForm
from registry.reporting.forms import Entry, as_read
from registry.reporting.rounds import CannotReport
from registry.reporting.views.blueprint import bp


@bp.route("/reports/items/<int:item_id>", methods=["GET", "POST"])
def item(item_id: int) -> ResponseReturnValue:
    page = writing.open_item(g.viewer, item_id)
    if request.method == "POST":
        return _save_item(page)
    return _item_form(page, Entry(page))


def _save_item(page: writing.ItemPage) -> ResponseReturnValue:
    posted: MultiDict[str, str] = request.form
    if any(name.startswith(CHOICE_PREFIX) for name in posted):
        posted = with_choices(posted, Entry(page).raw())
    entry = Entry(page, posted)
    changed = posted.get("questions") != entry.questions
    if changed:
        posted = _with_stored_answers(page, posted)
        entry = Entry(page, posted)
    ready = "ready" in request.form and not changed
    try:
        saved = writing.save_item(
            g.viewer,
            page,
            entry,
            posted,
            row_version=request.form.get("row_version", 0, type=int),
            ready=ready,
        )
    except Conflict as conflict:
        return _item_conflict(page.item.id, posted, conflict)
    except CannotReport:
        return _item_form(page, entry, written=_written(entry)), 409
    if changed:
        return _questions_changed(page.item.id, posted)
    if ready and not saved.ready:
        return _item_form(page, entry, saved), 422
    if saved.unchecked:
        flash(_("Svaren är sparade men kunde inte kontrolleras av domänen."), "warning")
    if saved.warnings:
        flash(_("Klar, men titta gärna en gång till på det som är märkt."), "warning")
        for name in entry.secrets():  # what was found in a secret answer cannot be found again
            for message in saved.warnings.get(name, ()):
                flash(f"{entry[name].label.text}: {message}", "warning")
        return redirect(url_for(".item", item_id=page.item.id), 303)
    if ready:
        flash(_("%(number)s är klar.", number=page.measure.number), "success")
        return redirect(url_for(".report", report_id=page.report.id), 303)
    flash(_("Utkastet är sparat."), "success")
    return redirect(url_for(".item", item_id=page.item.id), 303)


def _written(entry: Entry) -> list[tuple[str, str]]:
    """What was posted, question by question, for whoever can no longer save it."""
    raw = entry.raw()
    shown = [(str(entry[name].label.text), as_read(entry[name], raw[name])) for name in raw]
    return [(label, text) for label, text in shown if text]


def _item_form(
    page: writing.ItemPage,
    entry: Entry,
    saved: writing.Saved | None = None,
    conflicts: dict[str, Difference] | None = None,
    **notes: object,
) -> str:
    writable = writing.writable(page.report)
    return render_template(
        "reporting/item.html",
        page=page,
        entry=entry,
        loose=saved.loose if saved else [],
        warnings=saved.warnings if saved else writing.warnings(page, entry),
        conflicts=conflicts or {},
        writable=writable,
        secrets=entry.secrets(),
        panel=writing.panel(page) if writable else None,
        files=attaching.files_of(page.item),
        attach_form=AttachForm(formdata=None),
        **notes,
    )


def _with_stored_answers(
    page: writing.ItemPage, posted: "MultiDict[str, str]"
) -> "MultiDict[str, str]":
    """The domain came on after the form was opened: its stored answers stay as they are."""
    merged: MultiDict[str, str] = MultiDict(posted)
    prefix = f"{page.domain_name}__"
    if not any(name.startswith(prefix) for name in posted):
        for name, raw in Entry(page).raw().items():
            if name.startswith(prefix):
                merged.setlist(name, list(raw))
    return merged


def _questions_changed(item_id: int, posted: "MultiDict[str, str]") -> ResponseReturnValue:
    db.session.expire_all()
    page = writing.open_item(g.viewer, item_id)
    return _item_form(page, Entry(page, posted), questions_changed=True), 409


def _item_conflict(
    item_id: int, posted: "MultiDict[str, str]", conflict: Conflict
) -> ResponseReturnValue:
    db.session.rollback()
    db.session.expire_all()
    page = writing.open_item(g.viewer, item_id)
    stored, entry = Entry(page), Entry(page, posted)
    theirs, mine, secret = stored.raw(), entry.raw(), entry.secrets()
    conflicts = {
        name: Difference(
            name,
            str(entry[name].label.text),
            as_read(entry[name], list(mine[name])),
            as_read(stored[name], list(theirs[name])),
        )
        for name in differing(theirs, mine, theirs)
        if name not in secret and not name.endswith(REMOVE)
    }
    return _item_form(page, entry, conflicts=conflicts, conflict=conflict), 409
