"""Effect metrics in a document: a table of what they show, their series, and charts."""

from collections.abc import Sequence

from flask_babel import gettext as _

from registry.documents import drawing
from registry.documents.document import (
    EMPTY,
    Block,
    Cell,
    Chart,
    Column,
    Kind,
    Paragraph,
    Row,
    Section,
    Table,
    amount,
    missing,
    text,
    word,
)
from registry.effects.charts import of as charted
from registry.effects.models import Better
from registry.effects.service import Reading
from registry.effects.trend import Point
from registry.effects.words import words

CHARTS = 12


def section(readings: Sequence[Reading]) -> Section:
    """Charts of the metrics with values enough for a line, then a table of all of them."""
    if not readings:
        return Section(1, _("Effekter"))
    charts = [
        Chart(
            f"{said.measure}: {said.name}" + (f" ({reading.unit})" if reading.unit else ""),
            drawing.line(said.plot),
            said.spoken,
            58,
        )
        for reading, said in zip(readings, words(readings, charts=True), strict=True)
        if said.plot is not None
    ][:CHARTS]
    key = _("Streckad linje visar målet. En ofylld punkt är ett preliminärt värde.")
    blocks: list[Block] = [*charts, Paragraph(key, is_note=True)] if charts else []
    blocks.append(_shown(metrics(readings)))
    if charts:
        drawn = [one for one in readings if charted(one)]
        blocks.append(_shown(series(drawn[:CHARTS])))
    return Section(1, _("Effekter"), tuple(blocks))


def _shown(table: Table) -> Table:
    """What a page has room for; a spreadsheet has all of it."""
    kept = [
        at for at, one in enumerate(table.columns) if one.key not in ("title", "unit", "better")
    ]
    return Table(
        "",
        "",
        tuple(table.columns[at] for at in kept),
        tuple(tuple(row[at] for at in kept) for row in table.rows),
    )


def metrics(readings: Sequence[Reading]) -> Table:
    """One row per metric; where several boards count for themselves, one for each of them."""
    columns = (
        Column("number", _("Nr"), 2),
        Column("title", _("Åtgärd"), 4),
        Column("metric", _("Effektmått"), 5),
        Column("board", _("Nämnd eller bolag"), 3),
        Column("unit", _("Enhet")),
        Column("better", _("Riktning"), 2),
        Column("baseline", _("Utgångsvärde"), 3, is_number=True),
        Column("target", _("Mål"), 3),
        Column("latest", _("Senast"), 3, is_number=True),
        Column("period", _("Period"), 2),
        Column("reached", _("Bedömning"), 3),
    )
    rows: list[Row] = []
    for reading, said in zip(readings, words(readings), strict=True):
        head = (
            text(reading.measure_number),
            text(reading.measure_title),
            text(reading.name),
        )
        between = (
            text(reading.unit),
            word(reading.better),
            EMPTY if reading.baseline is None else _value(reading.baseline, reading.unit),
            text(said.target),
        )
        judged = text(", ".join(tag.label for tag in said.tags) or _note(reading))
        if reading.boards:
            for one in reading.boards:
                last = _latest(one.latest, one.unmeasured, reading.unit)
                rows.append((*head, text(one.board), *between, *last, EMPTY))
        if reading.points or not reading.boards:
            last = _latest(reading.latest, reading.unmeasured, reading.unit)
            rows.append((*head, EMPTY, *between, *last, judged))
    return Table("metrics", _("Effektmått"), columns, tuple(rows))


def series(readings: Sequence[Reading]) -> Table:
    """One row per metric and period: what the charts draw."""
    columns = (
        Column("number", _("Nr"), 1),
        Column("metric", _("Effektmått"), 4),
        Column("period", _("Period"), 1),
        Column("value", _("Utfall"), 2, is_number=True),
        Column("unit", _("Enhet"), 1),
        Column("state", _("Läge"), 2),
    )
    words_of = {
        "final": Cell(_("Slutligt"), Kind.WORD, "final"),
        "preliminary": Cell(_("Preliminärt"), Kind.WORD, "preliminary"),
        "not_measured": Cell(_("Inte mätt"), Kind.WORD, "not_measured"),
    }
    rows = []
    for reading in readings:
        for point in reading.line:
            state = "preliminary" if point.preliminary else "final"
            rows.append(
                (
                    text(reading.measure_number),
                    text(reading.name),
                    text(point.period),
                    _value(point, reading.unit),
                    text(reading.unit),
                    words_of["not_measured" if point.value is None else state],
                )
            )
    return Table("metric_values", _("Utfall per period"), columns, tuple(rows))


def _note(reading: Reading) -> str:
    ambiguous = reading.better is Better.AMBIGUOUS and reading.latest is not None
    return str(Better.AMBIGUOUS.label) if ambiguous else ""


def _value(point: Point, unit: str) -> Cell:
    if point.value is None:
        return missing("not_measured", _("Inte mätt"))
    return amount(point.value, unit)


def _latest(point: Point | None, unmeasured: str, unit: str) -> tuple[Cell, Cell]:
    """The latest value and its period; when the last one was not measured, that is said."""
    if point is None:
        return missing("not_measured", _("Inte mätt")), text(unmeasured)
    period = point.period
    if unmeasured:
        period = _("%(period)s, inte mätt %(later)s", period=period, later=unmeasured)
    elif point.preliminary:
        period = _("%(period)s, preliminärt", period=period)
    return _value(point, unit), text(period)
