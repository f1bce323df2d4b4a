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
Marks = list[tuple[Any, str, Any]]


def marks() -> Marks:
    """What stands where just now."""
    found: Marks = []
    for name, module in list(sys.modules.items()):
        top = name.partition(".")[0]
        if top not in WATCHED or not isinstance(module, ModuleType):
            continue
        for key, value in list(vars(module).items()):
            if key.startswith("__"):
                continue
            found.append((module, key, value))
            if top in CLASSES and isinstance(value, type) and value.__module__ == name:
                found += [
                    (value, inner, one)
                    for inner, one in list(vars(value).items())
                    if callable(one) and not inner.startswith("__")
                ]
    return found


def undo(before: Marks) -> list[str]:
    """Put back what has been changed since; the names of what was."""
    changed: list[str] = []
    for owner, key, value in before:
        if vars(owner).get(key) is not value:
            setattr(owner, key, value)
            changed.append(f"{owner.__name__}.{key}")
    return changed
