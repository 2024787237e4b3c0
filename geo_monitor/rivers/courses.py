"""The lines of which a network is made, as columns: rivers and canals of any number of layers, and the lakes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np
import numpy.typing as npt
import shapely

from geo_monitor.rivers.arrays import Flags, Floats, Ints, Shapes, Texts

#: How the water runs, as an attribute says it: against the order of the vertices, not said, along it, both ways.
AGAINST, UNSAID, ALONG, BOTH = -1, 0, 1, 2


@dataclass(frozen=True)
class Courses:
    """One row a line. ``line``: LineStrings or MultiLineStrings in metres of the plane; the parts of one follow each
    other in the order of the file. ``flow`` as above; ``drawn_downstream``: whether the layer promises that its lines
    are drawn with the water. ``first_m``, ``last_m``: height of the first and the last vertex, NaN unknown (taken from
    the line's own z where it has one). ``share``: of the water where the reach branches off, that which it takes (0 to
    1), NaN unknown. ``fast_m_s``, ``slow_m_s``: the reach's own velocities, NaN for those of its kind."""

    layer: Texts
    id: Texts
    line: Shapes
    flow: Ints
    drawn_downstream: Flags
    first_m: Floats
    last_m: Floats
    share: Floats
    fast_m_s: Floats
    slow_m_s: Floats

    def __len__(self) -> int:
        return len(self.id)

    @classmethod
    def of(
        cls,
        layer: str,
        ids: Sequence[str],
        lines: Sequence[shapely.Geometry | None] | Shapes,
        *,
        flow: npt.ArrayLike | None = None,
        drawn_downstream: bool = True,
        first_m: npt.ArrayLike | None = None,
        last_m: npt.ArrayLike | None = None,
        share: npt.ArrayLike | None = None,
        fast_m_s: npt.ArrayLike | None = None,
        slow_m_s: npt.ArrayLike | None = None,
    ) -> Courses:
        """The lines of one layer; what is not given is unknown. ValueError if a column is not as long as ``ids``, or
        holds another direction than those above."""
        n = len(ids)

        def numbers(given: npt.ArrayLike | None) -> Floats:
            column = np.full(n, np.nan) if given is None else np.asarray(given, float)
            return np.broadcast_to(column, (n,)).copy()

        line = np.empty(n, dtype=object)
        line[:] = list(lines)
        id_ = np.empty(n, dtype=object)
        id_[:] = [str(i) for i in ids]
        said = np.broadcast_to(np.asarray(0 if flow is None else flow, np.int64), (n,)).copy()
        if not np.isin(said, (AGAINST, UNSAID, ALONG, BOTH)).all():
            raise ValueError(f"flow {sorted(set(said.tolist()))}: expected {AGAINST}, {UNSAID}, {ALONG} or {BOTH}")
        first, last = numbers(first_m), numbers(last_m)
        z = np.flatnonzero(shapely.has_z(line) & (shapely.get_dimensions(line) == 1) & ~shapely.is_empty(line))
        if len(z):
            coords, of = shapely.get_coordinates(line[z], include_z=True, return_index=True)
            top = coords[np.searchsorted(of, np.arange(len(z)), "left"), 2]
            end = coords[np.searchsorted(of, np.arange(len(z)), "right") - 1, 2]
            first[z] = np.where(np.isnan(first[z]), top, first[z])
            last[z] = np.where(np.isnan(last[z]), end, last[z])
        return cls(
            layer=np.full(n, layer, dtype=object),
            id=id_,
            line=line,
            flow=said,
            drawn_downstream=np.full(n, drawn_downstream),
            first_m=first,
            last_m=last,
            share=numbers(share),
            fast_m_s=numbers(fast_m_s),
            slow_m_s=numbers(slow_m_s),
        )

    def take(self, rows: npt.NDArray[np.int64] | npt.NDArray[np.bool_]) -> Courses:
        return Courses(**{f.name: getattr(self, f.name)[rows] for f in fields(self)})

    @staticmethod
    def together(several: Sequence[Courses]) -> Courses:
        """The lines of several layers, to be one network."""
        return Courses(**{f.name: np.concatenate([getattr(c, f.name) for c in several]) for f in fields(Courses)})


@dataclass(frozen=True)
class Lakes:
    """Standing water: ``shape`` holds polygons in metres of the plane."""

    layer: str
    id: Texts
    shape: Shapes

    @classmethod
    def of(cls, layer: str, ids: Sequence[str], shapes: Sequence[shapely.Geometry | None] | Shapes) -> Lakes:
        id_, shape = np.empty(len(ids), dtype=object), np.empty(len(ids), dtype=object)
        id_[:], shape[:] = [str(i) for i in ids], list(shapes)
        return cls(layer, id_, shape)


NO_LAKES = Lakes.of("lakes", [], [])


@dataclass(frozen=True)
class Boundaries:
    """Where the duty of one office ends and that of the next begins: points on a reach (kilometre stones), lines across
    it, or the polygons of districts (their borders are meant); metres of the plane."""

    id: Texts
    shape: Shapes

    @classmethod
    def of(cls, ids: Sequence[str], shapes: Sequence[shapely.Geometry] | Shapes) -> Boundaries:
        lakes = Lakes.of("", ids, shapes)
        return cls(lakes.id, lakes.shape)


NO_BOUNDARIES = Boundaries.of([], [])
