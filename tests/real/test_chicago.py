"""A whole real city in configuration only, counted twice: by the house and by plain GeoPandas."""

from __future__ import annotations

import csv
import random
import shutil
import uuid
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from geo_monitor.config import read_settings
from geo_monitor.domain.clock import FixedClock
from geo_monitor.domain.hit import LeadKey, Subject
from geo_monitor.domain.lead import Lead
from geo_monitor.engine.join import LayerIndex
from geo_monitor.reading.feeds import import_file
from geo_monitor.reading.loading import refresh_layer
from geo_monitor.services.waiting import waiting_for
from geo_monitor.supervision.load import LIBRARY, load_models
from geo_monitor.wiring import House, open_house, overlay_of

HERE = Path(__file__).resolve().parent
WORKSPACE = HERE / "chicago"
DATA = HERE.parents[2] / "shared" / "data" / "chicago"
NOW = datetime(2015, 2, 1, tzinfo=UTC)
KEY = b"of these tests alone"
COMPLAINTS = "city-data/311_sanitation_complaints.csv"
RIVER_MODELS = {50.0: "CHI-050", 100.0: "CHI-100", 300.0: "CHI-300", 500.0: "CHI-500"}

pytestmark = [
    pytest.mark.skipif(not DATA.is_dir(), reason="allowed: ../shared/data/chicago is not beside the project"),
    pytest.mark.timeout(600),
]


@dataclass(frozen=True)
class City:
    house: House
    imported: Mapping[str, Any]
    overlay: Mapping[str, Any]
    counted: Mapping[str, int]
    read: dict[str, dict[str, set[str]]] = field(default_factory=dict)

    def hits(self, model: str) -> dict[str, set[str]]:
        """Subject id → source ids of the complaints (or ids of the licences) that the model hit there;
        read once."""
        if model not in self.read:
            self.read[model] = self._hits(model)
        return self.read[model]

    def _hits(self, model: str) -> dict[str, set[str]]:
        by = self.house.models[model].group.by
        with self.house.store.reading() as records:
            columns = records.layer_columns(by)
            assert columns is not None
            hits = records.hits_of([LeadKey(model, Subject(by, str(i))) for i in columns.ids])
            numbers = {i.id: i.source_id for i in records.incidents([h.record for h in hits if "/" not in h.record])}
        found: dict[str, set[str]] = {}
        for h in hits:
            found.setdefault(h.subject.id, set()).add(numbers.get(h.record) or h.record.split("/", 1)[1])
        return found

    def hit(self, model: str) -> set[str]:
        return set().union(*self.hits(model).values())

    def leads(self) -> list[Lead]:
        with self.house.store.reading() as records:
            return records.leads_of()


def open_city(folder: Path, url: str = "", complaints: Path | None = None) -> City:
    """The workspace copied to ``folder`` with the city's files beside it, read in and overlaid once."""
    shutil.copytree(WORKSPACE, folder)
    (folder / "city-data").mkdir()
    for file in DATA.iterdir():
        (folder / "city-data" / file.name).symlink_to(file)
    if complaints is not None:
        (folder / COMPLAINTS).unlink()
        shutil.copy(complaints, folder / COMPLAINTS)
    settings = replace(read_settings(folder, environ={}), database_url=url, library=False)
    house = open_house(settings=settings, clock=FixedClock(NOW))
    for source in settings.layers:
        refresh_layer(house.store, house.layer(source.layer), house.path(source.file), source, box=house.box, at=NOW)
    imported = import_complaints(house)
    overlay = overlay_of(house)
    report = overlay.run(NOW)
    return City(house, imported, report.as_dict(), {c.id: c.hits for c in overlay.counts(report)})


def import_complaints(house: House) -> dict[str, Any]:
    mapping = house.feeds["complaints"]
    report = import_file(house.store, house.path(COMPLAINTS), mapping, box=house.box, key=KEY, at=NOW)
    return report.as_dict()


