"""A report as it was received: what, when, where, from whom, out of which row of which file."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from geo_monitor.domain.place import Datum
from geo_monitor.errors import Flaw

#: Kinds of evidence a report may carry, each a bit of the engine's evidence column.
EVIDENCE = ("photo", "video", "document", "sample", "measurement", "inspection")

#: How the datum of a report was known: declared for its whole feed, named by its own row, called for at the import,
#: said by a person at the desk, or beside the point, because a person set the place itself, or because the place
#: follows from a name by the gazetteer.
DATUM_KNOWN = ("declared", "row", "called", "repaired", "placed", "named")
#: The attribute in which a report that was placed by a name keeps how.
PLACED_BY = "placed_by"

#: Where a report came from. "One non-complaint source before filing" needs the difference.
SOURCES = (
    "hotline",
    "market_hotline",
    "volunteer",
    "patrol",
    "police",
    "sensor",
    "remote_sensing",
    "register",
    "platform",
    "other",
)


_SHEET = re.compile(r"\.\w+\[(.+)\]")


def of_sheet(file: str, sheet: str) -> str:
    """How a sheet of a file of several is called: ``热线.xlsx[二月]``."""
    return f"{file}[{sheet}]"


@dataclass(frozen=True, slots=True)
class Origin:
    """The row a value came from: a lead walks back to this. Each sheet of a file counts its rows from 1, so ``file``
    names the sheet too where there are several (``of_sheet``)."""

    file: str
    file_hash: str
    row: int

    @property
    def sheet(self) -> str:
        """The sheet that ``file`` names, or ""."""
        m = _SHEET.search(self.file)
        return m[1] if m is not None and m.end() == len(self.file) else ""


@dataclass(frozen=True, slots=True)
class Incident:
    """事件. ``occurred`` and ``reported`` are aware times; ``lon``, ``lat`` are WGS 84 degrees, already
    converted from ``datum``; ``accuracy_m`` is the radius within which the true place lies; ``reporter``
    is a keyed hash, never a name: two reports with one hash come from one person, ``None`` is unknown.
    ``datum_known`` tells how the datum was known (``DATUM_KNOWN``); it is no part of what the report says.
    ``revision`` tells versions of one report apart, where its office corrects what it said (``revised``): of several
    the one with the greatest counts, in whatever order they come in; the others are kept as superseded."""

    feed: str
    source_id: str
    source: str
    category: str
    text: str
    occurred: datetime
    reported: datetime
    lon: float
    lat: float
    accuracy_m: float
    datum: Datum
    origin: Origin
    reporter: str | None = None
    evidence: frozenset[str] = frozenset()
    attributes: Mapping[str, Any] = field(default_factory=dict)
    datum_known: str = "declared"
    revision: str = ""

    @property
    def id(self) -> str:
        """From feed, source id and revision alone, so that the same report read twice is one incident."""
        said = f"{self.feed}\x1f{self.source_id}" + (f"\x1f{self.revision}" if self.revision else "")
        return f"i{hashlib.sha256(said.encode()).hexdigest()[:20]}"

    @property
    def content(self) -> str:
        """A hash of what the report says (not of where the row stood, nor of the zone a
        time was written in: the store gives times back in UTC): tells a resend from a changed one. A report that names
        its place says the words, not the point that a gazetteer knows for them today: a layer loaded anew must not make
        a resend look like a correction."""
        attributes = dict(sorted(self.attributes.items()))
        where = [*(repr(float(n)) for n in (self.lon, self.lat, self.accuracy_m)), str(self.datum)]
        if self.datum_known == "named" and isinstance(placed := attributes.pop(PLACED_BY, None), Mapping):
            where = ["named", str(placed.get("said", ""))]
        said = [
            self.source,
            self.category,
            self.text,
            self.occurred.astimezone(UTC).isoformat(),
            self.reported.astimezone(UTC).isoformat(),
            *where,
            self.reporter,
            sorted(self.evidence),
            attributes,
        ]
        return hashlib.sha256(json.dumps(said, ensure_ascii=False, default=str).encode()).hexdigest()[:24]


def revised(moment: datetime) -> str:
    """The revision of what an office said last at this moment: revisions sort as their moments do."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


@dataclass(frozen=True, slots=True)
class Superseded:
    """A report that its office has corrected: ``by`` is the id of the version that took its place."""

    incident: Incident
    by: str


@dataclass(frozen=True, slots=True)
class Reporter:
    """Who reported. Kept in a table of its own that no page, export or tile reads without the right to."""

    key: str
    name: str = ""
    phone: str = ""


@dataclass(frozen=True, slots=True)
class QuarantinedRow:
    """A row that cannot be trusted: kept whole, with all its flaws, never on the map. The id follows from
    its content, so reading a file twice quarantines nothing twice."""

    feed: str
    origin: Origin
    flaws: tuple[Flaw, ...]
    raw: Mapping[str, str]

    @property
    def id(self) -> str:
        said = [
            self.feed,
            dict(sorted((k, str(v)) for k, v in self.raw.items())),
            sorted(f"{f.reason}|{f.field}" for f in self.flaws),
            self.origin.row,
            self.origin.file_hash,
            *([self.origin.sheet] if self.origin.sheet else []),
        ]
        return "q" + hashlib.sha256(json.dumps(said, ensure_ascii=False).encode()).hexdigest()[:20]

    @property
    def reason(self) -> str:
        return self.flaws[0].reason
