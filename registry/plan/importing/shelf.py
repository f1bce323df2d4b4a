"""Files that were read and wait to be confirmed, for a day, for one person."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from registry.plan.importing.choices import Choices
from registry.plan.importing.sheet import Line, Sheet
from registry.waiting import Waiting


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
        self._waiting = Waiting(folder)

    def keep(self, upload: Upload, choices: Choices) -> str:
        """Put a file on the shelf; gives its token. Files older than a day are thrown away."""
        token = self._waiting.new()
        sheet = upload.sheet
        self._waiting.write(
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
        self._waiting.write(token, "choices", choices.as_json())

    def open(self, token: str, user_id: int | None) -> tuple[Upload, Choices] | None:
        """The file and what was decided about it, if it is this person's and still there."""
        data, choices = self._waiting.read(token, "sheet"), self._waiting.read(token, "choices")
        if data is None or choices is None or data["user"] != user_id:
            return None
        lines = tuple(Line(number, tuple(cells)) for number, cells in data["lines"])
        sheet = Sheet(tuple(data["headings"]), lines, tuple(data["remarks"]))
        return Upload(data["user"], data["name"], sheet), Choices.from_json(choices)

    def finish(self, token: str, user_id: int, result: dict[str, Any]) -> None:
        """Throw the file away and keep what became of it, for the page that says so."""
        self._waiting.write(token, "done", {"user": user_id, **result})
        self._waiting.drop(token, "sheet", "choices")

    def result(self, token: str, user_id: int | None) -> dict[str, Any] | None:
        data = self._waiting.read(token, "done")
        return data if data is not None and data.pop("user") == user_id else None
