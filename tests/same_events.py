"""Labelled synthetic reports (合成): one event told by several people and feeds, and what looks like it and is not.

Every text is put together from phrases written by hand for this file, in the manner of each kind of caller. No place,
person, shop or number in it exists: streets are invented, and plates hold the letters I and O, which no plate has. The
seed decides everything. Events of the same kind, place and wording are strewn in as hard negatives:

* ``again``: the same place and kind, another day within the longest span, or weeks later;
* ``neighbour``: the premises (pipe, wall) next door, the same day;
* ``elsewhere``: the same kind, told in the same phrases, at another spot, the same day;
* ``beside``: another kind at the same place and time.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

from geo_monitor.domain.incident import Incident, Origin
from geo_monitor.domain.place import Datum
from geo_monitor.engine.metres import metres_per_degree
from geo_monitor.services.likeness_weights import pace

ZONE = timezone(timedelta(hours=8))
BEGIN = datetime(2026, 3, 1, tzinfo=UTC)
CENTRE = (91.12, 29.65)


@dataclass(frozen=True)
class Kind:
    """``called``: under which categories people file it, the first the usual one; ``at``: river, heritage or shop."""

    called: tuple[str, ...]
    at: str
    what: tuple[str, ...]
    detail: tuple[str, ...]


KINDS = (
    Kind(
        ("sand_mining", "riverside_works", "excavation"),
        "river",
        (
            "有人在河道里挖沙",
            "发现非法采砂",
            "挖掘机在河里取沙装车",
            "有铲车下河盗采砂石",
            "河床上有人偷挖沙子",
            "大型机械在河道内采挖砂石料",
        ),
        (
            "现场有{n}台挖掘机",
            "砂石就近堆在岸边",
            "卡车来回拉运",
            "河床已被挖出大坑",
            "机器声音很大",
            "没有看到任何许可公示牌",
            "挖完直接拉走了",
        ),
    ),
    Kind(
        ("dumping", "litter", "other"),
        "river",
        (
            "有渣土车往河边倒建筑垃圾",
            "有人向河道倾倒渣土",
            "发现偷倒建筑垃圾",
            "一辆货车把装修垃圾卸在河滩上",
            "大车在岸边倾倒土方",
            "河堤下被倒了一大堆渣土",
        ),
        ("约有{n}方", "里面有砖头和水泥块", "倒完就开走了", "垃圾已滑进水里", "堆在护坡上", "车身没有密闭"),
    ),
    Kind(
        ("discharge", "water_colour", "outfall", "odour", "black_odorous_water"),
        "river",
        (
            "污水直接排到河里",
            "排水口在往河里排黑水",
            "有企业偷排废水",
            "管子里流出大量脏水进入河道",
            "发现污水直排",
            "河边暗管排出带颜色的水",
        ),
        ("水是黑色的", "有刺鼻气味", "水面起了白色泡沫", "流量很大", "下游水也变浑了", "已经流了{n}个小时"),
    ),
    Kind(
        ("fish_kill", "water_colour", "discharge"),
        "river",
        ("河面漂着很多死鱼", "水里大量鱼翻肚皮", "发现成片死鱼", "河里鱼突然死了", "岸边漂来不少死鱼"),
        ("大小都有", "约{n}多条", "水有异味", "水色发白", "都集中在回水湾", "担心水有毒"),
    ),
    Kind(
        ("illegal_fishing", "fishing"),
        "river",
        ("有人用电瓶电鱼", "发现电鱼人员", "几个人背着电鱼设备下河", "有人非法电捕鱼", "夜里有人打着灯电鱼"),
        ("一共{n}个人", "装了大半桶", "开着皮筏子", "还带着长杆抄网", "看到人来就跑"),
    ),
    Kind(
        ("riverside_building", "construction", "other"),
        "river",
        (
            "河堤内侧在建房子",
            "有人在河道管理范围内搭建彩钢房",
            "滩地上新盖了一排房",
            "发现占用河滩违建",
            "岸边砌墙修房",
        ),
        ("已经建到{n}层", "主体基本完工", "占了半边滩地", "没有看到审批手续", "还在继续施工", "影响行洪"),
    ),
    Kind(
        ("vehicle_washing", "other"),
        "river",
        ("有人把车开到河里洗", "河边多辆车在冲洗", "罐车在河里清洗罐体", "有人在河滩洗车"),
        ("泡沫流进河里", "一共{n}辆", "油污漂在水面", "用水泵抽河水冲", "每到周末都有"),
    ),
    Kind(
        ("carcass", "odour"),
        "river",
        ("河边丢了死猪", "发现有人弃置病死牲畜", "水沟里漂着死羊", "岸边有几头死牛犊没人管"),
        ("已经腐烂", "臭味很大", "大概{n}头", "苍蝇成群", "怕污染水源", "耳标被剪掉了"),
    ),
    Kind(
        ("construction", "excavation", "demolition"),
        "heritage",
        (
            "文物保护范围内在动工",
            "古建旁边有人挖地基",
            "寺院围墙外在施工",
            "保护区里来了挖掘机",
            "老宅院边上在打桩建楼",
        ),
        ("离墙根只有{n}米", "没有围挡", "地面已经挖开", "没有文物部门批文", "墙上震出了裂缝", "工人说是业主自己盖的"),
    ),
    Kind(
        ("graffiti", "hanging", "other"),
        "heritage",
        ("古墙上被人刻了字", "石碑被涂鸦", "文物墙面有新刻划", "有人在老墙上用喷漆写字"),
        ("字迹很深", "是红色油漆", "约{n}处", "刻的是人名", "标志牌也被划了", "游客留下的"),
    ),
    Kind(
        ("night_digging", "probe_hole", "excavation", "relic_theft"),
        "heritage",
        ("夜里有人在古墓附近挖洞", "发现疑似盗洞", "遗址上半夜有人挖掘", "有人打着手电在土台上挖坑"),
        ("洞口直径约{n}十厘米", "旁边有新土", "留下了洛阳铲", "停着一辆面包车", "土是新翻的", "听到金属声"),
    ),
    Kind(
        ("fire", "open_burning", "fire_hazard"),
        "heritage",
        ("古院落里冒烟起火", "老房子着火了", "文保单位旁边有明火", "偏殿后面在烧东西火很大"),
        ("浓烟滚滚", "有{n}个人在扑救", "电线烧着了", "火已蔓延到屋檐", "没有看到灭火器", "暂无人员受伤"),
    ),
    Kind(
        ("structural_decay", "other"),
        "heritage",
        ("古塔墙体开裂", "老民居屋顶塌了一块", "文物建筑漏雨严重", "院墙歪斜快倒了"),
        ("裂缝有{n}指宽", "下雨更厉害", "木梁已经糟朽", "墙皮大片脱落", "无人维修", "怕砸到行人"),
    ),
    Kind(
        ("food_illness", "spoiled_food", "food_complaint"),
        "shop",
        ("吃完饭后上吐下泻", "多人用餐后腹泻发烧", "聚餐后几个人一起呕吐", "在店里吃了凉菜拉肚子", "疑似食物中毒"),
        ("一共{n}个人", "已去医院输液", "都吃过同一道菜", "半夜开始发作", "有就诊记录", "怀疑肉没熟"),
    ),
    Kind(
        ("food_hygiene", "rodents", "food_complaint"),
        "shop",
        ("后厨卫生很差", "看到老鼠在厨房跑", "操作间脏乱蟑螂多", "厨房污水横流", "餐具没洗干净"),
        ("生熟混放", "厨师没戴帽子", "泔水桶没盖", "冰柜有异味", "地上全是油", "拍到{n}张照片"),
    ),
    Kind(
        ("spoiled_food", "food_complaint"),
        "shop",
        ("买到过期牛奶", "卖的熟食发霉", "货架上有过期食品", "店里卖变质糌粑", "买回的肉已经发臭"),
        ("过期{n}天", "生产日期被涂改", "老板不肯退", "包装已经胀气", "有小票", "还在继续卖"),
    ),
    Kind(
        ("unlicensed_food", "small_workshop", "street_stall", "other"),
        "shop",
        ("无证加工食品", "没有执照卖熟食", "小作坊无证生产豆制品", "没有食品经营许可证在营业", "住宅里偷偷做卤肉"),
        ("每天凌晨开工", "环境很脏", "用的是塑料桶", "送往附近饭店", "有{n}个工人", "门口没有牌子"),
    ),
    Kind(
        ("kitchen_waste", "grease", "odour", "sewer_overflow"),
        "shop",
        ("把泔水倒进下水道", "餐馆油污直接排入雨水井", "厨房废油倒在路边沟里", "门口隔油池溢出来了"),
        ("满地油污", "味道很重", "堵了{n}次", "流到人行道上", "井盖都是油", "每天晚上都倒"),
    ),
    Kind(
        ("fumes", "odour"),
        "shop",
        ("油烟直排影响住户", "烧烤店油烟很大", "没装油烟净化器", "排烟管对着居民窗户"),
        ("不敢开窗", "一直到凌晨{n}点", "墙都熏黑了", "多次沟通无果", "老人咳嗽", "烟往楼上灌"),
    ),
)

#: Dead fish below a pipe that discharges are one event to whoever looks into it: nothing to label as two.
_CAUSE = {"discharge", "fish_kill", "carcass", "kitchen_waste", "fumes"}


def _one(a: Kind, b: Kind) -> bool:
    return a.called[0] in _CAUSE and b.called[0] in _CAUSE


_SYLLABLES = "瑞丰宏达吉祥和顺康泰安宁福源盛景清朗云岭金禾玉泉青石白杨红柳"
_ROADS = ("路", "街", "巷", "大道")
_RIVER_MARKS = ("桥", "水闸", "拐弯处", "码头", "渡口", "泵站")
_HERITAGE = ("寺", "古塔", "老宅", "石刻", "遗址", "庄园")
_SHOPS = ("面馆", "火锅店", "小吃店", "副食店", "烧烤店", "茶馆", "藏餐馆", "超市")
_NEAR = {
    "river": ("", "附近", "旁边", "下面", "往下走一点", "上游不远", "边上", "一带"),
    "heritage": ("", "旁边", "附近", "北侧", "院内", "门口", "后面"),
    "shop": ("", "", "隔壁", "店内", "附近"),
}
_SWAPS = {
    "在": "再", "倾": "顷", "渣": "碴", "排": "牌", "挖": "控", "臭": "嗅", "厨": "橱", "的": "地", "做": "作",
    "过": "国", "砂": "沙", "沙": "砂", "河": "合",
    "很": "狠", "店": "点", "墙": "强", "辆": "两", "已": "以", "没": "设",
}  # fmt: skip

_OPEN = {
    "hotline": ("来电人反映，", "市民来电：", "诉求人称", "群众反映", "来电咨询并反映：", "市民称，"),
    "market_hotline": ("消费者投诉：", "投诉人反映", "举报人称，", "消费者来电称"),
    "volunteer": ("", "", "刚路过，", "今天巡河看到，", "拍到了：", "志愿者反映，"),
    "patrol": ("巡查发现，", "巡查中发现", "例行巡查：", "现场检查发现"),
    "police": ("报警人称，", "接报警：", "群众报警称", "110转："),
}
_CLOSE = {
    "hotline": (
        "，请相关部门核实处理。",
        "，希望尽快处理。",
        "，要求回复。",
        "，请核实。",
        "。",
        "，望有关部门到场查看",
    ),
    "market_hotline": ("，要求查处。", "，请调查处理。", "，要求退赔。", "。"),
    "volunteer": ("", "！", "，快来人管管", "。", "，有照片", "，麻烦看下"),
    "patrol": ("，已拍照取证。", "，已要求停止。", "，待移交。", "。"),
    "police": ("，已派警。", "，请求处理。", "。"),
}
#: Accuracy in metres of a feed's places, from and to.
_ACCURACY = {
    "hotline": (40, 250),
    "market_hotline": (30, 120),
    "volunteer": (8, 30),
    "patrol": (5, 15),
    "police": (30, 100),
}
_FEEDS = {
    "river": (("hotline", 5), ("volunteer", 3), ("patrol", 2), ("police", 1)),
    "heritage": (("hotline", 4), ("volunteer", 2), ("patrol", 2), ("police", 2)),
    "shop": (("hotline", 4), ("market_hotline", 5), ("patrol", 1)),
}


@dataclass(frozen=True)
class Spot:
    """Where things happen: a stretch of bank, a site, premises with a number and a name."""

    at: str
    lon: float
    lat: float
    names: tuple[str, ...]
    number: str = ""
    business: str = ""


@dataclass
class World:
    """``event_of``: incident id → the event it tells of."""

    incidents: list[Incident] = field(default_factory=list)
    event_of: dict[str, int] = field(default_factory=dict)
    why: dict[int, str] = field(default_factory=dict)


def same_events(events: int, seed: int, *, crowded: bool = False) -> World:
    """A world of at least so many events within four months, in a town of twelve by eight kilometres; ``crowded``: of
    three by two, so that each event has some of its kind around it that it has nothing to do with."""
    return _Maker(random.Random(seed), (1500.0, 1000.0) if crowded else (6000.0, 4000.0)).world(events)


class _Maker:
    def __init__(self, rng: random.Random, half: tuple[float, float]) -> None:
        self.rng, self.half = rng, half
        self.made = World()
        self.serial = 0

    def world(self, events: int) -> World:
        while len(self.made.why) < events:
            kind = self.rng.choice(KINDS)
            spot = self.spot(kind.at)
            when = BEGIN + timedelta(minutes=self.rng.randrange(120 * 1440))
            phrases = self.rng.sample(range(len(kind.what)), 3)
            self.event(kind, spot, when, phrases, "first")
            drawn = self.rng.random()
            if drawn < 0.16:
                slow = pace(kind.called[0]) == "lasting"
                days = self.rng.choice((21, 35, 60)) if slow or self.rng.random() < 0.5 else self.rng.uniform(1.0, 5.0)
                self.event(kind, spot, when + timedelta(days=days), phrases, "again")
            elif drawn < 0.32:
                near = self.neighbour(spot)
                self.event(kind, near, when + timedelta(hours=self.rng.uniform(-8, 8)), phrases, "neighbour")
            elif drawn < 0.44:
                far = self.spot(kind.at)
                self.event(kind, far, when + timedelta(hours=self.rng.uniform(-8, 8)), phrases, "elsewhere")
            elif drawn < 0.54:
                other = self.rng.choice([k for k in KINDS if k.at == kind.at and k is not kind and not _one(k, kind)])
                self.event(other, spot, when + timedelta(hours=self.rng.uniform(-8, 8)), [0, 1, 2], "beside")
        return self.made

    # ---- places

    def spot(self, at: str) -> Spot:
        wide, tall = self.half
        lon, lat = self.moved(*CENTRE, self.rng.uniform(-wide, wide), self.rng.uniform(-tall, tall))
        a, b, c = (self.rng.choice(_SYLLABLES) for _ in range(3))
        if at == "river":
            mark = self.rng.choice(_RIVER_MARKS)
            return Spot(
                at, lon, lat, (f"合成{a}{b}河{c}{b}{mark}", f"{c}{b}{mark}", f"{a}{b}河{c}{b}{mark}", f"{a}{b}河边")
            )
        if at == "heritage":
            mark = self.rng.choice(_HERITAGE)
            return Spot(at, lon, lat, (f"合成{a}{b}{mark}", f"{a}{b}{mark}", f"{c}{b}社区{a}{b}{mark}"))
        road, number = f"{a}{b}{self.rng.choice(_ROADS)}", str(self.rng.randrange(1, 300))
        return self.premises(lon, lat, road, number)

    def premises(self, lon: float, lat: float, road: str, number: str) -> Spot:
        a, b = (self.rng.choice(_SYLLABLES) for _ in range(2))
        shop = f"{a}{b}{self.rng.choice(_SHOPS)}"
        names = (f"{road}{number}号{shop}", f"{road}{shop}", f"{road}{number}号合成{shop}", f"{road}上的{shop}", shop)
        return Spot("shop", lon, lat, names, number, f"合成{shop}")

    def neighbour(self, spot: Spot) -> Spot:
        """The next premises in the same road, or another thing of the same kind along the bank."""
        lon, lat = self.moved(spot.lon, spot.lat, *self.rng.choice(((1, 0), (0, 1), (-1, 0), (0, -1))), far=(25, 120))
        if spot.at == "shop":
            road = spot.names[0].split(spot.number + "号")[0]
            return self.premises(lon, lat, road, str(int(spot.number) + self.rng.choice((1, 2, 3, 4))))
        if spot.at == "river":
            lon, lat = self.moved(spot.lon, spot.lat, *self.rng.choice(((1, 0), (0, 1), (-1, 0))), far=(150, 500))
            river = spot.names[3][:-1]
            mark = f"{self.rng.choice(_SYLLABLES)}{self.rng.choice(_SYLLABLES)}{self.rng.choice(_RIVER_MARKS)}"
            return Spot("river", lon, lat, (f"合成{river}{mark}", mark, f"{river}{mark}", f"{river}边"))
        a, b = (self.rng.choice(_SYLLABLES) for _ in range(2))
        mark = self.rng.choice(_HERITAGE)
        return Spot("heritage", lon, lat, (f"合成{a}{b}{mark}", f"{a}{b}{mark}", f"{a}{b}{mark}"))

    def moved(
        self, lon: float, lat: float, east: float, north: float, far: tuple[float, float] | None = None
    ) -> tuple[float, float]:
        if far is not None:
            metres = self.rng.uniform(*far)
            east, north = east * metres, north * metres
        per_lon, per_lat = metres_per_degree(lat)
        return lon + east / per_lon, lat + north / per_lat

    # ---- events and their reports

    def event(self, kind: Kind, spot: Spot, when: datetime, phrases: Sequence[int], why: str) -> None:
        number = len(self.made.why)
        self.made.why[number] = why
        reports = self.rng.choices((1, 2, 3, 4, 5, 7), (40, 26, 15, 10, 6, 3))[0]
        slow = pace(kind.called[0]) == "lasting"
        plate = f"藏{self.rng.choice('ABC')}{self.rng.choice('IO')}{self.rng.randrange(1000, 9999)}"
        has_plate = spot.at == "river" and self.rng.random() < 0.4
        people = [f"p{self.serial}-{n}" for n in range(reports)]
        for n in range(reports):
            feed = self.feed(spot.at)
            who: str | None = self.rng.choice(people[: n + 1]) if self.rng.random() < 0.15 else people[n]
            who = None if self.rng.random() < 0.2 else who
            occurred = self.told_time(when, feed, slow)
            accuracy = float(round(self.rng.uniform(*_ACCURACY[feed])))
            sigma = accuracy / 2.448
            lon, lat = self.moved(spot.lon, spot.lat, self.rng.gauss(0, sigma), self.rng.gauss(0, sigma))
            # Where people stood, not what they saw; now and then a place that is simply wrong.
            off = 600.0 if self.rng.random() < 0.02 else 18.0
            lon, lat = self.moved(lon, lat, self.rng.gauss(0, off), self.rng.gauss(0, off))
            text = self.text(kind, spot, feed, phrases, plate if has_plate and self.rng.random() < 0.5 else "")
            said: dict[str, Any] = {}
            if spot.business and feed == "market_hotline" and self.rng.random() < 0.5:
                said["name"] = spot.business
            called = kind.called[0] if self.rng.random() < 0.75 else self.rng.choice(kind.called)
            self.report(number, feed, called, text, occurred, lon, lat, accuracy, who, said)

    def report(
        self, event: int, feed: str, category: str, text: str, occurred: datetime, lon: float, lat: float,
        accuracy: float, who: str | None, said: dict[str, Any],
    ) -> None:  # fmt: skip
        self.serial += 1
        late = timedelta(minutes=self.rng.randrange(5, 300))
        incident = Incident(
            feed=feed,
            source_id=f"合成-{self.serial}",
            source=feed,
            category=category,
            text=text,
            occurred=occurred,
            reported=occurred + late,
            lon=lon,
            lat=lat,
            accuracy_m=accuracy,
            datum=Datum.WGS84,
            origin=Origin(f"{feed}.csv", "0" * 64, self.serial),
            reporter=who,
            attributes=said,
        )
        self.made.incidents.append(incident)
        self.made.event_of[incident.id] = event

    def feed(self, at: str) -> str:
        feeds, often = zip(*_FEEDS[at], strict=True)
        return self.rng.choices(feeds, often)[0]

    def told_time(self, when: datetime, feed: str, slow: bool) -> datetime:
        """When the report says that it was: measured by patrols, guessed by callers, the day of the call by some."""
        if slow:
            told = when + timedelta(hours=self.rng.expovariate(1 / 72.0))
        elif feed in ("patrol", "volunteer"):
            told = when + timedelta(minutes=self.rng.gauss(20, 40))
        else:
            told = when + timedelta(hours=self.rng.gauss(0.5, 2.0))
            if self.rng.random() < 0.10:
                told += timedelta(hours=self.rng.uniform(4, 20))  # the time of the call
        if feed != "patrol" and self.rng.random() < 0.3:
            told = told.replace(minute=self.rng.choice((0, 30)))
        if feed in ("hotline", "market_hotline") and self.rng.random() < 0.08:
            local = told.astimezone(ZONE)
            told = local.replace(hour=0, minute=0)
        return told.replace(second=0, microsecond=0).astimezone(UTC)

    # ---- words

    def text(self, kind: Kind, spot: Spot, feed: str, phrases: Sequence[int], plate: str) -> str:
        rng = self.rng
        what = kind.what[rng.choice(phrases)] if rng.random() < 0.8 else rng.choice(kind.what)
        where = rng.choice(spot.names) + rng.choice(_NEAR[spot.at])
        if rng.random() < 0.08:
            where = rng.choice(("这里", "我家楼下", "上班路上", "定位处"))
        details = [d.format(n=rng.randrange(2, 9)) for d in rng.sample(kind.detail, rng.choice((0, 1, 1, 2, 2, 3)))]
        if plate:
            details.append(rng.choice((f"车牌{plate}", f"车号{plate[:2]}·{plate[2:]}", f"看到车牌是{plate}")))
        said = rng.choice((f"{where}{what}", f"{where}，{what}", f"{what}，地点在{where}", f"{what}，位置：{where}"))
        if details:
            said += "，" + "，".join(details)
        said = rng.choice(_OPEN[feed]) + said + rng.choice(_CLOSE[feed])
        return "".join(self.mistyped(said))

    def mistyped(self, said: str) -> Iterator[str]:
        wide = self.rng.random() < 0.05
        for c in said:
            drawn = self.rng.random()
            if drawn < 0.01 and c in _SWAPS:
                yield _SWAPS[c]
            elif (drawn < 0.015 and not c.isalnum()) or drawn < 0.005:
                continue
            elif wide and c.isascii() and c.isalnum():
                yield chr(ord(c) + 0xFEE0)
            else:
                yield c
