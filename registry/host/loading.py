"""From files to domain: approved → compatible → import → register → check shapes → rehearse.

A plugin that fails at any step is refused with its reason; the registry starts without it.
"""

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

from registry.config import Settings
from registry.host import approval, checking, hookspecs, migrating, runner, tampering
from registry.host.checking import Refused
from registry.host.fields import Field
from registry.host.importing import forget, import_plugin
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
    checking.check_sources(found)
    try:
        module = import_plugin(found)
    except ModuleNotFoundError as error:
        raise Refused("import", str(error)) from error
    hooks.register(module, name=found.name)
    checking.check_marks(module)
    checking.check_implementations(hooks)
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
    checking.check_names(domain)
    checking.check_reads(domain)
    checking.check_fields(domain)
    checking.check_clocks(domain)
    if domain.blueprint is not None:
        checking.rehearse(domain.name, domain.blueprint, domain.nav_items)
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
