"""The page of the plugin set: HTTP only."""

from flask import flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from registry.admin import plugins
from registry.admin.views import bp
from registry.host.switching import CannotSwitch


@bp.get("/admin/plugins", endpoint="plugins")
def all_plugins() -> ResponseReturnValue:
    return render_template("admin/plugins.html", plugins=plugins.plugin_lines(g.viewer))


@bp.post("/admin/plugins/<name>")
def switch_plugin(name: str) -> ResponseReturnValue:
    on = request.form.get("on") == "1"
    try:
        plugins.switch_plugin(g.viewer, name, on)
    except CannotSwitch as error:
        flash(_("%(name)s kan inte slås på: %(reason)s", name=name, reason=str(error)), "danger")
    else:
        if on:
            flash(_("%(name)s är på, för alla, från nästa sida de öppnar.", name=name), "success")
        else:
            flash(_("%(name)s är av. Allt som fyllts i finns kvar.", name=name), "success")
    return redirect(url_for(".plugins"), 303)
