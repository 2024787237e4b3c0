"""Feeds: mappings in YAML, rows as incidents, and what becomes of rows that cannot be trusted."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from geo_monitor.domain.incident import Incident, QuarantinedRow
from geo_monitor.domain.place import Box, Datum
from geo_monitor.errors import ConfigError, FileError, NotFoundError
from geo_monitor.reading.datum import gcj02_to_bd09, wgs84_to_gcj02
from geo_monitor.reading.feeds import import_file, read_incidents, read_row_again, retry_quarantine
from geo_monitor.reading.mappings import FeedMapping, read_feed_mappings
from tests.fakes import MemoryStore

LHASA = Box(89.5, 29.2, 92.8, 31.1)
AT = datetime(2026, 11, 1, tzinfo=UTC)
KEY = b"only for tests"

HOTLINE = """
feed: hotline
title: {zh: 热线（合成）, en: Hotline (synthetic)}
source: hotline
files: files/hotline-*.csv
expected_every: 1 d
datum: CGCS2000
id: [工单编号]
columns:
  occurred: 发生时间
  reported: 受理时间
  text: [标题, 内容]
  category:
    column: 类别
    map: {采砂: sand_mining, 倾倒: waste_dumping}
    otherwise: quarantine
  lon: 经度
  lat: 纬度
  accuracy_m: {column: 精度, value: 30}
  reporter: {name: 来电人, phone: 电话}
  evidence: {column: 附件, separator: ";", map: {照片: photo, 无: ""}}
attributes:
  vehicle: 车牌
  depth_m: {column: 深度, kind: number}
