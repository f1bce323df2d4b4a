"""A file becomes rows by a domain; shown, checked and written by the registry."""

import io
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from registry.audit.models import AuditEntry
from registry.db import db
from registry.host.models import DomainData, PluginState, SealedData
from tests.domains.conftest import CYBER, Place

Clients = dict[str, FlaskClient]
ADDRESS = f"/domains/{CYBER}/import/classifications"


def send(client: FlaskClient, text: str | bytes, name: str = "klassning.csv") -> Any:
    content = text.encode() if isinstance(text, str) else text
    return client.post(ADDRESS, data={"file": (io.BytesIO(content), name)})


def token(page: str) -> str:
    return page.split('name="rows" value="')[1].split('"')[0]


GOOD = "Åtgärd;Klassad den;Konfidentialitet\n2.2.1;2021-05-04;3 – allvarlig skada\n"


def test_what_is_shown_is_written_when_it_is_confirmed(place: Place, clients: Clients) -> None:
    page = send(clients["coordinator"], GOOD).get_data(as_text=True)
    assert "Klassad den: <strong>2021-05-04</strong>" in page
    assert "3 – allvarlig skada" not in page, "a secret answer is not shown, not even here"
    db.session.rollback()
    assert db.session.scalars(sa.select(DomainData)).all() == []
    answer = clients["coordinator"].post(f"{ADDRESS}/confirm", data={"rows": token(page)})
    assert answer.status_code == 303
    db.session.rollback()
    (row,) = db.session.scalars(sa.select(DomainData))
    assert (row.subject_id, row.data) == (place.measure, {"classified_on": "2021-05-04"})
    assert db.session.scalars(sa.select(SealedData.field)).all() == ["confidentiality"]
    assert db.session.scalars(sa.select(AuditEntry).filter_by(action="domain.import")).all()
    again = send(clients["coordinator"], "Åtgärd,Klassad den\n2.2.1,2021-05-04\n")
    assert "Inget i filen ändrar något." in again.get_data(as_text=True)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Åtgärd;Klassad den\n9.9.9;2021-05-04\n", "Det finns ingen åtgärd med det numret"),
        ("Åtgärd;Klassad den\n2.2.1;igår\n", "Skriv datumet som år-månad-dag"),
        ("Åtgärd;Konfidentialitet\n2.2.1;hög\n", "Välj något i listan."),
        ("Åtgärd;Klassad den\n2.2.1;2021-05-04\n2.2.1;2021-05-05\n", "redan på en tidigare rad"),
        ("Nummer;Klassad den\n2.2.1;2021-05-04\n", "ingen kolumn som heter Åtgärd"),
    ],
)
def test_what_is_wrong_is_said_row_by_row(
    place: Place, clients: Clients, text: str, said: str
) -> None:
    assert said in send(clients["coordinator"], text).get_data(as_text=True)


@pytest.mark.parametrize("content", [b"\xff\xfe\x00", b"PK\x03\x04" + b"\0" * 50, b""])
def test_a_file_of_another_kind_is_refused_and_costs_no_strike(
    place: Place, clients: Clients, content: bytes
) -> None:
    assert send(clients["coordinator"], content).status_code == 422
    db.session.rollback()
    assert db.session.get_one(PluginState, CYBER).strikes == 0


def test_a_file_by_another_name_is_refused(place: Place, clients: Clients) -> None:
    answer = send(clients["coordinator"], GOOD, "klassning.exe")
    assert answer.status_code == 422
    assert "Välj en fil av typen .csv." in answer.get_data(as_text=True)


def test_what_one_person_was_shown_another_cannot_confirm(
    app: Flask, place: Place, clients: Clients, make_user: Any, sign_in: Any
) -> None:
    from registry.people.models import Role

    page = send(clients["coordinator"], GOOD).get_data(as_text=True)
    other = sign_in(make_user("Annan samordnare", Role.COORDINATOR))
    for client, rows in ((other, token(page)), (clients["coordinator"], token(page)[:-3] + "abc")):
        answer = client.post(f"{ADDRESS}/confirm", data={"rows": rows}, follow_redirects=True)
        assert "Filen finns inte kvar." in answer.get_data(as_text=True)
    db.session.rollback()
    assert db.session.scalars(sa.select(DomainData)).all() == []


def test_a_warning_of_the_check_is_shown_beside_the_row(place: Place, clients: Clients) -> None:
    text = "Åtgärd;Konfidentialitet\n2.2.1;4\n"
    page = send(clients["coordinator"], text).get_data(as_text=True)
    assert "utanför den vanliga katalogen" in page
