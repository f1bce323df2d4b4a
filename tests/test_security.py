"""What is refused at the door, whatever the page."""

import pytest
from flask.testing import FlaskClient


@pytest.mark.parametrize(
    "address", ["/measures?search=%00", "/plan/%00", "/sign-in?next=/%00", "/audit?kind=a%00b"]
)
def test_a_nul_in_an_address_is_refused_with_a_page(
    clients: dict[str, FlaskClient], address: str
) -> None:
    for name in ("anonymous", "coordinator", "auditor"):
        assert clients[name].get(address).status_code < 500


def test_a_nul_in_a_form_is_refused_with_a_page(clients: dict[str, FlaskClient]) -> None:
    answer = clients["coordinator"].post("/boards/new", data={"name": "a\0b", "kind": "committee"})
    assert answer.status_code == 400
    assert "Något gick fel" in answer.get_data(as_text=True)
