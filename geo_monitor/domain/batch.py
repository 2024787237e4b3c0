"""Many reports of one feed out of one file, column by column: what a file of a million rows is stored by."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime, timedelta
from json.encoder import encode_basestring
from typing import Any

import numpy as np

from geo_monitor.domain.incident import Incident, Origin, QuarantinedRow, Reporter
from geo_monitor.domain.place import Datum

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
#: Before it Python and numpy write years differently.
_YEAR_1000 = (datetime(1000, 1, 1, tzinfo=UTC) - _EPOCH) // _MICROSECOND


@dataclass(slots=True)
class IncidentBatch:
    """Columns of equal length, in order of the file; ``occurred`` and ``reported`` are microseconds since 1970 in UTC,
    the rest is what ``Incident`` says of it."""

    feed: str
    file: str
    file_hash: str
    row: list[int] = field(default_factory=list)
    source_id: list[str] = field(default_factory=list)
    source: list[str] = field(default_factory=list)
    category: list[str] = field(default_factory=list)
    text: list[str] = field(default_factory=list)
    occurred: list[int] = field(default_factory=list)
    reported: list[int] = field(default_factory=list)
    lon: list[float] = field(default_factory=list)
    lat: list[float] = field(default_factory=list)
    accuracy_m: list[float] = field(default_factory=list)
    datum: list[Datum] = field(default_factory=list)
    datum_known: list[str] = field(default_factory=list)
    reporter: list[str | None] = field(default_factory=list)
    evidence: list[frozenset[str]] = field(default_factory=list)
    attributes: list[Mapping[str, Any]] = field(default_factory=list)
    revision: list[str] = field(default_factory=list)
    _ids: list[str] = field(default_factory=list, repr=False, compare=False)

    def __len__(self) -> int:
        return len(self.row)

    def __iter__(self) -> Iterator[Incident]:
        return (self.incident(k) for k in range(len(self)))

    def ids(self) -> list[str]:
        """``Incident.id`` of each, made once: the same are asked for when a report is looked up, stored and named."""
        made = len(self._ids)
        if made < len(self.source_id):
            sha, start = hashlib.sha256, f"{self.feed}\x1f"
            said: Iterable[str] = self.source_id[made:]
            if any(self.revision):
                said = (s + (f"\x1f{r}" if r else "") for s, r in zip(said, self.revision[made:], strict=True))
            self._ids += ["i" + sha((start + s).encode()).hexdigest()[:20] for s in said]
        return self._ids

    def contents(self) -> list[str]:
        """``Incident.content`` of each: the same text is hashed, put together column by column."""
        if "named" in self.datum_known:  # of these the words of the place count, not the point
            return [i.content for i in self]
        sha, quoted = hashlib.sha256, encode_basestring
        named = {s: quoted(s) for s in {*self.source, *self.category, *map(str, self.datum)}}
        kinds = {e: json.dumps(sorted(e), ensure_ascii=False) for e in set(self.evidence)}
        return [
            sha(
                f"[{named[source]}, {named[category]}, {quoted(text)}, {occurred}, {reported},"
                f' "{lon!r}", "{lat!r}", "{accuracy!r}", {named[datum]}, {quoted(who) if who else _said(who)},'
                f" {kinds[evidence]}, {_sorted(attributes) if attributes else '{}'}]".encode()
            ).hexdigest()[:24]
            for source, category, text, occurred, reported, lon, lat, accuracy, datum, who, evidence, attributes in zip(
                self.source,
                self.category,
                self.text,
                _written(self.occurred),
                _written(self.reported),
                self.lon,
                self.lat,
                self.accuracy_m,
                self.datum,
                self.reporter,
                self.evidence,
                self.attributes,
                strict=True,
            )
        ]

    def origin(self, k: int) -> Origin:
        return Origin(self.file, self.file_hash, self.row[k])

    def incident(self, k: int) -> Incident:
        return Incident(
            feed=self.feed,
            source_id=self.source_id[k],
            source=self.source[k],
            category=self.category[k],
            text=self.text[k],
            occurred=_EPOCH + timedelta(microseconds=self.occurred[k]),
            reported=_EPOCH + timedelta(microseconds=self.reported[k]),
            lon=self.lon[k],
            lat=self.lat[k],
            accuracy_m=self.accuracy_m[k],
            datum=self.datum[k],
            origin=self.origin(k),
            reporter=self.reporter[k],
            evidence=self.evidence[k],
            attributes=self.attributes[k],
            datum_known=self.datum_known[k],
            revision=self.revision[k],
        )

    def take(self, positions: Sequence[int]) -> IncidentBatch:
        """Those at these positions, in this order."""
        columns = {n: [column[k] for k in positions] for n, column in self._columns()}
        ids = self.ids()
        return IncidentBatch(self.feed, self.file, self.file_hash, **columns, _ids=[ids[k] for k in positions])

    def add(self, others: Iterable[Incident]) -> None:
        """Incidents of the same feed and file, at the end."""
        for i in others:
            self.row.append(i.origin.row)
            self.source_id.append(i.source_id)
            self.source.append(i.source)
            self.category.append(i.category)
            self.text.append(i.text)
            self.occurred.append(_micros(i.occurred))
            self.reported.append(_micros(i.reported))
            self.lon.append(float(i.lon))
            self.lat.append(float(i.lat))
            self.accuracy_m.append(float(i.accuracy_m))
            self.datum.append(i.datum)
            self.datum_known.append(i.datum_known)
            self.reporter.append(i.reporter)
            self.evidence.append(i.evidence)
            self.attributes.append(i.attributes)
            self.revision.append(i.revision)

    def _columns(self) -> Iterator[tuple[str, list[Any]]]:
        return ((f.name, getattr(self, f.name)) for f in fields(self)[3:-1])


@dataclass(frozen=True, slots=True)
class Arrivals:
    """What some rows of a file became: reports, those who made them, and rows that were not trusted."""

    batch: IncidentBatch
    reporters: Sequence[Reporter] = ()
    quarantined: Sequence[QuarantinedRow] = ()

    def __len__(self) -> int:
        return len(self.batch) + len(self.quarantined)


def batches_of(incidents: Iterable[Incident]) -> list[IncidentBatch]:
    """The same incidents, in order, a batch for each run of one feed and file."""
    out: list[IncidentBatch] = []
    for i in incidents:
        told = (i.feed, i.origin.file, i.origin.file_hash)
        if not out or (out[-1].feed, out[-1].file, out[-1].file_hash) != told:
            out.append(IncidentBatch(*told))
        out[-1].add([i])
    return out


def _micros(moment: datetime) -> int:
    if moment.tzinfo is None:
        raise ValueError(f"a moment needs its time zone, {moment.isoformat()} has none")
    return (moment - _EPOCH) // _MICROSECOND


def _written(micros: Sequence[int]) -> list[str]:
    """Moments as JSON has them of ``isoformat`` in UTC."""
    if not micros:
        return []
    if not any((at := np.array(micros)) % 1_000_000) and at.min() > _YEAR_1000:
        return [f'"{m}+00:00"' for m in np.datetime_as_string(at.astype("datetime64[us]").astype("M8[s]")).tolist()]
    return [f'"{(_EPOCH + timedelta(microseconds=m)).isoformat()}"' for m in micros]


def _said(who: str | None) -> str:
    return "null" if who is None else encode_basestring(who)


def _sorted(attributes: Mapping[str, Any]) -> str:
    return json.dumps(dict(sorted(attributes.items())), ensure_ascii=False, default=str)
