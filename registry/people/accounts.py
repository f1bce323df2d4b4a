"""The people who use the registry, and the roles they hold: what an admin does.

A person who leaves is removed; the log and the reports keep what was done, the log under a
pseudonym (``Person #12``). There is always one admin who can sign in.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

import sqlalchemy as sa

from registry.conflict import Conflict
from registry.db import db
from registry.notices import removal
from registry.people import service, sessions
from registry.people.models import (
    BOARD_ROLES,
    DOMAIN_ROLES,
    Board,
    Clearance,
    Role,
    RoleGrant,
    SignIn,
    User,
)
from registry.people.permissions import Grant, Permission, Viewer, require
from registry.reporting.models import Report


class EmailTaken(Exception):
    """Another user has the address."""


class LastAdmin(Exception):
    """Without this person or this role, nobody could administer the registry."""


class UnknownScope(Exception):
    """The role does not go with this board or domain, or there is no such board."""


class AlreadyHeld(Exception):
    """The person has the role already."""


class OwnClearance(Exception):
    """An admin cannot clear themselves: another one must."""


class Inactive(Exception):
    """The person is switched off, and so cannot be invited."""


@dataclass(frozen=True)
class HeldRole:
    """A role that a user holds; ``board`` is the board's name."""

    id: int
    role: Role
    board: str | None
    domain: str | None


@dataclass(frozen=True)
class HeldClearance:
    """A clearance that a user has, for the secret answers of one domain."""

    id: int
    domain: str
    reason: str


@dataclass(frozen=True)
class Account:
    """A user as an admin sees one. ``invited``: no password has been chosen yet."""

    id: int
    name: str
    email: str
    active: bool
    invited: bool
    last_sign_in: datetime | None
    row_version: int
    roles: tuple[HeldRole, ...] = field(default=())
    clearances: tuple[HeldClearance, ...] = field(default=())


def accounts(viewer: Viewer) -> list[Account]:
    """Every user by name, with roles and latest sign-in."""
    require(viewer, Permission.MANAGE_USERS)
    return _accounts()


def account(viewer: Viewer, user_id: int) -> Account | None:
    require(viewer, Permission.MANAGE_USERS)
    return next(iter(_accounts(User.id == user_id)), None)


def add(viewer: Viewer, name: str, email: str, grants: Iterable[Grant] = ()) -> tuple[int, str]:
    """Add a user; return the id and the token of the invitation.

    :raises EmailTaken:
    :raises UnknownScope:
    """
    require(viewer, Permission.MANAGE_USERS)
    email = service.normal_email(email)
    _refuse_taken(email)
    user = User(name=name, email=email)
    db.session.add(user)
    for grant in dict.fromkeys(grants):
        user.grants.append(_checked(grant))
    db.session.flush()
    token = service.invite(user)
    db.session.commit()
    return user.id, token


def edit(viewer: Viewer, user_id: int, name: str, email: str, row_version: int) -> None:
    """:raises EmailTaken:
    :raises registry.conflict.Conflict: when someone has saved the user since.
    """
    require(viewer, Permission.MANAGE_USERS)
    user = db.session.get_one(User, user_id)
    if user.row_version != row_version:
        raise Conflict
    email = service.normal_email(email)
    _refuse_taken(email, but=user_id)
    if user.email != email:
        _take_clearances(user)
    user.name, user.email = name, email
    try:
        db.session.commit()
    except sa.orm.exc.StaleDataError as error:
        raise Conflict from error


def give_role(viewer: Viewer, user_id: int, grant: Grant) -> None:
    """:raises AlreadyHeld:
    :raises UnknownScope:
    """
    require(viewer, Permission.MANAGE_USERS)
    user = db.session.get_one(User, user_id)
    if any((g.role, g.board_id, g.domain) == _key(grant) for g in user.grants):
        raise AlreadyHeld
    user.grants.append(_checked(grant))
    try:
        db.session.commit()
    except sa.exc.IntegrityError as error:
        db.session.rollback()
        raise AlreadyHeld from error


def take_role(viewer: Viewer, user_id: int, grant_id: int) -> None:
    """Take a role from a user; nothing happens when it is gone already.

    :raises LastAdmin:
    """
    require(viewer, Permission.MANAGE_USERS)
    grant = db.session.get(RoleGrant, grant_id)
    if grant is None or grant.user_id != user_id:
        return
    if grant.role is Role.ADMIN:
        _refuse_without_admin(but=user_id)
    db.session.delete(grant)
    db.session.commit()


def give_clearance(viewer: Viewer, user_id: int, domain: str, reason: str) -> None:
    """Let a person read the secret answers of a domain. Nobody clears themselves.

    :raises OwnClearance:
    :raises AlreadyHeld:
    """
    require(viewer, Permission.MANAGE_USERS)
    if viewer.user_id == user_id:
        raise OwnClearance
    user = db.session.get_one(User, user_id)
    if any(held.domain == domain for held in user.clearances):
        raise AlreadyHeld
    user.clearances.append(Clearance(domain=domain, reason=reason.strip()))
    try:
        db.session.commit()
    except sa.exc.IntegrityError as error:
        db.session.rollback()
        raise AlreadyHeld from error


