"""The feeds of the workspace: how four offices write down what was reported, and the mappings by which it is read.

* ``hotline`` (12345): CSV with Chinese headers in CGCS2000, a second file with late and repeated rows; the
faulty rows are here.
* ``market_hotline`` (12315): CSV whose coordinates come from a phone map, declared as GCJ-02.
* ``volunteer``: GeoJSON in WGS 84.
* ``patrol``: a workbook in which each row names its own coordinate system.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from shapely.geometry import Point

from geo_monitor.demo.files import write_csv, write_geojson, write_xlsx
from geo_monitor.demo.reports import Report
from geo_monitor.reading.datum import wgs84_to_gcj02
from geo_monitor.supervision.vocabulary import CATEGORIES

EVIDENCE_ZH = {
    "photo": "照片",
    "video": "视频",
    "inspection": "检查记录",
    "document": "书面材料",
    "sample": "样品",
    "measurement": "监测数据",
}
RESENT = 120

Faulty = Sequence[tuple[str, Report, Mapping[str, Any]]]
Rows = list[tuple[Report, Mapping[str, Any]]]


def write_feeds(folder: Path, reports: Sequence[Report], faulty: Faulty, rng: np.random.Generator) -> int:
    """Writes mappings and files; returns how many rows were sent twice. Rows stand in the order in which they
    were reported."""
    by_feed: dict[str, list[Report]] = {feed: [] for feed in MAPPINGS}
    for r in reports:
        by_feed[r.feed].append(r)
    files = folder / "files" / "feeds"
    hotline = by_feed["hotline"]
    chosen = rng.choice(len(hotline), size=min(RESENT, len(hotline)), replace=False)
    resent = [hotline[int(k)] for k in sorted(chosen)]
    rows: Rows = [(r, {}) for r in hotline]
    rows += [(r, cells) for fault, r, cells in faulty if fault != "reused_id"]
    rows.sort(key=lambda row: (row[0].reported, row[0].number))
    # What is sent again comes later: of two contents for one number the first is then the one that counts.
    late: Rows = [(r, {}) for r in resent]
    late += [(r, cells) for fault, r, cells in faulty if fault == "reused_id"]
    for name, part in (("hotline-1.csv", rows), ("hotline-2-补发.csv", late)):
        written = [list(_hotline(r, cells).values()) for r, cells in part]
        write_csv(files / name, list(HOTLINE.values()), written, bom=True)
    market = (list(_market(r).values()) for r in by_feed["market_hotline"])
    write_csv(files / "market_hotline.csv", list(MARKET.values()), market)
    write_geojson(files / "volunteer.geojson", [(_volunteer(r), Point(r.lon, r.lat)) for r in by_feed["volunteer"]])
    patrol = (list(_patrol(r).values()) for r in by_feed["patrol"])
    write_xlsx(files / "patrol.xlsx", "巡查记录", list(PATROL.values()), patrol)
    for path in files.iterdir():
        # Nobody is writing to them any more; the job need not wait to see it.
        os.utime(path, (path.stat().st_atime, path.stat().st_mtime - 3600))
    mappings = folder / "feeds"
    mappings.mkdir(parents=True, exist_ok=True)
    for feed, text in MAPPINGS.items():
        (mappings / f"{feed}.yaml").write_text(text(), encoding="utf-8")
    return len(resent)


def phone(name: str) -> str:
    """A number that cannot be dialled: eleven digits beginning with 000, always the same for one name."""
    return f"000{int(hashlib.sha256(name.encode()).hexdigest()[:12], 16) % 10**8:08d}" if name else ""


def word(category: str) -> str:
    return CATEGORIES[category].zh


def _evidence(r: Report) -> str:
    return ";".join(EVIDENCE_ZH[e] for e in r.evidence)


def _time(moment: Any) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S}"


HOTLINE = {
    "number": "工单编号",
    "category": "诉求类别",
    "text": "诉求内容",
    "occurred": "发生时间",
    "reported": "受理时间",
    "lon": "经度",
    "lat": "纬度",
    "accuracy_m": "定位精度",
    "who": "来电人",
    "phone": "联系电话",
    "evidence": "附件",
}
MARKET = {
    "number": "投诉编号",
    "category": "投诉类型",
    "text": "投诉内容",
    "occurred": "事发时间",
    "lon": "高德经度",
    "lat": "高德纬度",
    "who": "投诉人",
    "phone": "手机号",
    "evidence": "材料",
}
PATROL = {
    "number": "记录编号",
    "category": "问题类型",
    "text": "问题描述",
    "occurred": "发现时间",
    "datum": "坐标系",
    "lon": "X",
    "lat": "Y",
    "who": "巡查人",
    "evidence": "取证",
}


def _hotline(r: Report, cells: Mapping[str, Any]) -> dict[str, Any]:
    row = {
        "number": r.number,
        "category": word(r.category),
        "text": r.text,
        "occurred": _time(r.occurred),
        "reported": _time(r.reported),
        "lon": f"{r.lon:.9f}",
        "lat": f"{r.lat:.9f}",
        "accuracy_m": f"{r.accuracy_m:g}",
        "who": r.who,
        "phone": phone(r.who),
        "evidence": _evidence(r),
    }
    return row | dict(cells)


def _market(r: Report) -> dict[str, Any]:
    lon, lat = (float(v) for v in wgs84_to_gcj02(r.lon, r.lat))
    return {
        "number": r.number,
        "category": word(r.category),
        "text": r.text,
        "occurred": _time(r.occurred),
        "lon": f"{lon:.9f}",
        "lat": f"{lat:.9f}",
        "who": r.who,
        "phone": phone(r.who),
        "evidence": _evidence(r),
    }


def _volunteer(r: Report) -> dict[str, Any]:
    return {
        "id": r.number,
        "kind": r.category,
        "note": r.text,
        "seen_at": r.occurred.isoformat(),
        "sent_at": r.reported.isoformat(),
        "volunteer": r.who,
        "media": _evidence(r),
        "accuracy": r.accuracy_m,
    }


def _patrol(r: Report) -> dict[str, Any]:
    return {
        "number": r.number,
        "category": word(r.category),
        "text": r.text,
        "occurred": _time(r.occurred),
        "datum": "国家2000",
        "lon": r.lon,
        "lat": r.lat,
        "who": r.who,
        "evidence": _evidence(r),
    }


def _map(words: Mapping[str, str], indent: int = 6) -> str:
    return "\n".join(f"{' ' * indent}{left}: {right}" for left, right in words.items())


_CATEGORY_MAP = {w.zh: code for code, w in CATEGORIES.items()}
_EVIDENCE_MAP = "{" + ", ".join(f"{zh}: {code}" for code, zh in EVIDENCE_ZH.items()) + "}"


def _hotline_yaml() -> str:
    return f"""feed: hotline
