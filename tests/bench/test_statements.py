"""A page sends as many SQL statements for a large plan as for a small one."""

import shutil
from pathlib import Path

from registry import create_app
from registry.db import db
from registry.host import switching
from tests.bench.figures import GOOD, statements
from tests.bench.pages import pages
from tests.bench.seed import PASSWORD, email, seed
from tests.bench.visitors import InProcessVisitor, sign_in
from tests.conftest import SETTINGS, Client

SOME = 20


def test_no_page_sends_more_statements_for_1000_measures_than_for_50(
    sqlite_template: Path, tmp_path: Path
) -> None:
    few = _statements(sqlite_template, tmp_path / "few", 200)
    many = _statements(sqlite_template, tmp_path / "many", 1000)
    assert len(few) == 19
    assert many == few


def _statements(template: Path, instance: Path, size: int) -> dict[str, int]:
    """Page → the most statements that any of some requests for it sends."""
    instance.mkdir()
    shutil.copy(template, instance / "registry.sqlite")
    app = create_app(instance, **SETTINGS)
    app.config["TESTING"] = True
    app.test_client_class = Client
    with app.app_context():
        switching.enable_bundled(app)
        db.session.commit()
        seeded = seed(size)
    found: dict[str, int] = {}
    for page in pages(seeded):
        visitor = InProcessVisitor(app.test_client())
        if page.person:
            sign_in(visitor, email(page.person), PASSWORD)
        requests = page.requests(visitor, min(SOME, page.at_once))
        if requests[0].fields is not None:
            continue  # what is saved differs, and so does what it takes
        for request in requests:
            with statements(app) as seen:
                assert visitor.send(request).status in GOOD, request.path
            found[page.name] = max(len(seen), found.get(page.name, 0))
    with app.app_context():
        db.engine.dispose()
    return found
