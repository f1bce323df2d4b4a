"""What the feature holds about a person who is removed."""

import sqlalchemy as sa

from registry.audit.words import pseudonym
from registry.db import db
from registry.notices.models import LetterState, Notice, NoticeReceipt, OutboxMessage

_UNSENT = (LetterState.WAITING, LetterState.SENDING, LetterState.UNCERTAIN)


def forget(user_id: int) -> None:
    """Take the person's address and name out; the caller removes the user and commits.

    Alerts and choices go with the user. That a notice was sent to somebody stays in its record.
    """
    connection, name = db.session.connection(), pseudonym(user_id)
    outbox: sa.Table = OutboxMessage.__table__  # type: ignore[assignment]
    theirs = outbox.c.user_id == user_id
    unsent = sa.and_(theirs, outbox.c.state.in_(_UNSENT))
    connection.execute(
        sa.update(outbox).where(unsent).values(state=LetterState.FAILED, last_error="removed")
    )
    connection.execute(sa.update(outbox).where(theirs).values(to_address="", text="", html=""))
    receipts: sa.Table = NoticeReceipt.__table__  # type: ignore[assignment]
    connection.execute(sa.update(receipts).where(receipts.c.user_id == user_id).values(name=name))
    notices: sa.Table = Notice.__table__  # type: ignore[assignment]
    connection.execute(
        sa.update(notices).where(notices.c.sent_by_id == user_id).values(sent_by_name=name)
    )
