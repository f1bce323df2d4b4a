"""``/domain/<name>/``: the gate of the domains' own pages, their templates and static files."""

import io
import mimetypes
from collections.abc import Callable
from typing import Any, cast

from flask import Blueprint, Flask, abort, request, send_file, url_for
from flask.typing import ResponseReturnValue
from jinja2 import BaseLoader, ChoiceLoader, DictLoader, PrefixLoader
from werkzeug.exceptions import HTTPException

from registry.host import active, calls
from registry.host.loading import Domain, loaded


def init_app(app: Flask) -> None:
    """Register every loaded domain's pages, switched on or not; the gate asks at each request."""
    domains = loaded(app).domains
    parent = Blueprint("domain", __name__, url_prefix="/domain")
    parent.before_request(_gate)
    parent.add_url_rule("/<name>/static/<path:filename>", "file", _file)
    for name, domain in domains.items():
        if domain.blueprint is not None:
            parent.register_blueprint(domain.blueprint, url_prefix=f"/{name}")
    app.register_blueprint(parent)
    for name in domains:
        _guard_pages(app, name)
    prefixed: dict[str, BaseLoader] = {
        name: DictLoader(_templates(domain)) for name, domain in domains.items()
    }
    app.jinja_env.globals["domain_links"] = links
    own = cast(BaseLoader, app.jinja_env.loader)
    app.jinja_env.loader = ChoiceLoader([own, PrefixLoader(prefixed)])


def _templates(domain: Domain) -> dict[str, str]:
    """The plugin's templates as they were when it was approved."""
    return {
        path.removeprefix("templates/"): source.decode("utf-8")
        for path, source in domain.found.files.items()
        if path.startswith("templates/") and path.endswith(".html")
    }


def _guard_pages(app: Flask, name: str) -> None:
    """A fault on a page of a domain is that page's error, and costs a strike."""
    prefix = f"domain.{name}."
    for endpoint, view in list(app.view_functions.items()):
        if endpoint.startswith(prefix):
            app.view_functions[endpoint] = _guarded(name, endpoint.removeprefix(prefix), view)


def _guarded(name: str, page: str, view: Callable[..., Any]) -> Callable[..., Any]:
    def ask(**values: object) -> Any:
        domain = active.current().get(name) or abort(404)
        try:
            return view(**values)
        except HTTPException:
            raise  # abort() is an answer
        except Exception as error:
            calls.strike(domain, f"page {page}", error)
            raise

    ask.__name__ = getattr(view, "__name__", page)
    return ask


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


def _gate() -> None:
    name = request.path.split("/", 3)[2]
    if name not in active.current().names:
        abort(404)


def _file(name: str, filename: str) -> ResponseReturnValue:
    """A static file as it was when the plugin was approved."""
    domain = active.current().get(name) or abort(404)
    content = domain.found.files.get(f"static/{filename}")
    if content is None:
        abort(404)
    kind = mimetypes.guess_type(filename)[0] or "application/octet-stream"
    return send_file(io.BytesIO(content), mimetype=kind, etag=domain.found.digest[:16])