def take_clearance(viewer: Viewer, user_id: int, clearance_id: int) -> None:
    """Take a clearance from a person; nothing happens when it is gone already."""
    require(viewer, Permission.MANAGE_USERS)
    held = db.session.get(Clearance, clearance_id)
    if held is not None and held.user_id == user_id:
        db.session.delete(held)
        db.session.commit()


def switch(viewer: Viewer, user_id: int, *, active: bool) -> None:
    """Let a user sign in again, or keep a user out from this moment on.

    :raises LastAdmin:
    """
    require(viewer, Permission.MANAGE_USERS)
    user = db.session.get_one(User, user_id)
    if not active:
        _refuse_without_admin(but=user_id)
        sessions.end_all(user_id)
        service.end_invitations(user)
    user.active = active
    db.session.commit()


def invite(viewer: Viewer, user_id: int) -> str:
    """A new one-time link's token; the user's earlier links end, and so do clearances.

    :raises Inactive:
    """
    require(viewer, Permission.MANAGE_USERS)
    user = db.session.get_one(User, user_id)
    if not user.active:
        raise Inactive
    _take_clearances(user)
    token = service.invite(user)
    db.session.commit()
    return token


def remove(viewer: Viewer, user_id: int) -> None:
    """Remove a person. What they did stays, in the log as ``Person #id``.

    A submitted report keeps the name of the one who submitted it: it is a public record.

    :raises LastAdmin:
    """
    require(viewer, Permission.MANAGE_USERS)
    user = db.session.get_one(User, user_id)
    _refuse_without_admin(but=user_id)
    for report in db.session.scalars(sa.select(Report).where(Report.submitted_by_id == user_id)):
        report.submitted_by_id = None
    removal.forget(user_id)
    db.session.delete(user)
    db.session.commit()


def has_admin() -> bool:
    """Whether anybody can administer the registry."""
    return bool(_able_admins())


def _accounts(*where: sa.ColumnElement[bool]) -> list[Account]:
    latest = (
        sa.select(sa.func.max(SignIn.created_at))
        .where(SignIn.user_id == User.id)
        .correlate(User)
        .scalar_subquery()
    )
    people = db.session.execute(
        sa.select(
            User.id,
            User.name,
            User.email,
            User.active,
            User.password_hash.is_(None).label("invited"),
            latest.label("last_sign_in"),
            User.row_version,
        )
        .where(*where)
        .order_by(sa.func.lower(User.name), User.id)
    ).all()
    held: defaultdict[int, list[HeldRole]] = defaultdict(list)
    for user_id, key, role, board, domain in db.session.execute(
        sa.select(RoleGrant.user_id, RoleGrant.id, RoleGrant.role, Board.name, RoleGrant.domain)
        .join(User, User.id == RoleGrant.user_id)
        .outerjoin(Board, Board.id == RoleGrant.board_id)
        .where(*where)
        .order_by(RoleGrant.role, Board.name, RoleGrant.domain)
    ):
        held[user_id].append(HeldRole(key, role, board, domain))
    cleared: defaultdict[int, list[HeldClearance]] = defaultdict(list)
    for user_id, key, domain, reason in db.session.execute(
        sa.select(Clearance.user_id, Clearance.id, Clearance.domain, Clearance.reason)
        .join(User, User.id == Clearance.user_id)
        .where(*where)
        .order_by(Clearance.domain)
    ):
        cleared[user_id].append(HeldClearance(key, domain, reason))
    return [
        Account(*person, roles=tuple(held[person.id]), clearances=tuple(cleared[person.id]))
        for person in people
    ]


def _take_clearances(user: User) -> None:
    """Whoever holds the link, or the new address, may be another: clearance is given anew."""
    user.clearances = []


def _key(grant: Grant) -> tuple[Role, int | None, str | None]:
    return grant.role, grant.board_id, grant.domain


def _checked(grant: Grant) -> RoleGrant:
    right = (grant.board_id is not None) == (grant.role in BOARD_ROLES) and (
        bool(grant.domain) == (grant.role in DOMAIN_ROLES)
    )
    if not right or (grant.board_id is not None and db.session.get(Board, grant.board_id) is None):
        raise UnknownScope
    return RoleGrant(role=grant.role, board_id=grant.board_id, domain=grant.domain)


def _refuse_taken(email: str, but: int | None = None) -> None:
    owner = db.session.scalar(sa.select(User.id).where(User.email == email))
    if owner is not None and owner != but:
        raise EmailTaken


def _able_admins(*, lock: bool = False) -> set[int]:
    query = (
        sa.select(User.id)
        .join(RoleGrant, RoleGrant.user_id == User.id)
        .where(RoleGrant.role == Role.ADMIN, User.active, User.password_hash.is_not(None))
    )
    if lock:  # two admins who remove each other at the same time must meet here
        query = query.with_for_update()
    return set(db.session.scalars(query))


def _refuse_without_admin(*, but: int) -> None:
    admins = _able_admins(lock=True)
    if but in admins and len(admins) == 1:
        raise LastAdmin
