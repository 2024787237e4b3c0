"""A small synthetic city for the pages: layers, 3,000 incidents, some forty leads, accounts, runs, letters.

Everything is invented and seeded; names say 合成. ``fill(store)`` writes through the ports, so the same city
stands in the store of memory and in a real one. Run as a script it makes a workspace and serves it, to look at the
pages while working on them.
"""

from __future__ import annotations

import math
import random
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path

from argon2 import PasswordHasher
from shapely.geometry import LineString, Point, Polygon, box

from geo_monitor.config import City, Settings, Web
from geo_monitor.domain.clock import FixedClock
from geo_monitor.domain.duty import ResponsibleTrio, Seat
from geo_monitor.domain.hit import Clause, Grounds, Hit, LeadKey, Subject
from geo_monitor.domain.incident import Incident, Origin, QuarantinedRow, Reporter
from geo_monitor.domain.layer import Feature, LayerVersion
from geo_monitor.domain.lead import BasisOnDay, Lead, LeadStatus, lead_id
from geo_monitor.domain.place import Datum
from geo_monitor.domain.words import Words
from geo_monitor.errors import Flaw
from geo_monitor.services.ports import FeedHeard, JobRow, JobRun, Letter, Records, Store, User
from geo_monitor.wiring import House
from tests.fakes import FakePost, MemoryStore

NOW = datetime(2026, 11, 22, 6, 30, tzinfo=UTC)
WEST, SOUTH, EAST, NORTH = 90.6, 29.35, 91.75, 30.05
CENTRE = (91.12, 29.65)
PASSWORD = "synthetic-password-1"
#: Text that turns into something else wherever a page forgets that it is only text.
HOSTILE = "{{7*7}} {% raw %} ${7*7} ` </script><img src=x onerror=alert(1)> <b>粗</b> &amp; ' \""
REPORTER = "reporter-hash-that-no-page-shows"
_HASH = "0" * 64

_TITLES = {
    "RIV-001": ("河道疑似非法采砂聚集", "Suspected unlawful sand extraction", "sand_mining", "river"),
    "RIV-003": ("河道管理范围内疑似倾倒", "Suspected dumping in a river zone", "dumping", "river"),
    "HER-001": ("文物保护范围内疑似违法建设", "Suspected works in a protection range", "construction", "heritage"),
    "FOO-001": ("疑似无证经营食品", "Food suspected to be sold without a licence", "unlicensed_food", "food"),
    "FOO-007": ("校园周边疑似劣质食品", "Low-quality snacks suspected near a school", "cheap_snacks", "food"),
}
_TEXTS = (
    "有挖掘机在河边作业",
    "夜间有车辆倾倒渣土",
    "围墙外堆放建筑材料",
    "小店无证卖熟食",
    "河水发黑有异味",
    "学校门口零食没有标签",
    "已多次反映仍未处理",
    "现场有照片两张",
)


def settings(folder: Path, *, synthetic: bool = True) -> Settings:
    city = City("合成市", "Synthetic City", (WEST, SOUTH, EAST, NORTH), CENTRE, synthetic=synthetic)
    return Settings(workspace=folder, city=city, secret_key="a key for tests only", web=Web())


def seeded_house(folder: Path, store: Store | None = None) -> House:
    """A house over a filled store; the clock stands at ``NOW``."""
    if store is None:
        store = _filled().twin()
    else:
        fill(store)
    return House(settings(folder), store, FakePost(), FixedClock(NOW))


@cache
def _filled() -> MemoryStore:
    """Filled once, since every test asks for it; each gets a twin of its own."""
    store = MemoryStore()
    fill(store)
    return store


@cache
def _password_hash() -> str:
    return PasswordHasher(time_cost=1, memory_cost=1024, parallelism=1).hash(PASSWORD)


