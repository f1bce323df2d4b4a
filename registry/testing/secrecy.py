"""Secret answers that are recognised: planted by the forms, then looked for everywhere."""

import html
from collections.abc import Iterable
from dataclasses import dataclass

from registry.db import db
from registry.host.active import fields_of
from registry.host.fields import Field
from registry.host.models import DomainData, SealedData, SubjectKind
from registry.reporting.models import FrozenValue
from registry.testing import answers as made
from registry.testing import journey
from registry.testing.answers import Answers, Mark
from registry.testing.stage import Stage
from registry.testing.staged import fail


def secret(specs: Iterable[Field]) -> list[Field]:
    return [spec for spec in specs if spec.secrecy]


def escaped(text: str) -> str:
    """As Jinja writes it into a page."""
    return html.escape(text).replace("&#x27;", "&#39;").replace("&quot;", "&#34;")


@dataclass(frozen=True)
class Planted:
    """Secret answers on one subject: names of the fields, and how marked ones may look."""

    kind: SubjectKind
    subject_id: int
    names: frozenset[str]
    looks: frozenset[str]


def plant(stage: Stage, kind: SubjectKind) -> Planted:
    """Save marked answers in every secret field that can hold one, a sample in the others."""
    specs = fields_of(stage.domain, kind)
    with stage.app.test_request_context():
        marks = {spec.name: mark for spec in secret(specs) if (mark := made.mark(spec))}
        samples: Answers = {
            spec.name: spec.samples()[-1] for spec in secret(specs) if spec.name not in marks
        }
    answers = _passing(stage, kind, marks, samples)
    sent = journey.texts(stage, kind, answers)
    used = {name: mark for name, mark in marks.items() if answers.get(name) == mark.value}
    sent |= {name: [mark.posted] for name, mark in used.items()}
    if kind is SubjectKind.MEASURE:
        answer, subject_id = journey.save_measure(stage, sent), stage.measure_id
    else:
        answer, subject_id = journey.save_report(stage, sent, ready=True), stage.item_id
    if answer.status_code != 303:
        fail(f"Let the form with {sent!r:.300} be saved, so that its secrets can be looked for.")
    names = frozenset(spec.name for spec in secret(specs) if spec.name in answers)
    looks = frozenset(look for mark in used.values() for look in mark.looks)
    return Planted(kind, subject_id, names, looks)


def _passing(stage: Stage, kind: SubjectKind, marks: dict[str, Mark], samples: Answers) -> Answers:
    """Marks in as many fields as the domain's check lets pass."""
    values: Answers = {name: mark.value for name, mark in marks.items()}
    texts = {name: value for name, value in values.items() if isinstance(value, str)}
    for fixed in ({**samples, **values}, values, texts, {}):
        answers = journey.passing(stage, kind, fixed)
        if answers is not None:
            return answers
    fail(f"Let the check of a {kind.value} pass some combination of samples without an error.")


def must_be_sealed(stage: Stage, planted: Planted) -> None:
    """That they are kept: else that nobody sees them says nothing."""
    rows = db.session.query(SealedData).filter_by(
        plugin=stage.domain.name, subject_kind=planted.kind, subject_id=planted.subject_id
    )
    sealed = {row.field for row in rows}
    db.session.rollback()
    if planted.names - sealed:
        fail(f"Let {', '.join(sorted(planted.names - sealed))} be kept sealed; nothing is stored.")
    shown = journey.opened(stage, planted.kind, planted.subject_id)
    if planted.looks and not any(look in shown for look in planted.looks):
        fail("Let whoever has clearance read the secret answers: they do not stand on the page.")


def must_be_hidden(stage: Stage, looks: set[str]) -> None:
    names = {spec.name for spec in secret(stage.domain.fields)}
    own = {"plugin": stage.domain.name}
    for row in db.session.query(DomainData).filter_by(**own):
        if kept := sorted(names & (row.data.keys() | row.entered.keys())):
            fail(f"Let {', '.join(kept)} have one secrecy in all: it is stored in the open.")
    for value in db.session.query(FrozenValue).filter_by(domain=stage.domain.name):
        if value.name in names and value.kind != "metric" and (value.value or value.text):
            fail(f"Let the answer to {value.name!r} stay out of the submitted report.")
    db.session.rollback()
    stored = stage.stored_bytes()
    for look in looks:
        if look.encode() in stored:
            fail(f"Let nothing write secret answers: {look!r} lies readable in the database.")
    for role in stage.clients:
        for address, answer in journey.every_page(stage, role):
            page = answer.get_data()
            for look in looks:
                if look.encode() in page:
                    fail(f"Let no page show secret answers: {look!r} stands on {address} ({role}).")
            if answer.status_code >= 500:
                fail(f"Let {address} answer {role}; it gave {journey.fault(stage)}.")
