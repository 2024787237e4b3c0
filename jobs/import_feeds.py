"""Imports the files of every feed that were not read yet."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from geo_monitor.domain.words import Words
from geo_monitor.errors import ConfigError, FileError, Flaw

if TYPE_CHECKING:
    from geo_monitor.wiring import House

TITLE = Words("导入数据来源", "Import feeds")
WHEN = "*/10 * * * *"
CATCH_UP = True


def run(house: House) -> dict[str, Any]:
    """Counts over all files. A file that cannot be read at all does not keep the others from being read; it is told at
    the end, and is tried again at the next run."""
    from geo_monitor.reading.feeds import import_file
    from geo_monitor.reading.tables import hash_file
    from geo_monitor.wiring import workspace_secret

    counts = {"files": 0, "read": 0, "stored": 0, "already_known": 0, "quarantined": 0}
    flaws: list[Flaw] = []
    key = workspace_secret(house.settings).encode()
    for name, mapping in house.feeds.items():
        if not mapping.files:
            continue
        for path in sorted(house.settings.workspace.glob(mapping.files)):
            try:
                with house.store.reading() as records:
                    if records.file_was_read(name, hash_file(path)):
                        continue
                report = import_file(house.store, path, mapping, box=house.box, key=key, at=house.clock.now())
            except FileError as e:
                flaws += e.flaws
                continue
            except OSError as e:
                flaws.append(Flaw("unreadable", f"a file that can be opened ({e.strerror})", file=str(path)))
                continue
            counts["files"] += 1
            for what in ("read", "stored", "already_known", "quarantined"):
                counts[what] += getattr(report, what)
    if flaws:
        raise ConfigError(flaws)
    return counts
