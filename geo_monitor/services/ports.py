"""What the services need from the outside, as protocols. ``wiring`` chooses who fulfils them; the fakes of the
tests and the real ones pass the same contract tests."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from geo_monitor.domain.batch import IncidentBatch
from geo_monitor.domain.duty import Posting
from geo_monitor.domain.exemption import Exemption
from geo_monitor.domain.hit import Hit, LeadKey
from geo_monitor.domain.incident import Incident, QuarantinedRow, Reporter
from geo_monitor.domain.layer import Feature, LayerVersion, RejectedFeature
from geo_monitor.domain.lead import Lead, LeadEvent, LeadStatus
from geo_monitor.domain.lifecycle import BacktestRecord, ModelEvent
from geo_monitor.domain.occurrence import Occurrence, OccurrenceEvent
from geo_monitor.domain.place import Box, Datum
from geo_monitor.domain.repair import DeskEvent
from geo_monitor.engine.columns import IncidentColumns, LayerColumns

# ---- values that cross the door ------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class FeedHeard:
    """When a feed was last heard from and what that reading brought."""

    feed: str
    at: datetime
    file: str
    file_hash: str
    read: int
    stored: int
    already_known: int
    quarantined: int


@dataclass(frozen=True, slots=True)
class FeedPull:
    """One attempt to pull a feed: ``at`` it ended. ``outcome``: done (all that there was came in), partial (perhaps not
    all; the next one begins at the same place) or failed. ``cursor`` is where the next pull begins (a JSON text of
    ``reading.pull``). ``rows`` were in the pages, ``stored`` of them were new; ``error`` says what a person can do
    and never holds a secret."""

    feed: str
    at: datetime
    outcome: str
    cursor: str = ""
    error: str = ""
    pages: int = 0
    rows: int = 0
    stored: int = 0


@dataclass(frozen=True, slots=True)
class PullHistory:
    """What is kept of a feed's pulls: the newest, the newest that did not fail (None: none ever), and since when and
    how often it has failed without one that did not."""

    newest: FeedPull
    newest_good: FeedPull | None = None
    failing_since: datetime | None = None
    failures: int = 0


@dataclass(frozen=True, slots=True)
class Wanted:
    """Reports that meet all of this: of these categories (none named: of all); between two moments, both included,
    compared in whole seconds as the columns have them; in any of the boxes, whose borders belong to them (None:
    anywhere); naming one of these things. ``named``: an attribute of ``vocabulary.NAMED``, and values of it in the
    common form of identifiers (``engine.matching.same_id``)."""

    categories: tuple[str, ...] = ()
    occurred_from: datetime | None = None
    occurred_to: datetime | None = None
    boxes: tuple[Box, ...] | None = None
    named: tuple[str, tuple[str, ...]] | None = None


@dataclass(frozen=True, slots=True)
class StoredQuarantine:
    """A quarantined row as it stands in the store; ``status`` is open, retried or rejected."""

    row: QuarantinedRow
    at: datetime
    status: str = "open"


@dataclass(frozen=True, slots=True)
class LeadQuery:
    """What the queue, the map and the export ask: empty fields do not restrict. ``text`` matches the id or any
    title, as typed (no wildcards; capitals do not matter). ``opened_from`` is included, ``opened_to`` is not.
    Order: urgency (high first), then newest ``last`` act, then id. ``after`` is the cursor of the page before.
    ``trial``: False leaves out the leads of models on trial, True asks for them alone, None for all."""

    statuses: tuple[str, ...] = ()
    urgencies: tuple[str, ...] = ()
    domains: tuple[str, ...] = ()
    models: tuple[str, ...] = ()
    districts: tuple[str, ...] = ()
    text: str = ""
    box: Box | None = None
    opened_from: datetime | None = None
    opened_to: datetime | None = None
    limit: int = 50
    after: str = ""
    trial: bool | None = False


@dataclass(frozen=True, slots=True)
class LeadPage:
    leads: tuple[Lead, ...]
    total: int
    next: str = ""


@dataclass(frozen=True, slots=True)
class Cell:
    """Incidents drawn as one: centroid of the members, how many, how many with evidence, one id."""

    lon: float
    lat: float
    count: int
    with_evidence: int
    sample: str


@dataclass(frozen=True, slots=True)
class User:
    """A local account. ``role``: procurator (may decide), reviewer (also sees what models on trial flag), patrol (may
    look), admin; what each may do stands in ``services.accounts.RIGHTS``."""

    name: str
    display: str
    role: str
    password_hash: str
    email: str = ""
    language: str = "zh"
    active: bool = True


@dataclass(frozen=True, slots=True)
class Letter:
    """A letter in the outbox. ``key`` names the occasion (``weekly/2026-W46/procurator@…``): a second letter
    with the same key is not written. ``body`` is the finished RFC 5322 message."""

    key: str
    to: str
    subject: str
    body: bytes
    created: datetime
    status: str = "waiting"  # waiting | sent | refused
    tries: int = 0
    next_try: datetime | None = None
    sent_at: datetime | None = None
    last_error: str = ""


@dataclass(frozen=True, slots=True)
class JobRow:
    """What the database knows of a job: when it is due, who runs it under which fencing number until when."""

    name: str
    next_at: datetime
    fence: int = 0
    owner: str = ""
    lease_until: datetime | None = None
    slot: datetime | None = None


@dataclass(frozen=True, slots=True)
class JobRun:
    """One run of a job: ``outcome`` is running, done, failed or lost (the holder died)."""

    job: str
    slot: datetime
    fence: int
    owner: str
    started: datetime
    finished: datetime | None = None
    outcome: str = "running"
    counts: Mapping[str, Any] = field(default_factory=dict)
    error: str = ""


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A key of a program that reports: the SHA-256 of it, whose it is, since when, and from when it counts no more."""

    digest: str
    name: str
    created: datetime
    revoked: datetime | None = None


