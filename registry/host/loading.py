"""From files to domain: approved → compatible → import → register → check shapes → rehearse.

A plugin that fails at any step is refused with its reason; the registry starts without it.
"""

import ast
import traceback
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from itertools import islice
from pathlib import Path
from types import ModuleType
from typing import Any

import pluggy
from flask import Blueprint, Flask
from werkzeug.routing import BuildError

from registry.config import Settings
from registry.host import approval, hookspecs, migrating, runner, tampering
from registry.host.fields import Date, Field
from registry.host.importing import forget, import_plugin, sources
from registry.host.manifest import Found, Manifest, find
from registry.host.metrics import Metric
from registry.host.texts import Catalogue, translated
from registry.host.values import Clock, Importer, NavItem, Refusal
from registry.language import day, number

CONTRIBUTIONS: dict[str, type[Any]] = {
    "measure_fields": Field,
    "report_fields": Field,
    "metrics": Metric,
    "nav_items": NavItem,
    "importers": Importer,
    "clocks": Clock,
}
MOST = 200  # contributions of a kind: more is a mistake, or would never end
SECONDS = 10
TEXTS = ("label", "help", "unit", "law", "options", "archived")


class Refused(Exception):
    def __init__(self, step: str, reason: str) -> None:
        super().__init__(reason)
        self.step = step


@dataclass(frozen=True, eq=False)
class Domain:
    """A loaded plugin with its contributions, frozen. Loaded is not enabled."""

    found: Found
    module: ModuleType
    hooks: pluggy.PluginManager
    measure_fields: tuple[Field, ...]
    report_fields: tuple[Field, ...]
    metrics: tuple[Metric, ...]
    nav_items: tuple[NavItem, ...]
    importers: tuple[Importer, ...]
    clocks: tuple[Clock, ...]
    blueprint: Blueprint | None
    catalogue: Catalogue
    implemented: frozenset[str]
    templates: Mapping[str, str]
    table_heads: frozenset[str]

    @property
    def manifest(self) -> Manifest:
        return self.found.manifest

    @property
    def name(self) -> str:
        return self.manifest.name

    @property
    def title(self) -> str:
        return self.say(self.manifest.title)

    @property
    def fields(self) -> tuple[Field, ...]:
        return (*self.measure_fields, *self.report_fields)

    @property
    def owns_tables(self) -> bool:
        return bool(self.table_heads)

    def implements(self, hook: str) -> bool:
        return hook in self.implemented

    def say(self, text: str, values: Mapping[str, Any] | None = None) -> str:
        """A text of the plugin's in the reader's language."""
        return self.catalogue.say(text, values)

    def written(self, value: Any) -> str:
        """A value as a person reads it: numbers and days as in Sweden, texts translated."""
        if value is None or isinstance(value, date | datetime):
            return day(value)
        if isinstance(value, int | float | Decimal) and not isinstance(value, bool):
            return number(value, None if isinstance(value, int) else 1)
        return self.say(str(value))


@dataclass(frozen=True)
class Loaded:
    """All that was found at the start: domains by name, and refusals by name.

    :param found: every plugin with a manifest that can be read, taken in or not.
    """

    domains: dict[str, Domain]
    refusals: dict[str, Refusal]
    found: dict[str, Found] = field(default_factory=dict)

    @property
    def bundled(self) -> frozenset[str]:
        return frozenset(name for name, one in self.found.items() if one.origin == "bundled")


def init_app(app: Flask, settings: Settings, bundled: Path) -> None:
    folders = [bundled, *settings.plugin_dirs]
    found = list(find(folders, bundled=bundled, packages=True))
    app.extensions["plugin_places"] = (folders, bundled)
    app.extensions["plugins"] = load_all(found, approval.approved(app, settings, found))
    for refusal in loaded(app).refusals.values():
        app.logger.error("plugin %s refused (%s): %s", refusal.name, refusal.step, refusal.reason)


def loaded(app: Flask) -> Loaded:
    found: Loaded = app.extensions["plugins"]
    return found


def on_disk(app: Flask) -> dict[str, Found | Refusal]:
    """What lies in the plugins' places now, which may differ from what was taken in."""
    folders, bundled = app.extensions["plugin_places"]
    found: dict[str, Found | Refusal] = {}
    for one in find(folders, bundled=bundled, packages=True):
        found.setdefault(one.name, one)
    return found


def load_all(found: Sequence[Found | Refusal], approved: Mapping[str, str]) -> Loaded:
    """:param approved: name → digest; a plugin that did not come with the registry and has
    another digest, or none, is not imported."""
    domains: dict[str, Domain] = {}
    refusals: dict[str, Refusal] = {}
    readable: dict[str, Found] = {}
    before: tampering.Marks | None = None
    for one in found:
        if isinstance(one, Refusal):
            refusals[one.name] = one
            continue
        readable[one.name] = one
        key = (one.manifest.folder, one.digest)
        result: Domain | Refusal
        if one.origin == "bundled" and key in _known:
            result = _known[key]
        else:
            before = before or tampering.marks()
            result = take_in(one, approved.get(one.name), before)
        if isinstance(result, Domain):
            if one.origin == "bundled":
                _known[key] = result
            domains[one.name] = result
        else:
            refusals[one.name] = result
    return Loaded(dict(sorted(domains.items())), refusals, dict(sorted(readable.items())))


# What came with the registry is taken in once for all apps of a process: the same bytes give the
# same domain.
_known: dict[tuple[Path, str], Domain] = {}


