"""A document as Word: a template is filled in, then the content is put where it asks for it.

The content is written as one run of WordprocessingML: python-docx builds a table cell by cell,
which takes minutes for a thousand measures. Styles are looked up by name, for a Swedish Word
calls the style of a heading by another key; those that a template lacks come from our own.
"""

import io
import secrets
from collections.abc import Iterable, Iterator
from copy import deepcopy
from datetime import datetime, time
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from docx import Document as open_docx
from docx.document import Document as Docx
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls, qn
from docx.shared import Mm
from flask_babel import gettext as _
from lxml import etree

from registry.documents import word_template
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
    Tell,
    quiet,
    writable,
)
from registry.documents.pdf import LISTED, picture
from registry.documents.word_template import ABSENT, BODY, CONTENTS, NOTE, PAIRS, ROWS
from registry.language import long_day

WIDE = 166  # mm of text across a page
# Said at each run: a table style's own size gives way to that of a template's Normal.
SMALL = '<w:sz w:val="18"/>'
HEAD = f"<w:b/>{SMALL}"
TONES = {"done": "1D6B3C", "ongoing": "0F4C81", "delayed": "8A4B00", "stopped": "A3232F"}
STYLES = {
    **{f"h{level}": f"heading {level}" for level in (1, 2, 3, 4)},
    **{f"toc{level}": f"toc {level}" for level in (1, 2, 3)},
    "caption": "caption",
    "note": NOTE,
    "absent": ABSENT,
    "pairs": PAIRS,
    "rows": ROWS,
}


def write(document: Document, template: bytes | None = None, tell: Tell = quiet) -> bytes:
    """:param template: the municipality's own; else ours.
    :raises BadTemplate: when the template cannot be filled in.
    """
    given = values(document)
    if template is None:
        filled = word_template.fill_own(given, document.language)
    else:
        filled = word_template.fill(template, given)
    made = open_docx(io.BytesIO(filled))
    found = word_template.places(made, given)
    content = _Content(made, _styles(made, document.language))
    _replace(found[BODY], content.body(document, tell))
    if CONTENTS in found:
        _replace(found[CONTENTS], content.contents(document))
    made.core_properties.title = writable(document.title)[:255]
    made.core_properties.created = datetime.combine(document.day, time())
    made.core_properties.author = writable(document.municipality)[:255]
    saved = io.BytesIO()
    made.save(saved)
    return saved.getvalue()


def values(document: Document) -> dict[str, Any]:
    """What a template may name: texts, and the facts as a list and by their keys."""
    facts = [
        {"key": fact.key, "label": writable(fact.label), "text": writable(fact.cell.text)}
        for fact in document.facts
    ]
    page, of = _("Sida %(page)s av %(pages)s", page="|", pages="|").split("|")[:2]
    return {
        "title": writable(document.title),
        "subtitle": writable(document.subtitle),
        "municipality": writable(document.municipality),
        "date": long_day(document.day),
        "notice": writable(document.notice),
        "summary": writable(document.summary),
        "facts": facts,
        "fact": {fact["key"]: fact["text"] for fact in facts},
        "page": page.strip(),
        "of": of.strip(),
        BODY: f"body-{secrets.token_hex(16)}",
        CONTENTS: f"contents-{secrets.token_hex(16)}",
    }


def _replace(place: Any, content: str) -> None:
    """Put the content where the paragraph stands."""
    wrapped = parse_xml(f"<w:body {nsdecls('w', 'wp', 'a', 'pic', 'r')}>{content}</w:body>")
    parent = place.getparent()
    at = parent.index(place)
    parent[at : at + 1] = list(wrapped) or [parse_xml(f"<w:p {nsdecls('w')}/>")]


def _styles(made: Docx, language: str) -> dict[str, str]:
    """The keys of the styles that the content uses; those that are lacking are brought in."""
    known = _by_name(made)
    lacking = [name for name in STYLES.values() if name.lower() not in known]
    if lacking:
        ours = open_docx(io.BytesIO(word_template.default(language)))
        for name in lacking:
            key = _by_name(ours)[name.lower()]
            style = ours.styles.element.find(f"{qn('w:style')}[@{qn('w:styleId')}='{key}']")
            made.styles.element.append(deepcopy(style))
        known = _by_name(made)
    return {short: known[name.lower()] for short, name in STYLES.items()}


