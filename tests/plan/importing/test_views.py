"""The import in the browser: choose, name columns, look, put right, confirm."""

import io
import os
import re
import sqlite3
import stat
import time
from dataclasses import replace

import pytest
import sqlalchemy as sa

from registry.db import db
from registry.people.models import Role
from registry.plan.importing import placing, service, standing
from registry.plan.models import Measure, Responsibility
from tests.plan.importing.conftest import PLAN


@pytest.fixture
def client(boards, make_user, sign_in):
    return sign_in(make_user("Samordnare", Role.COORDINATOR))


def send(client, text=PLAN, name="plan.csv", **data):
    content = text if isinstance(text, bytes) else text.encode()
    data = {"plan": "", "title": "Vår plan", "file": (io.BytesIO(content), name), **data}
    return client.post("/plan/import", data=data)


def page(client, address):
    answer = client.get(address)
    assert answer.status_code == 200, address
    return answer.get_data(as_text=True)


def heading(text):
    return " ".join(re.sub("<[^>]+>", "", re.search(r"<h1>(.*?)</h1>", text, re.S)[1]).split())


def digest(text):
    return re.search(r'name="digest" value="(\w+)"', text)[1]


def measures():
    db.session.rollback()
    return db.session.scalar(sa.select(sa.func.count()).select_from(Measure))


def test_a_plan_goes_in_after_it_has_been_looked_at(client):
    address = send(client).location
    text = page(client, address)
    assert heading(text) == "4 rader av 6 blir nya åtgärder"
    assert "Åtgärdens namn saknas." in text
    assert measures() == 0
    answer = client.post(f"{address}/confirm", data={"digest": digest(text)})
    assert answer.status_code == 303
    assert measures() == 4
    done = page(client, answer.location)
    assert heading(done) == "4 åtgärder är inlästa"
    assert "missing=owner" in done
    again = page(client, send(client).location)
    assert heading(again) == "Alla 4 åtgärder finns redan. Inget ändras."
    assert "confirm" not in again


def test_pressing_the_button_twice_shows_the_result_twice(client):
    address = send(client).location
    data = {"digest": digest(page(client, address))}
    first = client.post(f"{address}/confirm", data=data)
    second = client.post(f"{address}/confirm", data=data)
    assert first.location == second.location
    assert measures() == 4


def test_what_the_person_puts_right_is_what_is_written(client, boards):
    address = send(client, "Åtgärd;Ansvarig;Typ\nÖva;Kommunen;\nTrygghet;Kommunen;goal\n").location
    text = page(client, address)
    owner = re.search(r'name="(owner-\w+)"', text)[1]
    board = f"board:{boards['executive'].id}"
    answer = client.post(
        address, data={"plan": "", "title": "Annan plan", owner: board, "kinds": ["goal"]}
    )
    assert answer.status_code == 303
    text = page(client, address)
    assert heading(text) == "2 rader av 2 blir nya åtgärder"
    assert "plan.csv till Annan plan" in text
    client.post(f"{address}/confirm", data={"digest": digest(text)})
    assert (
        db.session.scalars(sa.select(Responsibility.board_id)).all() == [boards["executive"].id] * 2
    )


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_others_can_write_while_a_file_is_placed(app, client, monkeypatch):
    """SQLite has one writer: a request that only looks must not be it."""
    placed = []

    def place(*args):
        other = sqlite3.connect(db.engine.url.database, timeout=0)
        other.execute("BEGIN IMMEDIATE")
        other.close()
        placed.append(args)
        return placing.place(*args)

    monkeypatch.setattr(service, "place", place)
    address = send(client).location
    assert client.post(address, data={"plan": "", "title": "Annan plan"}).status_code == 303
    data = {"digest": digest(page(client, address))}
    assert client.post(f"{address}/confirm", data=data).status_code == 303
    assert (len(placed), measures()) == (3, 4)


def test_what_is_placed_is_not_written_when_the_registry_changes_meanwhile(client, monkeypatch):
    address = send(client).location
    data = {"digest": digest(page(client, address))}
    load = standing.load

    def load_and_change(plan, *, lock=False):
        found = load(plan, lock=lock)
        return replace(found, boards={}) if lock else found

    monkeypatch.setattr(standing, "load", load_and_change)
    answer = client.post(f"{address}/confirm", data=data)
    assert (answer.location, measures()) == (address, 0)


def test_one_row_and_a_start_without_an_end_are_said_as_they_are(client):
    address = send(client, "Åtgärd;Typ;Start\nÖva;;2020-01-01\nTrygghet;mål;\n").location
    text = page(client, address)
    assert "mål (1 rad)" in text
    assert "från 2020-01-01" in text
    assert "mål (2 rader)" in page(client, send(client, "Åtgärd;Typ\nA;mål\nB;mål\n").location)


