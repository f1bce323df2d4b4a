"""What was read from a file and waits to be confirmed: in the instance folder, for a day.

Every worker of the machine finds it there. A random token names it; whose it is stands in it, and
is asked by whoever opens it.
"""

import json
import os
import re
import secrets
import time
from pathlib import Path
from typing import Any

KEPT_SECONDS = 24 * 60 * 60
_TOKEN = re.compile(r"^[A-Za-z0-9_-]{32}$")


class Waiting:
    """
    :param folder: ``instance/uploads``; made at the first upload, for its owner only.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def new(self) -> str:
        """A token for something new. What is older than a day is thrown away."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._tidy()
        return secrets.token_urlsafe(24)

    def read(self, token: str, part: str) -> dict[str, Any] | None:
        path = self._path(token, part)
        try:
            if not _TOKEN.match(token) or path.stat().st_mtime < time.time() - KEPT_SECONDS:
                return None
            data: dict[str, Any] = json.loads(path.read_text("utf-8"))
        except FileNotFoundError:
            return None
        return data

    def write(self, token: str, part: str, data: dict[str, Any]) -> None:
        """Written beside and moved into place: another worker sees all of it or nothing."""
        path = self._path(token, part)
        beside = path.with_suffix(f".{secrets.token_hex(4)}")
        descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            json.dump(data, file, ensure_ascii=False)
        beside.replace(path)

    def drop(self, token: str, *parts: str) -> None:
        for part in parts:
            self._path(token, part).unlink(missing_ok=True)

    def _path(self, token: str, part: str) -> Path:
        return self._folder / f"{token}.{part}.json"

    def _tidy(self) -> None:
        old = time.time() - KEPT_SECONDS
        for path in self._folder.iterdir():
            try:
                if path.stat().st_mtime < old:
                    path.unlink()
            except FileNotFoundError:
                continue  # another worker was first
