"""Files on a board's report: attached, handed in with it, downloaded by those who may."""

import hashlib
import io
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from registry import create_app
from registry.attachments import service, store
from registry.attachments.models import Attachment, AttachmentContent
from registry.audit.models import AuditEntry
from registry.config import ConfigError
from registry.db import db
from registry.people import accounts
from registry.people.models import Role, User
from registry.people.permissions import OPERATOR
from registry.reporting.attaching.models import ItemAttachment
from registry.reporting.models import FrozenValue, Report
from tests.conftest import SETTINGS
from tests.reporting.conftest import Job
from tests.reporting.test_job import hidden, make_ready, submit

Enter = Callable[[User], FlaskClient]
PDF = b"%PDF-1.7 Utredning"


def attach(client: FlaskClient, item_id: int, content: bytes = PDF, name: str = "a.pdf") -> Any:
    data = {"file": (io.BytesIO(content), name)}
    return client.post(f"/reports/items/{item_id}/attachments", data=data)


def latest() -> Attachment:
    db.session.expire_all()
    found = db.session.scalars(sa.select(Attachment).order_by(Attachment.id.desc())).first()
    assert found is not None
    return found


def contents() -> int:
    return db.session.scalar(sa.select(sa.func.count()).select_from(AttachmentContent)) or 0


def take_off(client: FlaskClient, item_id: int, file: Attachment) -> Any:
    return client.post(f"/reports/items/{item_id}/attachments/{file.id}/remove")


def test_a_file_is_attached_shown_downloaded_and_removed_with_a_trace(
    job: Job, sign_in: Enter
) -> None:
    item = job.item("1.1.1").id
    client, other = sign_in(job.reporter), sign_in(job.rescuer)
    assert attach(client, item, name="Beslut å.pdf").status_code == 303
    file = latest()
    assert (file.size, file.sha256) == (len(PDF), hashlib.sha256(PDF).hexdigest())
    page = client.get(f"/reports/items/{item}").get_data(as_text=True)
    assert "Beslut å.pdf" in page
    assert file.sha256 in page
    got = client.get(f"/attachments/{file.id}")
    assert (got.data, got.mimetype) == (PDF, "application/pdf")
    assert got.headers["Content-Disposition"].startswith("attachment;")
    assert "filename*=UTF-8''Beslut%20%C3%A5.pdf" in got.headers["Content-Disposition"]
    assert "sandbox" in got.headers["Content-Security-Policy"]
    assert got.headers["X-Content-Type-Options"] == "nosniff"
    assert "no-store" in got.headers["Cache-Control"]
    # a draft is its board's own, and only its people attach and remove
    for person in (other, sign_in(job.coordinator)):
        assert person.get(f"/attachments/{file.id}").status_code == 403
        assert attach(person, item).status_code == 403
        assert take_off(person, item, file).status_code == 403

    again = attach(client, item, name="samma.pdf")
    assert again.status_code == 422
    assert "redan bifogad" in again.get_data(as_text=True)
    assert take_off(client, item, file).status_code == 303
    assert client.get(f"/attachments/{file.id}").status_code == 404
    assert take_off(client, item, file).status_code == 404
    assert latest().deleted_at is not None
    assert contents() == 0
    page = client.get(f"/reports/items/{item}").get_data(as_text=True)
    assert "En borttagen bilaga" in page
    assert "av Rapportör Rut" in page
    actions = db.session.scalars(sa.select(AuditEntry.action).order_by(AuditEntry.id)).all()
    assert [one for one in actions if one.startswith("attachment")] == [
        "attachment.add",
        "attachment.add",
        "attachment.remove",
        "attachment.remove",
    ]


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_what_cannot_be_attached_is_said_and_nothing_is_kept(
    job: Job, sign_in: Enter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "MEGABYTE", 1000)
    item = job.item("1.1.1").id
    client = sign_in(job.reporter)
    for content, name, why in (
        (b"<html>", "a.pdf", "varken PDF"),
        (b"", "a.pdf", "Filen är tom"),
        (PDF, "", "Välj en fil"),
        (PDF + bytes(10_000), "a.pdf", "större än 10 megabyte"),
    ):
        answer = attach(client, item, content, name)
        assert answer.status_code == 422, why
        assert why in answer.get_data(as_text=True)
    for number in range(20):
        assert attach(client, item, PDF + bytes([number])).status_code == 303
    assert "redan 20 bilagor" in attach(client, item, PDF).get_data(as_text=True)
    assert contents() == 20
    assert attach(client, 999).status_code == 404


