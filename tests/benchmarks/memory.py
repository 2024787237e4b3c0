"""What the engine needs by itself: one process fills a store, another reads it and evaluates the library.

python tests/benchmarks/memory.py fill PATH [--incidents 1000000] [--planted 0.05] [--seed 20261122]
python tests/benchmarks/memory.py evaluate PATH
"""

from __future__ import annotations

import argparse
import resource
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from geo_monitor.domain.incident import EVIDENCE, Incident, Origin
from geo_monitor.domain.layer import Feature, LayerVersion
from geo_monitor.domain.place import Datum
from geo_monitor.domain.words import Words
from geo_monitor.engine.columns import DAY_OPEN_FROM, DAY_OPEN_TO, IncidentColumns, LayerColumns
from geo_monitor.engine.days import EPOCH
from geo_monitor.engine.evaluate import evaluate
from geo_monitor.store.sql import open_store
from geo_monitor.supervision.load import LIBRARY, load_models

BLOCK = 100_000


def peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000


def fill(path: Path, incidents: int, planted: float, seed: int) -> None:
    from tests.benchmarks.world import AS_OF, Size, build_world

    models = list(load_models([LIBRARY]).values())
    world = build_world(models, replace(Size(), incidents=incidents, planted=planted), seed)
    store = open_store(f"sqlite:///{path}")
    with store.writing() as records:
        for name, columns in sorted(world.layers.items()):
            version = LayerVersion(name, "made", f"h-{name}", "made", "none", AS_OF, "WGS84", len(columns))
            records.add_layer(version, list(features(columns)))
    for at in range(0, incidents, BLOCK):
        with store.writing() as records:
            records.add_incidents(list(reports(world.incidents, range(at, min(incidents, at + BLOCK)))))
    store.close()
    print(f"filled with {incidents:,} reports: {path.stat().st_size / 1e6:,.0f} MB")


def features(columns: LayerColumns) -> Iterator[Feature]:
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
            synthetic=True,
        )


def reports(columns: IncidentColumns, rows: range) -> Iterator[Incident]:
    said: list[dict[str, object]] = [{} for _ in rows]
    for name, column in columns.attributes.items():
        for k, value in enumerate(column[rows.start : rows.stop].tolist()):
            if value is not None:
                said[k][name] = value
    for k, attributes in zip(rows, said, strict=True):
        when, who = datetime.fromtimestamp(int(columns.occurred[k]), UTC), int(columns.reporter[k])
        seen = int(columns.evidence[k])
        yield Incident(
            "made",
            str(columns.ids[k]),
            columns.sources[columns.source[k]],
            columns.categories[columns.category[k]],
            "",
            when,
            when,
            float(columns.lon[k]),
            float(columns.lat[k]),
            0.0,
            Datum.WGS84,
            Origin("made.csv", "h", k),
            reporter=columns.reporters[who] if who >= 0 else None,
            evidence=frozenset(kind for bit, kind in enumerate(EVIDENCE) if seen >> bit & 1),
            attributes=attributes,
        )


def look(path: Path) -> None:
    from zoneinfo import ZoneInfo

    from geo_monitor.domain.place import LonLat

    models = load_models([LIBRARY])
    begun, began = peak_mb(), time.perf_counter()
    store = open_store(f"sqlite:///{path}")
    with store.reading() as records:
        names = sorted({n for m in models.values() for n in m.layers})
        layers = {n: c for n in names if (c := records.layer_columns(n)) is not None}
        fields = sorted({f for m in models.values() for f in m.fields})
        incidents = records.incident_columns(attributes=fields)
    read, loaded = peak_mb(), time.perf_counter()
    as_of, zone = datetime(2026, 11, 22, tzinfo=UTC), ZoneInfo("Asia/Shanghai")
    found = evaluate(list(models.values()), incidents, layers, as_of=as_of, centre=LonLat(91.1, 29.65), zone=zone)
    hits = sum(len(h) for h in found.hits.values())
    print(
        f"{len(incidents):,} reports: {begun:,.0f} MB with the programme, {read:,.0f} MB with all columns read, "
        f"{peak_mb():,.0f} MB at most after the evaluation ({hits:,} hits, {len(found.matters):,} matters); "
        f"read in {loaded - began:.1f} s, evaluated with all indexes made in {time.perf_counter() - loaded:.1f} s"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("step", choices=("fill", "evaluate"))
    parser.add_argument("path", type=Path)
    parser.add_argument("--incidents", type=int, default=1_000_000)
    parser.add_argument("--planted", type=float, default=0.05)
    parser.add_argument("--seed", type=int, default=20261122)
    args = parser.parse_args()
    if args.step == "fill":
        fill(args.path, args.incidents, args.planted, args.seed)
    else:
        look(args.path)


if __name__ == "__main__":
    main()
