"""100 new reports on a long history, from the rows to the leads in the store: on a million and on five.

    python tests/benchmarks/incremental.py [--incidents 1000000] [--times 5] [--rounds 20] [--folder DIR]

With ``--folder`` the stores are kept as they were before the first new report; each call works on copies of them.

The city is that of ``world.py``; its reports span two years. The longer history is the same years again, farther back
and moved a little: a city does not hear more in a day because it has listened for longer. Both stores are filled and
overlaid in full once, and what was quiet for three months is decided; then each gets the same new reports, as many an
hour as it heard before, in turn, in one process that keeps its layers and indexes as the scheduler does. Measured is
wall time from handing over the new reports to the commit of hits and leads; SQLite on disk. The day's first run, which
looks at every register anew, is told apart.
"""

from __future__ import annotations

import argparse
import json
import resource
import shutil
import statistics
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np

from geo_monitor.domain.incident import EVIDENCE, Incident, Origin
from geo_monitor.domain.layer import Feature, LayerVersion
from geo_monitor.domain.lead import LeadStatus
from geo_monitor.domain.place import Datum
from geo_monitor.domain.words import Words
from geo_monitor.engine.columns import DAY_OPEN_FROM, DAY_OPEN_TO, IncidentColumns, LayerColumns
from geo_monitor.engine.days import EPOCH
from geo_monitor.law.register import read_register
from geo_monitor.services.overlay import Overlay
from geo_monitor.services.ports import Store
from geo_monitor.store import tables
from geo_monitor.store.geometry import morton
from geo_monitor.store.search import names_in
from geo_monitor.store.sql import open_store
from geo_monitor.supervision.load import LIBRARY, load_models
from geo_monitor.wiring import shipped_layers
from tests.benchmarks.world import AS_OF, CENTRE, YEARS, ZONE, Size, build_world

NEW = 100
NOW = AS_OF
#: Few happen as models look for them, and of the calls of a city few are about what models watch: one whose every fifth
#: report made a lead would drown. In the demonstration, of 100 reports two or three open a lead or join one.
PLANTED, WATCHED = 0.002, 0.2
BLOCK = 250_000
#: After so long without a new report a lead has been decided.
QUIET = timedelta(days=90)
#: Rounds before it is measured.
WARM = 3


@dataclass
class City:
    incidents: int
    store: Store
    overlay: Overlay
    full: dict[str, float]
    leads: int
    seconds: list[float]
    raised: int = 0


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    asked.add_argument("--incidents", type=int, default=1_000_000)
    asked.add_argument("--times", type=int, default=5)
    asked.add_argument("--rounds", type=int, default=20)
    asked.add_argument("--seed", type=int, default=20261122)
    asked.add_argument("--folder", type=Path)
    given = asked.parse_args()
    with tempfile.TemporaryDirectory() as passing:
        folder = given.folder or Path(passing)
        folder.mkdir(parents=True, exist_ok=True)
        for line in measure(folder, given.incidents, given.times, given.rounds, given.seed):
            print(line, flush=True)


