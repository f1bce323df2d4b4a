"""The municipality's own Word templates."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from registry.db import Base, now
from registry.people.models import User


class DocumentTemplate(Base):
    """A Word file that documents of one kind are written in; at most one for each kind.

    ``subject`` is one of :class:`registry.documents.document.Subject`.
    """

    __tablename__ = "document_template"
    __table_args__ = (
        sa.CheckConstraint("subject IN ('report', 'followup', 'plan')", name="subject"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    subject: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    content: Mapped[bytes] = mapped_column(sa.LargeBinary, info={"audit": False})
    sha256: Mapped[str]
    uploaded_at: Mapped[datetime] = mapped_column(default=now)
    uploaded_by_id: Mapped[int | None] = mapped_column(
        sa.ForeignKey("user_account.id", ondelete="SET NULL")
    )

    uploaded_by: Mapped[User | None] = relationship()
