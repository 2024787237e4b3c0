"""An office sends the same report again and again, in whatever file it has at hand: it is one row."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import openpyxl
import pytest

from geo_monitor.reading.feeds import import_file
from geo_monitor.services.ports import Store
from geo_monitor.store.sql import open_store
from tests.fakes import MemoryStore
from tests.reading.test_feeds import AT, GOOD, HEADER, HOTLINE, KEY, LHASA, mapping

DELIVERIES = 1000
WITH_VERSIONS = HOTLINE.replace("  text: [标题, 内容]\n", "  text: [标题, 内容]\n  corrected: 更新时间\n")
#: The newest version says something else, from another place; all were received in another order than they were made.
VERSIONS = [GOOD | {"更新时间": f"2026-03-0{2 + k} 09:00", "内容": f"第{k}次", "经度": f"91.12{k}"} for k in range(5)]


def delivered(folder: Path, rows: Sequence[dict[str, str]], chance: random.Random, number: int) -> Path:
    """A file with these rows, in some encoding, with some delimiter or as a workbook, its columns in any order."""
    header = [*HEADER, "更新时间"]
    chance.shuffle(header)
    cells = [header, *([row.get(c, "") for c in header] for row in rows)]
    form = chance.choice(["utf-8", "utf-8-sig", "gb18030", "xlsx"])
    path = folder / f"热线{number}.{'xlsx' if form == 'xlsx' else 'csv'}"
    if form == "xlsx":
        book = openpyxl.Workbook()
        for row in cells:
            book.active.append(row)
        book.save(path)
    else:
        delimiter = chance.choice([",", "\t", ";"] if all(";" not in c for row in cells for c in row) else [",", "\t"])
        path.write_text("".join(delimiter.join(row) + "\n" for row in cells), encoding=form)
    return path


@pytest.mark.parametrize("kind", ["memory", "sqlite"])
@pytest.mark.parametrize("seed", [1, 2])
def test_a_thousand_deliveries_of_one_report_are_one_row(tmp_path: Path, kind: str, seed: int) -> None:
    store: Store = MemoryStore() if kind == "memory" else open_store(f"sqlite:///{tmp_path / 'geo-monitor.db'}")
    chance = random.Random(seed)
    sent, files = 0, 0
    while sent < DELIVERIES:
        n = min(chance.randrange(1, 40), DELIVERIES - sent)
        path = delivered(tmp_path, [GOOD] * n, chance, files)
        at = AT + timedelta(minutes=chance.randrange(10_000))
        report = import_file(store, path, mapping(tmp_path), box=LHASA, key=KEY, at=at)
        assert (report.read, report.quarantined) == (n, 0)
        assert report.stored == (1 if sent == 0 else 0)
        sent, files = sent + n, files + 1
    with store.reading() as records:
        assert (sent, records.incident_count(), records.quarantine_counts()) == (DELIVERIES, 1, {})


@pytest.mark.parametrize("seed", range(4))
def test_a_thousand_deliveries_of_five_versions_in_any_order_leave_the_newest(tmp_path: Path, seed: int) -> None:
    store = open_store(f"sqlite:///{tmp_path / 'geo-monitor.db'}")
    chance = random.Random(seed)
    everything = [v for v in VERSIONS for _ in range(DELIVERIES // len(VERSIONS))]
    chance.shuffle(everything)
    files = 0
    while everything:
        rows = [everything.pop() for _ in range(min(chance.randrange(1, 80), len(everything)))]
        path = delivered(tmp_path, rows, chance, files)
        report = import_file(store, path, mapping(tmp_path, WITH_VERSIONS), box=LHASA, key=KEY, at=AT)
        assert (report.read, report.quarantined) == (len(rows), 0)
        files += 1
    with store.reading() as records:
        assert (records.incident_count(), records.superseded_count(), records.quarantine_counts()) == (1, 4, {})
        columns = records.incident_columns()
        (newest,) = records.incidents(columns.ids.tolist())
    assert (newest.lon, newest.text) == (91.124, "河里采砂 第4次")
