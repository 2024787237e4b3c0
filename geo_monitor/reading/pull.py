"""Feeds that are fetched: pages over HTTP, kept byte for byte, then read as any file of the feed is.

What is promised: nothing lost, nothing doubled, wherever it breaks off.

- A page is on the disk before it is read, and noted (``pull/page/FEED``) before it is stored: if the machine stops in
  between, the next pull begins with that page.
- Where the next pull begins (``Cursor``) is written after the rows. What comes twice is known by its id; a record that
  looks as it looked when it last came is not read again, so that a row in quarantine is not kept anew with every page.
- Pages may shift while they are walked through (rows added, changed, put in another order). In a walk through a set
  that only changes its order every row that is missed stands for one that comes twice; so a walk in which one came
  twice, or fewer came than the server counts, is walked again, and where it does not come to rest the cursor stays.
"""

from __future__ import annotations

import json
import os
import random
import re
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote, quote_plus, urlencode, urlsplit

from geo_monitor.domain.clock import Clock
from geo_monitor.domain.place import Box
from geo_monitor.errors import ConfigError, FileError, Flaw, NotFoundError
from geo_monitor.reading.csv_rows import excerpt
from geo_monitor.reading.feeds import FeedReading
from geo_monitor.reading.fetch import Answer, Ask, PullError, fetch, resolve, tls_context
from geo_monitor.reading.json_pages import PageError, PageRecord, at_path, page_records, page_sheet, parse, records_of
from geo_monitor.reading.mappings import FeedMapping
from geo_monitor.reading.originals import keep_bytes
from geo_monitor.reading.pull_settings import UNIX, UNIX_MS, PullSettings, Said
from geo_monitor.services.dates import read_moment
from geo_monitor.services.ingest import ImportReport, import_incidents
from geo_monitor.services.ports import FeedPull, Store

