"""A domain's texts in the reader's language: its own catalogue, one for each plugin.

A plugin writes its texts in the language of its manifest; ``locale/en/LC_MESSAGES/messages.po``
in its folder translates them. Nothing needs to be compiled.
"""

import io
from collections.abc import Mapping
from dataclasses import fields, is_dataclass, replace
from functools import cached_property
from typing import Any, TypeVar

from babel.messages.pofile import read_po
from flask_babel import get_locale
from markupsafe import Markup, escape

T = TypeVar("T")


class Catalogue:
    """:param files: the plugin's files, by path."""

    def __init__(self, files: Mapping[str, bytes], language: str) -> None:
        self._language = language
        self._files = {
            parts[1]: source
            for path, source in files.items()
            if len(parts := path.split("/")) == 4
            and parts[0] == "locale"
            and parts[2:] == ["LC_MESSAGES", "messages.po"]
        }

    def __bool__(self) -> bool:
        return bool(self._files)

    @cached_property
    def _texts(self) -> dict[str, dict[str, str]]:
        return {
            language: {
                str(message.id): str(message.string)
                for message in read_po(io.BytesIO(source))
                if message.id and message.string and not message.fuzzy
            }
            for language, source in self._files.items()
        }

    def check(self) -> None:
        """:raises ValueError: when a catalogue cannot be read."""
        _read = self._texts

    def say(self, text: str, values: Mapping[str, Any] | None = None) -> str:
        """The text in the reader's language, as it is where there is no translation."""
        found = text.source if isinstance(text, Translated) else str(text)
        if self._files:
            locale = get_locale()
            language = locale.language if locale else self._language
            found = self._texts.get(language, {}).get(found, found)
        return found % values if values else found


class Translated(str):
    """A text that compares, hashes and is dumped as it was written, and reads in the reader's
    language when it is shown (``str()``, format, Jinja)."""

    __slots__ = ("catalogue",)
    catalogue: Catalogue

    def __new__(cls, text: str, catalogue: Catalogue) -> "Translated":
        self = super().__new__(cls, text)
        self.catalogue = catalogue
        return self

    @property
    def source(self) -> str:
        return str.__str__(self)

    def __str__(self) -> str:
        return self.catalogue.say(self)

    def __format__(self, spec: str) -> str:
        return format(str(self), spec)

    def __html__(self) -> Markup:
        return escape(str(self))


def translated(value: T, catalogue: Catalogue, names: tuple[str, ...]) -> T:
    """A frozen value with its texts under these names made translatable, options included."""
    if not catalogue or not is_dataclass(value):
        return value
    own = {one.name for one in fields(value)}
    changed: dict[str, Any] = {
        name: _wrapped(getattr(value, name), catalogue) for name in names if name in own
    }
    return replace(value, **changed)  # type: ignore[type-var]


def _wrapped(value: Any, catalogue: Catalogue) -> Any:
    if isinstance(value, tuple):  # options: (value, label) pairs
        return tuple((key, Translated(label, catalogue)) for key, label in value)
    return Translated(value, catalogue) if isinstance(value, str) else value
