"""Who can help."""

from dataclasses import dataclass

import sqlalchemy as sa

from registry.db import db
from registry.language import alphabetical
from registry.people.models import Role, RoleGrant, User


@dataclass(frozen=True)
class Contact:
    name: str
    email: str


def coordinators() -> list[Contact]:
    """The active coordinators, by name."""
    rows = db.session.execute(
        sa.select(User.name, User.email)
        .join(RoleGrant, RoleGrant.user_id == User.id)
        .where(User.active, RoleGrant.role == Role.COORDINATOR)
    )
    return sorted((Contact(*row) for row in rows), key=lambda one: alphabetical(one.name))
