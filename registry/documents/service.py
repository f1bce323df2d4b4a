"""Use cases of documents: write one, or have the worker write it; the municipality's templates."""

import gc
import hashlib
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from importlib.metadata import version

import sqlalchemy as sa
from flask import Flask, current_app
from flask_babel import force_locale, get_locale
from flask_babel import gettext as _
from sqlalchemy.exc import NoResultFound
from sqlalchemy.orm import joinedload

from registry.attachments.kinds import clean_name
from registry.audit import log
from registry.config import Settings
from registry.db import db, now
from registry.documents import csv, excel, json, pdf, word, word_template
from registry.documents.document import Document, Fact, Section, Subject, Tell, quiet, text
from registry.documents.models import DocumentTemplate
from registry.documents.of_followup import of_followup
from registry.documents.of_plan import of_plan
from registry.documents.of_report import of_report
from registry.documents.word_template import BadTemplate
from registry.followup import publishing
from registry.jobs import service as jobs
from registry.jobs.models import Job
from registry.jobs.service import JobFailed, Product, Running
from registry.language import local, today
from registry.people.permissions import NOBODY, Permission, Viewer, require
from registry.plan import structure
from registry.reporting import service as reporting

JOB = "document"
LONG = 150  # measures; a document about more of them is written by the worker
KEPT, KEPT_BYTES = 16, 48_000_000  # of all that is kept; a large plan's PDF has some 5 MB
_VERSION = version("measure-registry")


@dataclass(frozen=True)
class Format:
    """``slow``: written by the worker when the document is long."""

    key: str
    ending: str
    media_type: str
    write: Callable[[Document, Tell], bytes]
    slow: bool = False


@dataclass(frozen=True)
class File:
    content: bytes
    name: str
    media_type: str


def _word(document: Document, tell: Tell) -> bytes:
    found = _own(document.subject)
    return word.write(document, found.content if found else None, tell)


_OPEN_XML = "application/vnd.openxmlformats-officedocument"
FORMATS = {
    one.key: one
    for one in (
        Format("pdf", "pdf", "application/pdf", lambda document, _t: pdf.write(document), True),
        Format("docx", "docx", f"{_OPEN_XML}.wordprocessingml.document", _word, True),
        Format("xlsx", "xlsx", f"{_OPEN_XML}.spreadsheetml.sheet", excel.write, True),
        Format("csv", "csv.zip", "application/zip", lambda document, _t: csv.write(document)),
        Format("json", "json", "application/json", lambda document, _t: json.write(document)),
    )
}


def init_app(app: Flask) -> None:
    app.extensions["documents"] = OrderedDict()
    jobs.offer(app, JOB, work)


@contextmanager
def _in_one_go() -> Iterator[None]:
    """A document is many small values that all live on: the collector would walk through them
    again and again, in vain, for a third of the time that reading takes."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


@_in_one_go()
def read(viewer: Viewer, subject: Subject, key: int) -> Document:
    """What the document says to this viewer: as much as its page would.

    :param key: of the report, the round or the plan version.
    :raises NoResultFound: when there is none, or the viewer may not know of it.
    :raises NotSubmitted: for a report that is a draft.
    """
    settings: Settings = current_app.extensions["settings"]
    about = (settings.municipality, str(get_locale() or "sv"))
    found: Document | None
    if subject is Subject.REPORT:
        found = of_report(viewer, reporting.get_report(viewer, key), *about)
    elif subject is Subject.FOLLOWUP:
        edition = publishing.preview(viewer, key, settled=False)
        found = None if edition is None else of_followup(edition, about[0], today())
    else:
        require(viewer, Permission.READ_PLAN)
        found = of_plan(viewer, key, *about, today())
    if found is None:
        raise NoResultFound
    return found


def read_public_plan(plan_id: int) -> Document:
    """The plan as it is published: the same for everyone, signed in or not.

    :raises NoResultFound: when there is none.
    """
    settings: Settings = current_app.extensions["settings"]
    version_id = structure.published_id(plan_id)
    if version_id is None:
        raise NoResultFound
    language = str(get_locale() or "sv")
    found = of_plan(NOBODY, version_id, settings.municipality, language, today())
    if found is None:
        raise NoResultFound
    return found


def read_public_followup(plan_id: int, round_id: int, number: int | None = None) -> Document:
    """A follow-up as it was published: the same for everyone, in the words that were published.

    :raises NoResultFound: when there is none.
    """
    settings: Settings = current_app.extensions["settings"]
    found = publishing.published(plan_id, round_id, number)
    if found is None:
        raise NoResultFound
    edition = publishing.content_of(found)
    with force_locale(edition["language"]):
        notice = _("Nummer %(number)s, med rättelser.", number=found.number)
        day = local(found.published_at).date()
        return of_followup(edition, settings.municipality, day, notice if found.number > 1 else "")


def is_long(document: Document, format: Format) -> bool:
    """Whether the worker should write it."""
    return format.slow and document.size > LONG


def mark(document: Document, format: Format) -> str:
    """The same for files that are the same; tells a cache whether what it has is still right."""
    template = _own_mark(document.subject) if format.key == "docx" else ""
    said = f"{document.digest} {format.key} {template} {_VERSION}"
    return hashlib.sha256(said.encode()).hexdigest()[:32]


def write(document: Document, format: Format, tell: Tell = quiet) -> File:
    """The document in this format; what was written lately is kept.

    :raises BadTemplate: when the municipality's own template cannot be filled in.
    """
    kept: OrderedDict[str, bytes] = current_app.extensions["documents"]
    key = mark(document, format)
    content = kept.get(key)
    if content is None:
        content = format.write(document, tell)
        kept[key] = content
        while len(kept) > KEPT or sum(map(len, list(kept.values()))) > KEPT_BYTES:
            kept.popitem(last=False)
    return File(content, f"{document.file_name}.{format.ending}", format.media_type)


def order(viewer: Viewer, subject: Subject, key: int, format: Format) -> Job:
    """Have the worker write it, from what there is to read when its turn comes.

    :raises NoResultFound, NotSubmitted: as :func:`read` does.
    """
    db.session.rollback()  # reading takes a while: let others write meanwhile
    db.session.connection(execution_options={"reading": True})
    document = read(viewer, subject, key)
    db.session.rollback()
    title = f"{document.title} {document.subtitle} ({format.key.upper()})"
    given = {"subject": subject.value, "key": key, "format": format.key}
    return jobs.start(viewer, JOB, title, **given)


def work(running: Running) -> Product:
    """The worker's part: what the person may see now, which may be less than when asking."""
    format = FORMATS[running.params["format"]]
    running.step(0, 100, _("Läser uppgifterna"))
    try:
        subject = Subject(running.params["subject"])
        document = read(running.viewer, subject, running.params["key"])
    except NoResultFound as error:
        raise JobFailed(_("Det som skulle skrivas ut finns inte längre.")) from error

    def tell(done: int, total: int) -> None:
        share = 10 + 85 * done // max(1, total)
        running.step(share, 100, _("Skriver dokumentet"))

    tell(0, 1)
    try:
        file = write(document, format, tell)
    except BadTemplate as error:
        raise JobFailed(_own_fails(error)) from error
    return Product(file.content, file.name, file.media_type)