title: {{zh: 12345 热线（合成）, en: 12345 hotline (synthetic)}}
source: hotline
files: files/feeds/hotline-*.csv
expected_every: 1 d
datum: CGCS2000
id: [工单编号]
columns:
  occurred: 发生时间
  reported: 受理时间
  text: [诉求内容]
  lon: 经度
  lat: 纬度
  accuracy_m: 定位精度
  reporter: {{name: 来电人, phone: 联系电话}}
  evidence: {{column: 附件, separator: ";", map: {_EVIDENCE_MAP}}}
  category:
    column: 诉求类别
    otherwise: quarantine
    map:
{_map(_CATEGORY_MAP)}
"""


def _market_yaml() -> str:
    return f"""feed: market_hotline
title: {{zh: 12315 热线（合成）, en: 12315 hotline (synthetic)}}
source: market_hotline
files: files/feeds/market_hotline*.csv
expected_every: 1 d
datum: GCJ02      # the office takes its places from a phone map
id: [投诉编号]
columns:
  occurred: 事发时间
  text: [投诉内容]
  lon: 高德经度
  lat: 高德纬度
  accuracy_m: {{value: 20}}
  reporter: {{name: 投诉人, phone: 手机号}}
  evidence: {{column: 材料, separator: ";", map: {_EVIDENCE_MAP}}}
  category:
    column: 投诉类型
    otherwise: quarantine
    map:
{_map(_CATEGORY_MAP)}
"""


def _volunteer_yaml() -> str:
    return f"""feed: volunteer
title: {{zh: 志愿者（合成）, en: Volunteers (synthetic)}}
source: volunteer
files: files/feeds/volunteer*.geojson
expected_every: 7 d
datum: WGS84
id: [id]
columns:
  occurred: seen_at
  reported: sent_at
  text: [note]
  category: kind
  accuracy_m: accuracy
  reporter: {{name: volunteer}}
  evidence: {{column: media, separator: ";", map: {_EVIDENCE_MAP}}}
"""


def _patrol_yaml() -> str:
    return f"""feed: patrol
title: {{zh: 巡查（合成）, en: Patrols (synthetic)}}
source: patrol
files: files/feeds/patrol*.xlsx
expected_every: 7 d
datum: {{column: 坐标系, map: {{国家2000: CGCS2000}}}}
id: [记录编号]
columns:
  occurred: 发现时间
  text: [问题描述]
  lon: X
  lat: Y
  accuracy_m: {{value: 5}}
  reporter: {{name: 巡查人}}
  evidence: {{column: 取证, separator: ";", map: {_EVIDENCE_MAP}}}
  category:
    column: 问题类型
    otherwise: quarantine
    map:
{_map(_CATEGORY_MAP)}
"""


MAPPINGS: Mapping[str, Callable[[], str]] = {
    "hotline": _hotline_yaml,
    "market_hotline": _market_yaml,
    "volunteer": _volunteer_yaml,
    "patrol": _patrol_yaml,
}
