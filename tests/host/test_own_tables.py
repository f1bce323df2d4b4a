"""A plugin's own tables: made with the plugin, kept apart from the core, taken away with it."""

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from flask import Flask
from flask.testing import FlaskClient

from registry.audit.models import AuditEntry
from registry.db import Base, db
from registry.host import active, own_tables, switching
from registry.host.loading import Domain, load_folder, loaded
from registry.host.models import PluginState
from registry.people.models import Role

NAME = "crisis_preparedness"
TABLE = "crisis_preparedness_exercise"
PAGES = f"/domain/{NAME}/exercises"
FORM = {"title": "Larmövning", "kind": "alarm", "planned_on": "2021-03-01"}
Write = Callable[..., Path]
MODELS = """
from sqlalchemy.orm import Mapped, mapped_column
from registry.api import tables
class Walk(tables("walks")):
    __tablename__ = "{table}"
    id: Mapped[int] = mapped_column(primary_key=True)
"""
MIGRATION = """
import sqlalchemy as sa
from alembic import op
revision = "{revision}"
down_revision = {before}
def upgrade():
    op.create_table("{table}", sa.Column("id", sa.Integer(), primary_key=True))
"""


def names() -> set[str]:
    return set(sa.inspect(db.session.connection()).get_table_names())


def differences() -> list[Any]:
    """Between the core's tables and its models, told apart as the core's migrations do."""
    context = MigrationContext.configure(
        db.session.connection(),
        opts={
            "compare_type": True,
            "include_object": lambda _object, name, kind, reflected, _to: (
                not (kind == "table" and reflected and name not in Base.metadata.tables)
            ),
        },
    )
    found = compare_metadata(context, Base.metadata)
    return [one for one in found if one[0] != "remove_index"]


@pytest.fixture
def on(app: Flask) -> Domain:
    """Crisis preparedness, switched on."""
    switching.switch(NAME, on=True)
    db.session.commit()
    return loaded(app).domains[NAME]


def exercise(domain: Domain, **values: Any) -> Any:
    model = domain.module.Exercise
    row = model(**{"title": "Larm", "kind": "alarm", "planned_on": date(2021, 3, 1)} | values)
    db.session.add(row)
    db.session.commit()
    return row


def test_tables_are_made_when_the_domain_is_switched_on(app: Flask) -> None:
    assert TABLE not in names()
    assert switching.switch(NAME, on=True)
    db.session.commit()
    assert TABLE in names()
    version = sa.text(f"SELECT version_num FROM {own_tables.version_table(NAME)}")
    assert db.session.scalars(version).all() == ["0001"]
    assert own_tables.at_head(loaded(app).domains[NAME])


def test_the_core_keeps_its_tables_and_its_version(app: Flask) -> None:
    version = sa.text("SELECT version_num FROM alembic_version")
    before, tables = db.session.scalar(version), names()
    switching.switch(NAME, on=True)
    db.session.commit()
    assert db.session.scalar(version) == before
    assert names() - tables == {TABLE, own_tables.version_table(NAME)}
    assert differences() == []


def test_models_and_migrations_of_the_domain_agree(on: Domain) -> None:
    context = MigrationContext.configure(
        db.session.connection(),
        opts={
            "compare_type": True,
            "include_object": lambda _object, name, kind, *_rest: kind != "table" or name == TABLE,
        },
    )
    assert compare_metadata(context, on.module.Exercise.metadata) == []


def test_switching_off_and_on_keeps_the_rows(on: Domain) -> None:
    exercise(on)
    switching.switch(NAME, on=False)
    db.session.commit()
    switching.switch(NAME, on=True)
    db.session.commit()
    assert len(own_tables.rows(on)[TABLE]) == 1


def test_a_domain_whose_tables_are_not_there_is_not_active(app: Flask) -> None:
    db.session.add(PluginState(name=NAME, enabled=True, strikes=0))
    db.session.commit()
    assert NAME not in active.current().names
    switching.upgrade_tables(app)
    db.session.commit()
    assert NAME in active.current().names


def test_an_export_holds_the_rows_and_a_purge_takes_the_tables(on: Domain) -> None:
    exercise(on, title="Räksmörgås", held_on=date(2021, 3, 2))
    [row] = switching.export(NAME)["tables"][TABLE]
    assert (row["title"], row["held_on"]) == ("Räksmörgås", "2021-03-02")
    switching.switch(NAME, on=False)
    assert switching.purge(NAME) == 1
    db.session.commit()
    assert not any(name.startswith(NAME) for name in names())
    switching.switch(NAME, on=True)
    db.session.commit()
    assert switching.export(NAME)["tables"] == {TABLE: []}


