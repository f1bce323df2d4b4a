"""Numbers in addresses: ids of rows, no larger than the database's integers."""

from typing import Any

from flask import Flask
from werkzeug.datastructures import MultiDict
from werkzeug.routing import IntegerConverter, Map

LARGEST = 2**31 - 1


class _Id(IntegerConverter):
    """``<int:…>`` of every rule; a larger number is an address that does not exist."""

    def __init__(self, map: Map, *args: Any, **kwargs: Any) -> None:
        super().__init__(map, *args, **{"max": LARGEST, **kwargs})


def init_app(app: Flask) -> None:
    """Bound the ids; must come before the first rule with one."""
    app.url_map.converters["int"] = _Id


def number(args: "MultiDict[str, str]", name: str) -> int | None:
    """An id in the query; ``None`` when it is left out or cannot be an id."""
    found = args.get(name, type=int)
    return found if found is not None and 0 < found <= LARGEST else None
