"""How a feed is pulled over HTTP, said under ``pull:`` in its mapping.

::

    pull:
      url: https://hotline.example/api/orders
      method: GET                          # or POST; then body: is sent as JSON
      headers:
        X-Api-Key: {environment: HOTLINE_API_KEY}          # never the secret itself: the variable that holds it,
        Authorization: {file: files/hotline.token, before: "Bearer "}     # or a file of the workspace
      query: {from: "{since}", to: "{until}", page: "{page}", size: "{size}"}   # also {offset} and {cursor}
      records: data.list                   # where the list of records stands; left out: the answer is the list
      total: data.total                    # where the answer says how many there are in all (left out: it does not)
      accept: {code: ["0", "200"]}         # what an answer that is no error says of itself
      paging: {kind: page, first: 1}       # page | offset | next | cursor | split | none
      # {kind: next, link: paging.next}    the answer names the address of the next page (left out: its Link header)
      # {kind: cursor, field: next, keep: true}   the answer names the next cursor; keep: the next pull goes on from it
      # {kind: split}                      no pages: a span of time with page_size records or more is asked in halves
      page_size: 100
      max_pages: 1000
      since: {field: updated_at, format: "%Y-%m-%d %H:%M:%S", time_zone: Asia/Shanghai, first: 30 d, overlap: 1 h}
      # field: of a record, the next pull begins at its greatest value; left out: at the moment of the pull
      # format: iso (default) | unix | unix_ms | of strftime;  widest: 90 d   the longest span that may be asked
      every: 1 h                           # not oftener than this; left out: at each run of the job
      timeout: 30 s                        # of a silence; a whole page may take ten times as long
      pause: 0 s                           # between two pages
      retries: 4                           # after 429, 5xx, a timeout, half an answer
      ca_file: files/ca.pem                # certificates trusted besides those of the machine
      plain_http: true                     # without this only https is asked (and this machine itself)

``kind: open311`` fills in what a GeoReport v2 server asks; then ``url`` (its base) and ``columns.category`` suffice.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from geo_monitor.reading.lined import Part

KINDS = ("page", "offset", "next", "cursor", "split", "none")
METHODS = ("GET", "POST")
OPEN311 = "open311"
PLACEHOLDERS = ("since", "until", "page", "offset", "size", "cursor")
ISO, UNIX, UNIX_MS = "iso", "unix", "unix_ms"

PULL_KEYS = (
    "kind",
    "url",
    "method",
    "headers",
    "query",
    "body",
    "records",
    "total",
    "accept",
    "paging",
    "page_size",
    "max_pages",
    "since",
    "every",
    "timeout",
    "pause",
    "retries",
    "ca_file",
    "plain_http",
)


@dataclass(frozen=True, slots=True)
class Said:
    """A value that is sent: ``text`` as it stands, or ``before`` and then the secret which the environment holds under
    ``environment``, or the workspace in ``file``."""

    text: str = ""
    environment: str = ""
    file: str = ""
    before: str = ""


@dataclass(frozen=True, slots=True)
class Paging:
    """``first`` is the number of the first page, ``path`` where in the answer the link or the next cursor stands."""

    kind: str = "none"
    first: int = 1
    path: str = ""
    keep: bool = False


@dataclass(frozen=True, slots=True)
class Since:
    field: str = ""
    format: str = ISO
    time_zone: str = "Asia/Shanghai"
    first: timedelta = timedelta(days=30)
    overlap: timedelta = timedelta(hours=1)
    widest: timedelta | None = None

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)

    def written(self, moment: datetime) -> str:
        """The moment as the server wants it."""
        if self.format == UNIX:
            return str(int(moment.timestamp()))
        if self.format == UNIX_MS:
            return str(int(moment.timestamp() * 1000))
        local = moment.astimezone(self.zone)
        return local.isoformat(timespec="seconds") if self.format == ISO else local.strftime(self.format)


@dataclass(frozen=True, slots=True)
class PullSettings:
    url: str
    method: str = "GET"
    headers: Mapping[str, Said] = field(default_factory=dict)
    query: Mapping[str, Said] = field(default_factory=dict)
    body: Mapping[str, Said] = field(default_factory=dict)
    records: str = ""
    total: str = ""
    accept: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    paging: Paging = field(default_factory=Paging)
    page_size: int = 100
    max_pages: int = 1000
    since: Since = field(default_factory=Since)
    every: timedelta = timedelta()
    timeout_s: float = 30.0
    pause_s: float = 0.0
    retries: int = 4
    ca_file: str = ""


def is_open311(part: Part | None) -> bool:
    """Whether a ``pull:`` section asks for the preset."""
    return part is not None and part.is_table and part.text("kind") == OPEN311


#: What GeoReport v2 calls its columns: a mapping of a server of that kind may leave these out.
OPEN311_COLUMNS = {"occurred": "requested_datetime", "lon": "long", "lat": "lat"}
OPEN311_TEXT = ("service_name", "description", "address")
OPEN311_ID = ("service_request_id",)


def read_pull(part: Part | None, time_zone: str) -> PullSettings | None:
    """The ``pull:`` section of a mapping whose times are of ``time_zone``; faults are noted with it."""
    if part is None:
        return None
    part.only(PULL_KEYS)
    kind = part.get("kind")
    if kind is not None:
        kind.as_choice((OPEN311,))
    preset = is_open311(part)
    url = _url(part)
    query = _sent(part, "query")
    paging = _paging(part, preset)
    since = _since(part, time_zone, preset)
    if preset:
        url = f"{url.rstrip('/')}/requests.json" if url and not url.endswith(".json") else url
        query = {"start_date": Said("{since}"), "end_date": Said("{until}"), **query}
    body = _sent(part, "body")
    method = part.text("method", "POST" if body else "GET").upper()
    if method not in METHODS:
        part.flaw("unknown_word", f"one of {', '.join(METHODS)}", key="method")
    if body and method == "GET":
        part.flaw("not_with_get", "method: POST, a GET has no body", key="body", value="")
    settings = PullSettings(
        url=url,
        method=method,
        headers=_sent(part, "headers"),
        query=query,
        body=body,
        records=part.text("records"),
        total=part.text("total"),
        accept=_accept(part),
        paging=paging,
        page_size=_whole(part, "page_size", 1000 if preset else 100, 1, 100_000),
        max_pages=_whole(part, "max_pages", 1000, 1, 100_000),
        since=since,
        every=_span(part, "every", timedelta()),
        timeout_s=_span(part, "timeout", timedelta(seconds=30)).total_seconds(),
        pause_s=_span(part, "pause", timedelta()).total_seconds(),
        retries=_whole(part, "retries", 4, 0, 20),
        ca_file=_inside(part, "ca_file"),
    )
    _check_placeholders(part, settings, {*query, *body})
    return settings


def _url(part: Part) -> str:
    said = part.text("url", required=True)
    try:
        url = urlsplit(said)
        host, _ = url.hostname or "", url.port
    except ValueError:
        host, url = "", urlsplit("")
    if said and (url.scheme not in ("http", "https") or not host or url.username or url.query or url.fragment):
        shown = f"{url.scheme}://{host}" if url.username or url.query else said
        part.flaw("not_a_url", "https://HOST/PATH; names and secrets go under headers or query", key="url", value=shown)
        return ""
    if url.scheme == "http" and not part.flag("plain_http") and not is_this_machine(host):
        part.flaw("not_encrypted", "https, or plain_http: true where the network itself is closed", key="url")
    return said


def is_this_machine(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _sent(part: Part, key: str) -> dict[str, Said]:
    inner = part.get(key)
    found = {}
    for name, value in (inner.parts() if inner else {}).items():
        if not value.is_table:
            found[name] = Said(value.as_text())
            continue
        value.only(("environment", "file", "before"))
        said = Said("", value.text("environment"), _inside(value, "file"), value.text("before"))
        if said.before:
            # as_text strips; "Bearer " is meant with its space.
            before = value.get("before")
            said = Said("", said.environment, said.file, str(before.node.value) if before else "")
        if bool(said.environment) == bool(said.file):
            value.flaw("no_secret", "environment: NAME of a variable, or file: PATH in the workspace", value="")
        found[name] = said
    return found


def _inside(part: Part, key: str) -> str:
    said = part.text(key)
    if said and (Path(said).is_absolute() or ".." in Path(said).parts):
        part.flaw("not_relative", "a file of the workspace, such as files/hotline.token", key=key, value=said)
        return ""
    return said


def _accept(part: Part) -> dict[str, tuple[str, ...]]:
    inner = part.get("accept")
    return {path: value.as_texts() for path, value in (inner.parts() if inner else {}).items()}


def _paging(part: Part, preset: bool) -> Paging:
    inner = part.get("paging")
    if inner is None:
        return Paging("split" if preset else "none")
    if not inner.is_table:
        return Paging(inner.as_choice(KINDS))
    inner.only(("kind", "first", "link", "field", "keep"))
    kind = inner.get("kind")
    if kind is None:
        inner.flaw("missing_key", f"one of {', '.join(KINDS)}", key="kind", value="")
        return Paging()
    said = kind.as_choice(KINDS)
    if said == "cursor" and not inner.text("field"):
        inner.flaw("missing_key", "where in the answer the next cursor stands", key="field", value="")
    keep = inner.flag("keep")
    if keep and said != "cursor":
        inner.flaw("not_with_this_kind", "kind: cursor, only a cursor can be kept", key="keep")
    path = inner.text("link") if said == "next" else inner.text("field")
    return Paging(said, _whole(inner, "first", 1, 0, 1), path, keep)


def _since(part: Part, time_zone: str, preset: bool) -> Since:
    usual = Since(overlap=timedelta(days=3), widest=timedelta(days=90)) if preset else Since()
    inner = part.get("since")
    if inner is None:
        return Since(usual.field, ISO, time_zone, usual.first, usual.overlap, usual.widest)
    inner.only(("field", "format", "time_zone", "first", "overlap", "widest"))
    zone = inner.text("time_zone", time_zone)
    try:
        ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError):
        inner.flaw("unknown_time_zone", "a zone like Asia/Shanghai", key="time_zone", value=zone)
        zone = "Asia/Shanghai"
    form = inner.text("format", ISO)
    if form not in (ISO, UNIX, UNIX_MS) and "%" not in form:
        inner.flaw("not_a_format", 'iso, unix, unix_ms, or a form like "%Y-%m-%d %H:%M:%S"', key="format", value=form)
    widest = _span(inner, "widest", usual.widest or timedelta())
    return Since(
        field=inner.text("field"),
        format=form,
        time_zone=zone,
        first=_span(inner, "first", usual.first),
        overlap=_span(inner, "overlap", usual.overlap),
        widest=widest or None,
    )


def _check_placeholders(part: Part, settings: PullSettings, names: set[str]) -> None:
    """Each kind of paging needs its own place in what is sent; without it every page would be the first one."""
    said = " ".join(v.text for v in (*settings.query.values(), *settings.body.values()))
    used = set(re.findall(r"\{(\w+)\}", said))
    unknown = sorted(used - set(PLACEHOLDERS))
    for word in unknown:
        part.flaw("unknown_placeholder", f"one of {{{'}, {'.join(PLACEHOLDERS)}}}", key="query", value=f"{{{word}}}")
    needed: Sequence[str] = {
        "page": ("page",),
        "offset": ("offset",),
        "cursor": ("cursor",),
        "split": ("since", "until"),
    }.get(settings.paging.kind, ())
    for word in needed:
        if word not in used:
            expected = f"{{{word}}} in query or body, paging by {settings.paging.kind} needs it"
            part.flaw("missing_placeholder", expected, key="query", value="")


_UNITS = {"s": 1, "min": 60, "h": 3600, "d": 86400}


def _span(part: Part, key: str, usual: timedelta) -> timedelta:
    said = part.text(key)
    if not said:
        return usual
    m = re.fullmatch(r"([0-9]+(?:\.[0-9]+)?)\s*(s|min|h|d)", said)
    if m is None or float(m[1]) * _UNITS[m[2]] > 3650 * 86400:
        part.flaw("not_a_span", "a span of time like 30 s, 15 min, 12 h or 7 d", key=key, value=said)
        return usual
    return timedelta(seconds=float(m[1]) * _UNITS[m[2]])


def _whole(part: Part, key: str, usual: int, low: int, high: int) -> int:
    said = part.text(key)
    if not said:
        return usual
    if not re.fullmatch(r"[0-9]{1,9}", said) or not low <= int(said) <= high:
        part.flaw("not_a_number", f"a whole number, {low:,} to {high:,}", key=key, value=said)
        return usual
    return int(said)