def users() -> list[User]:
    return [
        User("zhao", "合成检察官甲", "procurator", _password_hash()),
        User("smith", "Synthetic Procurator B", "procurator", _password_hash(), language="en"),
        User("dolma", "合成评审员", "reviewer", _password_hash()),
        User("tashi", "合成巡查员", "patrol", _password_hash()),
        User("root", f"管理 {HOSTILE}", "admin", _password_hash()),
        User("gone", "合成离职人员", "procurator", _password_hash(), active=False),
    ]


def fill(store: Store) -> None:
    chance = random.Random(20261122)
    with store.writing() as records:
        for user in users():
            records.put_user(user)
        _layers(records, chance)
        incidents = _incidents(chance)
        records.add_reporters([Reporter(REPORTER, "合成举报人", "00000000000")])
        records.add_incidents(incidents)
        _leads(records, chance, incidents)
        _house_facts(records)


# ---- layers ------------------------------------------------------------------------------------------------


def _layers(records: Records, chance: random.Random) -> None:
    columns, rows = 4, 3
    names = [
        ("东湖", "East Lake"),
        ("西岭", "West Ridge"),
        ("南滩", "South Bank"),
        ("北原", "North Plain"),
        ("金水", "Gold Water"),
        ("银滩", "Silver Bank"),
        ("柳林", "Willows"),
        ("桥头", "Bridgehead"),
        ("河口", "River Mouth"),
        ("石门", "Stone Gate"),
        ("古城", "Old Town"),
        ("新村", "New Village"),
    ]
    wide, high = (EAST - WEST) / columns, (NORTH - SOUTH) / rows
    corner = {
        (i, j): (
            WEST + i * wide + (chance.uniform(-0.25, 0.25) * wide if 0 < i < columns else 0),
            SOUTH + j * high + (chance.uniform(-0.25, 0.25) * high if 0 < j < rows else 0),
        )
        for i in range(columns + 1)
        for j in range(rows + 1)
    }
    districts = []
    for k, (zh, en) in enumerate(names):
        i, j = k % columns, k // columns
        ring = [corner[i, j], corner[i + 1, j], corner[i + 1, j + 1], corner[i, j + 1]]
        districts.append(_feature("districts", f"9900{k:02d}", f"合成{zh}区", f"Synthetic {en}", Polygon(ring)))
    _put(records, "districts", districts)
    course = [
        (WEST + t * (EAST - WEST), 29.6 + 0.07 * math.sin(9 * t) + 0.03 * math.sin(31 * t))
        for t in (k / 120 for k in range(121))
    ]
    reaches = [
        _feature(
            "rivers",
            f"R-{k:02d}",
            f"合成河第{k}段",
            f"Synthetic river, reach {k}",
            LineString(course[k * 10 : k * 10 + 11]),
        )
        for k in range(12)
    ]
    reaches[3] = replace(reaches[3], title=Words(HOSTILE, HOSTILE))
    _put(records, "rivers", reaches)
    _put(
        records,
        "river_management_zones",
        [
            replace(
                _feature(
                    "river_management_zones",
                    f"Z-{r.id}",
                    f"{r.title.zh}管理范围",
                    f"{r.title.en} zone",
                    r.geometry.buffer(0.0006),
                ),
                derived=True,
                parent=r.id,
            )
            for r in reaches
            if r.geometry
        ],
    )
    lakes = [
        _feature(
            "lakes_wetlands",
            f"W-{k}",
            f"合成湖{k}",
            f"Synthetic lake {k}",
            Point(x, y).buffer(s).union(Point(x + s, y + s / 2).buffer(s * 0.7)),
        )
        for k, (x, y, s) in enumerate([(90.85, 29.9, 0.03), (91.5, 29.5, 0.02), (91.3, 29.88, 0.015)])
    ]
    _put(records, "lakes_wetlands", lakes)
    sites = [(CENTRE[0] + chance.gauss(0, 0.12), CENTRE[1] + chance.gauss(0, 0.07)) for _ in range(24)]
    _put(
        records,
        "heritage_sites",
        [
            _feature("heritage_sites", f"H-{k:02d}", f"合成古建{k}", f"Synthetic site {k}", Point(p))
            for k, p in enumerate(sites)
        ],
    )
    _put(
        records,
        "protection_ranges",
        [
            replace(
                _feature(
                    "protection_ranges",
                    f"HP-{k:02d}",
                    f"合成古建{k}保护范围",
                    f"Synthetic site {k} range",
                    box(x - 0.002, y - 0.0015, x + 0.002, y + 0.0015),
                ),
                parent=f"H-{k:02d}",
            )
            for k, (x, y) in enumerate(sites)
        ],
    )
    _put(
        records,
        "water_source_zones",
        [
            _feature(
                "water_source_zones",
                "S-1",
                "合成水源一级保护区",
                "Synthetic source zone",
                Point(91.0, 29.72).buffer(0.02),
            )
        ],
    )
    _put(
        records,
        "food_businesses",
        [
            _feature(
                "food_businesses",
                f"B-{k:03d}",
                f"合成小吃店{k}",
                f"Synthetic snack bar {k}",
                Point(CENTRE[0] + chance.gauss(0, 0.03), CENTRE[1] + chance.gauss(0, 0.02)),
            )
            for k in range(400)
        ],
    )


