"""Asking Kolada over HTTP: in small questions, patiently, and of nobody else.

The certificates are the system's, the proxy is the environment's (``HTTPS_PROXY``, ``NO_PROXY``).
"""

import ssl
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from itertools import product
from typing import Any, Self
from urllib.parse import urljoin, urlsplit, urlunsplit

import httpx
import structlog

from registry.effects.kolada import reading
from registry.effects.kolada.errors import (
    Busy,
    Declined,
    Elsewhere,
    Incomplete,
    KoladaError,
    NotThere,
    ServerFault,
    TooLarge,
    TooSlow,
    Unreachable,
    WrongShape,
)
from registry.effects.kolada.reading import Entry, SaidValue

IDS_A_CALL = 25
ATTEMPTS = 4
CONNECT_SECONDS, READ_SECONDS, ANSWER_SECONDS = 10.0, 30.0, 60.0
ALL_SECONDS = 300.0
LONGEST_WAIT = 60.0  # shorter than the silence after which a job is taken for dead
PAGES, REDIRECTS = 500, 3
ANSWER_BYTES, ALL_BYTES = 20_000_000, 60_000_000
_PORTS = {"http": 80, "https": 443}
log = structlog.get_logger("kolada")


class Client:
    """Asks one Kolada; a context, which closes its connections.

    :param base: ``https://api.kolada.se/v3``; links that lead out of it are refused.
    :param tell: called before each question and each wait: may raise, to end it all.
    """

    def __init__(
        self,
        base: str,
        *,
        tell: Callable[[], None] = lambda: None,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
        seconds: float = ALL_SECONDS,
        read_seconds: float = READ_SECONDS,
    ) -> None:
        self.base = base.rstrip("/")
        self._tell, self._clock, self._sleep = tell, clock, sleep
        self._until = clock() + seconds
        self._taken = 0
        self._http = httpx.Client(
            timeout=httpx.Timeout(read_seconds, connect=CONNECT_SECONDS),
            verify=ssl.create_default_context(),
            follow_redirects=False,
            headers={
                "Accept": "application/json",
                "User-Agent": "registry",
            },
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self._http.close()

    # what can be asked ----------------------------------------------------------------------

    def indicators(self, codes: Sequence[str]) -> list[Entry]:
        """Those of these key figures that Kolada knows.

        :raises NotThere: when it knows none of them.
        """
        found: list[Entry] = []
        for some in _batches(codes, IDS_A_CALL):
            try:
                found += self._entries(f"/kpi/{','.join(some)}", reading.INDICATOR)
            except NotThere:  # one unknown number must not hide the others
                for code in some if len(some) > 1 else ():
                    try:
                        found += self._entries(f"/kpi/{code}", reading.INDICATOR)
                    except NotThere:
                        continue
        if codes and not found:
            raise NotThere(",".join(codes))
        return found

    def areas(self) -> list[Entry]:
        """Every municipality, region and group of municipalities."""
        return self._entries("/municipality", reading.AREA) + self._entries(
            "/municipality_groups", reading.AREA
        )

    def values(self, indicators: Sequence[str], areas: Sequence[str]) -> list[SaidValue]:
        """All years of these key figures in these places, both sorts of code 25 at a time."""
        found: list[SaidValue] = []
        for some, where in product(_batches(indicators, IDS_A_CALL), _batches(areas, IDS_A_CALL)):
            path = f"/data/kpi/{','.join(some)}/municipality/{','.join(where)}"
            found += reading.values(self._items(path))
        return found

    def _entries(self, path: str, code: Any) -> list[Entry]:
        return reading.entries(self._items(path), code)

    # pages ----------------------------------------------------------------------------------

    def _items(self, path: str) -> list[dict[str, Any]]:
        """What all pages of an answer hold.

        :raises Incomplete: when it is less than they say.
        """
        pages = list(self._pages(self.base + path))
        items = [item for page in pages for item in page.items]
        counts = [page.count for page in pages if page.count is not None]
        each = all(page.count in (None, len(page.items)) for page in pages)
        if not each and set(counts) != {len(items)}:
            raise Incomplete(f"{path}: {len(items)} values of {counts}")
        return items

    def _pages(self, address: str) -> Iterator[reading.Page]:
        seen: set[str] = set()
        following: str | None = address
        while following is not None:
            if following in seen or len(seen) >= PAGES:
                raise WrongShape(f"pages without end: {following}")
            seen.add(following)
            page = reading.page(reading.parse(self._get(following)))
            yield page
            following = page.next and self._within(following, page.next)

    def _within(self, here: str, link: str) -> str:
        """The address of a link, if it stays with the Kolada that was asked.

        Behind its gateway Kolada may write ``http`` in its links: they are asked by ``https``.

        :raises Elsewhere: when it leads to another host, or out of the interface.
        """
        try:
            wanted, base = urlsplit(urljoin(here, link)), urlsplit(self.base)
            same = (
                wanted.hostname == base.hostname
                and wanted.scheme in _PORTS
                and not wanted.username
                and (
                    (wanted.port or _PORTS[wanted.scheme]) == (base.port or _PORTS[base.scheme])
                    or (wanted.port or 80, base.port or 443) == (80, 443)
                )
                and wanted.path.startswith(f"{base.path}/")
                and "/.." not in wanted.path
            )
        except ValueError as error:
            raise Elsewhere(link[:200]) from error
        if not same:
            raise Elsewhere(link[:200])
        return urlunsplit((base.scheme, base.netloc, wanted.path, wanted.query, ""))

    # one question ---------------------------------------------------------------------------

    def _get(self, address: str) -> bytes:
        """The answer to one question, asked again when Kolada is busy or the line is bad."""
        redirects = attempt = 0
        while True:
            attempt += 1
            wait = 0.0
            self._must_have_time()
            self._tell()
            try:
                status, headers, body = self._ask(address)
            except httpx.TimeoutException as error:
                problem: KoladaError = TooSlow(f"{address}: {error!r}")
            except httpx.HTTPError as error:
                problem = Unreachable(f"{address}: {error!r}")
            except httpx.InvalidURL as error:
                raise Declined(f"{address}: {error!r}") from error
            else:
                if status == httpx.codes.OK:
                    return body
                if headers.get("location") and httpx.codes.is_redirect(status):
                    redirects, attempt = redirects + 1, attempt - 1
                    address = self._within(address, headers["location"])
                    if redirects > REDIRECTS:
                        raise Declined(f"{address}: redirects without end")
                    continue
                problem = _refusal(status, address)
                wait = _retry_after(headers.get("retry-after", ""))
            if attempt >= ATTEMPTS:
                raise problem
            log.info("kolada", address=address, problem=str(problem), attempt=attempt)
            self._wait(wait or 2.0 ** (attempt - 1))

    def _ask(self, address: str) -> tuple[int, httpx.Headers, bytes]:
        started = self._clock()
        with self._http.stream("GET", address) as answer:
            body = bytearray()
            for part in answer.iter_bytes():
                body += part
                self._taken += len(part)
                if len(body) > ANSWER_BYTES or self._taken > ALL_BYTES:
                    raise TooLarge(address)
                if self._clock() - started > ANSWER_SECONDS:
                    raise TooSlow(address)
        return answer.status_code, answer.headers, bytes(body)

    def _wait(self, seconds: float) -> None:
        if self._clock() + seconds > self._until:
            raise TooSlow(f"would wait {seconds} s more")
        self._tell()
        self._sleep(seconds)

    def _must_have_time(self) -> None:
        if self._clock() > self._until:
            raise TooSlow("no time left")


def _batches(codes: Sequence[str], size: int) -> Iterator[Sequence[str]]:
    for start in range(0, len(codes), size):
        yield codes[start : start + size]


def _refusal(status: int, address: str) -> KoladaError:
    """:raises KoladaError: when asking again would not help."""
    if status == httpx.codes.TOO_MANY_REQUESTS:
        return Busy(address)
    if status >= httpx.codes.INTERNAL_SERVER_ERROR:
        return ServerFault(f"{address}: {status}")
    if status == httpx.codes.NOT_FOUND:
        raise NotThere(address)
    raise Declined(f"{address}: {status}")


def _retry_after(text: str) -> float:
    """Seconds to wait, of ``Retry-After`` as a number or a date; 0 when it says neither."""
    try:
        seconds = float(int(text))
    except ValueError:
        try:
            then = parsedate_to_datetime(text)
        except (TypeError, ValueError):
            return 0.0
        if then.tzinfo is None:
            then = then.replace(tzinfo=UTC)
        seconds = (then - datetime.now(UTC)).total_seconds()
    return min(max(seconds, 0.0), LONGEST_WAIT)