def test_columns_that_are_not_known_are_named_by_the_person(client):
    address = send(client, "Vad vi gör;Vem;När\nÖva;Socialnämnden;2024\nRöja;;2025\n").location
    assert address.endswith("/columns")
    text = page(client, address)
    assert "Vad vi gör" in text
    assert "Socialnämnden" in text
    nothing = client.post(address, data={"column-0": "", "column-1": "", "column-2": ""})
    assert "Välj vilken kolumn som har åtgärdens namn." in nothing.get_data(as_text=True)
    twice = {"column-0": "measure", "column-1": "measure", "column-2": ""}
    assert "är redan vald" in client.post(address, data=twice).get_data(as_text=True)
    assert client.get(address.removesuffix("/columns")).location == address
    answer = client.post(
        address, data={"column-0": "measure", "column-1": "owner", "column-2": "end"}
    )
    assert heading(page(client, answer.location)) == "2 rader av 2 blir nya åtgärder"


def test_a_broken_file_gets_its_sentence_at_the_field(client):
    text = send(client, b"\x00\x01").get_data(as_text=True)
    assert "Filen är varken CSV eller Excel." in text
    assert "Det här behöver rättas" in text
    assert "Välj en fil." in client.post("/plan/import", data={"title": "P"}).get_data(as_text=True)
    nameless = send(client, title="").get_data(as_text=True)
    assert "Skriv vad planen ska heta" in nameless


def test_a_file_over_the_limit_is_refused(app, client):
    app.config["MAX_CONTENT_LENGTH"] = 1000
    answer = send(client, PLAN * 10)
    assert answer.status_code == 413
    assert "Filen är för stor" in answer.get_data(as_text=True)


def test_rows_are_filtered_and_paged(client):
    lines = "".join(f"Åtgärd {n};Socialnämnden\n" for n in range(120)) + ";Tom\n"
    address = send(client, f"Åtgärd;Ansvarig\n{lines}").location
    assert page(client, address).count('data-label="Rad"') == 50
    assert page(client, f"{address}?page=3").count('data-label="Rad"') == 21
    assert page(client, f"{address}?page=99&outcome=refused").count('data-label="Rad"') == 1


def test_the_preview_is_shown_again_when_the_registry_has_changed(client):
    address = send(client).location
    answer = client.post(f"{address}/confirm", data={"digest": "old"}, follow_redirects=True)
    assert "Något har ändrats i registret" in answer.get_data(as_text=True)
    assert measures() == 0


def test_a_file_is_its_owners_alone_and_is_gone_after_a_day(app, client, make_user, sign_in):
    address = send(client).location
    other = sign_in(make_user("Annan samordnare", Role.COORDINATOR))
    assert other.get(address).location == "/plan/import"
    assert other.post(f"{address}/confirm", data={"digest": ""}).location == "/plan/import"
    assert client.get("/plan/import/..%2f..%2fsecret_key").status_code in (303, 404)
    folder = app.extensions["settings"].instance / "uploads"
    files = list(folder.iterdir())
    assert len(files) == 2
    assert all(stat.S_IMODE(file.stat().st_mode) == 0o600 for file in files)
    for file in files:
        os.utime(file, (time.time() - 90_000,) * 2)
    assert client.get(address).location == "/plan/import"
    send(client)
    assert not any(file.exists() for file in files)


def test_what_is_confirmed_leaves_no_file_behind(app, client):
    address = send(client).location
    client.post(f"{address}/confirm", data={"digest": digest(page(client, address))})
    (left,) = (app.extensions["settings"].instance / "uploads").iterdir()
    assert left.name.endswith(".done.json")


def test_nobody_but_a_coordinator_gets_in(clients):
    token = "x" * 32
    for role, client in clients.items():
        refused = {"coordinator": 303, "anonymous": 302}.get(role, 403)
        for path in (f"/{token}", f"/{token}/columns", f"/{token}/result"):
            assert client.get(f"/plan/import{path}").status_code == refused, (role, path)
        posted = client.post(f"/plan/import/{token}/confirm").status_code
        assert posted == (303 if role == "coordinator" else 403), role


def test_the_preview_asks_the_same_number_of_questions_however_long_the_file(client, statements):
    def cost(count):
        lines = "".join(f"Åtgärd {n};Målområde {n % 7};Nämnd {n % 9}\n" for n in range(count))
        address = send(client, f"Åtgärd;Målområde;Samverkan\n{lines}").location
        statements.clear()
        page(client, address)
        return len(statements)

    assert cost(10) == cost(500)
