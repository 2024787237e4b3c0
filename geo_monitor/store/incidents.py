"""Incidents, their reporters, the feeds they came from and the rows that were not trusted."""

from __future__ import annotations

import functools
import json
from array import array
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from itertools import repeat
from typing import Any

import numpy as np
import numpy.typing as npt
import sqlalchemy as sa

from geo_monitor.domain.batch import IncidentBatch, batches_of
from geo_monitor.domain.incident import EVIDENCE, Incident, Origin, QuarantinedRow, Reporter, Superseded
from geo_monitor.domain.place import Box, Datum
from geo_monitor.engine.columns import Column, IncidentColumns, Sparse, evidence_bits
from geo_monitor.errors import Flaw
from geo_monitor.services.ports import Cell, FeedHeard, StoredQuarantine, Wanted
from geo_monitor.store import tables as t
from geo_monitor.store.geometry import cell_shift, morton, ranges_over
from geo_monitor.store.search import meant, names_in, whole_seconds
from geo_monitor.store.session import CHUNK, Session, one_of, writes
from geo_monitor.store.values import micros, moment, to_json

_INCIDENT = (
    "id",
    "feed",
    "source_id",
    "source",
    "category",
    "occurred",
    "reported",
    "lon",
    "lat",
    "accuracy_m",
    "datum",
    "datum_known",
    "reporter",
    "evidence",
    "morton",
    "origin_file",
    "origin_hash",
    "origin_row",
    "attributes",
    "text",
    "revision",
)
#: What is kept of a version that was superseded: the map does not look for it.
_KEPT = tuple(name for name in _INCIDENT if name != "morton")
_QUARANTINE = (
    "id",
    "feed",
    "reason",
    "status",
    "at",
    "origin_file",
    "origin_hash",
    "origin_row",
    "flaws",
    "raw",
)
_READING = ("feed", "at", "file", "file_hash", "read", "stored", "already_known", "quarantined")


#: Reports added in one transaction from which on SQLite's indexes are made anew at its end, if so many were not there
#: before: one by one each index costs a search of its own.
REINDEXED_FROM = 100_000


