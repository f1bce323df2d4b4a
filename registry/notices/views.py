"""Alerts, what one wants mail about, notices to boards and the outbox: HTTP only."""

from flask import Blueprint, current_app, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from registry import markdown
from registry.config import Settings
from registry.notices import alerts, announcements, outbox
from registry.notices.forms import MailForm, NoticeForm
from registry.notices.models import LetterState
from registry.notices.smtp import explain

bp = Blueprint("notices", __name__)


# a person's own -----------------------------------------------------------------------------


@bp.get("/alerts", endpoint="alerts")
def own_alerts() -> ResponseReturnValue:
    return render_template("notices/alerts.html", alerts=alerts.own(g.viewer))


@bp.post("/alerts/<int:alert_id>/open")
def open_alert(alert_id: int) -> ResponseReturnValue:
    return redirect(request.script_root + alerts.open_one(g.viewer, alert_id), 303)


@bp.post("/alerts/read")
def read_alerts() -> ResponseReturnValue:
    alerts.read_all(g.viewer)
    flash(_("Alla aviseringar är markerade som lästa."), "success")
    return redirect(url_for(".alerts"), 303)


@bp.route("/account/mail", methods=["GET", "POST"])
def mail_choices() -> ResponseReturnValue:
    chosen = alerts.mail_choice(g.viewer)
    form = MailForm(data={"topics": list(chosen.topics), "none": chosen.none})
    if form.validate_on_submit():
        alerts.choose_mail(g.viewer, form.choice())
        flash(_("Valet är sparat."), "success")
        return redirect(url_for(".mail_choices"), 303)
    page = render_template("notices/mail_choices.html", form=form, settings=_settings())
    return page, 422 if form.errors else 200


def _settings() -> Settings:
    found: Settings = current_app.extensions["settings"]
    return found


# notices to boards --------------------------------------------------------------------------


@bp.get("/notices", endpoint="notices")
def all_notices() -> ResponseReturnValue:
    return render_template("notices/notices.html", notices=announcements.sent_notices(g.viewer))


@bp.route("/notices/new", methods=["GET", "POST"])
def new_notice() -> ResponseReturnValue:
    form = NoticeForm()
    form.offer(announcements.choices())
    reached = []
    if form.validate_on_submit():
        reached = announcements.reached(g.viewer, form.board_ids.data or ())
        if "send" in request.form:
            return _send(form)
    elif not form.errors:
        return render_template("notices/new_notice.html", form=form, reached=[])
    page = render_template(
        "notices/new_notice.html",
        form=form,
        reached=reached,
        people={one for board in reached for one in board.people},
        preview=markdown.render(form.body.data or "", top=3) if reached else "",
    )
    return page, 422 if form.errors else 200


def _send(form: NoticeForm) -> ResponseReturnValue:
    notice_id = announcements.send(
        g.viewer,
        form.key.data or "",
        form.title.data or "",
        form.body.data or "",
        form.board_ids.data or (),
    )
    flash(_("Utskicket är skickat."), "success")
    return redirect(url_for(".notice", notice_id=notice_id), 303)


@bp.get("/notices/<int:notice_id>", endpoint="notice")
def one_notice(notice_id: int) -> ResponseReturnValue:
    found = announcements.find(g.viewer, notice_id)
    return render_template(
        "notices/notice.html",
        sent=found,
        body=markdown.render(found.notice.body),
        mail_on=_settings().mail_on,
    )


@bp.post("/notices/<int:notice_id>/read")
def read_notice(notice_id: int) -> ResponseReturnValue:
    announcements.find(g.viewer, notice_id)
    alerts.read_notice(g.viewer, notice_id)
    flash(_("Tack! Kommunledningskontoret ser att du har läst."), "success")
    return redirect(url_for(".notice", notice_id=notice_id), 303)


# the outbox ---------------------------------------------------------------------------------


@bp.get("/admin/outbox", endpoint="outbox")
def show_outbox() -> ResponseReturnValue:
    state = request.args.get("state", "")
    shown = LetterState(state) if state in set(LetterState) else None
    page = request.args.get("page", 1, type=int)
    return render_template(
        "notices/outbox.html",
        outbox=outbox.outbox(g.viewer, state=shown, page=page),
        explain=explain,
        settings=_settings(),
    )


@bp.post("/admin/outbox/<int:letter_id>/again")
def send_again(letter_id: int) -> ResponseReturnValue:
    done = outbox.send_again(g.viewer, letter_id)
    return _decided(_("Mejlet skickas igen inom någon minut.") if done else "")


@bp.post("/admin/outbox/<int:letter_id>/stop")
def give_up(letter_id: int) -> ResponseReturnValue:
    done = outbox.give_up(g.viewer, letter_id)
    return _decided(_("Mejlet skickas inte.") if done else "")


def _decided(said: str) -> ResponseReturnValue:
    flash(
        said or _("Mejlet har skickats eller tagits bort under tiden. Inget ändrades."),
        "success" if said else "warning",
    )
    return redirect(url_for(".outbox"), 303)
