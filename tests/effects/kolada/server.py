"""A small Kolada on a real socket: it answers in the form of the v3 interface, and misbehaves.

``python -m tests.effects.kolada.server 8128`` runs it alone, to try pages by hand.
"""

import json
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

INDICATORS = {
    "N07403": {
        "title": "Anmälda våldsbrott, antal/100 000 inv",
        "description": "Antalet anmälda brott divideras med antal invånare och multipliceras med "
        "100 000. I vissa fall saknas uppgift om brottsplats vilket ger ett bortfall i "
        "kommunstatistiken. Källa: BRÅ och SCB.",
        "is_divided_by_gender": False,
    },
    "N00610": {
        "title": "Trygg utomhus när det är mörkt ute, andel (%)",
        "description": "Andel som har svarat ”Mycket trygg” eller ”Ganska trygg”.",
        "is_divided_by_gender": True,
    },
    "N07415": {
        "title": "Byggnadsbränder med spridning, antal/1000 inv",
        "description": "Ersätter nyckeltal U07415 (nyckeltalen är inte jämförbara). Uppgifterna "
        "gäller för perioden år T-4 till år T. Källa: MSB",
        "is_divided_by_gender": False,
    },
}
AREAS = {"0380": "Uppsala", "0180": "Stockholm", "1280": "Malmö", "0000": "Riket"}
GROUPS = {"G35843": "Liknande kommuner trygghet"}
Cell = dict[str, Any]


def cell(value: object, gender: str = "T", *, deleted: bool = False, status: str = "") -> Cell:
    return {
        "gender": gender,
        "count": 1,
        "status": status,
        "value": value,
        "isdeleted": deleted,
    }


def row(kpi: str, area: str, period: int, *cells: Cell) -> dict[str, Any]:
    return {"kpi": kpi, "municipality": area, "period": period, "values": list(cells)}


class Kolada(ThreadingHTTPServer):
    """``data`` is what it knows, ``plan`` what it does instead of answering, once each.

    :ivar asked: every path it was asked for.
    :ivar page_size: values on a page.
    :ivar link: the name of the link to the next page.
    """

    daemon_threads = True

    def __init__(self, port: int = 0) -> None:
        super().__init__(("127.0.0.1", port), Handler)
        self.indicators = {key: dict(one) for key, one in INDICATORS.items()}
        self.data: list[dict[str, Any]] = []
        self.asked: list[str] = []
        self.plan: list[tuple[int, dict[str, str], bytes]] = []
        self.page_size, self.link = 5000, "next_url"
        self.count_off = 0
        self.hold = threading.Event()  # set: answers at once

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/v3"

    def answer(self, path: str) -> list[dict[str, Any]] | None:
        parts = path.removeprefix("/v3/").split("/")
        if parts[0] == "kpi":
            known = [code for code in parts[1].split(",") if code in self.indicators]
            return [{"id": code, **self.indicators[code]} for code in known] or None
        if parts[0] == "municipality":
            return [{"id": code, "title": title, "type": "K"} for code, title in AREAS.items()]
        if parts[0] == "municipality_groups":
            return [
                {"id": code, "title": title, "members": [{"member_id": "0180"}]}
                for code, title in GROUPS.items()
            ]
        if parts[:2] == ["data", "kpi"] and parts[3] == "municipality":
            kpis, areas = parts[2].split(","), parts[4].split(",")
            assert max(len(kpis), len(areas)) <= 25, "Kolada takes 25 ids"
            return [one for one in self.data if one["kpi"] in kpis and one["municipality"] in areas]
        return None


class Handler(BaseHTTPRequestHandler):
    server: Kolada

    def do_GET(self) -> None:
        kolada = self.server
        kolada.asked.append(self.path)
        if kolada.plan:
            status, headers, body = kolada.plan.pop(0)
            if body == b"slow":
                kolada.hold.wait(5)
                return
            return self.send(status, body, headers)
        address = urlsplit(self.path)
        items = kolada.answer(address.path)
        if items is None:
            return self.send(404, b'{"detail":"Not Found"}', {})
        at, size = int(parse_qs(address.query).get("page", ["1"])[0]), kolada.page_size
        shown = items[(at - 1) * size : at * size]
        more = at * size < len(items)
        page = {
            "count": len(shown) + kolada.count_off,
            kolada.link: f"http://{self.headers['Host']}{address.path}?page={at + 1}"
            if more
            else None,
            "previous_url": None,
            "values": shown,
        }
        return self.send(200, json.dumps(page).encode(), {})

    def send(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in {"Content-Type": "application/json", **headers}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_args: object) -> None:
        """Silent."""


@contextmanager
def running() -> Iterator[Kolada]:
    server = Kolada()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield server
    finally:
        server.hold.set()
        server.shutdown()
        thread.join()
        server.server_close()


if __name__ == "__main__":
    alone = Kolada(int(sys.argv[1]))
    for year in range(2015, 2026):
        for area, base in (("0380", 1200.55), ("0180", 1500.1), ("G35843", 1100.0)):
            alone.data.append(row("N07403", area, year, cell(base + 13.37 * (year - 2015))))
            share = [cell(60 + year % 5 + at * 4.5, sex) for at, sex in enumerate("KTM")]
            alone.data.append(row("N00610", area, year, *share))
        alone.data.append(row("N07415", "0380", year, cell(0.4 + year % 3 / 10)))
    alone.serve_forever()
