"""Layers as they were read last, kept ready in the process: a version never changes, so it can be handed
out again."""

from __future__ import annotations

import threading
from collections import OrderedDict

from geo_monitor.engine.columns import LayerColumns


class LayerShelf:
    """At most ``room`` versions; the one not asked for the longest goes first. Safe between threads."""

    def __init__(self, room: int = 256) -> None:
        self._room = room
        self._kept: OrderedDict[tuple[str, int], LayerColumns] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, version: str, loaded_at: int) -> LayerColumns | None:
        with self._lock:
            columns = self._kept.get((version, loaded_at))
            if columns is not None:
                self._kept.move_to_end((version, loaded_at))
            return columns

    def put(self, version: str, loaded_at: int, columns: LayerColumns) -> None:
        with self._lock:
            self._kept[version, loaded_at] = columns
            self._kept.move_to_end((version, loaded_at))
            while len(self._kept) > self._room:
                self._kept.popitem(last=False)
