"""A domain reads a file into rows; here they are shown, checked and written."""

import hashlib
import json
import zlib
from base64 import urlsafe_b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from cryptography.fernet import Fernet, InvalidToken
from flask import current_app
from flask_babel import gettext as _
from werkzeug.datastructures import MultiDict
from wtforms import Form

from registry.audit import log
from registry.db import db
from registry.host import active, calls, data
from registry.host.active import SEPARATOR
from registry.host.fields import Choice, Field, Flag
from registry.host.loading import Domain
from registry.host.models import SubjectKind
from registry.host.values import Importer, ImportRow, MeasureView
from registry.people.permissions import Permission, Viewer, require
from registry.plan.models import GoalArea, Measure, PlanVersion, VersionState

KEPT_SECONDS = 24 * 60 * 60


class Unreadable(Exception):
    """The file cannot be read; the message says why."""


class Gone(Exception):
    """What was to be confirmed is too old, or somebody else's."""


@dataclass(frozen=True)
class Change:
    """One answer that would be written: what stands there now, and what would."""

    label: str
    before: str
    after: str


@dataclass
class Line:
    """One row of the file: where it goes, what it would change, and what is wrong with it."""

    number: str
    measure: MeasureView | None = None
    changes: list[Change] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    values: dict[str, Any] = field(default_factory=dict)

    @property
    def writes(self) -> bool:
        return bool(self.changes) and not self.errors


@dataclass(frozen=True)
class Preview:
    lines: list[Line]
    token: str

    @property
    def writing(self) -> list[Line]:
        return [line for line in self.lines if line.writes]


def importer(domain: Domain, name: str) -> Importer | None:
    return next((one for one in domain.importers if one.name == name), None)


def read(viewer: Viewer, domain: Domain, chosen: Importer, content: bytes) -> Preview:
    """Read a file and say, row by row, what it would change; nothing is written.

    :raises Unreadable: with what the importer says, or that it failed.
    """
    require(viewer, Permission.EDIT_PLAN)
    db.session.rollback()  # a file that takes its time must not hold up those who write
    try:
        rows = calls.read_file(domain, chosen, content)
    except ValueError as error:
        said = domain.say(str(error)) if str(error) else _("Filen är inte av det slag som väntas.")
        raise Unreadable(said) from error
    except calls.Fault as fault:
        raise Unreadable(_("Filen kunde inte läsas. Felet är antecknat.")) from fault
    plain = [[row.measure, dict(row.values)] for row in rows]
    whole = json.dumps([viewer.user_id, domain.name, plain]).encode()
    return Preview(_lines(domain, rows), _box().encrypt(zlib.compress(whole)).decode())


def write(viewer: Viewer, domain: Domain, token: str) -> int:
    """Write what was shown, as far as it is still right; gives on how many measures.

    :raises Gone: when it was shown to somebody else, or longer ago than a day.
    """
    require(viewer, Permission.EDIT_PLAN)
    try:
        whole = zlib.decompress(_box().decrypt(token, ttl=KEPT_SECONDS))
        user_id, name, plain = json.loads(whole)
    except InvalidToken as error:
        raise Gone from error
    if (user_id, name) != (viewer.user_id, domain.name):
        raise Gone
    lines = _lines(domain, [ImportRow(measure, values) for measure, values in plain])
    written = [line for line in lines if line.writes and line.measure is not None]
    with log.action("domain.import"):
        for line in written:
            if line.measure is not None:
                data.save_values(domain, SubjectKind.MEASURE, line.measure.id, line.values)
        db.session.commit()
    return len(written)


def _box() -> Fernet:
    """What was shown waits in the page that showed it: closed, for there may be secrets in it."""
    key = hashlib.sha256(f"domain-import {current_app.secret_key!r}".encode()).digest()
    return Fernet(urlsafe_b64encode(key))


