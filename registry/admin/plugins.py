"""Use cases of the plugin set: what there is, and switching it on and off."""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from flask import current_app
from flask_babel import gettext as _

from registry.audit import log
from registry.db import db
from registry.host import switching
from registry.host.loading import Domain, loaded
from registry.host.models import DomainData, PluginState
from registry.people.permissions import Permission, Viewer, require


@dataclass(frozen=True)
class PluginLine:
    """One plugin as an admin sees it."""

    name: str
    title: str
    version: str
    owner: str
    summary: str
    domain: Domain | None
    enabled: bool
    strikes: int
    last_fault: str
    last_fault_at: datetime | None
    refusal: str
    rows: int

    @property
    def quarantined(self) -> bool:
        """Switched off by the host, after three faults."""
        return not self.enabled and self.strikes > 0


def plugin_lines(viewer: Viewer) -> list[PluginLine]:
    """Every plugin found, refused or once known, by name: two queries however many."""
    require(viewer, Permission.MANAGE_PLUGINS)
    found = loaded(current_app)
    states = {state.name: state for state in db.session.scalars(sa.select(PluginState))}
    counted = sa.select(DomainData.plugin, sa.func.count()).group_by(DomainData.plugin)
    rows = dict(db.session.execute(counted).all())
    names = sorted(found.domains.keys() | found.refusals.keys() | states.keys() | rows.keys())
    return [
        _line(name, found.domains.get(name), states.get(name), rows.get(name, 0)) for name in names
    ]


def _line(name: str, domain: Domain | None, state: PluginState | None, rows: int) -> PluginLine:
    refusal = loaded(current_app).refusals.get(name)
    reason = ""
    if domain is None:
        reason = refusal.reason if refusal else _("Domänens mapp finns inte längre.")
    return PluginLine(
        name=name,
        title=domain.title if domain else name,
        version=domain.manifest.version if domain else "",
        owner=domain.manifest.owner if domain else "",
        summary=domain.manifest.summary if domain else "",
        domain=domain,
        enabled=bool(state and state.enabled and domain),
        strikes=state.strikes if state else 0,
        last_fault=state.last_fault if state else "",
        last_fault_at=state.last_fault_at if state else None,
        refusal=reason,
        rows=rows,
    )


def switch_plugin(viewer: Viewer, name: str, on: bool) -> bool:
    """Switch a domain on or off for everyone, from their next request. Data is kept.

    :returns: whether anything changed.
    :raises registry.host.switching.CannotSwitch: when it is not loaded.
    """
    require(viewer, Permission.MANAGE_PLUGINS)
    with log.action("plugin.enable" if on else "plugin.disable"):
        changed = switching.switch(name, on)
        db.session.commit()
    return changed
