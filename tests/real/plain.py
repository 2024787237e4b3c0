"""The same questions asked a second time, with plain GeoPandas and nothing of ours.

Distances are taken in a transverse Mercator of the city's own with scale one on its meridian: within 25 km of it a
length is at most 8 millionths too long. ``own_error_m`` is that, and the difference between an edge drawn
straight in degrees and straight in metres. Where a point lies nearer to the threshold than this the two methods may
differ, and only there.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

LOCAL = "+proj=tmerc +lat_0=41.84 +lon_0=-87.7 +k=1 +x_0=0 +y_0=0 +ellps=WGS84 +units=m"
NOT_RIVERS = ("", "WOLF LAKE", "LAKE MICHIGAN")
#: What a complaint says, as far as the feed mapping asks for it.
SAID = [
    "Creation_Date",
    "Type_of_Service_Request",
    "Street_Address",
    "What_is_the_Nature_of_this_Code_Violation",
    "Latitude",
    "Longitude",
]


def own_error_m(metres: float) -> float:
    return 1e-5 * metres + 0.002


@dataclass(frozen=True)
class Complaints:
    """``taken`` is one row a request number, indexed by it; the rest is counted by why it was not."""

    taken: pd.DataFrame
    read: int
    marked_duplicate: int
    no_coordinates: int
    id_reused: int
    repeated: int


def complaints(folder: Path) -> Complaints:
    rows = pd.read_csv(folder / "311_sanitation_complaints.csv", dtype={"Service_Request_Number": str})
    marked = rows["Status"].str.endswith("Dup")
    left = rows[~marked]
    without = left["Latitude"].isna() | left["Longitude"].isna()
    # A row that is marked and has no place is one that is marked: that is what the office says first.
    left = left[~without]
    distinct = left.drop_duplicates(["Service_Request_Number", *SAID])
    conflicting = distinct["Service_Request_Number"].duplicated(keep=False)
    disagree = set(distinct.loc[conflicting, "Service_Request_Number"])
    reused = left["Service_Request_Number"].isin(disagree)
    taken = distinct[~conflicting].set_index("Service_Request_Number")
    return Complaints(
        taken=taken,
        read=len(rows),
        marked_duplicate=int(marked.sum()),
        no_coordinates=int(without.sum()),
        id_reused=int(reused.sum()),
        repeated=int(len(left) - reused.sum() - len(taken)),
    )


def points(frame: pd.DataFrame, lon: str, lat: str) -> gpd.GeoDataFrame:
    have = frame[frame[lon].notna() & frame[lat].notna()]
    return gpd.GeoDataFrame(have, geometry=gpd.points_from_xy(have[lon], have[lat]), crs="EPSG:4326").to_crs(LOCAL)


def _areas(path: Path) -> gpd.GeoDataFrame:
    """Repaired; edges over some 100 m are divided before they are projected."""
    areas = gpd.read_file(path)
    areas["geometry"] = shapely.segmentize(shapely.make_valid(areas.geometry.values), 0.001)
    return areas.to_crs(LOCAL)


def named_rivers(folder: Path) -> gpd.GeoDataFrame:
    """Waterways with a name that is not a lake's."""
    water = _areas(folder / "waterways.geojson")
    return water[~water["name"].fillna("").str.strip().isin(NOT_RIVERS)]


def community_areas(folder: Path) -> gpd.GeoDataFrame:
    """Indexed by number, as text."""
    areas = _areas(folder / "community_areas.geojson")
    return areas.set_index(areas["NID"].astype(int).astype(str))


def landmarks(folder: Path) -> gpd.GeoDataFrame:
    return points(pd.read_csv(folder / "individual_landmarks.csv"), "LONGITUDE", "LATITUDE")


def latest_licences(folder: Path) -> gpd.GeoDataFrame:
    """One row a licence number, indexed by it: the one with the latest last day of its term."""
    rows = pd.read_csv(folder / "food_business_licences.csv", dtype={"LICENSE_NUMBER": str})
    rows = rows[rows["LICENSE_NUMBER"].notna()].sort_values("LICENSE_TERM_EXPIRATION_DATE", kind="stable")
    last = rows.drop_duplicates("LICENSE_NUMBER", keep="last").set_index("LICENSE_NUMBER")
    return points(last, "LONGITUDE", "LATITUDE")


@dataclass(frozen=True)
class Near:
    """How far each point is from the nearest feature, in metres (0 inside, infinite beyond the reach)."""

    metres: np.ndarray[Any, Any]
    index: pd.Index[Any]

    def within(self, at_most_m: float) -> set[Any]:
        return set(self.index[self.metres <= at_most_m])

    def undecided(self, at_most_m: float) -> dict[Any, float]:
        """Points so near to the threshold that this method cannot tell, with their metres."""
        close = np.abs(self.metres - at_most_m) <= own_error_m(at_most_m)
        return dict(zip(self.index[close], self.metres[close], strict=True))


def nearest(points_m: gpd.GeoDataFrame, features_m: gpd.GeoDataFrame, reach_m: float) -> Near:
    found = gpd.sjoin_nearest(
        points_m[["geometry"]], features_m[["geometry"]], how="left", max_distance=reach_m, distance_col="metres"
    )
    best = found.groupby(level=0)["metres"].min().fillna(np.inf)
    return Near(best.to_numpy(), best.index)


def by_area(points_m: gpd.GeoDataFrame, areas_m: gpd.GeoDataFrame) -> dict[str, set[Any]]:
    """Points by the area that holds them (its border belongs to it)."""
    areas = areas_m.rename_axis("area").reset_index()[["area", "geometry"]]
    found = gpd.sjoin(points_m[["geometry"]], areas, predicate="intersects")
    return {str(area): set(group.index) for area, group in found.groupby("area")}


def at_border(points_m: gpd.GeoDataFrame, areas_m: gpd.GeoDataFrame) -> dict[Any, float]:
    """Those of a few points that lie within this method's error of some border, with their metres."""
    if not len(points_m):
        return {}
    borders = gpd.GeoDataFrame(geometry=areas_m.boundary, crs=areas_m.crs)
    return nearest(points_m, borders, 1.0).undecided(0.0)
