"""Use cases of the plugin set: what there is, approving it, switching it on and off."""

import json
from dataclasses import dataclass, field
from datetime import datetime

import sqlalchemy as sa
from flask import current_app
from flask_babel import gettext as _

from registry.audit import log
from registry.db import db
from registry.host import approval, calls, switching
from registry.host.loading import Domain, loaded, on_disk
from registry.host.manifest import Found, Manifest
from registry.host.models import DomainData, PluginApproval, PluginState, SealedData
from registry.people.permissions import Permission, Viewer, require


class NotFound(Exception):
    """There is no plugin of that name."""


@dataclass(frozen=True)
class Held:
    """What a plugin's domain holds: rows of answers, sealed answers, and their size in bytes."""

    rows: int = 0
    sealed: int = 0
    size: int = 0


@dataclass(frozen=True)
class PluginLine:
    """One plugin as an admin sees it.

    :param manifest: as it lies on disk now; ``None`` when the folder is gone or unreadable.
    :param stale: what lies there now is not what this process has taken in: restart.
    """

    name: str
    manifest: Manifest | None
    domain: Domain | None
    found: Found | None
    enabled: bool
    strikes: int
    last_fault: str
    last_fault_at: datetime | None
    refusal: str
    trace: str
    stale: bool
    needs_approval: bool
    approved: PluginApproval | None
    difference: approval.Difference | None
    held: Held
    timings: list[calls.Timing] = field(default_factory=list)

    @property
    def title(self) -> str:
        if self.domain is not None:
            return self.domain.title
        return self.manifest.title if self.manifest else self.name

    @property
    def bundled(self) -> bool:
        return self.found is not None and self.found.origin == "bundled"

    @property
    def quarantined(self) -> bool:
        """Switched off by the host, after three faults."""
        return not self.enabled and self.strikes >= calls.LIMIT


def plugin_lines(viewer: Viewer) -> list[PluginLine]:
    """Every plugin found, refused or once known, by name: four queries however many."""
    require(viewer, Permission.MANAGE_PLUGINS)
    return _lines(None)


def plugin_line(viewer: Viewer, name: str) -> PluginLine | None:
    """One plugin with the timing of its hooks in this process and the size of what it holds."""
    require(viewer, Permission.MANAGE_PLUGINS)
    return next(iter(_lines(name)), None)


def _lines(only: str | None) -> list[PluginLine]:
    found, disk = loaded(current_app), on_disk(current_app)
    states = {state.name: state for state in db.session.scalars(sa.select(PluginState))}
    approvals, held = approval.latest(), _held(only)
    names = sorted(
        found.domains.keys() | found.refusals.keys() | disk.keys() | states.keys() | held.keys()
    )
    lines = []
    for name in names:
        if only in (None, name):
            lies = disk.get(name)
            state, last = states.get(name), approvals.get(name)
            lies = lies if isinstance(lies, Found) else None
            lines.append(_line(name, lies, state, last, held.get(name, Held()), only is not None))
    return lines


def _line(
    name: str,
    lies: Found | None,
    state: PluginState | None,
    last: PluginApproval | None,
    held: Held,
    whole: bool,
) -> PluginLine:
    found = loaded(current_app)
    domain, refusal = found.domains.get(name), found.refusals.get(name)
    taken_in = found.found.get(name)
    trusted = current_app.extensions["settings"].trust_plugins
    foreign = lies is not None and lies.origin != "bundled" and not trusted
    needs = foreign and (last is None or last.digest != lies.digest) if lies is not None else False
    stale = taken_in is not None and lies is not None and taken_in.digest != lies.digest
    waiting = foreign and not needs and refusal is not None and refusal.step == "approval"
    reason = refusal.reason if refusal else "" if domain else _("Domänens mapp finns inte längre.")
    return PluginLine(
        name=name,
        manifest=lies.manifest if lies is not None else None,
        domain=domain,
        found=lies,
        enabled=bool(state and state.enabled and domain),
        strikes=state.strikes if state else 0,
        last_fault=state.last_fault if state else "",
        last_fault_at=state.last_fault_at if state else None,
        refusal="" if waiting or needs else reason,
        trace=refusal.trace if refusal else "",
        stale=stale or waiting,
        needs_approval=bool(needs),
        approved=last,
        difference=approval.difference(lies, last) if needs and lies is not None else None,
        held=held,
        timings=calls.timings(name) if whole else [],
    )


def _held(only: str | None) -> dict[str, Held]:
    sizes = sa.func.coalesce(sa.func.sum(sa.func.length(sa.cast(DomainData.data, sa.Text))), 0)
    rows = sa.select(DomainData.plugin, sa.func.count(), sizes).group_by(DomainData.plugin)
    size = sa.func.coalesce(sa.func.sum(sa.func.length(SealedData.box)), 0)
    sealed = sa.select(SealedData.plugin, sa.func.count(), size).group_by(SealedData.plugin)
    held: dict[str, Held] = {}
    for name, count, bytes_ in db.session.execute(rows):
        held[name] = Held(count, 0, int(bytes_))
    for name, count, bytes_ in db.session.execute(sealed):
        before = held.get(name, Held())
        held[name] = Held(before.rows, count, before.size + int(bytes_))
    return held


def approve(viewer: Viewer, name: str, digest: str) -> PluginApproval:
    """Approve a plugin's files just as they were shown; it is taken in at the next start.

    :raises NotFound:
    :raises registry.host.approval.Changed: when the files have changed since they were shown.
    """
    require(viewer, Permission.MANAGE_PLUGINS)
    found = on_disk(current_app).get(name)
    if not isinstance(found, Found):
        raise NotFound(name)
    with log.action("plugin.approve"):
        row = approval.approve(found, digest, viewer.name)
        db.session.commit()
    return row


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


def release_plugin(viewer: Viewer, name: str) -> bool:
    """Forget a plugin's strikes, and switch it on again if they had it switched off.

    :raises registry.host.switching.CannotSwitch: when it is not loaded.
    """
    require(viewer, Permission.MANAGE_PLUGINS)
    with log.action("plugin.release"):
        changed = switching.release(name)
        db.session.commit()
    return changed


def export(viewer: Viewer, name: str) -> str:
    """All that a plugin's domain holds, as JSON; secret answers as they lie sealed."""
    require(viewer, Permission.MANAGE_PLUGINS)
    return json.dumps(switching.export(name), ensure_ascii=False, indent=1, sort_keys=True)


def purge(viewer: Viewer, name: str) -> int:
    """Remove what a plugin's domain holds, but for what submitted reports say; gives how many rows.

    :raises registry.host.switching.CannotSwitch: while it is on.
    """
    require(viewer, Permission.MANAGE_PLUGINS)
    with log.action("plugin.purge"):
        count = switching.purge(name)
        log.record("plugin.purge", "plugin_state", None, label=name, after={"rows": count})
        db.session.commit()
    return count
