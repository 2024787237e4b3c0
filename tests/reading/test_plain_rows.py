"""Rows read column by column come out as they do one by one."""

from __future__ import annotations

import csv
import random
from dataclasses import replace
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geo_monitor.domain.batch import IncidentBatch, batches_of
from geo_monitor.domain.incident import Incident, QuarantinedRow
from geo_monitor.domain.place import Box
from geo_monitor.reading import csv_rows
from geo_monitor.reading.csv_rows import Encoding, read_parts, read_rows
from geo_monitor.reading.feed_rows import read_block, rows_of
from geo_monitor.reading.feeds import FeedReading, read_incidents
from geo_monitor.reading.mappings import FeedMapping, read_feed_mappings
from geo_monitor.reading.plain_rows import local_seconds
from geo_monitor.services.dates import read_moment

BOX = Box(89.5, 29.2, 92.8, 31.1)
HEAD = [
    "编号",
    "分号",
    "时间",
    "受理",
    "类别",
    "来源",
    "标题",
    "内容",
    "姓名",
    "电话",
    "经度",
    "纬度",
    "精度",
    "附件",
    "车牌",
    "深",
    "更新",
]
MAPPING = """
feed: hotline
title: {zh: 热线（合成）, en: Hotline (synthetic)}
datum: GCJ02
id: [编号, 分号]
columns:
  occurred: 时间
  reported: 受理
  corrected: 更新
  text: [标题, 内容]
  category: {column: 类别, map: {采砂: sand_mining, 倾倒: waste_dumping}, otherwise: quarantine}
  source: {column: 来源, map: {电话: hotline, 群众: volunteer}, otherwise: other}
  lon: 经度
  lat: 纬度
  accuracy_m: {column: 精度, value: 30}
  reporter: {name: 姓名, phone: 电话}
  evidence: {column: 附件, separator: ";", map: {照片: photo, 视频: video}}
attributes: {vehicle: 车牌, depth_m: {column: 深, kind: number}}
skip: {标题: {values: [重复], reason: marked_duplicate}}
"""
#: For each column what offices write into it, good and bad.
CELLS = {
    "编号": ["A1", "A2", " A3 ", "", "A,4", 'A"5'],
    "分号": ["1", "2", ""],
    "时间": [
        "2026-03-01 10:05:09",
        "2026/03/01 10:05",
        "2026-03-01T10:05:09",
        "2026-03-01T10:05:09+08:00",
        "2026-03-01",
        "2026-3-1 9:05",
        "2026-02-30 10:00:00",
        "1986-05-04 02:30:00",
        "1991-09-15 01:30:00",
        "0000-01-01 00:00:00",
        "9999-12-31 23:59:59",
        "2026-03-01 24:00:00",
        "2026-03-01 10:05:60",
        "2026-03/01 10:05:09",
        "２026-03-01 10:05:09",
        "昨天",
        "",
    ],
    "受理": ["2026-03-01 11:00:00", "", "2026-02-01 11:00:00", "2026-03-01", "?"],
    "更新": ["", "2026-03-02 08:00:00", "2026-03-02", "2026/03/03 08:00", "后天"],
    "类别": ["采砂", "倾倒", " 采砂", "别的", ""],
    "来源": ["电话", "群众", "别的", ""],
    "标题": ["河边", "重复", "", " 有\n行 ", "\x07响"],
    "内容": ["夜间", "", "“引”", "x" * 300],
    "姓名": ["合成甲", "合成 乙", "", "(kept apart) r1"],
    "电话": ["13900000001", "+86 139-0000-0001", "139****0001", ""],
    "经度": [
        "91.117",
        " 91.2",
        "91°7'1\"",
        "29.65",
        "1e2",
        "９１.1",
        "",
        "x",
        "-91.1",
        "91_1",
        "nan",
        "180.5",
        "+91.3",
        ".5",
    ],
    "纬度": ["29.657", "29.7 ", "29°39'", "91.1", "", "91,1", "inf", "31.2"],
    "精度": ["", "10", "-1", "十", "1e999"],
    "附件": ["", "照片", "照片;视频", "照片; ", "别的", "document"],
    "车牌": ["", "藏A00001（合成）", "－"],
    "深": ["", "1.5", "二"],
}
ROWS = st.lists(st.tuples(*(st.sampled_from(CELLS[c]) for c in HEAD)), min_size=1, max_size=30)
ZONES = ("Asia/Shanghai", "America/Chicago", "Asia/Kathmandu", "UTC")


def mapping(tmp_path: Path, text: str = MAPPING) -> FeedMapping:
    folder = tmp_path / "feeds"
    folder.mkdir(exist_ok=True)
    (folder / "f.yaml").write_text(text, encoding="utf-8")
    (found,) = read_feed_mappings(folder).values()
    return found


def one_by_one(reading: FeedReading) -> list[Incident | QuarantinedRow]:
    (sheet,) = reading.sheets
    rows = list(rows_of(sheet.rows(), sheet.file, reading.mapping))
    called = reading.datum_override
    read = read_block(rows, reading.mapping, BOX, b"k", sheet.file, reading.file_hash, called)
    return [row.value for row in read]


