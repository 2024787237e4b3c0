"""Synthetic reports: what a city's hotlines, volunteers and patrols bring in two years, most of it of no concern
here.

The background is strewn where people live and along the valley floor below 3,800 m; it has a season, a
time of day, people who report often, and things reported at the same shop twice. It is not free of leads: some of
it meets a model by chance, as it would in a city.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import Any

import numpy as np

from geo_monitor.demo.ground import ZONE, Ground, Heritage, Reach, rounded
from geo_monitor.demo.premises import METRES_LAT, METRES_LON, Business, scatter

DAYS = 730
PREFIX = {"hotline": "RX", "market_hotline": "SJ", "volunteer": "YX", "patrol": "XH"}


@dataclass(frozen=True)
class Report:
    """One row of a feed, in WGS 84; ``number`` is the source's own id. ``who`` is a synthetic name or ""."""

    feed: str
    number: str
    category: str
    text: str
    occurred: datetime
    reported: datetime
    lon: float
    lat: float
    accuracy_m: float
    who: str = ""
    evidence: tuple[str, ...] = ()


@dataclass(frozen=True)
class Kind:
    """How often a category comes up, where, and in which months most. ``where``: town, river, shop, heritage."""

    category: str
    weight: float
    where: str
    text: str
    peak: str = ""


#: Most of what people report concerns nothing that a model watches.
KINDS = (
    Kind("illegal_parking", 15.0, "town", "车辆占道停放，影响通行"),
    Kind("noise", 13.0, "town", "夜间噪声扰民"),
    Kind("dust", 7.5, "town", "道路扬尘明显", "spring"),
    Kind("other", 11.0, "town", "咨询办事流程"),
    Kind("litter", 6.0, "town", "垃圾桶满溢，周边散落垃圾", "summer"),
    Kind("fumes", 4.5, "town", "餐饮油烟影响住户"),
    Kind("odour", 4.0, "town", "附近有异味", "summer"),
    Kind("rodents", 2.5, "town", "发现鼠患"),
    Kind("cables", 2.5, "town", "线缆杂乱下垂"),
    Kind("blocked_fire_lane", 1.8, "town", "消防通道被占用"),
    Kind("sewer_overflow", 2.2, "town", "井盖冒水", "summer"),
    Kind("drinking_water", 1.6, "town", "自来水短时浑浊"),
    Kind("open_burning", 1.2, "town", "有人露天焚烧", "winter"),
    Kind("construction", 1.2, "town", "工地施工"),
    Kind("street_stall", 1.6, "town", "流动摊贩占道经营"),
    Kind("tree_damage", 0.4, "town", "行道树被损"),
    Kind("waterlogging", 1.0, "town", "路面积水", "summer"),
    Kind("drug_complaint", 1.2, "town", "对药店售药有疑问"),
    Kind("online_food", 1.2, "town", "外卖配送超时"),
    Kind("food_complaint", 3.2, "shop", "对就餐食品质量不满意"),
    Kind("food_hygiene", 2.0, "shop", "店内卫生状况一般"),
    Kind("spoiled_food", 0.9, "shop", "买到临期食品"),
    Kind("kitchen_waste", 0.8, "shop", "餐厨垃圾未及时收运"),
    Kind("food_illness", 0.25, "shop", "食用后身体不适"),
    Kind("unlicensed_food", 0.25, "town", "怀疑无证经营食品"),
    Kind("cheap_snacks", 0.35, "town", "出售不明来源小食品"),
    Kind("grease", 0.5, "shop", "油污排放"),
    Kind("litter", 1.0, "river", "河边有生活垃圾", "summer"),
    Kind("floating_rubbish", 0.5, "river", "水面有漂浮物", "summer"),
    Kind("dumping", 0.7, "river", "河边有人倾倒渣土"),
    Kind("turbid_water", 1.4, "river", "河水浑浊", "summer"),
    Kind("water_colour", 0.12, "river", "水色异常"),
    Kind("vehicle_washing", 0.6, "river", "有人在河边洗车", "summer"),
    Kind("riverside_camping", 0.8, "river", "河滩露营", "summer"),
    Kind("picnic", 0.8, "river", "河边野餐烧烤", "summer"),
    Kind("angling", 1.0, "river", "有人垂钓", "summer"),
    Kind("swimming", 0.3, "river", "有人下河游泳", "summer"),
    Kind("floodplain_use", 0.7, "river", "滩地堆放物料"),
    Kind("discharge", 0.10, "river", "有水流入河"),
    Kind("outfall", 0.08, "river", "发现一处管口"),
    Kind("sand_mining", 0.35, "river", "有人在河道取沙"),
    Kind("fish_kill", 0.15, "river", "水面有死鱼"),
    Kind("boundary_mark", 0.4, "river", "界桩倾斜"),
    Kind("overcrowding", 1.5, "heritage", "游客较多", "summer"),
    Kind("heritage_sign", 0.3, "heritage", "标志牌字迹不清"),
    Kind("graffiti", 0.10, "heritage", "墙面有刻划"),
    Kind("fire_hazard", 0.15, "heritage", "存在用电隐患", "winter"),
    Kind("structural_decay", 0.05, "heritage", "墙体有裂缝"),
)

