"""Pages of metrics and their values: HTTP only."""

import io
from typing import Any

from flask import (
    Blueprint,
    Response,
    abort,
    flash,
    g,
    redirect,
    render_template,
    request,
    send_file,
    url_for,
)
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from werkzeug.utils import secure_filename

from registry import memory
from registry.addresses import number
from registry.attachments import kinds
from registry.attachments.service import Damaged
from registry.attachments.store import Unreachable
from registry.effects import by_hand, downloads, files, pictures, sentences, series, service
from registry.effects.figure import marker
from registry.effects.forms import FileForm, ValueForm
from registry.effects.kolada import service as kolada
from registry.effects.listing import Query, Showing, listing
from registry.effects.models import Gender, ValueStatus
from registry.effects.series import MetricSheet
from registry.effects.words import target_in_words, words
from registry.people.permissions import Permission, may
from registry.plan import structure
from registry.plan.editing import Refused
from registry.plan.listing import area_choices, board_choices
from registry.plan.views.form_page import edit_page

bp = Blueprint("effects", __name__, url_prefix="/metrics")
_FILTER = ("version", "area", "board", "show", "q")
MOST_COMPARED = 4


@bp.errorhandler(Refused)
def _refused(error: Refused) -> ResponseReturnValue:
    title = _("Det går inte att ändra")
    return render_template("error.html", title=title, text=error.message, status=409), 409


@bp.get("")
def metrics() -> ResponseReturnValue:
    versions = structure.heads(g.viewer)
    if not versions:
        return redirect(url_for("plan.plans"))
    return memory.page("effects/metrics.html", "effects", lambda: _metrics(versions))


def _metrics(versions: list[structure.VersionHead]) -> dict[str, Any]:
    args = request.args
    wanted = number(args, "version")
    chosen = next((version for version in versions if version.id == wanted), versions[0])
    query = Query(
        version_id=chosen.id,
        area_id=number(args, "area"),
        board_id=number(args, "board"),
        showing=_term(args.get("show")),
        text=args.get("q", "").strip()[:200],
        page=max(1, args.get("page", 1, type=int)),
    )
    found = listing(g.viewer, query)
    kept = {name: args[name] for name in _FILTER if args.get(name)}

    def address(page: int) -> str:
        wanted: dict[str, Any] = {**kept, "page": page if page > 1 else None}
        return url_for("effects.metrics", **wanted)

    return {
        "listing": found,
        "may_fetch": may(g.viewer, Permission.EDIT_PLAN),
        "fetch": kolada.waiting(g.viewer),
        "rows": words(found.readings),
        "query": query,
        "version": chosen,
        "versions": [(one.id, f"{one.title} ({one.number})") for one in versions],
        "areas": [(one.id, f"{one.number} {one.title}") for one in area_choices(chosen.id)],
        "boards": board_choices(),
        "showings": [(one.value, str(one.label)) for one in Showing],
        "address": address,
        "clear": url_for("effects.metrics", version=wanted),
        "base": url_for("effects.metric", metric_id=0)[:-1],
        "measure_base": url_for("plan.measure", measure_id=0)[:-1],
    }


def _term(value: str | None) -> Showing | None:
    """The term of that value; an unknown one filters nothing."""
    try:
        return Showing(value) if value else None
    except ValueError:
        return None


@bp.get("/compare")
def compare() -> ResponseReturnValue:
    return memory.page("effects/compare.html", "effects", _compare)


def _compare() -> dict[str, Any]:
    """Two to four metrics of one unit; what stands in the way is said instead."""
    ids = sorted({key for key in request.args.getlist("metric", type=int) if 0 < key < 2**31})
    readings = service.readings(g.viewer, ids[: MOST_COMPARED + 1])
    units = {reading.unit for reading in readings}
    problem = ""
    if not 2 <= len(readings) <= MOST_COMPARED:
        problem = _("Välj två till fyra effektmått i listan.")
    elif len(units) > 1:
        problem = _("Måtten har olika enheter och kan inte jämföras. Välj mått med samma enhet.")
    shown = [] if problem else readings
    lines = [{point.period: point for point in reading.line} for reading in shown]
    return {
        "problem": problem,
        "readings": shown,
        "rows": words(shown),
        "unit": next(iter(units), ""),
        "figure": pictures.compared(shown) if shown else None,
        "marker": marker,
        "periods": sorted({period for line in lines for period in line}, reverse=True),
        "lines": lines,
    }


@bp.get("/<int:metric_id>")
def metric(metric_id: int) -> ResponseReturnValue:
    return memory.page("effects/metric.html", "effects", lambda: _metric(metric_id))


def _metric(metric_id: int) -> dict[str, Any]:
    sheet = series.read(g.viewer, metric_id) or abort(404)
    changes = sentences.changes(sheet)
    (said,) = words([sheet.reading])
    return {
        "sheet": sheet,
        "said": said,
        "changes": changes,
        "figure": pictures.of(sheet),
        "marker": marker,
        "spoken": downloads.spoken(sheet.reading.points),
        "targets": [target_in_words(one, sheet.reading.unit) for one in sheet.targets],
        "about": kolada.about(sheet.source),
        "enterable": sheet.enterable(g.viewer),
        "correctable": lambda line: sheet.correctable(g.viewer, line.board_id),
        "editable": sheet.editable(g.viewer),
        "files": files.of_metric(metric_id),
        "total": Gender.TOTAL,
        "missing": ValueStatus.MISSING,
        "preliminary": ValueStatus.PRELIMINARY,
    }


