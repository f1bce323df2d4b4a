"""Find plugins, read their files once and their manifests; no plugin code is imported here.

What is read here is all that the registry ever uses of a plugin: its code, templates and static
files are served from these bytes, so that what was approved is what runs.
"""

import hashlib
import os
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from importlib.metadata import EntryPoint, entry_points
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from registry.host.values import Refusal

API = (1, 0)
GROUP = "registry.plugins"
PLUGIN_NAME = re.compile(r"[a-z][a-z0-9_]{1,39}")
LARGEST = 10_000_000
MOST_FILES = 1000


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


@dataclass(frozen=True)
class Found:
    """A plugin as it lies on disk: its manifest and its files, read once.

    :param origin: ``bundled`` (came with the registry), ``folder`` or ``package``.
    :param files: path within the plugin, with ``/`` → bytes. Compiled code is never among them.
    """

    manifest: Manifest
    origin: str
    files: Mapping[str, bytes] = field(repr=False)

    @property
    def name(self) -> str:
        return self.manifest.name

    @cached_property
    def file_digests(self) -> dict[str, str]:
        """Path → SHA-256, by path."""
        return {path: hashlib.sha256(self.files[path]).hexdigest() for path in sorted(self.files)}

    @cached_property
    def digest(self) -> str:
        """SHA-256 over sorted paths and bytes: what an approval is of."""
        whole = hashlib.sha256()
        for path, digest in self.file_digests.items():
            whole.update(f"{path}\0{digest}\n".encode())
        return whole.hexdigest()


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


def find(
    folders: Iterable[Path], *, bundled: Path | None = None, packages: bool = False
) -> Iterator[Found | Refusal]:
    """Every plugin in the given folders and, when asked, every installed package with the entry
    point group ``registry.plugins``; the first of a name wins."""
    seen: set[str] = set()
    for one in (*_in_folders(folders, bundled), *(_in_packages() if packages else ())):
        if one.name in seen:
            yield Refusal(one.name, "name", f"another plugin is called {one.name} already")
            continue
        seen.add(one.name)
        yield one


def _in_folders(folders: Iterable[Path], bundled: Path | None) -> Iterator[Found | Refusal]:
    for parent in folders:
        if not parent.is_dir():
            yield Refusal(str(parent), "folder", "the plugins folder does not exist")
            continue
        for folder in sorted(path.parent for path in parent.glob("*/plugin.toml")):
            yield read(folder, "bundled" if parent == bundled else "folder", folder.name)


def _in_packages() -> Iterator[Found | Refusal]:
    for point in sorted(entry_points(group=GROUP), key=lambda one: one.name):
        folder = _package_folder(point)
        if folder is None:
            reason = f"the entry point {point.value!r} is not an installed top-level package"
            yield Refusal(point.name, "package", reason)
        else:
            yield read(folder, "package", point.name)


def _package_folder(point: EntryPoint) -> Path | None:
    """Where the package lies; nothing of it is imported to find out."""
    if "." in point.value or ":" in point.value:
        return None
    spec = find_spec(point.value)
    places = list(spec.submodule_search_locations or ()) if spec is not None else []
    return Path(places[0]) if places else None


def read(folder: Path, origin: str = "folder", name: str | None = None) -> Found | Refusal:
    """Read a plugin, unless just these files have been read in this process before.

    :param name: what the plugin must be called: its folder's or its entry point's name.
    """
    name = name or folder.name
    try:
        files = _listed(folder)
        key = (folder, origin, name)
        known = _read.get(key)
        if known is None or known[0] != files:
            known = (files, _taken(folder, origin, name, files))
            _read[key] = known
    except (OSError, ValueError) as error:
        return Refusal(name, "files", str(error))
    return known[1]


Listing = tuple[tuple[str, int, int, int], ...]
_read: dict[tuple[Path, str, str], tuple[Listing, "Found | Refusal"]] = {}


def _taken(folder: Path, origin: str, name: str, listed: Listing) -> Found | Refusal:
    files = {path: (folder / path).read_bytes() for path, *_state in listed}
    try:
        if "plugin.toml" not in files:
            raise ValueError("there is none")
        values = tomllib.loads(files["plugin.toml"].decode("utf-8"))
        _check(name, values)
    except ValueError as error:
        return Refusal(name, "manifest", f"plugin.toml: {error}")
    known = {key: values[key] for key in _REQUIRED}
    manifest = Manifest(**known, language=values.get("language", "sv"), folder=folder)
    if (reason := _incompatible(manifest.api)) is not None:
        return Refusal(name, "api", reason)
    return Found(manifest, origin, files)


def _listed(folder: Path) -> Listing:
    """Every file of a plugin with its size and times; caches and hidden files are not read, and so
    are never used.

    :raises ValueError: for a symlink (it may lead to what nobody has approved), or too much.
    """
    if folder.is_symlink():
        raise ValueError("the folder is a symlink")
    found: list[tuple[str, int, int, int]] = []
    waiting = [(folder, "")]
    while waiting:
        place, prefix = waiting.pop()
        with os.scandir(place) as entries:
            for entry in entries:
                path = prefix + entry.name
                if entry.is_symlink():
                    raise ValueError(f"{path} is a symlink")
                if entry.name.startswith(".") or entry.name == "__pycache__":
                    continue
                path.encode("utf-8")  # a name that is not text cannot be shown to be approved
                if entry.is_dir():
                    waiting.append((Path(entry.path), f"{path}/"))
                elif not entry.is_file():
                    raise ValueError(f"{path} is not a file")
                elif not entry.name.endswith((".pyc", ".pyo")):
                    state = entry.stat()
                    found.append((path, state.st_size, state.st_mtime_ns, state.st_ctime_ns))
    if len(found) > MOST_FILES or sum(size for _path, size, *_times in found) > LARGEST:
        raise ValueError(f"more than {LARGEST} bytes or {MOST_FILES} files")
    return tuple(sorted(found))


def _check(expected: str, values: dict[str, Any]) -> None:
    for key, kind in _REQUIRED.items():
        if key not in values:
            raise ValueError(f"{key} is missing")
        if not isinstance(values[key], kind) or isinstance(values[key], bool):
            wanted = "text" if kind is str else "a whole number"
            raise ValueError(f"{key} must be {wanted}, not {values[key]!r:.80}")
        if kind is str and not values[key].strip():
            raise ValueError(f"{key} is empty")
    unknown = values.keys() - _REQUIRED.keys() - {"language"}
    if unknown:
        raise ValueError(f"unknown key {', '.join(sorted(unknown))}")
    if values.get("language", "sv") not in {"sv", "en"}:
        raise ValueError(f"language must be sv or en, not {values['language']!r}")
    if not PLUGIN_NAME.fullmatch(values["name"]) or "__" in values["name"]:
        raise ValueError(f"name {values['name']!r}: lower case letters, digits, underscore")
    if values["name"] != expected:
        raise ValueError(
            f"name {values['name']!r} is not the folder's name {expected!r} (of a package: not "
            "the name of its entry point)"
        )
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
