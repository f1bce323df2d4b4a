"""Whoever asks for pages: over HTTP to be timed, or in this process to have statements counted."""

import http.client
import time
from dataclasses import dataclass, field
from html.parser import HTMLParser
from http.cookies import SimpleCookie
from typing import Protocol
from urllib.parse import urlencode

from flask.testing import FlaskClient

Fields = list[tuple[str, str]]


@dataclass(frozen=True)
class Request:
    """A page asked for, or a form sent when there are fields."""

    path: str
    fields: Fields | None = None


@dataclass(frozen=True)
class Answer:
    status: int
    body: bytes
    seconds: float = 0.0


class Visitor(Protocol):
    def send(self, request: Request) -> Answer: ...


@dataclass
class HttpVisitor:
    """A browser with cookies and one connection that is kept open until ``hang_up``."""

    port: int
    cookies: SimpleCookie = field(default_factory=SimpleCookie)
    connection: http.client.HTTPConnection | None = None

    def send(self, request: Request) -> Answer:
        if self.connection is None:
            self.connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        headers = {"Accept": "text/html"}
        if self.cookies:
            headers["Cookie"] = "; ".join(f"{c.key}={c.coded_value}" for c in self.cookies.values())
        body = None
        if request.fields is not None:
            body = urlencode(request.fields)
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        began = time.perf_counter()
        self.connection.request("GET" if body is None else "POST", request.path, body, headers)
        answer = self.connection.getresponse()
        content = answer.read()
        took = time.perf_counter() - began
        for cookie in answer.headers.get_all("Set-Cookie", []):
            self.cookies.load(cookie)
        return Answer(answer.status, content, took)

    def hang_up(self) -> None:
        """The next request connects anew, perhaps to the other worker."""
        if self.connection is not None:
            self.connection.close()
            self.connection = None


@dataclass
class InProcessVisitor:
    client: FlaskClient

    def send(self, request: Request) -> Answer:
        if request.fields is None:
            answer = self.client.get(request.path)
        else:
            answer = self.client.post(
                request.path,
                data=urlencode(request.fields),
                content_type="application/x-www-form-urlencoded",
            )
        return Answer(answer.status_code, answer.data)


class CannotSignIn(Exception):
    pass


def sign_in(visitor: Visitor, email: str, password: str) -> None:
    page = visitor.send(Request("/sign-in"))
    entered = {**dict(form_fields(page)), "email": email, "password": password}
    answer = visitor.send(Request("/sign-in", list(entered.items())))
    if answer.status != 303:
        raise CannotSignIn(f"{email}: {answer.status}")


def form_fields(page: Answer) -> Fields:
    """What a browser would post of the page's longest form, buttons left out."""
    reader = _FormReader()
    reader.feed(page.body.decode())
    return max(reader.forms, key=len)


class _FormReader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.fields: Fields = []
        self.forms = [self.fields]
        self._name = ""
        self._text: str | None = None
        self._chosen: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        name, value = given.get("name") or "", given.get("value") or ""
        if tag == "form":
            self.fields = []
            self.forms.append(self.fields)
        elif tag == "input" and name:
            if given.get("type") not in ("checkbox", "radio") or "checked" in given:
                self.fields.append((name, value))
        elif tag == "textarea":
            self._name, self._text = name, ""
        elif tag == "select":
            self._name, self._chosen = name, None
        elif tag == "option" and (self._chosen is None or "selected" in given):
            self._chosen = value

    def handle_data(self, data: str) -> None:
        if self._text is not None:
            self._text += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea":
            self.fields.append((self._name, (self._text or "").removeprefix("\r\n")))
            self._text = None
        elif tag == "select":
            self.fields.append((self._name, self._chosen or ""))