skip: {状态: {values: [重复], reason: marked_duplicate}, 性质: [咨询]}
"""
HEADER = [
    "工单编号",
    "发生时间",
    "受理时间",
    "标题",
    "内容",
    "类别",
    "经度",
    "纬度",
    "精度",
    "来电人",
    "电话",
    "附件",
    "车牌",
    "深度",
    "状态",
    "性质",
]
GOOD = {
    "工单编号": "W-1", "发生时间": "2026-03-01 22:30", "受理时间": "2026-03-02 08:00", "标题": "河里采砂",
    "内容": "夜间有车",
    "类别": "采砂", "经度": "91.117", "纬度": "29.6578", "精度": "15", "来电人": "合成甲", "电话": "+86 000-1234 5678",
    "附件": "照片; 无", "车牌": "合A00001", "深度": "2.5",
}  # fmt: skip


def mapping(folder: Path, text: str = HOTLINE) -> FeedMapping:
    feeds = folder / "feeds"
    feeds.mkdir(exist_ok=True)
    (feeds / "feed.yaml").write_text(text, encoding="utf-8")
    (found,) = read_feed_mappings(feeds).values()
    return found


def table(folder: Path, *rows: Mapping[str, str], name: str = "热线.csv") -> Path:
    lines = [",".join(HEADER), *(",".join(row.get(c, "") for c in HEADER) for row in rows)]
    path = folder / name
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def read(folder: Path, *rows: Mapping[str, str], text: str = HOTLINE) -> list[Incident | QuarantinedRow]:
    return list(read_incidents(table(folder, *rows), mapping(folder, text), box=LHASA, key=KEY))


def one(folder: Path, text: str = HOTLINE, **changed: str) -> Incident | QuarantinedRow:
    (row,) = read(folder, GOOD | changed, text=text)
    return row


def incident(folder: Path, text: str = HOTLINE, **changed: str) -> Incident:
    row = one(folder, text, **changed)
    assert isinstance(row, Incident), row
    return row


def quarantined(folder: Path, text: str = HOTLINE, **changed: str) -> QuarantinedRow:
    row = one(folder, text, **changed)
    assert isinstance(row, QuarantinedRow), row
    return row


# ---- what a good row becomes --------------------------------------------------------------------------------


def test_a_row_becomes_an_incident_that_knows_where_it_stood(tmp_path: Path) -> None:
    i = incident(tmp_path)
    assert (i.feed, i.source_id, i.source, i.category, i.text) == (
        "hotline",
        "W-1",
        "hotline",
        "sand_mining",
        "河里采砂 夜间有车",
    )
    assert i.occurred == datetime(2026, 3, 1, 14, 30, tzinfo=UTC)
    assert i.reported == datetime(2026, 3, 2, 0, 0, tzinfo=UTC)
    assert (i.lon, i.lat, i.accuracy_m, i.datum) == (91.117, 29.6578, 15.0, Datum.CGCS2000)
    assert i.evidence == {"photo"}
    assert i.attributes == {"vehicle": "合A00001", "depth_m": 2.5}
    assert (i.origin.file, i.origin.row) == ("热线.csv", 2)


def test_without_a_time_of_report_it_is_that_of_the_act_and_without_accuracy_the_mapping_s(tmp_path: Path) -> None:
    i = incident(tmp_path, 受理时间="", 精度="")
    assert i.reported == i.occurred
    assert i.accuracy_m == 30.0


def test_a_day_without_a_time_is_put_at_noon_and_says_so(tmp_path: Path) -> None:
    """At midnight every such report would count as one made at night."""
    i = incident(tmp_path, 发生时间="2026-03-01")
    assert i.occurred == datetime(2026, 3, 1, 4, 0, tzinfo=UTC)
    assert i.attributes["day_only"] is True


@pytest.mark.parametrize("datum", ["GCJ02", "BD09"])
def test_places_of_phone_maps_come_to_where_they_are(tmp_path: Path, datum: str) -> None:
    lon, lat = wgs84_to_gcj02(91.117, 29.6578)
    if datum == "BD09":
        lon, lat = gcj02_to_bd09(lon, lat)
    i = incident(tmp_path, HOTLINE.replace("CGCS2000", datum), 经度=f"{lon:.10f}", 纬度=f"{lat:.10f}")
    assert (i.lon, i.lat) == pytest.approx((91.117, 29.6578), abs=1e-8)
    assert i.datum == datum


def test_each_row_may_name_its_own_system(tmp_path: Path) -> None:
    text = HOTLINE.replace("datum: CGCS2000", "datum: {column: 性质, map: {手机地图: GCJ02}}").replace(
        ", 性质: [咨询]", ""
    )
    lon, lat = wgs84_to_gcj02(91.117, 29.6578)
    shifted = {"经度": f"{lon:.10f}", "纬度": f"{lat:.10f}", "性质": "手机地图"}
    rows = read(tmp_path, GOOD | shifted, GOOD | {"性质": "WGS84"}, GOOD | {"性质": "西安80"}, GOOD, text=text)
    assert [type(r) for r in rows] == [Incident, Incident, QuarantinedRow, QuarantinedRow]
    assert (rows[0].lon, rows[0].lat) == pytest.approx((91.117, 29.6578), abs=1e-8)  # type: ignore[union-attr]
    assert [r.reason for r in rows[2:]] == ["unknown_datum", "unknown_datum"]  # type: ignore[union-attr]
    assert rows[2].flaws[0].value == "西安80"  # type: ignore[union-attr]


def test_an_unmapped_category_may_have_a_name_of_its_own(tmp_path: Path) -> None:
    assert (
        incident(tmp_path, HOTLINE.replace("otherwise: quarantine", "otherwise: other"), 类别="别的").category
        == "other"
    )


def test_the_time_zone_is_the_mapping_s(tmp_path: Path) -> None:
    i = incident(tmp_path, HOTLINE + "time_zone: Asia/Urumqi\n")
    assert i.occurred == datetime(2026, 3, 1, 16, 30, tzinfo=UTC)


def test_a_form_of_date_that_is_ambiguous_is_read_only_as_declared(tmp_path: Path) -> None:
    assert quarantined(tmp_path, 发生时间="03/04/2026").reason == "unreadable_date"
    text = HOTLINE.replace("occurred: 发生时间", 'occurred: {column: 发生时间, format: "%d/%m/%Y %H:%M"}')
    assert incident(tmp_path, text, 发生时间="03/04/2026 10:00", 受理时间="").occurred.month == 4


# ---- what is not trusted ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changed", "reason", "field", "said"),
    [
        ({"工单编号": " "}, "missing_id", "工单编号", "an id"),
        ({"经度": ""}, "no_coordinates", "经度", "the cell is empty"),
        ({"纬度": "二十九"}, "impossible_coordinates", "纬度", "a number"),
        ({"经度": "191"}, "impossible_coordinates", "经度/纬度", "a place on earth"),
        ({"经度": "91.1", "纬度": "91.1"}, "impossible_coordinates", "经度/纬度", "a place on earth"),
        ({"经度": "0", "纬度": "0"}, "outside_city", "经度/纬度", "the city's box 89.5 29.2 92.8 31.1"),
        ({"经度": "116.4", "纬度": "39.9"}, "outside_city", "经度/纬度", "the city's box"),
        ({"经度": "29.6578", "纬度": "91.117"}, "swapped_axes", "经度/纬度", "east before north"),
        ({"发生时间": "去年"}, "unreadable_date", "发生时间", "a time like"),
        ({"发生时间": ""}, "unreadable_date", "发生时间", "a time like"),
        ({"发生时间": "2026-02-30 10:00"}, "unreadable_date", "发生时间", "there is no such time"),
        ({"受理时间": "昨天"}, "unreadable_date", "受理时间", "a time like"),
        ({"受理时间": "2026-02-27"}, "reported_before_occurred", "发生时间", "not more than a day before"),
        ({"类别": "咨询"}, "unknown_category", "类别", "采砂, 倾倒"),
        ({"类别": ""}, "unknown_category", "类别", "采砂, 倾倒"),
        ({"附件": "照片;口信"}, "unknown_evidence", "附件", "one of 照片, 无, photo"),
        ({"精度": "-3"}, "not_a_number", "精度", "at least 0"),
        ({"深度": "很深"}, "not_a_number", "深度", "a number"),
        ({"状态": "重复"}, "marked_duplicate", "状态", "the office marks this row as none"),
        ({"性质": "咨询"}, "marked_duplicate", "性质", "the office marks this row as none"),
    ],
)  # fmt: skip
def test_a_row_that_cannot_be_trusted_is_kept_with_file_row_field_and_reason(
    tmp_path: Path, changed: dict[str, str], reason: str, field: str, said: str
) -> None:
    row = quarantined(tmp_path, **changed)
    flaw = row.flaws[0]
    assert (row.reason, flaw.file, flaw.row, flaw.field) == (reason, "热线.csv", 2, field)
    assert said in flaw.expected
    assert all(row.raw[c] == v for c, v in changed.items())


@pytest.mark.parametrize(("x", "y"), [("1e999", "29.65"), ("91.1", "-1e400")])
def test_a_number_without_an_end_is_no_place(tmp_path: Path, x: str, y: str) -> None:
    row = quarantined(tmp_path, 经度=x, 纬度=y)

    assert row.reason == "impossible_coordinates"
    assert row.flaws[0].field == "经度/纬度"


@pytest.mark.parametrize("wkt", ["POINT (nan nan)", "POINT (91.1 nan)", "POINT (inf 29.65)", "POINT (91.1 1e999)"])
def test_a_wkt_of_no_numbers_is_no_place(tmp_path: Path, wkt: str) -> None:
    said = HOTLINE.replace("  lon: 经度\n  lat: 纬度\n", "  wkt: 位置\n")
    path = tmp_path / "wkt.csv"
    path.write_text(
        ",".join((*HEADER, "位置")) + "\n" + ",".join((*(GOOD.get(c, "") for c in HEADER), wkt)) + "\n", "utf-8"
    )

    (row,) = read_incidents(path, mapping(tmp_path, said), box=LHASA, key=KEY)

    assert isinstance(row, QuarantinedRow)
    assert row.reason in ("impossible_coordinates", "no_coordinates")


@pytest.mark.parametrize(("said", "is_count"), [("46327.4375", True), ("46327", True), ("4632", False)])
def test_a_count_of_days_of_excel_is_told_as_such(tmp_path: Path, said: str, is_count: bool) -> None:
    (flaw,) = quarantined(tmp_path, 发生时间=said).flaws
    assert flaw.reason == "unreadable_date"
    assert ("days of Excel" in flaw.expected) == is_count


def test_all_that_is_wrong_with_a_row_is_told(tmp_path: Path) -> None:
    row = quarantined(tmp_path, 工单编号="", 经度="", 发生时间="?", 类别="?")
    assert [f.reason for f in row.flaws] == ["no_coordinates", "missing_id", "unreadable_date", "unknown_category"]


def test_a_report_written_an_hour_before_the_act_is_a_slow_clock_and_no_fault(tmp_path: Path) -> None:
    assert incident(tmp_path, 受理时间="2026-03-01 21:30").occurred - incident(
        tmp_path, 受理时间="2026-03-01 21:30"
    ).reported == timedelta(hours=1)


def test_what_lies_in_the_city_only_before_conversion_is_outside(tmp_path: Path) -> None:
    """The box is held against true places, not against shifted ones."""
    east = 92.8
    lon, lat = wgs84_to_gcj02(east - 0.0001, 30.0)
    assert lon > east
    assert (
        incident(tmp_path, HOTLINE.replace("CGCS2000", "GCJ02"), 经度=repr(float(lon)), 纬度=repr(float(lat))).lon
        < east
    )
    row = quarantined(tmp_path, HOTLINE.replace("CGCS2000", "GCJ02"), 经度="103", 纬度="36")
    assert "(in WGS84 102.99" in row.flaws[0].expected


def test_feet_are_held_to_the_box_as_well(tmp_path: Path) -> None:
    text = (
        HOTLINE.replace("datum: CGCS2000", "crs: EPSG:3435")
        .replace("lon: 经度", "x: 经度")
        .replace("lat: 纬度", "y: 纬度")
    )
    chicago = Box(-88.0, 41.6, -87.5, 42.1)
    path = table(
        tmp_path,
        GOOD | {"经度": "1165166.5", "纬度": "1872509.0"},
        GOOD | {"工单编号": "W-2", "经度": "1872509.0", "纬度": "1165166.5"},
    )
    rows = list(read_incidents(path, mapping(tmp_path, text), box=chicago, key=KEY))
    assert isinstance(rows[0], Incident)
    assert (rows[0].lon, rows[0].lat) == pytest.approx((-87.669757, 41.805763), abs=1e-5)
    assert isinstance(rows[1], QuarantinedRow)
    assert rows[1].reason == "swapped_axes"


# ---- reporters ----------------------------------------------------------------------------------------------


def test_a_reporter_is_a_keyed_hash_and_the_person_stands_apart(tmp_path: Path) -> None:
    reading = read_incidents(table(tmp_path, GOOD), mapping(tmp_path), box=LHASA, key=KEY)
    (i,) = reading
    assert isinstance(i, Incident)
    assert i.reporter is not None
    person = reading.reporters[i.reporter]
    assert (person.name, person.phone) == ("合成甲", "+86 000-1234 5678")
    assert "合成甲" not in repr(i)
    other = read_incidents(table(tmp_path, GOOD), mapping(tmp_path), box=LHASA, key=b"another")
    assert next(iter(other)).reporter != i.reporter  # type: ignore[union-attr]


def test_one_person_is_one_however_the_number_is_written(tmp_path: Path) -> None:
    keys = {incident(tmp_path, 来电人=name, 电话=phone).reporter for name, phone in
            [("合成甲", "+86 000-1234 5678"), ("合成 甲", "00012345678"), ("", "000 1234 5678")]}  # fmt: skip
    assert len(keys) == 1


def test_without_a_telephone_the_name_tells_people_apart_and_nobody_is_nobody(tmp_path: Path) -> None:
    a, again, b = (incident(tmp_path, 来电人=n, 电话="").reporter for n in ("合成甲", "合成　甲", "合成乙"))
    assert a == again != b
    assert incident(tmp_path, 来电人="", 电话="").reporter is None
    masked = {incident(tmp_path, 来电人="合成甲", 电话=p).reporter for p in ("000****1", "000****2")}
    assert len(masked) == 2


def test_what_is_quarantined_does_not_show_who_reported(tmp_path: Path) -> None:
    row = quarantined(tmp_path, 类别="?")
    assert "合成甲" not in repr(row)
    assert "5678" not in repr(row)
    assert row.raw["来电人"] == row.raw["电话"] == f"(kept apart) {incident(tmp_path).reporter}"


def test_without_a_secret_nobody_is_hashed(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="GEO_MONITOR_SECRET_KEY"):
        read_incidents(table(tmp_path, GOOD), mapping(tmp_path), box=LHASA, key=b"")


# ---- kinds of file ------------------------------------------------------------------------------------------

VOLUNTEER = """
feed: volunteer
source: volunteer
datum: WGS84
id: id
columns: {occurred: seen, category: kind, text: note}
"""


def feature(geometry: object, **properties: object) -> dict[str, object]:
    said = {"id": "V1", "seen": "2026-03-01T08:00:00+08:00", "kind": "dead_fish", "note": "死鱼"} | properties
    return {"type": "Feature", "properties": said, "geometry": geometry}


def geojson(folder: Path, *features: object) -> Path:
    path = folder / "v.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}), encoding="utf-8")
    return path


def test_geojson_is_read_with_its_own_geometry(tmp_path: Path) -> None:
    point = {"type": "Point", "coordinates": [91.117, 29.6578, 3650]}
    line = {"type": "LineString", "coordinates": [[91.1, 29.6], [91.2, 29.6]]}
    path = geojson(
        tmp_path, feature(point), feature(line), feature(None), feature({"type": "Point", "coordinates": ["x"]}), "?"
    )
    found = list(read_incidents(path, mapping(tmp_path, VOLUNTEER), box=LHASA, key=KEY))
    first = found[0]
    assert isinstance(first, Incident)
    assert (first.lon, first.lat, first.category, first.origin.row) == (91.117, 29.6578, "dead_fish", 1)
    reasons = [r.reason for r in found[1:] if isinstance(r, QuarantinedRow)]
    assert reasons == ["geometry_not_a_point", "no_coordinates", "unreadable_geometry", "not_a_feature"]


def test_a_workbook_is_read_like_a_table(tmp_path: Path) -> None:
    from openpyxl import Workbook

    book = Workbook()
    book.active.append(HEADER)
    book.active.append(
        [datetime(2026, 3, 1, 22, 30) if c == "发生时间" else 91.117 if c == "经度" else GOOD.get(c) for c in HEADER]
    )
    book.save(tmp_path / "热线.xlsx")
    (i,) = read_incidents(tmp_path / "热线.xlsx", mapping(tmp_path), box=LHASA, key=KEY)
    assert isinstance(i, Incident)
    assert i.content == incident(tmp_path).content


def test_the_source_may_stand_in_a_column_with_the_feed_s_own_for_the_rest(tmp_path: Path) -> None:
    text = HOTLINE.replace("  lon: 经度", "  source: {column: 性质, map: {巡逻: patrol}}\n  lon: 经度").replace(
        ", 性质: [咨询]", ""
    )
    assert incident(tmp_path, text, 性质="巡逻").source == "patrol"
    assert incident(tmp_path, text, 性质="").source == "hotline"
    assert quarantined(tmp_path, text, 性质="传闻").reason == "unknown_source"


def test_a_file_without_the_columns_of_the_mapping_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text("工单编号,经度\n1,2\n", encoding="utf-8")
    with pytest.raises(FileError) as told:
        list(read_incidents(path, mapping(tmp_path), box=LHASA, key=KEY))
    assert "a column '发生时间' for the feed hotline; there are: 工单编号, 经度" in str(told.value)
    with pytest.raises(FileError, match="a property 'seen' for the feed volunteer"):
        list(read_incidents(geojson(tmp_path, {"type": "Feature", "properties": {}, "geometry": None}),
                            mapping(tmp_path, VOLUNTEER), box=LHASA, key=KEY))  # fmt: skip


def test_a_row_with_too_many_cells_is_not_trusted(tmp_path: Path) -> None:
    path = table(tmp_path, GOOD)
    path.write_text(path.read_text(encoding="utf-8").rstrip("\n") + ",,,多出的格\n", encoding="utf-8")
    (row,) = read_incidents(path, mapping(tmp_path), box=LHASA, key=KEY)
    assert isinstance(row, QuarantinedRow)
    assert row.reason == "too_many_cells"


# ---- the mapping files --------------------------------------------------------------------------------------


def test_a_mapping_is_read_whole(tmp_path: Path) -> None:
    m = mapping(tmp_path)
    assert (m.feed, m.title.zh, m.files, m.expected_every) == (
        "hotline",
        "热线（合成）",
        "files/hotline-*.csv",
        timedelta(days=1),
    )
    assert set(m.columns) == set(HEADER)


@pytest.mark.parametrize(
    ("old", "new", "line", "said"),
    [
        ("source: hotline", "source: phone", 4, "found 'phone': one of hotline, market_hotline"),
        ("expected_every: 1 d", "expected_every: daily", 6, "a period like 30 min, 12 h or 7 d"),
        ("datum: CGCS2000", "datum: Xian80", 7, "found 'Xian80': one of WGS84"),
        ("datum: CGCS2000\n", "\n", 2, "must be declared"),
        ("datum: CGCS2000", "datum: {column: 坐标系, map: {a: b}}", 7, "found 'b': one of WGS84"),
        ("id: [工单编号]", "ids: [工单编号]", 8, "found 'ids': one of feed, title"),
        ("  occurred: 发生时间\n", "", 10, "columns.occurred: a column [missing_key]"),
        ("  occurred: 发生时间", "  occured: 发生时间", 10, "found 'occured': one of occurred"),
        ("map: {照片: photo", "map: {照片: picture", 21, "found 'picture': one of photo, video"),
        ("  lat: 纬度\n", "", 17, "one way of saying the place"),
        ("kind: number", "kind: integer", 24, "found 'integer': one of text, number, credit_code"),
        ("column: 精度, value: 30", "column: 精度, value: good", 19, "found 'good': a number"),
        ("feed: hotline", "feed: 热线", 2, "found '热线': small letters"),
        ("reporter: {name: 来电人, phone: 电话}", "reporter: {tel: 电话}", 20, "found 'tel': one of id, name, phone"),
        ("reason: marked_duplicate", "reason: 重复", 25, "small letters and _"),
    ],
)  # fmt: skip
def test_a_fault_of_a_mapping_is_told_with_its_line(tmp_path: Path, old: str, new: str, line: int, said: str) -> None:
    assert old in HOTLINE
    with pytest.raises(FileError) as told:
        mapping(tmp_path, HOTLINE.replace(old, new, 1))
    assert any(said in str(f) and f.row == line for f in told.value.flaws), [str(f) for f in told.value.flaws]


def test_all_faults_of_all_mappings_are_told_at_once(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(
        HOTLINE.replace("source: hotline", "source: x").replace("CGCS2000", "y"), encoding="utf-8"
    )
    (tmp_path / "b.yaml").write_text(HOTLINE, encoding="utf-8")
    with pytest.raises(FileError) as told:
        read_feed_mappings(tmp_path)
    assert len(told.value.flaws) == 3
    assert "a.yaml maps this feed already" in str(told.value)


def test_an_unknown_zone_of_time_is_a_fault(tmp_path: Path) -> None:
    with pytest.raises(FileError, match="a zone like Asia/Shanghai"):
        mapping(tmp_path, HOTLINE + "time_zone: Lhasa\n")


# ---- into the store, and out of quarantine ------------------------------------------------------------------


@pytest.fixture
def store() -> MemoryStore:
    return MemoryStore()


def bring(store: MemoryStore, folder: Path, *rows: Mapping[str, str], **how: object) -> dict[str, object]:
    return import_file(store, table(folder, *rows), mapping(folder), box=LHASA, key=KEY, at=AT, **how).as_dict()  # type: ignore[arg-type]


def retry(store: MemoryStore, folder: Path, text: str = HOTLINE) -> dict[str, object]:
    m = mapping(folder, text)
    return retry_quarantine(store, {m.feed: m}, box=LHASA, key=KEY, at=AT).as_dict()


def test_importing_twice_adds_nothing(store: MemoryStore, tmp_path: Path) -> None:
    rows = [GOOD, GOOD | {"工单编号": "W-2"}, GOOD | {"工单编号": "W-3", "类别": "?"}]
    assert bring(store, tmp_path, *rows) == {
        "read": 3,
        "stored": 2,
        "already_known": 0,
        "quarantined": 1,
        "reasons": {"unknown_category": 1},
    }
    assert bring(store, tmp_path, *rows) == {
        "read": 3,
        "stored": 0,
        "already_known": 2,
        "quarantined": 1,
        "reasons": {"unknown_category": 1},
    }
    with store.reading() as records:
        assert records.incident_count() == 2
        assert records.quarantine_counts() == {("hotline", "unknown_category"): 1}
        assert records.feeds()[0].file == "热线.csv"


def test_a_mended_mapping_lets_quarantined_rows_out(store: MemoryStore, tmp_path: Path) -> None:
    bring(store, tmp_path, GOOD | {"类别": "挖沙"}, GOOD | {"工单编号": "W-2", "类别": "?"})
    mended = HOTLINE.replace("map: {采砂: sand_mining", "map: {挖沙: sand_mining, 采砂: sand_mining")
    assert retry(store, tmp_path, mended) == {
        "tried": 2,
        "stored": 1,
        "already_known": 0,
        "still": 1,
        "reasons": {"unknown_category": 1},
    }
    with store.reading() as records:
        (stored,) = records.incidents([incident(tmp_path).id])
        assert [q.status for q in records.quarantined(status="retried")] == ["retried"]
    assert stored.reporter == incident(tmp_path).reporter
    assert stored.origin.row == 2
    assert retry(store, tmp_path, mended)["tried"] == 1


def test_two_rows_that_dispute_one_id_stay_both_out_also_when_retried(store: MemoryStore, tmp_path: Path) -> None:
    bring(store, tmp_path, GOOD, GOOD | {"内容": "别的"})
    with store.reading() as records:
        raw = [q.row.raw["内容"] for q in records.quarantined()]
    assert sorted(raw) == sorted(["夜间有车", "别的"])
    assert retry(store, tmp_path) == {
        "tried": 2,
        "stored": 0,
        "already_known": 0,
        "still": 2,
        "reasons": {"id_reused": 2},
    }
    with store.reading() as records:
        assert records.incident_count() == 0


def test_a_row_read_under_another_system_is_retried_under_that_one(store: MemoryStore, tmp_path: Path) -> None:
    lon, lat = wgs84_to_gcj02(91.117, 29.6578)
    bring(store, tmp_path, GOOD | {"类别": "挖沙", "经度": f"{lon:.9f}", "纬度": f"{lat:.9f}"}, datum_override="GCJ02")
    retry(store, tmp_path, HOTLINE.replace("map: {采砂", "map: {挖沙: sand_mining, 采砂"))
    with store.reading() as records:
        (stored,) = records.incidents([incident(tmp_path).id])
    assert (stored.lon, stored.lat, stored.datum) == (
        pytest.approx(91.117, abs=1e-7),
        pytest.approx(29.6578, abs=1e-7),
        Datum.GCJ02,
    )


def test_a_row_that_is_kept_for_another_reason_now_says_so(store: MemoryStore, tmp_path: Path) -> None:
    bring(store, tmp_path, GOOD | {"类别": "?", "经度": "1"})
    retry(store, tmp_path, HOTLINE.replace("otherwise: quarantine", "otherwise: other"))
    with store.reading() as records:
        assert records.quarantine_counts() == {("hotline", "outside_city"): 1}


def test_rows_of_a_feed_without_a_mapping_stay_and_are_counted(store: MemoryStore, tmp_path: Path) -> None:
    bring(store, tmp_path, GOOD | {"类别": "?"})
    report = retry_quarantine(store, {}, box=LHASA, key=KEY, at=AT)
    assert report.as_dict() == {"tried": 1, "stored": 0, "already_known": 0, "still": 1, "reasons": {"no_mapping": 1}}
    with pytest.raises(NotFoundError):
        retry_quarantine(store, {}, box=LHASA, key=KEY, at=AT, feed="hotline")


def test_a_row_read_again_under_the_same_mapping_is_the_same(tmp_path: Path) -> None:
    row = quarantined(tmp_path, 类别="?", 经度="", 发生时间="?")
    again = read_row_again(row, mapping=mapping(tmp_path), box=LHASA, key=KEY)
    assert again == row
    assert again.id == row.id


def test_a_dry_run_says_what_would_happen_and_stores_nothing(store: MemoryStore, tmp_path: Path) -> None:
    assert bring(store, tmp_path, GOOD, dry_run=True)["stored"] == 1
    with store.reading() as records:
        assert records.incident_count() == 0
        assert records.feeds() == []