def test_what_is_written_in_them_goes_into_the_log(on: Domain) -> None:
    row = exercise(on)
    row.title = "Larm med Rakel"
    db.session.commit()
    entries = db.session.scalars(
        sa.select(AuditEntry).where(AuditEntry.object_kind == TABLE).order_by(AuditEntry.id)
    ).all()
    assert [one.action for one in entries] == [f"{TABLE}.create", f"{TABLE}.update"]
    assert entries[0].after is not None
    assert entries[0].after["planned_on"] == "2021-03-01"
    assert entries[1].after == {"title": "Larm med Rakel"}


@pytest.mark.parametrize("table", ["hikes", "user", "walk"])
def test_a_table_without_the_plugins_name_is_refused(write_plugin: Write, table: str) -> None:
    folder = write_plugin("walks", MODELS.format(table=table))
    refusal = load_folder(folder.parent).refusals["walks"]
    assert refusal.step == "import"
    assert f"table '{table}' must be called walks_" in refusal.reason


@pytest.mark.parametrize(
    ("plugin", "table"), [("report", "report_item"), ("domain", "domain_data")]
)
def test_a_table_of_the_registry_is_nobodys_own(
    write_plugin: Write, plugin: str, table: str
) -> None:
    folder = write_plugin(plugin, MODELS.format(table=table).replace("walks", plugin))
    refusal = load_folder(folder.parent).refusals[plugin]
    assert f"table '{table}' is one of the registry" in refusal.reason


@pytest.fixture
def walks(app: Flask, write_plugin: Write, tmp_path: Path) -> Callable[..., Domain]:
    """A plugin that owns ``walks_walk``, with the migrations given: file name → code."""

    def load(**migrations: str) -> Domain:
        folder = tmp_path / "plugins" / "walks"
        if not folder.exists():
            write_plugin("walks", MODELS.format(table="walks_walk"))
            (folder / "migrations").mkdir()
        for name, code in migrations.items():
            (folder / "migrations" / f"{name}.py").write_text(code, "utf-8")
        domain = load_folder(folder.parent).domains["walks"]
        loaded(app).domains["walks"] = domain
        return domain

    return load


def migration(table: str, revision: str = "1", before: str | None = None) -> str:
    return MIGRATION.format(table=table, revision=revision, before=repr(before))


def test_newer_code_waits_until_its_tables_are_there(
    app: Flask, walks: Callable[..., Domain]
) -> None:
    walks(first=migration("walks_walk"))
    switching.switch("walks", on=True)
    db.session.commit()
    assert "walks" in active.current().names
    newer = walks(second=migration("walks_place", "2", "1"))
    app.extensions["active"] = None  # as after a restart with the new code
    assert not own_tables.fit(newer)
    assert "walks" not in active.current().names
    switching.upgrade_tables(app)
    db.session.commit()
    assert "walks" in active.current().names
    assert {"walks_walk", "walks_place"} <= names()


@pytest.mark.parametrize("table", ["hikes", "report_walk", "walk"])
def test_a_migration_that_makes_what_is_not_the_plugins_leaves_nothing(
    walks: Callable[..., Domain], table: str
) -> None:
    before = names()
    walks(first=migration("walks_walk"), second=migration(table, "2", "1"))
    with pytest.raises(switching.CannotSwitch, match=f"{table} must be called walks_"):
        switching.switch("walks", on=True)
    db.session.commit()
    assert names() == before
    assert "walks" not in active.current().names


def test_a_migration_that_fails_leaves_the_database_usable(walks: Callable[..., Domain]) -> None:
    before = names()
    broken = migration("walks_place", "2", "1").replace("op.create_table", "op.drop_table('no')\n#")
    walks(first=migration("walks_walk"), second=broken)
    with pytest.raises(switching.CannotSwitch, match="its tables"):
        switching.switch("walks", on=True)
    assert names() == before


def test_a_purge_spares_tables_that_only_begin_alike(
    on: Domain, app: Flask, write_plugin: Write
) -> None:
    """A plugin called ``crisis`` must not take ``crisis_preparedness_exercise`` with it."""
    exercise(on)
    code = MODELS.format(table="crisis_walk").replace("walks", "crisis")
    folder = write_plugin("crisis", code)
    (folder / "migrations").mkdir()
    (folder / "migrations" / "first.py").write_text(migration("crisis_walk"), "utf-8")
    crisis = load_folder(folder.parent).domains["crisis"]
    assert own_tables.upgrade(crisis)
    assert [table.name for table in own_tables.own(crisis)] == ["crisis_walk"]
    assert own_tables.drop(crisis) == 0
    assert "crisis_walk" not in names()
    assert len(own_tables.rows(on)[TABLE]) == 1


