"""Planted at food businesses and schools; the premises are opened for the purpose, apart from all others."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

import numpy as np

from geo_monitor.demo.ground import CENTRE, Reach, beside, offset, rounded
from geo_monitor.demo.planting import Place, Planter, RegisterRow, gap
from geo_monitor.demo.premises import Business, School, make_business
from geo_monitor.engine.metres import Frame

FIRST_NUMBER = 9001
LAYER = "food_businesses"


def plant_food(p: Planter) -> None:
    p.out.common_shops = list(p.town.businesses)
    shops = _Shops(p)
    _ordinary_work(p)
    _expired(p, shops)
    _expired_near_school(p, shops)
    _illness(p, shops)
    _wildlife(p, shops)
    _stalls(p)
    _unlicensed(p, shops)
    _slaughter(p)
    _grease(p)


class _Shops:
    """Opens premises, so that a complaint can be about nobody else."""

    def __init__(self, p: Planter) -> None:
        self.p, self.next = p, FIRST_NUMBER

    def open(self, place: Place, first: int, last: int, status: str = "valid", category: str = "catering") -> Business:
        """``first`` and ``last`` day of the licence, in days before today."""
        town, p = self.p.town, self.p
        district = town.ground.district_of(*place)
        shop = make_business(self.next, category, *place, district, p.day(first), p.day(last), status)
        self.next += 1
        town.businesses.append(shop)
        return shop

    def free(self, k: int, metres: float = 90.0, schools: float = 320.0) -> Place:
        """A place at the edge of a town with no other premises within ``metres`` and no school within ``schools``."""
        town = self.p.town
        place = town.ground.places[k % len(town.ground.places)]
        for ring in range(1, 80):
            for azimuth in range(0, 360, 20):
                spot = rounded(offset(place.lon, place.lat, azimuth + k, 200.0 + 45.0 * ring))
                lon, lat = np.array([spot[0]]), np.array([spot[1]])
                lonely = gap(spot, town.businesses) > metres and gap(spot, town.schools) > schools
                if lonely and bool(town.ground.inside(lon, lat)[0]):
                    return spot
        raise ValueError(f"no free place near {place.name_en}")


def _ordinary_work(p: Planter) -> None:
    """What the authority did anyway: a hundred and twenty inspections and twenty penalties."""
    rng, shops = p.town.rng, p.out.common_shops
    for k in range(120):
        shop, day = shops[int(rng.integers(len(shops)))], p.day(int(rng.integers(5, 720)))
        result = "符合" if rng.random() < 0.8 else "责令整改"
        p.out.inspections.append(RegisterRow(f"SYN-I-{k + 1:04d}", shop, day, result))
    for k in range(20):
        shop, day = shops[int(rng.integers(len(shops)))], p.day(int(rng.integers(5, 720)))
        amount, number = int(rng.integers(1, 40)) * 500, f"合成罚字〔{day.year}〕第{k + 1:03d}号"
        p.out.penalties.append(RegisterRow(number, shop, day, "经营超过保质期的食品", amount))


def _expired(p: Planter, shops: _Shops) -> None:
    model, say = "FOO-002", "该店仍在营业，对食品质量不满意"
    shop = shops.open(shops.free(0), 1900, 75, "expired")
    case = p.offence(model, LAYER, shop.id, "a complaint 19.9 m from the door on the day after the licence ended")
    case.tell("food_complaint", offset(shop.lon, shop.lat, 80.0, 19.9), p.at(74, 12), say)
    shop = shops.open(shops.free(3), 1500, 220, "cancelled")
    case = p.offence(model, LAYER, shop.id, "a complaint two months after the licence was cancelled")
    case.tell("food_hygiene", offset(shop.lon, shop.lat, 10.0, 5.0), p.at(160, 12), say)
    shop = shops.open(shops.free(4), 1900, 80, "expired")
    case = p.near_miss(model, LAYER, shop.id, "a complaint on the last day of the licence")
    case.tell("food_complaint", offset(shop.lon, shop.lat, 80.0, 6.0), p.at(80, 23, 30), say)
    shop = shops.open(shops.free(1), 1900, 90, "expired")
    case = p.near_miss(model, LAYER, shop.id, "after the licence had ended, but 20.1 m from the door")
    case.tell("food_complaint", offset(shop.lon, shop.lat, 80.0, 20.1), p.at(30, 12), say)


def _lonely_schools(p: Planter, apart: float = 560.0) -> Iterator[School]:
    """Schools with no other school near enough to share a report with."""
    for school in p.town.schools:
        if gap((school.lon, school.lat), [s for s in p.town.schools if s is not school]) > apart:
            yield school


def _expired_near_school(p: Planter, shops: _Shops) -> None:
    """For a model that watches the register itself: there are no reports."""
    schools = _lonely_schools(p)

    def shop_at(metres: float, last: int, status: str) -> Business:
        school = next(schools)
        for azimuth in range(0, 360, 5):
            spot = rounded(offset(school.lon, school.lat, azimuth, metres), 9)
            if gap(spot, p.town.businesses) > 50.0:
                return shops.open(spot, 1825 + last, last, status, "sales")
        raise ValueError(f"no free place around {school.name}")

    for found, metres, last, status, why in (
        (True, 199.9, 45, "expired", "a licence that has ended, 199.9 m from a school"),
        (True, 60.0, 3, "valid", "a licence that ended three days ago and still stands as valid, 60 m from a school"),
        (False, 200.1, 45, "expired", "a licence that has ended, but 200.1 m from the school"),
        (False, 60.0, -30, "valid", "60 m from a school, but valid for another month"),
        (False, 60.0, 45, "cancelled", "60 m from a school, but cancelled: the shop has closed"),
    ):
        shop = shop_at(metres, last, status)
        case = (p.offence if found else p.near_miss)("FOO-027", LAYER, shop.id, why)
        case.records = (f"{LAYER}/{shop.id}",)


def _illness(p: Planter, shops: _Shops) -> None:
    model, what, say = "FOO-007", "food_illness", "就餐后腹泻呕吐"

    def three(number: int) -> tuple[Business, Place]:
        shop = shops.open(shops.free(number), 1200, -600)
        return shop, offset(shop.lon, shop.lat, 45.0, 8.0)

    def times(last_second: int) -> tuple[datetime, ...]:
        return p.at(86, 12), p.at(85, 9), p.at(83, 12, 0, last_second)

    shop, door = three(5)
    case = p.offence(model, LAYER, shop.id, "three people within exactly 72 hours")
    for when in times(0):
        case.tell(what, door, when, say)
    shop, door = three(6)
    case = p.near_miss(model, LAYER, shop.id, "three people within 72 hours and one second")
    for when in times(1):
        case.tell(what, door, when, say)
    shop, door = three(7)
    case, who = p.near_miss(model, LAYER, shop.id, "three reports in a day, but from two people"), p.person()
    for hour in (12, 14, 20):
        case.tell(what, door, p.at(50, hour), say, who=who if hour < 15 else None)


def _wildlife(p: Planter, shops: _Shops) -> None:
    model, what, say = "FOO-025", "wildlife_food", "菜单上有野生动物菜品"
    shop = shops.open(shops.free(8), 1200, -600)
    case = p.offence(model, LAYER, shop.id, "a photo of the menu")
    case.seen(what, offset(shop.lon, shop.lat, 45.0, 8.0), p.at(57, 19), say, "photo")
    shop = shops.open(shops.free(9), 1200, -600)
    case = p.near_miss(model, LAYER, shop.id, "a report without any evidence")
    case.tell(what, offset(shop.lon, shop.lat, 45.0, 8.0), p.at(57, 19), say)


def _stalls(p: Planter) -> None:
    what, say = ("cheap_snacks", "street_stall"), "放学时段流动摊贩售卖劣质食品"
    #: Metres from the school, days back, hour, minute.
    usual = ((50, 53, 11, 0), (80, 43, 16, 0), (120, 23, 18, 59))
    plans = (
        (True, "five people in sixty days, at lunch and after school, up to 199.9 m away", (199.9, 65, 12, 30), 5),
        (False, "five people, but one of them at 200.1 m", (200.1, 65, 12, 30), 8),
        (False, "five people, but one of them at 13:00, when lunch is over", (90.0, 65, 13, 0), 8),
        (False, "five people, but in sixty-one days", (90.0, 65, 12, 30), 4),
    )
    schools = list(_lonely_schools(p))[6:]
    for school, (found, why, first, last_back) in zip(schools, plans, strict=False):
        p.clear_place((school.lon, school.lat), 480.0, *what)
        case = (p.offence if found else p.near_miss)("FOO-008", "schools", school.id, why)
        for k, (metres, back, hour, minute) in enumerate((first, *usual, (30, last_back, 12, 30))):
            place = offset(school.lon, school.lat, 50.0 * k, float(metres))
            case.tell(what[k % 2], place, p.at(back, hour, minute), say)


# ---- squares of the city's grid -----------------------------------------------------------------------------------


def cell_of(place: Place, size: float) -> str:
    """Id of the square of the city's grid that holds a place, as the engine counts it."""
    x, y = Frame(*CENTRE).to_xy(np.array([place[0]]), np.array([place[1]]))
    return f"{int(np.floor(x[0] / size))}:{int(np.floor(y[0] / size))}"


