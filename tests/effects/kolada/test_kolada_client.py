"""Asking Kolada: against a real server on a socket, with the waiting taken out."""

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from email.utils import format_datetime
from itertools import count

import pytest

from registry.effects.kolada import errors, reading
from registry.effects.kolada.client import Client
from registry.effects.kolada.reading import SaidValue
from registry.effects.models import Gender
from tests.effects.kolada.server import Kolada, cell, row


class Asking(Client):
    """A client whose waits are noted, not waited."""

    def __init__(self, kolada: Kolada, **more: float) -> None:
        self.now, self.waits = 0.0, list[float]()
        super().__init__(kolada.url, clock=lambda: self.now, sleep=self.sleep, **more)

    def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.now += seconds


@pytest.mark.parametrize("link", ["next_url", "next_page"])
def test_all_pages_are_read_and_nothing_of_a_value_is_lost(kolada: Kolada, link: str) -> None:
    kolada.page_size, kolada.link = 2, link
    kolada.data = [
        row("N00610", "0380", 2020, cell(61.12345678), cell(58, "K"), cell(64.5, "M")),
        row("N00610", "0380", 2021, cell(None, status="Missing"), cell(0, "K")),
        row("N00610", "0380", 2022, cell(70, deleted=True)),
        row("N00610", "G35843", 2022, cell(66)),
        row("N00610", "0180", 2022, cell(65)),
    ]
    with Asking(kolada) as client:
        said = client.values(["N00610"], ["0380", "G35843", "0180"])
    T, K, M = Gender.TOTAL, Gender.WOMEN, Gender.MEN
    assert said == [
        SaidValue("N00610", "0380", "2020", T, Decimal("61.1235")),
        SaidValue("N00610", "0380", "2020", K, Decimal(58)),
        SaidValue("N00610", "0380", "2020", M, Decimal("64.5")),
        SaidValue("N00610", "0380", "2021", T, None, "Missing"),
        SaidValue("N00610", "0380", "2021", K, Decimal(0)),
        SaidValue("N00610", "0380", "2022", T, Decimal(70), "", True),
        SaidValue("N00610", "G35843", "2022", T, Decimal(66)),
        SaidValue("N00610", "0180", "2022", T, Decimal(65)),
    ]
    assert len(kolada.asked) == 3


def test_more_than_25_ids_are_asked_in_several_calls(kolada: Kolada) -> None:
    places = [f"{number:04}" for number in range(26)]
    kolada.data = [row("N07403", place, 2020, cell(1)) for place in places]
    with Asking(kolada) as client:
        assert [one.area for one in client.values(["N07403"], places)] == places
    assert [path.count(",") for path in kolada.asked] == [24, 0]


def test_one_unknown_number_does_not_hide_the_others(kolada: Kolada) -> None:
    kolada.plan = [(404, {}, b"{}")]
    with Asking(kolada) as client:
        found = client.indicators(["N99999", "N00610"])
        assert [one.code for one in found] == ["N00610"]
        with pytest.raises(errors.NotThere):
            client.indicators(["N99999"])


def test_a_busy_kolada_is_asked_again_after_as_long_as_it_says(kolada: Kolada) -> None:
    soon = format_datetime(datetime.now(UTC) + timedelta(hours=3), usegmt=True)
    kolada.plan = [(429, {"Retry-After": "7"}, b""), (429, {"Retry-After": soon}, b"")]
    with Asking(kolada) as client:
        assert client.values(["N07403"], ["0380"]) == []
        assert client.waits == [7, 60]  # never longer than a job may be silent
    kolada.plan = [(429, {}, b""), (503, {}, b""), (429, {"Retry-After": "soon"}, b""), *BUSY]
    with Asking(kolada) as client:
        with pytest.raises(errors.Busy):
            client.values(["N07403"], ["0380"])
        assert client.waits == [1, 2, 4]
    kolada.plan = [(429, {"Retry-After": "50"}, b""), (429, {"Retry-After": "50"}, b"")]
    with Asking(kolada, seconds=80) as client, pytest.raises(errors.TooSlow):
        client.values(["N07403"], ["0380"])


BUSY = [(429, {}, b"")]


@pytest.mark.parametrize(
    ("status", "headers", "body", "error"),
    [
        (200, {}, b"<html>", errors.WrongShape),
        (200, {}, b'{"values": [', errors.WrongShape),
        (200, {}, b"[" * 100_000, errors.WrongShape),
        (200, {}, b'{"count": 0}', errors.WrongShape),
        (200, {}, b'{"count": "0", "values": []}', errors.WrongShape),
        (200, {}, b'{"count": 2, "values": []}', errors.Incomplete),
        (200, {}, b'{"values": [], "next_url": 7}', errors.WrongShape),
        (200, {}, b'{"values": [], "next_url": "http://example.org/v3/x"}', errors.Elsewhere),
        (200, {}, b'{"values": [], "next_url": "http://127.0.0.1:1/v3/x"}', errors.Elsewhere),
        (200, {}, b'{"values": [], "next_url": "file:///etc/passwd"}', errors.Elsewhere),
        (200, {}, b'{"values": [], "next_url": "/admin"}', errors.Elsewhere),
        (200, {}, b'{"values": [], "next_url": "?page=9"}', errors.Incomplete),
        (302, {"Location": "http://169.254.169.254/latest"}, b"", errors.Elsewhere),
        (307, {"Location": "//example.org/v3/data"}, b"", errors.Elsewhere),
        (400, {}, b"", errors.Declined),
        (401, {}, b"", errors.Declined),
    ],
)
def test_an_answer_of_another_form_is_named_and_never_guessed_at(
    kolada: Kolada, status: int, headers: dict[str, str], body: bytes, error: type[Exception]
) -> None:
    kolada.plan = [(status, headers, body)]
    if b"?page=9" in body:
        kolada.count_off = 1
    with Asking(kolada) as client, pytest.raises(error):
        client.values(["N07403"], ["0380"])