def _own_fails(error: BadTemplate) -> str:
    return _("Kommunens Word-mall kunde inte användas. %(why)s", why=str(error))


# the municipality's own templates -------------------------------------------------------------


def templates(viewer: Viewer) -> dict[Subject, DocumentTemplate]:
    """The municipality's own templates by what they are for."""
    require(viewer, Permission.MANAGE_DOCUMENTS)
    rows = db.session.scalars(
        sa.select(DocumentTemplate).options(
            joinedload(DocumentTemplate.uploaded_by), sa.orm.defer(DocumentTemplate.content)
        )
    )
    return {Subject(row.subject): row for row in rows}


def template(viewer: Viewer, subject: Subject) -> File:
    """:raises NoResultFound: when our own is used."""
    require(viewer, Permission.MANAGE_DOCUMENTS)
    found = _own(subject)
    if found is None:
        raise NoResultFound
    return File(found.content, found.name, FORMATS["docx"].media_type)


def example(viewer: Viewer) -> File:
    """Our own template, to start from."""
    require(viewer, Permission.MANAGE_DOCUMENTS)
    content = word_template.default(str(get_locale() or "sv"))
    return File(content, "exempelmall.docx", FORMATS["docx"].media_type)


def upload(viewer: Viewer, subject: Subject, name: str, content: bytes) -> None:
    """Let documents of this kind be written in the municipality's own template from now on.

    :raises BadTemplate: when it cannot be; nothing is changed then.
    """
    require(viewer, Permission.MANAGE_DOCUMENTS)
    db.session.rollback()  # checking takes its time, and holds nobody up
    word_template.check(content, word.values(sample()))
    with log.action("document_template.upload"):
        row = _own(subject) or DocumentTemplate(subject=subject.value)
        row.name, row.content = clean_name(name), content
        row.sha256 = hashlib.sha256(content).hexdigest()
        row.uploaded_at, row.uploaded_by_id = now(), viewer.user_id
        db.session.add(row)
        db.session.commit()


def remove(viewer: Viewer, subject: Subject) -> None:
    """Go back to our own template."""
    require(viewer, Permission.MANAGE_DOCUMENTS)
    row = _own(subject)
    if row is not None:
        db.session.delete(row)
        db.session.commit()


def sample() -> Document:
    """A document with something in every place that a template may name."""
    facts = (Fact("board", _("Nämnd eller bolag"), text("<Å & ö>")),)
    return Document(
        subject=Subject.REPORT,
        title=_("Rubrik"),
        subtitle=_("Underrubrik"),
        municipality=_("Kommunen"),
        language="sv",
        day=date(2026, 1, 31),
        name="exempel",
        facts=facts,
        sections=(Section(1, _("Rubrik")),),
        data=(),
        notice=_("Utkast"),
        summary=_("Sammanfattning"),
    )


def _own(subject: Subject) -> DocumentTemplate | None:
    mine = sa.select(DocumentTemplate).where(DocumentTemplate.subject == subject.value)
    return db.session.scalars(mine).one_or_none()


def _own_mark(subject: Subject) -> str:
    mine = sa.select(DocumentTemplate.sha256).where(DocumentTemplate.subject == subject.value)
    return db.session.scalar(mine) or ""
