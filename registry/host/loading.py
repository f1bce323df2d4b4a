"""From folder to domain: import → register → check shapes → rehearse the blueprint.

A plugin that fails at any step is refused with its reason; the registry starts without it.
"""

import importlib.util
import sys
import traceback
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import pluggy
from flask import Blueprint, Flask
from werkzeug.routing import BuildError

from registry.config import Settings
from registry.host import hookspecs
from registry.host.fields import Field
from registry.host.manifest import Manifest, find
from registry.host.metrics import Metric
from registry.host.values import NavItem, Refusal

CONTRIBUTIONS = ("measure_fields", "report_fields", "metrics", "blueprint", "nav_items")


class Refused(Exception):
    def __init__(self, step: str, reason: str) -> None:
        super().__init__(reason)
        self.step = step


@dataclass(frozen=True, eq=False)
class Domain:
    """A loaded plugin with its contributions, frozen. Loaded is not enabled."""

    manifest: Manifest
    hooks: pluggy.PluginManager
    measure_fields: tuple[Field, ...]
    report_fields: tuple[Field, ...]
    metrics: tuple[Metric, ...]
    blueprint: Blueprint | None
    nav_items: tuple[NavItem, ...]

    @property
    def name(self) -> str:
        return self.manifest.name

    @property
    def title(self) -> str:
        return self.manifest.title

    def implements(self, hook: str) -> bool:
        return bool(getattr(self.hooks.hook, hook).get_hookimpls())


@dataclass(frozen=True)
class Loaded:
    """All that was found at the start: domains by name, and refusals by name."""

    domains: dict[str, Domain]
    refusals: dict[str, Refusal]
    bundled: frozenset[str]


def init_app(app: Flask, settings: Settings, bundled: Path) -> None:
    app.extensions["plugins"] = load_all([bundled, *settings.plugin_dirs], bundled)
    for refusal in loaded(app).refusals.values():
        app.logger.error("plugin %s refused (%s): %s", refusal.name, refusal.step, refusal.reason)


def loaded(app: Flask) -> Loaded:
    found: Loaded = app.extensions["plugins"]
    return found


def load_all(folders: Sequence[Path], bundled: Path) -> Loaded:
    domains: dict[str, Domain] = {}
    refusals: dict[str, Refusal] = {}
    own: set[str] = set()
    for manifest in find(folders):
        if isinstance(manifest, Refusal):
            refusals[manifest.name] = manifest
            continue
        if manifest.folder.parent == bundled:
            own.add(manifest.name)
        try:
            domains[manifest.name] = load(manifest)
        except Refused as error:
            refusals[manifest.name] = Refusal(manifest.name, error.step, str(error))
        except (Exception, SystemExit) as error:  # whatever a plugin's own code raises
            trace = traceback.format_exc()
            reason = f"{type(error).__name__}: {error}"
            refusals[manifest.name] = Refusal(manifest.name, "import", reason, trace)
    return Loaded(dict(sorted(domains.items())), refusals, frozenset(own))


def load(manifest: Manifest) -> Domain:
    """:raises Refused: when the plugin's shape is wrong; else whatever its own code raises."""
    hooks = pluggy.PluginManager(hookspecs.PROJECT)
    hooks.add_hookspecs(hookspecs)
    hooks.register(_import(manifest), name=manifest.name)
    _check_implementations(hooks)
    domain = Domain(
        manifest=manifest,
        hooks=hooks,
        measure_fields=_contribution(hooks, "measure_fields", Field),
        report_fields=_contribution(hooks, "report_fields", Field),
        metrics=_contribution(hooks, "metrics", Metric),
        blueprint=_blueprint(hooks),
        nav_items=_contribution(hooks, "nav_items", NavItem),
    )
    _check_names(domain)
    if domain.blueprint is not None:
        rehearse(domain.name, domain.blueprint, domain.nav_items)
    elif domain.nav_items:
        raise Refused("blueprint", "nav_items lead to pages, and there is no blueprint")
    return domain


def _import(manifest: Manifest) -> ModuleType:
    name = f"registry_plugins.{manifest.name}"
    init = manifest.folder / "__init__.py"
    if not init.is_file():
        raise Refused("import", "there is no __init__.py")
    spec = importlib.util.spec_from_file_location(
        name, init, submodule_search_locations=[str(manifest.folder)]
    )
    if spec is None or spec.loader is None:
        raise Refused("import", "cannot be imported")
    sys.modules.setdefault("registry_plugins", ModuleType("registry_plugins"))
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except BaseException:
        sys.modules.pop(name, None)
        raise
    return module


def _check_implementations(hooks: pluggy.PluginManager) -> None:
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


def _contribution(hooks: pluggy.PluginManager, hook: str, kind: type[Any]) -> tuple[Any, ...]:
    answers = getattr(hooks.hook, hook)()
    if not answers:
        return ()
    answer = answers[0]
    if isinstance(answer, str) or not isinstance(answer, Sequence):
        raise Refused("shape", f"{hook}: expected a list of {kind.__name__}, got {answer!r:.80}")
    for one in answer:
        if not isinstance(one, kind):
            raise Refused("shape", f"{hook}: expected {kind.__name__}, got {one!r:.80}")
    return tuple(answer)


def _blueprint(hooks: pluggy.PluginManager) -> Blueprint | None:
    answers = hooks.hook.blueprint()
    if not answers:
        return None
    if not isinstance(answers[0], Blueprint):
        raise Refused("shape", f"blueprint: expected a Blueprint, got {answers[0]!r:.80}")
    return answers[0]


def _check_names(domain: Domain) -> None:
    for hook in ("measure_fields", "report_fields", "metrics"):
        names = [one.name for one in getattr(domain, hook)]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise Refused("shape", f"{hook}: {', '.join(twice)} stands twice")
    for field in (*domain.measure_fields, *domain.report_fields):
        if field.secrecy is not None:
            raise Refused("shape", f"{field.name}: secret fields come with sealing; leave it out")


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
