"""Files that a metric's values rest on."""

import io
from collections.abc import Callable

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from registry.attachments.models import Attachment, AttachmentContent
from registry.audit.models import AuditEntry
from registry.db import db
from registry.effects.models import EffectMetric, MetricValue, ValueAttachment
from registry.people.models import Board
from registry.plan.models import Responsibility, VersionState
from tests.effects.conftest import Built

PDF = b"%PDF-1.7 Survey".ljust(40)
Clients = dict[str, FlaskClient]


@pytest.fixture
def value(plan: Built, boards: dict[str, Board]) -> MetricValue:
    """A value of Socialnämnden's, for a measure it answers for."""
    social = boards["social"].id
    measure = db.session.scalars(
        sa.select(Responsibility.measure_id).where(Responsibility.board_id == social)
    ).first()
    metric = EffectMetric(measure_id=measure, name="Andel i enkäten", unit="%")
    db.session.add(metric)
    db.session.flush()
    made = MetricValue(metric_id=metric.id, board_id=social, period="2020", value=71)
    db.session.add(made)
    db.session.commit()
    return made


@pytest.fixture
def attach(clients: Clients, value: MetricValue) -> Callable[..., object]:
    address = f"/metrics/values/{value.id}/attachments"

    def post(who: str, name: str = "Enkät.pdf", content: bytes = PDF):
        data = {"file": (io.BytesIO(content), name)} if content else {}
        return clients[who].post(address, data=data, content_type="multipart/form-data")

    return post


def test_a_board_attaches_what_its_value_rests_on_and_readers_fetch_it(
    value: MetricValue, clients: Clients, attach
) -> None:
    page = f"/metrics/{value.metric_id}"
    for wrong in ({"content": b""}, {"name": "a.html", "content": b"<script>"}):
        assert attach("reporter", **wrong).status_code == 422
    assert attach("other_reporter").status_code == 403
    assert attach("auditor").status_code == 403
    assert db.session.scalars(sa.select(Attachment)).all() == []
    assert attach("reporter").status_code == 303
    file = db.session.scalars(sa.select(Attachment)).one()
    address = f"/metrics/attachments/{file.id}"
    for reader in ("reporter", "other_reporter", "auditor", "executive"):
        assert f'href="{address}"' in clients[reader].get(page).text
        fetched = clients[reader].get(address)
        assert fetched.data == PDF
        assert fetched.headers["Content-Disposition"].startswith("attachment")
        assert "sandbox" in fetched.headers["Content-Security-Policy"]
    assert clients["anonymous"].get(address).status_code == 302
    # another board can neither see the list to edit nor take the file off
    remove = f"/metrics/values/{value.id}/attachments/{file.id}/remove"
    assert clients["other_reporter"].post(remove).status_code == 403
    assert clients["reporter"].post(remove).status_code == 303
    assert clients["auditor"].get(address).status_code == 404
    assert address not in clients["auditor"].get(page).text
    db.session.expire_all()
    link = db.session.scalars(sa.select(ValueAttachment)).one()
    assert (link.period, link.removed_at is None, file.deleted_at is None) == ("2020", False, False)
    assert db.session.scalars(sa.select(AttachmentContent)).all() == []
    actions = set(db.session.scalars(sa.select(AuditEntry.action)))
    assert {"attachment.add", "attachment.remove"} <= actions


def test_a_file_is_read_by_whoever_reads_the_metric_and_nobody_else(
    value: MetricValue, plan: Built, clients: Clients, attach
) -> None:
    attach("coordinator")
    file = db.session.scalars(sa.select(Attachment)).one()
    address = f"/metrics/attachments/{file.id}"
    assert clients["executive"].get(address).status_code == 200
    db.session.execute(
        sa.text("UPDATE plan_version SET state = :state"), {"state": VersionState.DRAFT.value}
    )
    db.session.commit()
    assert clients["executive"].get(address).status_code == 404
    assert clients["auditor"].get(address).status_code == 200
    assert clients["auditor"].get("/metrics/attachments/999").status_code == 404
