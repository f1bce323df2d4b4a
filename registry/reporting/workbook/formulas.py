"""Which cells of a workbook hold formulas: what is reported is written, not computed."""

import html
import io
import re
import zipfile

# Each looks at a character once, however the file is made to harm: a tag ends where another begins.
_SHEET = re.compile(rb"<sheet\s[^<>]*>")
_RELATION = re.compile(rb"<Relationship\s[^<>]*>")
_CELL = re.compile(rb"<c\s[^<>]*>(?=\s*<f[\s>/])")
_PLACE = re.compile(rb"[A-Z]{1,3}\d{1,7}")
_LARGEST = 100 * 1024 * 1024


def found_in(content: bytes) -> set[tuple[str, str]]:
    """Sheet and cell of each formula. The file has been looked into already: it is a workbook and
    does not grow beyond measure."""
    cells: set[tuple[str, str]] = set()
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        names = {entry.filename: entry for entry in archive.infolist()}
        targets = {
            _attribute(one, b"Id"): _attribute(one, b"Target")
            for one in _RELATION.findall(_read(archive, names, "xl/_rels/workbook.xml.rels"))
        }
        for one in _SHEET.findall(_read(archive, names, "xl/workbook.xml")):
            target = targets.get(_attribute(one, b"r:id"), "")
            path = target.lstrip("/") if target.startswith("/") else f"xl/{target}"
            title = html.unescape(_attribute(one, b"name"))
            for cell in _CELL.findall(_read(archive, names, path)):
                place = _attribute(cell, b"r")
                if _PLACE.fullmatch(place.encode()):
                    cells.add((title, place))
    return cells


def _read(archive: zipfile.ZipFile, names: dict[str, zipfile.ZipInfo], path: str) -> bytes:
    if path not in names:
        return b""
    with archive.open(names[path]) as file:
        return file.read(_LARGEST)


def _attribute(tag: bytes, name: bytes) -> str:
    match = re.search(rb"\s" + re.escape(name) + rb'="([^"]*)"', tag)
    return match[1].decode("utf-8", "replace") if match else ""
