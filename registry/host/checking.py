"""What a plugin must hold to before it is taken in; the reason of a refusal names what is wrong."""

import ast
from collections.abc import Sequence
from types import ModuleType
from typing import TYPE_CHECKING, Any

import pluggy
from flask import Blueprint, Flask
from werkzeug.routing import BuildError

from registry.host import hookspecs
from registry.host.fields import Date
from registry.host.importing import sources
from registry.host.manifest import Found
from registry.host.values import NavItem

if TYPE_CHECKING:
    from registry.host.loading import Domain


class Refused(Exception):
    def __init__(self, step: str, reason: str) -> None:
        super().__init__(reason)
        self.step = step


def check_sources(found: Found) -> None:
    """Of the registry, a plugin imports ``registry.api`` only: read off its code."""
    for path, source in sources(found.files).items():
        if path.startswith(("tests/", "migrations/")):
            continue
        for node in ast.walk(ast.parse(source, path)):
            if isinstance(node, ast.Import):
                names = [one.name for one in node.names]
            elif isinstance(node, ast.ImportFrom) and not node.level:
                names = [node.module or ""]
            else:
                continue
            for name in names:
                top = name.partition(".")[0]
                if top == "registry" and name != "registry.api":
                    raise Refused(
                        "import", f"{path}, line {node.lineno}: imports {name}; only registry.api"
                    )
                if top == found.manifest.folder.name:  # what lies there may not be what is approved
                    raise Refused(
                        "import", f"{path}, line {node.lineno}: write “from .” for its own modules"
                    )


def check_marks(module: ModuleType) -> None:
    """A function with a hook's name is meant to be one."""
    for name, value in vars(module).items():
        specified = hasattr(getattr(hookspecs, name, None), f"{hookspecs.PROJECT}_spec")
        if specified and callable(value) and not hasattr(value, f"{hookspecs.PROJECT}_impl"):
            raise Refused("hooks", f"{name} has the name of a hook and no @hookimpl")


def check_implementations(hooks: pluggy.PluginManager) -> None:
    try:
        hooks.check_pending()
    except pluggy.PluginValidationError as error:
        raise Refused("hooks", str(error)) from error
    for caller in vars(hooks.hook).values():
        for implementation in caller.get_hookimpls():
            if (
                implementation.wrapper
                or implementation.hookwrapper
                or implementation.tryfirst
                or implementation.trylast
            ):
                raise Refused("hooks", f"{caller.name}: order and wrappers are not for plugins")


def check_names(domain: "Domain") -> None:
    for hook in ("measure_fields", "report_fields", "metrics", "importers", "clocks"):
        names = [one.name for one in getattr(domain, hook)]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise Refused("shape", f"{hook}: {', '.join(twice)} stands twice")


def check_reads(domain: "Domain") -> None:
    """``share`` and ``value_of`` name questions of the report."""
    asked = {spec.name for spec in domain.report_fields if not spec.secrecy}
    for metric in domain.metrics:
        for name in getattr(metric.compute, "reads", ()):
            if name not in asked:
                raise Refused("shape", f"metrics: {metric.name}: no open report field {name!r}")


def check_fields(domain: "Domain") -> None:
    """Every face of every field once, with its samples: a plugin's own type may be wrong."""
    for hook in ("measure_fields", "report_fields"):
        for spec in getattr(domain, hook):
            try:
                spec.form_field()
                for sample in spec.samples():
                    spec.text(spec.load(spec.dump(sample)))
                spec.schema()
                _hash = spec.spec()
            except Exception as error:
                raise Refused(
                    "shape", f"{hook}: field {spec.name}: {type(error).__name__}: {error}"
                ) from error


def check_clocks(domain: "Domain") -> None:
    dates = {one.name: one for one in domain.measure_fields if isinstance(one, Date)}
    for clock in domain.clocks:
        if clock.start and clock.start not in dates:
            raise Refused("shape", f"clocks: {clock.name}: no date field {clock.start!r}")
        if clock.start and dates[clock.start].secrecy:
            raise Refused("shape", f"clocks: {clock.name}: {clock.start!r} is secret")


def rehearse(name: str, blueprint: Blueprint, nav_items: Sequence[NavItem] = ()) -> None:
    """Register on a throw-away app, and refuse what would reach beyond the domain's pages."""
    if blueprint.name != name:
        raise Refused("blueprint", f"the blueprint must be called {name!r}")
    if blueprint.template_folder is not None or blueprint.static_folder is not None:
        raise Refused("blueprint", "templates/ and static/ are found by the host; name none")
    stage = Flask("rehearsal", static_folder=None)
    before = _app_wide(stage)
    stage.register_blueprint(blueprint, url_prefix=f"/domain/{name}")
    if _app_wide(stage) != before:
        raise Refused("blueprint", "it registers a handler for the whole app")
    for rule in stage.url_map.iter_rules():
        if not rule.rule.startswith(f"/domain/{name}/"):
            raise Refused("blueprint", f"{rule.rule} is outside /domain/{name}/")
    addresses = stage.url_map.bind("")
    for item in nav_items:
        try:
            addresses.build(f"{name}.{item.endpoint}")
        except BuildError as error:
            raise Refused("blueprint", f"nav_items: no page {item.endpoint!r}") from error


def _app_wide(app: Flask) -> list[Any]:
    registries: list[dict[Any, Any]] = [
        app.before_request_funcs,
        app.after_request_funcs,
        app.teardown_request_funcs,
        app.template_context_processors,
        app.url_value_preprocessors,
        app.url_default_functions,
    ]
    counted: list[Any] = [len(registry.get(None, ())) for registry in registries]
    counted.append(len(app.error_handler_spec.get(None, {})))
    counted.append(sorted(app.jinja_env.filters) + sorted(app.jinja_env.tests))
    counted.append(sorted(app.jinja_env.globals))
    counted.append(len(app.teardown_appcontext_funcs))
    return counted