def cell_centre(cell: str, size: float) -> Place:
    i, j = map(int, cell.split(":"))
    lon, lat = Frame(*CENTRE).to_lonlat(np.array([(i + 0.5) * size]), np.array([(j + 0.5) * size]))
    return float(lon[0]), float(lat[0])


def _unlicensed(p: Planter, shops: _Shops) -> None:
    model, layer, what, say = "FOO-001", "cell:300m", "unlicensed_food", "路边餐饮未见许可证"
    empty: dict[str, Place] = {}
    for place in p.town.ground.places:
        for azimuth in range(0, 360, 30):
            cell = cell_of(offset(place.lon, place.lat, azimuth, 2.0 * place.spread_m), 300.0)
            centre = rounded(cell_centre(cell, 300.0))
            if cell not in empty and gap(centre, p.town.businesses) > 130.0 and p.town.ground.district_of(*centre):
                empty[cell] = centre
                break
    for centre in empty.values():
        p.clear_place(centre, 700.0, what)
    (a, b, c) = list(empty)[:3]
    case = p.offence(model, layer, a, "three people in exactly ninety days, no licence within 30 m")
    for k in range(3):
        case.tell(what, offset(*empty[a], 120.0 * k, 40.0), p.at(140 - 45 * k, 20), say)
    case = p.near_miss(model, layer, b, "three people, but in ninety-two days")
    for k in range(3):
        case.tell(what, offset(*empty[b], 120.0 * k, 40.0), p.at(140 - 46 * k, 20), say)
    shop = shops.open(empty[c], 900, -900)
    case = p.near_miss(model, layer, c, "three people, but one of them 29.9 m from a licensed business")
    for k, metres in enumerate((45.0, 29.9, 45.0)):
        case.tell(what, offset(shop.lon, shop.lat, 120.0 * k, metres), p.at(100 - 20 * k, 20), say)


