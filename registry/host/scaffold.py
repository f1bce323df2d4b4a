"""Write a new plugin: a folder that passes the contract as it is, for its authors to change."""

import keyword
import sys
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from string import Template

from registry.host.manifest import PLUGIN_NAME

TEMPLATES = Path(__file__).with_name("scaffold")
FILES = {
    "plugin.toml": "plugin.toml",
    "__init__.py": "__init__.py",
    "test.py": "tests/test_{name}.py",
    "messages.po": "locale/en/LC_MESSAGES/messages.po",
}


class CannotWrite(Exception):
    """The plugin cannot be called so, or lie there; the message says what to choose instead."""


@dataclass(frozen=True)
class NewPlugin:
    """What its authors know of a plugin before they write it.

    :param goal_area: title of the goal area whose measures the domain is about.
    :param owner: who answers for it in the municipality.
    """

    name: str
    title: str
    goal_area: str
    owner: str


def write(new: NewPlugin, into: Path, taken: Collection[str] = ()) -> list[Path]:
    """Write the plugin's folder into this one; gives the files.

    :param taken: names of plugins that there are already.
    :raises CannotWrite: when a name or a text cannot be used, or the folder is there already.
    """
    _check_name(new.name, taken)
    for key in ("title", "goal_area", "owner"):
        _check_text(key, getattr(new, key))
    folder = into / new.name
    if folder.exists():
        raise CannotWrite(f"{folder} is there already; choose another name or folder")
    if into.exists() and not into.is_dir():
        raise CannotWrite(f"{into} is not a folder")
    written = []
    for template, place in FILES.items():
        file = folder / place.format(name=new.name)
        file.parent.mkdir(parents=True, exist_ok=True)
        source = Template((TEMPLATES / f"{template}.txt").read_text("utf-8"))
        file.write_text(source.substitute(vars(new)), "utf-8")
        written.append(file)
    return written


def _check_name(name: str, taken: Collection[str]) -> None:
    if not PLUGIN_NAME.fullmatch(name) or "__" in name or name.endswith("_"):
        raise CannotWrite(
            f"{name!r} cannot be a plugin's name: write lower case letters a–z, digits and single "
            "underscores, as food_supply"
        )
    if keyword.iskeyword(name) or name in sys.stdlib_module_names or name in {"registry", "tests"}:
        raise CannotWrite(f"{name!r} has a meaning in Python; choose another name")
    if name in taken:
        raise CannotWrite(f"there is a plugin {name!r} already; choose another name")


def _check_text(key: str, text: str) -> None:
    words = key.replace("_", " ")
    if not text.strip():
        raise CannotWrite(f"the {words} is empty")
    if not text.isprintable() or set(text) & set('"\\'):
        raise CannotWrite(f"write the {words} on one line, without quotation marks: {text!r}")
