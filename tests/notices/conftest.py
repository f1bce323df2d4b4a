"""A real mail server, whose whims a test decides; and an installation that sends through it."""

import socket
import ssl
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, Envelope, Session
from flask import Flask

from registry.config import Settings
from tests.reporting.conftest import job, plan  # noqa: F401  fixtures


@dataclass
class Server:
    """What has come to it, and what it answers; ``when_data`` happens while it holds a text."""

    port: int
    letters: list[EmailMessage] = field(default_factory=list)
    sent_to: list[list[str]] = field(default_factory=list)
    answers: list[str] = field(default_factory=list)
    when_data: Callable[[], None] | None = None

    async def handle_DATA(self, _server: Any, _session: Session, envelope: Envelope) -> str:
        if self.when_data is not None:
            self.when_data()
        answer = self.answers.pop(0) if self.answers else "250 taken"
        if answer.startswith("250"):
            content = envelope.content
            assert isinstance(content, bytes)
            self.letters.append(message_from_bytes(content, policy=default))  # type: ignore[arg-type]
            self.sent_to.append(envelope.rcpt_tos)
        return answer


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
        return port


@pytest.fixture
def serve() -> Iterator[Callable[..., Server]]:
    """Start a mail server; what it is given goes to aiosmtpd."""
    controllers: list[Controller] = []

    def start(**options: Any) -> Server:
        server = Server(free_port())
        controllers.append(Controller(server, "127.0.0.1", server.port, **options))
        controllers[-1].start()
        return server

    yield start
    for controller in controllers:
        controller.stop()


def set_up(app: Flask, **settings: Any) -> Settings:
    """Change the settings of an app that is there already."""
    changed = replace(app.extensions["settings"], **settings)
    app.extensions["settings"] = changed
    return changed


@pytest.fixture
def server(app: Flask, serve: Callable[..., Server]) -> Server:
    """A mail server, and the app set to send through it."""
    made = serve()
    set_up(
        app,
        smtp_host="127.0.0.1",
        smtp_port=made.port,
        smtp_security="none",
        mail_from="registret@example.org",
        base_url="https://plan.example.org/register",
        digest_hour=0,
    )
    return made


def login(_server: Any, _session: Any, _envelope: Any, _mechanism: str, data: Any) -> AuthResult:
    known = data.login == b"registret" and data.password == b"hemligt-losen"
    return AuthResult(success=known, handled=False)


def server_context(certificate: str, key: str) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    return context