def _slaughter(p: Planter) -> None:
    model, layer, what, say = "FOO-014", "cell:200m", "slaughter", "凌晨有屠宰声和血水"
    edges = [(t, 1.8 * t.spread_m) for t in (p.town.ground.places[3], p.town.ground.places[5])]
    cells = [cell_of(offset(town.lon, town.lat, 200.0, away), 200.0) for town, away in edges]
    centre = cell_centre(cells[0], 200.0)
    case = p.offence(model, layer, cells[0], "two people between two and six in the morning")
    case.tell(what, centre, p.at(60, 2), say)
    case.tell(what, offset(*centre, 90.0, 40.0), p.at(45, 5, 59), say)
    centre = cell_centre(cells[1], 200.0)
    case = p.near_miss(model, layer, cells[1], "two people, but one of them at six o'clock")
    case.tell(what, centre, p.at(60, 2), say)
    case.tell(what, offset(*centre, 90.0, 40.0), p.at(45, 6, 0), say)


def _grease(p: Planter) -> None:
    """Three places in one cell of 200 m, all told from the line of a narrow reach."""
    model, layer, say = "FOO-019", "cell:200m", "餐饮油污排入河道"
    a, b = [r for r in p.town.reaches if r.half_width_m < 30][:3:2]
    cell, places = _cell_beside(a, 99.9, 200.0)
    case = p.offence(model, layer, cell, "three people within a month, at most 99.9 m from the river")
    for k, place in enumerate(places):
        case.tell("grease", place, p.at(60 - 10 * k, 21), say)
    cell, places = _cell_beside(b, 100.1, 200.0)
    case = p.near_miss(model, layer, cell, "three people, but one of them 100.1 m from the river")
    for k, place in enumerate(places):
        case.tell("grease", place, p.at(60 - 10 * k, 21), say)
    p.clear_reach(a, "grease")
    p.clear_reach(b, "grease")


def _cell_beside(reach: Reach, metres: float, size: float) -> tuple[str, list[Place]]:
    """A cell with a place so far from the reach, and two places in it at 85 m."""
    close = [beside(reach.geometry, k / 250, 85.0) for k in range(15, 235)]
    for k in range(10, 90):
        place = beside(reach.geometry, k / 100, metres)
        cell = cell_of(place, size)
        others = [q for q in close if cell_of(q, size) == cell]
        if len(others) >= 2:
            return cell, [place, *others[:2]]
    raise ValueError(f"no cell beside {reach.id}")