@settings(deadline=None)
@given(rows=ROWS, zone=st.sampled_from(ZONES), called=st.sampled_from(["", "WGS84"]))
def test_rows_come_out_column_by_column_as_one_by_one(
    rows: list[tuple[str, ...]], zone: str, called: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("plain")
    path = folder / "input.csv"
    with path.open("w", encoding="utf-8", newline="") as out:
        csv.writer(out).writerows([HEAD, *rows])
    feed = replace(mapping(folder), time_zone=zone)
    reading = read_incidents(path, feed, box=BOX, key=b"k", datum_override=called)
    assert list(reading) == one_by_one(reading)


@pytest.mark.parametrize("broken", range(len(HEAD)))
def test_a_byte_that_is_no_text_costs_its_row_and_no_other(broken: int, tmp_path: Path) -> None:
    good = [CELLS[c][0] for c in HEAD]
    good[HEAD.index("标题")], good[HEAD.index("纬度")] = "河边", "29.657"
    rows = [[f"A{k}", *good[1:]] for k in range(3)]
    rows[1][broken] = "X"
    path = tmp_path / "input.csv"
    with path.open("w", encoding="utf-8", newline="") as out:
        csv.writer(out).writerows([HEAD, *rows])
    path.write_bytes(path.read_bytes().replace(b"X", b"\xff"))
    reading = read_incidents(path, mapping(tmp_path), box=BOX, key=b"k")
    read = list(reading)
    assert read == one_by_one(reading)
    assert [isinstance(row, Incident) for row in read] == [True, False, True]


def test_most_rows_of_a_good_file_are_plain(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Else the two ways would be equal because there is only one."""
    chance = random.Random(20261123)
    rows = [[chance.choice(CELLS[c][:2]).replace("\x07", "") for c in HEAD] for _ in range(2000)]
    for k, row in enumerate(rows):
        row[0], row[6], row[11] = f"A{k}", "河边", "29.657"
    path = tmp_path / "input.csv"
    with path.open("w", encoding="utf-8", newline="") as out:
        csv.writer(out).writerows([HEAD, *rows])
    asked: list[int] = []

    def counted(block: list[object], *rest: object) -> list[object]:
        asked.append(len(block))
        return []

    monkeypatch.setattr("geo_monitor.reading.feeds.read_block", counted)
    reading = read_incidents(path, mapping(tmp_path), box=BOX, key=b"k")
    assert sum(map(len, reading.arrivals())) == 2000
    assert asked == []


MOMENTS = st.one_of(st.sampled_from(CELLS["时间"]), st.datetimes().map(lambda d: d.isoformat(" ", "seconds")))


@given(MOMENTS)
def test_a_moment_is_plain_only_if_it_is_read_the_same_way(said: str) -> None:
    seconds, fits = local_seconds([said, "2026-03-01 10:05:09"])
    assert fits[1]
    if fits[0]:
        moment, day_only = read_moment(said, ZoneInfo("UTC"))
        assert (int(moment.timestamp()), day_only) == (int(seconds[0]), False)


# ---- parts of a CSV ------------------------------------------------------------------------------------------------

PIECES = st.lists(
    st.sampled_from(["a", "b,c", '"q"', '"two\nlines"', '"open', "\n", "\r\n", "\r", ",", '""', 'x"y', "\n\n"]),
    max_size=60,
)


@settings(deadline=None)
@given(pieces=PIECES, size=st.integers(1, 40))
def test_a_csv_read_in_pieces_of_any_size_has_the_same_rows(
    pieces: list[str], size: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("csv") / "x.csv"
    path.write_text("".join(pieces), encoding="utf-8", newline="")
    encoding = Encoding("utf-8", "UTF-8")
    whole = list(read_rows(path, encoding, ","))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(csv_rows, "_CHUNK", size)
        assert list(read_rows(path, encoding, ",")) == whole
        numbers = [n for part in read_parts(path, encoding, ",") for n in _numbers(part)]
    assert numbers == list(range(1, len(whole) + 1))


def _numbers(part: csv_rows.Plain | csv_rows.RawRow) -> list[int]:
    if isinstance(part, csv_rows.RawRow):
        return [part.number]
    return list(range(part.number, part.number + len(part.rows)))


# ---- batches -------------------------------------------------------------------------------------------------------


@settings(deadline=None)
@given(rows=ROWS)
def test_a_batch_says_of_its_reports_what_they_say_themselves(
    rows: list[tuple[str, ...]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("batch")
    path = folder / "input.csv"
    with path.open("w", encoding="utf-8", newline="") as out:
        csv.writer(out).writerows([HEAD, *rows])
    reading = read_incidents(path, mapping(folder), box=BOX, key=b"k")
    incidents = [row for row in reading if isinstance(row, Incident)]
    batches = batches_of(incidents)
    assert [i for b in batches for i in b] == incidents
    assert [i for b in batches for i in b.ids()] == [i.id for i in incidents]
    assert [c for b in batches for c in b.contents()] == [i.content for i in incidents]
    for b in batches:
        order = np.random.default_rng(1).permutation(len(b)).tolist()
        assert list(b.take(order)) == [b.incident(k) for k in order]


def test_an_empty_batch_holds_nothing() -> None:
    empty = IncidentBatch("hotline", "x.csv", "h")
    assert (len(empty), list(empty), empty.ids(), empty.contents()) == (0, [], [], [])
