"""What the map is given: folium's script, cells, layers, the histogram."""

from __future__ import annotations

import itertools
import json
import re
import subprocess
import sys
from pathlib import Path

import folium
import pytest
import yaml
from branca.element import Element, Figure
from flask import Flask
from flask.testing import FlaskClient
from folium.plugins import MiniMap
from shapely.geometry import Point, Polygon, shape

from geo_monitor.domain.layer import Feature, Layer, Style
from geo_monitor.domain.place import Box
from geo_monitor.domain.words import Words
from geo_monitor.services.ports import LeadQuery
from geo_monitor.wiring import House
from tests.webmap.seed import EAST, HOSTILE, NORTH, SOUTH, WEST
from webmap._display import LABEL_PLACES, collection, label_places
from webmap._folium import LOCAL_FILES, PlainMap, ScriptLayer, StrayAssetError, compose, draw_map

ADDRESSES = {"cells": "/c", "leads": "/l", "layer": "/layers/NAME"}
EVERYWHERE = "b=90,29,92,31"


# ---- folium ------------------------------------------------------------------------------------------------


def a_layer(title: str = "合成", name: str = "synthetic", colour: str = "#123456") -> Layer:
    return Layer(name, Words(title, title), ("line",), (), "id", "title", Style(colour))


def test_the_same_map_gives_the_same_bytes() -> None:
    first, second = (draw_map([a_layer()], Box(90, 29, 92, 31), ADDRESSES) for _ in range(2))
    assert first == second
    assert 'L.map("plain_map_000"' in first.script


def test_the_map_opens_on_the_districts_and_cannot_be_dragged_out_of_the_city(procurator: FlaskClient) -> None:
    script = draw_map([a_layer()], Box(90, 29, 92, 31), ADDRESSES, first=Box(90.5, 29.5, 91, 30)).script
    assert '{"box": [[29.5, 90.5], [30, 91]]}' in script
    assert "[28.7, 89.7]" in re.sub(r"\[\s*([\d.]+),\s*([\d.]+),\s*\]", r"[\1, \2]", script)
    assert f'"box": [[{SOUTH}, {WEST}], [{NORTH}, {EAST}]]' in procurator.get("/map/script.js").text


def test_folium_is_given_no_words_of_the_data() -> None:
    script = draw_map([a_layer(title=HOSTILE)], Box(90, 29, 92, 31), ADDRESSES).script
    assert "7*7" not in script
    assert "onerror" not in script


def test_what_a_macro_puts_out_is_never_a_template_again() -> None:
    """A colour is configuration; even one that is none stays the text it was."""
    script = draw_map([a_layer(colour="{{7*7}}{% raw %}</script>")], Box(90, 29, 92, 31), ADDRESSES).script
    assert '"colour": "{{7*7}}{% raw %}\\u003c/script\\u003e"' in script


def test_a_key_of_a_layer_is_no_markup() -> None:
    with pytest.raises(ValueError, match="small letters"):
        ScriptLayer("layer", {}, key="<b>")


def test_every_asset_of_the_map_is_a_file_of_ours() -> None:
    parts = draw_map([a_layer()], Box(90, 29, 92, 31), ADDRESSES)
    static = Path(sys.modules["webmap"].__file__ or "").parent / "static"
    assert parts.scripts
    assert set(parts.scripts) | set(parts.styles) <= {f for f in LOCAL_FILES.values() if f}
    for file in (*parts.scripts, *parts.styles):
        assert (static / file).is_file(), file
    assert "http" not in parts.script + parts.html


def test_an_asset_without_a_local_file_is_refused() -> None:
    drawn = PlainMap((29.6, 91.1), {})
    MiniMap().add_to(drawn)
    with pytest.raises(StrayAssetError):
        compose(drawn)


def test_markup_for_the_head_is_refused() -> None:
    drawn = PlainMap((29.6, 91.1), {})
    figure = drawn.get_root()
    assert isinstance(figure, Figure)
    figure.header.add_child(Element("<style>b{}</style>"), name="stray")
    with pytest.raises(StrayAssetError, match="stray"):
        compose(drawn)


