"""Planted at heritage sites away from the old city, where the background has nothing to say."""

from __future__ import annotations

from geo_monitor.demo.ground import outside
from geo_monitor.demo.planting import Place, Planter
from geo_monitor.demo.zones import Zone

LAYER = "heritage_sites"


def plant_heritage(p: Planter) -> None:
    _works_in_range(p)
    _works_in_control_zone(p)
    _looting(p)
    _defacing(p)
    _fire(p)
    _decay(p)
    _surroundings(p)


def _approve(p: Planter, site: str, zone: Zone, first: int, last: int) -> None:
    k = len(p.out.relic_approvals) + 1
    name = f"合成文物许可-{k:02d}"
    p.out.relic_approvals.append(Zone(f"SYN-A-{k}", name, zone.geometry, site, "approval", p.day(first), p.day(last)))


def _around(p: Planter, site: str, azimuth: float, metres: float) -> Place:
    """So many metres outside the body of a site."""
    return outside(p.town.bodies[site].geometry, azimuth, metres)


def _works_in_range(p: Planter) -> None:
    model, say = "HER-001", "保护范围内正在施工"

    def inside(site: str, azimuth: float = 20.0) -> Place:
        """In the protection range, outside the body."""
        return _around(p, site, azimuth, 12.0)

    case = p.offence(model, LAYER, "LSH-04", "one photo in the protection range, no approval")
    case.seen("construction", inside("LSH-04"), p.at(44, 9), say, "photo")
    case = p.offence(model, LAYER, "LSH-12", "two people thirty days apart in the protection range")
    case.tell("construction", inside("LSH-12"), p.at(130, 9), say)
    case.tell("excavation", inside("LSH-12", 80.0), p.at(100, 9), say)
    _approve(p, "LSH-05", p.town.ranges["LSH-05"], 500, 61)
    case = p.offence(model, LAYER, "LSH-05", "inspected on the day after the approval had ended")
    case.seen("demolition", inside("LSH-05"), p.at(60, 9), say, "inspection")
    _approve(p, "LSH-09", p.town.ranges["LSH-09"], 400, -30)
    case = p.near_miss(model, LAYER, "LSH-09", "with a photo, but under a valid approval")
    case.seen("construction", inside("LSH-09"), p.at(50, 9), say, "photo")
    case = p.near_miss(model, LAYER, "LSH-08", "two people thirty-one days apart")
    case.tell("construction", inside("LSH-08"), p.at(231, 9), say)
    case.tell("construction", inside("LSH-08"), p.at(200, 9), say)
    case = p.near_miss(model, LAYER, "LSH-10", "with a photo, but a tenth of a metre outside the protection range")
    case.seen("excavation", outside(p.town.ranges["LSH-10"].geometry, 10.0, 0.1), p.at(70, 9), say, "photo")
    for site, days in (("LSH-01", 200), ("LSH-06", 350)):
        # Two running approvals in the city, for works that are in order.
        _approve(p, site, p.town.ranges[site], days, -days)


def _works_in_control_zone(p: Planter) -> None:
    model, say = "HER-002", "建设控制地带内施工"

    def between(site: str, azimuth: float = 45.0) -> Place:
        """In the control zone, outside the protection range."""
        return outside(p.town.ranges[site].geometry, azimuth, 25.0)

    case = p.offence(model, LAYER, "LSH-11", "one photo in the control zone, no approval")
    case.seen("construction", between("LSH-11"), p.at(37, 9), say, "photo")
    case = p.offence(model, LAYER, "LSH-12", "two people sixty days apart in the control zone")
    case.tell("construction", between("LSH-12"), p.at(160, 9), say)
    case.tell("demolition", between("LSH-12", 200.0), p.at(100, 9), say)
    _approve(p, "LSH-03", p.town.controls["LSH-03"], 300, -90)
    case = p.near_miss(model, LAYER, "LSH-03", "with a photo, but under a valid approval")
    case.seen("construction", between("LSH-03"), p.at(41, 9), say, "photo")
    case = p.near_miss(model, LAYER, "LSH-04", "with a photo, but a tenth of a metre outside the control zone")
    case.seen("construction", outside(p.town.controls["LSH-04"].geometry, 45.0, 0.1), p.at(43, 9), say, "photo")


def _looting(p: Planter) -> None:
    model, night, hole = "HER-009", "夜间有人挖掘", "发现探洞"
    case = p.offence(model, LAYER, "LSH-11", "two weak signals from two people, one at 299.9 m")
    case.tell("night_digging", _around(p, "LSH-11", 100.0, 299.9), p.at(28, 2), night)
    case.tell("metal_detecting", _around(p, "LSH-11", 160.0, 120.0), p.at(10, 23), "有人携带探测设备")
    case = p.offence(model, LAYER, "LSH-13", "one hole, photographed")
    case.seen("probe_hole", _around(p, "LSH-13", 250.0, 60.0), p.at(90, 7), hole, "photo")
    case = p.near_miss(model, LAYER, "LSH-10", "one weak signal alone")
    case.tell("night_digging", _around(p, "LSH-10", 10.0, 80.0), p.at(55, 2), night)
    case = p.near_miss(model, LAYER, "LSH-09", "a photographed hole at 300.1 m")
    case.seen("probe_hole", _around(p, "LSH-09", 300.0, 300.1), p.at(65, 7), hole, "photo")
    case, who = p.near_miss(model, LAYER, "LSH-08", "two weak signals from one person"), p.person()
    case.tell("night_digging", _around(p, "LSH-08", 30.0, 90.0), p.at(64, 2), night, who=who)
    case.tell("night_digging", _around(p, "LSH-08", 30.0, 90.0), p.at(55, 2), night, who=who)


