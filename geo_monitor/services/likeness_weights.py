"""What speaks for and against two reports telling of one event, in points: ten points more make it ten times
likelier, ten points less ten times less likely.

Points are ten times the decimal logarithm of a likelihood ratio (*decibans*: I. J. Good, *Probability and the Weighing
of Evidence*, 1950, §6.1). They are added up, as if the parts knew nothing of each other; they do, a little, and that is
why each is bounded. A pair begins with ``BEFORE`` and is proposed from ``PROPOSED`` on. How the numbers were chosen,
and on which data: ``docs/decisions/0010-reports-of-one-event.md``. A change of any of them makes the next search look
at everything again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

from geo_monitor.domain.words import Words

#: Two reports of one kind, near each other in place and time, before anything else is known of them.
BEFORE = -6.0
#: From here on two reports are proposed as one event: ten to one.
PROPOSED = 10.0
#: Two groups of reports become one if their pairs have so many points on average.
ON_AVERAGE = 5.0
#: No two members of one occurrence may stand below this: four to one against.
TOGETHER = -6.0

# ---- bounds: beyond them two reports are never compared, so no occurrence can be wider or longer --------------

#: An occurrence is at most so wide, whatever the accuracy of its reports.
WIDEST_M = 500.0
#: And no pair lies farther apart than this many standard deviations of its two places.
FARTHEST_SIGMAS = 3.0
#: Days from the first to the last act of an occurrence: of what passes, and of what lasts.
LONGEST_DAYS: Mapping[str, float] = {"passing": 3.0, "lasting": 30.0}

# ---- place ---------------------------------------------------------------------------------------------------------

#: People see the same thing from different sides, and a thing has a size: metres, beside the accuracy of both reports.
STANDING_M = 25.0
#: An accuracy is the radius within which the place lies with 95 %: so many standard deviations of a normal error in
#: the plane.
SIGMAS_OF_ACCURACY = 2.448
#: The most that a place can say for: what happens is crowded in streets and along banks.
PLACE_BEST = 12.0
PLACE_WORST = -20.0

# ---- time ----------------------------------------------------------------------------------------------------------

#: What is said of the time of one act lies so many hours apart, on average.
HOURS_APART: Mapping[str, float] = {"passing": 7.0, "lasting": 96.0}
TIME_BEST: Mapping[str, float] = {"passing": 5.0, "lasting": 3.0}
TIME_WORST = -20.0
#: Of a report that names only its day, being of that very day says no more than this.
DAY_BEST = 0.0

#: What is still there days later, until somebody does something about it. All else passes.
LASTING = frozenset(
    {
        "riverside_building", "floodplain_use", "outfall", "black_odorous_water", "livestock_farm", "dike_damage",
        "boundary_mark", "wetland_fill", "idle_facility", "grave_building", "construction", "heritage_sign",
        "structural_decay", "graffiti", "hanging", "cables", "memorial_neglect", "unapproved_repair", "probe_hole",
        "tree_damage", "litter", "hazardous_waste", "standing_structure", "small_workshop", "fire_hazard",
        "relic_missing", "dry_channel", "grassland_damage", "seepage", "fuel_in_well", "rodents", "hydropower_works",
    }
)  # fmt: skip

# ---- category ------------------------------------------------------------------------------------------------------

SAME_CATEGORY = 4.0
RELATED_CATEGORY = 1.0
#: One of the two was filed under "other".
UNFILED = -1.0

#: What one event is called by different people. A category may stand in several.
FAMILIES: tuple[frozenset[str], ...] = (
    frozenset(
        {"outfall", "discharge", "sewer_overflow", "black_odorous_water", "water_colour", "turbid_water", "oil_film"}
        | {"spill", "fish_kill", "odour", "grease", "seepage", "sensor_alarm"}
    ),
    frozenset({"dumping", "litter", "floating_rubbish", "floodplain_use", "wetland_fill", "hazardous_waste"}),
    frozenset({"medical_waste", "hazardous_waste", "waste_oil", "dumping"}),
    frozenset({"sand_mining", "riverside_works", "excavation", "quarrying", "turbid_water", "dike_damage"}),
    frozenset({"riverside_building", "construction", "demolition", "unapproved_repair", "dust", "noise"}),
    frozenset({"construction", "excavation", "demolition", "relic_find", "structural_decay"}),
    frozenset({"probe_hole", "night_digging", "metal_detecting", "relic_theft", "relic_theft_attempt", "excavation"}),
    frozenset({"graffiti", "hanging", "heritage_sign", "memorial_neglect"}),
    frozenset({"fire", "open_burning", "fire_hazard", "thermal_hotspot"}),
    frozenset({"illegal_fishing", "fishing", "angling", "fish_kill"}),
    frozenset({"picnic", "riverside_camping", "litter", "open_burning"}),
    frozenset({"carcass", "dead_animal_trade", "slaughter", "livestock_loss", "odour"}),
    frozenset({"manure", "livestock_farm", "odour", "discharge"}),
    frozenset({"food_illness", "canteen", "spoiled_food", "food_complaint", "food_hygiene", "online_food", "rodents"}),
    frozenset({"unlicensed_food", "street_stall", "small_workshop", "cheap_snacks", "food_complaint"}),
    frozenset({"kitchen_waste", "grease", "fumes", "odour", "sewer_overflow"}),
    frozenset({"poaching", "hunting_device", "wildlife_products", "wildlife_food", "bird_disturbance"}),
    frozenset({"grassland_damage", "off_road_driving", "turf_cutting"}),
    frozenset({"tree_damage", "tree_felling"}),
    frozenset({"fuel_odour", "fuel_in_well", "oil_film"}),
    frozenset({"blocked_fire_lane", "illegal_parking"}),
    frozenset({"drug_complaint", "failed_drug_sample", "online_drug"}),
)

#: What machines and offices note row by row: two readings are two readings.
NEVER = frozenset(
    {
        "rain", "flow_reading", "turbidity_reading", "water_index", "visitor_count", "vibration", "temperature_reading",
        "waste_pickup", "vegetation_index", "gas_reading", "pharmacist_signin", "livestock_count", "traffic_check",
        "vehicle_stop", "work_order", "card_swipe", "insurance_claims", "power_reading", "failed_sample",
        "failed_drug_sample", "wage_arrears", "title_delay", "rider_claim", "insurance_complaint",
    }
)  # fmt: skip

# ---- words ---------------------------------------------------------------------------------------------------------

#: Share of pairs of neighbouring characters that both texts have → points; between two steps a straight line.
TEXT: tuple[tuple[float, float], ...] = (
    (0.0, -6.0),
    (0.05, -4.0),
    (0.10, 0.0),
    (0.20, 3.0),
    (0.35, 6.0),
    (0.50, 8.0),
    (1.0, 10.0),
)
#: Texts with fewer pairs of characters than this say nothing.
FEWEST_GRAMS = 4

# ---- numbers, names and addresses ----------------------------------------------------------------------------------

#: Kind of thing named → points if both name the same one, points if both name one and none is the same.
NAMED: Mapping[str, tuple[float, float]] = {
    "code": (20.0, -25.0),  # credit code, licence: one business
    "vehicle": (16.0, -10.0),  # several lorries may come to one place
    "order": (20.0, 0.0),  # the number of another office's order
    "number": (6.0, -14.0),  # 35号, 3号排口, 2栋: of a house, a pipe, a stall
    "name": (6.0, -16.0),  # the name of a business, given apart
}
#: How the name of a place in the text ends, by sort; points if both texts name the same one, if none of theirs is the
#: same. A name is such an end and the two characters before it. Names that one character tells apart say nothing.
SITES: Mapping[str, tuple[tuple[str, ...], float, float]] = {
    "road": (("路", "街", "巷", "大道", "胡同"), 3.0, -8.0),
    "water": (("河", "湖", "沟", "渠", "江", "曲", "水库"), 3.0, -8.0),
    "crossing": (("桥", "闸", "码头", "渡口", "泵站", "水电站"), 6.0, -6.0),
    "monument": (
        ("寺", "塔", "庙", "宫", "殿", "石刻", "遗址", "庄园", "老宅", "古墓", "故居", "陵园", "碑"), 6.0, -8.0,
    ),
    "premises": (
        ("店", "馆", "超市", "市场", "酒楼", "酒家", "饭庄", "食堂", "药房", "作坊", "茶园", "公司", "厂"), 6.0, -8.0,
    ),
    "settlement": (("村", "社区", "小区", "居委会", "乡", "镇"), 3.0, -8.0),
    "school": (("小学", "中学", "学校", "幼儿园", "医院"), 6.0, -8.0),
}  # fmt: skip

#: Two names of a business are the same from this score on, and different below the second one; between nothing is said.
NAMES_ALIKE, NAMES_DIFFER = 0.85, 0.5

#: Calls of one person about one thing are nearly always about one thing.
SAME_REPORTER = 4.0

PART_WORDS: Mapping[str, Words] = {
    "before": Words("基础", "to begin with"),
    "place": Words("地点", "place"),
    "time": Words("时间", "time"),
    "category": Words("类别", "category"),
    "text": Words("文字", "wording"),
    "code": Words("证照代码", "code or licence"),
    "vehicle": Words("车牌", "vehicle"),
    "order": Words("工单编号", "work order"),
    "number": Words("门牌编号", "house or pipe number"),
    "name": Words("单位名称", "name of a business"),
    "site": Words("地名店名", "name of a place"),
    "reporter": Words("同一举报人", "same reporter"),
}


def pace(category: str) -> str:
    return "lasting" if category in LASTING else "passing"


def fingerprint() -> str:
    """Changes with every number of this table."""
    said = sorted(
        (name, sorted(value) if isinstance(value, frozenset) else str(value))
        for name, value in globals().items()
        if name.isupper() and name not in ("FAMILIES", "PART_WORDS")
    )
    families = sorted(sorted(f) for f in FAMILIES)
    return hashlib.sha256(repr((said, families)).encode()).hexdigest()[:16]
