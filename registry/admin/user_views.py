"""The pages on which an admin looks after users and roles: HTTP only."""

from flask import abort, flash, g, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from registry import conflict
from registry.admin.views import bp
from registry.people import accounts, boards, domains
from registry.people.forms import ClearanceForm, GiveRoleForm, NewUserForm, UserForm

LINK = "invitation"


@bp.get("/admin/users")
def users() -> ResponseReturnValue:
    people = accounts.accounts(g.viewer)
    return render_template("admin/users.html", people=people, domain_title=domains.title)


@bp.route("/admin/users/new", methods=["GET", "POST"])
def new_user() -> ResponseReturnValue:
    form = NewUserForm()
    form.offer(boards.names(), domains.titles())
    if form.validate_on_submit():
        try:
            user_id, token = accounts.add(
                g.viewer,
                form.name.data or "",
                form.email.data or "",
                [form.grant] if form.grant else [],
            )
            session[LINK] = [user_id, token]
            return redirect(url_for("admin.edit_user", user_id=user_id), 303)
        except accounts.EmailTaken:
            form.email.errors = [_email_taken()]
    return render_template("admin/users_new.html", form=form)


@bp.route("/admin/users/<int:user_id>", methods=["GET", "POST"])
def edit_user(user_id: int) -> ResponseReturnValue:
    person = _person(user_id)
    stored = {"name": [person.name], "email": [person.email]}
    posted = conflict.with_choices(request.form, stored) if request.method == "POST" else None
    form = UserForm(posted, obj=person)
    differences: dict[str, conflict.Difference] = {}
    if form.validate_on_submit():
        try:
            accounts.edit(
                g.viewer,
                user_id,
                form.name.data or "",
                form.email.data or "",
                form.row_version.data or 0,
            )
            flash(_("Uppgifterna är sparade."), "success")
            return redirect(url_for("admin.edit_user", user_id=user_id), 303)
        except accounts.EmailTaken:
            form.email.errors = [_email_taken()]
        except conflict.Conflict:
            mine = {name: request.form.getlist(name) for name in stored}
            for name in conflict.differing(stored, mine, stored):
                differences[name] = conflict.Difference(
                    name, form[name].label.text, " ".join(mine[name]), stored[name][0]
                )
            if not differences:
                return redirect(url_for("admin.edit_user", user_id=user_id), 303)
            form.row_version.raw_data = None
            form.row_version.data = person.row_version
    return _user_page(person, form, differences)


@bp.post("/admin/users/<int:user_id>/roles")
def give_role(user_id: int) -> ResponseReturnValue:
    person = _person(user_id)
    form = GiveRoleForm()
    form.offer(boards.names(), domains.titles())
    if not form.validate_on_submit() or form.grant is None:
        flash(_("Välj en roll i listan."), "danger")
        return redirect(url_for("admin.edit_user", user_id=user_id), 303)
    try:
        accounts.give_role(g.viewer, user_id, form.grant)
        flash(_("%(person)s har fått rollen.", person=person.name), "success")
    except accounts.AlreadyHeld:
        flash(_("%(person)s har redan den rollen.", person=person.name), "info")
    return redirect(url_for("admin.edit_user", user_id=user_id), 303)


@bp.post("/admin/users/<int:user_id>/roles/<int:grant_id>/take")
def take_role(user_id: int, grant_id: int) -> ResponseReturnValue:
    person = _person(user_id)
    try:
        accounts.take_role(g.viewer, user_id, grant_id)
        flash(_("Rollen är borttagen från %(person)s.", person=person.name), "success")
    except accounts.LastAdmin:
        flash(_last_admin(), "danger")
    if user_id == g.viewer.user_id:
        return redirect(url_for("people.account"), 303)
    return redirect(url_for("admin.edit_user", user_id=user_id), 303)


