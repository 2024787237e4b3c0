"""Synthetic values for the tests of the store (合成数据)."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

from shapely.geometry import LineString, Point, Polygon

from geo_monitor.domain.duty import ResponsibleTrio, Seat
from geo_monitor.domain.exemption import Exemption, exemption_id
from geo_monitor.domain.hit import Clause, Grounds, Hit, LeadKey, Subject
from geo_monitor.domain.incident import EVIDENCE, Incident, Origin, QuarantinedRow
from geo_monitor.domain.layer import Feature, LayerVersion, RejectedFeature
from geo_monitor.domain.lead import BasisOnDay, Lead, LeadStatus
from geo_monitor.domain.place import Datum
from geo_monitor.domain.words import Words
from geo_monitor.errors import Flaw

T0 = datetime(2026, 3, 1, 8, 0, tzinfo=UTC)
LHASA = (91.12, 29.65)
CHINA = timezone(timedelta(hours=8))


def incident(number: int | str, **changes: Any) -> Incident:
    made = Incident(
        feed="hotline",
        source_id=str(number),
        source="hotline",
        category="sand_mining",
        text=f"合成 report {number}",
        occurred=T0,
        reported=T0 + timedelta(hours=1),
        lon=LHASA[0],
        lat=LHASA[1],
        accuracy_m=25.0,
        datum=Datum.GCJ02,
        origin=Origin("calls.csv", "f" * 64, 2),
        reporter=None,
        evidence=frozenset(),
    )
    return replace(made, **changes)


def many_incidents(count: int, seed: int, prefix: str = "") -> list[Incident]:
    """Around Lhasa, some on one spot, some at one time."""
    chance = random.Random(seed)
    return [
        incident(
            f"{prefix}{n}",
            lon=LHASA[0] + (0.0 if n % 10 == 0 else chance.uniform(-0.4, 0.4)),
            lat=LHASA[1] + (0.0 if n % 10 == 0 else chance.uniform(-0.3, 0.3)),
            occurred=T0 + timedelta(hours=chance.randrange(0, 24 * 400)),
            category=chance.choice(("sand_mining", "sewage", "food_hygiene", "岸线")),
            source=chance.choice(("hotline", "patrol", "volunteer")),
            reporter=chance.choice((None, "p1", "p2", "p3")),
            evidence=frozenset(e for e in EVIDENCE if chance.random() < 0.2),
            attributes={} if n % 3 else {"volume_m3": n / 2, "vehicle": f"合成A{n}", "night": n % 2 == 0},
        )
        for n in range(count)
    ]


def quarantined(number: int, feed: str = "hotline", reason: str = "no_coordinates") -> QuarantinedRow:
    flaw = Flaw(reason, "a longitude in degrees", file="calls.csv", row=number, field="lon", value="北京路")
    return QuarantinedRow(
        feed, Origin("calls.csv", "f" * 64, number), (flaw,), {"编号": str(number), "lon": " 北京路 "}
    )


def version(layer: str = "rivers", file_hash: str = "a" * 64, **changes: Any) -> LayerVersion:
    made = LayerVersion(
        layer=layer,
        file="rivers.geojson",
        file_hash=file_hash,
        source="synthetic",
        licence="CC0",
        loaded_at=T0,
        datum="WGS84",
        features=4,
        quarantined=1,
        notes=("1 geometry repaired",),
        synthetic=True,
        fingerprint="m1",
    )
    return replace(made, **changes)


def features(layer: str = "rivers") -> list[Feature]:
    """One of each kind, not in the order of their ids."""
    x, y = LHASA
    return [
        Feature(
            layer,
            "R-3",
            Words("拉萨河", "Lhasa River", "སྐྱིད་ཆུ"),
            LineString([(x, y), (x + 0.1, y), (x + 0.1, y + 0.1)]),
            {"order": 3, "width_m": 120.5, "banks": ["left", "right"], "named": True, "note": None},
            valid_from=date(2020, 1, 1),
            valid_to=date(2026, 12, 31),
            accuracy_m=5.0,
        ),
        Feature(
            layer,
            "R-1",
            Words("一区", ""),
            Polygon([(x - 1, y - 1), (x - 0.9, y - 1), (x - 0.9, y - 0.9)]),
            {"order": 1},
            parent="R-3",
            derived=True,
            synthetic=True,
        ),
        Feature(layer, "R-2", Words("点", "Point"), Point(x + 0.5, y + 0.5, 3650.0)),
        Feature(layer, "R-10", Words("许可", "A permit"), None, {"premises": "F-1"}, valid_from=date(1969, 12, 31)),
    ]


def rejected(row: int, layer: str = "rivers") -> RejectedFeature:
    flaw = Flaw("not_a_number", "metres", file="rivers.csv", row=row, field="width_m", value="宽")
    return RejectedFeature(layer, "rivers.csv", "a" * 64, row, (flaw,), {"id": f"X{row}", "width_m": "宽"})


def key(model: str = "RIV-001", subject: str = "R-3", layer: str = "rivers") -> LeadKey:
    return LeadKey(model, Subject(layer, subject))


def hit(record: str, of: LeadKey | None = None, **changes: Any) -> Hit:
    of = of or key()
    made = Hit(of.model, 1, of.subject, record, T0, None, 0, *LHASA)
    return replace(made, **changes)


def lead(number: int | str = 1, of: LeadKey | None = None, **changes: Any) -> Lead:
    clause = Clause(
        "where[0]",
        "within_distance",
        {"zh": "200 米内", "en": "within 200 m"},
        {"zh": "距 31 米", "en": "31 m away"},
        value=31.25,
        limit=200.0,
        unit="m",
        uncertainty_m=25.0,
        margin=0.0,
        layer_version="rivers@1",
        feature="R-3",
        record="i1",
    )
    grounds = Grounds(
        "RIV-001",
        1,
        "h" * 64,
        {"rivers": "rivers@1"},
        (clause,),
        {"zh": "疑似", "en": "suspected"},
        {"zh": "…", "en": "…"},
    )
    basis = BasisOnDay(
        "water-39",
        Words("水法", "Water Law"),
        "39",
        Words("禁止", "No mining"),
        date(2026, 3, 1),
        date(2026, 3, 2),
        "in_force",
        True,
    )
    trio = ResponsibleTrio(
        Seat("river_chief", "合成甲", "河长", "合成区政府", "rivers/R-3"),
        Seat("chief_procurator", vacant="nobody is posted"),
        Seat("police_chief", "合成乙", "所长", "合成派出所", "*"),
    )
    made = Lead(
        id=f"L{number}",
        key=of or key(),
        model_version=1,
        domain="river",
        title=Words("河道非法采砂", "Sand extraction"),
        about=Words("拉萨河", "Lhasa River"),
        status=LeadStatus.OPEN,
        urgency="high",
        lon=LHASA[0],
        lat=LHASA[1],
        district="540102",
        opened=T0 + timedelta(days=2),
        first=T0,
        last=T0 + timedelta(days=1),
        records=("i2", "i1", "rivers/R-3"),
        grounds=grounds,
        legal_basis=(basis,),
        trio=trio,
        agencies=("water", "police"),
        previous="",
        synthetic=True,
        due={"accept": "2026-03-09", "days": 7},
    )
    return replace(made, **changes)


def exemption(**changes: Any) -> Exemption:
    x, y = LHASA
    drawn = {
        "model": "RIV-001",
        "author": "合成甲",
        "reason": "疏浚工程 dredging",
        "area": Polygon([(x, y), (x + 0.01, y), (x + 0.01, y + 0.01)]),
        "from_day": date(2026, 3, 1),
        "until_day": date(2026, 6, 30),
    }
    decided = drawn | {k: v for k, v in changes.items() if k in drawn}
    rest = {k: v for k, v in changes.items() if k not in drawn}
    return Exemption(**({"id": exemption_id(**decided), "created": T0} | decided | rest))


def ids(values: Sequence[Any]) -> list[str]:
    return [v.id for v in values]