def measure(folder: Path, n: int, times: int, rounds: int, seed: int) -> Iterator[str]:
    models = load_models([LIBRARY])
    fresh = NEW * (rounds + WARM)
    size = replace(Size(), incidents=n + fresh, planted=PLANTED, watched=WATCHED)
    world = build_world(list(models.values()), size, seed)
    order = np.random.default_rng(seed).permutation(n + fresh)
    stored, coming = (world.incidents.take(np.sort(part)) for part in (order[:n], order[n:]))
    coming = coming.take(np.random.default_rng(seed).permutation(fresh))
    yield f"{len(models)} models, {sum(len(c) for c in world.layers.values()):,} features in {len(world.layers)} layers"
    call = f"{time.time():.0f}"
    cities = []
    for k in sorted({1, times}):
        city = _founded(folder / f"{n}-{k}.sqlite", models, world.layers, stored, k)
        cities.append(city)
        yield (
            f"{city.incidents:,} reports: {city.leads:,} leads; full run "
            + ", ".join(f"{name} {seconds:.1f} s" for name, seconds in city.full.items())
            + f"; peak {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6:.2f} GB"
        )
    pause = timedelta(days=YEARS * 365) * NEW / n
    for at in range(rounds + WARM):
        # Reports come as they came before: as many in an hour. The first rounds make what indexes are still missing.
        now = NOW + pause * (at + 1)
        first = (now - pause).astimezone(ZONE).date() != now.astimezone(ZONE).date()
        # Named by their moment too: the stores may have been kept from an earlier call.
        reports = list(_incidents(coming, range(at * NEW, (at + 1) * NEW), now, pause, call))
        for city in cities if at % 2 else cities[::-1]:
            began = time.perf_counter()
            with city.store.writing() as records:
                records.add_incidents(reports)
            report = city.overlay.run(now)
            took = time.perf_counter() - began
            assert not report.full and report.new_incidents == NEW
            if first:
                yield f"{city.incidents:,}: first run of another day {took * 1000:.0f} ms"
            elif at >= WARM:
                city.seconds.append(took)
                city.raised += len(report.opened) + len(report.joined)
    for city in cities:
        ms = sorted(1000 * s for s in city.seconds)
        yield (
            f"{NEW} new on {city.incidents:,}: median {statistics.median(ms):.0f} ms, least {ms[0]:.0f}, "
            f"nine of ten below {ms[int(0.9 * (len(ms) - 1))]:.0f}; "
            f"{city.raised / len(ms):.1f} leads raised or joined a round, {len(ms)} rounds"
        )
    if len(cities) == 2:
        ratio = statistics.median(b / a for a, b in zip(cities[0].seconds, cities[1].seconds, strict=True))
        yield f"ratio {ratio:.2f} (median over the rounds)"
    for city in cities:
        city.store.close()


def _founded(kept: Path, models: Any, layers: dict[str, LayerColumns], reports: IncidentColumns, times: int) -> City:
    """A city whose past is overlaid and decided, on a copy of its store: what a call adds would stand in the way of
    the next one, at the same places and on the same day."""
    if not kept.exists():
        making = kept.with_suffix(".making")
        making.unlink(missing_ok=True)
        store = open_store(f"sqlite:///{making}")
        _fill(store, layers, reports, times)
        _overlay(store, models).run(NOW)
        _decided(store)
        store.close()
        making.rename(kept)
    copy = kept.with_suffix(".copy")
    shutil.copyfile(kept, copy)
    store = open_store(f"sqlite:///{copy}")
    overlay = _overlay(store, models)
    report = overlay.run(NOW)
    with store.reading() as records:
        known, leads = records.incident_count(), sum(records.lead_counts(trial=None).values())
    return City(known, store, overlay, report.seconds, leads, [])


def _overlay(store: Store, models: Any) -> Overlay:
    definitions = {f.name: f for layer in shipped_layers() for f in layer.family()}
    return Overlay(store, models, read_register(), definitions, centre=CENTRE, zone=ZONE, synthetic=True)


def _decided(store: Store) -> None:
    """People have looked at what has been quiet for a while: a city does not leave its leads open for ten years."""
    with store.writing() as records:
        for lead in records.leads_of():
            if not lead.status.closed and lead.last < NOW - QUIET:
                records.put_lead(replace(lead, status=LeadStatus.DISMISSED))


def _fill(store: Store, layers: dict[str, LayerColumns], reports: IncidentColumns, times: int) -> None:
    with store.writing() as records:
        for name, columns in sorted(layers.items()):
            version = LayerVersion(
                name, "made", f"h-{name}", "made", "none", NOW, "WGS84", len(columns), synthetic=True
            )
            records.add_layer(version, list(_features(columns)))
    seq = 0
    for k in reversed(range(times)):
        with store.writing() as records:
            seq = _add(records, reports, k, seq)