@bp.post("/admin/users/<int:user_id>/clearances")
def give_clearance(user_id: int) -> ResponseReturnValue:
    person = _person(user_id)
    form = ClearanceForm()
    form.offer(domains.titles())
    if not form.validate_on_submit():
        return _user_page(person, UserForm(None, obj=person), {}, form), 422
    try:
        accounts.give_clearance(g.viewer, user_id, form.domain.data, form.reason.data or "")
        flash(_("%(person)s får läsa domänens skyddade uppgifter.", person=person.name), "success")
    except accounts.AlreadyHeld:
        flash(_("%(person)s har redan den behörigheten.", person=person.name), "info")
    except accounts.OwnClearance:
        flash(_("Du kan inte ge dig själv behörigheten. Be en annan administratör."), "danger")
    return redirect(url_for("admin.edit_user", user_id=user_id), 303)


@bp.post("/admin/users/<int:user_id>/clearances/<int:clearance_id>/take")
def take_clearance(user_id: int, clearance_id: int) -> ResponseReturnValue:
    person = _person(user_id)
    accounts.take_clearance(g.viewer, user_id, clearance_id)
    flash(_("Behörigheten är borttagen från %(person)s.", person=person.name), "success")
    return redirect(url_for("admin.edit_user", user_id=user_id), 303)


@bp.post("/admin/users/<int:user_id>/switch")
def switch_user(user_id: int) -> ResponseReturnValue:
    person = _person(user_id)
    try:
        active = request.form.get("active") == "yes"
        accounts.switch(g.viewer, user_id, active=active)
        if active:
            flash(_("%(person)s kan logga in igen.", person=person.name), "success")
        else:
            flash(_("%(person)s kan inte längre logga in.", person=person.name), "success")
    except accounts.LastAdmin:
        flash(_last_admin(), "danger")
    return redirect(url_for("admin.edit_user", user_id=user_id), 303)


@bp.post("/admin/users/<int:user_id>/invite")
def invite(user_id: int) -> ResponseReturnValue:
    person = _person(user_id)
    try:
        session[LINK] = [user_id, accounts.invite(g.viewer, user_id)]
    except accounts.Inactive:
        flash(
            _(
                "Öppna kontot för %(person)s innan du skickar en ny inbjudan.",
                person=person.name,
            ),
            "danger",
        )
    return redirect(url_for("admin.edit_user", user_id=user_id), 303)


@bp.route("/admin/users/<int:user_id>/remove", methods=["GET", "POST"])
def remove_user(user_id: int) -> ResponseReturnValue:
    person = _person(user_id)
    if request.method == "POST":
        try:
            accounts.remove(g.viewer, user_id)
            flash(_("%(person)s är borttagen.", person=person.name), "success")
            return redirect(url_for("admin.users"), 303)
        except accounts.LastAdmin:
            flash(_last_admin(), "danger")
            return redirect(url_for("admin.edit_user", user_id=user_id), 303)
    return render_template("admin/users_remove.html", person=person)


def _person(user_id: int) -> accounts.Account:
    return accounts.account(g.viewer, user_id) or abort(404)


def _user_page(
    person: accounts.Account,
    form: UserForm,
    differences: dict[str, conflict.Difference],
    clearance_form: ClearanceForm | None = None,
) -> str:
    role_form = GiveRoleForm(formdata=None)
    role_form.offer(boards.names(), domains.titles())
    if clearance_form is None:
        clearance_form = ClearanceForm(formdata=None)
        clearance_form.offer(domains.titles())
    return render_template(
        "admin/users_edit.html",
        person=person,
        form=form,
        role_form=role_form,
        clearance_form=clearance_form,
        differences=differences,
        invitation=_link_to_show(person.id),
        domain_title=domains.title,
    )


def _link_to_show(user_id: int) -> str | None:
    """The invitation just made for this user: shown once, then forgotten."""
    if session.get(LINK, [None])[0] != user_id:
        return None
    _user_id, token = session.pop(LINK)
    return url_for("people.invitation", token=token, _external=True)


def _email_taken() -> str:
    return _("En annan person har redan den adressen. Skriv en annan adress.")


def _last_admin() -> str:
    return _(
        "Det går inte: då skulle ingen kunna administrera registret. "
        "Ge först någon annan rollen administratör."
    )