def _defacing(p: Planter) -> None:
    model, say = "HER-011", "墙体被刻划涂污"

    def two_photos(case_why: str, site: str, found: bool, metres: float, apart: int) -> None:
        case = (p.offence if found else p.near_miss)(model, LAYER, site, case_why)
        for back in (240, 240 - apart):
            case.seen("graffiti", _around(p, site, 20.0, metres), p.at(back, 13), say, "photo")

    two_photos("two photos exactly 180 days apart, 9.9 m from the body", "LSH-04", True, 9.9, 180)
    two_photos("two photos within a month", "LSH-12", True, 0.5, 30)
    two_photos("two photos, but 181 days apart", "LSH-03", False, 5.0, 181)
    two_photos("two photos, but 10.1 m from the body", "LSH-09", False, 10.1, 20)
    case = p.near_miss(model, LAYER, "LSH-08", "two reports without any picture")
    for back in (100, 80):
        case.tell("graffiti", _around(p, "LSH-08", 20.0, 2.0), p.at(back, 13), say)


def _fire(p: Planter) -> None:
    model, what, say = "HER-012", "fire_hazard", "电线私拉乱接，存在火灾隐患"
    case = p.offence(model, LAYER, "LSH-03", "one inspection finding 19.9 m from the body")
    case.seen(what, _around(p, "LSH-03", 60.0, 19.9), p.at(18, 10), say, "inspection")
    case = p.offence(model, LAYER, "LSH-10", "two people exactly ninety days apart")
    case.tell(what, _around(p, "LSH-10", 60.0, 3.0), p.at(200, 10), say)
    case.tell(what, _around(p, "LSH-10", 90.0, 3.0), p.at(110, 10), say)
    case = p.near_miss(model, LAYER, "LSH-09", "a filmed fire, but 20.1 m from the body")
    case.seen("fire", _around(p, "LSH-09", 60.0, 20.1), p.at(75, 10), "着火", "video")
    case = p.near_miss(model, LAYER, "LSH-11", "one report without an inspection")
    case.tell(what, _around(p, "LSH-11", 60.0, 3.0), p.at(75, 10), say)


def _decay(p: Planter) -> None:
    model, what, say = "HER-017", "structural_decay", "墙体开裂渗漏"
    case = p.offence(model, LAYER, "LSH-08", "one photo 9.9 m from the body")
    case.seen(what, _around(p, "LSH-08", 330.0, 9.9), p.at(29, 10), say, "photo")
    case = p.offence(model, LAYER, "LSH-13", "two people within a week, no picture")
    for back in (90, 84):
        case.tell(what, _around(p, "LSH-13", 330.0, 2.0), p.at(back, 10), say)
    case = p.near_miss(model, LAYER, "LSH-03", "one photo, but 10.1 m from the body")
    case.seen(what, _around(p, "LSH-03", 330.0, 10.1), p.at(29, 10), say, "photo")
    case = p.near_miss(model, LAYER, "LSH-11", "two people, but sixty-one days apart")
    for back in (190, 129):
        case.tell("waterlogging", _around(p, "LSH-11", 330.0, 2.0), p.at(back, 10), "积水浸泡墙基")


def _surroundings(p: Planter) -> None:
    cables, refuse = "电缆下垂，私拉充电线", "垃圾堆放"
    case = p.offence("HER-014", LAYER, "LSH-04", "three people within ninety days, at most 29.9 m from the body")
    for metres, back in ((29.9, 150), (4.0, 100), (12.0, 60)):
        case.tell("cables", _around(p, "LSH-04", 120.0, metres), p.at(back, 9), cables)
    case = p.near_miss("HER-014", LAYER, "LSH-05", "three people, but one of them 30.1 m from the body")
    for metres, back in ((30.1, 150), (4.0, 100), (12.0, 60)):
        case.tell("cables", _around(p, "LSH-05", 120.0, metres), p.at(back, 9), cables)
    case = p.offence("HER-021", LAYER, "LSH-10", "three people within ninety days in the control zone")
    for back in (120, 80, 31):
        case.tell("litter", _around(p, "LSH-10", 120.0, 60.0), p.at(back, 9), refuse)
    case = p.near_miss("HER-021", LAYER, "LSH-11", "three people, but in ninety-one days")
    for back in (121, 80, 30):
        case.tell("litter", _around(p, "LSH-11", 120.0, 60.0), p.at(back, 9), refuse)
