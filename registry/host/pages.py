"""``/domain/<name>/``: the gate of the domains' own pages, their templates and static files."""

from typing import cast

from flask import Blueprint, Flask, abort, request, send_from_directory, url_for
from flask.typing import ResponseReturnValue
from jinja2 import BaseLoader, ChoiceLoader, FileSystemLoader, PrefixLoader

from registry.host import active, calls
from registry.host.loading import loaded


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
    prefixed: dict[str, BaseLoader] = {
        name: FileSystemLoader(domain.manifest.folder / "templates")
        for name, domain in domains.items()
    }
    app.jinja_env.globals["domain_links"] = links
    own = cast(BaseLoader, app.jinja_env.loader)
    app.jinja_env.loader = ChoiceLoader([own, PrefixLoader(prefixed)])


def links(name: str | None) -> list[tuple[str, str]]:
    """Label and address of each entry in the menu of this domain, while it is on."""
    domain = active.current().get(name)
    if domain is None or not domain.nav_items:
        return []

    def addresses() -> list[tuple[str, str]]:
        return [
            (str(item.label), url_for(f"domain.{domain.name}.{item.endpoint}"))
            for item in domain.nav_items
        ]

    try:  # building an address may run the plugin's own code
        return calls.guarded(domain, "nav_items", addresses)
    except calls.Fault:
        return []


def _gate() -> None:
    name = request.path.split("/", 3)[2]
    if name not in active.current().names:
        abort(404)


def _file(name: str, filename: str) -> ResponseReturnValue:
    domain = active.current().get(name)
    if domain is None:
        abort(404)
    return send_from_directory(domain.manifest.folder / "static", filename)
