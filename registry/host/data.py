"""Domain data: read with upgrade, written from forms, kept whatever happens to the plugin."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _
from werkzeug.datastructures import MultiDict
from wtforms import Form

from registry.db import db, now
from registry.host import calls, vault
from registry.host.active import REMOVE, SEPARATOR, fields_of, form_class
from registry.host.fields import Field
from registry.host.loading import Domain
from registry.host.models import DomainData, SealedData, SubjectKind
from registry.host.values import Subject


@dataclass(frozen=True)
class Answer:
    """One stored answer as a person reads it; needs no plugin.

    :param secrecy: the ground on which it is withheld; value and text are then empty.
    """

    name: str
    label: str
    kind: str
    value: Any
    text: str
    unit: str = ""
    secrecy: str | None = None


@dataclass(frozen=True)
class Stored:
    """A domain's row on a subject.

    ``values`` are the field values as Python sees them; ``entered`` what was written but not
    readable; ``marks`` which secret answers there are. ``readable`` is false when an upgrade
    failed: show the section from its ``labels``.
    """

    values: Mapping[str, Any]
    entered: Mapping[str, list[str]]
    readable: bool = True
    marks: Mapping[str, vault.Mark] = field(default_factory=dict)
    kept: tuple[Answer, ...] = ()

    def has(self, name: str) -> bool:
        """Whether there is an answer, readable as a value: open or sealed."""
        return name in self.values or (name in self.marks and self.marks[name].readable)


EMPTY = Stored({}, {})


_ROWS = sa.select(
    DomainData.plugin,
    DomainData.subject_id,
    DomainData.version,
    DomainData.data,
    DomainData.entered,
    DomainData.labels,
).where(
    DomainData.subject_kind == sa.bindparam("kind"),
    DomainData.subject_id.in_(sa.bindparam("ids", expanding=True)),
    DomainData.plugin.in_(sa.bindparam("plugins", expanding=True)),
)


def load(
    kind: SubjectKind, ids: Iterable[int], domains: Iterable[Domain]
) -> dict[int, dict[str, Stored]]:
    """All these domains' rows on these subjects: one query, and one more where there are secret
    fields. Subject id → domain name → row."""
    by_name = {domain.name: domain for domain in domains}
    wanted = list(ids)
    found: dict[int, dict[str, Stored]] = defaultdict(dict)
    if not by_name or not wanted:
        return found
    asked = {"kind": kind, "ids": wanted, "plugins": list(by_name)}
    secret = any(spec.secrecy for one in by_name.values() for spec in fields_of(one, kind))
    marks = vault.marks(kind, wanted) if secret else {}
    rows = db.session.connection().execute(_ROWS, asked)
    for plugin, subject_id, *row in rows:
        own = marks.get(subject_id, {}).pop(plugin, {})
        subject = Subject(kind.value, subject_id)
        found[subject_id][plugin] = _read(by_name[plugin], subject, kind, own, *row)
    for subject_id, of_plugins in marks.items():
        for plugin, own in of_plugins.items():
            if plugin in by_name:
                found[subject_id][plugin] = Stored({}, {}, marks=own)
    return found


_ROWS_OF_TWO = sa.select(
    DomainData.subject_kind,
    DomainData.version,
    DomainData.data,
    DomainData.entered,
    DomainData.labels,
).where(
    DomainData.plugin == sa.bindparam("plugin"),
    sa.or_(
        sa.and_(
            DomainData.subject_kind == SubjectKind.REPORT_ITEM,
            DomainData.subject_id == sa.bindparam("item"),
        ),
        sa.and_(
            DomainData.subject_kind == SubjectKind.MEASURE,
            DomainData.subject_id == sa.bindparam("measure"),
        ),
    ),
)


def load_item(domain: Domain, item_id: int, measure_id: int) -> tuple[Stored, Stored]:
    """A domain's rows on a report item and on its measure: one query, and one more for each kind
    of which something is secret."""
    asked = {"plugin": domain.name, "item": item_id, "measure": measure_id}
    rows = {row[0]: row[1:] for row in db.session.connection().execute(_ROWS_OF_TWO, asked)}
    found = []
    for kind, key in ((SubjectKind.REPORT_ITEM, item_id), (SubjectKind.MEASURE, measure_id)):
        secret = any(spec.secrecy for spec in fields_of(domain, kind))
        own = vault.marks(kind, [key]).get(key, {}).get(domain.name, {}) if secret else {}
        if kind in rows:
            found.append(_read(domain, Subject(kind.value, key), kind, own, *rows[kind]))
        else:
            found.append(Stored({}, {}, marks=own) if own else EMPTY)
    return found[0], found[1]


def _read(
    domain: Domain,
    subject: Subject,
    kind: SubjectKind,
    marks: Mapping[str, vault.Mark],
    version: int,
    data: dict[str, Any],
    entered: dict[str, list[str]],
    labels: dict[str, Any],
) -> Stored:
    try:
        today = _in_todays_shape(domain, subject, data, version)
    except calls.Fault:
        kept = _kept(data, labels, secret_names(domain, kind))
        return Stored({}, entered, readable=False, marks=marks, kept=kept)
    return Stored(_values(domain, kind, today), entered, marks=marks)


def _in_todays_shape(
    domain: Domain, subject: Subject, data: dict[str, Any], version: int
) -> dict[str, Any]:
    """:raises calls.Fault: when the domain cannot upgrade them."""
    if version < domain.manifest.data_version and domain.implements("upgrade_data"):
        return calls.upgrade_data(domain, subject, data, version) or data
    return data


def loaded(
    domain: Domain, kind: SubjectKind, subject_id: int, data: dict[str, Any], version: int | None
) -> dict[str, Any]:
    """Answers as they were stored, typed, in today's shape; none where the domain cannot read
    those of that version."""
    if version is None:
        return _values(domain, kind, data)
    try:
        today = _in_todays_shape(domain, Subject(kind.value, subject_id), data, version)
    except calls.Fault:
        return {}
    return _values(domain, kind, today)


def _values(domain: Domain, kind: SubjectKind, data: Mapping[str, Any]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for spec in fields_of(domain, kind):
        if spec.name in data and not spec.secrecy:
            value = loaded_value(domain, spec, data[spec.name])
            if value is not None:
                values[spec.name] = value
    return values


def loaded_value(domain: Domain, spec: Field, stored: Any) -> Any:
    """A stored answer as Python sees it; ``None`` for an older one of another kind, which is kept
    in its row and not shown in the form."""
    try:
        return spec.load(stored)
    except (ArithmeticError, ValueError, TypeError):
        return None
    except Exception as error:
        calls.strike(domain, f"field {spec.name}", error)
        return None


def secret_names(domain: Domain, kind: SubjectKind) -> frozenset[str]:
    return frozenset(spec.name for spec in fields_of(domain, kind) if spec.secrecy)


def _kept(
    data: Mapping[str, Any], labels: Mapping[str, Any], secret: frozenset[str]
) -> tuple[Answer, ...]:
    """A row as its own labels read it, without its plugin; of what is secret today, nothing."""
    return tuple(
        Answer(
            name, str(label.get("label", name)), str(label.get("kind", "")), value, _plain(value)
        )
        for name, label in labels.items()
        if name not in secret and (value := data.get(name)) is not None
    )


def _plain(value: Any) -> str:
    if isinstance(value, bool):
        return _("Ja") if value else _("Nej")
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return str(value)


def as_form_data(domain: Domain | None, stored: Stored) -> dict[str, Any]:
    """The stored values as initial data for the domain's form fields; secret ones stay empty."""
    if domain is None:
        return {}
    return {f"{domain.name}{SEPARATOR}{name}": value for name, value in stored.values.items()}