def _feature(layer: str, id_: str, zh: str, en: str, geometry: object) -> Feature:
    return Feature(layer, id_, Words(zh, en), geometry, {"reporter": REPORTER}, synthetic=True)


def _put(records: Records, layer: str, features: Sequence[Feature]) -> None:
    records.add_layer(
        LayerVersion(
            layer,
            f"{layer}.geojson",
            _HASH,
            "合成",
            "CC0",
            NOW - timedelta(days=2),
            "WGS84",
            len(features),
            synthetic=True,
        ),
        features,
    )


# ---- incidents ---------------------------------------------------------------------------------------------


def _incidents(chance: random.Random) -> list[Incident]:
    out = []
    towns = [(CENTRE[0], CENTRE[1], 0.05)] + [
        (chance.uniform(WEST + 0.1, EAST - 0.1), chance.uniform(SOUTH + 0.08, NORTH - 0.08), 0.03) for _ in range(9)
    ]
    for k in range(3000):
        if k % 5 == 0:
            lon, lat = chance.uniform(WEST, EAST), chance.uniform(SOUTH, NORTH)
        else:
            x, y, spread = towns[min(len(towns) - 1, int(chance.expovariate(0.5)))]
            lon, lat = chance.gauss(x, spread), chance.gauss(y, spread * 0.7)
        lon, lat = min(max(lon, WEST), EAST), min(max(lat, SOUTH), NORTH)
        # More in summer, as such reports are.
        occurred = NOW - timedelta(days=730 * (1 - chance.betavariate(1.4, 1)), minutes=chance.randrange(1440))
        category = chance.choice([t[2] for t in _TITLES.values()] + ["litter", "odour"])
        out.append(
            Incident(
                feed="hotline",
                source_id=f"S{k:05d}",
                source=chance.choice(("hotline", "volunteer", "patrol")),
                category=category,
                text=HOSTILE if k == 0 else f"合成：{chance.choice(_TEXTS)}",
                occurred=occurred,
                reported=occurred + timedelta(hours=2),
                lon=round(lon, 6),
                lat=round(lat, 6),
                accuracy_m=chance.choice((5.0, 20.0, 50.0)),
                datum=Datum.GCJ02,
                origin=Origin("synthetic-hotline.csv", _HASH, k + 2),
                reporter=REPORTER,
                evidence=frozenset({"photo"} if k % 3 == 0 else set()),
            )
        )
    return out


# ---- leads -------------------------------------------------------------------------------------------------


