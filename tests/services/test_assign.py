"""The trio of a place on a day: exactly three seats, each a person or a stated vacancy."""

from __future__ import annotations

from datetime import date

import shapely

from geo_monitor.domain.duty import Posting
from geo_monitor.domain.hit import Subject
from geo_monitor.domain.layer import Feature
from geo_monitor.domain.place import LonLat
from geo_monitor.domain.words import Words
from geo_monitor.engine.columns import LayerColumns
from geo_monitor.services.assign import Duty

CENTRE = LonLat(91.1, 29.65)
NAME = Words("某", "some")
WEST = Feature("districts", "540102", NAME, shapely.box(91.0, 29.6, 91.1, 29.7))
EAST = Feature("districts", "540104", NAME, shapely.box(91.1, 29.6, 91.2, 29.7))
REACH = Feature("rivers", "LS-1", NAME, shapely.LineString([(91.0, 29.65), (91.2, 29.65)]))
LAYERS = {
    "districts": LayerColumns.of("districts", "d1", [WEST, EAST]),
    "rivers": LayerColumns.of("rivers", "r1", [REACH]),
}
MARCH = date(2026, 3, 1)


def posting(place: str, role: str, name: str, start: date | None = None, end: date | None = None) -> Posting:
    return Posting(place, role, f"post of {name}", name, "office", start, end)


def duty(*postings: Posting) -> Duty:
    return Duty(postings, LAYERS, CENTRE)


def test_the_reach_has_its_own_chief_and_the_district_its_procurator_and_police() -> None:
    d = duty(
        posting("rivers/LS-1", "river_chief", "A"),
        posting("districts/540102", "river_chief", "B"),
        posting("districts/540102", "chief_procurator", "C"),
        posting("*", "police_chief", "D"),
    )
    trio = d.trio(LonLat(91.05, 29.651), MARCH)
    assert [s.name for s in trio.seats()] == ["A", "C", "D"]
    far = d.trio(LonLat(91.05, 29.69), MARCH)
    assert far.river_chief.name == "B"


def test_the_subject_itself_comes_before_its_reach_and_district() -> None:
    d = duty(posting("heritage_sites/H1", "police_chief", "S"), posting("districts/540102", "police_chief", "D"))
    assert d.trio(LonLat(91.05, 29.65), MARCH, Subject("heritage_sites", "H1")).police_chief.name == "S"
    assert (
        d.trio(
            LonLat(91.05, 29.65), MARCH, Subject("control_zones", "C9"), parent="heritage_sites/H1"
        ).police_chief.name
        == "S"
    )


def test_changing_a_holder_in_march_changes_no_answer_for_february() -> None:
    before = duty(posting("*", "river_chief", "old", date(2025, 1, 1), None))
    after = duty(
        posting("*", "river_chief", "old", date(2025, 1, 1), date(2026, 2, 28)),
        posting("*", "river_chief", "new", MARCH),
    )
    february = date(2026, 2, 28)
    assert before.trio(CENTRE, february).river_chief.name == after.trio(CENTRE, february).river_chief.name == "old"
    assert after.trio(CENTRE, MARCH).river_chief.name == "new"


def test_an_empty_seat_says_why_it_is_empty() -> None:
    d = duty(posting("districts/540102", "police_chief", "gone", None, date(2026, 1, 31)))
    trio = d.trio(LonLat(91.05, 29.65), MARCH)
    assert "no posting on 2026-03-01" in trio.police_chief.vacant and "2026-01-31" in trio.police_chief.vacant
    assert "roster names nobody" in trio.chief_procurator.vacant


def test_on_a_border_both_districts_are_named() -> None:
    at = duty().whereabouts(LonLat(91.1001, 29.62))
    assert at.district == "540104" and set(at.border) == {"540102", "540104"}
    assert duty().whereabouts(LonLat(91.15, 29.62)).border == ()


def test_outside_all_districts_the_city_answers() -> None:
    d = duty(posting("*", "river_chief", "city"))
    at = d.whereabouts(LonLat(92.0, 30.5))
    assert (at.district, at.reach) == ("", "") and d.trio(LonLat(92.0, 30.5), MARCH).river_chief.name == "city"