# Files -------------------------------------------------------------------------------------


@bp.get("/<int:metric_id>/values.csv")
def values_csv(metric_id: int) -> Response:
    sheet = series.read(g.viewer, metric_id) or abort(404)
    return _file(sheet, downloads.as_csv(sheet).encode(), "text/csv; charset=utf-8", "csv")


@bp.get("/<int:metric_id>/chart.svg")
def chart_svg(metric_id: int) -> Response:
    sheet = series.read(g.viewer, metric_id) or abort(404)
    return _file(sheet, _picture(sheet).encode(), "image/svg+xml", "svg")


@bp.get("/<int:metric_id>/chart.png")
def chart_png(metric_id: int) -> Response:
    sheet = series.read(g.viewer, metric_id) or abort(404)
    return _file(sheet, downloads.as_png(_picture(sheet)), "image/png", "png")


def _picture(sheet: MetricSheet) -> str:
    figure = pictures.of(sheet, size=pictures.WIDE) or abort(404)
    (said,) = words([sheet.reading])
    return render_template(
        "effects/chart.svg",
        sheet=sheet,
        said=said,
        figure=figure,
        marker=marker,
        spoken=downloads.spoken(sheet.reading.points),
    )


def _file(sheet: MetricSheet, content: bytes, kind: str, ending: str) -> Response:
    """A download: never shown by the browser as a page of ours."""
    name = secure_filename(sheet.reading.name)[:80] or f"metric-{sheet.id}"
    answer = Response(content, content_type=kind)
    answer.headers.set("Content-Disposition", "attachment", filename=f"{name}.{ending}")
    answer.headers["X-Content-Type-Options"] = "nosniff"
    return answer


# Values ------------------------------------------------------------------------------------


@bp.route("/<int:metric_id>/values/new", methods=["GET", "POST"])
def new_value(metric_id: int) -> ResponseReturnValue:
    row = by_hand.open_metric(g.viewer, metric_id) or abort(404)
    boards: list[tuple[Any, str]] = [(one.id, one.name) for one in by_hand.boards(g.viewer, row)]
    if may(g.viewer, Permission.EDIT_PLAN):
        boards.insert(0, ("", _("Alla som ansvarar tillsammans")))
    start = {
        "board_id": by_hand.usual_board(row, [key for key, _name in boards]),
        "source": row.source,
    }
    back = url_for("effects.metric", metric_id=metric_id)

    def save(form: ValueForm) -> str:
        by_hand.enter(g.viewer, row, form.values())
        flash(_("Värdet är sparat."), "success")
        return back

    return edit_page(
        lambda posted: ValueForm(formdata=posted, data=start).fit(row, boards, new=True),
        save,
        title=_("Fyll i ett värde"),
        back=back,
        template="effects/edit_value.html",
        metric=row,
        old=[],
    )


@bp.route("/values/<int:value_id>/edit", methods=["GET", "POST"])
def edit_value(value_id: int) -> ResponseReturnValue:
    rows = by_hand.open_value(g.viewer, value_id) or abort(404)
    row = rows[0].metric
    back = url_for("effects.metric", metric_id=row.id)

    def save(form: ValueForm) -> str:
        seen = int(form.row_version.data or 0)
        by_hand.correct(g.viewer, row, rows, seen, form.values())
        flash(_("Värdet är rättat. Det gamla finns kvar i tabellen."), "success")
        return back

    return edit_page(
        lambda posted: ValueForm(formdata=posted, data=ValueForm.stored(rows)).fit(
            row, [], new=False
        ),
        save,
        title=_("Rätta värdet för %(period)s", period=rows[0].period),
        back=back,
        template="effects/edit_value.html",
        metric=row,
        old=rows,
    )


# Files that values rest on -----------------------------------------------------------------


@bp.route("/values/<int:value_id>/attachments", methods=["GET", "POST"])
def value_files(value_id: int) -> ResponseReturnValue:
    value = files.open_value(g.viewer, value_id)
    form, status = FileForm(), 200
    if form.is_submitted():
        status = 422
        if form.validate():
            given = form.file.data
            try:
                kept = files.attach(g.viewer, value_id, given.filename or "", given.read())
            except kinds.Refused as error:
                form.file.errors = [str(error)]
            except Unreachable:
                form.file.errors = [_("Filen kunde inte sparas just nu. Försök igen om en stund.")]
                status = 503
            else:
                flash(_("%(name)s är bifogad.", name=kept.name), "success")
                return redirect(url_for(".value_files", value_id=value_id), 303)
            value = files.open_value(g.viewer, value_id)
    page = render_template(
        "effects/files.html", value=value, files=files.files_of(value), form=form
    )
    return page, status


@bp.post("/values/<int:value_id>/attachments/<int:file_id>/remove")
def remove_value_file(value_id: int, file_id: int) -> ResponseReturnValue:
    removed = files.remove(g.viewer, value_id, file_id)
    flash(_("%(name)s är borttagen.", name=removed.name), "success")
    return redirect(url_for(".value_files", value_id=value_id), 303)


@bp.get("/attachments/<int:file_id>")
def value_file(file_id: int) -> ResponseReturnValue:
    try:
        found, content = files.download(g.viewer, file_id)
    except (Damaged, Unreachable):
        flash(_("Filen kan inte hämtas just nu. Försök igen om en stund."), "danger")
        return redirect(url_for(".metrics"), 303)
    return send_file(
        io.BytesIO(content),
        mimetype=found.media_type,
        as_attachment=True,
        download_name=found.name,
        etag=False,
        conditional=False,
    )
