"""A file of a million reports, from the CSV to the commit: mapping, validation and store on SQLite.

    python tests/benchmarks/imports.py [--rows 1000000] [--people 50000] [--compare 20000]

The file is made here (synthetic; GB18030, quoted texts with commas, GCJ-02, two times, a reporter, evidence), one row
in two hundred is spoiled. Measured is wall and CPU time of ``import_file`` into an empty store, the memory at its peak,
and the same for a part of the file read row by row, as it was before rows were read column by column.
"""

from __future__ import annotations

import argparse
import csv
import random
import resource
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from unittest import mock

from geo_monitor.domain.place import Box
from geo_monitor.reading.feeds import import_file
from geo_monitor.reading.mappings import FeedMapping, read_feed_mappings
from geo_monitor.reading.plain_rows import PlainReader
from geo_monitor.services.ingest import ImportReport
from geo_monitor.store.sql import open_store

AT = datetime(2026, 11, 1, tzinfo=UTC)
BOX = Box(89.5, 29.2, 92.8, 31.1)
MAPPING = """
feed: hotline
title: {zh: 热线（合成）, en: Hotline (synthetic)}
source: hotline
datum: GCJ02
id: [工单编号]
columns:
  occurred: 发生时间
  reported: 受理时间
  text: [标题, 内容]
  category: {column: 类别, map: {采砂: sand_mining, 倾倒: waste_dumping, 排污: discharge}, otherwise: quarantine}
  lon: 经度
  lat: 纬度
  reporter: {name: 姓名, phone: 电话}
  evidence: {column: 附件, separator: ";", map: {照片: photo, 视频: video}}
"""
HEAD = ["工单编号", "发生时间", "受理时间", "类别", "标题", "内容", "姓名", "电话", "经度", "纬度", "附件"]
SPOILED = 200


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    asked.add_argument("--rows", type=int, default=1_000_000)
    asked.add_argument("--people", type=int, default=50_000)
    asked.add_argument("--compare", type=int, default=20_000)
    asked.add_argument("--seed", type=int, default=20261123)
    given = asked.parse_args()
    with tempfile.TemporaryDirectory() as passing:
        folder = Path(passing)
        (folder / "feed.yaml").write_text(MAPPING, encoding="utf-8")
        (mapping,) = read_feed_mappings(folder).values()
        path = write(folder / "all.csv", given.rows, given.people, given.seed)
        many = measure(folder, path, mapping)
        print(f"{path.stat().st_size / 1e6:,.0f} MB", told(many), f"peak {memory():,.0f} MB")
        part = write(folder / "part.csv", given.compare, given.people, given.seed)
        quick = measure(folder, part, mapping)
        with mock.patch.object(PlainReader, "of", return_value=None):
            slow = measure(folder, part, mapping)
        print("a part of it, column by column:", told(quick))
        print("the same, row by row:          ", told(slow))
        print(f"ratio {slow[2] / quick[2]:.1f} in CPU seconds")


def write(path: Path, rows: int, people: int, seed: int) -> Path:
    chance = random.Random(seed)
    start = datetime(2024, 1, 1)
    with path.open("w", encoding="gb18030", newline="") as out:
        sheet = csv.writer(out)
        sheet.writerow(HEAD)
        for k in range(rows):
            when = start + timedelta(seconds=chance.randrange(60_000_000))
            who = chance.randrange(people)
            row = [
                f"HC{k:09d}",
                f"{when}",
                f"{when + timedelta(minutes=chance.randrange(600))}",
                chance.choice(("采砂", "倾倒", "排污")),
                "河边有人作业（合成）",
                f"合成内容第{k}条,晚上有挖机和{chance.randrange(2, 9)}辆货车在河滩,噪声很大",
                f"合成{who}",
                f"139{who:08d}",
                f"{chance.uniform(90.9, 91.3):.6f}",
                f"{chance.uniform(29.55, 29.8):.6f}",
                chance.choice(("", "照片", "照片;视频")),
            ]
            if k % SPOILED == 0:
                row[chance.choice((1, 3, 8))] = chance.choice(("", "不详", "29.65"))
            sheet.writerow(row)
    return path


def measure(folder: Path, path: Path, mapping: FeedMapping) -> tuple[ImportReport, float, float]:
    """The report, and seconds by the clock on the wall and of the processor."""
    (folder / "store.db").unlink(missing_ok=True)
    store = open_store(f"sqlite:///{folder / 'store.db'}")
    wall, cpu = time.perf_counter(), time.process_time()
    report = import_file(store, path, mapping, box=BOX, key=b"only to measure", at=AT)
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    store.close()
    return report, wall, cpu


def told(measured: tuple[ImportReport, float, float]) -> str:
    report, wall, cpu = measured
    return (
        f"{report.read:,} rows, {report.stored:,} stored, {report.quarantined:,} in quarantine: {wall:.1f} s, "
        f"{cpu:.1f} CPU s, {report.read / wall:,.0f} rows/s"
    )


def memory() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3


if __name__ == "__main__":
    main()
