"""Word templates: the registry's own, made here, and what one of the municipality's must be."""

import io
import json
import re
import subprocess
import sys
import zipfile
from functools import cache
from pathlib import Path
from typing import Any

from docx import Document as new_docx
from docx.document import Document as Docx
from docx.enum.style import WD_STYLE_TYPE
from docx.enum.table import WD_TABLE_ALIGNMENT
from docx.oxml import OxmlElement, parse_xml
from docx.oxml.ns import nsdecls, qn
from docx.shared import Mm, Pt, RGBColor
from docx.text.paragraph import Paragraph
from flask_babel import gettext as _
from lxml import etree

from registry.documents import filling

BODY, CONTENTS = "body", "contents"
PAIRS, ROWS, NOTE, ABSENT = "Register Pairs", "Register Rows", "Register Note", "Register Absent"
LARGEST = 5_000_000
UNPACKED = 30_000_000
PARTS = 400
TEXT_PART = 3_000_000  # of one part in which tags are looked for
MAIN = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
ACCENT, INK, QUIET, RULE, TINT = "0F4C81", "1E2B3C", "4A5766", "C9D1DA", "F1F5F9"
FONT = "Calibri"

_ACTIVE = re.compile(r"(^|/)(vbaProject|vbaData|activeX|embeddings|oleObject)", re.I)
_REACHING = re.compile(
    r"\b(INCLUDETEXT|INCLUDEPICTURE|IMPORT|DDE|DDEAUTO|LINK|DATABASE|RD|AUTOTEXT|MACROBUTTON"
    r"|EMBED|CONTROL|FILLIN|ASK)\b",
    re.I,
)
_ALIEN = ("oleObject", "package", "control", "aFChunk", "subDocument", "frame", "attachedTemplate")
_LINKED = re.compile(r"(https?|mailto):", re.I)


class BadTemplate(Exception):
    """The file cannot be used as a template; the message tells what to do about it."""


# what one of the municipality's must be -------------------------------------------------------


def check(content: bytes, sample: dict[str, Any]) -> None:
    """See that a file is a Word file that runs and fetches nothing, and fills in as it should.

    :param sample: values by name, as a document gives them.
    :raises BadTemplate: when it is not.
    """
    if len(content) > LARGEST:
        raise BadTemplate(_("Filen är för stor. En mall får vara högst 5 MB: gör bilderna mindre."))
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            parts = _read(packed)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, OSError) as error:
        raise _not_word() from error
    types = parts.get("[Content_Types].xml")
    if types is None or "word/document.xml" not in parts:
        raise _not_word()
    if MAIN.encode() not in types:
        raise BadTemplate(_("Spara mallen som ett vanligt Word-dokument (.docx), utan makron."))
    for name, data in parts.items():
        _check_part(name, data)
    filled = fill(content, sample)
    try:
        places(new_docx(io.BytesIO(filled)), sample)
    except (KeyError, ValueError, etree.XMLSyntaxError) as error:
        raise _not_word() from error


def _not_word() -> BadTemplate:
    return BadTemplate(_("Filen är inte ett Word-dokument. Välj en fil som slutar på .docx."))


def _read(packed: zipfile.ZipFile) -> dict[str, bytes]:
    entries = packed.infolist()
    if len(entries) > PARTS or sum(entry.file_size for entry in entries) > UNPACKED:
        raise BadTemplate(_("Filen är för stor när den packas upp. Ta bort bilder ur mallen."))
    found = {}
    for entry in entries:
        with packed.open(entry) as part:
            data = part.read(entry.file_size + 1)
        if len(data) > entry.file_size or entry.filename in found:
            raise _not_word()
        found[entry.filename] = data
    return found


def _check_part(name: str, data: bytes) -> None:
    active = BadTemplate(
        _("Mallen innehåller makron eller inbäddade objekt. Ta bort dem och spara igen.")
    )
    if _ACTIVE.search(name):
        raise active
    if not name.endswith((".xml", ".rels")):
        return
    if name.startswith("word/") and len(data) > TEXT_PART:
        raise BadTemplate(_("Mallen innehåller för mycket text. Börja från exempelmallen."))
    try:
        tree = etree.fromstring(data, etree.XMLParser(resolve_entities=False, no_network=True))
    except etree.XMLSyntaxError as error:
        raise _not_word() from error
    if tree.getroottree().docinfo.doctype:
        raise _not_word()
    if name == "word/document.xml" and tree.find(qn("w:body")) is None:
        raise _not_word()
    if name.endswith(".rels"):
        _check_links(tree)
        return
    instructions = "".join(
        "".join(one.itertext()) for one in tree.iter(qn("w:instrText"), qn("w:delInstrText"))
    )
    instructions += " ".join(str(one.get(qn("w:instr"))) for one in tree.iter(qn("w:fldSimple")))
    if tree.find(f".//{qn('w:object')}") is not None:
        raise active
    if found := _REACHING.search(instructions):
        raise BadTemplate(
            _(
                "Mallen hämtar något utifrån (fältet %(name)s). Ta bort det och spara igen.",
                name=found.group().upper(),
            )
        )


