"""What all parts of the contract begin from."""

from pathlib import Path
from typing import Any, ClassVar, NoReturn

import pytest

from registry.testing.stage import Stage


def fail(sentence: str) -> NoReturn:
    """End the test with what to do, and no trace of the contract's own code."""
    pytest.fail(sentence, pytrace=False)


class Staged:
    plugin_folder: ClassVar[Path | str | None] = None

    @pytest.fixture
    def stage(self, request: pytest.FixtureRequest) -> Stage:
        """The registry with the plugin; a plugin that is refused fails one test, not all."""
        try:
            found: Any = request.getfixturevalue("registry_stage")
        except pytest.fail.Exception:
            pytest.skip("The plugin is refused: see test_the_registry_takes_it_in.")
        stage: Stage = found
        return stage
