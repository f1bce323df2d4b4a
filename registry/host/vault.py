"""Secret answers: sealed when they are written, opened here and nowhere else.

An answer is encrypted with AES-256-GCM under a key that lies outside the database, and bound to
its plugin, field and subject: a row that is moved elsewhere does not open. Before it is encrypted
it is filled up to 256, 512, 1024 … bytes, so that its size says next to nothing of it. Whoever
opens needs clearance for the domain, gives a reason, and is written into the log, answer by answer.
"""

import json
import os
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

import sqlalchemy as sa
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from flask import Flask, current_app

from registry.config import Settings
from registry.db import db, now
from registry.host.fields import Field
from registry.host.models import SealedData, SubjectKind
from registry.host.sealing_keys import Keys

SMALLEST = 256
NONCE = 12
Record = Callable[..., None]


class Reader(Protocol):
    """Whoever asks to read: their clearances, by domain name."""

    @property
    def user_id(self) -> int | None: ...
    @property
    def clearances(self) -> frozenset[str]: ...


class NotCleared(Exception):
    """The reader has no clearance for the domain."""


class NoReason(Exception):
    """Nothing is opened without a reason."""


class NoKey(Exception):
    """The key that an answer was sealed with is not in the key file."""


@dataclass(frozen=True)
class Mark:
    """What everybody may know of a secret answer: that it is there, and why it is withheld."""

    name: str
    label: str
    ground: str
    readable: bool
    saved_at: datetime


@dataclass(frozen=True)
class Opened:
    """A secret answer, opened. ``text`` is ``None`` where the box does not open."""

    subject_id: int
    name: str
    label: str
    ground: str
    text: str | None
    value: Any
    saved_at: datetime


def init_app(app: Flask, settings: Settings, record: Record) -> None:
    """:param record: writes an entry to the log: ``record(action, kind, id, label=…, after=…)``."""
    app.extensions["vault"] = Keys(settings.sealing_keys_file)
    app.extensions["vault_record"] = record


# write ---------------------------------------------------------------------------------------


def seal(
    plugin: str, kind: SubjectKind, subject_id: int, spec: Field, value: Any, text: str
) -> None:
    """Seal an answer in place of the one before; the caller commits.

    :param value: the answer as JSON.
    """
    _put(plugin, kind, subject_id, spec, {"value": value, "text": text}, readable=True)


def seal_entered(
    plugin: str, kind: SubjectKind, subject_id: int, spec: Field, raw: list[str]
) -> None:
    """Seal what was written in a draft and could not be read as an answer; the caller commits."""
    _put(plugin, kind, subject_id, spec, {"value": None, "text": "\n".join(raw)}, readable=False)


def remove(plugin: str, kind: SubjectKind, subject_id: int, field: str) -> None:
    """Take a secret answer away, as its writer asked; the caller commits."""
    row = db.session.get(SealedData, (plugin, kind, subject_id, field))
    if row is not None:
        db.session.delete(row)


def _put(
    plugin: str,
    kind: SubjectKind,
    subject_id: int,
    spec: Field,
    content: Mapping[str, Any],
    *,
    readable: bool,
) -> None:
    key_id, box = _encrypt(_bond(plugin, kind, subject_id, spec.name), content)
    row = db.session.get(SealedData, (plugin, kind, subject_id, spec.name), with_for_update=True)
    if row is None:
        row = SealedData(plugin=plugin, subject_kind=kind, subject_id=subject_id, field=spec.name)
        db.session.add(row)
    row.label, row.kind, row.ground = str(spec.label), spec.kind, spec.secrecy or ""
    row.key_id, row.box, row.readable, row.saved_at = key_id, box, readable, now()


def copy(old: SubjectKind, new: SubjectKind, pairs: Mapping[int, int]) -> None:
    """Seal the answers of old subjects anew for new ones; nobody reads them; the caller commits."""
    rows = db.session.scalars(
        sa.select(SealedData).where(
            SealedData.subject_kind == old, SealedData.subject_id.in_(list(pairs))
        )
    ).all()
    for row in rows:
        content = _decrypt(row)
        target = pairs[row.subject_id]
        key_id, box = _encrypt(_bond(row.plugin, new, target, row.field), content)
        db.session.add(
            SealedData(
                plugin=row.plugin,
                subject_kind=new,
                subject_id=target,
                field=row.field,
                label=row.label,
                kind=row.kind,
                ground=row.ground,
                readable=row.readable,
                key_id=key_id,
                box=box,
                saved_at=row.saved_at,
            )
        )


# know that, and open -------------------------------------------------------------------------

_MARKS: sa.Select[*tuple[Any, ...]] = sa.select(
    SealedData.plugin,
    SealedData.subject_id,
    SealedData.field,
    SealedData.label,
    SealedData.ground,
    SealedData.readable,
    SealedData.saved_at,
).where(
    SealedData.subject_kind == sa.bindparam("kind"),
    SealedData.subject_id.in_(sa.bindparam("ids", expanding=True)),
)


def marks(kind: SubjectKind, ids: Iterable[int]) -> dict[int, dict[str, dict[str, Mark]]]:
    """Which secret answers there are: subject → plugin → field. One query; nothing is opened."""
    found: dict[int, dict[str, dict[str, Mark]]] = defaultdict(lambda: defaultdict(dict))
    wanted = list(ids)
    if wanted:
        asked = {"kind": kind, "ids": wanted}
        for plugin, subject_id, name, *rest in db.session.connection().execute(_MARKS, asked):
            found[subject_id][plugin][name] = Mark(name, *rest)
    return found


