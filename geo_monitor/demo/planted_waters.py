"""Planted by rivers, sources of drinking water and the wetland.

The figures are those of the models (``supervision/library``): where a model says 50 m, one report lies at 49.9 m and
another at 50.1 m. Distances told from the line of a reach are planted on narrow reaches, those told from the
management zone on wide ones.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from shapely.geometry import LineString, Point
from shapely.ops import substring

from geo_monitor.demo.ground import GEOD, Reach, beside, offset, outside, rounded
from geo_monitor.demo.planting import Place, Planter, in_zone, season_day
from geo_monitor.demo.zones import Zone, box_along, near, outfalls

NARROW_M = 30.0


def plant_waters(p: Planter) -> None:
    _register_outfalls(p)
    wide = iter([r for r in p.town.reaches if r.half_width_m >= NARROW_M][::2])
    narrow = iter([r for r in p.town.reaches if r.half_width_m < NARROW_M][1::2])
    _sand(p, wide)
    _dumping(p, narrow)
    _litter(p, wide)
    _outfall(p, wide)
    _fishing(p, narrow)
    _sources(p)
    _wetland(p)


def _sand(p: Planter, reaches: Iterator[Reach]) -> None:
    model, layer, what, say = "RIV-001", "rivers", "sand_mining", "夜间有铲车在河道内取沙"

    def take() -> Reach:
        reach = next(reaches)
        p.clear_reach(reach, what)
        return reach

    def permit(number: int, reach: Reach, first: int, last: int) -> None:
        area, name = box_along(reach, 0.5), f"合成采砂许可-{number:02d}"
        p.out.sand_permits.append(Zone(f"SYN-P-{number}", name, area, reach.id, "sand", p.day(first), p.day(last)))

    r = take()
    case = p.offence(model, layer, r.id, "two people within twelve days, no permit")
    case.tell(what, in_zone(r), p.at(63, 23), say)
    case.tell(what, in_zone(r, 0.34), p.at(51, 1), say)
    r = take()
    case = p.offence(model, layer, r.id, "one report with a video")
    case.seen(what, in_zone(r, 0.6, -1), p.at(20, 22), say, "video")
    r = take()
    case = p.offence(model, layer, r.id, "two people exactly thirty days apart")
    case.tell(what, in_zone(r), p.at(140, 9), say)
    case.tell(what, in_zone(r, 0.4), p.at(110, 9), say)
    r = take()
    permit(1, r, 560, 200)
    case = p.offence(model, layer, r.id, "inspected inside a permit that had ended the day before, with a photo")
    case.seen(what, _permitted(r), p.at(199, 8), say, "photo")
    r = take()
    permit(2, r, 300, -60)
    case = p.near_miss(model, layer, r.id, "with a photo, but inside a permit valid on that day")
    case.seen(what, _permitted(r), p.at(40, 15), say, "photo")
    r = take()
    permit(3, r, 400, 90)
    case = p.near_miss(model, layer, r.id, "with a photo, in the last second of a permit")
    case.seen(what, _permitted(r), p.at(90, 23, 59, 59), say, "photo")
    r = take()
    case = p.near_miss(model, layer, r.id, "two people thirty days and one second apart")
    case.tell(what, in_zone(r), p.at(230, 9), say)
    case.tell(what, in_zone(r, 0.5), p.at(200, 9, 0, 1), say)
    r, who = take(), p.person()
    case = p.near_miss(model, layer, r.id, "the same person twice")
    case.tell(what, in_zone(r), p.at(30, 9), say, who=who)
    case.tell(what, in_zone(r, 0.5), p.at(25, 9), say, who=who)
    r = take()
    case = p.near_miss(model, layer, r.id, "with a photo, but half a metre outside the management zone")
    case.seen(what, beside(r.geometry, 0.5, r.zone_m + 0.5), p.at(33, 9), say, "photo")
    permit(4, p.town.reaches[0], 720, 400)


def _permitted(reach: Reach) -> Place:
    """A place in the river zone and well inside the permit square drawn at the middle of the reach."""
    foot = reach.geometry.interpolate(0.5, normalized=True)
    return rounded(offset(foot.x, foot.y, 40.0, 15.0))


def _dumping(p: Planter, reaches: Iterator[Reach]) -> None:
    model, layer, what, say = "RIV-003", "segment:200m:rivers", "dumping", "渣土车在河岸倾倒建筑垃圾"

    def take(*away: float) -> tuple[str, list[Place]]:
        reach = next(reaches)
        p.clear_reach(reach, what)
        return _stretch(reach, 200.0, away)

    name, (a, b) = take(30.0, 49.9)
    case = p.offence(model, layer, name, "two people, 30 m and 49.9 m from the line, twenty days apart")
    case.tell(what, a, p.at(45, 6), say)
    case.tell(what, b, p.at(25, 6), say)
    name, (a,) = take(20.0)
    case = p.offence(model, layer, name, "one inspection record of a patrol")
    case.seen(what, a, p.at(12, 11), say, "inspection")
    name, (a, b) = take(50.1, 25.0)
    case = p.near_miss(model, layer, name, "an inspection at 50.1 m from the line, and two people sixty-one days apart")
    case.seen(what, a, p.at(70, 11), say, "inspection")
    case.tell(what, b, p.at(161, 11), say)
    case.tell(what, b, p.at(100, 11), say)


def _litter(p: Planter, reaches: Iterator[Reach]) -> None:
    model, layer, say = "RIV-004", "segment:500m:rivers", "河岸生活垃圾清理后再次出现"

    def take() -> tuple[str, list[Place]]:
        """Five places on the bank, well inside the management zone."""
        reach = next(reaches)
        p.clear_reach(reach, "litter", "floating_rubbish")
        return _stretch(reach, 500.0, [reach.half_width_m + 4.0 + k for k in range(5)])

    name, bank = take()
    case = p.offence(model, layer, name, "five people in exactly sixty days")
    for k in range(5):
        case.tell("litter" if k % 2 else "floating_rubbish", bank[k], p.at(150 - 15 * k, 18), say)
    name, bank = take()
    case = p.near_miss(model, layer, name, "five people, but in sixty-four days")
    for k in range(5):
        case.tell("litter", bank[k], p.at(150 - 16 * k, 18), say)
    (name, bank), crowd = take(), [p.person() for _ in range(4)]
    case = p.near_miss(model, layer, name, "six reports in twenty-five days, but from four people")
    for k in range(6):
        case.tell("litter", bank[k % 5], p.at(90 - 5 * k, 18), say, who=crowd[k % 4])


def _stretch(reach: Reach, size_m: float, away: Sequence[float]) -> tuple[str, list[Place]]:
    """Places so far from the line of a reach, all well inside one stretch of that length, and the stretch as a lead
    names it: the reach and how many stretches lie before it."""
    line = reach.geometry
    for k in range(2, int(GEOD.geometry_length(line) // size_m)):
        places = [beside(line, _fraction(line, (k + 0.5) * size_m), metres) for metres in away]
        if all(0.2 < _metres_along(line, place) / size_m - k < 0.8 for place in places):
            return f"{reach.id}:{k}", places
    raise ValueError(f"no stretch of {size_m:g} m of {reach.id} has room for these places")


def _fraction(line: LineString, metres: float) -> float:
    """Where on the line, as a share of its length in degrees, so many metres from its start have been gone."""
    lon, lat = zip(*line.coords, strict=True)
    gone = 0.0
    for k, step in enumerate(GEOD.line_lengths(lon, lat)):
        if gone + step >= metres:
            (x, y), (u, v) = line.coords[k : k + 2]
            share = (metres - gone) / step
            return float(line.project(Point(x + share * (u - x), y + share * (v - y)), normalized=True))
        gone += step
    return 1.0


def _metres_along(line: LineString, place: Place) -> float:
    """Metres from the start of the line to about the point of it that is nearest to the place."""
    return float(GEOD.geometry_length(substring(line, 0.0, line.project(Point(*place)))))


def _register_outfalls(p: Planter) -> None:
    for k, (key, name, lon, lat) in enumerate(outfalls(p.town.ground, p.town.rng, 23)):
        here = Point(lon, lat)
        reach = min(p.town.reaches, key=lambda r: (r.geometry.distance(here), r.id))
        p.out.outfalls.append(Zone(key, name, here, reach.id, valid_from=p.day(900 + k)))


def _outfall(p: Planter, reaches: Iterator[Reach]) -> None:
    model, layer, say = "RIV-011", "rivers", "发现管口向河道排水，有异味"

    def take() -> Reach:
        """A reach without any outfall but those planted on it."""
        reach = next(reaches)
        p.out.outfalls[:] = [o for o in p.out.outfalls if o.parent != reach.id]
        p.clear_reach(reach, "outfall", "discharge", "water_colour")
        return reach

    def registered(number: int, reach: Reach) -> Place:
        place = rounded(beside(reach.geometry, 0.5, reach.half_width_m))
        name = f"合成排污口-{number}"
        p.out.outfalls.append(Zone(f"SYN-O-{number}", name, Point(*place), reach.id, valid_from=p.day(800)))
        return place

    def along(reach: Reach, place: Place, metres: float) -> Place:
        """So far from that place, roughly along the bank."""
        ahead = reach.geometry.interpolate(0.52, normalized=True)
        azimuth, _, _ = GEOD.inv(*place, ahead.x, ahead.y)
        return offset(*place, azimuth, metres)

    r = take()
    case = p.offence(model, layer, r.id, "photographed 100.1 m from the nearest registered outfall")
    case.seen("outfall", along(r, registered(91, r), 100.1), p.at(31, 10), say, "photo")
    r = take()
    case = p.offence(model, layer, r.id, "two people within a fortnight, no registered outfall on the reach")
    case.tell("discharge", in_zone(r), p.at(75, 10), say)
    case.tell("water_colour", in_zone(r, 0.31), p.at(62, 16), say)
    r = take()
    case = p.near_miss(model, layer, r.id, "photographed, but 99.9 m from a registered outfall")
    case.seen("outfall", along(r, registered(92, r), 99.9), p.at(32, 10), say, "photo")


def _fishing(p: Planter, reaches: Iterator[Reach]) -> None:
    model, layer, say = "RIV-027", "rivers", "禁渔期内有人垂钓捕捞"
    last = season_day(p.town.today, 6, 30)
    r = next(reaches)
    p.clear_reach(r, "fishing", "angling")
    case = p.offence(
        model, layer, r.id, "three people in the closed season, the last on its last day, up to 99.9 m away"
    )
    for metres, back in ((40.0, 20), (99.9, 9), (60.0, 0)):
        case.tell("angling", beside(r.geometry, 0.5, metres), p.at(last + back, 17), say)
    r = next(reaches)
    p.clear_reach(r, "fishing", "angling")
    case = p.near_miss(model, layer, r.id, "two people in the closed season and one on the day after it")
    for back in (12, 5, -1):
        case.tell("angling", beside(r.geometry, 0.5, 40.0), p.at(last + back, 17), say)


def _sources(p: Planter) -> None:
    model, layer, say = "RIV-016", "water_source_zones", "水源保护区内有人活动"
    first = [z for z in p.town.source_zones if z.kind == "1"]
    for zone in first:
        centre = (zone.geometry.centroid.x, zone.geometry.centroid.y)
        p.clear_place(centre, 700.0, "angling", "swimming", "picnic", "tourism")
    a, b, c = first
    case = p.offence(model, layer, a.id, "three people within thirty days in the first-grade zone")
    for what, back in (("picnic", 60), ("swimming", 48), ("angling", 30)):
        case.tell(what, near(a.geometry.centroid.x, a.geometry.centroid.y, 120.0, p.town.rng), p.at(back, 14), say)
    case = p.offence(model, layer, b.id, "one inspection record, a tenth of a metre inside the first-grade zone")
    case.seen("tourism", outside(b.geometry, 70.0, -0.1), p.at(33, 14), say, "inspection")
    case = p.near_miss(model, layer, c.id, "an inspection record a tenth of a metre outside the first-grade zone")
    case.seen("tourism", outside(c.geometry, 70.0, 0.1), p.at(35, 14), say, "inspection")


def _wetland(p: Planter) -> None:
    layer, wetland = "lakes_wetlands", "LSL-02"
    centre = p.town.ground.wetland.centroid
    place = (centre.x, centre.y)
    p.clear_place(place, 2500.0, "wetland_fill", "wetland_grazing", "bird_disturbance", "dumping", "construction")
    case = p.offence("RIV-037", layer, wetland, "one photo of spoil tipped into the wetland")
    case.seen("wetland_fill", place, p.at(80, 12), "湿地内被倾倒渣土", "photo")
    may = season_day(p.town.today, 5, 20)
    case = p.offence("RIV-038", layer, wetland, "three people within thirty days of the breeding season")
    for later in (0, 10, 25):
        case.tell("bird_disturbance", near(*place, 200.0, p.town.rng), p.at(may - later, 8), "无人机惊扰水鸟")
