"""What people read for the codes that layers and reports carry and that models name."""

from __future__ import annotations

from collections.abc import Mapping

from geo_monitor.domain.words import Words
from geo_monitor.supervision.vocabulary import CATEGORIES, PERMIT_KINDS

#: Code → words, whatever the field.
CHOICES: Mapping[str, Words] = {
    "yes": Words("是", "yes"),
    "no": Words("否", "no"),
    "none": Words("无", "none"),
    "other": Words("其他", "other"),
    # licences of drivers, vehicles
    "expired": Words("已过期", "expired"),
    "forged": Words("伪造", "forged"),
    "wrong_class": Words("准驾车型不符", "wrong class"),
    "tanker": Words("罐车", "tanker"),
    # food businesses, canteens, medical institutions, schools
    "canteen": Words("单位食堂", "canteen"),
    "catering": Words("餐饮服务", "catering"),
    "production": Words("食品生产", "food production"),
    "workshop": Words("食品小作坊", "small workshop"),
    "hospital": Words("医院", "hospital"),
    "community": Words("社区卫生服务机构", "community health service"),
    "clinic": Words("诊所", "clinic"),
    "kindergarten": Words("幼儿园", "kindergarten"),
    "primary": Words("小学", "primary school"),
    "secondary": Words("中学", "secondary school"),
    "nine_year": Words("九年一贯制学校", "nine-year school"),
    "vocational": Words("中等职业学校", "vocational school"),
    "special": Words("特殊教育学校", "special school"),
    # land, permits, works
    "building": Words("建筑", "building"),
    "infrastructure": Words("基础设施", "infrastructure"),
    "public_service": Words("公共服务设施", "public service"),
    "quarry": Words("采石取土", "quarry"),
    "bare_soil": Words("裸土", "bare soil"),
    "fill": Words("填埋", "fill"),
    "road": Words("道路", "road"),
    "spoil": Words("建筑垃圾渣土", "construction waste and spoil"),
    "conversion": Words("农用地转用", "conversion of farmland"),
    "farm_facility": Words("设施农业用地", "farm facility"),
    "grassland": Words("草原", "grassland"),
    "basic": Words("基本草原", "basic grassland"),
    "debris_flow": Words("泥石流", "debris flow"),
    "landslide": Words("滑坡", "landslide"),
    # water, nature
    "lake": Words("湖泊", "lake"),
    "wetland": Words("湿地", "wetland"),
    "core": Words("核心保护区", "core area"),
    "general": Words("一般控制区", "general control area"),
    # heritage
    "control_zone": Words("建设控制地带", "construction control zone"),
    "view_corridor": Words("视廊", "view corridor"),
    "bilingual": Words("双语", "bilingual"),
    "national": Words("国家级", "national"),
    "regional": Words("自治区级", "regional"),
    "city": Words("市级", "city"),
    "county": Words("县级", "county"),
    "repair": Words("修缮", "repair"),
    "alteration": Words("改建", "alteration"),
    "demolition": Words("拆除", "demolition"),
    "new_use": Words("改变用途", "new use"),
    "manager": Words("看护人员", "guard"),
    "camera": Words("监控摄像", "camera"),
}
#: Where a field says more than the code.
IN_FIELD: Mapping[tuple[str, str], Words] = {
    ("licence_check", "none"): Words("无证", "no licence"),
    ("flue", "yes"): Words("有", "yes"),
    ("grade", "1"): Words("一级", "first"),
    ("grade", "2"): Words("二级", "second"),
    ("grade", "3"): Words("三级", "third"),
}
#: Fields whose values are categories of reports, or kinds of permits.
SHARED: Mapping[str, Mapping[str, Words]] = {
    "topic": CATEGORIES,
    "category": CATEGORIES,
    "kind": PERMIT_KINDS,
    "forbids": PERMIT_KINDS,
}


def choice_words(field: str, code: str) -> Words:
    """What people read for a code in a field; free text and names stay as they are written."""
    for known in (IN_FIELD.get((field, code)), CHOICES.get(code), SHARED.get(field, {}).get(code)):
        if known is not None:
            return known
    return Words(code, code)
