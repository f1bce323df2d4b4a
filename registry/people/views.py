"""Sign-in, account, invitations: HTTP only."""

from urllib.parse import urlsplit

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from registry import pages
from registry.people import limits, service, sessions
from registry.people.forms import InvitationForm, PasswordForm, SignInForm
from registry.people.models import Role
from registry.people.passwords import WeakPassword

bp = Blueprint("people", __name__)


@bp.route("/sign-in", methods=["GET", "POST"])
@limits.per_account
@limits.per_address
def sign_in() -> ResponseReturnValue:
    form = SignInForm(next=request.args.get("next", ""))
    refused = False
    if form.validate_on_submit():
        try:
            sessions.enter(service.sign_in(form.email.data or "", form.password.data or ""))
            return redirect(local_path(form.next.data) or first_page(), 303)
        except service.WrongPassword:
            refused = True
    elif g.viewer.signed_in and not form.is_submitted():
        return redirect(local_path(form.next.data) or first_page(), 303)
    return render_template("people/sign_in.html", form=form, refused=refused)


@bp.post("/sign-out")
def sign_out() -> ResponseReturnValue:
    service.sign_out(g.viewer)
    sessions.leave()
    flash(_("Du är utloggad."), "success")
    answer = redirect(url_for("people.sign_in"), 303)
    answer.headers["Clear-Site-Data"] = '"storage"'  # drafts that the browser has kept
    return answer


@bp.route("/account", methods=["GET", "POST"])
@limits.per_person
def account() -> ResponseReturnValue:
    form = PasswordForm()
    if form.validate_on_submit():
        try:
            token = service.change_password(
                g.viewer, form.current.data or "", form.password.data or ""
            )
            sessions.enter(token)
            flash(_("Lösenordet är bytt. Du är utloggad på alla andra enheter."), "success")
            return redirect(url_for("people.account"), 303)
        except service.WrongPassword:
            form.current.errors = [_("Lösenordet stämmer inte. Skriv det du loggar in med i dag.")]
        except WeakPassword:
            form.password.errors = [weak_password()]
    return render_template("people/account.html", form=form)


@bp.route("/invitation/<token>", methods=["GET", "POST"])
def invitation(token: str) -> ResponseReturnValue:
    form = InvitationForm()
    try:
        invited = service.open_invitation(token)
        if form.validate_on_submit():
            sessions.enter(service.accept_invitation(token, form.password.data or ""))
            flash(_("Välkommen! Nästa gång loggar du in med ditt nya lösenord."), "success")
            return redirect(first_page(), 303)
    except WeakPassword:
        form.password.errors = [weak_password()]
    except service.InvitationEnded as ended:
        return render_template("people/invitation_ended.html", used=ended.used), 410
    return render_template("people/invitation.html", form=form, invited=invited)


def weak_password() -> str:
    return _("Välj något annat än ditt namn eller din e-postadress.")


def first_page() -> str:
    """Where the person's work begins: the executive's is the newest follow-up, all others' the
    first entry of the own menu."""
    if g.viewer.roles == {Role.EXECUTIVE}:
        return url_for("followup.newest")
    shown = pages.menu().shown
    return shown[0].href if shown else url_for("publication.home")


def local_path(target: str | None) -> str | None:
    """The path to go on to, if it is one of ours: never another host, never another scheme.

    Browsers read ``//host`` and ``/\\host`` as another host, and skip tabs and line breaks.
    """
    if not target or not target.startswith("/") or target.startswith("//") or "\\" in target:
        return None
    if any(ord(character) < 32 for character in target):
        return None
    parts = urlsplit(target)
    return None if parts.scheme or parts.netloc else target


from registry.people import board_views  # noqa: E402, F401  its routes are on the same blueprint
