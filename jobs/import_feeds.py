"""Imports the files of every feed that were not read yet."""

from __future__ import annotations

import hashlib
import json
import time
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from geo_monitor.domain.words import Words
from geo_monitor.errors import ConfigError, FileError, Flaw

if TYPE_CHECKING:
    from geo_monitor.reading.mappings import FeedMapping
    from geo_monitor.wiring import House

TITLE = Words("导入数据来源", "Import feeds")
WHEN = "*/10 * * * *"
CATCH_UP = True

#: A file that was written to within so many seconds may not be at its end.
QUIET_S = 30.0
#: What programs call a file that they have not finished, or lock it with.
UNFINISHED = (".part", ".partial", ".tmp", ".temp", ".crdownload", ".filepart", ".swp", "~")
LOCKS = (".", "~$")


def run(house: House) -> dict[str, Any]:
    """Counts over all files. A file is kept under its hash before it is read. One that cannot be read at all does not
    keep the others from being read; it is told at the end of each run, and tried again only when it, or the mapping of
    its feed, was changed. One that may still be growing waits for the next run."""
    from geo_monitor.reading.feeds import import_reading, read_incidents
    from geo_monitor.reading.originals import ORIGINALS, hash_parts, keep_original
    from geo_monitor.reading.tables import hash_file
    from geo_monitor.wiring import workspace_secret

    told = ("files", "read", "stored", "already_known", "quarantined", "growing", "sheets_not_read")
    counts = dict.fromkeys(told, 0)
    flaws: list[Flaw] = []
    key, workspace = workspace_secret(house.settings).encode(), house.settings.workspace
    for name, mapping in house.feeds.items():
        if not mapping.files:
            continue
        for path in sorted(workspace.glob(mapping.files)):
            if path.name.startswith(LOCKS) or path.name.lower().endswith(UNFINISHED) or not path.is_file():
                continue
            if path.is_relative_to(workspace / ORIGINALS):
                continue  # a wide pattern meets what was kept of earlier files
            digest = ""
            try:
                before = _look(path)
                if not _is_quiet(house, path, before):
                    counts["growing"] += 1
                    continue
                file_hash = digest = hash_file(path)
                if path.suffix.lower() == ".shp":
                    digest = hash_parts(path)
                if _was_read(house, name, path, file_hash, digest):
                    continue
                known = _known_flaws(house, name, path, digest, mapping)
                if known:
                    flaws += known
                    continue
                keep_original(workspace, name, path)
                if _look(path) != before:
                    counts["growing"] += 1
                    continue
                reading = read_incidents(path, mapping, box=house.box, key=key)
                report = import_reading(house.store, reading, house.clock.now())
            except FileError as e:
                flaws += e.flaws
                if digest:
                    _remember(house, name, path, digest, mapping, e.flaws)
                continue
            except OSError as e:
                flaws.append(Flaw("unreadable", f"a file that can be opened ({e.strerror})", file=str(path)))
                continue
            if digest != file_hash:
                with house.store.writing() as records:
                    records.put_fact(_parts(house, name, path), digest)
            counts["files"] += 1
            # A sheet of other columns may be meant to be left, or its header was changed: people must see it.
            counts["sheets_not_read"] += len(reading.not_read)
            for what in ("read", "stored", "already_known", "quarantined"):
                counts[what] += getattr(report, what)
    if flaws:
        raise ConfigError(flaws)
    return counts


def _was_read(house: House, feed: str, path: Path, file_hash: str, digest: str) -> bool:
    """By the hash that its reports name; of a shapefile that is only one part, so the others must be the same too."""
    with house.store.reading() as records:
        return records.file_was_read(feed, file_hash) and (
            digest == file_hash or records.fact(_parts(house, feed, path)) == digest
        )


def _parts(house: House, feed: str, path: Path) -> str:
    return f"import/parts/{feed}/{path.relative_to(house.settings.workspace)}"


def _look(path: Path) -> tuple[int, int]:
    """Size of all parts of the file, and when one was last written to."""
    from geo_monitor.reading.originals import parts_of

    found = [p.stat() for p in parts_of(path).values()]
    return sum(f.st_size for f in found), max(f.st_mtime_ns for f in found)


def _is_quiet(house: House, path: Path, look: tuple[int, int]) -> bool:
    """By the clock of the machine, which also stamps its files. A file stamped in the future (another machine's clock)
    is quiet once it has looked the same for as long."""
    now = time.time()
    age = now - look[1] / 1e9
    if age >= QUIET_S:
        return True
    if age >= 0:
        return False
    key, seen = f"import/look/{path.relative_to(house.settings.workspace)}", f"{look[0]} {look[1]}"
    with house.store.reading() as records:
        before, _, at = (records.fact(key) or "").rpartition(" ")
    if before == seen:
        return now - float(at) >= QUIET_S
    with house.store.writing() as records:
        records.put_fact(key, f"{seen} {now}")
    return False


def _tried(digest: str, mapping: FeedMapping) -> str:
    return hashlib.sha256(f"{digest}{mapping!r}".encode()).hexdigest()


def _fact(house: House, feed: str, path: Path) -> str:
    return f"import/failed/{feed}/{path.relative_to(house.settings.workspace)}"


def _known_flaws(house: House, feed: str, path: Path, digest: str, mapping: FeedMapping) -> list[Flaw]:
    """Why this very file could not be read under this very mapping; [] if that was not tried."""
    with house.store.reading() as records:
        said = json.loads(records.fact(_fact(house, feed, path)) or "{}")
    return [Flaw(**f) for f in said["flaws"]] if said.get("tried") == _tried(digest, mapping) else []


def _remember(house: House, feed: str, path: Path, digest: str, mapping: FeedMapping, flaws: tuple[Flaw, ...]) -> None:
    said = {"tried": _tried(digest, mapping), "flaws": [asdict(f) for f in flaws[:100]]}
    with house.store.writing() as records:
        records.put_fact(_fact(house, feed, path), json.dumps(said, ensure_ascii=False))
