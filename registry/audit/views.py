"""The audit log for auditors."""

from typing import Any

from flask import Blueprint, g, render_template, request, url_for
from flask.typing import ResponseReturnValue

from registry.audit import service
from registry.audit.forms import FilterForm

bp = Blueprint("audit", __name__)


@bp.get("/audit")
def entries() -> ResponseReturnValue:
    form = FilterForm(request.args)
    form.offer()
    found = service.entries(g.viewer, form.read(), request.args.get("page", 1, type=int))
    kept: dict[str, Any] = {
        name: value for name, value in request.args.items() if name in form and value
    }

    def address(page: int) -> str:
        return url_for("audit.entries", page=page, **kept)

    return render_template(
        "audit/entries.html", form=form, found=found, filtered=bool(kept), address=address
    )
