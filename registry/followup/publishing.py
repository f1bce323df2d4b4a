"""Publishing a follow-up: from then on it stands as it was, open to everyone."""

import hashlib
import json
from collections.abc import Sequence
from typing import Any, cast

import sqlalchemy as sa
from flask_babel import get_locale
from flask_babel import gettext as _
from sqlalchemy.exc import IntegrityError

from registry.audit import log
from registry.conflict import Conflict
from registry.db import db, now
from registry.followup import service
from registry.followup.edition import Edition, edition
from registry.followup.models import PublishedFollowUp
from registry.followup.writing import NotNow, decision
from registry.people.permissions import NOBODY, Permission, Viewer, require
from registry.plan.models import PlanVersion
from registry.plan.visibility import visible_versions
from registry.reporting.models import Round


def digest(content: Edition) -> str:
    """SHA-256 of the content as JSON with sorted keys, in hexadecimal."""
    text = json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def preview(viewer: Viewer, round_id: int, *, settled: bool = True) -> Edition | None:
    """What would be published now; ``None`` when there is no such round to read.

    :param settled: without values that are preliminary: those are not for everyone yet.
    """
    require(viewer, Permission.READ_FOLLOWUP)
    page = service.read(viewer, round_id)
    if page is None:
        return None
    return edition(viewer, page, str(get_locale() or "sv"), settled=settled)


def publish(viewer: Viewer, round_id: int) -> PublishedFollowUp:
    """Publish the follow-up of a closed round with the executive board's decision.

    A later correction of its texts is published as a new number; earlier ones stay.

    :raises NotNow: while the round is open or no decision is entered.
    :raises Conflict: when somebody else publishes at the same moment.
    """
    require(viewer, Permission.PUBLISH_FOLLOWUP)
    round_ = db.session.get_one(Round, round_id, with_for_update=True, populate_existing=True)
    if round_.closed_at is None:
        raise NotNow(_("Stäng omgången först, så att det som publiceras inte ändras."))
    if decision(round_id) is None:
        raise NotNow(_("Skriv in kommunstyrelsens beslut först."))
    content = preview(viewer, round_id)
    if content is None:
        raise NotNow(_("Planen kan inte läsas."))
    last = db.session.scalar(
        sa.select(sa.func.max(PublishedFollowUp.number)).where(
            PublishedFollowUp.round_id == round_id
        )
    )
    made = PublishedFollowUp(
        round_id=round_id,
        plan_id=round_.version.plan_id,
        number=(last or 0) + 1,
        title=_("Uppföljning %(round)s", round=round_.title),
        published_by_name=viewer.name,
        content=content,
        sha256=digest(content),
    )
    round_.published_at = round_.published_at or now()
    db.session.add(made)
    with log.action("followup.publish"):
        try:
            db.session.commit()
        except IntegrityError as error:
            db.session.rollback()
            raise Conflict from error
    return made


def of_round(round_id: int) -> Sequence[PublishedFollowUp]:
    """What has been published of a round, the latest first."""
    return db.session.scalars(
        sa.select(PublishedFollowUp)
        .where(PublishedFollowUp.round_id == round_id)
        .order_by(PublishedFollowUp.number.desc())
    ).all()


def of_plan(plan_id: int) -> Sequence[tuple[int, str, Any]]:
    """The published follow-ups of a plan for everyone: round, title and when, the latest first."""
    latest = (
        sa.select(sa.func.max(PublishedFollowUp.id))
        .where(PublishedFollowUp.plan_id == plan_id)
        .group_by(PublishedFollowUp.round_id)
    )
    rows = db.session.execute(
        sa.select(
            PublishedFollowUp.round_id, PublishedFollowUp.title, PublishedFollowUp.published_at
        )
        .join(Round, Round.id == PublishedFollowUp.round_id)
        .where(PublishedFollowUp.id.in_(latest))
        .order_by(Round.opens_on.desc(), Round.id.desc())
    )
    return [(round_id, title, at) for round_id, title, at in rows]


def published(plan_id: int, round_id: int, number: int | None = None) -> PublishedFollowUp | None:
    """A follow-up as it was published (the latest, if no number is named), for everyone.

    It stays open to all for as long as a version of its plan is.
    """
    query = sa.select(PublishedFollowUp).where(
        PublishedFollowUp.plan_id == plan_id,
        PublishedFollowUp.round_id == round_id,
        sa.exists().where(PlanVersion.plan_id == plan_id, visible_versions(NOBODY)),
    )
    if number is not None:
        query = query.where(PublishedFollowUp.number == number)
    return db.session.scalars(query.order_by(PublishedFollowUp.number.desc()).limit(1)).first()


def content_of(published: PublishedFollowUp) -> Edition:
    """:raises ValueError: when the stored content is not what was published."""
    content = cast(Edition, published.content)
    if digest(content) != published.sha256:
        raise ValueError(f"published follow-up {published.id} has been tampered with")
    return content
