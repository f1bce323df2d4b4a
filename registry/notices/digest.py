"""One mail a day at most: what a person has been told and has not read yet."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any

import sqlalchemy as sa
from flask import current_app
from flask_babel import force_locale, ngettext

from registry.config import Settings
from registry.db import db, now
from registry.language import local
from registry.notices import outbox
from registry.notices.alerts import place
from registry.notices.models import EVERY_TOPIC, Alert, MutedTopic, OutboxMessage
from registry.people.models import User

FRESH = timedelta(days=3)  # what is older is not mailed, so that mail switched on begins with today
_alert: sa.Table = Alert.__table__  # type: ignore[assignment]


def write_digests() -> int:
    """Write today's mail to those who have news from before the hour of the day's mail."""
    settings: Settings = current_app.extensions["settings"]
    here = local(now())
    hour = here.replace(hour=settings.digest_hour, minute=0, second=0, microsecond=0)
    if not settings.mail_on or here < hour:
        return 0
    with db.engine.connect().execution_options(reading=True) as connection:
        rows = connection.execute(_news(hour)).all()
    written = 0
    with force_locale(settings.language):
        for _user, news in groupby(rows, key=lambda row: row.user_id):
            written += _write(settings, hour, list(news))
    return written


def _key(user: object, hour: datetime) -> str:
    return f"digest:{user}:{hour.date().isoformat()}"


def _news(hour: datetime) -> sa.Select[Any]:
    muted = sa.exists().where(
        MutedTopic.user_id == _alert.c.user_id,
        MutedTopic.topic.in_([EVERY_TOPIC, _alert.c.topic]),
    )
    has_todays = sa.exists().where(
        OutboxMessage.key
        == sa.literal("digest:")
        + sa.cast(_alert.c.user_id, sa.Text)
        + sa.literal(f":{hour.date().isoformat()}")
    )
    return (
        sa.select(
            _alert.c.id,
            _alert.c.user_id,
            _alert.c.topic,
            _alert.c.subject,
            _alert.c.path,
            User.name,
            User.email,
        )
        .join(User, sa.and_(User.id == _alert.c.user_id, User.active))
        .where(
            _alert.c.created_at > now() - FRESH,
            _alert.c.created_at < hour,
            _alert.c.read_at.is_(None),
            _alert.c.mailed_at.is_(None),
            ~muted,
            ~has_todays,
        )
        .order_by(_alert.c.user_id, _alert.c.id)
    )


def _write(settings: Settings, hour: datetime, news: Sequence[sa.Row[Any]]) -> int:
    """The mail of one person; the key lets only one worker write it."""
    first = news[0]
    base = settings.base_url.rstrip("/")
    values = {
        "name": first.name,
        "municipality": settings.municipality,
        "news": [(row.topic.label, row.subject, base + row.path) for row in news],
        "alerts": base + place("notices.alerts"),
        "choices": base + place("notices.mail_choices"),
        "language": settings.language,
    }
    subject = ngettext(
        "%(num)s nyhet i åtgärdsregistret", "%(num)s nyheter i åtgärdsregistret", len(news)
    )
    written = current_app.jinja_env.get_template  # no page: nobody's menu, nobody's language
    text = written("notices/digest.txt").render(values)
    html = written("notices/digest.html").render(values)
    key = _key(first.user_id, hour)
    with db.engine.begin() as connection:
        letter = outbox.put(connection, key, first.user_id, first.email, subject, text, html)
        if letter is None:
            return 0
        connection.execute(
            sa.update(_alert)
            .where(_alert.c.id.in_([row.id for row in news]))
            .values(mailed_at=now(), letter_id=letter)
        )
    return 1
