"""What came in is kept byte for byte under ``files/originals/FEED/DAY/HASH``, before anybody reads it."""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import IO

ORIGINALS = "files/originals"


def keep_bytes(workspace: Path, feed: str, day: date, content: bytes, suffix: str) -> Path:
    """The file that holds exactly these bytes, named by their SHA-256."""
    digest = hashlib.sha256(content).hexdigest()
    return _keep(workspace, feed, day, f"{digest}{suffix}", lambda out: out.write(content))


def keep_file(workspace: Path, feed: str, day: date, path: Path, digest: str) -> Path:
    """A copy of a file whose SHA-256 is ``digest``; one that is kept already, on whatever day, is not kept twice."""
    name = f"{digest}{path.suffix.lower()}"
    known = next((workspace / ORIGINALS / feed).glob(f"*/{name}"), None)
    if known is not None:
        return known

    def copy(out: IO[bytes]) -> None:
        with path.open("rb") as stream:
            shutil.copyfileobj(stream, out)

    return _keep(workspace, feed, day, name, copy)


def _keep(workspace: Path, feed: str, day: date, name: str, write: Callable[[IO[bytes]], object]) -> Path:
    """Whole or not at all, also when the machine loses its power; only the owner may read what names people."""
    folder = workspace / ORIGINALS / feed / day.isoformat()
    target = folder / name
    if target.is_file():
        return target
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    handle, part = tempfile.mkstemp(dir=folder, prefix=".", suffix=".part")  # made with mode 600
    try:
        with os.fdopen(handle, "wb") as out:
            write(out)
            out.flush()
            os.fsync(out.fileno())
        Path(part).replace(target)
    except BaseException:
        Path(part).unlink(missing_ok=True)
        raise
    return target
