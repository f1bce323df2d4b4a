"""The pytest plugin ``registry``: fixtures for the tests of a plugin. They do nothing unless asked.

``registry_app`` is the registry with one plugin, switched on: the folder above the one in which
the test module lies, or what the test class has as ``plugin_folder``, or a fixture of that name.
"""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from registry.testing import stage as stages
from registry.testing.stage import NotTakenIn, Stage

Staged = Callable[[Path], Stage]


@pytest.fixture(scope="session")
def _registry_staged(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Staged]:
    """Gives the stage of a plugin folder: set once, put back to its beginning each time."""
    known: dict[Path, Stage] = {}
    template: list[Path] = []

    def staged(folder: Path) -> Stage:
        if folder not in known:
            if not template:
                template.append(stages.migrated(tmp_path_factory.mktemp("migrated")))
            place = tmp_path_factory.mktemp(folder.name)
            known[folder] = stages.set_up(folder, place, template[0])
        known[folder].reset()
        return known[folder]

    yield staged
    for stage in known.values():
        stage.close()


@pytest.fixture
def plugin_folder(request: pytest.FixtureRequest) -> Path:
    """The folder of the plugin that is tested; a module may have a fixture of its own instead."""
    named = getattr(request.cls, "plugin_folder", None)
    return Path(named or request.path.parent.parent).resolve()


@pytest.fixture
def registry_stage(plugin_folder: Path, _registry_staged: Staged) -> Iterator[Stage]:
    """The registry with this plugin, and the numbers of what is in it."""
    try:
        stage = _registry_staged(plugin_folder)
    except NotTakenIn as refused:
        pytest.fail(f"The registry refuses the plugin at {refused}.", pytrace=False)
    with stage.app.app_context():
        yield stage
    stage.close()


@pytest.fixture
def registry_app(registry_stage: Stage) -> Flask:
    """The registry with this plugin switched on: a plan whose one measure lies in the domain, a
    board that answers for it, an open round. An app context is pushed."""
    return registry_stage.app


@pytest.fixture
def registry_clients(registry_stage: Stage) -> dict[str, FlaskClient]:
    """A signed-in client for each role: ``reporter``, ``approver``, ``coordinator``,
    ``executive``, ``domain_lead``, ``auditor``, ``admin``; and ``cleared``, ``anonymous``."""
    return registry_stage.clients
