"""The forensics of a feed as it is stored: its reports as they were declared, held against the loaded layers. Reads
only."""

from __future__ import annotations

from collections.abc import Sequence

from geo_monitor.domain.place import Box, Datum
from geo_monitor.engine.metres import Floats
from geo_monitor.reading.datum import Reference
from geo_monitor.reading.forensics import Verdict, examine, reference_layer
from geo_monitor.services.ports import Store

#: Layers that stand still and near which things happen. What comes from reports themselves is not among them: a layer
#: made of a feed's own points would bear out whatever datum they were read in.
REFERENCES = (
    "roads",
    "rivers",
    "canals",
    "dikes",
    "lakes_wetlands",
    "districts",
    "food_businesses",
    "markets",
    "schools",
    "pharmacies",
    "medical_institutions",
    "petrol_stations",
    "residential_buildings",
    "heritage_sites",
)


def forensics_of(store: Store, feed: str, box: Box, layers: Sequence[str] = REFERENCES) -> list[Verdict]:
    """One verdict for each datum in which reports of the feed were declared (a feed may name one a row), by its name;
    none if nothing is stored of the feed. A system given by its EPSG number counts as WGS 84 or CGCS2000. Layers that
    were never loaded are passed over."""
    with store.reading() as records:
        places = records.feed_places(feed)
        columns = [found for name in layers if places and (found := records.layer_columns(name)) is not None]
    references = [reference_layer(c) for c in columns]
    verdicts = []
    for datum in sorted(places):
        lon, lat, accuracy = places[datum].T
        as_declared = Reference(str(datum), datum).from_wgs84(lon, lat)
        verdicts.append(examine(*as_declared, datum, references, box, accuracy))
    return verdicts


def forensics_of_places(
    store: Store, lon: Floats, lat: Floats, box: Box, layers: Sequence[str] = REFERENCES
) -> Verdict | None:
    """Of places whose datum nobody declared yet (degrees as a file writes them): the verdict as if WGS 84 had been
    declared. None without places, or where none of the layers was loaded."""
    if not len(lon):
        return None
    with store.reading() as records:
        columns = [found for name in layers if (found := records.layer_columns(name)) is not None]
    return examine(lon, lat, Datum.WGS84, [reference_layer(c) for c in columns], box) if columns else None
