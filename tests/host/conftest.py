"""Plugins written for a test, in a folder of their own."""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

MANIFEST = """
name = "{name}"
title = "{title}"
version = "1.0"
api = "1.0"
data_version = 1
goal_area = "Test"
owner = "Test"
summary = "Test"
"""


@pytest.fixture
def write_plugin(tmp_path: Path) -> Iterator[Callable[..., Path]]:
    """Write a plugin: ``write_plugin("name", code, manifest=...)`` gives its folder."""
    written: list[str] = []

    def write(name: str, code: str, manifest: str | None = None) -> Path:
        folder = tmp_path / "plugins" / name
        folder.mkdir(parents=True)
        text = MANIFEST.format(name=name, title=name.title()) if manifest is None else manifest
        (folder / "plugin.toml").write_text(text, "utf-8")
        (folder / "__init__.py").write_text(code, "utf-8")
        written.append(name)
        return folder

    yield write
    for name in list(sys.modules):
        if name.removeprefix("registry_plugins.").split(".")[0] in written:
            sys.modules.pop(name, None)
