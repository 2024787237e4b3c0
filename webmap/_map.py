"""The map as it is now: its layers follow from the definitions and from what has been loaded."""

from __future__ import annotations

from dataclasses import dataclass

from flask import url_for

from geo_monitor.domain.layer import Layer
from geo_monitor.domain.place import Box
from geo_monitor.services.ports import Records
from webmap._folium import MapParts, draw_map, drawn_layers, layer_key
from webmap._shared import DISTRICTS, current_versions, house, kept


@dataclass(frozen=True, slots=True)
class LegendLine:
    """One layer in the legend; ``key`` is what the layer is called in the map's script."""

    key: str
    layer: Layer

    @property
    def kind(self) -> str:
        """How the swatch is drawn: the largest kind of geometry that the layer may have."""
        return next(k for k in ("polygon", "line", "point") if k in self.layer.geometry)


@dataclass(frozen=True, slots=True)
class CurrentMap:
    parts: MapParts
    legend: tuple[LegendLine, ...]


def current_map(records: Records) -> CurrentMap:
    """Drawn once for each state of the layers. The legend has the topmost layer first."""
    loaded = current_versions(records)
    return kept("map", repr(sorted(loaded.items())), lambda: _draw(records, loaded))


def _draw(records: Records, loaded: dict[str, str]) -> CurrentMap:
    layers = drawn_layers(house().layers, loaded)
    addresses = {
        "cells": url_for("api_incidents.cells"),
        "leads": url_for("api_leads.in_view"),
        "layer": url_for("api_layers.layer", name="NAME"),
    }
    first = _inhabited(records) if DISTRICTS in loaded else None
    legend = tuple(LegendLine(layer_key(k), layer) for k, layer in enumerate(layers))
    return CurrentMap(draw_map(layers, house().box, addresses, first), legend[::-1])


def _inhabited(records: Records) -> Box | None:
    """Around all districts, within the city's box, which is often drawn generously; None if they share nothing."""
    bounds = [f.geometry.bounds for f in records.features(DISTRICTS) if f.geometry is not None]
    if not bounds:
        return None
    west, south, east, north = zip(*bounds, strict=True)
    city = house().box
    box = Box(
        max(min(west), city.west), max(min(south), city.south), min(max(east), city.east), min(max(north), city.north)
    )
    return box if box.west < box.east and box.south < box.north else None