#: How often a set that does not come to rest is walked through before the next pull has its turn.
WALKS = 5
FIRST_WAIT_S = 1.0
#: A server that wants to be left alone longer than this is left alone by ending the pull.
LONGEST_WAIT_S = 120.0
#: The beginning of a secret tells nothing worth knowing below so many characters.
SHORTEST_SHOWN = 5
_UNFINISHED = "pull/page/"


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where the next pull begins: at ``since`` less the overlap, or at ``token``; not before ``not_before``."""

    since: datetime | None = None
    token: str = ""
    not_before: datetime | None = None

    def text(self) -> str:
        said = {
            "since": self.since.isoformat() if self.since else "",
            "token": self.token,
            "not_before": self.not_before.isoformat() if self.not_before else "",
        }
        return json.dumps({k: v for k, v in said.items() if v}, ensure_ascii=False)

    @classmethod
    def of(cls, text: str) -> Cursor:
        said = json.loads(text or "{}")

        def moment(key: str) -> datetime | None:
            return datetime.fromisoformat(said[key]) if said.get(key) else None

        return cls(moment("since"), said.get("token", ""), moment("not_before"))


@dataclass(frozen=True, slots=True)
class PullReport:
    """``outcome``: done, partial, failed, or waiting (it is not yet time). ``rows`` were in the pages; ``unchanged`` of
    them looked as when they last came; the others were read as the counts say."""

    feed: str
    outcome: str
    pages: int = 0
    rows: int = 0
    unchanged: int = 0
    stored: int = 0
    already_known: int = 0
    quarantined: int = 0
    reasons: Mapping[str, int] = field(default_factory=dict)
    error: str = ""
    cursor: Cursor = field(default_factory=Cursor)

    def as_dict(self) -> dict[str, Any]:
        """The contract of ``feeds pull --format json``."""
        counts = ("pages", "rows", "unchanged", "stored", "already_known", "quarantined")
        return {
            "feed": self.feed,
            "outcome": self.outcome,
            **{name: getattr(self, name) for name in counts},
            "reasons": dict(self.reasons),
            "error": self.error,
            "next_since": self.cursor.since.isoformat() if self.cursor.since else None,
        }


@dataclass(frozen=True, slots=True)
class Page:
    """``path`` is where it is kept."""

    path: Path
    answer: Answer
    value: Any
    records: Sequence[PageRecord]


def pull_feed(
    store: Store,
    mapping: FeedMapping,
    *,
    workspace: Path,
    box: Box,
    key: bytes,
    clock: Clock,
    since: datetime | None = None,
    dry_run: bool = False,
    environ: Mapping[str, str] | None = None,
    sleep: Callable[[float], None] = time.sleep,
    unhurried: bool = False,
) -> PullReport:
    """Fetches what is new of a feed and stores it. ``since`` begins there instead of where the last pull ended.
    ``unhurried`` keeps to the ``every`` of the mapping. A dry run fetches and decides and leaves nothing behind.

    What goes wrong outside (the server, its answers, a missing secret) is in the report and in the store, not raised.
    Raises NotFoundError for a feed without a ``pull:`` section, StoreError if the database fails.
    """
    if mapping.pull is None:
        raise NotFoundError("pull section of the feed", mapping.feed)
    with store.reading() as records:
        history = records.pull_histories().get(mapping.feed)
    cursor = Cursor.of(history.newest.cursor if history else "")
    good = history.newest_good.at if history and history.newest_good else None
    began = clock.now().astimezone(UTC)
    early = cursor.not_before is not None and began < cursor.not_before
    if early or (unhurried and good is not None and began < good + mapping.pull.every):
        return PullReport(mapping.feed, "waiting", cursor=cursor)
    with ExitStack() as stack:
        home = Path(stack.enter_context(tempfile.TemporaryDirectory())) if dry_run else workspace
        pull = _Pull(store, mapping, mapping.pull, home, box, key, began, cursor, since, dry_run, sleep)
        outcome, error = "failed", ""
        try:
            pull.prepare(workspace, os.environ if environ is None else environ)
            outcome, error = pull.run()
        except PullError as e:
            error = str(e)
            if e.retry_after_s is not None:
                pull.not_before = clock.now().astimezone(UTC) + timedelta(seconds=e.retry_after_s)
        except ConfigError as e:
            error = str(e)
        report = pull.report(outcome, error)
    if not dry_run:
        with store.writing() as records:
            if report.outcome == "done":
                records.forget_pulled_records(mapping.feed, began)
            records.add_pull(
                FeedPull(
                    mapping.feed,
                    clock.now(),
                    report.outcome,
                    report.cursor.text(),
                    report.error,
                    report.pages,
                    report.rows,
                    report.stored,
                )
            )
    return report


class _Pull:
    """One pull: what it asks, what it has seen so far, what it has counted."""

    def __init__(
        self,
        store: Store,
        mapping: FeedMapping,
        settings: PullSettings,
        home: Path,
        box: Box,
        key: bytes,
        began: datetime,
        cursor: Cursor,
        since: datetime | None,
        dry_run: bool,
        sleep: Callable[[float], None],
    ) -> None:
        self.store, self.mapping, self.settings, self.home = store, mapping, settings, home
        self.box, self.key, self.began, self.dry_run, self.sleep = box, key, began, dry_run, sleep
        span = settings.since
        self.start = since or (cursor.since - span.overlap if cursor.since else began - span.first)
        self.mark = cursor.since
        # What lies between the mark and a later beginning that somebody called for has not come in.
        self.may_move = since is None or cursor.since is None or since <= cursor.since
        self.token = "" if since else cursor.token
        self.not_before: datetime | None = None
        self.until = began
        self.high: datetime | None = None
        self.server_clock: datetime | None = None
        self.pages = self.rows = self.unchanged = 0
        self.heard = False
        self.total = ImportReport(0, 0, 0, 0)
        self.secrets: list[str] = []

    # ---- what is sent

    def prepare(self, workspace: Path, environ: Mapping[str, str]) -> None:
        """Reads the secrets. Raises ConfigError with every one that is missing, by name."""
        flaws: list[Flaw] = []

        def plain(said: Said, name: str) -> str:
            if not (said.environment or said.file):
                return said.text
            secret = environ.get(said.environment, "").strip() if said.environment else ""
            if said.file:
                path = workspace / said.file
                secret = path.read_text(encoding="utf-8").strip() if path.is_file() else ""
            where = f"the variable {said.environment}" if said.environment else f"the file {said.file}"
            if not secret or not secret.isprintable():
                expected = f"a secret in {where}, in one line"
                flaws.append(Flaw("no_secret", expected, file=self.mapping.file, field=f"pull.{name}"))
                return ""
            self.secrets.append(secret)
            # A brace in a secret is no placeholder of ours.
            return said.before + secret.replace("{", "\x00")

        s = self.settings
        self.headers = {n: plain(v, f"headers.{n}").replace("\x00", "{") for n, v in s.headers.items()}
        self.headers = {"Accept": "application/json", "User-Agent": "geo-monitor", **self.headers}
        self.query = {n: plain(v, f"query.{n}") for n, v in s.query.items()}
        self.body = {n: plain(v, f"body.{n}") for n, v in s.body.items()}
        ca_file = workspace / s.ca_file if s.ca_file else None
        if ca_file is not None and not ca_file.is_file():
            flaws.append(Flaw("no_such_file", "a file of certificates", file=str(ca_file), field="pull.ca_file"))
        if flaws:
            raise ConfigError(flaws)
        try:
            self.context = tls_context(str(ca_file or "")) if urlsplit(s.url).scheme == "https" else None
        except OSError as e:
            raise ConfigError(Flaw("not_certificates", f"certificates in PEM ({e})", file=str(ca_file))) from e

    def ask(self, **places: str | int) -> Ask:
        """The request with its placeholders filled; a parameter whose placeholder has nothing to say is left out."""
        span = self.settings.since
        given: dict[str, str | int] = {
            "since": span.written(self.start),
            "until": span.written(self.until),
            "size": self.settings.page_size,
            **places,
        }

        def filled(text: str) -> str:
            said = re.sub(r"\{(\w+)\}", lambda m: str(given.get(m[1], "")), text)
            return said.replace("\x00", "{")

        query = {n: filled(t) for n, t in self.query.items() if not (t == "{cursor}" and not given.get("cursor"))}
        url = self.settings.url + (f"?{urlencode(query)}" if query else "")
        if not self.body:
            return Ask(url, self.settings.method, self.headers)
        numbers = ("{page}", "{offset}", "{size}")
        body = {n: int(filled(t)) if t in numbers else filled(t) for n, t in self.body.items()}
        headers = {"Content-Type": "application/json; charset=utf-8", **self.headers}
        return Ask(url, self.settings.method, headers, json.dumps(body, ensure_ascii=False).encode())

    # ---- one page

    def page(self, ask: Ask) -> Page:
        """Fetched, kept, then parsed; again after a passing trouble, each time after a longer wait."""
        if self.pages >= self.settings.max_pages:
            raise PullError(f"more than max_pages ({self.settings.max_pages:,}) pages; the cursor stays where it is")
        if self.pages and self.settings.pause_s:
            self.sleep(self.settings.pause_s)
        tries = self.settings.retries + 1
        for attempt in range(tries):
            try:
                return self._fetched(ask)
            except PageError as e:
                error = PullError(str(e), passing=True)
            except PullError as e:
                if not e.passing:
                    raise
                error = e
            usual = FIRST_WAIT_S * 2**attempt * random.uniform(0.75, 1.25)
            wait = usual if error.retry_after_s is None else error.retry_after_s
            if attempt + 1 == tries or wait > LONGEST_WAIT_S:
                raise PullError(f"{error} (tried {attempt + 1} times)", retry_after_s=error.retry_after_s) from error
            self.sleep(wait)
        raise AssertionError("the last try returns or raises")

    def _fetched(self, ask: Ask) -> Page:
        answer = fetch(ask, timeout_s=self.settings.timeout_s, context=self.context)
        self.server_clock = self.server_clock or answer.date
        path = keep_bytes(self.home, self.mapping.feed, answer.content, ".json").path
        value = parse(answer.content, path.name)
        for where, allowed in self.settings.accept.items():
            said, _ = at_path(value, where)
            if str(said) not in allowed:
                shown = excerpt(str(said))
                raise PageError(Flaw("not_accepted", " or ".join(allowed), file=path.name, field=where, value=shown))
        records = page_records(records_of(value, self.settings.records, path.name), self.mapping.id)
        self.pages += 1
        return Page(path, answer, value, records)

    def take_in(self, page: Page) -> None:
        """Stores what of a page did not look the same when it last came."""
        feed, seen = self.mapping.feed, {r.key: r.digest for r in page.records}
        with self.store.reading() as records:
            known = records.pulled_records(feed, sorted(seen))
        same = {r.number for r in page.records if known.get(r.key) == r.digest}
        self.rows += len(page.records)
        self.unchanged += len(same)
        self._look_at_moments(page.records)
        if len(same) < len(page.records) or not self.heard:
            self._note_unfinished(page.path)
            report = self._import(page.path, same)
            self.total = _sum(self.total, report)
        self._note_finished(seen)
        self.heard = True

    def _import(self, path: Path, passed_over: set[int]) -> ImportReport:
        reading = FeedReading(path, self.mapping, self.box, self.key)
        reading.sheets = [page_sheet(path, self.settings.records, self.mapping.columns, passed_over)]
        return import_incidents(
            self.store,
            self.mapping.feed,
            reading.file,
            reading.file_hash,
            reading,
            reading.reporters.values(),
            self.began,
            dry_run=self.dry_run,
            raw_of=reading.raw_of,
        )

    def _note_unfinished(self, path: Path) -> None:
        if not self.dry_run:
            with self.store.writing() as records:
                records.put_fact(f"{_UNFINISHED}{self.mapping.feed}", path.relative_to(self.home).as_posix())

    def _note_finished(self, seen: Mapping[str, str]) -> None:
        if not self.dry_run:
            with self.store.writing() as records:
                if records.fact(f"{_UNFINISHED}{self.mapping.feed}"):
                    records.put_fact(f"{_UNFINISHED}{self.mapping.feed}", "")
                records.put_pulled_records(self.mapping.feed, seen, self.began)

    def finish_interrupted(self) -> None:
        """The page at which an earlier pull stopped, from the disk: the same bytes give the same rows."""
        with self.store.reading() as records:
            said = records.fact(f"{_UNFINISHED}{self.mapping.feed}")
        path = self.home / said if said else None
        if path is None or self.dry_run:
            return
        seen: dict[str, str] = {}
        # If the mapping was changed since and cannot read it, its rows come again: the cursor was not moved.
        with suppress(OSError, FileError):
            value = parse(path.read_bytes(), path.name)
            found = page_records(records_of(value, self.settings.records, path.name), self.mapping.id)
            with self.store.reading() as records:
                known = records.pulled_records(self.mapping.feed, sorted({r.key for r in found}))
            same = {r.number for r in found if known.get(r.key) == r.digest}
            self.total = _sum(self.total, self._import(path, same))
            seen = {r.key: r.digest for r in found}
            self.heard = True
        self._note_finished(seen)

    def _look_at_moments(self, records: Sequence[PageRecord]) -> None:
        span = self.settings.since
        for record in records if span.field else ():
            moment = _moment(record.values.get(span.field, ""), span.format, span.zone)
            # A record from the future must not make the next pull begin there.
            if moment is not None and moment <= self.began and (self.high is None or moment > self.high):
                self.high = moment

    # ---- all pages

    def run(self) -> tuple[str, str]:
        """Outcome and what is to be told of it."""
        self.finish_interrupted()
        kind = self.settings.paging.kind
        if kind == "split":
            self._spans()
            return "done", ""
        if self.settings.paging.keep:
            for _ in self._walk():
                pass
            return "done", ""
        ever: set[str] = set()
        walked: list[str]
        before: list[str] | None
        announced, before = 0, None
        for _ in range(1 if kind == "none" else WALKS):
            walked, places, announced = [], 0, 0
            for page in self._walk():
                keys = {r.key for r in page.records}
                ever |= keys
                places += len(keys)
                walked += sorted(keys)
                announced = max(announced, self._announced(page) or 0)
            # As many as there were places for: nobody was missed, even where one stood in two of them. A server that
            # gives some twice by itself gives them so each time.
            at_rest, before = walked == before, walked
            if len(ever) >= announced and (len(ever) >= places or at_rest):
                if self.may_move:
                    self._move_mark()
                return "done", ""
        if len(ever) < announced:
            return "partial", f"the server counts {announced} records, {len(ever)} came; the cursor stays where it is"
        return "partial", f"records kept moving between pages in {WALKS} walks; the cursor stays where it is"

    def _announced(self, page: Page) -> int | None:
        said, there = at_path(page.value, self.settings.total) if self.settings.total else (None, False)
        return int(said) if there and isinstance(said, str) and said.isdigit() else None

    def _move_mark(self) -> None:
        moved = self.high if self.settings.since.field else min(self.began, self.server_clock or self.began)
        if moved is not None:
            self.mark = max(self.mark, moved) if self.mark else moved

    def _walk(self) -> Iterator[Page]:
        """The pages of the feed once from the first to the last, each taken in before the next is asked for."""
        yield from {
            "page": self._by_number,
            "offset": self._by_number,
            "next": self._by_link,
            "cursor": self._by_cursor,
            "none": self._single,
        }[self.settings.paging.kind]()

    def _taken(self, ask: Ask) -> Page:
        page = self.page(ask)
        self.take_in(page)
        return page

    def _single(self) -> Iterator[Page]:
        yield self._taken(self.ask())

    def _by_number(self) -> Iterator[Page]:
        """To the first empty page: a page that is not full may be one of a server that gives less than is asked. A
        server that answers beyond its end with its last page, over and over, is known by that; once the same page may
        as well be one that new rows have pushed back."""
        number, offset, seen = self.settings.paging.first, 0, set[str]()
        before: list[str] | None = None
        held: list[Page] = []
        while True:
            page = self._taken(self.ask(page=number, offset=offset))
            keys = [r.key for r in page.records]
            number, offset = number + 1, offset + len(keys)
            if keys and keys == before:
                held.append(page)
                if len(held) == 2:
                    return
                continue
            yield from (*held, page)
            held, before = [], keys
            seen |= set(keys)
            announced = self._announced(page)
            if not keys or (announced is not None and len(seen) >= announced):
                return

    def _by_link(self) -> Iterator[Page]:
        ask, asked = self.ask(), set[str]()
        while True:
            asked.add(ask.url)
            page = self._taken(ask)
            yield page
            link = self._next_link(page)
            if not link:
                return
            url = resolve(ask.url, link)
            if url in asked:
                raise PullError("the link to the next page leads back to one that was read")
            ask = Ask(url, "GET", self.headers)

    def _next_link(self, page: Page) -> str:
        if self.settings.paging.path:
            said, _ = at_path(page.value, self.settings.paging.path)
            return said if isinstance(said, str) else ""
        m = re.search(r"<([^>]*)>\s*;[^,]*\brel\s*=\s*\"?next\"?", page.answer.link)
        return m[1] if m else ""

    def _by_cursor(self) -> Iterator[Page]:
        """Each cursor is kept once its page is stored, so that what comes next goes on from there."""
        keep = self.settings.paging.keep
        token = self.token if keep else ""
        asked: set[str] = set()
        while True:
            asked.add(token)
            page = self._taken(self.ask(cursor=token))
            yield page
            said, _ = at_path(page.value, self.settings.paging.path)
            after = said if isinstance(said, str) else ""
            if keep and after:
                self.token = after
            if not after or after == token or (keep and not page.records):
                return
            if after in asked:
                raise PullError("the next cursor leads back to a page that was read")
            token = after

    def _spans(self) -> None:
        """Spans of time instead of pages, from the oldest on; one that brings as many records as a server gives at most
        may have more, and is asked in halves. The mark follows each span that is whole."""
        s = self.settings.since
        spans, at = [], self.start
        while at < self.began:
            to = min(at + s.widest, self.began) if s.widest else self.began
            spans.append((at, to))
            at = to
        spans.reverse()
        while spans:
            self.start, self.until = spans.pop()
            page = self._taken(self.ask())
            if len(page.records) >= self.settings.page_size:
                middle = self.start + (self.until - self.start) / 2
                if s.written(middle) in (s.written(self.start), s.written(self.until)):
                    raise PullError(
                        f"{len(page.records)} records or more from {s.written(self.start)} to {s.written(self.until)}; "
                        "a smaller span cannot be asked: raise page_size, or page in another way"
                    )
                spans += [(middle, self.until), (self.start, middle)]
                continue
            if self.may_move:
                done = min(self.until, self.server_clock or self.until)
                self.mark = max(self.mark, done) if self.mark else done

    # ---- the end

    def report(self, outcome: str, error: str) -> PullReport:
        error = without_secrets(error, self.secrets)
        t = self.total
        return PullReport(
            feed=self.mapping.feed,
            outcome=outcome,
            pages=self.pages,
            rows=self.rows,
            unchanged=self.unchanged,
            stored=t.stored,
            already_known=t.already_known,
            quarantined=t.quarantined,
            reasons=dict(t.reasons),
            error=error[:1000],
            cursor=Cursor(self.mark, self.token, self.not_before),
        )


def without_secrets(text: str, secrets: Sequence[str]) -> str:
    """The text with ``***`` in the place of each secret, also as an address writes it, and of the beginning of one:
    what a server says of itself is shown up to some length, and that may end within the secret that it repeats."""
    for secret in secrets:
        for said in (secret, quote(secret, safe=""), quote_plus(secret)):
            for length in range(len(said), min(len(said), SHORTEST_SHOWN) - 1, -1):
                text = text.replace(said[:length], "***")
    return text


def _sum(a: ImportReport, b: ImportReport) -> ImportReport:
    return replace(
        a,
        read=a.read + b.read,
        stored=a.stored + b.stored,
        already_known=a.already_known + b.already_known,
        quarantined=a.quarantined + b.quarantined,
        reasons=Counter(a.reasons) + Counter(b.reasons),
    )


def _moment(said: str, form: str, zone: Any) -> datetime | None:
    """A moment as the server writes it; None for what is none."""
    try:
        if form in (UNIX, UNIX_MS):
            return datetime.fromtimestamp(float(said) / (1000.0 if form == UNIX_MS else 1.0), UTC)
        return read_moment(said, zone, "" if form == "iso" else form)[0] if said else None
    except (ValueError, OverflowError, OSError):
        return None
