"""A report posted over Open311 (GeoReport v2) is a file of one row: its body is kept byte for byte, and read through
the mapping of the feed ``open311`` as any other file is."""

from __future__ import annotations

import hashlib
import re
import shutil
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from urllib.parse import parse_qsl, urlsplit

from geo_monitor.domain.incident import Incident, QuarantinedRow, Reporter
from geo_monitor.domain.place import Box
from geo_monitor.domain.receipt import incident_id, receipt_number
from geo_monitor.domain.words import Words
from geo_monitor.errors import CallError, NotFoundError
from geo_monitor.reading.feed_rows import read_block, rows_of
from geo_monitor.reading.mappings import FeedMapping
from geo_monitor.reading.originals import keep_bytes
from geo_monitor.reading.tables import TableRow
from geo_monitor.services.ingest import import_incidents
from geo_monitor.services.ports import PostedReport, Records, Store
from geo_monitor.services.receipts import OPEN311
from geo_monitor.supervision.vocabulary import CATEGORIES, attribute_words, category_words

TEMPLATE = Path(__file__).with_name("open311.yaml")
#: Where the bodies lie, below the workspace.
ORIGINALS = "files/originals/open311"

#: A form of the specification has some twenty fields; more than this is no report.
MOST_FIELDS = 100
#: The caller's own number of a report, an extension: the same number is the same report, however the rest is spelled.
CLIENT_ID = "client_request_id"
LONGEST_CLIENT_ID = 200

_ATTRIBUTE = re.compile(r"attribute\[([\w.\-]+)\](\[\])?")
#: Fields of the specification that may go on to the desk as they are. All others stay in the kept body, unless the
#: mapping asks for them: a field that nobody knows may name the reporter.
_OPEN = ("service_code", "lat", "long", "address_string", "address_id", "description", "media_url", CLIENT_ID)
#: Fields that name the reporter, or open the door, and go no further than the kept body whatever the mapping asks. What
#: tells one reporter from another goes on under names of ours, to be hashed.
_KEPT_BACK = ("api_key", "first_name", "last_name", "email", "phone", "device_id", "account_id")
_MEDIA = {".jpg": "photo", ".jpeg": "photo", ".png": "photo", ".webp": "photo", ".heic": "photo"} | {
    ".mp4": "video",
    ".mov": "video",
    ".webm": "video",
}


# ---- what is offered ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Attribute:
    """A question that a caller may answer beside the fields of the specification, as ``attribute[code]``; ``datatype``
    is one of the specification."""

    code: str
    datatype: str
    description: Words


_OCCURRED = Attribute("occurred", "datetime", Words("发生时间", "when it happened"))
_ACCURACY = Attribute("accuracy_m", "number", Words("位置精度（米）", "accuracy of the place in metres"))


def services_of(feeds: Mapping[str, FeedMapping]) -> dict[str, Words]:
    """Service code → its name, in the order of the mapping; none where the city has no mapping ``open311``."""
    mapping = feeds.get(OPEN311)
    if mapping is None:
        return {}
    offered = mapping.category.map or {code: code for code in CATEGORIES}
    return {code: category_words(category) for code, category in offered.items()}


def attributes_of(mapping: FeedMapping) -> list[Attribute]:
    """What the mapping reads out of ``attribute[…]``; the time of the act always."""
    found = [_OCCURRED]
    if _ATTRIBUTE.fullmatch(mapping.accuracy.column):
        found.append(_ACCURACY)
    for name, coded in mapping.attributes.items():
        if m := _ATTRIBUTE.fullmatch(coded.column):
            found.append(Attribute(m[1], "number" if coded.kind == "number" else "string", attribute_words(name)))
    return found


# ---- what comes in -----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Received:
    """``number`` is the receipt number; ``new`` tells a first post from one that was posted before; ``reasons`` why
    the row waits in quarantine, if it does."""

    id: str
    new: bool
    reasons: tuple[str, ...] = ()

    @property
    def number(self) -> str:
        return receipt_number(self.id)


def read_form(body: bytes) -> dict[str, str]:
    """The fields of a form (``application/x-www-form-urlencoded``, UTF-8); bytes that are no text become lone
    surrogates, which the feed's reading notices. Several answers to one ``attribute[code][]`` are joined by ";".
    Raises CallError for any other field that stands there twice: nobody knows which is meant."""
    try:
        pairs = parse_qsl(
            body.decode("utf-8", "surrogateescape"),
            keep_blank_values=True,
            errors="surrogateescape",
            max_num_fields=MOST_FIELDS,
        )
    except ValueError:
        raise CallError(f"the form has more than {MOST_FIELDS} fields") from None
    form: dict[str, str] = {}
    for name, value in pairs:
        m = _ATTRIBUTE.fullmatch(name)
        if m and m[2]:
            name = f"attribute[{m[1]}]"
            value = f"{form[name]};{value}" if name in form else value
        elif name in form:
            raise CallError("a field was given more than once")
        form[name] = value
    return form