def save(domain: Domain, kind: SubjectKind, subject_id: int, form: Form) -> None:
    """Write the domain's fields of a bound and validated form; the caller commits.

    What could be read goes to ``data``; what could not is kept as it was written. A secret answer
    is sealed; left empty, it stays as it was.
    """
    prefix = domain.name + SEPARATOR
    _seal(domain, kind, subject_id, form)
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
    else:
        try:
            subject = Subject(kind.value, subject_id)
            row.data = _in_todays_shape(domain, subject, row.data, row.version)
        except calls.Fault:
            return  # the section was read-only; the row stays untouched
    _seal_row(domain, row)
    data, entered, labels = dict(row.data), {}, dict(row.labels)
    for spec in fields_of(domain, kind):
        if spec.secrecy:
            continue
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


def _seal_row(domain: Domain, row: DomainData) -> bool:
    """Answers given while their question was open, and that is secret today, are sealed; gives
    whether there were any. (A newer answer that lies sealed stands.)"""
    found = False
    for spec in fields_of(domain, row.subject_kind):
        if not spec.secrecy or (spec.name not in row.data and spec.name not in row.entered):
            continue
        found = True
        place = (domain.name, row.subject_kind, row.subject_id)
        sealed = db.session.get(SealedData, (*place, spec.name)) is not None
        value = loaded_value(domain, spec, row.data[spec.name]) if spec.name in row.data else None
        if not sealed and value is not None:
            vault.seal(*place, spec, spec.dump(value), spec.text(value))
        elif not sealed and row.entered.get(spec.name):
            vault.seal_entered(*place, spec, row.entered[spec.name])
        row.data = {name: one for name, one in row.data.items() if name != spec.name}
        row.entered = {name: one for name, one in row.entered.items() if name != spec.name}
        row.labels = {name: one for name, one in row.labels.items() if name != spec.name}
    return found


