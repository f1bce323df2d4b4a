"""Rounds: open, follow, change, close."""

from flask import flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext

from registry.conflict import Conflict
from registry.db import db
from registry.inputs import options
from registry.language import today
from registry.reporting import calendar, comments, outcomes, rounds
from registry.reporting.forms import ChangeRoundForm, OwnDayForm, RoundForm
from registry.reporting.models import Round
from registry.reporting.rounds import CannotReport
from registry.reporting.views.blueprint import bp


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
        days=calendar.days(g.viewer, found),
        today=today(),
        comments=comments.open_by_report(g.viewer, round_id),
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
    page = render_template(
        "reporting/new_round.html",
        form=form,
        plan=chosen,
        refusal=refusal,
        carried=outcomes.carried(chosen[0]),
    )
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
                closes_on=form.closes_on.data,
                reminder_days=form.reminder_days.data or (),
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
    try:
        rounds.reopen_round(g.viewer, round_id)
    except CannotReport as error:
        db.session.rollback()
        flash(str(error), "warning")
    else:
        flash(_("Omgången är öppen igen."), "success")
    return redirect(url_for(".round", round_id=round_id), 303)


@bp.route("/rounds/<int:round_id>/days", methods=["GET", "POST"])
def own_days(round_id: int) -> ResponseReturnValue:
    found = db.get_or_404(Round, round_id)
    form = OwnDayForm()
    form.board_id.choices = options((one.id, one.name) for one in calendar.boards_of(found))
    refusal = ""
    if form.validate_on_submit():
        try:
            calendar.give_day(
                g.viewer,
                round_id,
                form.board_id.data,
                form.own_due_on.data or found.due_on,
                form.reason.data or "",
            )
        except (CannotReport, Conflict) as error:
            db.session.rollback()
            refusal = str(error) or _("Någon annan ändrade samtidigt. Försök igen.")
        else:
            flash(_("Nämnden har fått en egen sista dag."), "success")
            return redirect(url_for(".own_days", round_id=round_id), 303)
    page = render_template(
        "reporting/own_days.html",
        form=form,
        round=found,
        refusal=refusal,
        exceptions=calendar.exceptions(found),
    )
    return page, 422 if refusal or form.errors else 200


@bp.post("/rounds/days/<int:exception_id>/remove")
def remove_own_day(exception_id: int) -> ResponseReturnValue:
    round_id = calendar.take_day(g.viewer, exception_id)
    flash(_("Omgångens sista dag gäller för nämnden igen."), "success")
    return redirect(url_for(".own_days", round_id=round_id), 303)