#: By season: weight of each month, January first.
SEASONS = {
    "": np.ones(12),
    "summer": np.array([3, 3, 5, 7, 10, 14, 16, 15, 10, 7, 4, 3], float),
    "winter": np.array([14, 13, 10, 6, 4, 3, 3, 3, 4, 7, 11, 14], float),
    "spring": np.array([7, 10, 14, 13, 9, 5, 4, 4, 5, 6, 7, 7], float),
}
#: Reports by hour of the day.
HOURS = np.array([1, 0.5, 0.4, 0.3, 0.3, 0.5, 1, 3, 6, 8, 9, 8, 7, 6, 7, 8, 8, 8, 7, 6, 5, 4, 3, 2])
FOOD = {
    "food_complaint",
    "food_hygiene",
    "spoiled_food",
    "kitchen_waste",
    "food_illness",
    "unlicensed_food",
    "cheap_snacks",
    "grease",
    "online_food",
    "drug_complaint",
    "street_stall",
    "fumes",
}


@dataclass(frozen=True)
class KeepClear:
    """Background of these categories stays this far from the place of a planted offence, so that what the
    generator says of it (found, or just not found) holds whatever the dice say."""

    categories: frozenset[str]
    metres: float
    lon: float = 0.0
    lat: float = 0.0
    reach: Reach | None = None


class People:
    """Synthetic reporters. A few of them report often; one in eight gives no name."""

    def __init__(self, rng: np.random.Generator, n: int = 7000) -> None:
        self.rng = rng
        self.citizens = n
        weight = 1.0 / np.arange(8, n + 8) ** 0.6
        self.cumulative = np.cumsum(weight / weight.sum())

    def citizen(self) -> str:
        if self.rng.random() < 0.12:
            return ""
        return f"合成市民-{int(np.searchsorted(self.cumulative, self.rng.random())) + 1:04d}"

    def of(self, feed: str) -> str:
        if feed == "volunteer":
            return f"合成志愿者-{int(self.rng.integers(1, 81)):02d}"
        if feed == "patrol":
            return f"合成巡查员-{int(self.rng.integers(1, 41)):02d}"
        return self.citizen()


class Numbers:
    """Numbers as the sources give them: RX20260101-00001. Running through the whole feed, so that none repeats."""

    def __init__(self) -> None:
        self.last: dict[str, int] = {}

    def next(self, feed: str, reported: datetime) -> str:
        self.last[feed] = self.last.get(feed, 0) + 1
        return f"{PREFIX[feed]}{reported:%Y%m%d}-{self.last[feed]:05d}"


def local(day: date, hour: int = 10, minute: int = 0, second: int = 0) -> datetime:
    return datetime.combine(day, time(hour, minute, second), tzinfo=ZONE)


