from io import BytesIO
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from registry.testing import PluginContract
from registry.testing.html import Page

FOLDER = Path(__file__).parents[1] / "food_supply"


class TestContract(PluginContract):
    plugin_folder = FOLDER


@pytest.fixture
def plugin_folder() -> Path:
    return FOLDER


def test_the_page_counts_the_stocks_that_last_a_week(
    registry_clients: dict[str, FlaskClient],
) -> None:
    page = registry_clients["domain_lead"].get("/domain/food_supply/").get_data(as_text=True)
    assert "0 av 0 lager räcker i 7 dagar." in page
    style = registry_clients["domain_lead"].get("/domain/food_supply/static/stocks.css")
    assert style.mimetype == "text/css"


def test_an_inventory_is_read_shown_and_written(registry_clients: dict[str, FlaskClient]) -> None:
    coordinator = registry_clients["coordinator"]
    address = "/domains/food_supply/import/stocks"
    content = "Åtgärd;Kök;Inventerat\n1.1.1;Centralköket;2026-01-31\n".encode()
    answer = coordinator.post(address, data={"file": (BytesIO(content), "lager.csv")})
    page = Page.read(answer.get_data(as_text=True))
    assert "Centralköket" in answer.get_data(as_text=True)
    coordinator.post(f"{address}/confirm", data=page.posted("rows"))
    assert "Senast 2027-01-31" in coordinator.get("/plan/measures/1").get_data(as_text=True)