class IncidentRows(Session):
    def __init__(self, *args: Any, **kw: Any) -> None:
        super().__init__(*args, **kw)
        self._added = 0
        self._without_indexes = False

    # ---- incidents

    def incident_contents(self, ids: Sequence[str]) -> dict[str, str]:
        # A content is asked for when a report comes again, which few do: it is made then, not kept for all.
        return {
            i.id: i.content for start in range(0, len(ids), CHUNK) for i in self.incidents(ids[start : start + CHUNK])
        }

    @writes
    def add_incidents(self, incidents: Sequence[Incident]) -> None:
        for batch in batches_of(incidents):
            self._add(batch)

    @writes
    def add_batch(self, batch: IncidentBatch) -> None:
        self._add(batch)

    def _add(self, batch: IncidentBatch) -> None:
        batch = self._versions_that_count(batch)
        if not batch:
            return
        ids, n = batch.ids(), len(batch)
        columns = _columns_of(batch)
        self._make_room(n)
        self.bulk(t.incidents, _INCIDENT, zip(*(columns[name] for name in _INCIDENT), strict=True))
        said = zip(ids, batch.attributes, strict=True)
        self._name({id_: named for id_, attributes in said if attributes and (named := names_in(attributes))})

    def _make_room(self, n: int) -> None:
        before, self._added = self._added, self._added + n
        if self.on_postgres or not before < REINDEXED_FROM <= self._added:
            return
        if self.incident_count() <= 2 * before:
            for index in t.incidents.indexes:
                index.drop(self.connection)
            self._without_indexes = True

    def finish(self) -> None:
        super().finish()
        if self._without_indexes:
            for index in t.incidents.indexes:
                index.create(self.connection)

    @writes
    def withdraw_incidents(self, ids: Sequence[str]) -> None:
        v = t.revised.c
        counted = self.rows(sa.select(v.feed, v.source_id).where(self.among(v.id, ids))) if ids else []
        self._delete(t.incidents, ids)
        self._delete(t.superseded, ids)
        for feed, source_id in counted:
            self._count_before(feed, source_id)

    def _delete(self, table: sa.Table, ids: Sequence[str]) -> None:
        n = t.incident_names.c
        for start in range(0, len(ids), CHUNK):
            meant = self.among(table.c.id, ids[start : start + CHUNK])
            if table is t.incidents:
                gone = sa.select(table.c.seq).where(meant)
                self.connection.execute(sa.delete(t.incident_names).where(n.seq.in_(gone)))
            self.connection.execute(sa.delete(table).where(meant))

    # ---- corrections

    def _versions_that_count(self, batch: IncidentBatch) -> IncidentBatch:
        """Those of a batch that count; the rest, and what they supersede, is kept as superseded. A feed whose reports
        have no revisions loses no time here."""
        v = t.revised.c
        if not any(batch.revision) and not self.rows(sa.select(v.id).where(v.feed == batch.feed).limit(1)):
            return batch
        ids = batch.ids()
        counting = self._counting(batch.feed, batch.source_id)
        newest = dict(counting)
        for k, source_id in enumerate(batch.source_id):
            version = (batch.revision[k], ids[k])
            newest[source_id] = max(newest.get(source_id, version), version)
        left = [(id_, newest[s][1]) for s, (_, id_) in counting.items() if newest[s][1] != id_]
        by = dict(left)
        out = [Superseded(i, by[i.id]) for i in self.incidents([id_ for id_, _ in left])]
        self._delete(t.incidents, [id_ for id_, _ in left])
        late = [k for k, s in enumerate(batch.source_id) if newest[s][1] != ids[k]]
        self._supersede([*out, *(Superseded(batch.incident(k), newest[batch.source_id[k]][1]) for k in late)])
        told = [(batch.feed, s, id_, r) for s, (r, id_) in newest.items() if r and counting.get(s) != (r, id_)]
        self.bulk(t.revised, ("feed", "source_id", "id", "revision"), told, "replace")
        return batch.take([k for k, s in enumerate(batch.source_id) if newest[s][1] == ids[k]])

    def _counting(self, feed: str, source_ids: Sequence[str]) -> dict[str, tuple[str, str]]:
        """source id → revision and id of the version that is stored as the one that counts."""
        v, i = t.revised.c, t.incidents.c
        found: dict[str, tuple[str, str]] = {}
        for start in range(0, len(source_ids), CHUNK):
            asked = source_ids[start : start + CHUNK]
            plain = IncidentBatch(feed, "", "", source_id=list(asked)).ids()
            found |= {s: ("", id_) for s, id_ in self.rows(sa.select(i.source_id, i.id).where(self.among(i.id, plain)))}
            known = sa.select(v.source_id, v.revision, v.id).where(v.feed == feed, self.among(v.source_id, asked))
            found |= {s: (revision, id_) for s, revision, id_ in self.rows(known)}
        return found

    def _supersede(self, versions: Sequence[Superseded]) -> None:
        batches = [(b, {s.incident.id: s.by for s in versions}) for b in batches_of(s.incident for s in versions)]
        for batch, by in batches:
            columns = _columns_of(batch)
            rows = zip(*(columns[name] for name in _KEPT), [by[i] for i in batch.ids()], strict=True)
            self.bulk(t.superseded, (*_KEPT, "superseded_by"), rows)

    def _count_before(self, feed: str, source_id: str) -> None:
        """The version that counted was withdrawn: the newest of those before it counts again."""
        v, s = t.revised.c, t.superseded.c
        self.connection.execute(sa.delete(t.revised).where(v.feed == feed, v.source_id == source_id))
        found = self.rows(sa.select(s.id).where(s.feed == feed, s.source_id == source_id))
        versions = self.incidents([id_ for (id_,) in found])
        self._delete(t.superseded, [i.id for i in versions])
        self.add_incidents(versions)

    def superseded(self, ids: Sequence[str]) -> dict[str, str]:
        s = t.superseded.c
        return dict(self.rows(sa.select(s.id, s.superseded_by).where(self.among(s.id, ids))))

    def superseded_count(self) -> int:
        return self.number(_SUPERSEDED_COUNT)

    def _name(self, said: Mapping[str, Sequence[tuple[str, str]]]) -> None:
        """Keeps what stored reports name: incident id → attributes and values."""
        i = t.incidents.c
        known = list(said)
        for start in range(0, len(known), CHUNK):
            numbers = self.rows(sa.select(i.id, i.seq).where(self.among(i.id, known[start : start + CHUNK])))
            rows = ((field, value, seq) for id_, seq in numbers for field, value in said[id_])
            self.bulk(t.incident_names, ("field", "value", "seq"), rows)

    def incidents(self, ids: Sequence[str]) -> list[Incident]:
        i, s = t.incidents.c, t.superseded.c
        found = self.rows(sa.select(*(i[name] for name in _KEPT)).where(self.among(i.id, ids)))
        found += self.rows(sa.select(*(s[name] for name in _KEPT)).where(self.among(s.id, ids)))
        return sorted(map(_incident, found), key=lambda report: (report.occurred, report.id))

    def incident_count(self) -> int:
        return self.number(sa.select(sa.func.count()).select_from(t.incidents))

    def latest_incident_seq(self) -> int:
        return self.number(_LATEST)

    def incident_columns(
        self,
        after_seq: int = 0,
        ids: Sequence[str] | None = None,
        attributes: Sequence[str] = (),
        *,
        wanted: Sequence[Wanted] | None = None,
        upto_seq: int = 0,
    ) -> IncidentColumns:
        values: dict[str, Any] = {"after": after_seq, "upto": upto_seq}
        if ids is not None:
            values["ids"] = self.several(ids)
        if wanted is not None:
            values["numbers"] = self.several(meant(self, wanted).tolist())
        said = frozenset(name for name, value in values.items() if value != 0)
        statement = _rows_of_columns(bool(attributes), said, self.on_postgres)
        return _columns(self.chunks(statement, {name: values[name] for name in said}), attributes)

    def incident_reported(self, categories: Sequence[str] = ()) -> dict[str, int]:
        i = t.incidents.c
        statement = sa.select(i.id, i.reported)
        if categories:
            statement = statement.where(i.category.in_(list(categories)))
        return {id_: reported // 1_000_000 for part in self.chunks(statement) for id_, reported in part}

    def feed_places(self, feed: str) -> dict[Datum, npt.NDArray[np.float64]]:
        i = t.incidents.c
        statement = sa.select(i.datum, i.lon, i.lat, i.accuracy_m).where(i.feed == feed).order_by(i.seq)
        found: defaultdict[str, array[float]] = defaultdict(lambda: array("d"))
        for part in self.chunks(statement):
            for datum, *place in part:
                found[datum].extend(place)
        return {Datum(datum): np.array(places).reshape(-1, 3) for datum, places in found.items()}

    def incident_cells(
        self,
        box: Box,
        zoom: int,
        occurred_from: datetime | None = None,
        occurred_to: datetime | None = None,
        categories: Sequence[str] = (),
        points_up_to: int = 1500,
    ) -> tuple[list[Cell], bool]:
        i = t.incidents.c
        conditions: list[sa.ColumnElement[bool]] = [
            i.lon.between(box.west, box.east),
            i.lat.between(box.south, box.north),
        ]
        if occurred_from is not None:
            conditions.append(i.occurred >= micros(occurred_from))
        if occurred_to is not None:
            conditions.append(i.occurred < micros(occurred_to))
        if categories:
            conditions.append(self.by_the_way(i.category).in_(list(categories)))
        # The ranges are disjoint, so their union repeats nothing; the exact comparison decides about the
        # border.
        inside = (
            sa.union_all(
                *(
                    sa.select(i.morton, i.seq, i.lon, i.lat, i.evidence).where(i.morton.between(low, high), *conditions)
                    for low, high in ranges_over(box)
                )
            )
            .subquery()
            .c
        )
        some = sa.select(sa.literal(1)).select_from(inside.seq.table).limit(points_up_to + 1).subquery()
        if self.number(sa.select(sa.func.count()).select_from(some)) <= points_up_to:
            points = sa.select(i.lon, i.lat, i.evidence, i.id).where(i.seq.in_(sa.select(inside.seq))).order_by(i.id)
            return [Cell(lon, lat, 1, int(evidence != 0), id_) for lon, lat, evidence, id_ in self.rows(points)], True
        cell = inside.morton.op(">>")(sa.literal(cell_shift(zoom), sa.Integer))
        counted = (
            sa.select(
                sa.func.avg(inside.lon).label("lon"),
                sa.func.avg(inside.lat).label("lat"),
                sa.func.count().label("count"),
                sa.func.sum(sa.case((inside.evidence != 0, 1), else_=0)).label("with_evidence"),
                sa.func.min(inside.seq).label("first"),
                cell.label("cell"),
            )
            .group_by(cell)
            .subquery()
            .c
        )
        shown = (
            sa.select(counted.lon, counted.lat, counted.count, counted.with_evidence, i.id)
            .join_from(counted.first.table, t.incidents, i.seq == counted.first)
            .order_by(counted.cell)
        )
        return [
            Cell(lon, lat, int(count), int(evidenced), id_) for lon, lat, count, evidenced, id_ in self.rows(shown)
        ], False

    def incident_histogram(self, occurred_from: datetime, occurred_to: datetime, bins: int) -> list[int]:
        start, end = micros(occurred_from), micros(occurred_to)
        if not (start < end and 1 <= bins <= 1000):
            raise ValueError(
                f"1 to 1000 bins and from < to are needed, not {bins} from {occurred_from} to {occurred_to}"
            )
        i = t.incidents.c
        place = ((i.occurred - start) * bins).op("/")(sa.literal(end - start, sa.BigInteger)).label("place")
        counts = [0] * bins
        for number, count in self.rows(
            sa.select(place, sa.func.count()).group_by(place).where(i.occurred >= start, i.occurred < end)
        ):
            counts[number] = count
        return counts

    # ---- reporters

    @writes
    def add_reporters(self, reporters: Sequence[Reporter]) -> None:
        self.bulk(t.reporters, ("key", "name", "phone"), ((r.key, r.name, r.phone) for r in reporters), "ignore")

    # ---- feeds and quarantine

    @writes
    def feed_heard(self, heard: FeedHeard) -> None:
        self.bulk(
            t.feed_readings,
            _READING,
            [
                (
                    heard.feed,
                    micros(heard.at),
                    heard.file,
                    heard.file_hash,
                    heard.read,
                    heard.stored,
                    heard.already_known,
                    heard.quarantined,
                )
            ],
        )

    def feeds(self) -> list[FeedHeard]:
        f = t.feed_readings.c
        newest: dict[str, FeedHeard] = {}
        place = sa.func.row_number().over(partition_by=f.feed, order_by=(f.at.desc(), f.number.desc())).label("place")
        ranked = sa.select(*(f[name] for name in _READING), place).subquery().c
        statement = sa.select(*(ranked[name] for name in _READING)).where(ranked.place == 1).order_by(ranked.feed)
        for feed, at, *rest in self.rows(statement):
            newest[feed] = FeedHeard(feed, moment(at), *rest)
        return list(newest.values())

    def file_was_read(self, feed: str, file_hash: str) -> bool:
        f = t.feed_readings.c
        return bool(self.rows(sa.select(f.number).where(f.feed == feed, f.file_hash == file_hash).limit(1)))

    @writes
    def quarantine(self, rows: Sequence[QuarantinedRow], at: datetime) -> int:
        return self.bulk(
            t.quarantine,
            _QUARANTINE,
            (
                (
                    r.id,
                    r.feed,
                    r.reason,
                    "open",
                    micros(at),
                    r.origin.file,
                    r.origin.file_hash,
                    r.origin.row,
                    flaws_to_json(r.flaws),
                    to_json(dict(r.raw)),
                )
                for r in rows
            ),
            "ignore",
        )

    def quarantined(
        self,
        feed: str = "",
        reason: str = "",
        status: str = "open",
        limit: int = 100,
        after: str = "",
        row_id: str = "",
    ) -> list[StoredQuarantine]:
        q = t.quarantine.c
        statement = sa.select(*(q[name] for name in _QUARANTINE)).where(q.id > after).order_by(q.id).limit(limit)
        for column, asked in ((q.feed, feed), (q.reason, reason), (q.status, status), (q.id, row_id)):
            if asked:
                statement = statement.where(column == asked)
        return [
            StoredQuarantine(
                QuarantinedRow(feed_, Origin(file, file_hash, row), flaws_from_json(flaws), json.loads(raw)),
                moment(at),
                status_,
            )
            for _, feed_, _, status_, at, file, file_hash, row, flaws, raw in self.rows(statement)
        ]

    def quarantine_counts(self) -> dict[tuple[str, str], int]:
        q = t.quarantine.c
        statement = (
            sa.select(q.feed, q.reason, sa.func.count())
            .where(q.status == "open")
            .group_by(q.feed, q.reason)
            .order_by(q.feed, q.reason)
        )
        return {(feed, reason): count for feed, reason, count in self.rows(statement)}

    @writes
    def settle_quarantine(self, ids: Sequence[str], status: str) -> None:
        self.connection.execute(sa.update(t.quarantine).where(self.among(t.quarantine.c.id, ids)).values(status=status))


_SUPERSEDED_COUNT: sa.Select[Any] = sa.select(sa.func.count()).select_from(t.superseded)
_LATEST: sa.Select[Any] = sa.select(sa.func.max(t.incidents.c.seq))


@functools.cache
def _rows_of_columns(attributes: bool, said: frozenset[str], on_postgres: bool) -> sa.Select[Any]:
    """What ``_columns`` reads; ``said``: what is asked of the incidents."""
    i = t.incidents.c
    asked = [i.id, i.lon, i.lat, i.accuracy_m, i.occurred, i.category, i.source, i.reporter, i.evidence]
    conditions = {
        "after": i.seq > sa.bindparam("after", type_=sa.BigInteger),
        "upto": i.seq <= sa.bindparam("upto", type_=sa.BigInteger),
        "ids": one_of(i.id, sa.bindparam("ids"), on_postgres),
        "numbers": one_of(i.seq, sa.bindparam("numbers"), on_postgres),
    }
    statement = sa.select(*asked, *([i.attributes] if attributes else []))
    return statement.where(*(conditions[name] for name in sorted(said)))


def flaws_to_json(flaws: Sequence[Flaw]) -> str:
    return to_json([asdict(f) for f in flaws])


def flaws_from_json(text: str) -> tuple[Flaw, ...]:
    return tuple(Flaw(**f) for f in json.loads(text))


def _columns_of(batch: IncidentBatch) -> dict[str, Iterable[Any]]:
    """Column of the table → values, once to be read."""
    n = len(batch)
    bits = {e: evidence_bits(e) for e in set(batch.evidence)}
    return {
        "id": batch.ids(),
        "feed": repeat(batch.feed, n),
        "source_id": batch.source_id,
        "source": batch.source,
        "category": batch.category,
        "occurred": batch.occurred,
        "reported": batch.reported,
        "lon": batch.lon,
        "lat": batch.lat,
        "accuracy_m": batch.accuracy_m,
        "datum": map(str, batch.datum),
        "datum_known": batch.datum_known,
        "reporter": batch.reporter,
        "evidence": [bits[e] for e in batch.evidence],
        "morton": morton(batch.lon, batch.lat).tolist(),
        "origin_file": repeat(batch.file, n),
        "origin_hash": repeat(batch.file_hash, n),
        "origin_row": batch.row,
        "attributes": [to_json(dict(a)) if a else "{}" for a in batch.attributes],
        "text": batch.text,
        "revision": batch.revision,
    }


def _incident(row: Sequence[Any]) -> Incident:
    (
        _,
        feed,
        source_id,
        source,
        category,
        occurred,
        reported,
        lon,
        lat,
        accuracy_m,
        datum,
        datum_known,
        reporter,
        evidence,
        file,
        file_hash,
        number,
        attributes,
        text,
        revision,
    ) = row
    return Incident(
        feed=feed,
        source_id=source_id,
        source=source,
        category=category,
        text=text,
        occurred=moment(occurred),
        reported=moment(reported),
        lon=lon,
        lat=lat,
        accuracy_m=accuracy_m,
        datum=Datum(datum),
        datum_known=datum_known,
        origin=Origin(file, file_hash, number),
        reporter=reporter,
        evidence=frozenset(e for k, e in enumerate(EVIDENCE) if evidence >> k & 1),
        attributes=json.loads(attributes),
        revision=revision,
    )


#: Of many reports an attribute that at most this share of them has is kept as a sparse column.
SPARSE, MANY = 0.25, 20_000
#: So many different texts are kept once each; a word is said by many reports, a number by one.
MANY_WORDS = 50_000


class _Coder:
    """Codes for texts as they come; in the end the codes are turned into positions in the sorted texts."""

    def __init__(self) -> None:
        self._codes: defaultdict[str | None, int] = defaultdict()
        self._codes.default_factory = self._codes.__len__
        self._parts: list[npt.NDArray[np.int64]] = []

    def take(self, values: Sequence[str | None]) -> None:
        self._parts.append(np.fromiter(map(self._codes.__getitem__, values), dtype=np.int64, count=len(values)))

    def done(self, order: npt.NDArray[np.int64], kind: Any) -> tuple[npt.NDArray[Any], tuple[str, ...]]:
        """Positions in the given order (-1 for None), and the texts."""
        names = tuple(sorted(name for name in self._codes if name is not None))
        position = np.full(len(self._codes) + 1, -1, dtype=kind)
        for place, name in enumerate(names):
            position[self._codes[name]] = place
        return position[_joined(self._parts, np.int64)[order]], names


def _joined(parts: list[Any], kind: Any) -> npt.NDArray[Any]:
    return np.concatenate(parts) if parts else np.empty(0, dtype=kind)


def _columns(chunks: Iterable[list[tuple[Any, ...]]], attributes: Sequence[str]) -> IncidentColumns:
    """Engine columns of rows in any order. Sorting here costs less than having the database carry the wide
    rows through its own sort."""
    ids: list[str] = []
    numbers: list[list[npt.NDArray[Any]]] = [[], [], [], [], []]
    kinds = (np.float64, np.float64, np.float32, np.int64, np.int32)
    category, source, reporter = _Coder(), _Coder(), _Coder()
    said: dict[str, tuple[array[int], list[Any]]] = {a: (array("i"), []) for a in attributes}
    known: dict[str, str] = {}
    for rows in chunks:
        columns = list(zip(*rows, strict=True))
        before = len(ids)
        ids.extend(columns[0])
        for parts, kind, place in zip(numbers, kinds, (1, 2, 3, 4, 8), strict=True):
            parts.append(np.array(columns[place], dtype=kind))
        category.take(columns[5])
        source.take(columns[6])
        reporter.take(columns[7])
        if attributes:
            for k, text in enumerate(columns[9], start=before):
                if text != "{}":
                    for name, value in json.loads(text).items():
                        if name in said:
                            if type(value) is str and len(known) < MANY_WORDS:
                                value = known.setdefault(value, value)
                            said[name][0].append(k)
                            said[name][1].append(value)
    named = np.array(ids, dtype=object)
    lon, lat, accuracy, occurred, evidence = (_joined(p, k) for p, k in zip(numbers, kinds, strict=True))
    order = _by_time_and_id(occurred, named)
    micro = occurred[order]
    categories, category_names = category.done(order, np.int32)
    sources, source_names = source.done(order, np.int16)
    reporters, reporter_names = reporter.done(order, np.int64)
    return IncidentColumns(
        ids=named[order],
        lon=lon[order],
        lat=lat[order],
        accuracy_m=accuracy[order],
        occurred=whole_seconds(micro),
        category=categories,
        categories=category_names,
        source=sources,
        sources=source_names,
        reporter=reporters,
        reporters=reporter_names,
        evidence=evidence[order],
        attributes=_attributes(said, order),
    )


def _attributes(said: dict[str, tuple[array[int], list[Any]]], order: npt.NDArray[np.int64]) -> dict[str, Column]:
    """A column for each attribute, in the given order. Most are given for few rows or none."""
    out: dict[str, Column] = {}
    place = np.empty(len(order), np.int32)
    place[order] = np.arange(len(order), dtype=np.int32)
    nothing = np.full(len(order), None, dtype=object) if len(order) < MANY else None
    for name, (rows, values) in said.items():
        if not rows and nothing is not None:
            out[name] = nothing
            continue
        there = place[np.frombuffer(rows, np.int32)]
        if len(order) < MANY or len(there) > SPARSE * len(order):
            column = np.full(len(order), None, dtype=object)
            column[there] = _objects(values)
            out[name] = column
        else:
            by_row = np.argsort(there)
            out[name] = Sparse(len(order), there[by_row], _objects(values)[by_row])
    return out


def _objects(values: list[Any]) -> npt.NDArray[Any]:
    column = np.empty(len(values), dtype=object)
    column[:] = values
    return column


def _by_time_and_id(occurred: npt.NDArray[np.int64], ids: npt.NDArray[Any]) -> npt.NDArray[np.int64]:
    """Positions sorted by (occurred, id): sorted as numbers first, then only where times are equal by id."""
    order = np.argsort(occurred, kind="stable")
    equal = np.diff(occurred[order]) == 0
    edges = np.flatnonzero(np.diff(np.concatenate(([False], equal, [False])).astype(np.int8)))
    for start, end in zip(edges[::2], edges[1::2] + 1, strict=True):
        run = order[start:end]
        order[start:end] = run[sorted(range(len(run)), key=ids[run].__getitem__)]
    return order
