"""Which files belong to what a board reports on a measure."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from registry.attachments.models import Attachment
from registry.db import Base
from registry.people.models import User
from registry.reporting.models import ReportItem


class ItemAttachment(Base):
    """A file on an item of a report. Taken off, the row stays and says by whom and when.

    The database refuses to change it once the report has been submitted.
    """

    __tablename__ = "item_attachment"

    item_id: Mapped[int] = mapped_column(
        sa.ForeignKey("report_item.id", ondelete="CASCADE"), primary_key=True
    )
    attachment_id: Mapped[int] = mapped_column(
        sa.ForeignKey("attachment.id"), primary_key=True, index=True
    )
    removed_at: Mapped[datetime | None]
    removed_by_id: Mapped[int | None] = mapped_column(
        sa.ForeignKey("user_account.id", ondelete="SET NULL")
    )

    item: Mapped[ReportItem] = relationship()
    attachment: Mapped[Attachment] = relationship()
    removed_by: Mapped[User | None] = relationship()