@pytest.fixture(scope="module", params=["sqlite", pytest.param("postgis", marks=pytest.mark.postgis)])
def city(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[City]:
    url = ""
    if request.param == "postgis":
        cluster = request.getfixturevalue("postgis_cluster")
        name = f"chicago_{uuid.uuid4().hex[:8]}"
        cluster.sql(f"create database {name} template template_postgis")
        url = cluster.url(name)
    opened = open_city(tmp_path_factory.mktemp("city") / "chicago", url)
    yield opened
    opened.house.close()


@pytest.fixture(scope="module")
def plain() -> Any:
    from tests.real import plain

    return plain


@pytest.fixture(scope="module")
def taken(plain: Any) -> Any:
    return plain.complaints(DATA)


@pytest.fixture(scope="module")
def complaint_points(plain: Any, taken: Any) -> Any:
    return plain.points(taken.taken, "Longitude", "Latitude")


@pytest.fixture(scope="module")
def river_metres(plain: Any, complaint_points: Any) -> Any:
    return plain.nearest(complaint_points, plain.named_rivers(DATA), 600.0)


@pytest.fixture(scope="module")
def expected() -> dict[str, Any]:
    return yaml.safe_load((WORKSPACE / "expected.yaml").read_text(encoding="utf-8"))


def agree(ours: set[str], theirs: set[str], undecided: Mapping[str, float]) -> None:
    """Equal to the unit, but for points that the other method cannot decide; those are shown one by one."""
    differ = ours ^ theirs
    explained = {k: undecided[k] for k in differ if k in undecided}
    for point, metres in sorted(explained.items()):
        print(f"explained: {point} lies {metres:.4f} m away, within the other method's own error of the threshold")
    unexplained = {k: "ours only" if k in ours else "theirs only" for k in sorted(differ - set(explained))}
    assert not unexplained


# ---- the join alone -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("metres", sorted(RIVER_MODELS))
def test_the_join_finds_the_complaints_near_rivers_that_geopandas_finds(
    city: City, taken: Any, river_metres: Any, metres: float
) -> None:
    with city.house.store.reading() as records:
        columns = records.layer_columns("waterways")
    assert columns is not None
    rows = taken.taken
    index = LayerIndex(columns, city.house.centre)
    pairs = index.pairs(rows["Longitude"].to_numpy(), rows["Latitude"].to_numpy(), metres)
    ours = set(rows.index[np.unique(pairs.point)])
    assert len(ours) > 50
    agree(ours, river_metres.within(metres), river_metres.undecided(metres))


# ---- the whole way: files, store, overlay ----------------------------------------------------------------------------


def test_the_workspace_holds_no_python() -> None:
    assert {p.suffix for p in WORKSPACE.rglob("*") if p.is_file()} <= {".toml", ".yaml"}


def test_every_row_is_stored_or_known_or_kept_with_a_reason(
    city: City, taken: Any, expected: Mapping[str, Any]
) -> None:
    reasons = {reason: entry["rows"] for reason, entry in expected["complaints"]["quarantined"].items()}
    assert city.imported["reasons"] == reasons
    assert reasons == {
        "marked_duplicate": taken.marked_duplicate,
        "no_coordinates": taken.no_coordinates,
        "id_reused": taken.id_reused,
    }
    assert city.imported["read"] == taken.read == expected["complaints"]["read"]
    assert city.imported["stored"] == len(taken.taken)
    assert city.imported["already_known"] == taken.repeated == expected["complaints"]["repeated"]["rows"]


def test_every_layer_row_is_taken_or_kept_with_a_reason(city: City, expected: Mapping[str, Any]) -> None:
    with city.house.store.reading() as records:
        for layer, said in expected["layers"].items():
            (version,) = [v for v in records.layer_versions() if v.layer == layer]
            reasons: dict[str, int] = {}
            for row in records.rejected_features(layer):
                reasons[row.flaws[0].reason] = reasons.get(row.flaws[0].reason, 0) + 1
            assert (layer, version.features) == (layer, said["features"])
            assert (layer, reasons) == (layer, {k: v["rows"] for k, v in said.get("rejected", {}).items()})


@pytest.mark.parametrize("metres", sorted(RIVER_MODELS))
def test_complaints_near_named_rivers_are_counted_to_the_unit(city: City, river_metres: Any, metres: float) -> None:
    agree(city.hit(RIVER_MODELS[metres]), river_metres.within(metres), river_metres.undecided(metres))


def test_a_complaint_belongs_to_one_river_piece_only(city: City) -> None:
    for model in RIVER_MODELS.values():
        assert city.counted[model] == len(city.hit(model))


def test_complaints_near_a_landmark_are_counted_to_the_unit(city: City, plain: Any, complaint_points: Any) -> None:
    near = plain.nearest(complaint_points, plain.landmarks(DATA), 200.0)
    assert len(near.within(100.0)) > 100
    agree(city.hit("CHI-110"), near.within(100.0), near.undecided(100.0))


def test_complaints_by_community_area_are_counted_to_the_unit(city: City, plain: Any, complaint_points: Any) -> None:
    areas = plain.community_areas(DATA)
    theirs = plain.by_area(complaint_points, areas)
    ours = city.hits("CHI-200")
    assert len(theirs) == 77
    differ = set().union(*(ours.get(a, set()) ^ theirs.get(a, set()) for a in {*ours, *theirs}))
    undecided = plain.at_border(complaint_points.loc[sorted(differ)], areas)
    for area in sorted({*ours, *theirs}):
        agree(ours.get(area, set()), theirs.get(area, set()), undecided)


def test_the_column_of_the_file_disagrees_with_the_polygons(city: City, taken: Any) -> None:
    """The reason why areas are told from the place and not from the column."""
    said = taken.taken["Community_Area"].dropna().astype(int).astype(str)
    ours = {number: area for area, numbers in city.hits("CHI-200").items() for number in numbers}
    disagree = [n for n, area in said.items() if n in ours and ours[n] != area]
    assert 0 < len(disagree) < 0.05 * len(said)


def test_licences_near_a_river_are_counted_to_the_unit(city: City, plain: Any) -> None:
    near = plain.nearest(plain.latest_licences(DATA), plain.named_rivers(DATA), 600.0)
    assert len(near.within(300.0)) > 500
    agree(city.hit("CHI-310"), near.within(300.0), near.undecided(300.0))


def test_leads_come_with_grounds_and_a_stated_vacancy(city: City) -> None:
    leads = city.leads()
    assert len(leads) > 20
    for lead in leads:
        assert lead.grounds.clauses and lead.grounds.sentence["en"]
        assert all(seat.vacant for seat in lead.trio.seats()), "the city has handed in no roster"


@pytest.mark.parametrize("city", ["sqlite"], indirect=True)
def test_of_the_whole_library_no_model_without_data_raises_anything(city: City, tmp_path: Path) -> None:
    """The city as it stands, in a folder of its own, and the library switched on."""
    folder = shutil.copytree(city.house.settings.workspace, tmp_path / "all", symlinks=True)
    settings = replace(read_settings(folder, environ={}), library=True)
    with closing(open_house(settings=settings, clock=FixedClock(NOW))) as house:
        overlay_of(house).run(NOW, full=True)
        with house.store.reading() as records:
            waiting, hits, leads = waiting_for(records, house.models.values()), records.hit_counts(), records.leads_of()
            assert records.incident_count() == city.imported["stored"]
    shipped = {m.id for m in load_models([LIBRARY]).values()}
    assert len(shipped) >= 150 and shipped <= {*house.models}
    # The city keeps no registers of Lhasa's kind, so nearly all wait; its own models still see what they look for.
    assert len(shipped & {*waiting}) >= 150
    assert not {m for m in waiting if hits.get(m)} | ({lead.model for lead in leads} & {*waiting})
    assert {m for m in hits if hits[m]} >= {lead.model for lead in leads} > set()


def test_the_overlay_again_adds_nothing(city: City) -> None:
    before = city.leads()
    again = overlay_of(city.house).run(NOW, full=True)
    assert not again.opened and not again.joined and not again.superseded
    assert overlay_of(city.house).run(NOW).as_dict()["new_incidents"] == 0
    assert city.leads() == before


def test_the_import_again_stores_nothing(city: City) -> None:
    with city.house.store.reading() as records:
        counted, kept = records.incident_count(), records.quarantine_counts()
    again = import_complaints(city.house)
    assert again["stored"] == 0
    assert again["already_known"] == city.imported["stored"] + city.imported["already_known"]
    with city.house.store.reading() as records:
        assert (records.incident_count(), records.quarantine_counts()) == (counted, kept)


@pytest.mark.parametrize("city", ["sqlite"], indirect=True)
def test_shuffling_the_file_changes_no_lead(city: City, tmp_path: Path) -> None:
    with (DATA / Path(COMPLAINTS).name).open(encoding="utf-8", newline="") as file:
        head, *rows = list(csv.reader(file))
    random.Random(20150201).shuffle(rows)
    shuffled = tmp_path / "shuffled.csv"
    with shuffled.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([head, *rows])
    other = open_city(tmp_path / "chicago", complaints=shuffled)
    try:
        assert other.imported == city.imported
        assert [lead_words(lead) for lead in other.leads()] == [lead_words(lead) for lead in city.leads()]
    finally:
        other.house.close()


def lead_words(lead: Lead) -> tuple[Any, ...]:
    return (lead.id, lead.key, lead.records, lead.first, lead.last, lead.district, lead.grounds.as_dict())
