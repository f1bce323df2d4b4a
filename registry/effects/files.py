"""Files that a metric's values rest on: attach, take off, hand out.

Whoever may enter or correct the value may attach; whoever may read the metric may fetch.
"""

from collections import defaultdict
from collections.abc import Sequence

import sqlalchemy as sa
from flask_babel import gettext as _
from sqlalchemy.exc import NoResultFound
from sqlalchemy.orm import contains_eager

from registry.attachments import service as attachments
from registry.attachments.kinds import Refused
from registry.attachments.models import Attachment
from registry.audit import log
from registry.db import db, now
from registry.effects import by_hand
from registry.effects.models import EffectMetric, MetricValue, ValueAttachment
from registry.effects.service import readable
from registry.people.permissions import Permission, Viewer, require
from registry.plan.models import Measure

MOST = 10
Place = tuple[str, int | None]  # a period, and the board whose value it is


def of_metric(metric_id: int) -> dict[Place, list[Attachment]]:
    """The files of a metric's values, the first first: one query."""
    found: dict[Place, list[Attachment]] = defaultdict(list)
    for link in db.session.scalars(_LINKS.where(ValueAttachment.metric_id == metric_id)):
        found[link.period, link.board_id].append(link.attachment)
    return dict(found)


_LINKS = (
    sa.select(ValueAttachment)
    .join(ValueAttachment.attachment)
    .options(contains_eager(ValueAttachment.attachment))
    .where(ValueAttachment.removed_at.is_(None))
    .order_by(ValueAttachment.id)
)


def open_value(viewer: Viewer, value_id: int) -> MetricValue:
    """A value that the viewer may attach files to.

    :raises Denied: when it is another board's.
    :raises plan.editing.Refused: when it is a submitted report's and not the viewer's to correct.
    :raises NoResultFound: when there is none.
    """
    rows = by_hand.open_value(viewer, value_id)
    if not rows:
        raise NoResultFound
    return rows[0]


def files_of(value: MetricValue) -> Sequence[Attachment]:
    return of_metric(value.metric_id).get((value.period, value.board_id), [])


def attach(viewer: Viewer, value_id: int, name: str, content: bytes) -> Attachment:
    """Attach a file to a value.

    :raises attachments.kinds.Refused: with a sentence for the person.
    :raises attachments.store.Unreachable:
    """
    open_value(viewer, value_id)
    db.session.rollback()  # looking at a file takes its time, and holds nobody up
    taken = attachments.take_in(name, content)
    try:
        value = open_value(viewer, value_id)
        if len(files_of(value)) >= MOST:
            raise Refused(_("Det finns redan %(most)s bilagor. Ta bort en först.", most=MOST))
        with log.action("attachment.add"):
            kept = attachments.keep(viewer, taken)
            db.session.flush()
            db.session.add(
                ValueAttachment(
                    metric_id=value.metric_id,
                    board_id=value.board_id,
                    period=value.period,
                    attachment_id=kept.id,
                )
            )
            db.session.commit()
    except BaseException:
        db.session.rollback()
        attachments.discard(taken)
        raise
    return kept


def remove(viewer: Viewer, value_id: int, attachment_id: int) -> Attachment:
    """Take a file off; that it was there, and who took it off, stays.

    :raises NoResultFound: when it is not on this value.
    """
    value = open_value(viewer, value_id)
    link = db.session.scalars(
        _LINKS.where(
            ValueAttachment.metric_id == value.metric_id,
            ValueAttachment.period == value.period,
            ValueAttachment.board_id.is_not_distinct_from(value.board_id),
            ValueAttachment.attachment_id == attachment_id,
        )
    ).one()
    with log.action("attachment.remove"):
        link.removed_at, link.removed_by_id = now(), viewer.user_id
        db.session.flush()
        attachments.throw_away(link.attachment)
        db.session.commit()
    attachments.sweep(link.attachment)
    return link.attachment


def download(viewer: Viewer, attachment_id: int) -> tuple[Attachment, bytes]:
    """A file of a value, for whoever may read the metric.

    :raises NoResultFound: when there is none, or the viewer may not know of it.
    :raises attachments.service.Damaged: when the bytes are no longer those that were attached.
    """
    require(viewer, Permission.READ_PLAN)
    found = db.session.scalars(
        sa.select(Attachment)
        .join(ValueAttachment, ValueAttachment.attachment_id == Attachment.id)
        .join(EffectMetric, EffectMetric.id == ValueAttachment.metric_id)
        .join(Measure, Measure.id == EffectMetric.measure_id)
        .where(
            Attachment.id == attachment_id,
            ValueAttachment.removed_at.is_(None),
            *readable(viewer),
        )
    ).one()
    return found, attachments.content_of(found)