def test_a_plain_folium_map_would_have_been_refused() -> None:
    """The sizes and switches that folium writes into the head are what PlainMap leaves out."""
    with pytest.raises(StrayAssetError):
        compose(folium.Map(tiles=None))


def test_the_script_is_sent_once_for_each_state_of_the_layers(procurator: FlaskClient) -> None:
    first = procurator.get("/map/script.js")
    assert first.mimetype == "text/javascript"
    again = procurator.get("/map/script.js", headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    english = procurator.get("/map/script.js?lang=en")
    assert english.data == first.data, "no words, so one script for all languages"


def test_the_script_can_be_read_by_a_browser(procurator: FlaskClient, tmp_path: Path) -> None:
    file = tmp_path / "script.js"
    file.write_bytes(procurator.get("/map/script.js").data)
    done = subprocess.run(["node", "--check", str(file)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


# ---- layers ------------------------------------------------------------------------------------------------


def test_a_layer_tells_only_what_a_reader_needs(procurator: FlaskClient) -> None:
    answer = procurator.get("/api/layers/river_management_zones.geojson")
    said = {k for f in json.loads(answer.text)["features"] for k in f["properties"]}
    assert said == {"id", "zh", "en", "derived", "synthetic"}


def test_a_layer_is_sent_again_only_when_it_has_changed(house: House, procurator: FlaskClient) -> None:
    for path in ("/api/layers/rivers.geojson", "/api/layers/rivers.geojson?b=91,29.5,91.2,29.8"):
        tag = procurator.get(path).headers["ETag"]
        assert procurator.get(path, headers={"If-None-Match": tag}).status_code == 304
        with house.store.writing() as records:
            version = next(v for v in records.layer_versions() if v.layer == "rivers")
            reaches = records.features("rivers")
            changed = type(version)(**{s: getattr(version, s) for s in version.__slots__} | {"file_hash": path * 2})
            records.add_layer(changed, reaches[:-1])
        assert procurator.get(path, headers={"If-None-Match": tag}).status_code == 200


def test_in_a_box_only_what_touches_it_is_sent(procurator: FlaskClient) -> None:
    whole = procurator.get("/api/layers/rivers.geojson").json
    part = procurator.get(f"/api/layers/rivers.geojson?b={WEST},29.4,{WEST + 0.05},29.8").json
    assert whole is not None
    assert part is not None
    assert {f["properties"]["id"] for f in whole["features"]} == {f"R-{k:02d}" for k in range(12)}
    assert {f["properties"]["id"] for f in part["features"]} == {"R-00"}


@pytest.mark.parametrize("path", ["/api/layers/none.geojson", "/api/layers/schools.geojson"])
def test_a_layer_that_is_not_there_is_not_found(procurator: FlaskClient, path: str) -> None:
    assert procurator.get(path).status_code == 404


@pytest.mark.parametrize("box", ["1,2,3", "a,b,c,d", "92,29,90,31", "90,31,92,29", "nan,29,92,31"])
def test_a_box_that_is_none_is_refused(procurator: FlaskClient, box: str) -> None:
    assert procurator.get(f"/api/layers/rivers.geojson?b={box}").status_code == 400
    assert procurator.get(f"/api/cells?z=9&b={box}").status_code == 400


def test_a_thinned_border_stays_near_the_true_one() -> None:
    ring = Point(91, 29.6).buffer(0.1, quad_segs=400)
    feature = Feature("districts", "1", Words("合成", "synthetic"), ring)
    for detail, most in (("coarse", 5e-4), ("fine", 2e-5)):
        drawn = shape(json.loads(collection([feature], detail))["features"][0]["geometry"])
        assert drawn.boundary.hausdorff_distance(ring.boundary) < most
        assert len(drawn.exterior.coords) < len(ring.exterior.coords)


def test_names_of_districts_stand_inside_their_district_the_roomiest_place_first() -> None:
    horseshoe = Polygon([(0, 0), (4, 0), (4, 4), (3, 4), (3, 1), (1, 1), (1, 4), (0, 4)])
    places = [Point(p) for p in label_places(horseshoe)]
    assert 0 < len(places) <= LABEL_PLACES
    assert all(horseshoe.contains(p) for p in places)
    room = [p.distance(horseshoe.boundary) for p in places]
    assert all(after <= before + 1e-9 for before, after in itertools.pairwise(room))
    assert label_places(Point(1, 1)) == []


# ---- incidents and leads -------------------------------------------------------------------------------------


def test_cells_count_every_incident_once_and_a_near_view_shows_points(procurator: FlaskClient) -> None:
    far = procurator.get(f"/api/cells?z=9&{EVERYWHERE}").json
    assert far is not None
    assert far["total"] == sum(c[2] for c in far["cells"]) == 3000
    assert not far["points"]
    assert len(far["cells"]) < 1500
    near = procurator.get("/api/cells?z=14&b=91.10,29.64,91.12,29.66").json
    assert near is not None
    assert near["points"]
    assert {c[2] for c in near["cells"]} == {1}
    assert all(91.10 <= lon <= 91.12 and 29.64 <= lat <= 29.66 for lon, lat, *_ in near["cells"])


def test_days_are_those_of_the_city_and_both_ends_count(house: House, procurator: FlaskClient) -> None:
    histogram = procurator.get("/api/histogram").json
    assert histogram is not None
    days = histogram["days"]
    assert sum(histogram["counts"]) == 3000
    assert len(days) == len(histogram["counts"]) + 1
    zone = house.settings.city.zone
    with house.store.reading() as records:
        lead = records.leads(LeadQuery()).leads[0]
        incident = records.incidents(lead.records)[0]
    day = incident.occurred.astimezone(zone).date().isoformat()
    found = procurator.get(f"/api/cells?z=18&{EVERYWHERE}&from={day}&to={day}").json
    assert found is not None
    assert incident.id in {c[4] for c in found["cells"]}
    nothing = procurator.get(f"/api/cells?z=18&{EVERYWHERE}&from=1999-01-01&to=1999-12-31").json
    assert nothing == {"points": True, "total": 0, "cells": []}


def test_the_map_says_how_many_leads_it_leaves_out(procurator: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("webmap.pages.api_leads.MOST_MARKERS", 5)
    seen = procurator.get("/api/leads.geojson?status=all").json
    assert seen is not None
    assert len(seen["features"]) == 5
    assert seen["total"] == 40
    assert {f["properties"]["urgency"] for f in seen["features"]} == {"high"}


def test_leads_outside_the_view_are_not_sent(procurator: FlaskClient) -> None:
    seen = procurator.get(f"/api/leads.geojson?status=all&b={WEST},{SOUTH},91.1,{NORTH}").json
    assert seen is not None
    assert 0 < seen["total"] < 40
    assert all(f["geometry"]["coordinates"][0] <= 91.1 for f in seen["features"])


def test_the_places_of_a_lead_are_its_reports_and_the_thing_it_is_about(house: House, procurator: FlaskClient) -> None:
    with house.store.reading() as records:
        reaches = {f.id for f in records.features("rivers")}
        lead = next(
            lead for lead in records.leads_of() if lead.subject.layer == "rivers" and lead.subject.id in reaches
        )
    seen = procurator.get(f"/api/leads/{lead.id}.geojson").json
    assert seen is not None
    parts = [f["properties"]["part"] for f in seen["features"]]
    assert parts.count("about") == 1
    assert parts.count("incident") == len(lead.records)
    assert {k for f in seen["features"] for k in f["properties"]} <= {"part", "accuracy"}


# ---- legend, models, running, words -----------------------------------------------------------------------------


def test_legend_and_map_name_the_same_layers(procurator: FlaskClient) -> None:
    page, script = procurator.get("/").text, procurator.get("/map/script.js").text
    shown = {
        "districts",
        "rivers",
        "river_management_zones",
        "lakes_wetlands",
        "heritage_sites",
        "protection_ranges",
        "water_source_zones",
        "food_businesses",
    }
    for name in shown:
        assert f"/api/layers/{name}.geojson" in script
    assert script.count('geoMonitor["layer"]') == len(shown) == page.count('data-part="layer-')
    for title in ("行政区划", "文物保护范围", "河道管理范围", "食品经营者"):
        assert title in page


def test_the_models_page_counts_what_people_made_of_each_model(house: House, procurator: FlaskClient) -> None:
    page = procurator.get("/models?lang=en").text
    line = page[page.index("RIV-003") : page.index("RIV-004")]
    with house.store.reading() as records:
        hits = records.hit_counts()["RIV-003"]
    assert f'data-label="Hits">{hits}<' in line
    assert "50 / 100" in line
    assert "(9–91, 2 decided)" in line, "one of two says little, and the page says how little"
    assert "no decision yet" in page
    assert "Waiting for data:" in page, "a model without its layer says what it waits for"


def test_a_model_is_found_by_its_words_its_field_and_what_it_waits_for(procurator: FlaskClient) -> None:
    every = set(re.findall(r"[A-Z]{2,3}-\d{3}[A-Z]?(?= <span class=\"muted\">v)", procurator.get("/models").text))
    sand = set(re.findall(r"[A-Z]{2,3}-\d{3}[A-Z]?(?= <span class=\"muted\">v)", procurator.get("/models?q=采砂").text))
    assert "RIV-001" in sand and len(sand) < 10 < len(every)
    waiting = procurator.get("/models?state=waiting&lang=en").text
    ready = procurator.get("/models?state=ready&lang=en").text
    assert waiting.count("Waiting for data:") > 10
    assert "Waiting for data:" not in ready
    assert "RIV-001" in procurator.get("/models?domain=river&q=riv-001").text
    assert "No model matches" in procurator.get("/models?q=%3Cb%3E没有这个").text


def test_the_running_page_shows_what_is_stuck_failed_silent_and_kept_aside(procurator: FlaskClient) -> None:
    page = procurator.get("/jobs").text
    for said in ("被拒收", "550 no such mailbox", "失败", "hotline", "2026-11-22 11:30", "不在本市范围内", "叠加分析"):
        assert said in page, said


def test_both_languages_have_the_same_keys_and_the_same_places_to_fill() -> None:
    folder = Path(sys.modules["webmap"].__file__ or "").parent / "translations"

    def flat(data: dict[str, object], at: str = "") -> dict[str, str]:
        out: dict[str, str] = {}
        for key, value in data.items():
            out |= flat(value, f"{at}{key}.") if isinstance(value, dict) else {f"{at}{key}": str(value)}
        return out

    zh, en = (flat(yaml.safe_load((folder / f"{x}.yaml").read_text(encoding="utf-8"))) for x in ("zh", "en"))
    assert set(zh) == set(en)
    for key in zh:
        assert sorted(re.findall(r"\{\w+\}", zh[key])) == sorted(re.findall(r"\{\w+\}", en[key])), key
        assert zh[key].strip(), key
        assert en[key].strip(), key


def test_no_template_writes_a_style_into_the_page_or_skips_escaping(app: Flask) -> None:
    folder = Path(app.root_path) / "templates"
    for file in folder.glob("*.html"):
        text = file.read_text(encoding="utf-8")
        assert " style=" not in text, file
        assert "<script>" not in text, file
        assert "autoescape" not in text, file
        assert not re.search(r"\|\s*safe\b", text), file
    code = {file: file.read_text(encoding="utf-8") for file in Path(app.root_path).rglob("*.py")}
    said = {file.name: text.count("Markup(") for file, text in code.items() if "Markup(" in text}
    assert said == {"_folium.py": 1}  # the map itself, which no person's words are in
