"""Loads the watched layer files and the duty roster again where they changed."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from geo_monitor.domain.words import Words
from geo_monitor.errors import ConfigError, FileError, Flaw, NotFoundError

if TYPE_CHECKING:
    from geo_monitor.wiring import House

TITLE = Words("更新图层与责任人名册", "Refresh layers and the duty roster")
WHEN = "0 * * * *"
CATCH_UP = True


def run(house: House) -> dict[str, Any]:
    """How many sources were looked at and loaded, and features taken and rejected. One faulty file does not keep the
    others from being loaded; it is told at the end. Parents come before their zones, whatever the order in the
    settings."""
    from geo_monitor.reading.loading import refresh_layer
    from geo_monitor.reading.tables import hash_file

    counts = {"sources": 0, "loaded": 0, "features": 0, "rejected": 0, "postings": 0}
    flaws: list[Flaw] = []
    for source in sorted(house.settings.layers, key=lambda s: _is_zone(house, s.layer)):
        counts["sources"] += 1
        try:
            layer, path = house.layer(source.layer), house.path(source.file)
            seen = hashlib.sha256(f"{hash_file(path)}{source!r}".encode()).hexdigest() if path.is_file() else ""
            if seen and _fact(house, f"refresh.{layer.name}") == seen:
                continue
            report = refresh_layer(house.store, layer, path, source, box=house.box, at=house.clock.now())
        except NotFoundError as e:
            flaws.append(Flaw("unknown_layer", str(e), file="geo-monitor.toml", field="layers", value=source.layer))
            continue
        except FileError as e:
            flaws += e.flaws
            continue
        _remember(house, f"refresh.{layer.name}", seen)
        counts["loaded"] += 1
        counts["features"] += report.version.features
        counts["rejected"] += report.version.quarantined
    try:
        counts["postings"] = _roster(house)
    except FileError as e:
        flaws += e.flaws
    if flaws:
        raise ConfigError(flaws)
    return counts


def _is_zone(house: House, name: str) -> bool:
    return name in house.layers and bool(house.layers[name].parent)


def _roster(house: House) -> int:
    """Postings loaded: 0 if there is no roster file, or if it has not changed."""
    from geo_monitor.reading.roster import read_roster
    from geo_monitor.reading.tables import hash_file

    path = house.path(house.settings.roster)
    if not path.is_file():
        return 0
    seen = hash_file(path)
    if _fact(house, "refresh.roster") == seen:
        return 0
    postings = read_roster(path)
    with house.store.writing() as records:
        records.replace_postings(postings, path.name, house.clock.now())
        records.put_fact("refresh.roster", seen)
    return len(postings)


def _fact(house: House, key: str) -> str | None:
    with house.store.reading() as records:
        return records.fact(key)


def _remember(house: House, key: str, value: str) -> None:
    with house.store.writing() as records:
        records.put_fact(key, value)
