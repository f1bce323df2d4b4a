"""On and off, live; release, export and purge. The permission is asked by whoever calls."""

from base64 import b64encode
from typing import Any

import sqlalchemy as sa
from flask import Flask, current_app

from registry.db import db, now
from registry.host import data, own_tables
from registry.host.calls import raise_generation
from registry.host.loading import loaded
from registry.host.models import DomainData, PluginState, SealedData, SubjectKind


class CannotSwitch(Exception):
    """The plugin is not loaded, or not fit; the message says why."""


def switch(name: str, on: bool) -> bool:
    """Switch a domain for everyone from their next request; the caller commits.

    Switching on also forgets earlier strikes (the release of a quarantine), and makes the tables
    that the domain owns.

    :returns: whether anything changed.
    :raises CannotSwitch: when switching on a plugin that is not loaded.
    """
    found = loaded(current_app)
    if on and name not in found.domains:
        refusal = found.refusals.get(name)
        raise CannotSwitch(refusal.reason if refusal else name)
    state = db.session.get(PluginState, name, with_for_update=True)
    if state is None:
        if name not in found.domains:
            raise CannotSwitch(name)
        state = PluginState(name=name, enabled=False, strikes=0)
    if state.enabled == on:
        db.session.add(state)
        return False
    if on:
        try:
            own_tables.upgrade(found.domains[name])
        except own_tables.Failed as error:
            raise CannotSwitch(str(error)) from error
        data.seal_what_became_secret(found.domains[name])
        state.strikes = 0
    state.enabled = on
    state.changed_at = now()
    db.session.add(state)
    raise_generation()
    return True


def release(name: str) -> bool:
    """Forget a domain's strikes; one that they had switched off is on again. The caller commits.

    :raises CannotSwitch: when the plugin is not loaded.
    """
    state = db.session.get(PluginState, name, with_for_update=True)
    if state is None:
        raise CannotSwitch(name)
    state.strikes = 0
    return switch(name, on=True)


def enable_bundled(app: Flask) -> None:
    """A new installation has the domains that came with it on; the caller commits."""
    _enable(app, loaded(app).bundled)


def enable_new(app: Flask) -> None:
    """Switch on every domain that has never been switched: while one is being written."""
    _enable(app, frozenset(loaded(app).domains))


def forget_strikes() -> None:
    """Release every domain that its faults have switched off: its code has just been edited."""
    for state in db.session.scalars(sa.select(PluginState).where(PluginState.strikes > 0)):
        if state.name in loaded(current_app).domains:
            release(state.name)


def _enable(app: Flask, names: frozenset[str]) -> None:
    known = set(db.session.scalars(sa.select(PluginState.name)))
    for name in sorted(names & loaded(app).domains.keys() - known):
        switch(name, on=True)


def upgrade_tables(app: Flask) -> None:
    """Bring the tables of every domain that is on up to its code, and seal what has become secret;
    the caller commits.

    :raises registry.host.own_tables.Failed: when a migration does.
    """
    enabled = set(db.session.scalars(sa.select(PluginState.name).where(PluginState.enabled)))
    domains = [one for one in loaded(app).domains.values() if one.name in enabled]
    changed = [own_tables.upgrade(one) for one in domains]
    for domain in domains:
        data.seal_what_became_secret(domain)
    if any(changed):
        raise_generation()


def export(name: str) -> dict[str, Any]:
    """All that a domain holds, for keeping: answers with their labels, secret ones as they lie
    sealed, the rows of its own tables. Needs no plugin but for the last."""
    answers = db.session.scalars(
        sa.select(DomainData)
        .where(DomainData.plugin == name)
        .order_by(DomainData.subject_kind, DomainData.subject_id)
    )
    sealed = db.session.scalars(
        sa.select(SealedData)
        .where(SealedData.plugin == name)
        .order_by(SealedData.subject_kind, SealedData.subject_id, SealedData.field)
    )
    return {
        "plugin": name,
        "exported_at": now().isoformat(),
        "answers": [
            {
                "subject_kind": row.subject_kind.value,
                "subject_id": row.subject_id,
                "version": row.version,
                "data": row.data,
                "entered": row.entered,
                "labels": row.labels,
                "saved_at": row.saved_at.isoformat(),
            }
            for row in answers
        ],
        "sealed": [
            {
                "subject_kind": row.subject_kind.value,
                "subject_id": row.subject_id,
                "field": row.field,
                "label": row.label,
                "ground": row.ground,
                "key_id": row.key_id,
                "box": b64encode(row.box).decode(),
                "saved_at": row.saved_at.isoformat(),
            }
            for row in sealed
        ],
        "tables": own_tables.rows(loaded(current_app).domains.get(name)),
    }


def purge(name: str) -> int:
    """Remove what a domain holds: answers, secret ones, its own tables; the caller commits.

    What submitted reports say stays, its secret answers included: they are kept for good.

    :raises CannotSwitch: while it is on.
    """
    state = db.session.get(PluginState, name, with_for_update=True)
    if state is not None and state.enabled:
        raise CannotSwitch("switch it off first")
    count = 0
    for row in db.session.scalars(sa.select(DomainData).where(DomainData.plugin == name)):
        db.session.delete(row)
        count += 1
    for sealed in db.session.scalars(
        sa.select(SealedData).where(
            SealedData.plugin == name, SealedData.subject_kind != SubjectKind.FROZEN_ITEM
        )
    ):
        db.session.delete(sealed)
        count += 1
    if state is not None:
        db.session.delete(state)
    count += own_tables.drop(loaded(current_app).domains.get(name))
    raise_generation()
    return count
