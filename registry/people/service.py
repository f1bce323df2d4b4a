"""Signing in and out, passwords, invitations.

Hashing a password takes a tenth of a second by design. No write lock is held meanwhile: a use
case reads, ends its transaction, hashes, and then writes in a new one.
"""

from dataclasses import dataclass
from datetime import timedelta

import sqlalchemy as sa

from registry.audit import log
from registry.db import db, now
from registry.people import passwords, sessions
from registry.people.models import Invitation, User
from registry.people.permissions import Permission, Viewer, require

INVITATION_LASTS = timedelta(days=7)


class WrongPassword(Exception):
    """The address and the password do not belong together; which of them is wrong is not told."""


class InvitationEnded(Exception):
    """There is no such invitation to use.

    :param used: the link has been used; else it is too old, replaced or was never valid.
    """

    def __init__(self, *, used: bool = False) -> None:
        super().__init__()
        self.used = used


@dataclass(frozen=True)
class Invited:
    """Who chooses a password with an invitation."""

    invitation_id: int
    user_id: int
    name: str
    email: str


def sign_in(email: str, password: str) -> str:
    """Begin a session and return its token.

    :raises WrongPassword: also for a user who does not exist, is switched off or has never
        chosen a password, and just as slowly.
    """
    found = db.session.execute(
        sa.select(User.id, User.password_hash).where(User.email == normal_email(email), User.active)
    ).one_or_none()
    db.session.rollback()
    user_id, hashed = found or (None, None)
    fits = passwords.verify_password(hashed, password[: passwords.MAX_LENGTH + 1])
    if not fits or user_id is None or hashed is None:
        log.record("person.sign_in_failed", "user_account", user_id)
        db.session.commit()
        raise WrongPassword
    better = passwords.hash_password(password) if passwords.needs_rehash(hashed) else None
    user = db.session.get(User, user_id)
    if user is None or not user.active or user.password_hash != hashed:
        raise WrongPassword  # it was changed while we were hashing
    with log.acting(user_id):
        if better is not None:
            with log.action("person.rehash"):
                user.password_hash = better
                db.session.flush()
        token = sessions.begin(user_id)
        log.record("person.sign_in", "user_account", user_id)
    db.session.commit()
    return token


def sign_out(viewer: Viewer) -> None:
    require(viewer, Permission.SIGNED_IN)
    if viewer.sign_in_id is not None:
        sessions.end(viewer.sign_in_id)
        log.record("person.sign_out", "user_account", viewer.user_id)
        db.session.commit()


def change_password(viewer: Viewer, current: str, new: str) -> str:
    """Take a new password, end every session, and return the token of a new one.

    :raises WrongPassword: when ``current`` is not the person's password.
    :raises registry.people.passwords.WeakPassword:
    """
    require(viewer, Permission.SIGNED_IN)
    hashed = db.session.scalar(sa.select(User.password_hash).where(User.id == viewer.user_id))
    db.session.rollback()
    if not passwords.verify_password(hashed, current[: passwords.MAX_LENGTH + 1]):
        log.record("person.password_failed", "user_account", viewer.user_id)
        db.session.commit()
        raise WrongPassword
    passwords.check_strength(new, name=viewer.name, email=viewer.email)
    hashed_anew = passwords.hash_password(new)
    user = db.session.get(User, viewer.user_id)
    if user is None or user.password_hash != hashed:
        raise WrongPassword
    return _set_password(user, hashed_anew, "person.password")


def open_invitation(token: str) -> Invited:
    """:raises InvitationEnded: when the link cannot be used (any more)."""
    found = db.session.execute(
        sa.select(
            Invitation.id,
            Invitation.user_id,
            User.name,
            User.email,
            Invitation.used_at,
            Invitation.expires_at,
            User.active,
        )
        .join(User, User.id == Invitation.user_id)
        .where(Invitation.token_hash == sessions.hash_token(token))
    ).one_or_none()
    if found is None:
        raise InvitationEnded
    if found.used_at is not None:
        raise InvitationEnded(used=True)
    if found.expires_at <= now() or not found.active:
        raise InvitationEnded
    return Invited(found.id, found.user_id, found.name, found.email)


def accept_invitation(token: str, password: str) -> str:
    """Use the link once: take the chosen password and return the token of a new session.

    :raises InvitationEnded: when the link cannot be used (any more).
    :raises registry.people.passwords.WeakPassword:
    """
    invited = open_invitation(token)
    db.session.rollback()
    passwords.check_strength(password, name=invited.name, email=invited.email)
    hashed = passwords.hash_password(password)
    invitation = db.session.get(Invitation, invited.invitation_id, with_for_update=True)
    user = db.session.get(User, invited.user_id)
    if invitation is None or user is None or not user.active:
        raise InvitationEnded
    if invitation.used_at is not None:
        raise InvitationEnded(used=True)
    if invitation.expires_at <= now():
        raise InvitationEnded
    with log.acting(user.id), log.action("person.invitation_used"):
        invitation.used_at = now()
        db.session.flush()
    return _set_password(user, hashed, "person.password")


def invite(user: User) -> str:
    """Make a one-time link's token; the links made before end. The caller commits."""
    end_invitations(user)
    token = sessions.new_token()
    db.session.add(
        Invitation(
            token_hash=sessions.hash_token(token),
            user_id=user.id,
            expires_at=now() + INVITATION_LASTS,
        )
    )
    db.session.flush()
    return token


def end_invitations(user: User) -> None:
    """Make the links that a user has not used unusable; the caller commits."""
    for row in db.session.scalars(
        sa.select(Invitation).where(
            Invitation.user_id == user.id,
            Invitation.used_at.is_(None),
            Invitation.expires_at > now(),
        )
    ):
        row.expires_at = now()


def normal_email(text: str) -> str:
    return text.replace("\x00", "").strip().lower()


def _set_password(user: User, hashed: str, action: str) -> str:
    with log.acting(user.id), log.action(action):
        user.password_hash = hashed
        db.session.flush()
        sessions.end_all(user.id)
        end_invitations(user)
        token = sessions.begin(user.id)
    db.session.commit()
    return token
