"""Fill in a Word template. Runs by itself too, for a template that is not ours.

``python -I filling.py`` reads a JSON header line and the template from standard input and writes
the filled file to standard output, in a process that is given up after a while and that may not
grow. It imports nothing of the registry.

A template is data of a stranger: it may say where a named value goes, repeat a row for each of a
list and leave out what is empty. Every template passes the same narrow gate when it is parsed,
and it is given dicts, lists and texts only.
"""

import io
import json
import sys
from collections.abc import Mapping
from typing import Any

from docxtpl import DocxTemplate
from jinja2 import StrictUndefined, nodes
from jinja2.exceptions import SecurityError
from jinja2.runtime import LoopContext
from jinja2.sandbox import ImmutableSandboxedEnvironment

SECONDS = 20
BYTES = 1_500_000_000
TAGS = 300
FILTERS = frozenset({"upper", "lower", "default"})
LOOP = frozenset({"first", "last", "index", "length"})

# What a template may be made of. No calls, no arithmetic, no assignment, no macros, no imports.
_ALLOWED: tuple[type[nodes.Node], ...] = (
    nodes.Template,
    nodes.Output,
    nodes.TemplateData,
    nodes.Name,
    nodes.Getattr,
    nodes.Const,
    nodes.If,
    nodes.For,
    nodes.Not,
    nodes.And,
    nodes.Or,
    nodes.Compare,
    nodes.Operand,
    nodes.Filter,
)


class NotAllowed(Exception):
    """The template holds a tag that none may hold; the message is the tag's kind or name."""


class Closed(ImmutableSandboxedEnvironment):
    """Jinja with next to nothing in it; what :func:`check` does not let through is not compiled."""

    def __init__(self, names: Mapping[str, Any]) -> None:
        super().__init__(autoescape=True, undefined=StrictUndefined)
        self.names = names
        self.globals.clear()
        self.tests.clear()
        self.filters = {name: self.filters[name] for name in FILTERS}

    def _parse(self, source: str, name: str | None, filename: str | None) -> nodes.Template:
        tree = super()._parse(source, name, filename)
        check(tree, self.names)
        return tree

    def getattr(self, obj: Any, attribute: str) -> Any:
        if isinstance(obj, LoopContext) and attribute in LOOP:
            return getattr(obj, attribute)
        if isinstance(obj, dict):
            return obj.get(attribute, "")
        raise SecurityError(attribute)

    def getitem(self, obj: Any, argument: Any) -> Any:
        raise SecurityError(str(argument))

    def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:
        return False

    def is_safe_callable(self, obj: Any) -> bool:
        return False


def check(tree: nodes.Template, names: Mapping[str, Any]) -> None:
    """Every tag is one that a template may hold, and every name one that there is.

    A loop runs over a named list, never within another: so what comes out is never longer than
    the template times the longest list.

    :raises NotAllowed: naming what may not be there.
    """
    tags = 0
    for node in tree.find_all(nodes.Node):
        if not isinstance(node, _ALLOWED):
            raise NotAllowed(type(node).__name__)
        if isinstance(node, nodes.Filter) and (node.name not in FILTERS or len(node.args) > 1):
            raise NotAllowed(node.name)
        tags += isinstance(node, nodes.Name | nodes.For | nodes.If)
    if tags > TAGS:
        raise NotAllowed(f"> {TAGS}")
    _names(tree, names, {})


def _names(node: nodes.Node, names: Mapping[str, Any], loop: Mapping[str, Any]) -> None:
    if isinstance(node, nodes.For):
        found = names.get(node.iter.name) if isinstance(node.iter, nodes.Name) else None
        if loop or node.recursive or node.test or not isinstance(found, list):
            raise NotAllowed("for")
        if not isinstance(node.target, nodes.Name) or node.target.name in names:
            raise NotAllowed("for")
        fields = {key: "" for row in found for key in row}
        inner = {node.target.name: fields, "loop": dict.fromkeys(LOOP, "")}
        for child in (*node.body, *node.else_):
            _names(child, names, inner)
        return
    if isinstance(node, nodes.Getattr):
        owner = node.node
        if not isinstance(owner, nodes.Name):
            raise NotAllowed(node.attr)
        known = loop.get(owner.name, names.get(owner.name))
        if not isinstance(known, dict) or node.attr.startswith("_"):
            raise NotAllowed(node.attr)
        if owner.name in loop and node.attr not in known:
            raise NotAllowed(node.attr)
        return
    if isinstance(node, nodes.Name):
        if node.name not in names or not isinstance(names[node.name], str):
            raise NotAllowed(node.name)
        return
    for child in node.iter_child_nodes():
        _names(child, names, loop)


def fill(template: bytes, values: dict[str, Any]) -> bytes:
    """The template with its values; every text is escaped.

    :raises NotAllowed: when it holds what no template may hold.
    :raises jinja2.TemplateError: when a tag cannot be read.
    """
    document = DocxTemplate(io.BytesIO(template))
    document.render(values, Closed(values), autoescape=True)
    made = io.BytesIO()
    document.save(made)
    return made.getvalue()


def main() -> int:
    """:return: 0 filled in; 2 a tag that may not be there, its name on standard output."""
    _bound()
    header, _sep, template = sys.stdin.buffer.read().partition(b"\n")
    try:
        made = fill(template, json.loads(header))
    except NotAllowed as refused:
        sys.stdout.write(str(refused))
        return 2
    sys.stdout.buffer.write(made)
    return 0


def _bound() -> None:
    """No more time and memory than a template needs, where the system can hold it to that."""
    try:
        import resource
    except ImportError:  # Windows; the caller's patience ends all the same
        return
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_AS, (BYTES, BYTES))


if __name__ == "__main__":
    sys.exit(main())