def seal_what_became_secret(domain: Domain) -> int:
    """Seal every answer that lies open although its question is secret today; the caller commits.

    :returns: how many rows held some.
    """
    if not any(spec.secrecy for spec in domain.fields):
        return 0
    rows = db.session.scalars(sa.select(DomainData).where(DomainData.plugin == domain.name)).all()
    return sum(_seal_row(domain, row) for row in rows)


def _seal(domain: Domain, kind: SubjectKind, subject_id: int, form: Form) -> None:
    for spec, bound in secret_fields(domain, kind, form):
        if bound.errors and _raw(bound):
            vault.seal_entered(domain.name, kind, subject_id, spec, _raw(bound))
        elif not spec.is_empty(bound.data):
            value, text = spec.dump(bound.data), spec.text(bound.data)
            vault.seal(domain.name, kind, subject_id, spec, value, text)
        elif form[bound.name + REMOVE].data:
            vault.remove(domain.name, kind, subject_id, spec.name)


def secret_fields(domain: Domain, kind: SubjectKind, form: Form) -> Iterator[tuple[Field, Any]]:
    """The domain's secret fields with their bound form fields."""
    for spec in fields_of(domain, kind):
        if spec.secrecy:
            yield spec, form[f"{domain.name}{SEPARATOR}{spec.name}"]


def written(domain: Domain, kind: SubjectKind, form: Form) -> tuple[dict[str, Any], list[str]]:
    """What a bound form says, by field name, for a check; and the secret answers in it as text."""
    values: dict[str, Any] = {}
    secret: list[str] = []
    for spec in fields_of(domain, kind):
        bound = form[f"{domain.name}{SEPARATOR}{spec.name}"]
        if not bound.errors and not spec.is_empty(bound.data):
            values[spec.name] = bound.data
            if spec.secrecy:
                secret += as_texts(spec, bound.data)
    return values, secret


def as_texts(spec: Field, value: Any) -> set[str]:
    """The texts by which an answer could be told again: as a whole, and each of several."""
    several = value if isinstance(value, list) else []
    read = {spec.text([one]) for one in several}
    return {str(value), str(spec.dump(value)), spec.text(value), *map(str, several)} | read


def missing_secrets(
    domain: Domain, kind: SubjectKind, stored: Stored, form: Form | None = None
) -> dict[str, str]:
    """Form name → what to do, for secret answers that must be given, or cannot be read."""
    found: dict[str, str] = {}
    for spec in fields_of(domain, kind):
        if not spec.secrecy:
            continue
        name = f"{domain.name}{SEPARATOR}{spec.name}"
        given = form is not None and not spec.is_empty(form[name].data)
        removed = form is not None and bool(form[name + REMOVE].data)
        if given or (form is not None and form[name].errors):
            continue
        mark = None if removed else stored.marks.get(spec.name)
        if mark is not None and not mark.readable:
            found[name] = _("Det som skrevs kan inte läsas. Skriv det på nytt.")
        elif mark is None and spec.required:
            found[name] = _("Fyll i det här fältet.")
    return found


