"""Pages of fetching from Kolada: HTTP only."""

from collections.abc import Callable

from flask import Blueprint, abort, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from registry.effects.kolada import comparisons, preview, service
from registry.effects.kolada.differences import Change
from registry.effects.kolada.forms import CompareForm, ConfirmForm, FileForm, StartForm
from registry.effects.kolada.models import FetchState, SourceFetch
from registry.effects.kolada.reading import indicator_of
from registry.effects.models import EffectMetric
from registry.people.permissions import Permission, may
from registry.plan.editing import Refused
from registry.plan.importing.sheet import Unreadable

bp = Blueprint("kolada", __name__, url_prefix="/metrics")


@bp.errorhandler(Refused)
def _refused(error: Refused) -> ResponseReturnValue:
    title = _("Det går inte att hämta")
    return render_template("error.html", title=title, text=error.message, status=409), 409


def _page() -> Callable[[int], str]:
    return lambda fetch_id: url_for("kolada.fetch", fetch_id=fetch_id)


@bp.get("/kolada")
def overview() -> ResponseReturnValue:
    return _overview(FileForm())


def _overview(form: FileForm) -> ResponseReturnValue:
    shown = service.overview(g.viewer)
    page = render_template(
        "effects/kolada/overview.html",
        overview=shown,
        form=form,
        ready=FetchState.READY,
        failed=FetchState.FAILED,
    )
    return page, 422 if form.errors else 200


@bp.post("/kolada/start")
def start() -> ResponseReturnValue:
    job = service.start(g.viewer, _page())
    return redirect(url_for("jobs.job", job_id=job.id), 303)


@bp.post("/kolada/file")
def upload() -> ResponseReturnValue:
    form = FileForm()
    if form.validate_on_submit():
        file = form.file.data
        try:
            fetch = service.upload(g.viewer, file.read(), file.filename or "")
        except Unreadable as error:
            form.file.errors = [str(error)]
        else:
            return redirect(url_for("kolada.fetch", fetch_id=fetch.id), 303)
    return _overview(form)


@bp.get("/<int:metric_id>/kolada")
def metric(metric_id: int) -> ResponseReturnValue:
    row = service.open_metric(g.viewer, metric_id) or abort(404)
    return _metric(row, CompareForm(formdata=None))


def _metric(row: EffectMetric, form: CompareForm) -> ResponseReturnValue:
    names = comparisons.names()
    if names:
        form.area.render_kw = {"list": "places", "autocomplete": "off"}
    page = render_template(
        "effects/kolada/metric.html",
        metric=row,
        kpi=indicator_of(row.source),
        about=service.about(row.source),
        ready=bool(preview.municipality()),
        chosen=comparisons.chosen(row),
        names=names,
        form=form,
    )
    return page, 422 if form.errors else 200


@bp.post("/<int:metric_id>/kolada/start")
def start_metric(metric_id: int) -> ResponseReturnValue:
    row = service.open_metric(g.viewer, metric_id) or abort(404)
    job = service.start(g.viewer, _page(), row)
    return redirect(url_for("jobs.job", job_id=job.id), 303)


@bp.post("/<int:metric_id>/kolada/comparisons")
def compare(metric_id: int) -> ResponseReturnValue:
    row = service.open_metric(g.viewer, metric_id) or abort(404)
    if request.form.get("remove"):
        if StartForm().validate_on_submit():
            comparisons.remove(row, request.form["remove"])
            flash(_("Jämförelsen är borttagen."), "success")
        return redirect(url_for("kolada.metric", metric_id=metric_id), 303)
    form = CompareForm()
    if form.validate_on_submit():
        try:
            added = comparisons.add(row, form.area.data)
        except Refused as refused:
            form.area.errors = [refused.message]
        else:
            flash(_("%(name)s är tillagd. Hämta för att få värdena.", name=added.name), "success")
            return redirect(url_for("kolada.metric", metric_id=metric_id), 303)
    return _metric(row, form)


@bp.get("/fetches/<int:fetch_id>")
def fetch(fetch_id: int) -> ResponseReturnValue:
    row = service.open_fetch(g.viewer, fetch_id) or abort(404)
    return _fetch(row, "")


def _fetch(row: SourceFetch, problem: str) -> ResponseReturnValue:
    shown = service.show(g.viewer, row)
    form = ConfirmForm(formdata=None, digest=shown.digest)
    page = render_template(
        "effects/kolada/fetch.html",
        shown=shown,
        fetch=row,
        form=form,
        problem=problem,
        states=FetchState,
        changes=Change,
        may_overview=may(g.viewer, Permission.EDIT_PLAN),
    )
    return page, 422 if problem else 200


@bp.post("/fetches/<int:fetch_id>/confirm")
def confirm(fetch_id: int) -> ResponseReturnValue:
    row = service.open_fetch(g.viewer, fetch_id) or abort(404)
    offered = [(key, "") for key in row.metric_ids]
    form = ConfirmForm().offer(offered)
    here = redirect(url_for("kolada.fetch", fetch_id=fetch_id), 303)
    if not form.validate_on_submit():
        return _fetch(row, _("Välj minst ett effektmått att spara."))
    try:
        service.confirm(g.viewer, row, form.chosen, form.digest.data or "")
    except Refused as refused:
        return _fetch(row, refused.message)
    except service.Changed:
        flash(
            _("Något har ändrats i registret sedan du såg sidan. Gå igenom värdena igen."),
            "warning",
        )
        return here
    return here


@bp.post("/fetches/<int:fetch_id>/drop")
def drop(fetch_id: int) -> ResponseReturnValue:
    row = service.open_fetch(g.viewer, fetch_id) or abort(404)
    if StartForm().validate_on_submit():
        service.drop(g.viewer, row)
        flash(_("Inget av det hämtade sparades."), "info")
    return redirect(url_for("kolada.fetch", fetch_id=fetch_id), 303)
