"""One answer of a server over HTTP, within limits: bytes, time, and the one host that was configured.

No proxy of the environment is used, and no address of another host is followed, whoever names it: a server that is told
to answer with the address of an inner service must not make this house ask there. Certificates are always verified.
"""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http.client import HTTPException
from urllib.parse import SplitResult, urljoin, urlsplit

from geo_monitor.errors import FaultError
from geo_monitor.reading.csv_rows import excerpt
from geo_monitor.reading.json_pages import MAX_PAGE

#: A whole answer may take this many times the silence that is waited for: a server that sends a byte now and then
#: would otherwise never end.
WHOLE = 10
REDIRECTS = 3
#: Passing troubles by their number; all others need a person.
PASSING = frozenset({408, 425, 429, 500, 502, 503, 504})
_CHUNK = 2**16


class PullError(FaultError):
    """``passing``: worth another try. ``retry_after_s``: the server asked to be left alone that long."""

    def __init__(self, message: str, *, passing: bool = False, retry_after_s: float | None = None) -> None:
        self.passing, self.retry_after_s = passing, retry_after_s
        super().__init__(message)


@dataclass(frozen=True, slots=True)
class Ask:
    url: str
    method: str = "GET"
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """``date`` is the server's own clock (None: it did not say), ``link`` its Link header."""

    content: bytes
    date: datetime | None
    link: str


def tls_context(ca_file: str = "") -> ssl.SSLContext:
    """What the machine trusts, and the certificates of ``ca_file``."""
    context = ssl.create_default_context()
    if ca_file:
        context.load_verify_locations(ca_file)
    return context


def same_host(url: str, other: str) -> bool:
    return _door(urlsplit(url)) == _door(urlsplit(other))


def _door(url: SplitResult) -> tuple[str, str, int]:
    return url.scheme, url.hostname or "", url.port or (443 if url.scheme == "https" else 80)


def resolve(url: str, link: str) -> str:
    """A link of an answer as an address of the same host. Raises PullError for any other."""
    try:
        found = urljoin(url, link)
        allowed = same_host(url, found) and not urlsplit(found).username
    except ValueError:
        allowed = False
    if not allowed:
        shown = excerpt(link.partition("?")[0])
        raise PullError(f"the answer leads to another host ({shown}); only {urlsplit(url).hostname} is asked")
    return found.partition("#")[0]


def fetch(ask: Ask, *, timeout_s: float, context: ssl.SSLContext | None = None, most: int = MAX_PAGE) -> Answer:
    """The body of a 200. Raises PullError for anything else; its message holds nothing that was sent with it."""
    for _ in range(REDIRECTS + 1):
        answer, onward = _once(ask, timeout_s, context, most)
        if answer is not None:
            return answer
        if ask.method != "GET":
            raise PullError(f"{_shown(ask.url)}: the server leads elsewhere, which only a GET may follow")
        ask = Ask(resolve(ask.url, onward), ask.method, ask.headers)
    raise PullError(f"{_shown(ask.url)}: led on more than {REDIRECTS} times")


def _once(ask: Ask, timeout_s: float, context: ssl.SSLContext | None, most: int) -> tuple[Answer | None, str]:
    from urllib3.connection import HTTPConnection, HTTPSConnection
    from urllib3.exceptions import HTTPError

    url = urlsplit(ask.url)
    scheme, host, port = _door(url)
    path = (url.path or "/") + (f"?{url.query}" if url.query else "")
    secure = scheme == "https"
    connection = (
        HTTPSConnection(host, port, timeout=timeout_s, ssl_context=context or tls_context())
        if secure
        else HTTPConnection(host, port, timeout=timeout_s)
    )
    over = threading.Event()
    watch: threading.Timer | None = None
    try:
        connection.connect()
        watch = threading.Timer(timeout_s * WHOLE, _cut, (connection.sock, over))
        watch.daemon = True
        watch.start()
        connection.request(ask.method, path, body=ask.body, headers=dict(ask.headers), preload_content=False)
        response = connection.getresponse()
        if response.status in (301, 302, 303, 307, 308):
            return None, response.headers.get("Location", "")
        content = bytearray()
        while chunk := response.read1(_CHUNK):
            content += chunk
            if len(content) > most:
                raise PullError(f"{_shown(ask.url)}: an answer of more than {most:,} bytes; ask for smaller pages")
        if over.is_set():
            raise TimeoutError
    except (HTTPError, HTTPException, OSError) as e:
        raise _trouble(ask.url, e, over.is_set(), timeout_s) from e
    except ValueError as e:
        raise PullError(f"{_shown(ask.url)}: cannot be asked ({type(e).__name__})") from e
    finally:
        if watch is not None:
            watch.cancel()
        connection.close()
    if response.status != 200:
        said = excerpt(bytes(content[:400]).decode("utf-8", "replace"))
        raise PullError(
            f"{_shown(ask.url)}: the server answers {response.status}" + (f" ({said})" if said else ""),
            passing=response.status in PASSING,
            retry_after_s=_retry_after(response.headers.get("Retry-After", "")),
        )
    return Answer(bytes(content), _date(response.headers.get("Date", "")), response.headers.get("Link", "")), ""


def _cut(sock: socket.socket, over: threading.Event) -> None:
    over.set()
    with suppress(OSError):
        sock.shutdown(socket.SHUT_RDWR)


def _trouble(url: str, error: Exception, cut: bool, timeout_s: float) -> PullError:
    causes: list[BaseException] = [error]
    while causes[-1].__cause__ or causes[-1].__context__:
        causes.append(causes[-1].__cause__ or causes[-1].__context__)  # type: ignore[arg-type]
    if any(isinstance(c, ssl.SSLCertVerificationError) for c in causes):
        return PullError(f"{_shown(url)}: its certificate cannot be trusted; name its issuer in ca_file")
    if cut:
        return PullError(f"{_shown(url)}: not at its end after {timeout_s * WHOLE:g} s", passing=True)
    if isinstance(error, TimeoutError):
        return PullError(f"{_shown(url)}: silent for {timeout_s:g} s", passing=True)
    return PullError(f"{_shown(url)}: the connection broke ({type(error).__name__})", passing=True)


def _shown(url: str) -> str:
    """An address without what may be secret in it."""
    at = urlsplit(url)
    return f"{at.scheme}://{at.hostname}{f':{at.port}' if at.port else ''}{at.path}"


def _date(said: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(said)
    except (ValueError, TypeError):
        return None
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)


def _retry_after(said: str) -> float | None:
    """Seconds, from a number of them or a moment."""
    if said.strip().isdigit():
        return float(said.strip()[:9])
    moment = _date(said) if said else None
    return None if moment is None else max(0.0, (moment - datetime.now(UTC)).total_seconds())
