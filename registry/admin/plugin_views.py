"""The pages of the plugin set: HTTP only."""

from flask import abort, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from registry.admin import plugins
from registry.admin.views import bp
from registry.host.approval import Changed
from registry.host.switching import CannotSwitch
from registry.people import domains


@bp.get("/admin/plugins", endpoint="plugins")
def all_plugins() -> ResponseReturnValue:
    return render_template("admin/plugins.html", plugins=plugins.plugin_lines(g.viewer))


@bp.get("/admin/plugins/<name>", endpoint="plugin")
def one_plugin(name: str) -> ResponseReturnValue:
    line = plugins.plugin_line(g.viewer, name) or abort(404)
    return render_template("admin/plugin.html", plugin=line)


@bp.post("/admin/plugins/<name>")
def switch_plugin(name: str) -> ResponseReturnValue:
    on = request.form.get("on") == "1"
    title = domains.title(name)
    try:
        plugins.switch_plugin(g.viewer, name, on)
    except CannotSwitch as error:
        flash(_("%(name)s kan inte slås på: %(reason)s", name=title, reason=str(error)), "danger")
    else:
        if on:
            message = _(
                "%(name)s är påslagen. Det gäller alla från nästa sida de öppnar.", name=title
            )
        else:
            message = _("%(name)s är avslagen. Allt som har fyllts i finns kvar.", name=title)
        flash(message, "success")
    return redirect(url_for(".plugins"), 303)


@bp.post("/admin/plugins/<name>/approve")
def approve_plugin(name: str) -> ResponseReturnValue:
    try:
        plugins.approve(g.viewer, name, request.form.get("digest", ""))
    except plugins.NotFound:
        abort(404)
    except Changed:
        flash(_("Filerna har ändrats sedan sidan visades. Läs igenom dem igen."), "danger")
    else:
        flash(_("Domänen är godkänd. Den tas in när registret har startats om."), "success")
    return redirect(url_for(".plugin", name=name), 303)


@bp.post("/admin/plugins/<name>/release")
def release_plugin(name: str) -> ResponseReturnValue:
    try:
        plugins.release_plugin(g.viewer, name)
    except CannotSwitch as error:
        flash(
            _("%(name)s kan inte slås på: %(reason)s", name=domains.title(name), reason=str(error)),
            "danger",
        )
    else:
        flash(
            _("%(name)s är på igen, och felen är avskrivna.", name=domains.title(name)), "success"
        )
    return redirect(url_for(".plugin", name=name), 303)