def _features(columns: LayerColumns) -> Iterator[Feature]:
    for k, name in enumerate(columns.ids.tolist()):
        first, last = int(columns.valid_from[k]), int(columns.valid_to[k])
        yield Feature(
            columns.name,
            name,
            Words(name, name),
            columns.geometry[k],
            {field: column[k] for field, column in columns.properties.items() if column[k] is not None},
            None if first == DAY_OPEN_FROM else EPOCH + timedelta(days=first),
            None if last == DAY_OPEN_TO else EPOCH + timedelta(days=last),
            columns.parent[k],
            float(columns.accuracy_m[k]),
            synthetic=True,
        )


def _said(columns: IncidentColumns, rows: Sequence[int]) -> list[dict[str, Any]]:
    """The attributes of these rows."""
    out: list[dict[str, Any]] = [{} for _ in rows]
    for name, column in columns.attributes.items():
        for k, value in enumerate(column[rows].tolist()):
            if value is not None:
                out[k][name] = value
    return out


def _add(records: Any, columns: IncidentColumns, copy: int, seq: int) -> int:
    """Adds the reports once more, ``copy`` times two years farther back, moved by some 30 m. Ready rows, past the door
    that makes each a checked value: filling is not what is measured."""
    moved = np.random.default_rng(copy).normal(0, 0.0003 if copy else 0.0, (2, len(columns)))
    lon, lat = columns.lon + moved[0], columns.lat + moved[1]
    occurred = (columns.occurred - copy * YEARS * 365 * 86400) * 1_000_000
    keys = morton(lon, lat).tolist()
    names = (
        *("seq", "id", "feed", "source_id", "source", "category", "occurred", "reported", "lon", "lat"),
        *("accuracy_m", "datum", "reporter", "evidence", "morton", "origin_file", "origin_hash", "origin_row"),
        *("attributes", "text"),
    )
    for at in range(0, len(columns), BLOCK):
        rows = range(at, min(at + BLOCK, len(columns)))
        said = _said(columns, rows)
        made, named = [], []
        for k, attributes in zip(rows, said, strict=True):
            seq += 1
            one = f"c{copy}{columns.ids[k]}"
            who = int(columns.reporter[k])
            made.append(
                (
                    *(seq, one, "made", one, columns.sources[columns.source[k]]),
                    *(columns.categories[columns.category[k]], int(occurred[k]), int(occurred[k])),
                    *(float(lon[k]), float(lat[k]), float(columns.accuracy_m[k]), "wgs84"),
                    columns.reporters[who] if who >= 0 else None,
                    *(int(columns.evidence[k]), keys[k], "made.csv", "h", k, json.dumps(attributes), ""),
                )
            )
            named += [(field, value, seq) for field, value in names_in(attributes)]
        records.bulk(tables.incidents, names, made)
        records.bulk(tables.incident_names, ("field", "value", "seq"), named)
    return seq


def _incidents(
    columns: IncidentColumns, rows: Sequence[int], now: datetime, pause: timedelta, call: str
) -> Iterator[Incident]:
    """Reports of the time since the last round."""
    for j, (k, attributes) in enumerate(zip(rows, _said(columns, rows), strict=True)):
        when = now - timedelta(seconds=round(pause.total_seconds() * (j + 0.5) / len(rows)))
        who, seen = int(columns.reporter[k]), int(columns.evidence[k])
        yield Incident(
            "made",
            f"new-{call}-{columns.ids[k]}",
            columns.sources[columns.source[k]],
            columns.categories[columns.category[k]],
            "",
            when.astimezone(UTC),
            when.astimezone(UTC),
            float(columns.lon[k]),
            float(columns.lat[k]),
            0.0,
            Datum.WGS84,
            Origin("new.csv", "h", k),
            reporter=columns.reporters[who] if who >= 0 else None,
            evidence=frozenset(kind for bit, kind in enumerate(EVIDENCE) if seen >> bit & 1),
            attributes=attributes,
        )


if __name__ == "__main__":
    main()
