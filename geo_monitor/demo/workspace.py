"""Builds the Lhasa workspace: the folder a city would have, with everything in files that the house reads like
any other.

Nothing is put into the database here. One seed and one day make the same bytes.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from datetime import date
from pathlib import Path

import numpy as np

from geo_monitor.demo.feeds import write_feeds
from geo_monitor.demo.files import write_csv
from geo_monitor.demo.gazetteer import COLUMNS, gazetteer_rows
from geo_monitor.demo.ground import BOX, CENTRE, read_ground
from geo_monitor.demo.layer_files import SOURCES, write_layers
from geo_monitor.demo.planted_food import plant_food
from geo_monitor.demo.planted_heritage import plant_heritage
from geo_monitor.demo.planted_waters import plant_waters
from geo_monitor.demo.planting import Planter, Town
from geo_monitor.demo.premises import make_businesses, make_schools
from geo_monitor.demo.reports import Background, Numbers, faulty_rows
from geo_monitor.demo.roster import make_roster
from geo_monitor.demo.truth import Truth

SEED = 20261122
TRUTH_FILE = "files/truth.json"

Progress = Callable[[str], None]


def build_workspace(
    folder: Path, *, seed: int = SEED, today: date, incidents: int = 20_000, progress: Progress | None = None
) -> Truth:
    """Writes settings, layer files, feed mappings, feed files and roster into ``folder`` and returns what was
    planted (also
    written to ``files/truth.json``, which nothing but tests and the summary of the demonstration reads).

    ``incidents`` counts the rows of background; planted reports, resent and faulty rows come on top. ``today`` is the
    last day of the two years. Raises FileError if the package with the district polygons is not installed.
    """
    say = progress or (lambda _: None)
    say("ground: districts, rivers cut into reaches, heritage sites")
    ground = read_ground()
    chance = np.random.SeedSequence(seed).spawn(6)
    schools = make_schools(np.random.default_rng(chance[0]), ground)
    businesses = make_businesses(np.random.default_rng(chance[1]), ground, today)
    town = Town(ground, schools, businesses, today, np.random.default_rng(chance[2]))
    numbers = Numbers()
    say("offences: planted, with their near misses")
    planter = Planter(town, numbers)
    for plant in (plant_waters, plant_heritage, plant_food):
        plant(planter)
    planted = planter.out
    say(f"reports: {incidents:,} over two years")
    background = Background(
        np.random.default_rng(chance[3]), ground, planted.common_shops, today, numbers, planted.clear
    )
    reports = background.make(incidents)
    everything = sorted([*reports, *planted.reports], key=lambda r: (r.reported, r.number))
    rng = np.random.default_rng(chance[4])
    faulty = faulty_rows(rng, everything, numbers)
    say("files: layers, feeds, roster, settings")
    write_layers(folder, town, planted)
    resent = write_feeds(folder, everything, faulty, rng)
    write_csv(
        folder / "files" / "roster.csv",
        ("place", "role", "post", "name", "office", "from", "to"),
        ((r.place, r.role, r.post, r.name, r.office, r.valid_from, r.valid_to) for r in make_roster(ground)),
    )
    write_csv(folder / "gazetteer" / "places.csv", COLUMNS, gazetteer_rows(ground))
    (folder / "geo-monitor.toml").write_text(settings_text(), encoding="utf-8")
    faults: dict[str, int] = {}
    for fault, _, _ in faulty:
        faults[fault] = faults.get(fault, 0) + 1
    truth = Truth(
        seed=seed, today=today, incidents=len(everything), resent=resent, faulty=faults, planted=planted.truth
    )
    (folder / TRUTH_FILE).write_text(json.dumps(truth.as_dict(), ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    return truth


def clear_workspace(folder: Path) -> None:
    """Removes an earlier demonstration, or an empty folder; anything else (it has no truth file) stays."""
    if (folder / TRUTH_FILE).is_file():
        shutil.rmtree(folder)
    elif folder.is_dir() and not any(folder.iterdir()):
        folder.rmdir()


def settings_text() -> str:
    head = f"""# The Lhasa demonstration. Everything in it is synthetic but the ground it stands on.

roster = "files/roster.csv"

[city]
name_zh = "拉萨市（演示数据）"
name_en = "Lhasa (demonstration)"
box = [{", ".join(map(str, BOX))}]
centre = [{", ".join(map(str, CENTRE))}]
time_zone = "Asia/Shanghai"
synthetic = true

[web]
title_zh = "拉萨公益诉讼线索地图（合成数据演示）"
title_en = "Lhasa public-interest lead map (synthetic demonstration)"
"""
    return head + "".join(SOURCES[name].toml() for name in SOURCES)
