"""How far a hit rests on where exactly the report lay.

The true place lies somewhere in the report's circle of accuracy. ``POINTS`` places spread evenly over that circle (a
sunflower: radius r·√((k + ½)/n), each turned by the golden angle; Vogel, 1979) are looked at by the same engine; the
share of them at which the record would be a hit for the same subject is told beside it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np

from geo_monitor.domain.exemption import Exemption
from geo_monitor.domain.hit import Subject
from geo_monitor.engine.columns import IncidentColumns
from geo_monitor.engine.evaluate import Rerun
from geo_monitor.engine.metres import metres_per_degree
from geo_monitor.engine.sieve import World
from geo_monitor.supervision.model import SupervisionModel

POINTS = 100
GOLDEN = np.pi * (3.0 - np.sqrt(5.0))


def shares(
    model: SupervisionModel,
    incidents: IncidentColumns,
    world: World,
    pool: IncidentColumns,
    exemptions: Sequence[Exemption] = (),
) -> Mapping[tuple[str, Subject], float]:
    """(record, subject) → share of the circle of accuracy, in hundredths, for records whose place is not exact. The
    subject in a cluster model is the square in which the hit is kept. Registers are not asked: their places are
    what the register says."""
    if model.watch.layer:
        return {}
    rows = np.flatnonzero(incidents.accuracy_m > 0)
    if not len(rows):
        return {}
    spread = incidents.take(np.repeat(rows, POINTS))
    k = np.tile(np.arange(POINTS), len(rows))
    radius = spread.accuracy_m.astype(float) * np.sqrt((k + 0.5) / POINTS)
    per_lon, per_lat = metres_per_degree(spread.lat)
    lon = spread.lon + radius * np.cos(k * GOLDEN) / per_lon
    lat = spread.lat + radius * np.sin(k * GOLDEN) / per_lat
    moved = IncidentColumns(**{**spread.__dict__, "lon": lon, "lat": lat})
    hits = Rerun(model, moved, world, pool=pool, exemptions=exemptions).hits
    # By what they are about: each copy of a record that is a matter of its own has a code of its own.
    met: Counter[tuple[int, Subject]] = Counter()
    for row, subject in zip((hits.rows // POINTS).tolist(), hits.subject.tolist(), strict=True):
        met[row, hits.subjects[subject]] += 1
    return {(str(incidents.ids[rows[r]]), subject): n / POINTS for (r, subject), n in met.items()}
