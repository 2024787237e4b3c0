"""Each layer with a file as an office might send it and, beside it, what the house makes of it, in words."""

from __future__ import annotations

import tomllib
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
import shapely

from geo_monitor.config import LayerSource
from geo_monitor.domain.layer import Feature
from geo_monitor.domain.place import Box
from geo_monitor.reading.loading import load_layer_file
from geo_monitor.wiring import shipped_layers

DATA = Path(__file__).resolve().parents[1] / "data"
LAYERS = {part.name: part for layer in shipped_layers() for part in layer.family()}
PAIRS = sorted(p.parent for p in DATA.glob("*/source.toml"))
LHASA = Box(89.5, 29.2, 92.8, 31.1)


def in_words(folder: Path) -> str:
    """What was made of ``input.*`` as ``source.toml`` says it is to be read."""
    said = tomllib.loads((folder / "source.toml").read_text(encoding="utf-8"))
    parents = set(said.pop("known_parents")) if "known_parents" in said else None
    said["where"] = {k: tuple(v) for k, v in said.get("where", {}).items()}
    layer = LAYERS[folder.name]
    (file,) = folder.glob("input.*")
    source = LayerSource(layer=layer.name, file=file.name, **said)
    version, features, rejected = load_layer_file(
        layer, file, source, box=LHASA, at=datetime(2026, 11, 1, tzinfo=UTC), known_parents=parents
    )
    lines = [
        f"{version.features} taken, {version.quarantined} rejected, coordinates from {version.datum}",
        "",
        "taken:",
    ]
    lines += [_feature(f) for f in features]
    lines += ["", "rejected:", *(f"  {flaw}" for r in rejected for flaw in r.flaws)]
    lines += ["", "notes:", *(f"  {n}" for n in version.notes)]
    return "\n".join(lines) + "\n"


def _feature(f: Feature) -> str:
    shape = "no place"
    if f.geometry is not None:
        shape = shapely.to_wkt(f.geometry, rounding_precision=5)
        shape = shape if len(shape) <= 90 else shape[:87] + "..."
    term = f"{_day(f.valid_from)} to {_day(f.valid_to)}"
    marks = [f"parent {f.parent}"] * bool(f.parent) + ["synthetic"] * f.synthetic
    marks += [f"accurate to {f.accuracy_m:g} m"] * bool(f.accuracy_m)
    rest = "; ".join(f"{k}: {v}" for k, v in f.properties.items())
    return "\n".join(
        [f"  {f.id}: {f.title.zh} | {f.title.en}", f"    {shape}", f"    {', '.join([term, *marks])}", f"    {rest}"]
    )


def _day(day: date | None) -> str:
    return day.isoformat() if day else "open"


@pytest.mark.parametrize("folder", PAIRS, ids=lambda p: p.name)
def test_what_the_house_makes_of_an_office_s_file_is_what_is_written_beside_it(folder: Path) -> None:
    assert in_words(folder) == (folder / "expected.txt").read_text(encoding="utf-8")


def test_every_layer_has_such_a_pair() -> None:
    assert {p.name for p in PAIRS} == set(LAYERS)
