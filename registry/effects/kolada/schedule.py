"""Fetching once a month without being asked: what is found waits for the coordinator.

Called every minute by every worker. The row's unique ``scheduled`` lets one of them begin.
"""

from datetime import date, timedelta

import sqlalchemy as sa
from flask_babel import gettext as _
from sqlalchemy.exc import IntegrityError

from registry.audit import log
from registry.db import db, now
from registry.effects.kolada import preview
from registry.effects.kolada.fetching import KIND
from registry.effects.kolada.gathering import SCHEDULE, metric_ids
from registry.effects.kolada.models import FetchState, SourceFetch
from registry.effects.models import EffectMetric
from registry.jobs import service as jobs
from registry.language import today

FROM_DAY = 2
AGAIN = timedelta(days=1)


def look() -> None:
    """Begin the month's fetch when it has not been begun, or again a day after it failed.

    Within the month, metrics whose next value is due are asked for each week.
    """
    if not preview.municipality():
        return
    day = today()
    if day.day >= FROM_DAY and _begin(f"{day:%Y-%m}"):
        return
    year, week, _weekday = day.isocalendar()
    _begin(f"{year}-W{week:02}", due=day)


def _begin(key: str, due: date | None = None) -> bool:
    """Whether this call began the fetch of that month or week."""
    row = db.session.execute(
        sa.select(SourceFetch.id, SourceFetch.state, SourceFetch.started_at).where(
            SourceFetch.scheduled == key
        )
    ).first()
    if row is not None:
        over = row.state not in (FetchState.FAILED, FetchState.WAITING)
        if over or row.started_at > now() - AGAIN:
            return False
    ids = metric_ids(SCHEDULE, *([] if due is None else [EffectMetric.next_due_on <= due]))
    if not ids:
        return False
    try:
        with log.action("source_fetch.start"):
            if row is None:
                fetch = SourceFetch(scheduled=key, metric_ids=ids)
                db.session.add(fetch)
            else:
                fetch = db.session.get_one(SourceFetch, row.id)
                fetch.state, fetch.error, fetch.metric_ids = FetchState.WAITING, "", ids
                fetch.started_at = now()
            db.session.flush()
            jobs.start_unasked(KIND, _("Hämta värden från Kolada"), fetch_id=fetch.id)
    except (IntegrityError, sa.orm.exc.StaleDataError):  # another worker was first
        db.session.rollback()
        return False
    return True
