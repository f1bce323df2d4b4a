"""A template of the municipality's own: used, documented, and unable to do anything else."""

import io
import json
import subprocess
import sys
import zipfile
from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
from docx import Document as open_docx
from jinja2 import TemplateError

from registry.audit.models import AuditEntry
from registry.db import db
from registry.documents import filling, service, word_template
from registry.documents.document import Subject
from registry.documents.filling import NotAllowed
from registry.documents.models import DocumentTemplate
from registry.documents.word_template import BadTemplate
from registry.people.models import Role
from registry.people.permissions import Grant, Viewer
from registry.reporting.models import Report
from tests.documents.conftest import Clients, text_of

VALUES: dict[str, Any] = {
    "title": "Rubrik <w:br/> {{ 7*7 }} {% x %}",
    "subtitle": "",
    "municipality": "Kommunen",
    "date": "31 januari 2026",
    "notice": "",
    "summary": "Å" * 50,
    "facts": [{"key": "a", "label": "Fråga", "text": "Svar & <svar>"}],
    "fact": {"a": "Svar"},
    "page": "Sida",
    "of": "av",
    "body": "body-token",
    "contents": "contents-token",
}


def docx(*paragraphs: str, change: Callable[[Any], None] | None = None) -> bytes:
    document = open_docx()
    for said in paragraphs:
        document.add_paragraph(said)
    if change is not None:
        change(document)
    made = io.BytesIO()
    document.save(made)
    return made.getvalue()


def repacked(content: bytes, **parts: bytes) -> bytes:
    """The same file with parts put in its place or added; ``__`` is ``/`` and ``_`` a dot."""
    made = io.BytesIO()
    names = {name.replace("__", "/").replace("_", "."): data for name, data in parts.items()}
    with (
        zipfile.ZipFile(io.BytesIO(content)) as old,
        zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for name in old.namelist():
            if name not in names:
                new.writestr(name, old.read(name))
        for name, data in names.items():
            new.writestr(name, data)
    return made.getvalue()


@pytest.mark.parametrize(
    "said",
    [
        "{{ ''.__class__ }}",
        "{{ title.__class__.__mro__ }}",
        "{{ title['__class__'] }}",
        "{{ title.format }}",
        "{{ title.upper() }}",
        "{{ facts.append }}",
        "{{ facts[0] }}",
        "{{ fact._x }}",
        "{{ self }}",
        "{{ config }}",
        "{{ request.environ }}",
        "{{ range(10**9) }}",
        "{{ 10**10**9 }}",
        "{{ 'a' * 10**9 }}",
        "{{ title ~ title }}",
        "{{ cycler('a') }}",
        "{{ namespace() }}",
        "{{ lipsum() }}",
        "{{ joiner() }}",
        "{{ dict(a=1) }}",
        "{{ title|attr('upper') }}",
        "{{ facts|map(attribute='x') }}",
        "{{ title|format }}",
        "{{ title|safe }}",
        "{{ title|center(999999999) }}",
        "{{ title if title else notice }}",
        "{{ [1, 2] }}",
        "{{ title is string }}",
        "{% include 'x' %}",
        "{% import 'x' as y %}",
        "{% from 'x' import y %}",
        "{% extends 'x' %}",
        "{% set x = title %}",
        "{% macro x() %}{% endmacro %}",
        "{% block x %}{% endblock %}",
        "{% filter upper %}x{% endfilter %}",
        "{% autoescape false %}{{ title }}{% endautoescape %}",
        "{% with x = title %}{% endwith %}",
        "{% call x() %}{% endcall %}",
        "{% for a in facts %}{% for b in facts %}x{% endfor %}{% endfor %}",
        "{% for a in range(9) %}x{% endfor %}",
        "{% for a in title %}x{% endfor %}",
        "{% for a in facts recursive %}{{ loop(facts) }}{% endfor %}",
        "{% for a in facts if a.key %}x{% endfor %}",
        "{% for a in facts %}{{ a.secret }}{% endfor %}",
        "{% for a in facts %}{{ loop.cycle('a') }}{% endfor %}",
        "{% for title in facts %}x{% endfor %}",
        "{{ facts }}",
        "{{ unknown }}",
        "{{ title",
        "{% for one in facts %}",
        "{{ title }}" * 301,
    ],
)
def test_a_template_reads_and_runs_nothing_but_what_it_is_given(said: str) -> None:
    with pytest.raises((NotAllowed, TemplateError)):
        filling.fill(docx(said, "{{ body }}"), VALUES)


def test_what_it_may_hold_is_filled_in_and_every_text_is_escaped() -> None:
    content = docx(
        "{{ title }}",
        "{{ municipality|upper }}: {{ fact.a }}{{ fact.unknown }}",
        "{% if notice %}aldrig{% else %}annars{% endif %}",
        "{% if not notice and title == 'x' or summary %}ja{% endif %}",
        "{% for one in facts %}{{ loop.index }} {{ one.label }} {{ one.text }}{% endfor %}",
        "{{ body }}",
    )
    said = [one.text for one in open_docx(io.BytesIO(filling.fill(content, VALUES))).paragraphs]
    assert said == [
        "Rubrik <w:br/> {{ 7*7 }} {% x %}",
        "KOMMUNEN: Svar",
        "annars",
        "ja",
        "1 Fråga Svar & <svar>",
        "body-token",
    ]


def test_a_template_that_takes_too_long_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*_args: Any, **_named: Any) -> None:
        raise subprocess.TimeoutExpired("python", 1)

    monkeypatch.setattr(subprocess, "run", never)
    with pytest.raises(BadTemplate, match="går inte att fylla i"):
        word_template.fill(docx("{{ body }}"), VALUES)


