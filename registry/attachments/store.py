"""Where the bytes of attachments lie: in the database, or in a store that speaks S3.

Credentials of an S3 store are those of the machine (``AWS_ACCESS_KEY_ID`` and the like), never
ours to keep. ``boto3`` is loaded only where such a store is set.
"""

from functools import lru_cache
from typing import Any, Protocol

import sqlalchemy as sa
from flask import current_app

from registry.attachments.models import AttachmentContent
from registry.config import S3, Settings
from registry.db import db

DATABASE = "database"
CONNECT_SECONDS = 5
READ_SECONDS = 30


class Unreachable(Exception):
    """The store does not answer, refuses, or has lost what it was given; the message says which."""


class Store(Protocol):
    """Keeps bytes by name."""

    def put(self, key: str, content: bytes) -> None: ...
    def get(self, key: str) -> bytes: ...
    def delete(self, key: str) -> None: ...


class Database:
    """In the transaction of whoever asks, who commits."""

    def put(self, key: str, content: bytes) -> None:
        row = {"key": key, "content": content}
        db.session.connection().execute(sa.insert(AttachmentContent.__table__), [row])  # type: ignore[arg-type]

    def get(self, key: str) -> bytes:
        query = sa.select(AttachmentContent.content).where(AttachmentContent.key == key)
        found = db.session.scalar(query)
        if found is None:
            raise Unreachable(f"no content {key} in the database")
        return bytes(found)

    def delete(self, key: str) -> None:
        table = AttachmentContent.__table__
        db.session.connection().execute(sa.delete(table).where(table.c.key == key))  # type: ignore[arg-type]


class Bucket:
    """
    :param address: ``s3://bucket/prefix``.
    :param endpoint: of a store other than Amazon's own.
    """

    def __init__(self, address: str, endpoint: str) -> None:
        self.name, _slash, prefix = address.removeprefix(S3).partition("/")
        self._prefix = f"{prefix.strip('/')}/" if prefix.strip("/") else ""
        self._client = _client(endpoint)

    def put(self, key: str, content: bytes) -> None:
        self._ask("put_object", key, Body=content, ContentType="application/octet-stream")

    def get(self, key: str) -> bytes:
        answer = self._ask("get_object", key)
        try:
            return bytes(answer["Body"].read())
        except Exception as error:  # the connection broke; botocore has many names for it
            raise Unreachable(f"{self.name}: {error}") from error

    def delete(self, key: str) -> None:
        self._ask("delete_object", key)

    def reach(self) -> None:
        """:raises Unreachable: unless the bucket is there and may be written to and read."""
        self.put("check", b"check")
        if self.get("check") != b"check":
            raise Unreachable(f"{self.name}: gives back something else than was put there")
        self.delete("check")

    def _ask(self, what: str, key: str, **more: Any) -> Any:
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            return getattr(self._client, what)(Bucket=self.name, Key=self._prefix + key, **more)
        except (BotoCoreError, ClientError) as error:
            raise Unreachable(f"{self.name}: {error}") from error


@lru_cache(maxsize=4)
def _client(endpoint: str) -> Any:
    import boto3
    from botocore.config import Config

    options = Config(
        connect_timeout=CONNECT_SECONDS,
        read_timeout=READ_SECONDS,
        retries={"total_max_attempts": 2},
        signature_version="s3v4",
        # stores that only speak S3 know neither the newer checksums nor a host name a bucket
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
        s3={"addressing_style": "path" if endpoint else "auto"},
    )
    session = boto3.session.Session()
    region = session.region_name or "us-east-1"
    return session.client("s3", endpoint_url=endpoint or None, region_name=region, config=options)


def at(place: str) -> Store:
    """The store at a place as an attachment names it."""
    settings: Settings = current_app.extensions["settings"]
    return Database() if place == DATABASE else Bucket(place, settings.s3_endpoint)


def chosen() -> str:
    """Where new attachments go."""
    settings: Settings = current_app.extensions["settings"]
    return settings.attachments


def check(settings: Settings) -> str:
    """What ``registry check`` says of the store.

    :raises Unreachable:
    """
    if settings.attachments == DATABASE:
        return "lie in the database"
    Bucket(settings.attachments, settings.s3_endpoint).reach()
    return f"{settings.attachments} can be reached, written to and read"
