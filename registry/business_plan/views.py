"""Pages of the boards' own plans: HTTP only."""

from flask import Blueprint, abort, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext

from registry import memory
from registry.addresses import number
from registry.business_plan import service, standing
from registry.business_plan.asked import year_of
from registry.business_plan.forms import CopyForm, DecisionForm, RowForm
from registry.conflict import Conflict, with_choices
from registry.db import db
from registry.language import today
from registry.people.permissions import Permission, require
from registry.plan import structure
from registry.plan.editing import Refused
from registry.plan.listing import area_choices

bp = Blueprint("business_plan", __name__, url_prefix="/business-plans")


@bp.errorhandler(Refused)
def _refused(error: Refused) -> ResponseReturnValue:
    title = _("Det går inte att ändra")
    return render_template("error.html", title=title, text=error.message, status=409), 409


@bp.get("")
def overview() -> ResponseReturnValue:
    versions = structure.heads(g.viewer)
    if not versions:
        return redirect(url_for("plan.plans"), 303)
    return memory.page("business_plan/overview.html", "business_plan", lambda: _overview(versions))


def _overview(versions: list[structure.VersionHead]) -> dict[str, object]:
    version = _chosen(versions)
    year = year_of(request.args, version.valid_from, version.valid_to)
    area_id = number(request.args, "area")
    return {
        "overview": standing.overview(g.viewer, version.id, year, area_id),
        "version": version,
        "versions": versions,
        "year": year,
        "years": _years(version, year),
        "area_id": area_id,
        "areas": area_choices(version.id),
        "today": today(),
    }


@bp.get("/boards/<int:board_id>")
def board(board_id: int) -> ResponseReturnValue:
    return _shown(_page(board_id))


@bp.route("/boards/<int:board_id>/edit", methods=["GET", "POST"])
def edit(board_id: int) -> ResponseReturnValue:
    """The same page, at the address that its form is sent to."""
    page = _page(board_id, to_edit=True)
    if request.method == "GET":
        return _shown(page)
    stored = {name: raw for row in page.rows for name, raw in RowForm(row).raw().items()}
    posted = with_choices(request.form, stored)
    saved, wrong, met = 0, {}, {}
    for row in page.rows:
        form = RowForm(row, posted)
        if form.untouched:
            continue
        if not form.validate():
            wrong[row.measure_id] = form
            continue
        try:
            saved += service.save(g.viewer, page, row, form.seen(), form.entry(), form.cost())
        except Conflict as conflict:
            db.session.rollback()
            met[row.measure_id] = form, conflict.by
    if not wrong and not met:
        flash(_saved(saved), "success" if saved else "info")
        return redirect(_address("business_plan.board", page), 303)
    db.session.expire_all()
    page = _page(board_id)
    fresh = {row.measure_id: row for row in page.rows}
    for key, (form, by) in met.items():
        if key in fresh:
            form.meet(RowForm(fresh[key]), by)
            wrong[key] = form
    if saved:
        flash(_saved(saved), "success")
    return _shown(page, wrong), 409 if met else 422


@bp.route("/boards/<int:board_id>/copy", methods=["GET", "POST"])
def copy(board_id: int) -> ResponseReturnValue:
    page = _page(board_id, to_edit=True)
    form = CopyForm()
    if form.validate_on_submit():
        try:
            count = service.copy(g.viewer, page)
        except Conflict:
            flash(_("Någon annan fyllde i samtidigt. Se över listan och kopiera igen."), "warning")
            return redirect(_address("business_plan.copy", page), 303)
        flash(
            ngettext("En åtgärd är kopierad.", "%(num)s åtgärder är kopierade.", count)
            if count
            else _("Det fanns inget att kopiera."),
            "success" if count else "info",
        )
        return redirect(_address("business_plan.board", page), 303)
    return render_template(
        "business_plan/copy.html",
        page=page,
        offers=service.offers(g.viewer, page),
        form=form,
        back=_address("business_plan.board", page),
    )


@bp.route("/boards/<int:board_id>/decision", methods=["GET", "POST"])
def decide(board_id: int) -> ResponseReturnValue:
    page = _page(board_id, to_edit=True)
    form = DecisionForm()
    back = _address("business_plan.board", page)
    if form.validate_on_submit():
        try:
            count = service.decide(
                g.viewer,
                page,
                paragraph=form.paragraph.data or "",
                decided_on=form.decided_on.data or today(),
                reference=form.reference.data or "",
            )
            flash(
                ngettext("En åtgärd är intagen.", "%(num)s åtgärder är intagna.", count)
                if count
                else _("Ingen åtgärd var på väg in."),
                "success" if count else "info",
            )
            return redirect(back, 303)
        except Refused as refused:
            form.reference.errors = [refused.message]
        except Conflict:
            flash(_("Någon annan sparade samtidigt. Se över raderna och försök igen."), "warning")
            return redirect(back, 303)
    shown = render_template("business_plan/decide.html", page=page, form=form, back=back)
    return shown, 422 if form.errors else 200


def _page(board_id: int, *, to_edit: bool = False) -> service.BoardPage:
    if to_edit:
        require(g.viewer, Permission.EDIT_BUSINESS_PLAN, board_id=board_id)
    versions = structure.heads(g.viewer) or abort(404)
    version = _chosen(versions)
    year = year_of(request.args, version.valid_from, version.valid_to)
    return service.open_page(g.viewer, board_id, version.id, year) or abort(404)


def _shown(page: service.BoardPage, written: dict[int, RowForm] | None = None) -> str:
    """:param written: forms to show as they were sent, by measure; others show what is stored."""
    written = written or {}
    return render_template(
        "business_plan/board.html",
        page=page,
        forms=[written.get(row.measure_id) or RowForm(row) for row in page.rows],
        years=_years(page.version, page.year),
        today=today(),
        offered=len(service.offers(g.viewer, page)) if page.editable else 0,
    )


def _chosen(versions: list[structure.VersionHead]) -> structure.VersionHead:
    wanted = number(request.args, "version")
    return next((version for version in versions if version.id == wanted), versions[0])


def _years(version: object, year: int) -> list[int]:
    """The years that the plan is valid in, and the one that is shown."""
    first = getattr(version, "valid_from", None)
    last = getattr(version, "valid_to", None)
    begins = first.year if first else year - 1
    ends = last.year if last else max(year, today().year) + 1
    return sorted({*range(begins, min(ends, begins + 20) + 1), year})


def _address(endpoint: str, page: service.BoardPage) -> str:
    return url_for(
        endpoint,
        board_id=page.board.id,
        year=page.year,
        version=number(request.args, "version"),
    )


def _saved(count: int) -> str:
    if not count:
        return _("Inget var ändrat.")
    return ngettext("En åtgärd är sparad.", "%(num)s åtgärder är sparade.", count)