@dataclass(frozen=True, slots=True)
class PostedReport:
    """A report that came over Open311. ``id`` is that of the incident that it is or, in quarantine, may become;
    ``sender`` the name of the key; ``file_hash`` the SHA-256 of the body as it came first; ``received`` when."""

    id: str
    sender: str
    file_hash: str
    received: datetime
    service_code: str


# ---- ports -------------------------------------------------------------------------------------------------


class Records(Protocol):
    """All tables within one transaction. Reading methods return values sorted by a stated rule; writing
    methods outside ``Store.writing()`` are a programming error."""

    # incidents
    def incident_contents(self, ids: Sequence[str]) -> dict[str, str]:
        """id → content hash, for those ids that are stored."""

    def add_incidents(self, incidents: Sequence[Incident]) -> None:
        """Stores incidents whose ids are new (a known id is the caller's mistake). Of the versions of one report (feed
        and source id) the one with the greatest revision counts, in whatever order they come; the others are kept, and
        found by ``incidents`` alone."""

    def add_batch(self, batch: IncidentBatch) -> None:
        """The same for many reports of one file."""

    def withdraw_incidents(self, ids: Sequence[str]) -> None:
        """Takes back incidents that were added in this very transaction, before anyone else saw them."""

    def incidents(self, ids: Sequence[str]) -> list[Incident]:
        """Those stored, sorted by (occurred, id)."""

    def superseded(self, ids: Sequence[str]) -> dict[str, str]:
        """id of a version that a correction superseded → id of the one that did, for those of ``ids``."""

    def superseded_count(self) -> int: ...

    def incident_count(self) -> int:
        """Of those that count."""

    def latest_incident_seq(self) -> int:
        """The sequence number of the newest stored incident (0 if none): what an incremental run starts from."""

    def incident_columns(
        self,
        after_seq: int = 0,
        ids: Sequence[str] | None = None,
        attributes: Sequence[str] = (),
        *,
        wanted: Sequence[Wanted] | None = None,
        upto_seq: int = 0,
    ) -> IncidentColumns:
        """Engine columns of the incidents that meet all that is asked, sorted by (occurred, id), each once: stored
        after ``after_seq`` and not after ``upto_seq`` (0: no limit), among ``ids``, and meant by one of ``wanted``.
        None does not restrict; an empty list is none."""

    def incident_reported(self, categories: Sequence[str] = ()) -> dict[str, int]:
        """id → Unix second in which it was reported, of the incidents of these categories (none named: of all)."""

    def feed_places(self, feed: str) -> dict[Datum, npt.NDArray[np.float64]]:
        """Declared datum → rows of longitude, latitude (WGS 84 degrees) and accuracy in metres of the feed's reports,
        in the order in which they were stored."""

    def incident_cells(
        self,
        box: Box,
        zoom: int,
        occurred_from: datetime | None = None,
        occurred_to: datetime | None = None,
        categories: Sequence[str] = (),
        points_up_to: int = 1500,
    ) -> tuple[list[Cell], bool]:
        """What the map shows: single points (second value True) when at most ``points_up_to`` lie in the box,
        else cells of 64 pixels at this zoom. One decision per call. ``occurred_from`` is included,
        ``occurred_to`` is not."""

    def incident_histogram(self, occurred_from: datetime, occurred_to: datetime, bins: int) -> list[int]:
        """Counts in at most 1000 equal slices of time; ``occurred_from`` is included, ``occurred_to`` is not."""

    # reporters
    def add_reporters(self, reporters: Sequence[Reporter]) -> None:
        """Adds those whose key is new."""

    # feeds and quarantine
    def feed_heard(self, heard: FeedHeard) -> None: ...

    def feeds(self) -> list[FeedHeard]:
        """The newest reading of each feed, by feed name."""

    def file_was_read(self, feed: str, file_hash: str) -> bool: ...

    def latest_reports(self) -> dict[str, datetime]:
        """feed → when a reading last brought a report that was new; feeds that never brought one are not in it."""

    def add_pull(self, pull: FeedPull) -> None: ...

    def pulls(self, feed: str = "", limit: int = 100) -> list[FeedPull]:
        """Newest first."""

    def pull_histories(self) -> dict[str, PullHistory]:
        """feed → what is kept of its pulls; by feed name."""

    def pulled_records(self, feed: str, records: Sequence[str]) -> dict[str, str]:
        """record → digest of how it was last seen in a page, of those of ``records`` that were seen."""

    def put_pulled_records(self, feed: str, seen: Mapping[str, str], at: datetime) -> None:
        """Notes records (record → digest) as seen at this moment, whatever was noted of them before."""

    def forget_pulled_records(self, feed: str, before: datetime) -> None:
        """Forgets the records of the feed that were last seen before this moment."""

    def files_read(self) -> list[tuple[str, str, str]]:
        """Feed, name and hash of every file that was ever read, each once; by feed, as they first came."""

    def quarantine(self, rows: Sequence[QuarantinedRow], at: datetime) -> int:
        """Keeps rows not yet kept; returns how many were new."""

    def quarantined(
        self,
        feed: str = "",
        reason: str = "",
        status: str = "open",
        limit: int = 100,
        after: str = "",
        row_id: str = "",
    ) -> list[StoredQuarantine]:
        """Sorted by id; ``after`` is the last id of the page before, ``row_id`` asks for one row."""

    def quarantine_counts(self) -> dict[tuple[str, str], int]:
        """(feed, reason) → open rows."""

    def settle_quarantine(self, ids: Sequence[str], status: str) -> None: ...

    def add_desk_event(
        self, row: str, at: datetime, actor: str, kind: str, reason: str, data: Mapping[str, Any] | None = None
    ) -> DeskEvent:
        """Appends to the desk's book, bound to its last line. ``row``: ``domain.repair.place_of``."""

    def desk_events(self, rows: Sequence[str] | None = None) -> list[DeskEvent]:
        """By seq; of these rows, or all of them."""

    # layers
    def add_layer(
        self, version: LayerVersion, features: Sequence[Feature], rejected: Sequence[RejectedFeature] = ()
    ) -> bool:
        """Makes this the current version of its layer; False (and nothing changes) if it already is."""

    def layer_versions(self, current_only: bool = True) -> list[LayerVersion]:
        """By layer name, newest first."""

    def layer_columns(self, layer: str, version: str = "") -> LayerColumns | None:
        """The current version, or the one with this id; None if it was never loaded."""

    def features(self, layer: str, box: Box | None = None, ids: Sequence[str] | None = None) -> list[Feature]:
        """Of the current version, by id; with ``box`` those whose bounds touch it."""

    def rejected_features(self, layer: str) -> list[RejectedFeature]: ...

    # hits
    def replace_hits(self, hits: Iterable[Hit]) -> None:
        """Forgets all hits and stores these (a full run)."""

    def add_hits(self, hits: Iterable[Hit]) -> int:
        """Adds those not yet stored (key: model, subject, record); returns how many were new."""

    def forget_hits(self, model: str, records: Sequence[str]) -> list[LeadKey]:
        """Forgets this model's hits on these records; the keys that they had, sorted, each once."""

    def hits_on(self, model: str, records: Sequence[str]) -> list[Hit]:
        """This model's hits on these records, sorted by (subject, occurred, record)."""

    def hits_of(self, keys: Sequence[LeadKey]) -> list[Hit]:
        """Sorted by (model, subject, occurred, record)."""

    def hit_counts(self, models: Sequence[str] | None = None) -> dict[str, int]:
        """model id → number of hits, of all models or of these; a model without hits is not among them."""

    # leads
    def leads(self, query: LeadQuery) -> LeadPage: ...

    def lead(self, lead_id: str) -> Lead | None: ...

    def leads_of(self, keys: Sequence[LeadKey] | None = None) -> list[Lead]:
        """All leads, open or closed, with these keys (None: all), sorted by (opened, id)."""

    def leads_of_record(self, record: str) -> list[str]:
        """Ids of leads that this incident supports."""

    def put_lead(self, lead: Lead) -> None:
        """Inserts or replaces by id."""

    def lead_counts(self, trial: bool | None = False) -> dict[tuple[str, str, str], int]:
        """(model, district, status) → leads; ``trial`` as in LeadQuery."""

    def lead_outcomes(self, trial: bool | None = None) -> dict[tuple[str, int, str], int]:
        """(model, version, status) → leads; ``trial`` as in LeadQuery."""

    def add_event(
        self, lead: str, at: datetime, actor: str, kind: str, reason: str = "", data: Mapping[str, Any] | None = None
    ) -> LeadEvent:
        """Appends to the book, binding it to the last line by ``domain.lead.chain_hash``."""

    def events(self, lead: str | None = None) -> list[LeadEvent]:
        """By seq."""

    # what people decided about models
    def add_exception(self, exemption: Exemption) -> bool:
        """False if it was stored before."""

    def end_exception(self, exemption_id: str, at: datetime, actor: str, reason: str) -> bool:
        """Takes it back early; False if there is none of this id or it was ended before."""

    def exceptions(self, model: str = "", on: date | None = None) -> list[Exemption]:
        """All, or one model's; with ``on`` those in force for acts of that day. By (model, created, id)."""

    def add_model_event(
        self,
        model: str,
        version: int,
        kind: str,
        status: str,
        at: datetime,
        actor: str,
        reason: str,
        data: Mapping[str, Any] | None = None,
    ) -> ModelEvent:
        """Appends to the book of models, binding it to the last line by ``domain.lifecycle.model_event_hash``."""

    def model_events(self, model: str = "") -> list[ModelEvent]:
        """By seq."""

    def put_model_text(self, digest: str, text: str, at: datetime) -> None:
        """Keeps the text of a model file by its hash, with the moment it was first seen. A known one stays."""

    def model_text(self, digest: str) -> str | None: ...

    def put_backtest(self, record: BacktestRecord) -> None: ...

    def backtests(self, model: str = "") -> list[BacktestRecord]:
        """Newest first."""

    # duty
    def replace_postings(self, postings: Sequence[Posting], file: str, at: datetime) -> None: ...

    def postings(self) -> list[Posting]: ...

    # people
    def user(self, name: str) -> User | None: ...

    def users(self) -> list[User]: ...

    def put_user(self, user: User) -> None: ...

    # letters
    def enqueue(self, letter: Letter) -> bool:
        """False if a letter with this key was written before."""

    def letter(self, key: str) -> Letter | None:
        """As it stands now: whoever settles a letter looks first whether it is still theirs."""

    def letters_due(self, now: datetime, limit: int = 50) -> list[Letter]: ...

    def letters(self, limit: int = 200) -> list[Letter]:
        """Newest first."""

    def put_letter(self, letter: Letter) -> None:
        """Replaces by key."""

    # jobs
    def job_row(self, name: str) -> JobRow | None: ...

    def job_rows(self) -> list[JobRow]: ...

    def add_job_row(self, row: JobRow) -> bool:
        """False if the job has a row already."""

    def take_job(self, before: JobRow, after: JobRow) -> bool:
        """Compare-and-set on (name, fence): True for exactly one of any number of callers."""

    def put_run(self, run: JobRun) -> None:
        """Inserts or replaces by (job, slot)."""

    def runs(self, job: str = "", limit: int = 100) -> list[JobRun]:
        """Newest first."""

    # Open311 and receipts
    def add_api_key(self, key: ApiKey) -> None: ...

    def api_key(self, digest: str) -> ApiKey | None:
        """Revoked or not."""

    def api_keys(self) -> list[ApiKey]:
        """By (created, digest)."""

    def revoke_api_key(self, name: str, at: datetime) -> bool:
        """False if no key of this name counts."""

    def add_posted(self, report: PostedReport) -> bool:
        """False if one with this id was posted before, which stays as it is."""

    def posted(
        self,
        ids: Sequence[str] | None = None,
        received_from: datetime | None = None,
        received_to: datetime | None = None,
        service_codes: Sequence[str] = (),
    ) -> list[PostedReport]:
        """Newest first; both moments are included. None and () do not restrict; an empty list of ids is none."""

    def posted_beginning(self, begin: str) -> list[str]:
        """Ids of posted reports that begin so (``i`` and hexadecimal digits), sorted."""

    def incidents_beginning(self, begin: str) -> list[str]:
        """The same of stored incidents, those among them that a correction superseded."""

    def leads_holding(self, records: Sequence[str]) -> dict[str, dict[str, LeadStatus]]:
        """Record → lead → its status, of leads that are not on trial; a record that none holds is not among them."""

    def quarantined_from(self, feed: str, file_hashes: Sequence[str]) -> list[StoredQuarantine]:
        """Rows of these files in whatever state, by id."""

    # reports of one event
    def earlier_versions(self, ids: Sequence[str]) -> list[str]:
        """Ids of the superseded versions of those of these incidents that count, sorted."""

    def occurrences(
        self, ids: Sequence[str] | None = None, *, standing: str = "", limit: int = 0, after: str = ""
    ) -> list[Occurrence]:
        """The latest act first, then by id; with these ids, of this standing ("joining": confirmed, and reports are
        proposed to join), at most ``limit`` (0: all), after the one with the id ``after`` (an unknown one: from the
        beginning)."""

    def occurrences_of(self, reports: Sequence[str]) -> dict[str, str]:
        """report → id of the occurrence in which it stands, of those that stand in one."""

    def occurrence_counts(self) -> dict[str, int]:
        """standing → occurrences; under "joining" those of the confirmed ones that reports are proposed to join."""

    def replace_occurrences(self, gone: Sequence[str], made: Sequence[Occurrence]) -> None:
        """Forgets those with these ids and stores others; a report stands in one at most."""

    def add_occurrence_event(
        self, occurrence: str, at: datetime, actor: str, kind: str, reason: str, data: Mapping[str, Any]
    ) -> OccurrenceEvent:
        """Appends to the book of occurrences, bound to its last line."""

    def occurrence_events(self, occurrence: str | None = None) -> list[OccurrenceEvent]:
        """By seq; of one occurrence, or all."""

    # small facts of the house (fingerprint of the last overlay and the like)
    def fact(self, key: str) -> str | None: ...

    def put_fact(self, key: str, value: str) -> None: ...


class Store(Protocol):
    def reading(self) -> AbstractContextManager[Records]:
        """A consistent view; nothing is written."""

    def writing(self) -> AbstractContextManager[Records]:
        """One transaction: all or nothing. Writers wait for each other (``BEGIN IMMEDIATE`` on SQLite)."""

    def close(self) -> None: ...


class Post(Protocol):
    """What carries a finished letter to the outside: an SMTP server, or a folder."""

    def send(self, to: str, message: bytes) -> str:
        """Returns the server's words of acceptance; raises DeliveryError."""
