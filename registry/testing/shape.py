"""The contract, first part: what a plugin is, before anybody uses it."""

import ast
import json
from pathlib import Path

import pytest

from registry.host import checking, loading, manifest
from registry.host.importing import sources
from registry.host.manifest import Found
from registry.host.values import Refusal
from registry.testing import answers as made
from registry.testing import texts
from registry.testing.stage import Stage
from registry.testing.staged import Staged, fail


def _found(folder: Path) -> Found:
    found = manifest.read(folder, "bundled")
    if isinstance(found, Refusal):
        pytest.skip("See test_the_manifest_can_be_read.")
    return found


class Shape(Staged):
    def test_the_manifest_can_be_read(self, plugin_folder: Path) -> None:
        """plugin.toml is complete, and made for this registry's api."""
        found = manifest.read(plugin_folder, "bundled")
        if isinstance(found, Refusal):
            fail(f"Mend {plugin_folder / 'plugin.toml'} ({found.step}): {found.reason}.")

    def test_of_the_registry_it_imports_the_api_only(self, plugin_folder: Path) -> None:
        for path, source in sources(_found(plugin_folder).files).items():
            if path.startswith(("tests/", "migrations/")):
                continue
            for node in ast.walk(ast.parse(source, path)):
                names = [one.name for one in node.names] if isinstance(node, ast.Import) else []
                if isinstance(node, ast.ImportFrom) and not node.level:
                    names = [node.module or ""]
                for name in names:
                    if name.partition(".")[0] == "registry" and name != "registry.api":
                        fail(f"Import from registry.api instead of {name} ({path}).")

    def test_the_registry_takes_it_in(self, plugin_folder: Path) -> None:
        """Hooks, shapes, names that are unique, clocks that start from a field, a blueprint that
        changes nothing beyond its pages."""
        result = loading.take_in(_found(plugin_folder), None)
        if isinstance(result, Refusal):
            fail(f"Mend what the registry refuses at {result.step}: {result.reason}.")

    def test_its_names_are_unique(self, stage: Stage) -> None:
        for hook in ("measure_fields", "report_fields", "metrics", "importers", "clocks"):
            names = [one.name for one in getattr(stage.domain, hook)]
            for name in names:
                if names.count(name) > 1:
                    fail(f"Give each of {hook} a name of its own; {name!r} stands twice.")

    def test_its_pages_change_nothing_beyond_themselves(self, stage: Stage) -> None:
        domain = stage.domain
        if domain.blueprint is None:
            return
        try:
            checking.rehearse(domain.name, domain.blueprint, domain.nav_items)
        except checking.Refused as refused:
            fail(f"Let the blueprint keep to /domain/{domain.name}/: {refused}.")

    def test_every_clock_starts_from_a_date_of_the_measure(self, stage: Stage) -> None:
        dates = {one.name for one in stage.domain.measure_fields if one.kind == "date"}
        for clock in stage.domain.clocks:
            if clock.start and clock.start not in dates:
                fail(f"Add a Date field {clock.start!r} to measure_fields for {clock.name!r}.")

    def test_every_sample_survives_storing(self, stage: Stage) -> None:
        for spec in stage.domain.fields:
            if not spec.samples():
                fail(f"Let samples() of {spec.name!r} give at least one value.")
            for sample in spec.samples():
                stored = json.loads(json.dumps(spec.dump(sample)))
                if spec.load(stored) != sample:
                    fail(f"Let load() of {spec.name!r} give back {sample!r:.60} after dump().")

    def test_every_sample_survives_the_form(self, stage: Stage) -> None:
        """Shown in its control and sent by a browser, a value is the same value."""
        with stage.app.test_request_context():
            for spec in stage.domain.fields:
                for sample in spec.samples():
                    sent = made.posted(spec, sample)
                    if made.read(spec, sent) != sample:
                        fail(f"Let the form field of {spec.name!r} read {sent!r:.80} as a value.")

    def test_every_translation_is_of_a_text_it_has(self, stage: Stage) -> None:
        found = stage.domain.found
        known = texts.of_code(found) | set(texts.of_contributions(stage.domain))
        for fault in texts.faults(found, known):
            fail(f"{fault}.")