def _grounds(model: str, lon: float, zh: str, en: str, version: str) -> Grounds:
    return Grounds(
        model,
        1,
        _HASH,
        {"rivers": version},
        (
            Clause(
                "watch",
                "watch",
                {"zh": "类别为采砂取土的记录", "en": "records of sand or soil extraction"},
                {"zh": "3 件记录，其中 2 件来自不同的人", "en": "3 records, 2 of them from different people"},
            ),
            Clause(
                "where[0]",
                "within_distance",
                {"zh": "距河段中心线不超过 50 米", "en": "within 50 m of the line of a river reach"},
                {"zh": f"距合成河第3段 {lon % 1 * 50:.1f} 米", "en": f"{lon % 1 * 50:.1f} m from synthetic reach 3"},
                value=lon % 1 * 50,
                limit=50.0,
                unit="m",
                uncertainty_m=20.0,
                margin=50 - lon % 1 * 50,
            ),
            Clause(
                "group.any[0]",
                "threshold",
                {"zh": "30 天内至少 2 名不同举报人", "en": "at least 2 different people within 30 days"},
                {"zh": "12 天内 2 名", "en": "2 people within 12 days"},
                value=2,
                limit=2,
                unit="",
                margin=0,
            ),
        ),
        {
            "zh": f"{zh}：30 天内 2 人举报，均在河段 50 米以内。",
            "en": f"{en}: 2 people within 30 days, all within 50 m.",
        },
        {"zh": "第二件记录若晚 19 天发生。", "en": "if the second record had come 19 days later."},
    )


_BASIS = (
    BasisOnDay(
        "water-39",
        Words("水法", "Water Law"),
        "39",
        Words("国家实行河道采砂许可制度。", "Sand extraction from rivers needs a permit."),
        date(2026, 9, 1),
        date(2026, 11, 20),
        "in_force",
        True,
    ),
    BasisOnDay(
        "local-1",
        Words("合成市河道条例", "Synthetic City River Rules"),
        "7",
        Words("禁止在禁采区采砂。", "No extraction in closed areas."),
        date(2026, 9, 1),
        date(2026, 9, 1),
        "not_verified",
        False,
    ),
)


def _leads(records: Records, chance: random.Random, incidents: Sequence[Incident]) -> None:
    by_category: dict[str, list[Incident]] = {}
    for incident in sorted(incidents, key=lambda i: (i.occurred, i.id)):
        by_category.setdefault(incident.category, []).append(incident)
    by_category["sand_mining"].insert(0, incidents[0])
    statuses = [LeadStatus.OPEN] * 30 + [LeadStatus.TAKEN_UP] * 6 + [LeadStatus.DISMISSED] * 3 + [LeadStatus.SUPERSEDED]
    hits = []
    for k, status in enumerate(statuses):
        model = list(_TITLES)[k % len(_TITLES)]
        zh, en, category, domain = _TITLES[model]
        place = f"合成河第{k % 12}段" if domain == "river" else f"合成对象{k}"
        pool = by_category[category]
        start = 0 if k == 0 else chance.randrange(len(pool) - 12)
        used = sorted(pool[start : start + (12 if k == 5 else 3)], key=lambda i: (i.occurred, i.id))
        if k == 0:
            used = sorted({i.id: i for i in [*used, incidents[0]]}.values(), key=lambda i: (i.occurred, i.id))
        layer, id_ = ("rivers", f"R-{k % 12:02d}") if domain == "river" else ("heritage_sites", f"H-{k % 24:02d}")
        key = LeadKey(model, Subject(layer, id_ if k < 24 else f"{id_}-{k}"))
        about = Words(HOSTILE, HOSTILE) if k == 0 else Words(place, f"Synthetic place {k}")
        title = Words(HOSTILE, HOSTILE) if k == 0 else Words(f"{place}{zh}", f"{en}, synthetic place {k}")
        lon, lat = used[-1].lon, used[-1].lat
        row, column = int((lat - SOUTH) / (NORTH - SOUTH) * 3), int((lon - WEST) / (EAST - WEST) * 4)
        district = f"9900{min(2, row) * 4 + min(3, column):02d}"
        lead = Lead(
            id=lead_id(key, used[0].id),
            key=key,
            model_version=1,
            domain=domain,
            title=title,
            about=about,
            status=status,
            urgency=("high", "medium", "medium", "low")[k % 4],
            lon=lon,
            lat=lat,
            district=district,
            opened=NOW - timedelta(hours=k),
            first=used[0].occurred,
            last=used[-1].occurred,
            records=tuple(i.id for i in used),
            grounds=_grounds(model, lon, zh, en, "rivers@x"),
            legal_basis=_BASIS,
            trio=_trio(k),
            agencies=("water", "police"),
            synthetic=True,
        )
        records.put_lead(lead)
        records.add_event(lead.id, lead.opened, "system", "opened", data={"hits": len(used)})
        if status is not LeadStatus.OPEN:
            by_person = status is not LeadStatus.SUPERSEDED
            records.add_event(
                lead.id,
                NOW,
                "zhao" if by_person else "system",
                status.value,
                "合成：现场核查为有证作业" if status is LeadStatus.DISMISSED else "",
                {"clause": "where[0]"} if status is LeadStatus.DISMISSED else {},
            )
        hits += [Hit(model, 1, key.subject, i.id, i.occurred, i.reporter, 0, i.lon, i.lat) for i in used]
    records.add_hits(hits)


