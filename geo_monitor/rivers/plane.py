"""The plane in which the lines are handed over, and how long its distances truly are."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from geo_monitor.rivers.arrays import Floats


def _flat(x1: Floats, y1: Floats, x2: Floats, y2: Floats) -> Floats:
    return np.hypot(x2 - x1, y2 - y1)


@dataclass(frozen=True)
class Plane:
    """``metres(x1, y1, x2, y2)``: true metres between places of the plane (arrays of one shape), for distances up to
    some kilometres. ``widest``: the greatest ratio of a length in the plane to the true one anywhere in the data; what
    is looked for within some metres is looked for so much farther out, so that nothing is lost.

    The plain ``Plane()`` is a projection taken as true. A frame that stretches (degrees times the metres of a degree at
    the city's centre) brings its own measure, and every length that the network tells is a true one."""

    metres: Callable[[Floats, Floats, Floats, Floats], Floats] = _flat
    widest: float = 1.0


FLAT = Plane()
