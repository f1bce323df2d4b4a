"""Which files belong to which items: read, copied to a new revision, frozen at submission."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _
from sqlalchemy.orm import contains_eager, joinedload

from registry.attachments.models import Attachment
from registry.db import db
from registry.reporting.attaching.models import ItemAttachment

SECTION = "attachment"


def on_items(item_ids: Iterable[int]) -> Mapping[int, list[ItemAttachment]]:
    """The files on these items, oldest first, those that were taken off among them: one query."""
    found: dict[int, list[ItemAttachment]] = defaultdict(list)
    rows = db.session.scalars(
        sa.select(ItemAttachment)
        .join(ItemAttachment.attachment)
        .options(
            contains_eager(ItemAttachment.attachment).joinedload(Attachment.uploaded_by),
            joinedload(ItemAttachment.removed_by),
        )
        .where(ItemAttachment.item_id.in_(list(item_ids)))
        .order_by(Attachment.id)
    )
    for row in rows:
        found[row.item_id].append(row)
    return found


def names(item_ids: Iterable[int]) -> dict[int, list[str]]:
    """What the files on these items are called."""
    return {
        item_id: [link.attachment.name for link in found if link.removed_at is None]
        for item_id, found in on_items(item_ids).items()
    }


def copy(pairs: Mapping[int, int]) -> None:
    """The new revision's items have the files that the old ones have; the caller commits."""
    for old, links in on_items(pairs).items():
        db.session.add_all(
            ItemAttachment(item_id=pairs[old], attachment_id=link.attachment_id)
            for link in links
            if link.removed_at is None
        )


def frozen_rows(links: Iterable[ItemAttachment]) -> list[dict[str, Any]]:
    """The files of an item as answers of a submitted report."""
    return [
        {
            "section": SECTION,
            "name": f"attachment-{link.attachment.id}",
            "label": _("Bilaga"),
            "kind": SECTION,
            "value": {
                "id": link.attachment.id,
                "sha256": link.attachment.sha256,
                "size": link.attachment.size,
                "media_type": link.attachment.media_type,
            },
            "text": link.attachment.name,
        }
        for link in links
        if link.removed_at is None
    ]