def _by_name(made: Docx) -> dict[str, str]:
    return {
        str(style.find(qn("w:name")).get(qn("w:val"))).lower(): str(style.get(qn("w:styleId")))
        for style in made.styles.element.iter(qn("w:style"))
        if style.find(qn("w:name")) is not None
    }


class _Content:
    """Writes content with the styles of one template; pictures become parts of its file."""

    def __init__(self, made: Docx, styles: dict[str, str]) -> None:
        self.part: Any = made.part
        self.styles = styles
        self.headings = 0
        self.pictures = 0

    def body(self, document: Document, tell: Tell) -> str:
        deep, parts, count = document.size <= LISTED, [], len(document.sections)
        for at, section in enumerate(document.sections):
            tell(at, count)
            parts.append(self._section(section, deep))
        return "".join(parts)

    def contents(self, document: Document) -> str:
        """A table of contents with links that work at once; Word adds the page numbers."""
        deep = document.size <= LISTED
        listed = list(_listed(document, deep))
        if len(document.sections) <= 2:
            return ""
        depth = 3 if deep else 2
        begin = (
            '<w:r><w:fldChar w:fldCharType="begin" w:dirty="true"/></w:r><w:r><w:instrText '
            f'xml:space="preserve"> TOC \\o "1-{depth}" \\h \\z \\u </w:instrText></w:r>'
            '<w:r><w:fldChar w:fldCharType="separate"/></w:r>'
        )
        lines = [self._paragraph(_run(_("Innehåll"), "<w:b/>"), "toc1")]
        for at, (level, title) in enumerate(listed):
            link = f'<w:hyperlink w:anchor="_Toc{at + 1}" w:history="1">{_run(title)}</w:hyperlink>'
            lines.append(self._paragraph((begin if at == 0 else "") + link, f"toc{level}"))
        end = '<w:r><w:fldChar w:fldCharType="end"/></w:r>'
        new_page = '<w:r><w:br w:type="page"/></w:r>'
        return "".join((*lines, f"<w:p>{end}{new_page}</w:p>"))

    def _section(self, section: Section, deep: bool) -> str:
        parts = [self._heading(section.level, section.title, listed=section.level < 3 or deep)]
        parts += [self._block(block, section.level, deep) for block in section.blocks]
        return "".join(parts)

    def _heading(self, level: int, title: str, *, listed: bool = False) -> str:
        run = _run(title)
        if listed:
            self.headings += 1
            mark = f'w:id="{self.headings + 50_000}"'
            name = f'w:name="_Toc{self.headings}"'
            run = f"<w:bookmarkStart {mark} {name}/>{run}<w:bookmarkEnd {mark}/>"
        return self._paragraph(run, f"h{level}")

    def _block(self, block: Block, level: int, deep: bool) -> str:
        match block:
            case Paragraph(said, is_note):
                return self._paragraph(_run(said), "note" if is_note else "")
            case Part(title, found):
                return self._part(level + 1, title, found)
            case Entry():
                return self._entry(block, level + 1, deep)
            case Table():
                return self._table(block)
            case Chart():
                return self._chart(block)

    def _part(self, level: int, title: str, pairs: Iterable[Pair]) -> str:
        return (self._heading(level, title) if title else "") + self._pairs(title, pairs)

    def _entry(self, entry: Entry, level: int, deep: bool) -> str:
        core = [pair for part in entry.parts if not part.title for pair in part.pairs]
        written = [
            self._heading(level, entry.title, listed=deep),
            self._pairs(entry.title, [(_("Läge"), entry.status), *core]),
        ]
        for part in entry.parts:
            if part.title:
                written.append(self._part(level + 1, part.title, part.pairs))
        if entry.note:
            written.append(self._paragraph(_run(entry.note), "note"))
        return "".join(written)

    def _pairs(self, title: str, pairs: Iterable[Pair]) -> str:
        rows = "".join(
            f"<w:tr><w:trPr><w:cantSplit/></w:trPr>{_td(1600, f'<w:p>{_run(label)}</w:p>')}"
            f"{_td(3400, self._cell(cell))}</w:tr>"
            for label, cell in pairs
        )
        return self._grid("pairs", title, (1600, 3400), rows, head=False)

    def _table(self, table: Table) -> str:
        shares = sum(column.width for column in table.columns)
        widths = [5000 * column.width // shares for column in table.columns]
        head = "".join(
            _td(width, self._paragraph(_run(column.label, HEAD), "", _right(column.is_number)))
            for column, width in zip(table.columns, widths, strict=True)
        )
        numbers = [column.is_number for column in table.columns]
        rows = "".join(
            "<w:tr><w:trPr><w:cantSplit/></w:trPr>"
            + "".join(
                _td(width, self._cell(cell, is_number))
                for cell, width, is_number in zip(row, widths, numbers, strict=True)
            )
            + "</w:tr>"
            for row in table.rows
        )
        head = f"<w:tr><w:trPr><w:cantSplit/><w:tblHeader/></w:trPr>{head}</w:tr>"
        title = self._paragraph(_run(table.title, "<w:b/>"), "caption") if table.title else ""
        return title + self._grid("rows", table.title, widths, head + rows, head=True)

    def _grid(self, style: str, title: str, widths: Iterable[int], rows: str, *, head: bool) -> str:
        grid = "".join(f'<w:gridCol w:w="{width * 2}"/>' for width in widths)
        said = f"<w:tblCaption w:val={quoteattr(writable(title))}/>" if title else ""
        return (
            f'<w:tbl><w:tblPr><w:tblStyle w:val="{self.styles[style]}"/>'
            '<w:tblW w:w="5000" w:type="pct"/>'
            f'<w:tblLook w:val="0000" w:firstRow="{int(head)}" w:lastRow="0" w:firstColumn="1" '
            f'w:lastColumn="0" w:noHBand="1" w:noVBand="1"/>{said}</w:tblPr>'
            f"<w:tblGrid>{grid}</w:tblGrid>{rows}</w:tbl><w:p/>"
        )

    def _cell(self, cell: Cell, is_number: bool = False) -> str:
        if cell.kind in (Kind.WITHHELD, Kind.MISSING):
            form = f'<w:rStyle w:val="{self.styles["absent"]}"/>'
        elif cell.kind is Kind.WORD:
            form = f'<w:b/><w:color w:val="{TONES.get(str(cell.value), "1E2B3C")}"/>'
        else:
            form = ""
        first = f"<w:p>{_right(is_number)}{_run(cell.text, form + SMALL)}</w:p>"
        return first + "".join(self._paragraph(_run(line), "note") for line in cell.more)

    def _chart(self, chart: Chart) -> str:
        self.pictures += 1
        inline = self.part.new_pic_inline(
            io.BytesIO(picture(chart)), width=Mm(WIDE * chart.width / 100)
        )
        said = inline.docPr
        said.set("descr", writable(chart.alt))
        said.set("name", f"Diagram {self.pictures}")
        said.set("id", str(self.pictures + 10_000))
        drawn = etree.tostring(inline, encoding="unicode")
        figure = f"<w:p><w:r><w:drawing>{drawn}</w:drawing></w:r></w:p>"
        return figure + (self._paragraph(_run(chart.title), "caption") if chart.title else "")

    def _paragraph(self, runs: str, style: str, more: str = "") -> str:
        named = f'<w:pStyle w:val="{self.styles[style]}"/>' if style else ""
        inner = more.removeprefix("<w:pPr>").removesuffix("</w:pPr>")
        return f"<w:p><w:pPr>{named}{inner}</w:pPr>{runs}</w:p>"


def _listed(document: Document, deep: bool) -> Iterator[tuple[int, str]]:
    """The headings of the table of contents, in the order in which they are written."""
    for section in document.sections:
        if section.level < 3 or deep:
            yield section.level, section.title
        for block in section.blocks:
            if deep and isinstance(block, Entry):
                yield section.level + 1, block.title


def _right(is_number: bool) -> str:
    return '<w:pPr><w:jc w:val="right"/></w:pPr>' if is_number else ""


def _td(width: int, content: str) -> str:
    return f'<w:tc><w:tcPr><w:tcW w:w="{width}" w:type="pct"/></w:tcPr>{content}</w:tc>'


def _run(said: str, form: str = "") -> str:
    """A text as runs; its line breaks stay."""
    cleaned = writable(said).replace("\r\n", "\n").replace("\r", "\n")
    broken = escape(cleaned).replace("\n", '</w:t><w:br/><w:t xml:space="preserve">')
    look = f"<w:rPr>{form}</w:rPr>" if form else ""
    return f'<w:r>{look}<w:t xml:space="preserve">{broken}</w:t></w:r>'
