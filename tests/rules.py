"""The addresses of the registry compiled once for all apps of a test process.

Werkzeug writes and compiles two functions for every rule, which is most of what ``create_app``
takes. They depend on the rule alone; whose rule it is they are told when they are called.
"""

from collections.abc import Callable, Hashable
from typing import Any

from werkzeug.routing import Rule

_compile = Rule._compile_builder
_compiled: dict[Hashable, Callable[..., tuple[str, str]]] = {}


def _once(rule: Rule, append_unknown: bool = True) -> Callable[..., Any]:
    if rule.defaults:
        return _compile(rule, append_unknown)
    key = (tuple(rule._trace), append_unknown)
    if key not in _compiled:
        _compiled[key] = _compile(rule, append_unknown)
    return _compiled[key]


def compile_once() -> None:
    Rule._compile_builder = _once  # type: ignore[method-assign]
