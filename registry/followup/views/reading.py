"""The follow-up of a round on one page, and its effect metrics."""

from collections.abc import Callable
from typing import Any

from flask import abort, g, render_template, request, url_for
from flask_babel import get_locale
from flask_babel import gettext as _
from markupsafe import Markup

from registry import memory
from registry.effects.words import words
from registry.followup import service
from registry.followup.figures import PARTS, Counts, Progress
from registry.followup.views.blueprint import bp
from registry.language import today
from registry.reporting.rounds import only_boards


@bp.get("/")
def latest() -> str:
    main = _kept(None)
    if main is None:
        return render_template("followup/empty.html")
    return render_template("followup/round.html", main=main)


@bp.get("/<int:round_id>")
def round(round_id: int) -> str:
    return render_template("followup/round.html", main=_kept(round_id) or abort(404))


@bp.get("/<int:round_id>/effects")
def effects(round_id: int) -> str:
    head = service.find(g.viewer, round_id) or abort(404)
    listing = service.metrics(g.viewer, head, max(1, request.args.get("page", 1, type=int)))
    return render_template(
        "followup/effects.html",
        round=head,
        listing=listing,
        rows=words(listing.readings),
        measure_address=addresses("plan.measure", "measure_id"),
        metric_address=addresses("effects.metric", "metric_id"),
        address=lambda number: url_for("followup.effects", round_id=round_id, page=number),
    )


def _kept(round_id: int | None) -> Markup | None:
    """The body of a round's page; another for whoever has other roles."""
    key = (round_id, today(), g.viewer.grants, str(get_locale()))
    return memory.kept(key, lambda: _body(round_id))


def _body(round_id: int | None) -> Markup | None:
    page = service.read(g.viewer, round_id)
    if page is None:
        return None
    body = render_template(
        "followup/_round.html",
        page=page,
        cards=words(page.effects, charts=True),
        labels={part: str(label) for part, label in PARTS.items()},
        states={state: str(state.label) for state in Progress},
        is_over=page.round.due_on < today(),
        own_boards=only_boards(g.viewer),
        share=share(),
        measure_address=addresses("plan.measure", "measure_id"),
        metric_address=addresses("effects.metric", "metric_id"),
        report_address=addresses("reporting.report", "report_id"),
        list_address=url_for("plan.measures", version=page.round.version_id),
        listed=service.LISTED,
    )
    return Markup(body)  # noqa: S704 - our own template's output, escaped already


def addresses(endpoint: str, name: str) -> Callable[[int], str]:
    """Addresses of many rows for the price of one ``url_for``."""
    values: dict[str, Any] = {name: 0}
    before, after = url_for(endpoint, **values).rsplit("0", 1)
    return lambda key: f"{before}{key}{after}"


def share() -> Callable[..., str]:
    """``8 av 18`` for many rows with the words looked up once; ``–`` where nothing counts yet."""
    pattern = _("%(done)s av %(total)s")

    def said(counts: Counts, counted: bool = True) -> str:
        return pattern % {"done": counts.done if counted else "–", "total": counts.total}

    return said
