"""A document as PDF: PDF/A-2a for the archive and PDF/UA-1 for everyone, both enforced by Typst.

The writer refuses what breaks either, so a document that comes out is one that keeps them. Fonts
are Typst's own, the same on every machine; a character that they lack is written as its code
point, for a missing glyph is not allowed in an archive.
"""

import json
import re
from functools import cache
from typing import Any

import typst
from flask_babel import gettext as _

from registry import pages
from registry.documents.document import (
    Block,
    Cell,
    Chart,
    Document,
    Entry,
    Kind,
    Pair,
    Paragraph,
    Part,
    Section,
    Table,
    writable,
)
from registry.language import long_day

STANDARDS: list[Any] = ["a-2a", "ua-1"]
LONG = 200  # measures; above it, tags are fewer
LISTED = 60  # so many measures stand in the table of contents; more would fill pages
WHOLE = 900  # characters of a cell up to which its row is kept on one page
DPI = 192.0

# What Libertinus Serif and DejaVu Sans Mono can write, of the scripts a municipality meets.
_UNKNOWN = re.compile(
    "[^\n\u0020-\u007e\u00a0-\u0377\u0384-\u038a\u038e-\u03a1\u03a3-\u04ff\u0600-\u0604\u060c"
    "\u061b\u061f\u0621-\u063a\u0640-\u0655\u0660-\u066d\u1e00-\u1eff\u2000-\u2040\u2044-\u2052"
    "\u2060-\u2064\u2070\u2071\u2074-\u208e\u2090-\u209c\u20a0-\u20c0\u2100-\u211e\u2120\u2122"
    "\u2124\u2126-\u2151\u2153-\u2184\u2190-\u23ff\u2460-\u262f\u2701-\u2704\u2706-\u2709"
    "\u270c-\u2727\u27b1-\u2b73\ufb00-\ufb06\ufffd]"
)


def write(document: Document) -> bytes:
    """:raises typst.TypstError: when the document would break one of the standards."""
    given = {"document": json.dumps(_given(document), ensure_ascii=False)}
    template = pages.folder("templates") / "documents" / "document.typ"
    made: Any = typst.compile(
        template.read_bytes(),
        format="pdf",
        font_paths=_fonts(),
        sys_inputs=given,
        pdf_standards=STANDARDS,
    )
    return bytes(made)


@cache
def _fonts() -> Any:
    """Typst's own fonts, read once in a process."""
    return typst.Fonts(include_system_fonts=False)


def picture(chart: Chart) -> bytes:
    """A chart as PNG, for what cannot draw."""
    source = (
        "#set page(width: auto, height: auto, margin: 0pt)\n"
        '#image(bytes(sys.inputs.svg), format: "svg", width: 480pt)'
    )
    made: Any = typst.compile(
        source.encode(), format="png", ppi=DPI, font_paths=_fonts(), sys_inputs={"svg": chart.svg}
    )
    return bytes(made)


def printable(value: str) -> str:
    """The text in characters that the fonts have; others by their code point, as ``[U+1F600]``."""
    cleaned = writable(value).replace("\r\n", "\n").replace("\r", "\n").replace("\t", " ")
    return _UNKNOWN.sub(lambda found: f"[U+{ord(found.group()):04X}]", cleaned)


def _given(document: Document) -> dict[str, Any]:
    day = document.day
    return {
        "language": document.language,
        "municipality": printable(document.municipality),
        "title": _heading(document.title),
        "subtitle": printable(document.subtitle),
        "running": printable(" · ".join(filter(None, (document.title, document.subtitle)))),
        "dated": long_day(day),
        "date": {"year": day.year, "month": day.month, "day": day.day},
        "notice": printable(document.notice),
        "summary": printable(document.summary),
        "facts": _pairs((fact.label, fact.cell) for fact in document.facts),
        "contents": len(document.sections) > 2,
        "deep": document.size <= LISTED,
        "long": document.size > LONG,
        "sections": [_section(section) for section in document.sections],
        "words": {
            "contents": _("Innehåll"),
            "page": _("Sida %(page)s av %(pages)s", page="{page}", pages="{pages}"),
        },
    }


def _heading(title: str) -> str:
    """A heading that says nothing is none, and PDF/UA takes none."""
    return printable(title).strip() or "–"


def _section(section: Section) -> dict[str, Any]:
    return {
        "level": section.level,
        "title": _heading(section.title),
        "blocks": [_block(block) for block in section.blocks],
    }


def _block(block: Block) -> dict[str, Any]:
    match block:
        case Paragraph(said, is_note):
            return {"block": "paragraph", "text": printable(said), "note": is_note}
        case Part(title, found):
            return {
                "block": "part",
                "title": _heading(title) if title else "",
                "pairs": _pairs(found),
            }
        case Entry(title, status, parts, note):
            core = [pair for part in parts if not part.title for pair in part.pairs]
            return {
                "block": "entry",
                "title": _heading(title),
                "core": _pairs([(_("Läge"), status), *core]),
                "parts": [
                    {"title": _heading(part.title), "pairs": _pairs(part.pairs)}
                    for part in parts
                    if part.title
                ],
                "note": printable(note),
            }
        case Table(_key, title, columns, rows, headed):
            cells = (cell for row in rows for cell in row)
            return {
                "block": "table",
                "title": printable(title),
                "columns": [
                    {
                        "label": printable(one.label),
                        "width": one.width,
                        "number": one.is_number,
                    }
                    for one in columns
                ],
                "headed": headed,
                "breakable": any(
                    len(cell.text) + len("".join(cell.more)) > WHOLE for cell in cells
                ),
                "rows": [[_cell(cell) for cell in row] for row in rows],
            }
        case Chart(title, svg, alt, width):
            return {
                "block": "chart",
                "title": printable(title),
                "svg": printable(svg),
                "alt": printable(alt),
                "width": width,
            }


def _pairs(pairs: Any) -> list[tuple[str, dict[str, Any]]]:
    found: list[Pair] = list(pairs)
    return [(printable(label), _cell(cell)) for label, cell in found]


def _cell(cell: Cell) -> dict[str, Any]:
    said: dict[str, Any] = {"kind": cell.kind, "text": printable(cell.text)}
    if cell.kind is Kind.WORD:
        said["value"] = str(cell.value)
    if cell.more:
        said["more"] = [printable(line) for line in cell.more]
    return said