def _lines(domain: Domain, rows: Sequence[ImportRow]) -> list[Line]:
    measures = _measures(domain)
    stored = data.load(SubjectKind.MEASURE, [one.id for one in measures.values()], [domain])
    seen: set[str] = set()
    lines = []
    for row in rows:
        line = Line(row.measure.strip(), measures.get(row.measure.strip()))
        lines.append(line)
        if line.measure is None:
            line.errors.append(_("Det finns ingen åtgärd med det numret i domänens målområde."))
        elif line.number in seen:
            line.errors.append(_("Åtgärden finns redan på en tidigare rad."))
        else:
            seen.add(line.number)
            kept = stored.get(line.measure.id, {}).get(domain.name, data.EMPTY)
            _fill(domain, line, row.values, kept)
    _check(domain, lines, stored)
    return lines


def _fill(domain: Domain, line: Line, values: Mapping[str, Any], stored: data.Stored) -> None:
    specs = {spec.name: spec for spec in domain.measure_fields}
    for name in values.keys() - specs.keys():
        line.errors.append(_("Frågan %(name)s finns inte i domänen.", name=name))
    posted: MultiDict[str, str] = MultiDict()
    given = {name: _texts(specs[name], values[name]) for name in specs if values.get(name)}
    for name, texts in given.items():
        posted.setlist(f"{domain.name}{SEPARATOR}{name}", texts)
    form = active.current().form_class(Form, SubjectKind.MEASURE, domain.name)(formdata=posted)
    form.validate()
    for name in given:
        spec, bound = specs[name], form[f"{domain.name}{SEPARATOR}{name}"]
        if bound.errors:
            line.errors.append(
                _("%(field)s: %(message)s", field=spec.label, message=" ".join(bound.errors))
            )
        elif spec.secrecy:
            line.values[name] = bound.data
            hidden = _("skyddad uppgift")
            line.changes.append(Change(str(spec.label), hidden, hidden))
        elif bound.data != stored.values.get(name):
            line.values[name] = bound.data
            before = spec.text(stored.values[name]) if name in stored.values else ""
            line.changes.append(Change(str(spec.label), before, spec.text(bound.data)))


def _texts(spec: Field, value: str | Sequence[str]) -> list[str]:
    """What a person would have posted: options by value or by label, yes and no in words."""
    texts = [value] if isinstance(value, str) else list(value)
    if isinstance(spec, Choice):
        by_label = {label.casefold(): key for key, label in spec.options}
        return [by_label.get(text.strip().casefold(), text.strip()) for text in texts]
    if isinstance(spec, Flag):
        words = {"ja": "yes", "yes": "yes", "1": "yes", "nej": "no", "no": "no", "0": "no"}
        return [words.get(text.strip().casefold(), text) for text in texts]
    return texts


def _check(domain: Domain, lines: list[Line], stored: Any) -> None:
    asked = [line for line in lines if line.measure is not None and line.writes]
    views: list[MeasureView] = []
    secret: list[str] = []
    for line in asked:
        measure = line.measure
        if measure is None:
            continue
        kept = stored.get(measure.id, {}).get(domain.name, data.EMPTY).values
        secret += [
            text
            for spec in domain.measure_fields
            if spec.secrecy and spec.name in line.values
            for text in data.as_texts(spec, line.values[spec.name])
        ]
        views.append(
            MeasureView(measure.id, measure.number, measure.title, data={**kept, **line.values})
        )
    for line, checked in zip(
        asked, calls.check_measures(domain, views, secret=secret), strict=True
    ):
        line.errors += [issue.message for issue in checked.errors]
        line.warnings += [issue.message for issue in checked.warnings]


def _measures(domain: Domain) -> dict[str, MeasureView]:
    rows = db.session.execute(_MEASURES, {"domain": domain.name})
    return {row.number: MeasureView(row.id, row.number, row.title) for row in rows}


_MEASURES = (
    sa.select(Measure.id, Measure.number, Measure.title)
    .join(GoalArea, GoalArea.id == Measure.area_id)
    .join(PlanVersion, PlanVersion.id == Measure.version_id)
    .where(GoalArea.domain == sa.bindparam("domain"), PlanVersion.state == VersionState.PUBLISHED)
    .order_by(PlanVersion.plan_id.desc(), Measure.plan_order.desc())
)
