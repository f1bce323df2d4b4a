"""To the mail server: a connection, and what became of each letter that was handed over.

Here nothing is known of the database. What may go wrong falls into four kinds, for what is to be
done about it differs: it is sent; it is not, and may be tried later; it never will be; or the
connection broke while the server held the text, and nobody can know.
"""

import re
import smtplib
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP, SMTPUTF8
from email.utils import format_datetime
from enum import Enum
from types import TracebackType
from typing import Self

from flask_babel import gettext as _

from registry.config import Settings
from registry.db import now

_ADDRESS = re.compile(r"""[^@\s<>()",:;\\]+@[^@\s<>()",:;\\]+""")
# lines that any server can carry, whatever it says of eight bits
_SMTP, _SMTPUTF8 = (one.clone(cte_type="7bit") for one in (SMTP, SMTPUTF8))
SECONDS = 30.0  # for each answer of the server


class Fate(Enum):
    SENT = "sent"
    LATER = "later"
    NEVER = "never"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Answer:
    """What became of a letter. ``why`` is a code for people to have explained: a number of the
    server's, or one of those in :func:`explain`. ``server_down``: there is no connection, and to
    send the next letter is for another time."""

    fate: Fate
    why: str = ""
    server_down: bool = False


@dataclass(frozen=True)
class Letter:
    """A mail as it is sent: plain text, the same as HTML, and the id receivers know it by."""

    to: str
    subject: str
    text: str
    html: str
    message_id: str


class Post:
    """A way to the mail server, opened when first needed; as a context manager it is closed."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._open: smtplib.SMTP | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        if self._open is not None:
            try:
                self._open.quit()
            except (OSError, smtplib.SMTPException):
                self._drop()

    def send(self, letter: Letter, about_to: Callable[[], bool] = lambda: True) -> Answer:
        """Hand a letter over.

        :param about_to: called when the server has taken the addresses and its text is next; the
            letter is let be when it says no.
        """
        try:
            server = self._server()
        except smtplib.SMTPAuthenticationError:
            return Answer(Fate.LATER, "login", server_down=True)
        except (smtplib.SMTPNotSupportedError, ssl.SSLError):
            return Answer(Fate.LATER, "security", server_down=True)
        except TimeoutError:
            return Answer(Fate.LATER, "timeout", server_down=True)
        except (OSError, smtplib.SMTPException):
            return Answer(Fate.LATER, "unreachable", server_down=True)
        try:
            utf8 = not letter.to.isascii()
            if utf8 and not server.has_extn("smtputf8"):
                return Answer(Fate.NEVER, "address")
            content = written(letter, self.settings).as_bytes(policy=_SMTPUTF8 if utf8 else _SMTP)
        except ValueError:
            return Answer(Fate.NEVER, "address")
        try:
            options = ["SMTPUTF8"] if utf8 else []
            for code, _said in (
                server.mail(self.settings.mail_from, options),
                server.rcpt(letter.to),
            ):
                if not 200 <= code < 300:
                    return self._refused(server, code)
        except OSError:  # smtplib's own are among them
            self._drop()
            return Answer(Fate.LATER, "lost", server_down=True)
        if not about_to():
            self._drop()
            return Answer(Fate.UNKNOWN, "taken")
        try:
            code, _said = server.data(content)
        except smtplib.SMTPDataError as error:  # it did not want the text: none was sent
            return self._refused(server, error.smtp_code)
        except OSError:
            self._drop()
            return Answer(Fate.UNKNOWN, "lost", server_down=True)
        return Answer(Fate.SENT) if 200 <= code < 300 else self._refused(server, code)

    def _server(self) -> smtplib.SMTP:
        if self._open is not None:
            return self._open
        ours, context = self.settings, ssl.create_default_context()
        if ours.smtp_security == "tls":
            server: smtplib.SMTP = smtplib.SMTP_SSL(
                ours.smtp_host, ours.smtp_port, timeout=SECONDS, context=context
            )
        else:
            server = smtplib.SMTP(ours.smtp_host, ours.smtp_port, timeout=SECONDS)
        try:
            server.ehlo_or_helo_if_needed()
            if ours.smtp_security == "starttls":
                server.starttls(context=context)
                server.ehlo()
            if ours.smtp_user:
                server.login(ours.smtp_user, ours.smtp_password)
        except BaseException:
            server.close()
            raise
        self._open = server
        return server

    def _refused(self, server: smtplib.SMTP, code: int) -> Answer:
        """Said no: for now (4xx) or for good. The next letter begins anew."""
        try:
            if server.rset()[0] != 250:
                self._drop()
        except OSError:
            self._drop()
        return Answer(Fate.NEVER if 500 <= code < 600 else Fate.LATER, str(code))

    def _drop(self) -> None:
        if self._open is not None:
            self._open.close()
            self._open = None


def written(letter: Letter, settings: Settings) -> EmailMessage:
    """The letter with its headers.

    :raises ValueError: when the address cannot stand in a header.
    """
    message = EmailMessage(_SMTP)
    message["From"] = Address(settings.municipality, addr_spec=settings.mail_from)
    if not _ADDRESS.fullmatch(letter.to):
        raise ValueError("not one address")
    message["To"] = letter.to
    message["Subject"] = " ".join(letter.subject.split())
    message["Date"] = format_datetime(now())
    message["Message-ID"] = letter.message_id
    message["Auto-Submitted"] = "auto-generated"
    message["Content-Language"] = settings.language
    message.set_content(letter.text)
    message.add_alternative(letter.html, subtype="html")
    return message


def explain(why: str) -> str:
    """What a code of an answer means, and what an administrator can do."""
    known = {
        "login": _("E-postservern tog inte emot användarnamn och lösenord."),
        "security": _("Anslutningen till e-postservern kunde inte skyddas. Se över certifikatet."),
        "timeout": _("E-postservern svarade inte i tid."),
        "unreachable": _("E-postservern går inte att nå."),
        "lost": _("Förbindelsen med e-postservern bröts."),
        "address": _("Adressen kan inte användas."),
        "removed": _("Personen är borttagen."),
        "stopped": _("Stoppat av en administratör."),
        "": "",
    }
    if why in known:
        return known[why]
    return _("E-postservern svarade %(code)s.", code=why)