def _trio(k: int) -> ResponsibleTrio:
    chief = (
        Seat("river_chief", vacant="the roster names nobody for rivers/R-01")
        if k % 3 == 2
        else Seat("river_chief", "合成人员甲", "区级河湖长", "合成区人民政府", "rivers/R-01")
    )
    return ResponsibleTrio(
        chief,
        Seat("chief_procurator", "合成人员乙", "检察长", "合成区人民检察院", "districts/990001"),
        Seat("police_chief", "合成人员丙", "警长", "合成公安分局", "districts/990001"),
    )


# ---- the running of the house ----------------------------------------------------------------------------------


def _house_facts(records: Records) -> None:
    records.feed_heard(
        FeedHeard("hotline", NOW - timedelta(hours=3), "synthetic-hotline.csv", _HASH, 3010, 3000, 0, 10)
    )
    records.quarantine(
        [
            QuarantinedRow(
                "hotline",
                Origin("synthetic-hotline.csv", _HASH, 5000 + k),
                (Flaw("outside_city", "a point in the city's box"),),
                {"id": f"X{k}"},
            )
            for k in range(10)
        ],
        NOW,
    )
    counts: Mapping[str, int] = {"incidents": 3000, "leads_new": 40}
    for k, (job, outcome) in enumerate((("overlay", "done"), ("import_feeds", "failed"), ("weekly_report", "running"))):
        started = NOW - timedelta(hours=k + 1)
        records.add_job_row(JobRow(job, NOW + timedelta(hours=k)))
        records.put_run(
            JobRun(
                job,
                started,
                1,
                "合成主机",
                started,
                None if outcome == "running" else started + timedelta(seconds=4.2),
                outcome,
                counts if outcome == "done" else {},
                HOSTILE if outcome == "failed" else "",
            )
        )
    records.enqueue(Letter("weekly/2026-W46/a", "a@example.invalid", f"周报 {HOSTILE}", b"", NOW - timedelta(days=1)))
    records.put_letter(
        Letter(
            "weekly/2026-W46/a",
            "a@example.invalid",
            f"周报 {HOSTILE}",
            b"",
            NOW - timedelta(days=1),
            status="refused",
            tries=5,
            last_error="550 no such mailbox",
        )
    )


def serve(folder: Path, port: int) -> None:
    from waitress import serve as run

    from webmap import create_app

    folder.mkdir(parents=True, exist_ok=True)
    run(create_app(seeded_house(folder)), host="127.0.0.1", port=port, threads=8)


if __name__ == "__main__":
    serve(Path(sys.argv[1]), int(sys.argv[2]))
