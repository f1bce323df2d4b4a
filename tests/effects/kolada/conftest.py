"""A Kolada of our own on a socket, and a registry that asks it."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from flask import Flask

from tests.effects.kolada.server import Kolada, running
from tests.plan.conftest import Built, plan

__all__ = ["Built", "plan"]


@pytest.fixture
def kolada(monkeypatch: pytest.MonkeyPatch) -> Iterator[Kolada]:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    with running() as server:
        yield server


@pytest.fixture
def asking(app: Flask, kolada: Kolada) -> Kolada:
    """The municipality is Uppsala, and its Kolada is ours."""
    app.extensions["settings"] = replace(
        app.extensions["settings"], municipality_code="0380", kolada_url=kolada.url
    )
    return kolada
