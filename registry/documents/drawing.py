"""Charts as SVG that stands on its own: no style sheet, fonts that Typst brings.

The colours are those of the pages. Colour only repeats what the table beside a chart says.
"""

from collections.abc import Sequence
from html import escape

from registry.effects.charts import HEIGHT, WIDTH, Plot
from registry.followup.figures import Counts

FILLS = {
    "done": "#1d7a46",
    "ongoing": "#0f5fa8",
    "delayed": "#d98324",
    "planned": "#8d99a6",
    "stopped": "#b3323f",
    "unreported": "#d5dbe1",
}
INK, QUIET, RULE = "#1e2b3c", "#4a5766", "#c9d1da"
FONT = "Libertinus Serif"
WIDE, NAMES, BAR, STEP = 640, 250, 15, 25


def bars(rows: Sequence[tuple[str, Counts]], labels: dict[str, str]) -> str:
    """Stacked bars, one for each row, with their legend; the number to the right is all of it."""
    used = [part for part in labels if any(counts.get(part) for _name, counts in rows)]
    drawn, x, y = [], 0.0, 14.0
    for part in used:
        width = 30 + 6.6 * len(labels[part])
        if x + width > WIDE:
            x, y = 0.0, y + 20
        drawn.append(f'<rect x="{x}" y="{y - 9}" width="11" height="11" fill="{FILLS[part]}"/>')
        drawn.append(_text(x + 16, y, labels[part], QUIET))
        x += width
    y += 16
    most = max((counts.total for _name, counts in rows), default=0) or 1
    room = WIDE - NAMES - 50
    for name, counts in rows:
        drawn.append(_text(0, y + 12, _short(name), INK))
        at = float(NAMES)
        for part, count in counts.parts:
            width = room * count / most
            drawn.append(
                f'<rect x="{at:.1f}" y="{y:.1f}" width="{width:.1f}" height="{BAR}" '
                f'fill="{FILLS[part]}"/>'
            )
            at += width
        drawn.append(_text(at + 6, y + 12, str(counts.total), QUIET))
        y += STEP
    return _svg(WIDE, y, drawn)


def line(plot: Plot) -> str:
    """A line over periods; the target is a broken line, a preliminary value an open dot."""
    drawn = []
    for level in plot.levels:
        drawn.append(_line(plot.left, plot.right, level.at, f'stroke="{RULE}"'))
        drawn.append(_text(float(plot.left) - 8, float(level.at) + 4, level.text, QUIET, "end"))
    for period in plot.periods:
        drawn.append(_text(float(period.at), float(plot.base) + 20, period.text, QUIET, "middle"))
    if plot.target is not None:
        broken = 'stroke="#1d7a46" stroke-width="1.5" stroke-dasharray="5 4"'
        drawn.append(_line(plot.left, plot.right, plot.target, broken))
    for points in plot.lines:
        drawn.append(
            f'<polyline points="{points}" fill="none" stroke="{FILLS["ongoing"]}" '
            'stroke-width="2.5"/>'
        )
    for dot in plot.dots:
        fill = "#ffffff" if dot.preliminary else FILLS["ongoing"]
        drawn.append(
            f'<circle cx="{dot.x}" cy="{dot.y}" r="4" fill="{fill}" '
            f'stroke="{FILLS["ongoing"]}" stroke-width="1.5"/>'
        )
    return _svg(WIDTH, HEIGHT, drawn)


def _svg(width: float, height: float, drawn: list[str]) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
        f'viewBox="0 0 {width} {height}">{"".join(drawn)}</svg>'
    )


def _text(x: float, y: float, said: str, colour: str, anchor: str = "start") -> str:
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" font-family="{FONT}" font-size="13" fill="{colour}" '
        f'text-anchor="{anchor}">{escape(said)}</text>'
    )


def _line(first: str, last: str, at: str, look: str) -> str:
    return f'<line x1="{first}" x2="{last}" y1="{at}" y2="{at}" {look}/>'


def _short(name: str) -> str:
    return name if len(name) <= 40 else name[:39].rstrip() + "…"