def test_what_was_handed_in_with_a_report_stays_for_good(
    job: Job, sign_in: Enter, make_user: Callable[..., User]
) -> None:
    item = job.item("2.5.1").id
    client, coordinator = sign_in(job.approver), sign_in(job.coordinator)
    attach(client, item, name="Kvar.pdf")
    file = latest()
    make_ready(client, job)
    report = job.reports["social"]
    assert "Kvar.pdf" in client.get(f"/reports/{report.id}/submit").text
    assert submit(client, report).status_code == 303
    frozen = db.session.scalars(
        sa.select(FrozenValue).where(FrozenValue.section == "attachment")
    ).one()
    assert frozen.value == {
        "id": file.id,
        "sha256": file.sha256,
        "size": len(PDF),
        "media_type": "application/pdf",
    }
    assert (frozen.label, frozen.text) == ("Bilaga", "Kvar.pdf")
    assert f"/attachments/{file.id}" in coordinator.get(f"/reports/{report.id}").text
    # readers of the report read its files: a domain lead those of the domain, another board none
    lead = sign_in(make_user("Led", Role.DOMAIN_LEAD))
    other_lead = sign_in(make_user("Annan led", Role.DOMAIN_LEAD, domain="cyber_security"))
    assert coordinator.get(f"/attachments/{file.id}").data == PDF
    assert lead.get(f"/attachments/{file.id}").data == PDF
    assert other_lead.get(f"/attachments/{file.id}").status_code == 403
    assert sign_in(job.rescuer).get(f"/attachments/{file.id}").status_code == 403
    # nothing is attached to it or taken from it any more, by us or past us
    assert attach(client, item, PDF + b"2").status_code == 422
    take_off(client, item, file)
    for statement in (
        "UPDATE item_attachment SET removed_at = '2021-01-01'",
        "DELETE FROM item_attachment",
        "UPDATE attachment SET deleted_at = '2021-01-01'",
        "UPDATE attachment SET sha256 = 'x'",
        "DELETE FROM attachment",
        "UPDATE attachment_content SET content = key::bytea"
        if db.engine.dialect.name == "postgresql"
        else "UPDATE attachment_content SET content = 'x'",
        "DELETE FROM attachment_content",
    ):
        with pytest.raises(sa.exc.DBAPIError, match="kept"):
            db.session.execute(sa.text(statement))
        db.session.rollback()

    # returned: the new revision has the file too, and taking it off there leaves the old one
    address = f"/reports/{report.id}"
    base = hidden(coordinator, address)
    coordinator.post(f"{address}/return", data={**base, "comment": "Komplettera."})
    db.session.expire_all()
    revised = db.session.scalars(
        sa.select(Report).where(Report.board_id == report.board_id, Report.current)
    ).one()
    link = db.session.scalars(
        sa.select(ItemAttachment)
        .join(ItemAttachment.item)
        .where(ItemAttachment.item.has(report_id=revised.id))
    ).one()
    assert link.attachment_id == file.id
    assert take_off(client, link.item_id, file).status_code == 303
    assert contents() == 1
    assert coordinator.get(f"/attachments/{file.id}").data == PDF
    # who attached it may leave: the file stays, without a name
    assert latest().uploaded_by_id == job.approver.id
    accounts.remove(OPERATOR, job.approver.id)
    assert latest().uploaded_by_id is None


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_bytes_that_have_changed_are_handed_out_to_nobody(
    app: Flask, job: Job, sign_in: Enter, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = sign_in(job.reporter)
    attach(client, job.item("1.1.1").id)
    monkeypatch.setattr(store.Database, "get", lambda self, key: b"%PDF-1.7 en annan")
    answer = client.get(f"/attachments/{latest().id}")
    assert answer.status_code == 500
    assert "inte längre den som bifogades" in answer.get_data(as_text=True)
    assert b"en annan" not in answer.data


@pytest.fixture
def s3(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A store that speaks S3, on a port of its own, with one bucket."""
    from moto.server import ThreadedMotoServer

    for name, value in (("ACCESS_KEY_ID", "a"), ("SECRET_ACCESS_KEY", "b")):
        monkeypatch.setenv(f"AWS_{name}", value)
    server = ThreadedMotoServer(port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    endpoint = f"http://{host}:{port}"
    store._client(endpoint).create_bucket(Bucket="registry")
    yield endpoint
    server.stop()


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_files_lie_in_a_store_outside_the_database_where_that_is_set(
    app: Flask, job: Job, sign_in: Enter, s3: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    item, client = job.item("1.1.1").id, sign_in(job.reporter)
    attach(client, item, PDF + b"0")
    before = latest()
    settings = app.extensions["settings"]
    chosen = type(settings)(
        **{**vars(settings), "attachments": "s3://registry/bilagor", "s3_endpoint": s3}
    )
    app.extensions["settings"] = chosen
    assert store.check(chosen) == "s3://registry/bilagor can be reached, written to and read"
    assert attach(client, item).status_code == 303
    assert attach(client, item).status_code == 422  # it is there already: nothing is left behind
    file = latest()
    assert (file.stored_in, contents()) == ("s3://registry/bilagor", 1)
    keys = [one["Key"] for one in store._client(s3).list_objects_v2(Bucket="registry")["Contents"]]
    assert keys == [f"bilagor/{file.key}"]
    assert client.get(f"/attachments/{file.id}").data == PDF
    assert client.get(f"/attachments/{before.id}").data == PDF + b"0"  # lies where it lay
    take_off(client, item, file)
    assert "Contents" not in store._client(s3).list_objects_v2(Bucket="registry")
    # a store that does not answer is said, and nothing is kept
    gone = type(settings)(**{**vars(chosen), "attachments": "s3://other"})
    app.extensions["settings"] = gone
    with pytest.raises(store.Unreachable, match="NoSuchBucket"):
        store.check(gone)
    answer = attach(client, item, PDF + b"2")
    assert answer.status_code == 503
    assert "kunde inte sparas just nu" in answer.get_data(as_text=True)
    assert latest().id == file.id


def test_a_store_that_cannot_be_is_a_wrong_setting(tmp_path) -> None:
    for wrong in ("s3", "s3://", "https://example.org/x", ""):
        with pytest.raises(ConfigError, match="attachments"):
            create_app(tmp_path, **SETTINGS, attachments=wrong)
    with pytest.raises(ConfigError, match="s3_endpoint"):
        create_app(tmp_path, **SETTINGS, attachments="s3://a", s3_endpoint="localhost")