@pytest.mark.parametrize(
    ("role", "expected"),
    [
        ("coordinator", 200),
        ("domain_lead", 200),
        ("reporter", 403),
        ("approver", 403),
        ("executive", 403),
        ("auditor", 403),
        ("admin", 403),
        ("anonymous", 302),
    ],
)
def test_who_may_change_the_list(
    on: Domain, clients: dict[str, FlaskClient], role: str, expected: int
) -> None:
    row = exercise(on)
    client = clients[role]
    assert client.get(f"{PAGES}/new").status_code == expected
    assert client.get(f"{PAGES}/{row.id}").status_code == expected
    posted = client.post(f"{PAGES}/new", data=FORM).status_code
    assert posted == (303 if expected == 200 else 403)
    removed = client.post(f"{PAGES}/{row.id}/remove", data={"row_version": "1"}).status_code
    assert removed == (303 if expected == 200 else 403)
    assert [one["title"] for one in own_tables.rows(on)[TABLE]] == [
        "Larmövning" if expected == 200 else "Larm"
    ]


def test_a_reader_sees_the_list_without_its_buttons(
    on: Domain, clients: dict[str, FlaskClient]
) -> None:
    exercise(on)
    page = clients["reporter"].get(PAGES).get_data(as_text=True)
    assert "Dagen har passerat" in page
    assert "/exercises/new" not in page
    assert "/exercises/new" in clients["domain_lead"].get(PAGES).get_data(as_text=True)
    assert clients["anonymous"].get(PAGES).status_code == 302
    assert clients["admin"].get(PAGES).status_code == 403


def test_a_lead_of_another_domain_may_not(
    on: Domain, make_user: Callable[..., Any], sign_in: Callable[..., FlaskClient]
) -> None:
    client = sign_in(make_user("Annan domän", Role.DOMAIN_LEAD, domain="cyber_security"))
    assert client.post(f"{PAGES}/new", data=FORM).status_code == 403
    assert client.get(PAGES).status_code == 403, "nor read it"
    assert own_tables.rows(on)[TABLE] == []


def test_an_exercise_is_added_changed_and_removed(
    on: Domain, clients: dict[str, FlaskClient]
) -> None:
    lead = clients["domain_lead"]
    wrong = lead.post(f"{PAGES}/new", data={**FORM, "title": "", "held_on": "2999-01-01"})
    assert "Fyll i det här fältet." in wrong.get_data(as_text=True)
    wrong = lead.post(f"{PAGES}/new", data={**FORM, "held_on": "2199-01-01"})
    assert "Dagen har inte varit än." in wrong.get_data(as_text=True)
    lead.post(f"{PAGES}/new", data=FORM)
    [row] = own_tables.rows(on)[TABLE]
    assert row["title"] == "Larmövning"
    done = {**FORM, "held_on": "2021-03-02", "lessons": "Ring två.", "row_version": "1"}
    assert lead.post(f"{PAGES}/{row['id']}", data=done).status_code == 303
    assert own_tables.rows(on)[TABLE][0]["lessons"] == "Ring två."
    who = db.session.scalar(
        sa.select(AuditEntry.actor_id).where(AuditEntry.action == f"{TABLE}.update")
    )
    assert who is not None
    stale = lead.post(f"{PAGES}/{row['id']}/remove", data={"row_version": "1"})
    assert stale.status_code == 303
    assert len(own_tables.rows(on)[TABLE]) == 1, "it was changed since the page was read"
    lead.post(f"{PAGES}/{row['id']}/remove", data={"row_version": "2"})
    assert lead.get(f"{PAGES}/{row['id']}").status_code == 404


def test_two_who_change_the_same_exercise_lose_nothing(
    on: Domain, clients: dict[str, FlaskClient]
) -> None:
    row = exercise(on)
    address = f"{PAGES}/{row.id}"
    clients["coordinator"].post(address, data={**FORM, "board": "Skolorna", "row_version": "1"})
    mine = {**FORM, "board": "Biblioteken", "row_version": "1"}
    page = clients["domain_lead"].post(address, data=mine).get_data(as_text=True)
    assert "Någon annan har sparat medan du skrev" in page
    assert "Skolorna" in page
    assert 'value="Biblioteken"' in page
    assert own_tables.rows(on)[TABLE][0]["board"] == "Skolorna"
    clients["domain_lead"].post(address, data={**mine, "row_version": "2"})
    assert own_tables.rows(on)[TABLE][0]["board"] == "Biblioteken"
