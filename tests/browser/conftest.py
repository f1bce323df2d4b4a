"""A demo served on a free port, and people who use it in Chromium."""

import os
import shutil
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask_migrate import upgrade
from playwright.sync_api import Browser, sync_playwright
from werkzeug.serving import make_server

from registry import create_app
from registry.db import db
from registry.demo import accounts, service
from tests.browser.person import Person
from tests.conftest import REQUIRE_ALL, SETTINGS

CHROMIUM = Path("/usr/bin/chromium")
AXE = Path(__file__).parents[2] / "node_modules" / "axe-core" / "axe.min.js"
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PICTURES_OF_DOCUMENTS = os.environ.get("BROWSER_DOCUMENTS", "")  # where to keep what is fetched
HEIGHTS = {1280: 900, 375: 812}
DEMO: dict[str, Any] = {
    **SETTINGS,
    "demo": True,
    "municipality": "Uppsala kommun",
    "cookie_secure": False,
}


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    for needed, remedy in ((CHROMIUM, "apt-get install chromium"), (AXE, "make setup")):
        if not needed.exists():
            missing = f"{needed} is missing: {remedy}"
            (pytest.fail if REQUIRE_ALL else pytest.skip)(missing)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def demo_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("demo-template")
    app = create_app(folder, **DEMO)
    with app.app_context():
        upgrade()
        service.load(app)
        db.engine.dispose()
    return folder / "registry.sqlite"


@pytest.fixture
def demo(demo_database: Path, tmp_path: Path) -> Iterator[Flask]:
    """The demo as it was loaded, of each test's own."""
    shutil.copy(demo_database, tmp_path / "registry.sqlite")
    shutil.copy(demo_database.with_name("sealing_keys"), tmp_path / "sealing_keys")
    app = create_app(tmp_path, **DEMO)
    yield app
    with app.app_context():
        db.engine.dispose()


@pytest.fixture
def site(demo: Flask) -> Iterator[str]:
    """The address at which the demo is served."""
    server = make_server("127.0.0.1", 0, demo, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(params=[1280, 375])
def width(request: pytest.FixtureRequest) -> int:
    return int(request.param)


@pytest.fixture
def visitor(
    chromium: Browser, site: str, width: int, request: pytest.FixtureRequest
) -> Iterator[Callable[[], Person]]:
    """Someone with a browser of their own; at the end nothing may have gone wrong in it."""
    contexts, people = [], []

    def arrive() -> Person:
        context = chromium.new_context(
            base_url=site,
            viewport={"width": width, "height": HEIGHTS[width]},
            locale="sv-SE",
            timezone_id="Europe/Stockholm",
            reduced_motion="reduce",
        )
        context.set_default_timeout(20_000)
        contexts.append(context)
        people.append(Person(context.new_page(), AXE, request.node.name.replace("/", " ")))
        return people[-1]

    yield arrive
    wrong = [line for person in people for line in person.wrong]
    for context in contexts:
        context.close()
    assert not wrong, "\n".join(wrong)


@pytest.fixture
def enter(visitor: Callable[[], Person]) -> Callable[[str], Person]:
    """A person of the demo, signed in: ``enter("rapportor.social")``."""

    def sign_in(address: str) -> Person:
        person = visitor()
        person.go("/sign-in")
        person.write("E-postadress", f"{address}@{accounts.HOST}")
        person.write("Lösenord", accounts.PASSWORD)
        person.press("Logga in")
        return person

    return sign_in