def _check_links(tree: Any) -> None:
    for link in tree:
        kind = str(link.get("Type", "")).rpartition("/")[2]
        outside = str(link.get("TargetMode", "")).lower() == "external"
        if kind == "hyperlink" and outside and _LINKED.match(str(link.get("Target", ""))):
            continue
        if outside or kind in _ALIEN:
            raise BadTemplate(
                _(
                    "Mallen pekar på en annan fil (%(kind)s). Koppla bort den, till exempel under "
                    "Utvecklare – Dokumentmall, och spara igen.",
                    kind=kind,
                )
            )


# filling in ---------------------------------------------------------------------------------


def fill(template: bytes, values: dict[str, Any]) -> bytes:
    """A template of somebody else's, filled in by a process of its own.

    :raises BadTemplate: when it holds a tag that it may not hold, or takes too long.
    """
    command = [sys.executable, "-I", str(Path(filling.__file__))]
    given = json.dumps(values).encode() + b"\n" + template
    try:
        done = subprocess.run(  # noqa: S603 - our own file, by our own interpreter
            command, input=given, capture_output=True, timeout=filling.SECONDS, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise _unreadable() from error
    if done.returncode == 2:
        tag = done.stdout.decode("utf-8", "replace")[:60]
        raise BadTemplate(
            _("Mallen har en tagg som inte kan användas: %(tag)s. Se listan nedan.", tag=tag)
        )
    if done.returncode != 0 or not done.stdout.startswith(b"PK"):
        raise _unreadable()
    return done.stdout


def _unreadable() -> BadTemplate:
    return BadTemplate(
        _(
            "Mallen går inte att fylla i: en tagg är felskriven eller inte avslutad. "
            "Se listan nedan."
        )
    )


def fill_own(values: dict[str, Any], language: str) -> bytes:
    """The registry's own template, filled in here."""
    return filling.fill(default(language), values)


def places(document: Docx, values: dict[str, Any]) -> dict[str, Any]:
    """The paragraphs that the body and the table of contents take the place of.

    :raises BadTemplate: when the body has none, or several.
    """
    found: dict[str, Any] = {}
    for paragraph in document.element.body.iter(qn("w:p")):
        said = "".join(one.text or "" for one in paragraph.iter(qn("w:t"))).strip()
        for name in (BODY, CONTENTS):
            if values[name] not in said:
                continue
            if said != values[name] or name in found:
                raise BadTemplate(
                    _("{{ %(name)s }} ska stå en enda gång, ensam i ett eget stycke.", name=name)
                )
            found[name] = paragraph
    if BODY not in found:
        raise BadTemplate(_("Skriv {{ body }} i ett eget stycke: där kommer innehållet."))
    if found[BODY].getparent().tag != qn("w:body"):
        raise BadTemplate(_("{{ body }} får inte stå i en tabell eller en ruta."))
    return found


# the registry's own --------------------------------------------------------------------------


@cache
def default(language: str) -> bytes:
    """The template that is used where the municipality has none; also the example to start from."""
    document = new_docx()
    _styles(document, language)
    section = document.sections[0]
    section.page_width, section.page_height = Mm(210), Mm(297)
    section.left_margin = section.right_margin = Mm(22)
    section.top_margin, section.bottom_margin = Mm(26), Mm(24)
    _running(section.header.paragraphs[0], ("{{ municipality }}", "\t\t", "{{ title }}"))
    page = ("{{ date }}", "\t\t", "{{ page }} ", "PAGE", " {{ of }} ", "NUMPAGES")
    _running(section.footer.paragraphs[0], page)
    document.add_paragraph("{{ municipality }}", style=NOTE)
    document.add_paragraph("{{ title }}", style="Title")
    document.add_paragraph("{{ subtitle }}", style="Subtitle")
    for name in ("notice", "summary"):
        document.add_paragraph(f"{{%p if {name} %}}")
        document.add_paragraph(
            f"{{{{ {name} }}}}", style="Intense Quote" if name == "notice" else None
        )
        document.add_paragraph("{%p endif %}")
    table = document.add_table(3, 2, style=PAIRS)
    table.alignment = WD_TABLE_ALIGNMENT.LEFT
    table.rows[0].cells[0].text = "{%tr for one in facts %}"
    table.rows[1].cells[0].text, table.rows[1].cells[1].text = "{{ one.label }}", "{{ one.text }}"
    table.rows[2].cells[0].text = "{%tr endfor %}"
    for row in table.rows:
        row.cells[0].width, row.cells[1].width = Mm(52), Mm(114)
    document.add_paragraph("{{ contents }}")
    document.add_paragraph("{{ body }}")
    document.core_properties.language = "sv-SE" if language == "sv" else "en-GB"
    document.core_properties.comments = ""
    made = io.BytesIO()
    document.save(made)
    return made.getvalue()


def _running(paragraph: Paragraph, parts: tuple[str, ...]) -> None:
    """A header or footer: texts, tabs and the fields of page numbers."""
    paragraph.paragraph_format.tab_stops.clear_all()
    paragraph.paragraph_format.tab_stops.add_tab_stop(Mm(166), 2)
    for part in parts:
        run = paragraph.add_run()
        run.font.size, run.font.color.rgb = Pt(8.5), RGBColor.from_string(QUIET)
        if part in ("PAGE", "NUMPAGES"):
            for kind, said in (
                ("begin", ""),
                ("", part),
                ("separate", ""),
                ("t", "1"),
                ("end", ""),
            ):
                _field(run, kind, said)
        else:
            run.text = part.replace("\t\t", "\t")


def _field(run: Any, kind: str, said: str) -> None:
    name = {"": "w:instrText", "t": "w:t"}.get(kind, "w:fldChar")
    element = OxmlElement(name)
    if name == "w:fldChar":
        element.set(qn("w:fldCharType"), kind)
    else:
        element.text = said
    run._r.append(element)


def _styles(document: Docx, language: str) -> None:
    styles: Any = document.styles
    defaults = styles.element.find(f"{qn('w:docDefaults')}/{qn('w:rPrDefault')}/{qn('w:rPr')}")
    for old in defaults.findall(qn("w:lang")):
        defaults.remove(old)
    code = "sv-SE" if language == "sv" else "en-GB"
    defaults.append(parse_xml(f'<w:lang {nsdecls("w")} w:val="{code}" w:eastAsia="{code}"/>'))
    _font(styles["Normal"], 10.5, INK)
    styles["Normal"].paragraph_format.space_after = Pt(6)
    sizes = (("Heading 1", 18, ACCENT), ("Heading 2", 14, INK), ("Heading 3", 12, INK))
    for name, size, colour in (*sizes, ("Heading 4", 10.5, QUIET)):
        _font(styles[name], size, colour, bold=True)
        form = styles[name].paragraph_format
        form.space_before, form.space_after = Pt(size), Pt(size / 3)
        form.keep_with_next = True
    _font(styles["Title"], 28, INK, bold=True)
    _font(styles["Subtitle"], 15, QUIET)
    _font(styles["Caption"], 9.5, QUIET)
    for name in ("Subtitle", "Heading 4"):
        styles[name].font.italic = False
    for level in (1, 2, 3):
        style = styles.add_style(f"toc {level}", WD_STYLE_TYPE.PARAGRAPH, builtin=True)
        style.base_style = styles["Normal"]
        style.paragraph_format.left_indent = Mm(5 * (level - 1))
        style.paragraph_format.space_after = Pt(2)
        style.paragraph_format.tab_stops.add_tab_stop(Mm(166), 2, 1)
    note = styles.add_style(NOTE, WD_STYLE_TYPE.PARAGRAPH)
    note.base_style = styles["Normal"]
    _font(note, 9.5, QUIET)
    absent = styles.add_style(ABSENT, WD_STYLE_TYPE.CHARACTER)
    absent.font.italic, absent.font.color.rgb = True, RGBColor.from_string(QUIET)
    for xml in (
        _table_style(PAIRS, "RegisterPairs", head=False),
        _table_style(ROWS, "RegisterRows"),
    ):
        styles.element.append(parse_xml(xml))


def _font(style: Any, size: float, colour: str, *, bold: bool = False) -> None:
    style.font.name, style.font.size, style.font.bold = FONT, Pt(size), bold
    style.font.color.rgb = RGBColor.from_string(colour)
    fonts = style.element.rPr.rFonts
    for name in ("asciiTheme", "hAnsiTheme", "eastAsiaTheme", "cstheme"):
        fonts.attrib.pop(qn(f"w:{name}"), None)
    for border in style.element.iter(qn("w:pBdr")):
        border.getparent().remove(border)


def _table_style(name: str, key: str, *, head: bool = True) -> str:
    """Thin lines between rows; the first row stands out where it is a heading."""
    line = f'w:val="single" w:sz="4" w:space="0" w:color="{RULE}"'
    first = (
        '<w:tblStylePr w:type="firstRow"><w:rPr><w:b/></w:rPr><w:tcPr>'
        f'<w:tcBorders><w:bottom w:val="single" w:sz="8" w:space="0" w:color="{ACCENT}"/>'
        f'</w:tcBorders><w:shd w:val="clear" w:color="auto" w:fill="{TINT}"/></w:tcPr>'
        "</w:tblStylePr>"
        if head
        else f'<w:tblStylePr w:type="firstCol"><w:rPr><w:color w:val="{QUIET}"/></w:rPr>'
        "</w:tblStylePr>"
    )
    return (
        f'<w:style {nsdecls("w")} w:type="table" w:customStyle="1" w:styleId="{key}">'
        f'<w:name w:val="{name}"/><w:basedOn w:val="TableNormal"/><w:uiPriority w:val="99"/>'
        '<w:pPr><w:spacing w:before="20" w:after="20"/></w:pPr>'
        f'<w:rPr><w:sz w:val="{19 if head else 21}"/></w:rPr>'
        f"<w:tblPr><w:tblBorders><w:bottom {line}/><w:insideH {line}/></w:tblBorders>"
        '<w:tblCellMar><w:left w:w="60" w:type="dxa"/><w:right w:w="60" w:type="dxa"/>'
        f"</w:tblCellMar></w:tblPr>{first}</w:style>"
    )
