"""Use cases of attachments, whatever they are attached to: take in, hand out, throw away.

Whoever attaches files to something asks first who may, and links them in a table of its own.
"""

import hashlib
import logging
import secrets
from dataclasses import dataclass

from flask import current_app
from flask_babel import gettext as _

from registry.attachments import store
from registry.attachments.kinds import Refused, clean_name, kind_of
from registry.attachments.models import Attachment
from registry.config import Settings
from registry.db import db, now
from registry.language import number
from registry.people.permissions import Viewer

log = logging.getLogger(__name__)
MEGABYTE = 1024 * 1024


class Damaged(Exception):
    """What lies in the store is not what was put there: it is handed out to nobody."""


@dataclass(frozen=True)
class TakenIn:
    """A file that has been looked at, and whose bytes lie in the store unless that is the
    database."""

    name: str
    media_type: str
    sha256: str
    content: bytes
    stored_in: str
    key: str


def largest() -> int:
    """How many megabytes a file may have."""
    settings: Settings = current_app.extensions["settings"]
    return min(settings.attachment_megabytes, settings.upload_megabytes)


def take_in(name: str, content: bytes) -> TakenIn:
    """Look at a file and put it into the store. It may take a while: hold no lock meanwhile.

    :raises Refused: with a sentence for the person.
    :raises store.Unreachable:
    """
    if not content:
        raise Refused(_("Filen är tom."))
    if len(content) > largest() * MEGABYTE:
        raise Refused(
            _(
                "Filen är större än %(limit)s megabyte. Gör den mindre eller dela upp den.",
                limit=number(largest()),
            )
        )
    cleaned = clean_name(name)
    kind = kind_of(content, cleaned)
    place, key = store.chosen(), secrets.token_hex(24)
    if place != store.DATABASE:
        store.at(place).put(key, content)
    digest = hashlib.sha256(content).hexdigest()
    return TakenIn(cleaned, kind.media_type, digest, content, place, key)


def keep(viewer: Viewer, taken: TakenIn) -> Attachment:
    """Note the file as an attachment; the caller links it to something and commits."""
    if taken.stored_in == store.DATABASE:
        store.at(store.DATABASE).put(taken.key, taken.content)
    attachment = Attachment(
        name=taken.name,
        media_type=taken.media_type,
        size=len(taken.content),
        sha256=taken.sha256,
        stored_in=taken.stored_in,
        key=taken.key,
        uploaded_by_id=viewer.user_id,
    )
    db.session.add(attachment)
    return attachment


def discard(taken: TakenIn) -> None:
    """What was taken in is not kept after all: its bytes go from a store outside the database."""
    if taken.stored_in != store.DATABASE:
        _delete(taken.stored_in, taken.key)


def content_of(attachment: Attachment) -> bytes:
    """The bytes, as they were put there.

    :raises Damaged: when they have changed since; it stands in the log of the server.
    :raises store.Unreachable:
    """
    content = store.at(attachment.stored_in).get(attachment.key)
    if hashlib.sha256(content).hexdigest() != attachment.sha256:
        log.error(
            "attachment %s in %s is damaged: its SHA-256 is no longer %s",
            attachment.id,
            attachment.stored_in,
            attachment.sha256,
        )
        raise Damaged(attachment.id)
    return content


def throw_away(attachment: Attachment) -> None:
    """Delete the bytes; the row stays as the trace. The caller commits, and then calls
    :func:`sweep`."""
    attachment.deleted_at = now()
    db.session.flush()
    if attachment.stored_in == store.DATABASE:
        store.at(store.DATABASE).delete(attachment.key)


def sweep(attachment: Attachment) -> None:
    """After the commit: bytes outside the database go."""
    if attachment.stored_in != store.DATABASE and attachment.deleted_at is not None:
        _delete(attachment.stored_in, attachment.key)


def _delete(place: str, key: str) -> None:
    """What cannot be reached is left, and said in the log of the server."""
    try:
        store.at(place).delete(key)
    except store.Unreachable as error:
        log.warning("object %s in %s should be deleted and is not: %s", key, place, error)
