"""Boards, users, the roles they hold, their sessions and invitations."""

from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from registry.db import Base, Locked, now, text_enum
from registry.words import Word
from registry.words import lazy as _l


class BoardKind(Word):
    EXECUTIVE = "executive", _l("Kommunstyrelse")
    COMMITTEE = "committee", _l("Nämnd")
    COMPANY = "company", _l("Bolag")


class Role(Word):
    REPORTER = "reporter", _l("Rapportör")
    APPROVER = "approver", _l("Godkännare")
    COORDINATOR = "coordinator", _l("Samordnare")
    EXECUTIVE = "executive", _l("Kommunstyrelsen")
    DOMAIN_LEAD = "domain_lead", _l("Domänansvarig")
    AUDITOR = "auditor", _l("Revisor")
    ADMIN = "admin", _l("Administratör")


BOARD_ROLES = frozenset({Role.REPORTER, Role.APPROVER})
DOMAIN_ROLES = frozenset({Role.DOMAIN_LEAD})


class Board(Locked, Base):
    """A committee, company or executive board; merged ones point to their successor."""

    __tablename__ = "board"
    __table_args__ = (
        sa.CheckConstraint(
            "valid_to IS NULL OR valid_from IS NULL OR valid_to >= valid_from", name="dates"
        ),
        sa.CheckConstraint("successor_id IS NULL OR successor_id <> id", name="successor"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    kind: Mapped[BoardKind] = mapped_column(text_enum(BoardKind))
    valid_from: Mapped[date | None]
    valid_to: Mapped[date | None]
    successor_id: Mapped[int | None] = mapped_column(sa.ForeignKey("board.id"))

    successor: Mapped["Board | None"] = relationship(remote_side=[id])

    def valid_on(self, day: date) -> bool:
        return (self.valid_from is None or self.valid_from <= day) and (
            self.valid_to is None or day <= self.valid_to
        )


class User(Locked, Base):
    """A person who can sign in. ``email`` is stored in lower case."""

    __tablename__ = "user_account"

    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(unique=True, info={"audit": "masked"})
    name: Mapped[str] = mapped_column(info={"audit": "masked"})
    password_hash: Mapped[str | None] = mapped_column(info={"audit": "masked"})
    active: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime] = mapped_column(default=now)

    grants: Mapped[list["RoleGrant"]] = relationship(
        back_populates="user", cascade="all, delete-orphan", order_by="RoleGrant.id"
    )
    clearances: Mapped[list["Clearance"]] = relationship(
        back_populates="user", cascade="all, delete-orphan", order_by="Clearance.domain"
    )


class RoleGrant(Base):
    """A role held by a user; board roles hold for one board, domain roles for one domain."""

    __tablename__ = "role_grant"
    __table_args__ = (
        sa.CheckConstraint(
            "(role IN ('reporter', 'approver')) = (board_id IS NOT NULL)", name="board_scope"
        ),
        sa.CheckConstraint("(role = 'domain_lead') = (domain IS NOT NULL)", name="domain_scope"),
        sa.Index(
            "uq_role_grant_scope",
            "user_id",
            "role",
            sa.text("coalesce(board_id, 0)"),
            sa.text("coalesce(domain, '')"),
            unique=True,
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(sa.ForeignKey("user_account.id", ondelete="CASCADE"))
    role: Mapped[Role] = mapped_column(text_enum(Role))
    board_id: Mapped[int | None] = mapped_column(sa.ForeignKey("board.id"), index=True)
    domain: Mapped[str | None]

    user: Mapped[User] = relationship(back_populates="grants")
    board: Mapped[Board | None] = relationship()


class Clearance(Base):
    """That a person may read the secret answers of a domain. No role gives it."""

    __tablename__ = "clearance"
    __table_args__ = (sa.UniqueConstraint("user_id", "domain"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(sa.ForeignKey("user_account.id", ondelete="CASCADE"))
    domain: Mapped[str]
    reason: Mapped[str] = mapped_column(default="")
    given_at: Mapped[datetime] = mapped_column(default=now)

    user: Mapped[User] = relationship(back_populates="clearances")


class SignIn(Base):
    """One signed-in session; ended by signing out, by a new password or by time.

    The cookie carries the token; the table only its SHA-256.
    """

    __tablename__ = "sign_in"

    id: Mapped[int] = mapped_column(primary_key=True)
    token_hash: Mapped[str] = mapped_column(unique=True, info={"audit": False})
    user_id: Mapped[int] = mapped_column(
        sa.ForeignKey("user_account.id", ondelete="CASCADE"), index=True
    )
    created_at: Mapped[datetime] = mapped_column(default=now)
    expires_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]

    user: Mapped[User] = relationship()


class Invitation(Base):
    """A one-time link with which a user chooses a password."""

    __tablename__ = "invitation"

    id: Mapped[int] = mapped_column(primary_key=True)
    token_hash: Mapped[str] = mapped_column(unique=True, info={"audit": False})
    user_id: Mapped[int] = mapped_column(
        sa.ForeignKey("user_account.id", ondelete="CASCADE"), index=True
    )
    created_at: Mapped[datetime] = mapped_column(default=now)
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]

    user: Mapped[User] = relationship()
