"""The public pages: HTTP only. The same for everyone, hence cacheable and answered by ETag."""

from flask import (
    Blueprint,
    Response,
    abort,
    current_app,
    g,
    make_response,
    redirect,
    render_template,
    request,
    session,
    url_for,
)
from flask.typing import ResponseReturnValue

from registry import memory
from registry.addresses import number
from registry.config import Settings
from registry.followup import publishing
from registry.people.models import Role
from registry.people.permissions import Permission, Viewer, may
from registry.publication import service

bp = Blueprint("publication", __name__)


@bp.get("/")
def home() -> ResponseReturnValue:
    work = _work(g.viewer)
    if work:
        return redirect(url_for(work))
    known = service.plans()
    if len(known) == 1:
        return _plan(known[0].plan_id)
    return _public(render_template("publication/plans.html", plans=known))


@bp.get("/plans/<int:plan_id>")
def plan(plan_id: int) -> ResponseReturnValue:
    return _plan(plan_id)


@bp.get("/plans/<int:plan_id>/measures/<identity>")
def measure(plan_id: int, identity: str) -> ResponseReturnValue:
    return _public(
        memory.page(
            "publication/measure.html",
            "publication",
            lambda: {"measure": service.measure(plan_id, identity) or abort(404)},
        )
    )


@bp.get("/plans/<int:plan_id>/followups/<int:round_id>")
def followup(plan_id: int, round_id: int) -> ResponseReturnValue:
    """A published follow-up: the latest number, or the one in the query."""
    return _public(
        memory.page(
            "publication/followup.html",
            "publication",
            lambda: _followup(plan_id, round_id, number(request.args, "number")),
        )
    )


def _followup(plan_id: int, round_id: int, numbered: int | None) -> dict[str, object]:
    found = publishing.published(plan_id, round_id, numbered) or abort(404)
    return {"published": found, "edition": publishing.content_of(found)}


@bp.get("/cookies")
def cookies() -> ResponseReturnValue:
    return _public(
        render_template(
            "publication/cookies.html", cookie=current_app.config["SESSION_COOKIE_NAME"]
        )
    )


@bp.get("/accessibility")
def accessibility() -> ResponseReturnValue:
    settings: Settings = current_app.extensions["settings"]
    return _public(
        render_template("publication/accessibility.html", municipality=settings.municipality)
    )


def _work(viewer: Viewer) -> str | None:
    """Where a signed-in person's work begins; nobody's, and that of people without a role, here."""
    if may(viewer, Permission.OWN_WORK):
        return "reporting.my_work"
    if viewer.roles == {Role.ADMIN}:
        return "admin.plugins"
    if Role.EXECUTIVE in viewer.roles:
        return "followup.newest"
    return "plan.current" if may(viewer, Permission.READ_PLAN) else None


def _plan(plan_id: int) -> Response:
    return _public(
        memory.page(
            "publication/plan.html",
            "publication",
            lambda: {
                "plan": service.plan(plan_id) or abort(404),
                "followups": publishing.of_plan(plan_id),
            },
        )
    )


def _public(page: str) -> Response:
    """Any cache may keep the page, and asks each time whether it is still so."""
    response = make_response(page)
    response.add_etag()
    response.vary.add("Cookie")
    if not g.viewer.signed_in and not session.modified:  # a message is one visitor's own
        response.cache_control.public = True
        response.cache_control.no_cache = True
    response.make_conditional(request)
    return response
