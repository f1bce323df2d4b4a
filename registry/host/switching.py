"""On and off, live. The permission is asked by whoever calls."""

import sqlalchemy as sa
from flask import Flask, current_app

from registry.db import db, now
from registry.host.calls import raise_generation
from registry.host.loading import loaded
from registry.host.models import PluginState


class CannotSwitch(Exception):
    """The plugin is not loaded; the message says why."""


def switch(name: str, on: bool) -> bool:
    """Switch a domain for everyone from their next request; the caller commits.

    Switching on also forgets earlier strikes (the release of a quarantine).

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
        db.session.add(state)
    if state.enabled == on:
        return False
    state.enabled = on
    state.changed_at = now()
    if on:
        state.strikes = 0
    raise_generation()
    return True


def enable_bundled(app: Flask) -> None:
    """A new installation has the domains that came with it on; the caller commits."""
    known = set(db.session.scalars(sa.select(PluginState.name)))
    found = loaded(app)
    for name in sorted(found.bundled & found.domains.keys() - known):
        switch(name, on=True)
