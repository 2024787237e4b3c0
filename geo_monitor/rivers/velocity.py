"""How fast the water runs: always a window, and always with where the figures are from."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from geo_monitor.rivers.arrays import Floats
from geo_monitor.rivers.network import Network


@dataclass(frozen=True)
class Velocity:
    """Metres a second, at the fastest and at the slowest that is to be reckoned with; ``source`` says who stated that.
    A ``slow_m_s`` of 0 means that nobody knows how long the water may stay (a lake)."""

    fast_m_s: float
    slow_m_s: float
    source: str

    def __post_init__(self) -> None:
        if not (0 <= self.slow_m_s <= self.fast_m_s and self.fast_m_s > 0):
            raise ValueError(
                f"velocities {self.slow_m_s:g} to {self.fast_m_s:g} m/s: expected 0 <= slow <= fast, fast > 0"
            )
        if not self.source.strip():
            raise ValueError("a velocity without its source: expected who stated it, or that it is a proposal")


#: To be replaced by what the city's hydrological stations state; a proposal of ours, rule of no law.
PROPOSED = Velocity(2.0, 0.3, "proposal")
STILL = Velocity(2.0, 0.0, "proposal: how long a lake keeps its water is not known")


@dataclass(frozen=True)
class Velocities:
    """For reaches that state none of their own (``Courses.fast_m_s``, ``slow_m_s``), and across lakes."""

    reaches: Velocity = PROPOSED
    lakes: Velocity = STILL

    def seconds(self, network: Network, edge: np.ndarray) -> tuple[Floats, Floats]:
        """(at the fastest, at the slowest) from end to end of the edges; infinite where the slowest is not known."""
        e, lines = network.edges, network.lines
        lake = e.lake[edge] >= 0
        reach = np.where(lake, 0, e.reach[edge])
        out = []
        for own, usual, still in (
            (lines.fast_m_s, self.reaches.fast_m_s, self.lakes.fast_m_s),
            (lines.slow_m_s, self.reaches.slow_m_s, self.lakes.slow_m_s),
        ):
            stated = own[reach] if len(own) else np.zeros(len(edge))
            speed = np.where(lake, still, np.where(np.isnan(stated), usual, stated))
            with np.errstate(divide="ignore"):
                out.append(e.length[edge] / speed)
        return out[0], out[1]
