"""Files as offices send them and, beside each, what becomes of every row, in words."""

from __future__ import annotations

from pathlib import Path

import pytest

from geo_monitor.domain.incident import Incident
from geo_monitor.domain.place import Box
from geo_monitor.reading.feeds import read_incidents
from geo_monitor.reading.mappings import read_feed_mappings
from geo_monitor.services.ingest import decide_import

FEEDS = Path(__file__).resolve().parents[1] / "data" / "feeds"
PAIRS = sorted(p.parent for p in FEEDS.glob("*/feed.yaml"))
LHASA = Box(89.5, 29.2, 92.8, 31.1)


def in_words(folder: Path) -> str:
    """What becomes of ``input.*`` read as ``feed.yaml`` says."""
    (mapping,) = read_feed_mappings(folder).values()
    (file,) = folder.glob("input.*")
    reading = read_incidents(file, mapping, box=LHASA, key=b"only for tests")
    decision = decide_import(reading, lambda ids: {}, reading.raw_of)
    lines = [f"{decision.read} read, {len(decision.new)} reports, {len(decision.quarantined)} in quarantine", ""]
    lines += ["reports:", *(_report(i) for i in decision.new), ""]
    for q in decision.quarantined:
        lines += [f"quarantine, row {q.origin.row} of {q.origin.file}:", *(f"  {flaw}" for flaw in q.flaws)]
        lines += ["  kept: " + "; ".join(f"{k}: {v}" for k, v in q.raw.items() if v), ""]
    lines += ["notes:", *(f"  {n}" for n in reading.notes)]
    return "\n".join(lines) + "\n"


def _report(i: Incident) -> str:
    rest = "".join(f"; {k}: {v}" for k, v in i.attributes.items())
    return (
        f"  {i.source_id}, row {i.origin.row} of {i.origin.file}: {i.source}, {i.category}, {i.occurred.isoformat()}\n"
        f"    {i.lon:.6f} {i.lat:.6f} (from {i.datum}, {i.datum_known}); {i.text}{rest}"
    )


@pytest.mark.parametrize("folder", PAIRS, ids=lambda p: p.name)
def test_a_file_of_an_office_is_read_as_it_stands_beside_it(folder: Path) -> None:
    assert in_words(folder) == (folder / "expected.txt").read_text(encoding="utf-8")


def test_every_kind_of_file_has_its_pair() -> None:
    kinds = {p.suffix for folder in PAIRS for p in folder.glob("input.*")}
    assert kinds >= {".csv", ".tsv", ".xlsx", ".xls", ".geojson", ".zip", ".gpkg", ".kml", ".kmz"}