def open_answers(
    reader: Reader, plugin: str, kind: SubjectKind, subject_id: int, reason: str
) -> list[Opened]:
    """Open a domain's secret answers on one subject, for somebody who may and says why.

    Each is written into the log before it is given; the caller commits.

    :raises NotCleared: when the reader has no clearance for the domain.
    :raises NoReason: when no reason is given.
    """
    if reader.user_id is None or plugin not in reader.clearances:
        raise NotCleared(plugin)
    if not reason.strip():
        raise NoReason
    rows = db.session.scalars(
        sa.select(SealedData)
        .where(
            SealedData.plugin == plugin,
            SealedData.subject_kind == kind,
            SealedData.subject_id == subject_id,
        )
        .order_by(SealedData.label)
    ).all()
    record: Record = current_app.extensions["vault_record"]
    opened = []
    for row in rows:
        record(
            "secret.open",
            f"sealed_data.{kind.value}",
            subject_id,
            label=f"{plugin} {row.field}",
            after={"reason": reason.strip(), "ground": row.ground},
        )
        try:
            content = _decrypt(row)
        except (InvalidTag, NoKey):
            current_app.logger.exception("sealed answer does not open")
            content = {"value": None, "text": None}
        opened.append(
            Opened(
                subject_id,
                row.field,
                row.label,
                row.ground,
                content["text"],
                content["value"],
                row.saved_at,
            )
        )
    return opened


# keys ----------------------------------------------------------------------------------------


def rotate() -> Iterator[tuple[int, int]]:
    """Make a new key and seal everything under it, a thousand answers to a transaction.

    The key that was in use until now stays in the file until the next rotation, for a worker that
    seals at this very moment. Gives how many are done, and of how many.
    """
    keys = _keys()
    with keys.alone():
        yield from _rotate(keys)


def _rotate(keys: Keys) -> Iterator[tuple[int, int]]:
    fresh = keys.add()
    total = db.session.scalar(sa.select(sa.func.count()).select_from(SealedData)) or 0
    done = 0
    yield done, total
    while True:
        rows = db.session.scalars(
            sa.select(SealedData)
            .where(SealedData.key_id != fresh)
            .order_by(SealedData.plugin, SealedData.subject_id)
            .limit(1000)
            .with_for_update()
        ).all()
        if not rows:
            break
        for row in rows:
            bond = _bond(row.plugin, row.subject_kind, row.subject_id, row.field)
            row.key_id, row.box = _encrypt(bond, _decrypt(row), fresh)
        record: Record = current_app.extensions["vault_record"]
        record("secret.rotate", "sealed_data", None, after={"answers": len(rows)})
        db.session.commit()
        done += len(rows)
        yield done, max(total, done)
    used = set(db.session.scalars(sa.select(SealedData.key_id).distinct()))
    keys.keep(used)


def check_keys(settings: Settings) -> int:
    """How many keys there are.

    :raises ConfigError: when the file cannot be used.
    """
    return len(Keys(settings.sealing_keys_file).all())


def key_ids() -> list[str]:
    """The ids of the keys in the file; the last one seals."""
    return list(_keys().all())


def keys_in_use() -> dict[str, int]:
    """How many answers each key has sealed."""
    rows = db.session.execute(
        sa.select(SealedData.key_id, sa.func.count()).group_by(SealedData.key_id)
    )
    return {key_id: count for key_id, count in rows}


def missing_keys() -> list[str]:
    """Ids of keys that answers are sealed with and that are not in the file."""
    return sorted(keys_in_use().keys() - _keys().all().keys())


def _keys() -> Keys:
    keys: Keys = current_app.extensions["vault"]
    return keys


def _bond(plugin: str, kind: SubjectKind, subject_id: int, field: str) -> str:
    """What a box is bound to."""
    return f"{plugin}\0{field}\0{kind.value}\0{subject_id}"


def _encrypt(bond: str, content: Mapping[str, Any], under: str = "") -> tuple[str, bytes]:
    """:param under: a key's id; else the one that seals now."""
    key_id, key = (under, _keys().all()[under]) if under else _keys().sealing()
    plain = json.dumps(content, ensure_ascii=False).encode()
    size = SMALLEST
    while size < len(plain):
        size *= 2
    plain = plain.ljust(size)  # JSON takes spaces at its end
    nonce = os.urandom(NONCE)
    return key_id, nonce + AESGCM(key).encrypt(nonce, plain, f"{key_id}\0{bond}".encode())


def _decrypt(row: SealedData) -> dict[str, Any]:
    """:raises InvalidTag: when the box is not this row's own, or was changed.
    :raises NoKey: when its key is gone."""
    key = _keys().all().get(row.key_id)
    if key is None:
        raise NoKey(row.key_id)
    bond = _bond(row.plugin, row.subject_kind, row.subject_id, row.field)
    nonce, sealed = row.box[:NONCE], row.box[NONCE:]
    plain = AESGCM(key).decrypt(nonce, sealed, f"{row.key_id}\0{bond}".encode())
    content: dict[str, Any] = json.loads(plain)
    return content
