"""Files that somebody has attached to something, and their bytes where they lie in the database."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from registry.db import Base, now
from registry.people.models import User


class Attachment(Base):
    """A file: what it is called, what it is by its content, and where its bytes lie.

    The row stays when the bytes are thrown away (``deleted_at``): it is the trace. To what a file
    is attached stands in a table of whatever it is attached to.

    :param key: names the bytes in the store; random, so that nothing is ever written over.
    :param stored_in: ``database``, or the address of a store as ``s3://bucket/prefix``.
    """

    __tablename__ = "attachment"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    media_type: Mapped[str]
    size: Mapped[int]
    sha256: Mapped[str] = mapped_column(index=True)
    stored_in: Mapped[str]
    key: Mapped[str] = mapped_column(unique=True, info={"audit": False})
    uploaded_at: Mapped[datetime] = mapped_column(default=now)
    uploaded_by_id: Mapped[int | None] = mapped_column(
        sa.ForeignKey("user_account.id", ondelete="SET NULL")
    )
    deleted_at: Mapped[datetime | None]

    uploaded_by: Mapped[User | None] = relationship()


class AttachmentContent(Base):
    """The bytes of a file that lies in the database; loaded for a download only."""

    __tablename__ = "attachment_content"

    key: Mapped[str] = mapped_column(primary_key=True)
    content: Mapped[bytes]