def receive(
    store: Store,
    feeds: Mapping[str, FeedMapping],
    body: bytes,
    sender: str,
    *,
    workspace: Path,
    box: Box,
    key: bytes,
    at: datetime,
) -> Received:
    """Takes a post in: its body goes into ``ORIGINALS`` under its SHA-256, then its row through the door of every feed,
    in one transaction with the note that it came. A body that this sender has posted before, or another with the same
    ``client_request_id``, is the same report: it keeps its number and the moment when it came first.

    Raises CallError for a form without service or place, NotFoundError for a service that is not offered (nothing is
    kept then: the caller is told).
    """
    form = read_form(body)
    code = form.get("service_code", "").strip()
    offered = services_of(feeds)
    if not code:
        raise CallError("service_code was not provided")
    if code not in offered:
        raise NotFoundError("service_code", code, list(offered))
    pair = form.get("lat", "").strip() and form.get("long", "").strip()
    if not (pair or form.get("address_string", "").strip() or form.get("address_id", "").strip()):
        raise CallError("a location was not provided: lat and long, address_string or address_id")
    client = form.get(CLIENT_ID, "").strip()
    if len(client) > LONGEST_CLIENT_ID:
        raise CallError(f"{CLIENT_ID} has more than {LONGEST_CLIENT_ID} characters")
    digest = hashlib.sha256(body).hexdigest()
    source_id = f"{sender}/id/{client}" if client else f"{sender}/body/{digest}"
    keep_bytes(workspace, OPEN311, body, "")
    mapping, file = feeds[OPEN311], str(PurePosixPath(ORIGINALS).relative_to("files") / digest)
    mine = PostedReport(incident_id(OPEN311, source_id), sender, digest, at, code)
    with store.writing() as records:
        new = records.add_posted(mine)
        first = records.posted(ids=[mine.id])[0]
        values = _row(form, mapping, source_id, first.received)
        rows = list(rows_of([TableRow(1, values)], file, mapping))
        read = read_block(rows, mapping, box, key, file, digest, "")
        incoming: Sequence[Incident | QuarantinedRow] = [r.value for r in read]
        people: Sequence[Reporter] = [r.reporter for r in read if r.reporter is not None]
        report = import_incidents(_Lent(records), OPEN311, file, digest, incoming, people, at)
    return Received(mine.id, new, tuple(report.reasons))


def put_mapping(feeds_folder: Path) -> bool:
    """Puts the mapping that comes with the program where the city has none of its own; False if it has one."""
    target = feeds_folder / f"{OPEN311}.yaml"
    if target.exists():
        return False
    feeds_folder.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(TEMPLATE, target)
    return True


def _row(form: Mapping[str, str], mapping: FeedMapping, source_id: str, received: datetime) -> dict[str, str]:
    """The columns of the mapping. Ours come last, so that no field of the form can stand in their place."""
    when = received.astimezone(UTC).isoformat()
    said = {name: value.strip() for name, value in form.items()}
    phone = said.get("phone", "")
    # A telephone number tells one person from another across feeds; an account only within this one.
    account = next((f"{n}:{said[n]}" for n in ("account_id", "email", "device_id") if said.get(n)), "")
    wanted = {*_OPEN, *mapping.columns}.difference(_KEPT_BACK)
    return {name: value for name, value in said.items() if name in wanted or _ATTRIBUTE.fullmatch(name)} | {
        "source_id": source_id,
        "received": when,
        "occurred": said.get("attribute[occurred]") or when,
        "media": _kind_of_media(said.get("media_url", "")),
        "reporter_id": "" if phone else account,
        "reporter_name": _name(said.get("last_name", ""), said.get("first_name", "")),
        "phone": phone,
    }


def _name(last: str, first: str) -> str:
    """A Chinese name is written without a space, the family's first; others with one, the family's last."""
    if (last + first).isascii():
        return f"{first} {last}".strip()
    return last + first


def _kind_of_media(url: str) -> str:
    """By the ending alone: nothing is fetched. An address that does not say what it is proves nothing."""
    try:
        path = urlsplit(url).path
    except ValueError:
        return ""
    return _MEDIA.get(PurePosixPath(path).suffix.lower(), "")


class _Lent:
    """A transaction that is open already, lent to who would begin one: a post and the note of it are one."""

    def __init__(self, records: Records) -> None:
        self._records = records

    def reading(self) -> AbstractContextManager[Records]:
        return nullcontext(self._records)

    def writing(self) -> AbstractContextManager[Records]:
        return nullcontext(self._records)

    def close(self) -> None:
        """The transaction belongs to who lent it."""
