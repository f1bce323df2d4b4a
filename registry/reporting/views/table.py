"""The report as a table: every measure a row, and every row a form of its own."""

from dataclasses import dataclass, field

from flask import flash, g, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from werkzeug.datastructures import MultiDict

from registry.conflict import Conflict, differing
from registry.db import db, now
from registry.language import clock
from registry.plan.models import MeasureStatus
from registry.reporting import service, table, writing
from registry.reporting.forms import Entry, as_read
from registry.reporting.models import DeviationReason, ItemState, Report, ReportItem
from registry.reporting.rounds import CannotReport
from registry.reporting.views.blueprint import bp
from registry.reporting.views.items import Posted, posted_text
from registry.reporting.writing import CORE_FIELDS


@dataclass(frozen=True)
class Outcome:
    """How the saving of a row went, for the row to say.

    :param theirs: what somebody else has saved meanwhile: question and answer.
    :param left: questions in the form that keep the measure from being ready.
    """

    text: str
    saved: bool = False
    errors: list[str] = field(default_factory=list)
    theirs: list[tuple[str, str]] = field(default_factory=list)
    left: int = 0
    status: int = 200


@bp.get("/reports/<int:report_id>/table", endpoint="table")
def whole_table(report_id: int) -> ResponseReturnValue:
    return _page(service.get_report(g.viewer, report_id))


def _page(
    found: Report,
    item_id: int | None = None,
    posted: Posted | None = None,
    outcome: Outcome | None = None,
) -> str:
    """:param item_id: the row that shows what was posted, and how it went."""
    return render_template(
        "reporting/table.html",
        report=found,
        table=table.table(g.viewer, found, request.args.get("page", 1, type=int)),
        writable=writing.writable(found),
        statuses=MeasureStatus.choices(),
        reasons=DeviationReason.choices(),
        posted_id=item_id,
        posted=posted,
        outcome=outcome,
    )


@bp.post("/reports/items/<int:item_id>/row")
def save_row(item_id: int) -> ResponseReturnValue:
    """Save status and short answers; the form's other questions stay as they are."""
    page, posted = writing.open_item(g.viewer, item_id), posted_text()
    entry = _entry(page, posted)
    ready, was_ready = "ready" in posted, page.item.state is ItemState.READY
    version = posted.get("overwrite", 0, type=int) or posted.get("row_version", 0, type=int)
    try:
        saved = writing.save_item(
            g.viewer,
            page,
            entry,
            posted,
            row_version=version,
            ready=ready,
            quietly=ready or not was_ready,
            only_core=True,
        )
    except Conflict as conflict:
        db.session.rollback()
        db.session.expire_all()
        page = writing.open_item(g.viewer, item_id)
        outcome = _taken(page, posted, conflict)
    except CannotReport as refusal:
        outcome = Outcome(str(refusal), status=409)
    else:
        outcome = _done(entry, saved, ready=ready and saved.changed)
    return _answer(page, posted, outcome)


def _entry(page: writing.ItemPage, posted: Posted) -> Entry:
    """The row's answers in the whole form as it is stored, so that it is checked as a whole."""
    merged: Posted = MultiDict(
        (name, value) for name, raw in Entry(page).raw().items() for value in raw
    )
    for name in CORE_FIELDS:
        merged.setlist(name, posted.getlist(name))
    return Entry(page, merged)


def _done(entry: Entry, saved: writing.Saved, *, ready: bool) -> Outcome:
    text = _("Sparat %(clock)s", clock=clock(now()))
    if not ready or saved.ready:
        return Outcome(text, saved=True)
    wrong = entry.errors
    errors = [
        f"{entry[name].label.text}: {' '.join(wrong[name])}"
        for name in CORE_FIELDS
        if name in wrong
    ]
    left = len(saved.loose) + sum(name not in CORE_FIELDS for name in wrong)
    return Outcome(
        _("Sparat %(clock)s som utkast, inte klar än.", clock=clock(now())),
        saved=True,
        errors=errors,
        left=left,
        status=422,
    )


def _at(entry: Entry, name: str) -> str:
    label = str(entry[name].label.text)
    return f"{label}{'' if label.endswith('?') else ':'} {' '.join(entry.errors[name])}"


def _taken(page: writing.ItemPage, posted: Posted, conflict: Conflict) -> Outcome:
    stored = Entry(page)
    theirs = stored.raw()
    mine = {name: posted.getlist(name) for name in CORE_FIELDS}
    return Outcome(
        _("Inte sparat. %(name)s har sparat medan du skrev:", name=conflict.by or _("Någon annan")),
        theirs=[
            (str(stored[name].label.text), as_read(stored[name], list(theirs[name])))
            for name in differing(CORE_FIELDS, mine, theirs)
        ],
        status=409,
    )


def _answer(page: writing.ItemPage, posted: Posted, outcome: Outcome) -> ResponseReturnValue:
    item: ReportItem = page.item
    if "HX-Request" in request.headers:
        note = render_template("reporting/_row_saved.html", item=item, outcome=outcome)
        answer = make_response(note)
        if outcome.saved:
            answer.headers["HX-Trigger-After-Settle"] = "draft-saved"
        return answer
    if outcome.status == 200:
        flash(f"{page.measure.number}: {outcome.text}", "success")
        number, anchor = request.args.get("page", type=int), f"row-{item.id}"
        there = url_for(".table", report_id=page.report.id, page=number, _anchor=anchor)
        return redirect(there, 303)
    found = service.get_report(g.viewer, page.report.id)
    return _page(found, item.id, posted, outcome), outcome.status