def load_unapproved(app: Flask) -> Loaded:
    """What would be taken in, were everything approved: for checks by whoever wrote it."""
    found = list(on_disk(app).values())
    return load_all(found, {one.name: one.digest for one in found if isinstance(one, Found)})


def load_folder(folder: Path) -> Loaded:
    """Every plugin in a folder, all taken as approved: for checks and tests."""
    return load_all(list(find([folder], bundled=folder)), {})


def take_in(
    found: Found, approved: str | None, before: tampering.Marks | None = None
) -> Domain | Refusal:
    """Load one plugin, or say why not; nothing it changed outside itself stays changed.

    :param before: what stood where before any plugin was loaded; read now when left out.
    """
    if found.origin != "bundled" and approved != found.digest:
        reason = "it is not approved" if approved is None else "it has changed since its approval"
        return Refusal(found.name, "approval", f"{reason} (digest {found.digest})")
    before = before if before is not None else tampering.marks()
    try:
        domain = runner.run(lambda: load(found), SECONDS)
        changed = tampering.undo(before)
        if changed:
            raise Refused("import", f"it changes what is not its own: {', '.join(changed[:5])}")
        return domain
    except Refused as error:
        refusal = Refusal(found.name, error.step, str(error))
    except BaseException as error:
        trace = "".join(traceback.format_exception(error))
        refusal = Refusal(found.name, "import", f"{type(error).__name__}: {error}", trace)
    tampering.undo(before)
    forget(found.name)
    return refusal


def load(found: Found) -> Domain:
    """:raises Refused: when the plugin's shape is wrong; else whatever its own code raises."""
    hooks = pluggy.PluginManager(hookspecs.PROJECT)
    hooks.add_hookspecs(hookspecs)
    _check_sources(found)
    try:
        module = import_plugin(found)
    except ModuleNotFoundError as error:
        raise Refused("import", str(error)) from error
    hooks.register(module, name=found.name)
    _check_marks(module)
    _check_implementations(hooks)
    catalogue = Catalogue(found.files, found.manifest.language)
    try:
        catalogue.check()
    except ValueError as error:
        raise Refused("texts", f"locale: {error}") from error
    given = {
        hook: tuple(translated(one, catalogue, TEXTS) for one in _contribution(hooks, hook, kind))
        for hook, kind in CONTRIBUTIONS.items()
    }
    domain = Domain(
        found=found,
        module=module,
        hooks=hooks,
        **given,
        blueprint=_blueprint(hooks),
        catalogue=catalogue,
        templates=_templates(found),
        table_heads=_heads(found),
        implemented=frozenset(
            name for name, caller in vars(hooks.hook).items() if caller.get_hookimpls()
        ),
    )
    _check_names(domain)
    _check_reads(domain)
    _check_fields(domain)
    _check_clocks(domain)
    if domain.blueprint is not None:
        rehearse(domain.name, domain.blueprint, domain.nav_items)
    elif domain.nav_items:
        raise Refused("blueprint", "nav_items lead to pages, and there is no blueprint")
    return domain


def _templates(found: Found) -> dict[str, str]:
    """The plugin's templates as they were when it was approved."""
    try:
        return {
            path.removeprefix("templates/"): source.decode("utf-8")
            for path, source in found.files.items()
            if path.startswith("templates/") and path.endswith(".html")
        }
    except UnicodeDecodeError as error:
        raise Refused("templates", f"a template is not UTF-8: {error}") from error


def _heads(found: Found) -> frozenset[str]:
    try:
        return migrating.heads(found)
    except Exception as error:
        raise Refused("tables", f"migrations: {type(error).__name__}: {error}") from error


def _check_sources(found: Found) -> None:
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


def _check_marks(module: ModuleType) -> None:
    """A function with a hook's name is meant to be one."""
    for name, value in vars(module).items():
        specified = hasattr(getattr(hookspecs, name, None), f"{hookspecs.PROJECT}_spec")
        if specified and callable(value) and not hasattr(value, f"{hookspecs.PROJECT}_impl"):
            raise Refused("hooks", f"{name} has the name of a hook and no @hookimpl")


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
    if isinstance(answer, str | bytes | Mapping) or not hasattr(answer, "__iter__"):
        raise Refused("shape", f"{hook}: expected a list of {kind.__name__}, got {answer!r:.80}")
    given = tuple(islice(answer, MOST + 1))
    if len(given) > MOST:
        raise Refused("shape", f"{hook}: more than {MOST} {kind.__name__}")
    for one in given:
        if not isinstance(one, kind):
            raise Refused("shape", f"{hook}: expected {kind.__name__}, got {one!r:.80}")
    return given


def _blueprint(hooks: pluggy.PluginManager) -> Blueprint | None:
    answers = hooks.hook.blueprint()
    if not answers:
        return None
    if not isinstance(answers[0], Blueprint):
        raise Refused("shape", f"blueprint: expected a Blueprint, got {answers[0]!r:.80}")
    return answers[0]


def _check_names(domain: Domain) -> None:
    for hook in ("measure_fields", "report_fields", "metrics", "importers", "clocks"):
        names = [one.name for one in getattr(domain, hook)]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise Refused("shape", f"{hook}: {', '.join(twice)} stands twice")


def _check_reads(domain: Domain) -> None:
    """``share`` and ``value_of`` name questions of the report."""
    asked = {spec.name for spec in domain.report_fields if not spec.secrecy}
    for metric in domain.metrics:
        for name in getattr(metric.compute, "reads", ()):
            if name not in asked:
                raise Refused("shape", f"metrics: {metric.name}: no open report field {name!r}")


def _check_fields(domain: Domain) -> None:
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


def _check_clocks(domain: Domain) -> None:
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
