"""What the tests of sign-in and sessions share."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from registry import create_app
from registry.db import db
from tests.conftest import SETTINGS


@pytest.fixture
def make_app(database: str, tmp_path: Path) -> Iterator[Callable[..., Flask]]:
    """The registry on the test's database with settings of the test's own, forms guarded."""
    made: list[Flask] = []

    def make(**settings: Any) -> Flask:
        values = {**SETTINGS, "database_url": database, **settings}
        app = create_app(tmp_path / "instance", **values)
        app.config["TESTING"] = True
        made.append(app)
        return app

    yield make
    for app in made:
        with app.app_context():
            db.session.remove()
            db.engine.dispose()