class Background:
    """Makes reports one after another from one stream of chance."""

    def __init__(
        self,
        rng: np.random.Generator,
        ground: Ground,
        businesses: Sequence[Business],
        today: date,
        numbers: Numbers,
        clear: Sequence[KeepClear],
    ) -> None:
        self.rng, self.ground, self.today, self.numbers, self.clear = rng, ground, today, numbers, clear
        self.businesses = businesses
        self.people = People(rng)
        self.reaches = [r for r in ground.reaches if r.livable]
        #: Reaches by the capital see most people.
        near = np.array(
            [
                4.0 if r.district in ("540102", "540103") else 1.5 if r.district == "540104" else 1.0
                for r in self.reaches
            ]
        )
        self.reach_weight = near / near.sum()
        #: Sites on the valley floor by where people go; those above it are left to the monks.
        self.sites = [
            h for h in ground.heritage if h.id in ("LSH-01", "LSH-02", "LSH-06", "LSH-07", "LSH-12", "LSH-14", "LSH-15")
        ]
        #: A few shops get far more complaints than the rest.
        pull = 1.0 / (rng.permutation(len(businesses)) + 60.0) ** 0.5
        self.shop_weight = pull / pull.sum()

    def make(self, n: int, progress: Callable[[int], None] | None = None) -> list[Report]:
        weights = np.array([k.weight for k in KINDS])
        drawn = np.sort(self.rng.choice(len(KINDS), size=n, p=weights / weights.sum()))
        reports = []
        for k, count in zip(*np.unique(drawn, return_counts=True), strict=True):
            reports += self._of(KINDS[int(k)], int(count))
            if progress:
                progress(len(reports))
        reports.sort(key=lambda r: (r.reported, r.category, r.lon))
        return [replace(r, number=self.numbers.next(r.feed, r.reported)) for r in reports]

    def _of(self, kind: Kind, n: int) -> list[Report]:
        places = self._places(kind, n)
        days = self._days(kind.peak, n)
        hours = self.rng.choice(24, size=n, p=HOURS / HOURS.sum())
        rest = self.rng.integers(0, 3600, size=n)
        wait = np.minimum(self.rng.lognormal(3.6, 1.3, size=n), 4000.0)
        out = []
        for k, (lon, lat) in enumerate(places):
            occurred = local(
                self.today - timedelta(days=int(days[k])), int(hours[k]), int(rest[k] // 60), int(rest[k] % 60)
            )
            # What comes in tonight would be of tomorrow: nothing is reported after the present day.
            reported = min(occurred + timedelta(minutes=float(wait[k])), local(self.today, 0)).replace(microsecond=0)
            feed = self._feed(kind)
            category, text = kind.category, kind.text
            if self._kept_clear(category, lon, lat):
                category, text = "other", "咨询办事流程"
            out.append(
                Report(
                    feed,
                    "",
                    category,
                    text,
                    occurred,
                    max(reported, occurred),
                    lon,
                    lat,
                    float(self.rng.choice([5.0, 10.0, 20.0, 30.0], p=[0.3, 0.4, 0.2, 0.1])),
                    self.people.of(feed),
                    self._evidence(feed),
                )
            )
        return out

    def _feed(self, kind: Kind) -> str:
        feeds, chance = ("hotline", "volunteer", "patrol"), [0.86, 0.06, 0.08]
        if kind.category in FOOD:
            feeds, chance = ("market_hotline", "hotline", "patrol"), [0.62, 0.33, 0.05]
        elif kind.where in ("river", "heritage"):
            chance = [0.38, 0.32, 0.30]
        return str(self.rng.choice(feeds, p=chance))

    def _evidence(self, feed: str) -> tuple[str, ...]:
        photo, other = {
            "hotline": (0.10, ""),
            "market_hotline": (0.12, "document"),
            "volunteer": (0.45, "video"),
            "patrol": (0.40, "inspection"),
        }[feed]
        found = ["photo"] if self.rng.random() < photo else []
        if other and self.rng.random() < 0.08:
            found.append(other)
        return tuple(found)

    def _days(self, peak: str, n: int) -> np.ndarray:
        """Days before today, 1 to 729, drawn by the weight of their month."""
        back = np.arange(1, DAYS)
        months = np.array([(self.today - timedelta(days=int(b))).month for b in back])
        weight = SEASONS[peak][months - 1]
        return self.rng.choice(back, size=n, p=weight / weight.sum())

    def _places(self, kind: Kind, n: int) -> list[tuple[float, float]]:
        if kind.where == "river":
            return self._riverside(n)
        if kind.where == "shop":
            return [self._around(b.lon, b.lat, 0.0, 9.0) for b in self._drawn_shops(n)]
        if kind.where == "heritage":
            chosen = self.rng.choice(len(self.sites), size=n, p=_shares(self.sites))
            return [self._around(self.sites[int(k)].lon, self.sites[int(k)].lat, 20.0, 420.0) for k in chosen]
        return [(lon, lat) for lon, lat, _ in scatter(self.rng, self.ground, n)]

    def _drawn_shops(self, n: int) -> list[Business]:
        return [self.businesses[int(k)] for k in self.rng.choice(len(self.businesses), size=n, p=self.shop_weight)]

    def _around(self, lon: float, lat: float, least: float, most: float) -> tuple[float, float]:
        turn, away = self.rng.uniform(0, 2 * math.pi), self.rng.uniform(least, most)
        return rounded((lon + away * math.cos(turn) / METRES_LON, lat + away * math.sin(turn) / METRES_LAT))

    def _riverside(self, n: int) -> list[tuple[float, float]]:
        found: list[tuple[float, float]] = []
        while len(found) < n:
            reach = self.reaches[int(self.rng.choice(len(self.reaches), p=self.reach_weight))]
            foot = reach.geometry.interpolate(self.rng.uniform(), normalized=True)
            away = reach.half_width_m + self.rng.exponential(110.0)
            turn = self.rng.uniform(0, 2 * math.pi)
            place = rounded((foot.x + away * math.cos(turn) / METRES_LON, foot.y + away * math.sin(turn) / METRES_LAT))
            if bool(self.ground.inside(np.array([place[0]]), np.array([place[1]]))[0]):
                found.append(place)
        return found

    def _kept_clear(self, category: str, lon: float, lat: float) -> bool:
        for c in self.clear:
            if category not in c.categories:
                continue
            if c.reach is not None:
                # Degrees are good enough to keep away; a degree of longitude is the shorter one here.
                from shapely.geometry import Point

                if c.reach.geometry.distance(Point(lon, lat)) < c.metres / METRES_LON:
                    return True
            elif math.hypot((lon - c.lon) * METRES_LON, (lat - c.lat) * METRES_LAT) < c.metres:
                return True
        return False


def _shares(sites: Sequence[Heritage]) -> np.ndarray:
    weight = np.array([{"LSH-01": 5.0, "LSH-02": 6.0, "LSH-06": 4.0}.get(s.id, 1.0) for s in sites])
    return weight / weight.sum()


# ---- rows that nobody should trust ---------------------------------------------------------------------------

FAULTS = ("missing_coordinates", "swapped_axes", "outside_city", "unreadable_date", "reused_id", "unknown_category")


def faulty_rows(
    rng: np.random.Generator, reports: Sequence[Report], numbers: Numbers, share: float = 0.01
) -> list[tuple[str, Report, Mapping[str, Any]]]:
    """(fault, report, cells to write otherwise) for about ``share`` of the hotline's rows: copies of good ones
    with new numbers (the
    reused id keeps the old number and says something else)."""
    good = [r for r in reports if r.feed == "hotline" and r.category in ("noise", "illegal_parking", "other")]
    out: list[tuple[str, Report, Mapping[str, Any]]] = []
    each = max(1, round(share * len(reports) / len(FAULTS)))
    chosen = rng.choice(len(good), size=each * len(FAULTS), replace=False)
    for k, at in enumerate(chosen):
        fault, r = FAULTS[k % len(FAULTS)], good[int(at)]
        copy = (
            replace(r, number=numbers.next(r.feed, r.reported))
            if fault != "reused_id"
            else replace(r, text=r.text + "（内容已改）")
        )
        cells: dict[str, Any] = {
            "missing_coordinates": {"lon": "", "lat": ""},
            "swapped_axes": {"lon": f"{r.lat:.7f}", "lat": f"{r.lon:.7f}"},
            "outside_city": {"lon": f"{r.lon + 12.5:.7f}", "lat": f"{r.lat + 9.0:.7f}"},
            "unreadable_date": {
                "occurred": ("2026-02-30 10:00", "去年冬天", "13/25/2026", "0000-00-00")[k // len(FAULTS) % 4]
            },
            "unknown_category": {"category": "外星来客"},
        }.get(fault, {})
        out.append((fault, copy, cells))
    return out
