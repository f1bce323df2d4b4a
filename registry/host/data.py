"""Domain data: read with upgrade, written from forms, kept whatever happens to the plugin."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from werkzeug.datastructures import MultiDict
from wtforms import Form

from registry.db import db, now
from registry.host import calls
from registry.host.active import SEPARATOR, fields_of, form_class
from registry.host.loading import Domain
from registry.host.models import DomainData, SubjectKind
from registry.host.values import Subject


@dataclass(frozen=True)
class Answer:
    """One stored answer as a person reads it; needs no plugin."""

    name: str
    label: str
    kind: str
    value: Any
    text: str
    unit: str = ""


@dataclass(frozen=True)
class Stored:
    """A domain's row on a subject.

    ``values`` are the field values as Python sees them; ``entered`` what was written but not
    readable. ``readable`` is false when an upgrade failed: show the section from its labels.
    """

    values: Mapping[str, Any]
    entered: Mapping[str, list[str]]
    readable: bool = True


EMPTY = Stored({}, {})


_ROWS = sa.select(
    DomainData.plugin,
    DomainData.subject_id,
    DomainData.version,
    DomainData.data,
    DomainData.entered,
).where(
    DomainData.subject_kind == sa.bindparam("kind"),
    DomainData.subject_id.in_(sa.bindparam("ids", expanding=True)),
    DomainData.plugin.in_(sa.bindparam("plugins", expanding=True)),
)


def load(
    kind: SubjectKind, ids: Iterable[int], domains: Iterable[Domain]
) -> dict[int, dict[str, Stored]]:
    """All these domains' rows on these subjects: one query. Subject id → domain name → row."""
    by_name = {domain.name: domain for domain in domains}
    wanted = list(ids)
    found: dict[int, dict[str, Stored]] = defaultdict(dict)
    if not by_name or not wanted:
        return found
    asked = {"kind": kind, "ids": wanted, "plugins": list(by_name)}
    rows = db.session.connection().execute(_ROWS, asked)
    for plugin, subject_id, version, data, entered in rows:
        found[subject_id][plugin] = _read(
            by_name[plugin], Subject(kind.value, subject_id), kind, version, data, entered
        )
    return found


def _read(
    domain: Domain,
    subject: Subject,
    kind: SubjectKind,
    version: int,
    data: dict[str, Any],
    entered: dict[str, list[str]],
) -> Stored:
    if version < domain.manifest.data_version and domain.implements("upgrade_data"):
        try:
            data = calls.upgrade_data(domain, subject, data, version) or data
        except calls.Fault:
            return Stored({}, entered, readable=False)
    values: dict[str, Any] = {}
    for spec in fields_of(domain, kind):
        if spec.name in data:
            try:
                values[spec.name] = spec.load(data[spec.name])
            except (ValueError, TypeError):
                continue  # an older answer of another kind: kept in the row, not shown in the form
    return Stored(values, entered)


def as_form_data(domain: Domain | None, stored: Stored) -> dict[str, Any]:
    """The stored values as initial data for the domain's form fields."""
    if domain is None:
        return {}
    return {f"{domain.name}{SEPARATOR}{name}": value for name, value in stored.values.items()}


def save(domain: Domain, kind: SubjectKind, subject_id: int, form: Form) -> None:
    """Write the domain's fields of a bound and validated form; the caller commits.

    What could be read goes to ``data``; what could not is kept as it was written.
    """
    prefix = domain.name + SEPARATOR
    row = db.session.get(DomainData, (domain.name, kind, subject_id), with_for_update=True)
    if row is None:
        row = DomainData(
            plugin=domain.name,
            subject_kind=kind,
            subject_id=subject_id,
            data={},
            entered={},
            labels={},
        )
        db.session.add(row)
    elif row.version < domain.manifest.data_version and domain.implements("upgrade_data"):
        try:
            subject = Subject(kind.value, subject_id)
            row.data = calls.upgrade_data(domain, subject, row.data, row.version) or row.data
        except calls.Fault:
            return  # the section was read-only; the row stays untouched
    data, entered, labels = dict(row.data), {}, dict(row.labels)
    for spec in fields_of(domain, kind):
        bound = form[prefix + spec.name]
        data.pop(spec.name, None)
        if spec.is_empty(bound.data) and not (bound.errors and _raw(bound)):
            continue
        if bound.errors and _raw(bound):
            entered[spec.name] = _raw(bound)
        else:
            data[spec.name] = spec.dump(bound.data)
        labels[spec.name] = {"label": str(spec.label), "kind": spec.kind}
    if (data, entered, labels) != (row.data, row.entered, row.labels):
        row.data, row.entered, row.labels = data, entered, labels
        row.saved_at = now()
    row.version = domain.manifest.data_version


def save_posted(
    domain: Domain, kind: SubjectKind, subject_id: int, posted: "MultiDict[str, str]"
) -> bool:
    """Keep what was posted for a domain that was switched off while the form was open.

    Nothing a person wrote is lost: it is there again when the domain is. The caller commits.
    """
    prefix = domain.name + SEPARATOR
    if not any(name.startswith(prefix) for name in posted):
        return False
    form = form_class(Form, domain, kind)(formdata=posted)
    form.validate()
    save(domain, kind, subject_id, form)
    return True


def copy(kind: SubjectKind, pairs: Mapping[int, int]) -> None:
    """Copy every domain's rows from old subjects to new ones, switched off or not."""
    rows = db.session.scalars(
        sa.select(DomainData).where(
            DomainData.subject_kind == kind, DomainData.subject_id.in_(pairs)
        )
    )
    db.session.add_all(
        DomainData(
            plugin=row.plugin,
            subject_kind=kind,
            subject_id=pairs[row.subject_id],
            version=row.version,
            data=row.data,
            entered=row.entered,
            labels=row.labels,
        )
        for row in rows.all()
    )


def answers(domain: Domain, kind: SubjectKind, values: Mapping[str, Any]) -> list[Answer]:
    """The given values in field order, as a person reads them."""
    return [
        Answer(
            spec.name,
            str(spec.label),
            spec.kind,
            spec.dump(values[spec.name]),
            spec.text(values[spec.name]),
            spec.unit,
        )
        for spec in fields_of(domain, kind)
        if spec.name in values
    ]


def _raw(bound: Any) -> list[str]:
    return [str(one) for one in bound.raw_data or [] if str(one).strip()]
