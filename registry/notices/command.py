"""``registry mail``."""

from uuid import uuid4

import click
from flask import current_app
from flask_babel import force_locale
from flask_babel import gettext as _
from markupsafe import escape

from registry.config import Settings
from registry.notices.smtp import Fate, Letter, Post

WHY = {
    "login": "the server did not take smtp_user and smtp_password",
    "security": "the connection could not be secured: see smtp_security and the certificate",
    "timeout": "the server did not answer in time",
    "unreachable": "the server cannot be reached: see smtp_host and smtp_port",
    "lost": "the connection broke",
    "address": "the address cannot be used",
}


@click.group()
def mail() -> None:
    """Mail that the registry sends."""


@mail.command("test")
@click.argument("address")
def send_test(address: str) -> None:
    """Send a test mail now, and say what went wrong if anything did."""
    settings: Settings = current_app.extensions["settings"]
    if not settings.mail_on:
        lacks = ", ".join(settings.mail_lacks) or "smtp_host"
        raise click.ClickException(f"mail is off: set {lacks}")
    with force_locale(settings.language):
        subject = _("Provmejl från åtgärdsregistret")
        text = _("Det här är ett provmejl från %(address)s.", address=settings.base_url)
    host = settings.mail_from.rpartition("@")[2]
    letter = Letter(
        address, subject, f"{text}\n", f"<p>{escape(text)}</p>", f"<{uuid4().hex}@{host}>"
    )
    with Post(settings) as post:
        answer = post.send(letter)
    if answer.fate is Fate.SENT:
        click.echo(f"The server has taken a mail to {address}.")
        return
    why = WHY.get(answer.why, f"the server answered {answer.why}")
    raise click.ClickException(why)
