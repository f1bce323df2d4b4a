"""The page of the plugin set: HTTP only."""

from flask import flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from registry.admin import plugins
from registry.admin.views import bp
from registry.host.switching import CannotSwitch
from registry.people import domains


@bp.get("/admin/plugins", endpoint="plugins")
def all_plugins() -> ResponseReturnValue:
    return render_template("admin/plugins.html", plugins=plugins.plugin_lines(g.viewer))


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
