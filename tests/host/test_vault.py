"""Sealed answers: bound to their place, opened for the cleared only, each opening in the log."""

import stat
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from cryptography.exceptions import InvalidTag
from flask import Flask

from registry.audit.models import AuditEntry
from registry.config import ConfigError
from registry.db import db
from registry.host import vault
from registry.host.fields import LongText, Text
from registry.host.models import SealedData, SubjectKind
from registry.host.sealing_keys import Keys, Rotating

FIELD = Text("place", "Plats", secrecy="OSL 18:8")
MARKER = "källare-zzq-77"
MEASURE = SubjectKind.MEASURE


@dataclass(frozen=True)
class Reader:
    user_id: int | None = 1
    clearances: frozenset[str] = frozenset({"odd"})


@pytest.fixture
def sealed(app: Flask) -> Flask:
    vault.seal("odd", MEASURE, 7, FIELD, MARKER, MARKER)
    db.session.commit()
    return app


def opened(subject_id: int = 7, reader: Any = Reader(), plugin: str = "odd") -> list[vault.Opened]:
    return vault.open_answers(reader, plugin, MEASURE, subject_id, "ärende 12")


def test_what_was_sealed_opens_for_a_cleared_reader_who_says_why(sealed: Flask) -> None:
    (answer,) = opened()
    assert (answer.text, answer.label, answer.ground) == (MARKER, "Plats", "OSL 18:8")


@pytest.mark.parametrize(
    "reader",
    [Reader(clearances=frozenset()), Reader(clearances=frozenset({"other"})), Reader(user_id=None)],
)
def test_nobody_else_opens(sealed: Flask, reader: Reader) -> None:
    with pytest.raises(vault.NotCleared):
        opened(reader=reader)


@pytest.mark.parametrize("reason", ["", "   "])
def test_nothing_opens_without_a_reason(sealed: Flask, reason: str) -> None:
    with pytest.raises(vault.NoReason):
        vault.open_answers(Reader(), "odd", MEASURE, 7, reason)


def test_each_opening_is_in_the_log_with_its_reason_and_never_the_answer(sealed: Flask) -> None:
    opened()
    db.session.commit()
    entry = db.session.scalars(sa.select(AuditEntry).filter_by(action="secret.open")).one()
    assert (entry.object_kind, entry.object_id) == ("sealed_data.measure", 7)
    assert entry.after == {"reason": "ärende 12", "ground": "OSL 18:8"}
    everything = [
        str((one.before, one.after, one.label)) for one in db.session.scalars(sa.select(AuditEntry))
    ]
    assert not any(MARKER in text for text in everything)


@pytest.mark.parametrize(
    "change",
    [{"subject_id": 8}, {"plugin": "even"}, {"field": "other"}, {"subject_kind": "report_item"}],
)
def test_a_box_that_is_moved_elsewhere_does_not_open(sealed: Flask, change: dict[str, Any]) -> None:
    table = SealedData.__table__
    db.session.connection().execute(sa.update(table).values(**change))  # type: ignore[arg-type]
    db.session.expire_all()
    row = db.session.scalars(sa.select(SealedData)).one()
    with pytest.raises(InvalidTag):
        vault._decrypt(row)


def test_a_changed_box_is_told_and_does_not_open(sealed: Flask) -> None:
    row = db.session.scalars(sa.select(SealedData)).one()
    row.box = row.box[:-1] + bytes([row.box[-1] ^ 1])
    db.session.commit()
    (answer,) = opened()
    assert answer.text is None


def test_short_answers_are_of_one_size(app: Flask) -> None:
    """So that nobody learns from its length whether it says yes or no."""
    for number, text in enumerate(["", "ja", "nej", "x" * 150]):
        vault.seal("odd", MEASURE, number, FIELD, text, "")
    db.session.flush()
    assert len(set(db.session.scalars(sa.select(sa.func.length(SealedData.box))))) == 1


def test_equal_answers_do_not_look_equal(app: Flask) -> None:
    for number in (1, 2):
        vault.seal("odd", MEASURE, number, FIELD, MARKER, MARKER)
    db.session.flush()
    assert len(set(db.session.scalars(sa.select(SealedData.box)))) == 2


def test_a_mark_tells_that_and_why_without_a_key(sealed: Flask) -> None:
    sealed.extensions["vault"]._path.unlink()
    mark = vault.marks(MEASURE, [7])[7]["odd"]["place"]
    assert (mark.label, mark.ground, mark.readable) == ("Plats", "OSL 18:8", True)
    assert MARKER not in repr(mark)


def test_the_key_file_is_its_owners_alone_and_not_in_the_database(sealed: Flask) -> None:
    path: Path = sealed.extensions["vault"]._path
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    key = path.read_text().split()[1]
    assert all(key not in str(row) for row in db.session.execute(sa.select(SealedData)))


def test_a_copy_is_sealed_anew_for_its_new_place(sealed: Flask) -> None:
    vault.copy(MEASURE, MEASURE, {7: 9})
    db.session.commit()
    (answer,) = opened(9)
    assert answer.text == MARKER
    boxes = list(db.session.scalars(sa.select(SealedData.box)))
    assert len(set(boxes)) == 2


def test_an_answer_is_taken_away(sealed: Flask) -> None:
    vault.remove("odd", MEASURE, 7, "place")
    db.session.commit()
    assert opened() == []


def test_rotation_seals_everything_anew_and_the_old_key_goes_at_the_next(sealed: Flask) -> None:
    (before,) = vault.key_ids()
    *_steps, last = vault.rotate()
    assert last == (1, 1)
    assert vault.key_ids()[0] == before
    assert before not in vault.keys_in_use()
    assert opened()[0].text == MARKER
    list(vault.rotate())
    assert before not in vault.key_ids()
    assert opened()[0].text == MARKER


def test_a_worker_that_knows_the_old_keys_follows_a_rotation(sealed: Flask) -> None:
    other = Keys(sealed.extensions["vault"]._path)
    before, _key = other.sealing()
    list(vault.rotate())
    after, _key = other.sealing()
    assert after != before
    assert after == vault.key_ids()[-1]


def test_there_is_one_rotation_at_a_time(sealed: Flask) -> None:
    first = vault.rotate()
    next(first)
    with pytest.raises(Rotating):
        list(vault.rotate())
    assert list(first)[-1] == (1, 1)
    assert opened()[0].text == MARKER


def test_a_missing_key_is_named(sealed: Flask) -> None:
    (key,) = vault.key_ids()
    sealed.extensions["vault"]._path.unlink()
    assert vault.missing_keys() == [key]
    (answer,) = opened()
    assert answer.text is None


def test_a_key_file_that_is_no_key_file_is_one_clear_line(app: Flask) -> None:
    app.extensions["vault"]._path.write_text("not a key\n")
    with pytest.raises(ConfigError, match=r"cannot be read as keys|32 bytes"):
        vault.seal("odd", MEASURE, 1, FIELD, "x", "x")


def test_what_could_not_be_read_is_sealed_too(app: Flask) -> None:
    spec = LongText("story", "Berättelse", secrecy="OSL 18:8")
    vault.seal_entered("odd", MEASURE, 3, spec, [MARKER])
    db.session.commit()
    mark = vault.marks(MEASURE, [3])[3]["odd"]["story"]
    assert not mark.readable
    assert opened(3)[0].text == MARKER
