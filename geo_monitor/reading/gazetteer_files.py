"""The city's own lists of named places: ``gazetteer/*.csv`` of the workspace.

Columns: ``name``, ``alias`` (several with ; between them), ``level``, ``lon``, ``lat``, ``datum``, ``radius_m``,
``district``, ``source``; Chinese headers will do. A row without coordinates gives further names to a place that a layer
or another row knows. ``divisions.csv`` in the same folder is the table of division codes, if the city keeps its own.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from geo_monitor.domain.place import PLACE_LEVELS, Box, LonLat
from geo_monitor.errors import FileError, Flaw
from geo_monitor.reading.datum import KNOWN, Reference, find_reference
from geo_monitor.reading.divisions import SHIPPED, Division, read_divisions
from geo_monitor.reading.gazetteer import BETWEEN_NAMES, EXTENT_M, Alias, NamedPlace, short_names
from geo_monitor.reading.tables import Table, TableRow, read_table
from geo_monitor.reading.vectors import read_pair

FOLDER = "gazetteer"
DIVISIONS = "divisions.csv"
COLUMNS: Mapping[str, tuple[str, ...]] = {
    "name": ("name", "名称"),
    "alias": ("alias", "aliases", "别名"),
    "level": ("level", "级别"),
    "lon": ("lon", "经度"),
    "lat": ("lat", "纬度"),
    "datum": ("datum", "坐标系"),
    "radius_m": ("radius_m", "半径", "半径(米)"),
    "district": ("district", "所在县区", "区划"),
    "source": ("source", "来源"),
}
LEVEL_WORDS: Mapping[str, str] = {
    "premises": "门牌",
    "site": "点位",
    "reach": "河段",
    "village": "村",
    "township": "乡镇",
    "river": "河流",
    "district": "区县",
    "city": "市",
}
_LEVELS = {level: level for level in PLACE_LEVELS} | {zh: level for level, zh in LEVEL_WORDS.items()}


@dataclass(frozen=True, slots=True)
class CityLists:
    places: tuple[NamedPlace, ...] = ()
    aliases: tuple[Alias, ...] = ()
    divisions: tuple[Division, ...] = ()


def read_city_lists(folder: Path, box: Box) -> CityLists:
    """All lists of the folder ``gazetteer`` of a workspace; without one, the shipped divisions alone. Raises FileError
    with every flaw of every row of every file: a name at a wrong point would misplace whatever names it."""
    files = sorted(p for p in folder.glob("*.csv") if p.name != DIVISIONS) if folder.is_dir() else []
    own = folder / DIVISIONS
    flaws: list[Flaw] = []
    places: list[NamedPlace] = []
    aliases: list[Alias] = []
    for path in files:
        try:
            table = read_table(path)
        except FileError as e:
            flaws += e.flaws
            continue
        columns = {key: next((n for n in names if n in table.columns), "") for key, names in COLUMNS.items()}
        for key in ("name", "level", "lon", "lat", "datum"):
            if not columns[key]:
                expected = f"a column {' or '.join(COLUMNS[key])}; there are: {', '.join(table.columns)}"
                flaws.append(Flaw("missing_column", expected, file=table.file, row=1, field=key))
        if all(columns[k] for k in ("name", "level", "lon", "lat", "datum")):
            for row in table:
                read = _row(row, columns, table, box, flaws)
                if isinstance(read, NamedPlace):
                    places.append(read)
                elif read is not None:
                    aliases.append(read)
    try:
        divisions = read_divisions(own if own.is_file() else SHIPPED)
    except FileError as e:
        flaws += e.flaws
        divisions = ()
    if flaws:
        raise FileError(flaws)
    return CityLists(tuple(places), tuple(aliases), divisions)


def _row(
    row: TableRow, columns: Mapping[str, str], table: Table, box: Box, flaws: list[Flaw]
) -> NamedPlace | Alias | None:
    said = {key: row.values[column].strip() if column else "" for key, column in columns.items()}
    wrong = list(row.flaws)

    def flaw(reason: str, expected: str, key: str) -> None:
        wrong.append(Flaw(reason, expected, table.file, row.number, columns[key] or key, said[key]))

    for mark in BETWEEN_NAMES[1:]:
        said["alias"] = said["alias"].replace(mark, BETWEEN_NAMES[0])
    others = tuple(a for part in said["alias"].split(BETWEEN_NAMES[0]) if (a := part.strip()))
    if not said["name"]:
        flaw("missing_value", "a name", "name")
    if not said["lon"] and not said["lat"]:
        if not others:
            flaw("missing_value", "coordinates, or further names of a place that is known", "alias")
        flaws += wrong
        return None if wrong else Alias(said["name"], others, said["district"], table.file, row.number)
    level = _LEVELS.get(said["level"], "")
    if not level:
        flaw("unknown_word", f"one of {', '.join(f'{k} ({v})' for k, v in LEVEL_WORDS.items())}", "level")
    reference = find_reference(said["datum"]) if said["datum"] else f"a datum: {KNOWN}"
    x, y, bad = read_pair(said["lon"], said["lat"], (columns["lon"], columns["lat"]), table.file, row.number, True)
    point = LonLat(x, y)
    if bad is not None:
        wrong.append(bad)
    elif isinstance(reference, Reference):
        lon, lat = reference.to_wgs84([x], [y])
        point = LonLat(round(float(lon[0]), 7), round(float(lat[0]), 7))
        if not box.holds(*point):
            flaw("outside_city", f"a place in the city's box {' '.join(f'{v:g}' for v in box)}", "lon")
    if not isinstance(reference, Reference):
        flaw("unknown_datum", reference, "datum")
    radius_m = EXTENT_M.get(level, 0.0)
    if said["radius_m"]:
        try:
            radius_m = float(said["radius_m"])
        except ValueError:
            radius_m = math.nan
        if not 0 < radius_m < math.inf:
            flaw("not_a_number", "metres within which all of the place lies", "radius_m")
    flaws += wrong
    if wrong:
        return None
    names = (said["name"], *others)
    return NamedPlace(
        layer=f"{FOLDER}/{table.file}",
        id=f"{said['name']}@{point.lon:.5f},{point.lat:.5f}",
        level=level,
        names=names,
        point=point,
        radius_m=math.ceil(radius_m),
        district=said["district"],
        source=said["source"],
        short_names=short_names(names, level),
    )
