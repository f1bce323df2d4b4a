"""Kept pages: as new as the database, and nobody else's."""

from collections.abc import Callable

import pytest
from flask import Flask, g
from flask.testing import FlaskClient
from jinja2 import ChoiceLoader, DictLoader

from registry import memory
from registry.db import db
from registry.host import switching
from registry.people.models import User
from registry.people.permissions import NOBODY
from registry.plan.models import Measure
from tests.conftest import Statements
from tests.reporting.conftest import CRISIS, Job

Enter = Callable[[User], FlaskClient]


def text(client: FlaskClient, address: str) -> str:
    return client.get(address).get_data(as_text=True)


def test_a_page_read_twice_is_made_once(job: Job, sign_in: Enter, statements: Statements) -> None:
    client = sign_in(job.coordinator)
    statements.clear()
    first = text(client, "/measures").partition("<main")[2]
    made = len(statements)
    assert text(client, "/measures").partition("<main")[2] == first
    assert len(statements) - made < made


def test_a_change_by_anyone_shows_at_once(job: Job, sign_in: Enter) -> None:
    client, other = sign_in(job.reporter), sign_in(job.coordinator)
    measure = db.session.get_one(Measure, job.plan.measures["1.1.1"].id)
    addresses = ("/measures", f"/plan/measures/{measure.id}", f"/plan/{job.plan.version.id}")
    for address in addresses:
        assert "Helt ny titel" not in text(client, address)
    measure.title = "Helt ny titel"
    db.session.commit()
    for address in addresses:
        assert "Helt ny titel" in text(client, address), address
        assert "Helt ny titel" in text(other, address), address


def test_a_switched_domain_shows_at_once(job: Job, sign_in: Enter) -> None:
    client = sign_in(job.coordinator)
    address = f"/plan/measures/{job.plan.measures['2.5.1'].id}"
    assert "Ta upp ett mått från domänen" in text(client, address)
    switching.switch(CRISIS, on=False)
    db.session.commit()
    assert "Ta upp ett mått från domänen" not in text(client, address)


def test_what_one_role_sees_is_not_kept_for_another(job: Job, sign_in: Enter) -> None:
    address = f"/plan/measures/{job.plan.measures['1.1.1'].id}"
    assert "Ändra åtgärden" in text(sign_in(job.coordinator), address)
    assert "Ändra åtgärden" not in text(sign_in(job.rescuer), address)
    report = f"/reports/{job.reports['social'].id}"
    assert "/reports/items/" in text(sign_in(job.reporter), report)
    assert "/reports/items/" not in text(sign_in(job.coordinator), report)
    assert sign_in(job.rescuer).get(report).status_code == 403


def test_nothing_is_kept_of_a_page_with_a_form(app: Flask) -> None:
    form = "{% extends layout %}{% block main %}{{ csrf_token() }}{% endblock %}"
    app.jinja_env.loader = ChoiceLoader([DictLoader({"form.html": form}), app.jinja_env.loader])
    with app.test_request_context():
        g.viewer = NOBODY
        with pytest.raises(RuntimeError, match="cannot hold a form"):
            memory._parts("form.html", {})


def test_memory_stays_small(app: Flask) -> None:
    for number in range(3 * memory.ROOM):
        memory.kept(number, lambda: "page")
    memory.kept("large", lambda: "x" * (memory.LARGEST + 1))
    assert len(app.extensions["memory"]) <= memory.ROOM
    assert "large" not in app.extensions["memory"]
