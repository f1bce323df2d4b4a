"""Whether a plugin's translations are of texts that it still has."""

import ast
import io
import re
from collections.abc import Iterator

from babel.messages.pofile import read_po

from registry.host.importing import sources
from registry.host.loading import TEXTS, Domain
from registry.host.manifest import Found
from registry.host.texts import Translated

QUOTED = re.compile(r"\"([^\"\n]+)\"|'([^'\n]+)'")
PLACE = re.compile(r"%\((\w+)\)")


def of_code(found: Found) -> set[str]:
    """Every text in the plugin's code, templates and manifest."""
    manifest = found.manifest
    known = {manifest.title, manifest.summary, manifest.goal_area}
    for path, source in sources(found.files).items():
        if not path.startswith(("tests/", "migrations/")):
            known |= {
                node.value
                for node in ast.walk(ast.parse(source))
                if isinstance(node, ast.Constant) and isinstance(node.value, str)
            }
    for path, source in found.files.items():
        if path.startswith("templates/"):
            known |= {a or b for a, b in QUOTED.findall(source.decode("utf-8"))}
    return known


def of_contributions(domain: Domain) -> Iterator[str]:
    """Labels and such as they came out of the hooks: some are put together in the code."""
    for one in (
        *domain.fields,
        *domain.metrics,
        *domain.nav_items,
        *domain.importers,
        *domain.clocks,
    ):
        for name in TEXTS:
            value = getattr(one, name, None)
            pairs = value if isinstance(value, tuple) else (("", value),)
            yield from (
                text.source if isinstance(text, Translated) else text
                for _key, text in pairs
                if isinstance(text, str)
            )


def faults(found: Found, known: set[str]) -> Iterator[str]:
    """What is wrong in the plugin's catalogues, a sentence each."""
    for path, source in found.files.items():
        if not re.fullmatch(r"locale/\w+/LC_MESSAGES/messages\.po", path):
            continue
        for message in read_po(io.BytesIO(source)):
            if not message.id:
                continue
            text, translation = str(message.id), str(message.string)
            if text not in known:
                yield f"{path}: no text of the plugin reads {text!r}; remove it or write it anew"
            if translation and set(PLACE.findall(text)) != set(PLACE.findall(translation)):
                yield f"{path}: the translation of {text!r} needs the same %(names)s"
