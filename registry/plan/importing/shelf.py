"""Files that were read and wait to be confirmed: in the instance folder, for a day, for one person.

Every worker of the machine finds them there. The token names the files; the person's id in them
is what lets someone in.
"""

import json
import os
import re
import secrets
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from registry.plan.importing.choices import Choices
from registry.plan.importing.sheet import Line, Sheet

KEPT_SECONDS = 24 * 60 * 60
_TOKEN = re.compile(r"^[A-Za-z0-9_-]{32}$")


@dataclass(frozen=True)
class Upload:
    """A file as it was read, and whose it is."""

    user_id: int
    name: str
    sheet: Sheet


class Shelf:
    """
    :param folder: ``instance/uploads``; made at the first upload, for its owner only.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def keep(self, upload: Upload, choices: Choices) -> str:
        """Put a file on the shelf; gives its token. Files older than a day are thrown away."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._tidy()
        token = secrets.token_urlsafe(24)
        sheet = upload.sheet
        self._write(
            token,
            "sheet",
            {
                "user": upload.user_id,
                "name": upload.name,
                "headings": sheet.headings,
                "lines": [(line.number, line.cells) for line in sheet.lines],
                "remarks": sheet.remarks,
            },
        )
        self.decide(token, choices)
        return token

    def decide(self, token: str, choices: Choices) -> None:
        self._write(token, "choices", choices.as_json())

    def open(self, token: str, user_id: int | None) -> tuple[Upload, Choices] | None:
        """The file and what was decided about it, if it is this person's and still there."""
        data, choices = self._read(token, "sheet"), self._read(token, "choices")
        if data is None or choices is None or data["user"] != user_id:
            return None
        lines = tuple(Line(number, tuple(cells)) for number, cells in data["lines"])
        sheet = Sheet(tuple(data["headings"]), lines, tuple(data["remarks"]))
        return Upload(data["user"], data["name"], sheet), Choices.from_json(choices)

    def finish(self, token: str, user_id: int, result: dict[str, Any]) -> None:
        """Throw the file away and keep what became of it, for the page that says so."""
        self._write(token, "done", {"user": user_id, **result})
        for part in ("sheet", "choices"):
            self._path(token, part).unlink(missing_ok=True)

    def result(self, token: str, user_id: int | None) -> dict[str, Any] | None:
        data = self._read(token, "done")
        return data if data is not None and data.pop("user") == user_id else None

    def _path(self, token: str, part: str) -> Path:
        return self._folder / f"{token}.{part}.json"

    def _read(self, token: str, part: str) -> dict[str, Any] | None:
        path = self._path(token, part)
        try:
            if not _TOKEN.match(token) or path.stat().st_mtime < time.time() - KEPT_SECONDS:
                return None
            data: dict[str, Any] = json.loads(path.read_text("utf-8"))
        except FileNotFoundError:
            return None
        return data

    def _write(self, token: str, part: str, data: dict[str, Any]) -> None:
        """Written beside and moved into place: another worker sees all of it or nothing."""
        path = self._path(token, part)
        beside = path.with_suffix(f".{secrets.token_hex(4)}")
        descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            json.dump(data, file, ensure_ascii=False)
        beside.replace(path)

    def _tidy(self) -> None:
        old = time.time() - KEPT_SECONDS
        for path in self._folder.iterdir():
            try:
                if path.stat().st_mtime < old:
                    path.unlink()
            except FileNotFoundError:
                continue  # another worker was first