def test_a_strange_template_is_filled_in_by_a_process_that_knows_nothing_of_ours() -> None:
    code = "import runpy, sys; sys.argv = ['x']; runpy.run_path(sys.argv[0]) if 0 else None"
    assert subprocess.run([sys.executable, "-I", "-c", code], check=True).returncode == 0
    header = json.dumps(VALUES).encode()
    done = subprocess.run(
        [sys.executable, "-I", "-X", "importtime", filling.__file__],
        input=header + b"\n" + docx("{{ body }}"),
        capture_output=True,
        check=True,
    )
    assert done.stdout.startswith(b"PK")
    assert b"registry" not in done.stderr.replace(b"registry/documents", b"")
    assert b"sqlalchemy" not in done.stderr


def _external(document: Any) -> None:
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    document.part.relate_to("https://example.org/x.dotx", f"{office}/attachedTemplate", True)


def _picture(document: Any) -> None:
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    document.part.relate_to("https://example.org/x.png", f"{office}/image", True)


def _hyperlink(document: Any) -> None:
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    document.part.relate_to("https://example.org", f"{office}/hyperlink", True)


def _field(document: Any) -> None:
    run = document.add_paragraph().add_run()
    word_template._field(run, "", "INCLUDE")
    word_template._field(run, "", 'TEXT "/etc/passwd"')


BODY = docx("{{ body }}")
BOMB = b"<x>" + b"a" * 31_000_000 + b"</x>"
ENTITY = b'<!DOCTYPE x [<!ENTITY y SYSTEM "file:///etc/passwd">]><x>&y;</x>'


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"PK nothing", "inte ett Word-dokument"),
        (b"%PDF-1.7", "inte ett Word-dokument"),
        (repacked(BODY, word__document_xml=b"<x/>"), "inte ett Word-dokument"),
        (repacked(BODY, word__styles_xml=ENTITY), "inte ett Word-dokument"),
        (repacked(BODY, word__vbaProject_bin=b"x"), "makron"),
        (repacked(BODY, word__embeddings__a_xlsx=b"x"), "makron"),
        (repacked(BODY, word__big_xml=BOMB), "packas upp"),
        (b"x" * 5_000_001, "högst 5 MB"),
        (docx("{{ body }}", change=_external), "attachedTemplate"),
        (docx("{{ body }}", change=_picture), "pekar på en annan fil"),
        (docx("{{ body }}", change=_field), "INCLUDETEXT"),
        (docx("{{ title }}"), "Skriv {{ body }}"),
        (docx("{{ body }}", "{{ body }}"), "en enda gång"),
        (docx("Här: {{ body }}"), "ensam"),
        (docx("{{ body }}{{ hidden }}"), "hidden"),
        (docx("{{ body }}{% if %}"), "felskriven"),
    ],
    ids=range(16),
)
def test_a_file_that_is_no_safe_template_is_refused_with_what_to_do(
    content: bytes, why: str
) -> None:
    from flask import Flask
    from flask_babel import Babel

    app = Flask("bare")
    Babel(app)
    with app.test_request_context("/"):
        with pytest.raises(BadTemplate) as refused:
            word_template.check(content, VALUES)
        word_template.check(docx("{{ body }}", change=_hyperlink), VALUES)
    assert why in str(refused.value)


def test_the_coordinator_puts_a_template_in_and_takes_it_away(
    reported: Report, clients: Clients
) -> None:
    client = clients["coordinator"]
    page = client.get("/documents/templates").get_data(as_text=True)
    assert "{{ body }}" in page
    example = client.get("/documents/templates/example.docx").get_data()

    def put(content: bytes, name: str = "mall.docx") -> Any:
        data = {"subject": "report", "file": (io.BytesIO(content), name)}
        return client.post("/documents/templates", data=data)

    refused = put(docx("{{ ''.__class__ }}", "{{ body }}"))
    assert refused.status_code == 422
    assert "tagg som inte kan användas: __class__" in refused.get_data(as_text=True)
    assert "Välj en fil." in client.post("/documents/templates").get_data(as_text=True)
    coordinator = Viewer(grants=frozenset({Grant(Role.COORDINATOR)}))
    service.upload(coordinator, Subject.REPORT, 'C:\\fakepath\\a\r\nX-Evil: 1".docx', example)
    shown = client.get("/documents/templates/report.docx")
    assert shown.headers["Content-Disposition"] == 'attachment; filename="a X-Evil: 1\\".docx"'
    own = docx("Kommunens egen", "{{ fact.board }}", "{{ contents }}", "{{ body }}")
    assert put(own).status_code == 303
    address = f"/documents/report/{reported.id}.docx"
    made = client.get(address).get_data()
    said = text_of(made, "docx")
    assert "Kommunensegen" in said
    assert "Klassasystem" in said
    names = {one.style.name for one in open_docx(io.BytesIO(made)).paragraphs if one.style}
    assert {"Heading 1", "Heading 3"} <= names  # its own, and what it lacks is brought in
    assert client.get("/documents/templates/report.docx").get_data() == own
    assert "mall.docx" in client.get("/documents/templates").get_data(as_text=True)
    db.session.rollback()
    assert db.session.scalars(sa.select(DocumentTemplate.name)).all() == ["mall.docx"]
    entries = db.session.scalars(
        sa.select(AuditEntry).filter_by(action="document_template.upload")
    ).all()
    assert len(entries) == 2
    assert "content" not in str([(one.before, one.after) for one in entries])
    assert client.post("/documents/templates/report/remove").status_code == 303
    assert "Kommunensegen" not in text_of(client.get(address).get_data(), "docx")
    assert client.get("/documents/templates/report.docx").status_code == 404
