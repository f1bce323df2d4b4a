"""A person's jobs: HTTP only."""

from flask import Blueprint, Response, flash, g, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from werkzeug.http import dump_options_header

from registry.jobs import service
from registry.jobs.models import Job, JobState

bp = Blueprint("jobs", __name__, url_prefix="/jobs")


@bp.get("/")
def jobs() -> ResponseReturnValue:
    return render_template("jobs/jobs.html", jobs=service.own(g.viewer))


@bp.get("/<int:job_id>")
def job(job_id: int) -> ResponseReturnValue:
    found = service.find(g.viewer, job_id)
    if found.state is JobState.DONE and found.product_page:
        return redirect(found.product_page, 303)
    return render_template("jobs/job.html", **_shown(found))


@bp.get("/<int:job_id>/progress")
def progress(job_id: int) -> ResponseReturnValue:
    """The part of the page that changes; when the job has ended, the whole page is asked for."""
    found = service.find(g.viewer, job_id)
    page = Response(render_template("jobs/_progress.html", **_shown(found)))
    if found.ended:
        page.headers["HX-Redirect"] = url_for(".job", job_id=job_id)
    return page


@bp.post("/<int:job_id>/cancel")
def cancel(job_id: int) -> ResponseReturnValue:
    found = service.cancel(g.viewer, job_id)
    if not found.ended:
        flash(_("Arbetet avbryts strax."), "info")
    return redirect(url_for(".job", job_id=job_id), 303)


@bp.get("/<int:job_id>/product")
def product(job_id: int) -> ResponseReturnValue:
    made = service.product(g.viewer, job_id)
    answer = Response(made.content, mimetype=made.media_type)
    answer.headers["Content-Disposition"] = dump_options_header(
        "attachment", {"filename": made.name}
    )
    answer.headers["Cache-Control"] = "private, no-store"
    return answer


def _shown(found: Job) -> dict[str, object]:
    idle = found.state is JobState.WAITING and not service.worker_seen()
    return {"job": found, "idle": idle}
