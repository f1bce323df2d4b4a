"""The blueprint that reading and editing pages of the plan share."""

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from registry.plan.editing import Refused

bp = Blueprint("plan", __name__)


@bp.errorhandler(Refused)
def _refused(error: Refused) -> ResponseReturnValue:
    title = _("Det går inte att ändra")
    return render_template("error.html", title=title, text=error.message, status=409), 409
