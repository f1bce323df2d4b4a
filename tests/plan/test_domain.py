"""What a domain does on the plan's pages: checks a measure, and leads to pages of its own."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from registry import create_app
from registry.db import db
from registry.host.switching import switch
from tests.conftest import SETTINGS, Client
from tests.host.conftest import MANIFEST
from tests.plan.conftest import Built
from tests.plan.test_editing import measure_form, post

NAME = "lights"
CODE = """
from flask import Blueprint
from registry.api import Issue, Level, NavItem, Text, hookimpl

bp = Blueprint("lights", __name__)

@bp.get("/")
def overview():
    return "all lamps"

@hookimpl
def blueprint():
    return bp

@hookimpl
def nav_items():
    return [NavItem("Alla lampor", "overview")]

@hookimpl
def measure_fields():
    return [Text("lamp", "Lampa")]

@hookimpl
def check_measure(measure):
    lamp = measure.data.get("lamp")
    if lamp == "astray":
        yield Issue("Lampan hör inte hemma här.", "no_such_field")
    if lamp == "wrong":
        yield Issue("Skriv lampans nummer.", "lamp")
    if lamp == "doubtful":
        yield Issue("Är lampan hel?", "lamp", Level.WARNING)
        yield Issue("Se över belysningen.", "no_such_field", Level.WARNING)
"""


@pytest.fixture
def app(database: str, tmp_path: Path) -> Iterator[Flask]:
    """The registry with a domain written for these tests, switched on."""
    folder = tmp_path / "plugins" / NAME
    folder.mkdir(parents=True)
    (folder / "plugin.toml").write_text(MANIFEST.format(name=NAME, title="Lampor"), "utf-8")
    (folder / "__init__.py").write_text(CODE, "utf-8")
    made = create_app(
        tmp_path / "instance",
        database_url=database,
        plugin_dirs=[str(folder.parent)],
        trust_plugins=True,
        **SETTINGS,
    )
    made.config.update(TESTING=True, WTF_CSRF_ENABLED=False)
    made.test_client_class = Client
    with made.app_context():
        switch(NAME, on=True)
        db.session.commit()
        engine = db.engine
        yield made
    engine.dispose()
    del sys.modules[f"registry_plugins.{NAME}"]


@pytest.fixture
def lit(plan: Built) -> Built:
    """The plan, with its first area in the domain's hands."""
    plan.area.domain = NAME
    db.session.commit()
    return plan


def save(client: FlaskClient, plan: Built, lamp: str, expected: int) -> str:
    form = measure_form(plan.lighting, title="Ny rubrik") | {f"{NAME}__lamp": lamp}
    return post(client, f"/plan/measures/{plan.lighting.id}/edit", expected, **form)


@pytest.mark.parametrize(
    ("lamp", "message"),
    [("wrong", "Skriv lampans nummer."), ("astray", "Lampan hör inte hemma här.")],
)
def test_an_error_stops_the_save_even_at_a_field_that_is_not_there(
    lit: Built, clients: dict[str, FlaskClient], lamp: str, message: str
) -> None:
    assert message in save(clients["coordinator"], lit, lamp, 422)
    assert lit.lighting.title != "Ny rubrik"


def test_a_warning_is_shown_and_lets_the_save_through(
    lit: Built, clients: dict[str, FlaskClient]
) -> None:
    save(clients["coordinator"], lit, "doubtful", 303)
    assert lit.lighting.title == "Ny rubrik"
    page = clients["coordinator"].get(f"/plan/measures/{lit.lighting.id}").text
    assert "Lampa: Är lampan hel?" in page
    assert "Se över belysningen." in page


def test_a_sound_measure_is_saved_without_a_word(
    lit: Built, clients: dict[str, FlaskClient]
) -> None:
    save(clients["coordinator"], lit, "42", 303)
    page = clients["coordinator"].get(f"/plan/measures/{lit.lighting.id}").text
    assert "ds-alert" not in page


def test_the_plan_leads_to_the_domains_pages_while_it_is_on(
    lit: Built, clients: dict[str, FlaskClient]
) -> None:
    link = f'href="/domain/{NAME}/">Alla lampor</a>'
    address = f"/plan/{lit.version.id}"
    assert clients["coordinator"].get(address).text.count(link) == 1
    assert clients["coordinator"].get(f"/domain/{NAME}/").text == "all lamps"
    assert "Alla lampor" not in clients["anonymous"].get(f"/plans/{lit.plan.id}").text
    switch(NAME, on=False)
    db.session.commit()
    assert "Alla lampor" not in clients["coordinator"].get(address).text
