"""A metric as a file: its values for a spreadsheet, its chart as a picture."""

import csv
import io
from collections.abc import Iterable, Iterator
from decimal import Decimal

from flask_babel import gettext as _

from registry.effects.models import Gender, ValueStatus
from registry.effects.series import MetricSheet
from registry.effects.trend import Point
from registry.effects.uncertainty import Interval
from registry.language import day, short

_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_PICTURE = (
    "#set page(width: auto, height: auto, margin: 0pt)\n"
    '#image(bytes(sys.inputs.picture), format: "svg")\n'
)


def as_csv(sheet: MetricSheet) -> str:
    """All values as Excel in Sweden opens them at a double click: semicolons, decimal commas.

    With a byte-order mark, for Excel would else not read å, ä and ö. Texts that a spreadsheet
    would take for a formula get an apostrophe before them; numbers stay numbers.
    """
    file = io.StringIO()
    file.write("\ufeff")
    writer = csv.writer(file, delimiter=";", lineterminator="\r\n")
    writer.writerow(
        [
            _("Effektmått"),
            _("Serie"),
            _("Period"),
            _("Kön"),
            _("Värde"),
            _("Enhet"),
            _("Status"),
            _("Antal svar"),
            _("Nedre gräns (95 procent)"),
            _("Övre gräns (95 procent)"),
            _("Orsak till att värdet saknas"),
            _("Källa"),
            _("Anmärkning"),
            _("Inlagt"),
        ]
    )
    for row in _rows(sheet):
        writer.writerow(row)
    return file.getvalue()


def _rows(sheet: MetricSheet) -> Iterator[list[str]]:
    name, unit = _text(sheet.reading.name), _text(sheet.reading.unit)
    base = sheet.reading.baseline
    if base is not None and base.value is not None:
        yield [
            name, _("Utgångsvärde"), _text(base.period), _label(Gender.TOTAL), _number(base.value),
            unit, *[""] * 8,
        ]  # fmt: skip
    for line in sorted(sheet.lines, key=lambda line: (line.period, line.board or "")):
        for gender in Gender:
            cell = line.cells.get(gender)
            if cell is None:
                continue
            status = ValueStatus.MISSING if cell.value is None else line.status
            yield [
                name,
                _text(line.board or _("Alla som ansvarar")),
                _text(line.period),
                _label(gender),
                _number(cell.value),
                unit,
                str(status.label),
                "" if cell.respondents is None else str(cell.respondents),
                *_ends(cell.margin),
                _text(line.reason if cell.value is None else ""),
                _text(line.source),
                _text(line.note),
                day(line.entered_at),
            ]
    for series in sheet.comparisons:
        for gender, points in series.points.items():
            yield from (
                [
                    name, _text(series.name), _text(point.period), _label(gender),
                    _number(point.value), unit, *[""] * 8,
                ]
                for point in points
            )  # fmt: skip


def _label(gender: Gender) -> str:
    return str(gender.label)


def _text(written: str) -> str:
    return f"'{written}" if written.startswith(_FORMULA) else written


def _number(value: Decimal | float | None) -> str:
    """With a decimal comma and nothing else, so that a spreadsheet can calculate with it."""
    if value is None:
        return ""
    return format(Decimal(str(value)).normalize(), "f").replace(".", ",")


def _ends(margin: Interval | None) -> Iterable[str]:
    if margin is None:
        return "", ""
    return _number(round(margin.low, 2)), _number(round(margin.high, 2))


def as_png(picture: str) -> bytes:
    """A picture in SVG as PNG, at twice the size for print."""
    import typst  # 60 MB that no other page of the registry needs

    return bytes(
        typst.compile(
            _PICTURE.encode(),
            format="png",
            ppi=192,
            sys_inputs={"picture": picture},
        )
    )


def spoken(points: Iterable[Point]) -> str:
    """A series in words, for the description of a picture."""
    return ", ".join(
        f"{point.period}: {_('inte mätt') if point.value is None else short(point.value)}"
        for point in points
    )
