"""``/domain/<name>/``: the gate of the domains' own pages, their templates and static files."""

import io
import mimetypes
import os
import time
from collections.abc import Callable
from typing import Any, cast

from flask import Blueprint, Flask, abort, request, send_file
from flask.typing import ResponseReturnValue
from jinja2 import BaseLoader, ChoiceLoader, DictLoader, PrefixLoader
from werkzeug.exceptions import HTTPException

from registry.host import active, calls, overview
from registry.host.loading import loaded

# A page of a domain runs in the request, and nothing can end one that does not end by itself: so
# many of them at once, and the process has threads left for everybody else.
AT_ONCE = 2
ENDLESS_SECONDS = 30
_running: dict[str, list[float]] = {}


def _after_fork() -> None:
    for one in _running.values():
        one.clear()


os.register_at_fork(after_in_child=_after_fork)


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
        name: DictLoader(dict(domain.templates)) for name, domain in domains.items()
    }
    app.jinja_env.globals["domain_links"] = overview.links
    own = cast(BaseLoader, app.jinja_env.loader)
    app.jinja_env.loader = ChoiceLoader([own, PrefixLoader(prefixed)])


def _guard_pages(app: Flask, name: str) -> None:
    """A fault on a page of a domain is that page's error, and costs a strike."""
    prefix = f"domain.{name}."
    for endpoint, view in list(app.view_functions.items()):
        if endpoint.startswith(prefix):
            app.view_functions[endpoint] = _guarded(name, endpoint.removeprefix(prefix), view)


def _guarded(name: str, page: str, view: Callable[..., Any]) -> Callable[..., Any]:
    running: list[float] = _running.setdefault(name, [])

    def ask(**values: object) -> Any:
        domain = active.current().get(name) or abort(404)
        began = time.monotonic()
        if len(running) >= AT_ONCE:
            if began - running[0] > ENDLESS_SECONDS:
                calls.strike(domain, f"page {page}", TimeoutError("pages that do not end"))
            abort(503)
        running.append(began)
        try:
            return view(**values)
        except HTTPException:
            raise  # abort() is an answer
        except Exception as error:
            calls.strike(domain, f"page {page}", error)
            raise
        finally:
            running.remove(began)

    ask.__name__ = getattr(view, "__name__", page)
    return ask


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
