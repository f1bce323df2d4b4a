"""The form of one measure in a report."""

from flask import Response, flash, g, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from werkzeug.datastructures import MultiDict

from registry.conflict import CHOICE_PREFIX, Conflict, Difference, differing, with_choices
from registry.db import db, now
from registry.host.active import REMOVE
from registry.language import clock
from registry.people.permissions import Permission, may
from registry.reporting import comments, handover, notes, previous, writing
from registry.reporting.around import around
from registry.reporting.attaching import service as attaching
from registry.reporting.attaching.forms import AttachForm
from registry.reporting.forms import CommentForm, Entry, as_read
from registry.reporting.models import ItemState
from registry.reporting.rounds import CannotReport
from registry.reporting.views.blueprint import bp

Posted = MultiDict[str, str]


@bp.route("/reports/items/<int:item_id>", methods=["GET", "POST"])
def item(item_id: int) -> ResponseReturnValue:
    page = writing.open_item(g.viewer, item_id)
    if request.method == "GET":
        return _item_form(page, Entry(page))
    posted = posted_text()
    if "autosave" in posted:
        return _autosave(page, posted)
    if "unchanged" in posted:
        return _filled_from_before(page, posted)
    return _save_item(page, posted)


def posted_text() -> Posted:
    """The posted form, with the line endings that a page's own script sends."""
    return MultiDict(
        (name, value.replace("\r\n", "\n")) for name, value in request.form.items(multi=True)
    )


def _save_item(page: writing.ItemPage, posted: Posted) -> ResponseReturnValue:
    if any(name.startswith(CHOICE_PREFIX) for name in posted):
        posted = MultiDict(with_choices(posted, Entry(page).raw()))
    entry = Entry(page, posted)
    changed = posted.get("questions") != entry.questions
    if changed:
        posted = _with_stored_answers(page, posted)
        entry = Entry(page, posted)
    ready = "ready" in posted and not changed
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
    here = url_for(".item", item_id=page.item.id)
    if saved.warnings:
        flash(_("Klar, men titta gärna en gång till på det som är märkt."), "warning")
        for name in entry.secrets():  # what was found in a secret answer cannot be found again
            for message in saved.warnings.get(name, ()):
                flash(f"{entry[name].label.text}: {message}", "warning")
        return redirect(here, 303)
    if not ready:
        flash(_("Utkastet är sparat."), "success")
        return redirect(here, 303)
    flash(_("%(number)s är klar.", number=page.measure.number), "success")
    return redirect(_onwards(page, to_next=posted["ready"] == "next"), 303)


def _onwards(page: writing.ItemPage, *, to_next: bool) -> str:
    """Where to go when a measure is ready: the next that is not, or the list."""
    if not writes_report(page):
        return url_for(".my_work")
    waiting = around(page.report.id, page.item.id).waiting if to_next else None
    if waiting is not None:
        return url_for(".item", item_id=waiting)
    return url_for(".report", report_id=page.report.id)


def writes_report(page: writing.ItemPage) -> bool:
    """Whether the viewer writes the whole report, and not only what has been handed over."""
    return may(g.viewer, Permission.WRITE_REPORTS, board_id=page.report.board_id)


# saved while somebody writes ----------------------------------------------------------------


def _autosave(page: writing.ItemPage, posted: Posted) -> Response:
    """Save as a draft what has been typed so far. Secret answers wait for the button: nobody
    seals half a word."""
    for name in Entry(page).secrets():
        posted.poplist(name)
        posted.poplist(name + REMOVE)
    entry = Entry(page, posted)
    if posted.get("questions") != entry.questions:
        return _saved_note(_("Inte sparat: frågorna har ändrats. Tryck på Spara utkast."))
    return save_quietly(page, entry, posted)


