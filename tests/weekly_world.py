"""A small synthetic city with one week of matters, for the tests of report, letter and jobs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
from shapely import LineString, box

from geo_monitor.config import City, Mail, Settings
from geo_monitor.domain.clock import FixedClock
from geo_monitor.domain.duty import ResponsibleTrio, Seat
from geo_monitor.domain.hit import Grounds, LeadKey, Subject
from geo_monitor.domain.incident import Incident, Origin, QuarantinedRow, Reporter
from geo_monitor.domain.layer import Feature, LayerVersion
from geo_monitor.domain.lead import Lead, LeadStatus
from geo_monitor.domain.place import Box, Datum
from geo_monitor.domain.words import Words
from geo_monitor.errors import Flaw
from geo_monitor.services.ports import FeedHeard, JobRow, JobRun, Store, User

CITY = City(
    name_zh="合成市",
    name_en="Synthetic City",
    box=(90.9, 29.5, 91.4, 29.8),
    centre=(91.1, 29.65),
    time_zone="Asia/Shanghai",
    synthetic=True,
)
#: Monday 2026-11-16 08:00 in the city; the last whole week is 2026-W46, 9 to 15 November.
NOW = datetime(2026, 11, 16, 0, 0, tzinfo=UTC)
IN_WEEK = datetime(2026, 11, 11, 4, 0, tzinfo=UTC)
REPORTER_NAME, REPORTER_PHONE = "举报人甲（合成）", "13900000000"

MODELS = {
    "RIV-001": Words("疑似河道非法采砂聚集", "Suspected clustered sand extraction"),
    "HER-003": Words("疑似保护范围内违法建设", "Suspected building in a protection range"),
    "FOO-007": Words("疑似许可过期仍在经营", "Suspected trading on an expired licence"),
}
DISTRICTS = {
    "D1": (Words("东合成区", "East Synthetic"), box(91.1, 29.5, 91.4, 29.8)),
    "D2": (Words("西合成区", "West Synthetic"), box(90.9, 29.5, 91.1, 29.8)),
}


def lead(
    n: int,
    *,
    opened: datetime = IN_WEEK,
    model: str = "RIV-001",
    urgency: str = "high",
    district: str = "D1",
    lon: float = 91.15,
    lat: float = 29.66,
    **more: Any,
) -> Lead:
    nobody = [Seat(role, vacant="synthetic") for role in ("river_chief", "chief_procurator", "police_chief")]
    made = Lead(
        id=f"L{n:012d}",
        key=LeadKey(model, Subject("rivers", f"R{n}")),
        model_version=1,
        domain="river",
        title=MODELS.get(model, Words(model, model)),
        about=Words(f"合成河段 {n}", f"Synthetic reach {n}"),
        status=LeadStatus.OPEN,
        urgency=urgency,
        lon=lon,
        lat=lat,
        district=district,
        opened=opened,
        first=opened - timedelta(days=3),
        last=opened - timedelta(hours=1),
        records=(f"i{n}",),
        grounds=Grounds(model, 1, "hash", {}, (), {}, {}),
        legal_basis=(),
        trio=ResponsibleTrio(*nobody),
        synthetic=True,
    )
    return replace(made, **more)


def incident(n: int, *, occurred: datetime = IN_WEEK, lon: float = 91.15, lat: float = 29.66) -> Incident:
    return Incident(
        feed="hotline",
        source_id=str(n),
        source="hotline",
        category="sand_mining",
        text=f"合成：{REPORTER_NAME} 报告",
        occurred=occurred,
        reported=occurred,
        lon=lon,
        lat=lat,
        accuracy_m=20,
        datum=Datum.WGS84,
        origin=Origin("hotline.csv", "h", n),
        reporter="key-1",
    )


def bad_row(n: int) -> QuarantinedRow:
    return QuarantinedRow(
        "hotline",
        Origin("hotline.csv", "h", n),
        (Flaw("outside_box", "within the city"),),
        {"name": REPORTER_NAME, "phone": REPORTER_PHONE, "n": str(n)},
    )


def furnish(store: Store, *, leads: int = 6, incidents: int = 240, seed: int = 7) -> None:
    """Leads, incidents of two weeks, districts, a river, feeds heard, silent and bad, runs that failed, four users."""
    rng = np.random.default_rng(seed)
    models, urgencies = list(MODELS), ("high", "medium", "low")
    with store.writing() as records:
        for name, features in (
            ("districts", [Feature("districts", k, t, g) for k, (t, g) in DISTRICTS.items()]),
            (
                "rivers",
                [
                    Feature(
                        "rivers",
                        "R1",
                        Words("合成河", "Synthetic River"),
                        LineString([(90.9, 29.6), (91.08, 29.655), (91.2, 29.65), (91.4, 29.72)]),
                    )
                ],
            ),
        ):
            records.add_layer(
                LayerVersion(
                    name, f"{name}.geojson", name, "synthetic", "CC0", NOW, "WGS84", len(features), synthetic=True
                ),
                features,
            )
        for n in range(leads):
            x = 91.05 + 0.03 * (n % 8)
            made = lead(
                n,
                model=models[n % 3],
                urgency=urgencies[n % 3],
                district="D1" if x > 91.1 else "D2",
                lon=x,
                lat=29.6 + 0.011 * (n % 13),
                opened=IN_WEEK + timedelta(hours=n),
            )
            records.put_lead(made)
            records.add_event(made.id, made.opened, "system", "opened")
        old = lead(900, opened=IN_WEEK - timedelta(days=20), due={"reply": "2026-11-12"})
        records.put_lead(old)
        records.add_event(old.id, old.opened, "system", "opened")
        records.add_reporters([Reporter("key-1", REPORTER_NAME, REPORTER_PHONE)])
        spots = [(91.12, 29.655, 0.30), (91.17, 29.648, 0.25), (91.07, 29.652, 0.2), (91.2, 29.68, 0.25)]
        rows = []
        for n in range(incidents):
            x, y, _ = spots[rng.choice(len(spots), p=[s[2] for s in spots])]
            when = IN_WEEK + timedelta(hours=float(rng.uniform(-60, 60)), days=-7 * (n % 3 == 0))
            rows.append(
                incident(n, occurred=when, lon=float(x + rng.normal(0, 0.012)), lat=float(y + rng.normal(0, 0.009)))
            )
        records.add_incidents(rows)
        records.feed_heard(FeedHeard("hotline", IN_WEEK, "hotline.csv", "h", 240, 238, 0, 2))
        records.feed_heard(FeedHeard("patrol", IN_WEEK + timedelta(days=1), "patrol.csv", "p", 0, 0, 0, 0))
        records.feed_heard(FeedHeard("sensors", IN_WEEK - timedelta(days=9), "sensors.csv", "s", 12, 12, 0, 0))
        records.quarantine([bad_row(1), bad_row(2)], IN_WEEK)
        records.add_job_row(JobRow("import_feeds", NOW))
        for n, outcome in enumerate(("done", "failed", "lost", "done")):
            at = IN_WEEK + timedelta(hours=n)
            records.put_run(
                JobRun(
                    "import_feeds",
                    at,
                    n + 1,
                    "host:1",
                    at,
                    at,
                    outcome,
                    error=f"ValueError: {REPORTER_PHONE}" if outcome == "failed" else "",
                )
            )
        for name, email, language, active in (
            ("chief", "chief@office.example", "zh", True),
            ("deputy", "deputy@office.example", "en", True),
            ("gone", "gone@office.example", "zh", False),
            ("silent", "", "zh", True),
        ):
            records.put_user(User(name, name.title(), "procurator", "x", email, language, active))


@dataclass(frozen=True)
class SmallFeed:
    expected_every: timedelta | None = None
    title: Words | None = None


@dataclass
class SmallHouse:
    """What ``mail.weekly`` and the jobs need of a house, over any store and post."""

    store: Store
    post: Any
    settings: Settings
    clock: Any = field(default_factory=lambda: FixedClock(NOW))
    feeds: Mapping[str, Any] = field(
        default_factory=lambda: {f: SmallFeed() for f in ("hotline", "patrol", "sensors", "drone")}
    )

    @property
    def box(self) -> Box:
        return Box(*self.settings.city.box)


def settings(workspace: Path, **more: Any) -> Settings:
    return Settings(workspace=workspace, city=CITY, mail=Mail(sender="线索地图 <geo-monitor@office.example>"), **more)