def test_pages_and_redirects_without_end_come_to_an_end(kolada: Kolada) -> None:
    here = f"{kolada.url}/data/kpi/N07403/municipality/0380"
    page = json.dumps({"values": [], "next_url": here}).encode()
    kolada.plan = [(200, {}, page)]
    with Asking(kolada) as client, pytest.raises(errors.WrongShape):
        client.values(["N07403"], ["0380"])
    kolada.plan = [(307, {"Location": f"{here}?again={at}"}, b"") for at in range(5)]
    with Asking(kolada) as client, pytest.raises(errors.Declined):
        client.values(["N07403"], ["0380"])
    kolada.plan = [(307, {"Location": f"{here}/"}, b"")]
    with Asking(kolada) as client:
        assert client.values(["N07403"], ["0380"]) == []


@pytest.mark.parametrize(
    "broken",
    [
        {"kpi": "N7403"},
        {"kpi": None},
        {"kpi": "N٠٧٤٠٣"},
        {"municipality": 380},
        {"municipality": "380"},
        {"period": "igår"},
        {"period": None},
        {"period": "²⁰²⁰"},
        {"period": True},
        {"period": 10**30},
        {"values": None},
        {"values": [7]},
        {"values": [{"gender": "T"}]},
        {"values": [{"gender": "X", "value": 1}]},
        {"values": [{"gender": "T", "value": "1"}]},
        {"values": [{"gender": "T", "value": True}]},
        {"values": [{"gender": "T", "value": 1e15}]},
        {"values": [{"gender": "T", "value": 1, "isdeleted": "false"}]},
    ],
)
def test_a_value_of_another_form_is_refused(broken: dict[str, object]) -> None:
    item = row("N07403", "0380", 2020, cell(1)) | broken
    with pytest.raises(errors.WrongShape):
        reading.values(reading.parse(json.dumps([item]).encode()))


def test_text_that_no_database_keeps_is_cleaned() -> None:
    (item,) = reading.entries(
        [{"id": "0380", "title": "Upp\x00sala\ud800 \n kommun"}], reading.AREA
    )
    assert item.title == "Upp sala kommun"


def test_numbers_that_are_none_and_values_said_twice_are_refused() -> None:
    for text in (b"NaN", b"[-Infinity]", b"1" + b"0" * 5000):
        with pytest.raises(errors.WrongShape):
            reading.parse(text)
    one = reading.values([row("N07403", "0380", 2020, cell(1))])
    other = reading.values([row("N07403", "0380", 2020, cell(2))])
    assert reading.once(one + one) == tuple(one)
    with pytest.raises(errors.Contradiction):
        reading.once(one + other)


def test_slowness_and_silence_have_their_names(kolada: Kolada) -> None:
    kolada.plan = [(200, {}, b"slow")] * 4
    with Asking(kolada, read_seconds=0.05) as client, pytest.raises(errors.TooSlow):
        client.values(["N07403"], ["0380"])
    kolada.plan = []
    ticks = count(0, 100)
    late = Client(kolada.url, clock=lambda: float(next(ticks)), sleep=lambda _s: None)
    with late, pytest.raises(errors.TooSlow):
        late.values(["N07403"], ["0380"])
    with Asking(kolada) as client:
        client.base = "http://127.0.0.1:1/v3"
        with pytest.raises(errors.Unreachable):
            client.values(["N07403"], ["0380"])


def test_the_proxy_of_the_environment_is_used(
    kolada: Kolada, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{kolada.server_port}")
    with Client("http://kolada.invalid/v3") as client:
        kolada.plan = [(200, {}, b'{"count": 0, "values": []}')]
        assert client.values(["N07403"], ["0380"]) == []
    assert kolada.asked == ["http://kolada.invalid/v3/data/kpi/N07403/municipality/0380"]


def test_links_may_say_http_where_https_is_asked() -> None:
    client = Client("https://api.kolada.se/v3")
    here = "https://api.kolada.se/v3/kpi"
    link = "http://api.kolada.se/v3/kpi?page=2"
    assert client._within(here, link) == "https://api.kolada.se/v3/kpi?page=2"
    for other in (
        "http://api.kolada.se:8080/v3/kpi",
        "https://api.kolada.se/v3/../admin",
        "https://user@api.kolada.se/v3/kpi",
        "https://api.kolada.se.example.org/v3/kpi",
        "https://api.kolada.se:x/v3/kpi",
    ):
        with pytest.raises(errors.Elsewhere):
            client._within(here, other)