def save_quietly(page: writing.ItemPage, entry: Entry, posted: Posted) -> Response:
    """Save, and say in a line how it went; the page's script puts the line in its place."""
    item = page.item
    was_ready, saved_at = item.state is ItemState.READY, item.saved_at
    version = posted.get("row_version", 0, type=int)
    try:
        saved = writing.save_item(
            g.viewer, page, entry, posted, row_version=version, ready=False, quietly=True
        )
    except Conflict as conflict:
        return _saved_note(
            _(
                "Inte sparat. %(name)s har sparat medan du skrev. Tryck på Spara utkast för att "
                "se båda svaren.",
                name=conflict.by or _("Någon annan"),
            )
        )
    except CannotReport as refusal:
        return _saved_note(str(refusal))
    if not saved.changed:
        return _saved_note(_("Sparat %(clock)s", clock=clock(saved_at)), saved=True)
    if was_ready:
        text = _("Sparat %(clock)s. Åtgärden var klar och är nu ett utkast.", clock=clock(now()))
    else:
        text = _("Sparat %(clock)s", clock=clock(now()))
    return _saved_note(text, row_version=item.row_version, saved=True)


def _saved_note(text: str, *, row_version: int | None = None, saved: bool = False) -> Response:
    note = render_template("reporting/_saved.html", text=text, row_version=row_version, saved=saved)
    answer = make_response(note)
    if saved:
        answer.headers["HX-Trigger-After-Settle"] = "draft-saved"
    return answer


# filled in from the round before ------------------------------------------------------------


def _filled_from_before(page: writing.ItemPage, posted: Posted) -> ResponseReturnValue:
    """Show the form with last round's answers where nothing is written; nothing is saved."""
    if page.before is None or not writing.writable(page.report):
        return _item_form(page, Entry(page, posted))
    answers = previous.values(page.before, page.asking)
    earlier, entry = Entry(page, answers=answers).raw(), Entry(page, posted)
    now_there, secret = entry.raw(), entry.secrets()
    taken = [name for name in answers if earlier.get(name) and not now_there.get(name)]
    taken = [name for name in taken if name not in secret]
    for name in taken:
        posted.setlist(name, list(earlier[name]))
    return _item_form(page, Entry(page, posted), taken=taken, unchanged=True)


# the page -----------------------------------------------------------------------------------


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
    **happened: object,
) -> str:
    """:param happened: to what was posted, for the page to say."""
    writable = writing.writable(page.report)
    whole = writes_report(page)
    return render_template(
        "reporting/item.html",
        page=page,
        entry=entry,
        loose=saved.loose if saved else [],
        warnings=saved.warnings if saved else writing.warnings(page, entry),
        conflicts=conflicts or {},
        writable=writable,
        whole=whole,
        around=around(page.report.id, page.item.id) if whole and writable else None,
        secrets=entry.secrets(),
        panel=writing.panel(page) if writable else None,
        files=attaching.files_of(page.item),
        attach_form=AttachForm(formdata=None),
        shows_posted=request.method == "POST",
        candidates=handover.candidates(page.item) if writable and whole and page.owners else [],
        comments=comments.on_item(page.item),
        comment_form=CommentForm(formdata=None),
        notes=notes.in_period(page.report.board_id, page.measure, page.report.round)
        if writable and whole
        else [],
        **happened,
    )


def _with_stored_answers(page: writing.ItemPage, posted: Posted) -> Posted:
    """The domain came on after the form was opened: its stored answers stay as they are."""
    merged: MultiDict[str, str] = MultiDict(posted)
    prefix = f"{page.domain_name}__"
    if not any(name.startswith(prefix) for name in posted):
        for name, raw in Entry(page).raw().items():
            if name.startswith(prefix):
                merged.setlist(name, list(raw))
    return merged


def _questions_changed(item_id: int, posted: Posted) -> ResponseReturnValue:
    db.session.expire_all()
    page = writing.open_item(g.viewer, item_id)
    return _item_form(page, Entry(page, posted), questions_changed=True), 409


def _item_conflict(item_id: int, posted: Posted, conflict: Conflict) -> ResponseReturnValue:
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