def save_values(
    domain: Domain, kind: SubjectKind, subject_id: int, values: Mapping[str, Any]
) -> None:
    """Write some answers, typed and validated, and leave the others; the caller commits."""
    row = db.session.get(DomainData, (domain.name, kind, subject_id), with_for_update=True)
    if row is None:
        row = DomainData(
            plugin=domain.name, subject_kind=kind, subject_id=subject_id, data={}, entered={}
        )
        row.labels = {}
        db.session.add(row)
    stored, entered, labels = dict(row.data), dict(row.entered), dict(row.labels)
    for spec in fields_of(domain, kind):
        if spec.name not in values:
            continue
        value = values[spec.name]
        if spec.secrecy:
            vault.seal(domain.name, kind, subject_id, spec, spec.dump(value), spec.text(value))
            continue
        stored[spec.name] = spec.dump(value)
        labels[spec.name] = {"label": str(spec.label), "kind": spec.kind}
        entered.pop(spec.name, None)
    row.data, row.entered, row.labels = stored, entered, labels
    row.version, row.saved_at = domain.manifest.data_version, now()


@dataclass(frozen=True)
class SecretNote:
    """What stands beside a secret question: why it is secret, and what there is already.

    :param remove: the bound box that takes the answer away; ``None`` when there is no answer.
    """

    ground: str
    mark: vault.Mark | None
    remove: Any


def secret_notes(
    domain: Domain | None, kind: SubjectKind, stored: Stored, form: Form
) -> dict[str, SecretNote]:
    """Form name → note, for the secret questions of a form."""
    if domain is None:
        return {}
    found = {}
    for spec, bound in secret_fields(domain, kind, form):
        mark = stored.marks.get(spec.name)
        remove = form[bound.name + REMOVE] if mark is not None else None
        found[bound.name] = SecretNote(spec.secrecy or "", mark, remove)
    return found


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
    vault.copy(kind, kind, pairs)


def upgrade_all(domain: Domain) -> Iterator[tuple[int, int, int]]:
    """Bring every older row to today's shape, a hundred to a transaction; gives how many are
    done, how many failed, and of how many. A row that cannot be upgraded stays as it is."""
    older = sa.and_(
        DomainData.plugin == domain.name, DomainData.version < domain.manifest.data_version
    )
    keys = db.session.execute(
        sa.select(DomainData.subject_kind, DomainData.subject_id).where(older)
    ).all()
    db.session.commit()
    done = failed = 0
    yield done, failed, len(keys)
    for start in range(0, len(keys), 100):
        for kind, subject_id in keys[start : start + 100]:
            row = db.session.get(DomainData, (domain.name, kind, subject_id), with_for_update=True)
            if row is None or row.version >= domain.manifest.data_version:
                continue  # saved by somebody meanwhile
            try:
                subject = Subject(kind.value, subject_id)
                row.data = calls.upgrade_data(domain, subject, row.data, row.version) or row.data
                row.version = domain.manifest.data_version
                _seal_row(domain, row)
                done += 1
            except calls.Fault:
                failed += 1
        db.session.commit()
        yield done, failed, len(keys)


def answers(domain: Domain, kind: SubjectKind, stored: Stored) -> list[Answer]:
    """What is stored, in field order, as a person reads it; of secret answers, that they are."""
    if not stored.readable:
        return [*stored.kept, *(_withheld(mark) for mark in stored.marks.values())]
    found = []
    for spec in fields_of(domain, kind):
        if spec.name in stored.values:
            value = stored.values[spec.name]
            found.append(
                Answer(
                    spec.name,
                    str(spec.label),
                    spec.kind,
                    spec.dump(value),
                    spec.text(value),
                    spec.unit,
                )
            )
        elif spec.name in stored.marks:
            found.append(_withheld(stored.marks[spec.name], str(spec.label)))
    return found


def _withheld(mark: vault.Mark, label: str = "") -> Answer:
    return Answer(mark.name, label or mark.label, "", None, "", "", mark.ground)


def _raw(bound: Any) -> list[str]:
    return [str(one) for one in bound.raw_data or [] if str(one).strip()]
