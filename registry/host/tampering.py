"""Notice, and undo, when a plugin changes what is not its own while it is being loaded.

What is watched: names in the modules of the registry and of the libraries it stands on, and in
the registry's and Flask's classes. This is to catch mistakes and bad habits; whoever approves a
plugin has read it.
"""

import sys
from types import ModuleType
from typing import Any

WATCHED = ("builtins", "flask", "flask_login", "flask_wtf", "jinja2", "registry", "werkzeug")
CLASSES = ("flask", "registry")
Marks = list[tuple[Any, dict[str, Any]]]


def marks() -> Marks:
    """What stands where just now: owner → name → value."""
    found: Marks = []
    for name, module in list(sys.modules.items()):
        top = name.partition(".")[0]
        if top not in WATCHED or not isinstance(module, ModuleType):
            continue
        own = {key: value for key, value in vars(module).items() if not key.startswith("__")}
        found.append((module, own))
        if top in CLASSES:
            found += [
                (value, _methods(value))
                for value in own.values()
                if isinstance(value, type) and value.__module__ == name
            ]
    return found


def _methods(kind: type) -> dict[str, Any]:
    return {
        key: value
        for key, value in vars(kind).items()
        if callable(value) and not key.startswith("__")
    }


def undo(before: Marks) -> list[str]:
    """Put back what has been changed since; the names of what was."""
    changed: list[str] = []
    for owner, names in before:
        now = vars(owner)
        for key, value in names.items():
            if now.get(key) is not value:
                setattr(owner, key, value)
                changed.append(f"{owner.__name__}.{key}")
    return changed
