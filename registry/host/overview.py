"""What a domain's own page is made of: where the domain stands, and a page drawn from values."""

from collections import Counter
from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import Any

from flask import abort, current_app, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext

from registry.host import active, calls
from registry.host.loading import Domain
from registry.host.values import BoardReport, Gap, Line, MeasureView, Overview, Row, Standing

Read = Callable[[Domain], Standing]
May = Callable[[str], bool]
PREFIX = "/domain/"


def requested() -> Domain:
    """The domain whose page this request asks for; 404 while it is off."""
    name = request.path.removeprefix(PREFIX).partition("/")[0]
    return active.current().get(name) or abort(404)


def links(name: str | None) -> list[tuple[str, str]]:
    """Label and address of each entry in the menu of this domain, while it is on."""
    domain = active.current().get(name)
    if domain is None or not domain.nav_items:
        return []

    def addresses() -> list[tuple[str, str]]:
        return [
            (domain.say(item.label), url_for(f"domain.{domain.name}.{item.endpoint}"))
            for item in domain.nav_items
        ]

    try:  # building an address may run the plugin's own code
        return calls.guarded(domain, "nav_items", addresses, inside=True)
    except calls.Fault:
        return []


def standing() -> Standing:
    """Where the domain of this page stands, as far as the reader may see: a fixed number of
    queries. For the domain's own pages only.

    :raises RuntimeError: outside such a page.
    """
    read: Read = current_app.extensions["standing"]
    return read(requested())


def may_edit() -> bool:
    """Whether the reader may change what this domain keeps on pages of its own: its domain leads
    and the coordinators may. For the domain's own pages only."""
    may: May = current_app.extensions["may_edit_domain"]
    return may(requested().name)


def total(answered: Iterable[BoardReport | MeasureView], name: str) -> Decimal | None:
    """The sum of the answers to a number question, of reports or on measures; ``None``, not 0,
    where nobody has answered."""
    given: list[Decimal] = [one.data[name] for one in answered if name in one.data]
    return sum(given, Decimal()) if given else None


def unreported(now: Standing) -> Gap:
    """Which boards have not submitted in the latest round, and on how many measures: a gap that
    most domains begin with."""
    waiting = Counter(one.board for one in now.reports if not one.submitted)
    lines = [
        Line(board, note=ngettext("en åtgärd", "%(num)d åtgärder", count))
        for board, count in sorted(waiting.items(), key=lambda one: (-one[1], one[0]))
    ]
    return Gap(_("Har inte lämnat in"), lines)


def submitted(now: Standing) -> Row:
    """How many of the reports in the latest round are in: a figure that most domains begin with."""
    label = _("Inlämnade svar")
    if now.round is None:
        return Row(label, None)
    count = sum(one.submitted for one in now.reports)
    return Row(
        label, count, most=len(now.reports), note=_("omgång %(round)s", round=now.round.title)
    )


def overview_page(overview: Overview, **more: Any) -> str:
    """A page of the domain's drawn from values: figures, gaps, charts with their tables.

    :param more: for a template of the domain's own, given as ``template="<name>/page.html"``,
        that extends ``domains/overview.html``.
    """
    template = more.pop("template", "domains/overview.html")
    return render_template(template, domain=requested(), overview=overview, **more)
