"""What a domain's own page is made of: where the domain stands, and a page drawn from values."""

from collections.abc import Callable
from typing import Any

from flask import abort, current_app, render_template, request

from registry.host import active
from registry.host.loading import Domain
from registry.host.values import Overview, Standing

Read = Callable[[Domain], Standing]
PREFIX = "/domain/"


def requested() -> Domain:
    """The domain whose page this request asks for; 404 while it is off."""
    name = request.path.removeprefix(PREFIX).partition("/")[0]
    return active.current().get(name) or abort(404)


def standing() -> Standing:
    """Where the domain of this page stands, as far as the reader may see: a fixed number of
    queries. For the domain's own pages only.

    :raises RuntimeError: outside such a page.
    """
    read: Read = current_app.extensions["standing"]
    return read(requested())


def overview_page(overview: Overview, **more: Any) -> str:
    """A page of the domain's drawn from values: figures, gaps, charts with their tables.

    :param more: for a template of the domain's own, given as ``template="<name>/page.html"``,
        that extends ``domains/overview.html``.
    """
    template = more.pop("template", "domains/overview.html")
    return render_template(template, domain=requested(), overview=overview, **more)
