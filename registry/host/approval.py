"""Approval is of a digest: whoever answers for the installation has read just these files.

Domains that came with the registry are approved by its release. Any other plugin is imported only
when the digest of what lies there now is the one last approved.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from flask import Flask

from registry.config import Settings
from registry.db import db
from registry.host.manifest import Found
from registry.host.models import PluginApproval
from registry.host.values import Refusal


class Changed(Exception):
    """What lies there now is not what was shown."""


@dataclass(frozen=True)
class Difference:
    """Which files have come, changed or gone since the last approval."""

    added: tuple[str, ...]
    changed: tuple[str, ...]
    removed: tuple[str, ...]


def approved(app: Flask, settings: Settings, found: Sequence[Found | Refusal]) -> Mapping[str, str]:
    """Name → approved digest, read at the start; nothing is asked where nothing needs approval."""
    foreign = [one for one in found if isinstance(one, Found) and one.origin != "bundled"]
    if not foreign:
        return {}
    if settings.trust_plugins:
        return {one.name: one.digest for one in foreign}
    url = sa.make_url(settings.database)
    if url.get_backend_name() == "sqlite" and not settings.sqlite_exists():
        return {}
    with app.app_context():
        try:
            return {one.name: one.digest for one in latest().values()}
        except (sa.exc.OperationalError, sa.exc.ProgrammingError):
            return {}  # a database that is empty, or of an older release, has approved nothing
        finally:
            db.session.remove()
            db.engine.dispose()  # workers are forked after this, each with connections of its own


def latest() -> dict[str, PluginApproval]:
    """The last approval of each plugin, by name."""
    newest = sa.select(sa.func.max(PluginApproval.id)).group_by(PluginApproval.name)
    rows = db.session.scalars(sa.select(PluginApproval).where(PluginApproval.id.in_(newest)))
    return {row.name: row for row in rows}


def difference(found: Found, last: PluginApproval | None) -> Difference:
    before: Mapping[str, str] = last.files if last is not None else {}
    now = found.file_digests
    return Difference(
        tuple(path for path in now if path not in before),
        tuple(path for path in now if path in before and before[path] != now[path]),
        tuple(sorted(before.keys() - now.keys())),
    )


def approve(found: Found, digest: str, by: str) -> PluginApproval:
    """Approve what was shown; the caller commits.

    :raises Changed: when the files have changed since they were shown.
    """
    if found.digest != digest:
        raise Changed(found.name)
    row = PluginApproval(
        name=found.name,
        version=found.manifest.version,
        owner=found.manifest.owner,
        digest=found.digest,
        files=found.file_digests,
        approved_by=by,
    )
    db.session.add(row)
    return row
