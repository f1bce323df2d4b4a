"""Find plugins and read their manifests; no plugin code is imported here."""

import re
import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from registry.host.values import Refusal

API = (1, 0)
PLUGIN_NAME = re.compile(r"[a-z][a-z0-9_]{1,39}")


@dataclass(frozen=True)
class Manifest:
    """``plugin.toml``: who the plugin is and what it needs.

    :param data_version: raised when the shape of stored data changes; older rows are upgraded.
    :param goal_area: title of the goal area whose measures the domain is about.
    """

    name: str
    title: str
    version: str
    api: str
    data_version: int
    goal_area: str
    language: str
    owner: str
    summary: str
    folder: Path


_REQUIRED: dict[str, type] = {
    "name": str,
    "title": str,
    "version": str,
    "api": str,
    "data_version": int,
    "goal_area": str,
    "owner": str,
    "summary": str,
}


def find(folders: Iterable[Path]) -> Iterator[Manifest | Refusal]:
    """Every plugin folder in the given folders, by name; the first of a name wins."""
    seen: set[str] = set()
    for parent in folders:
        if not parent.is_dir():
            yield Refusal(str(parent), "folder", "the plugins folder does not exist")
            continue
        for folder in sorted(path.parent for path in parent.glob("*/plugin.toml")):
            found = read(folder)
            if found.name in seen:
                yield Refusal(found.name, "name", f"another plugin is called {found.name} already")
                continue
            seen.add(found.name)
            yield found


def read(folder: Path) -> Manifest | Refusal:
    name = folder.name
    try:
        values = tomllib.loads((folder / "plugin.toml").read_text("utf-8"))
        _check(name, values)
    except (OSError, ValueError) as error:
        return Refusal(name, "manifest", f"plugin.toml: {error}")
    known = {key: values[key] for key in _REQUIRED}
    manifest = Manifest(**known, language=values.get("language", "sv"), folder=folder)
    return (
        manifest
        if (reason := _incompatible(manifest.api)) is None
        else Refusal(name, "api", reason)
    )


def _check(folder: str, values: dict[str, Any]) -> None:
    for key, kind in _REQUIRED.items():
        if key not in values:
            raise ValueError(f"{key} is missing")
        if not isinstance(values[key], kind) or isinstance(values[key], bool):
            raise ValueError(f"{key} must be {'text' if kind is str else 'a whole number'}")
        if kind is str and not values[key].strip():
            raise ValueError(f"{key} is empty")
    unknown = values.keys() - _REQUIRED.keys() - {"language"}
    if unknown:
        raise ValueError(f"unknown key {', '.join(sorted(unknown))}")
    if not PLUGIN_NAME.fullmatch(values["name"]) or "__" in values["name"]:
        raise ValueError(f"name {values['name']!r}: lower case letters, digits, underscore")
    if values["name"] != folder:
        raise ValueError(f"name {values['name']!r} is not the folder's name {folder!r}")
    if values["data_version"] < 1:
        raise ValueError("data_version begins at 1")


def _incompatible(api: str) -> str | None:
    match = re.fullmatch(r"(\d+)\.(\d+)", api)
    if match is None:
        return f"api {api!r} is not a version such as 1.0"
    major, minor = int(match[1]), int(match[2])
    if major != API[0] or minor > API[1]:
        return f"made for api {api}; this registry has {API[0]}.{API[1]}"
    return None
