"""The same data from a file, where the network is closed.

A file may hold Kolada's own answers (JSON: one page, or a list of pages of values, key figures,
municipalities) or a table (CSV or Excel) with the columns key figure, municipality, year, gender
and value.
"""

import re
from collections.abc import Iterable, Sequence
from typing import Any

from flask_babel import gettext as _

from registry.effects.kolada import reading
from registry.effects.kolada.errors import KoladaError
from registry.effects.kolada.reading import AREA, INDICATOR, Entry, Said, SaidValue, once
from registry.effects.models import Gender
from registry.language import parse_number
from registry.plan.importing import excel, texts
from registry.plan.importing.sheet import Line, Unreadable

_COLUMNS = {
    "kpi": ("kpi", "nyckeltal", "nyckeltals-id", "kpi_id"),
    "area": ("municipality", "kommun", "kommunkod", "municipality_id"),
    "period": ("period", "year", "år"),
    "gender": ("gender", "kön"),
    "value": ("value", "värde"),
    "deleted": ("isdeleted", "borttaget"),
}
_GENDERS = {
    "t": Gender.TOTAL,
    "totalt": Gender.TOTAL,
    "alla": Gender.TOTAL,
    "k": Gender.WOMEN,
    "kvinnor": Gender.WOMEN,
    "m": Gender.MEN,
    "män": Gender.MEN,
}
_YES = {"true", "1", "ja"}
MAX_ROWS = 200_000


def read(content: bytes) -> Said:
    """Read a file by what it holds, not by what it is called.

    :raises Unreadable: with a sentence for the person.
    """
    if not content.strip():
        raise Unreadable(_("Filen är tom."))
    if content.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] in (b"{", b"["):
        try:
            return _pages(reading.parse(content.removeprefix(b"\xef\xbb\xbf")))
        except KoladaError as error:
            raise Unreadable(f"{error.sentence} ({error})") from error
    for start, suffix in ((b"PK", ".zip"), (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", ".xls")):
        if content.startswith(start):
            sheet = excel.sheets_of(content, suffix)[0]
            if sheet["too_big"]:
                raise _too_long()
            rows = sheet["rows"]
            return _table([Line(at, tuple(cells)) for at, cells in enumerate(rows, 1)])
    text, _remarks = texts.decode(content)
    return _table(texts.records(text))


def _pages(payload: Any) -> Said:
    values: list[SaidValue] = []
    indicators: list[Entry] = []
    areas: list[Entry] = []
    for one in payload if isinstance(payload, list) else [payload]:
        for item in reading.page(one).items:
            if "period" in item:
                values += reading.values([item])
            elif INDICATOR.fullmatch(str(item.get("id"))):
                indicators += reading.entries([item], INDICATOR)
            else:
                areas += reading.entries([item], AREA)
    return Said(once(values), tuple(indicators), tuple(areas))


def _table(lines: Sequence[Line]) -> Said:
    if not lines:
        raise Unreadable(_("Filen är tom."))
    headings = [cell.strip().lower() for cell in lines[0].cells]
    places = {
        name: next((headings.index(one) for one in names if one in headings), None)
        for name, names in _COLUMNS.items()
    }
    if any(places[name] is None for name in ("kpi", "area", "period", "value")):
        raise Unreadable(
            _(
                "Filen ska ha kolumnerna kpi, municipality, period, gender och value, med "
                "rubrikerna på första raden."
            )
        )
    if len(lines) > MAX_ROWS:
        raise _too_long()
    try:
        return Said(once(list(_rows(lines[1:], places))))
    except KoladaError as error:
        raise Unreadable(f"{error.sentence} ({error})") from error


def _too_long() -> Unreadable:
    return Unreadable(_("Filen har för många rader. Dela upp den i flera filer."))


def _rows(lines: Sequence[Line], places: dict[str, int | None]) -> Iterable[SaidValue]:
    def cell(line: Line, name: str) -> str:
        place = places[name]
        return "" if place is None or place >= len(line.cells) else line.cells[place].strip()

    for line in lines:
        if not any(one.strip() for one in line.cells):
            continue
        area = cell(line, "area")
        if area.isdigit():
            area = area.zfill(4)  # Excel takes the first zero of 0380
        gender = _GENDERS.get(cell(line, "gender").lower() or "t")
        kpi, period, text = (cell(line, name) for name in ("kpi", "period", "value"))
        try:
            number = parse_number(text.replace("\N{MINUS SIGN}", "-")) if text else None
        except ValueError:
            number = _rounded(text)
            if number is None:
                raise _wrong(line, "value", text) from None
        if gender is None:
            raise _wrong(line, "gender", cell(line, "gender"))
        if not INDICATOR.fullmatch(kpi):
            raise _wrong(line, "kpi", kpi)
        if not AREA.fullmatch(area):
            raise _wrong(line, "municipality", area)
        if not re.fullmatch(r"(19|20|21)[0-9]{2}", period):
            raise _wrong(line, "period", period)
        yield SaidValue(
            kpi, area, period, gender, number, "", cell(line, "deleted").lower() in _YES
        )


def _rounded(text: str) -> Any:
    """A number with more decimals than are stored, as Kolada gives them."""
    try:
        found = reading.parse(text.replace(",", ".").encode())
        return reading.amount(found, "")
    except KoladaError:
        return None


def _wrong(line: Line, column: str, text: str) -> Unreadable:
    return Unreadable(
        _(
            "Rad %(row)s: ”%(text)s” kan inte läsas som %(column)s. Rätta raden och läs in filen "
            "igen.",
            row=line.number,
            text=text[:40],
            column=column,
        )
    )
