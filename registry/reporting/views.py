"""Rounds and reports: HTTP only."""

from typing import Any

from flask import Blueprint, current_app, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response

from registry import memory
from registry.config import Settings
from registry.conflict import CHOICE_PREFIX, Conflict, Difference, differing, with_choices
from registry.db import db
from registry.host.active import REMOVE
from registry.inputs import options
from registry.language import today
from registry.notices import alerts
from registry.people import contacts
from registry.people.permissions import Permission, may
from registry.reporting import home, reading, rounds, service
from registry.reporting.forms import (
    ChangeRoundForm,
    Entry,
    ReturnForm,
    RoundForm,
    SubmitForm,
    as_read,
)
from registry.reporting.models import ItemState, Report, ReportState, Round
from registry.reporting.rounds import CannotReport

bp = Blueprint("reporting", __name__)


# a board's own work -------------------------------------------------------------------------


@bp.get("/my-work")
def my_work() -> ResponseReturnValue:
    settings: Settings = current_app.extensions["settings"]
    return render_template(
        "reporting/my_work.html",
        home=home.home(g.viewer),
        alerts=alerts.own(g.viewer, unread=True, limit=5),
        coordinators=contacts.coordinators(),
        contact=settings.contact,
        today=today(),
    )


@bp.get("/reports/<int:report_id>")
def report(report_id: int) -> ResponseReturnValue:
    found = service.get_report(g.viewer, report_id)
    if found.state is ReportState.DRAFT:
        return _task_list(found)
    return render_template(
        "reporting/report.html",
        report=found,
        measures=reading.frozen(g.viewer, found),
        revisions=reading.revisions(found),
        can_review=may(g.viewer, Permission.REVIEW_REPORTS)
        and found.state is ReportState.SUBMITTED,
        form=ReturnForm(formdata=None),
    )


def _task_list(found: Report) -> ResponseReturnValue:
    can_write = may(g.viewer, Permission.WRITE_REPORTS, board_id=found.board_id)
    section = "work" if can_write else "reporting"
    return memory.page("reporting/tasks.html", section, lambda: _tasks(found, can_write))


def _tasks(found: Report, can_write: bool) -> dict[str, Any]:
    state = request.args.get("state", "")
    shown = ItemState(state) if state in set(ItemState) else None
    page = request.args.get("page", 1, type=int)
    return {
        "report": found,
        "tasks": reading.tasks(g.viewer, found, state=shown, page=page),
        "revisions": reading.revisions(found),
        "can_write": can_write and service.writable(found),
        "can_submit": may(g.viewer, Permission.SUBMIT_REPORTS, board_id=found.board_id),
        "late": found.round.due_on < today(),
    }


@bp.route("/reports/items/<int:item_id>", methods=["GET", "POST"])
def item(item_id: int) -> ResponseReturnValue:
    page = service.open_item(g.viewer, item_id)
    if request.method == "POST":
        return _save_item(page)
    return _item_form(page, Entry(page))


def _save_item(page: service.ItemPage) -> ResponseReturnValue:
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
        saved = service.save_item(
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
    page: service.ItemPage,
    entry: Entry,
    saved: service.Saved | None = None,
    conflicts: dict[str, Difference] | None = None,
    **notes: object,
) -> str:
    writable = service.writable(page.report)
    return render_template(
        "reporting/item.html",
        page=page,
        entry=entry,
        loose=saved.loose if saved else [],
        warnings=saved.warnings if saved else service.warnings(page, entry),
        conflicts=conflicts or {},
        writable=writable,
        secrets=entry.secrets(),
        panel=service.panel(page) if writable else None,
        **notes,
    )


