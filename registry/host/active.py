"""The enabled domains of this request, and the form classes built from them.

``generation`` is one number in the database. Each request reads it; when it has changed, a new
frozen set is built and one reference swapped. A request keeps the set it began with.
"""

import hashlib
import json
from dataclasses import dataclass, field
from typing import Any, TypeVar, cast

import sqlalchemy as sa
from flask import Flask, current_app, g, has_request_context, request
from wtforms import BooleanField, Form

from registry.db import db
from registry.host import own_tables
from registry.host.fields import Field
from registry.host.loading import Domain, loaded
from registry.host.models import Generation, PluginState, SubjectKind
from registry.words import lazy as _l

FormT = TypeVar("FormT", bound=Form)
SEPARATOR = "__"
REMOVE = "--remove"  # the box beside a secret answer that takes it away


@dataclass(frozen=True, eq=False)
class ActiveSet:
    """Which domains are on, as of one generation."""

    generation: int
    domains: tuple[Domain, ...]
    forms: dict[Any, Any] = field(default_factory=dict)

    def get(self, name: str | None) -> Domain | None:
        return next((domain for domain in self.domains if domain.name == name), None)

    @property
    def names(self) -> frozenset[str]:
        return frozenset(domain.name for domain in self.domains)

    def form_class(self, base: type[FormT], kind: SubjectKind, domain: str | None) -> type[FormT]:
        """``base`` with the domain's fields, as ``<domain>__<field>``; built once a generation.

        The class says what it was built from: ``domain_fields`` (form name → field) and
        ``questions``, a hash that a page carries so that a change in mid-form is noticed.
        """
        key = (base, kind, domain)
        if key not in self.forms:
            self.forms[key] = form_class(base, self.get(domain), kind)
        return cast(type[FormT], self.forms[key])


def fields_of(domain: Domain | None, kind: SubjectKind) -> tuple[Field, ...]:
    if domain is None:
        return ()
    return domain.measure_fields if kind is SubjectKind.MEASURE else domain.report_fields


def form_class(base: type[FormT], domain: Domain | None, kind: SubjectKind) -> type[FormT]:
    specs = fields_of(domain, kind)
    domain_fields = (
        {f"{domain.name}{SEPARATOR}{spec.name}": spec for spec in specs} if domain else {}
    )
    asked = [domain.name if domain else "", *(spec.spec() for spec in specs)]
    attributes: dict[str, Any] = {}
    for name, spec in domain_fields.items():
        attributes[name] = spec.bound_field()
        if spec.secrecy:
            attributes[name + REMOVE] = BooleanField(_l("Ta bort det som är sparat"))
    attributes["domain"] = domain
    attributes["domain_fields"] = domain_fields
    attributes["questions"] = hashlib.sha256(json.dumps(asked).encode()).hexdigest()[:16]
    name = f"{base.__name__}_{domain.name}" if domain else base.__name__
    return type(name, (base,), attributes)


def init_app(app: Flask) -> None:
    app.extensions["active"] = None
    app.before_request(_fix_for_request)


def current() -> ActiveSet:
    """The active set of this request (or of now, outside a request)."""
    if not has_request_context():
        return _fresh()
    if "active" not in g:
        g.active = _fresh()
    return cast(ActiveSet, g.active)


def _fix_for_request() -> None:
    if request.endpoint not in {"static", "health.live", "health.ready", None}:
        current()


_NUMBER = sa.select(Generation.number)


def _fresh() -> ActiveSet:
    number = db.session.connection().scalar(_NUMBER) or 0
    known: ActiveSet | None = current_app.extensions["active"]
    if known is None or known.generation != number:
        known = _build(number)
        current_app.extensions["active"] = known
    return known


def _build(number: int) -> ActiveSet:
    enabled = set(db.session.scalars(sa.select(PluginState.name).where(PluginState.enabled)))
    domains = loaded(current_app).domains  # in name order
    return ActiveSet(
        number,
        tuple(one for name, one in domains.items() if name in enabled and own_tables.fit(one)),
    )