def _with_stored_answers(
    page: service.ItemPage, posted: "MultiDict[str, str]"
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
    page = service.open_item(g.viewer, item_id)
    return _item_form(page, Entry(page, posted), questions_changed=True), 409


def _item_conflict(
    item_id: int, posted: "MultiDict[str, str]", conflict: Conflict
) -> ResponseReturnValue:
    db.session.rollback()
    db.session.expire_all()
    page = service.open_item(g.viewer, item_id)
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


@bp.route("/reports/<int:report_id>/submit", methods=["GET", "POST"])
def submit(report_id: int) -> ResponseReturnValue:
    found = service.get_report(g.viewer, report_id)
    form = SubmitForm(data={"summary": found.summary})
    refusal = ""
    if form.validate_on_submit():
        try:
            service.submit(
                g.viewer,
                report_id,
                row_version=request.form.get("row_version", 0, type=int),
                summary=form.summary.data or "",
            )
        except (CannotReport, Conflict) as error:
            refusal = str(error) or _("Någon annan har ändrat återrapporten. Läs igenom igen.")
            db.session.rollback()
            db.session.expire_all()
            found = service.get_report(g.viewer, report_id)
        else:
            flash(_("Återrapporten är inlämnad. Den kan inte längre ändras."), "success")
            return redirect(url_for(".report", report_id=report_id), 303)
    page = service.summary(g.viewer, found)
    status = 409 if refusal else 200
    return render_template("reporting/submit.html", page=page, form=form, refusal=refusal), status


# review -------------------------------------------------------------------------------------


@bp.post("/reports/<int:report_id>/accept")
def accept(report_id: int) -> ResponseReturnValue:
    version = request.form.get("row_version", 0, type=int)
    try:
        found = service.accept(g.viewer, report_id, row_version=version)
    except (CannotReport, Conflict) as error:
        return _not_reviewed(report_id, error)
    flash(_("Återrapporten från %(board)s är godkänd.", board=found.board.name), "success")
    return redirect(url_for(".round", round_id=found.round_id), 303)


@bp.post("/reports/<int:report_id>/return")
def return_report(report_id: int) -> ResponseReturnValue:
    form = ReturnForm()
    if not form.validate_on_submit():
        flash(_("Skriv vad som behöver kompletteras."), "danger")
        return redirect(url_for(".report", report_id=report_id, _anchor="review"), 303)
    version = request.form.get("row_version", 0, type=int)
    try:
        revised = service.return_report(
            g.viewer, report_id, row_version=version, comment=form.comment.data or ""
        )
    except (CannotReport, Conflict) as error:
        return _not_reviewed(report_id, error)
    flash(_("Återrapporten är återlämnad till nämnden."), "success")
    return redirect(url_for(".round", round_id=revised.round_id), 303)


def _not_reviewed(report_id: int, error: Exception) -> Response:
    db.session.rollback()
    flash(str(error) or _("Återrapporten har ändrats. Läs igenom den igen."), "warning")
    return redirect(url_for(".report", report_id=report_id), 303)


# rounds -------------------------------------------------------------------------------------


@bp.get("/rounds", endpoint="rounds")
def all_rounds() -> ResponseReturnValue:
    found = rounds.all_rounds(g.viewer)
    return render_template("reporting/rounds.html", rounds=found, today=today())


@bp.get("/rounds/<int:round_id>", endpoint="round")
def one_round(round_id: int) -> ResponseReturnValue:
    found = db.get_or_404(Round, round_id)
    return render_template(
        "reporting/round.html",
        round=found,
        boards=rounds.progress(g.viewer, found),
        own_only=rounds.only_boards(g.viewer) is not None,
        late=found.due_on < today(),
    )


@bp.route("/rounds/new", methods=["GET", "POST"])
def new_round() -> ResponseReturnValue:
    versions = rounds.published_versions()
    wanted = request.values.get("version_id", type=int)
    chosen = next((one for one in versions if one[0] == wanted), None)
    if chosen is None and len(versions) == 1:
        chosen = versions[0]
    if chosen is None:
        return render_template("reporting/choose_plan.html", versions=versions)
    form = RoundForm(data={"opens_on": today()})
    boards = rounds.reporting_boards(chosen[0], form.opens_on.data or today())
    form.board_ids.choices = options(
        (
            board_id,
            ngettext(
                "%(board)s (%(num)d\N{NO-BREAK SPACE}åtgärd)",
                "%(board)s (%(num)d\N{NO-BREAK SPACE}åtgärder)",
                count,
                board=name,
            ),
        )
        for board_id, name, count in boards
    )
    if request.method == "GET":
        form.board_ids.data = [board_id for board_id, _name, _count in boards]
    refusal = ""
    if form.validate_on_submit():
        try:
            made = rounds.open_round(g.viewer, form.decision(chosen[0]))
        except CannotReport as error:
            refusal = str(error)
        else:
            flash(_("Omgången är öppen."), "success")
            return redirect(url_for(".round", round_id=made.id), 303)
    failed = bool(refusal or form.errors)
    page = render_template("reporting/new_round.html", form=form, plan=chosen, refusal=refusal)
    return page, 422 if failed else 200


@bp.route("/rounds/<int:round_id>/edit", methods=["GET", "POST"])
def edit_round(round_id: int) -> ResponseReturnValue:
    found = db.get_or_404(Round, round_id)
    form = ChangeRoundForm(obj=found)
    refusal = ""
    if form.validate_on_submit():
        version = request.form.get("row_version", 0, type=int)
        try:
            rounds.change_round(
                g.viewer,
                round_id,
                version,
                title=form.title.data or "",
                due_on=form.due_on.data or found.due_on,
            )
        except (CannotReport, Conflict) as error:
            db.session.rollback()
            refusal = str(error) or _(
                "Någon annan har ändrat omgången: den heter %(title)s och sista dag är %(due)s. "
                "Spara igen om dina uppgifter ska gälla.",
                title=found.title,
                due=found.due_on.isoformat(),
            )
        else:
            flash(_("Omgången är ändrad."), "success")
            return redirect(url_for(".round", round_id=round_id), 303)
    return render_template("reporting/edit_round.html", form=form, round=found, refusal=refusal)


@bp.post("/rounds/<int:round_id>/close")
def close_round(round_id: int) -> ResponseReturnValue:
    rounds.close_round(g.viewer, round_id)
    flash(_("Omgången är stängd. Det går att öppna den igen."), "success")
    return redirect(url_for(".round", round_id=round_id), 303)


@bp.post("/rounds/<int:round_id>/reopen")
def reopen_round(round_id: int) -> ResponseReturnValue:
    rounds.reopen_round(g.viewer, round_id)
    flash(_("Omgången är öppen igen."), "success")
    return redirect(url_for(".round", round_id=round_id), 303)
