"""``models.lock``: id, version and SHA-256 of every model file of a folder.

A lead keeps the version of the model that raised it, so that a year later the same version must mean the same words: a
file that changed needs a new version before it can be locked again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from geo_monitor.errors import Flaw, ModelError
from geo_monitor.supervision.load import LIBRARY, line_of
from geo_monitor.supervision.model import SupervisionModel

LOCK_NAME = "models.lock"
_HEAD = "# id version sha256 of the file; written by: geo-monitor models lock\n"


@dataclass(frozen=True, slots=True)
class Locked:
    version: int
    hash: str


def lock_file_of(model: SupervisionModel) -> Path:
    """Where the model is locked: the library has one lock; elsewhere the nearest folder above that has one already, or
    the model's own folder."""
    path = Path(model.file)
    if path.is_relative_to(LIBRARY):
        return LIBRARY / LOCK_NAME
    return next((p / LOCK_NAME for p in path.parents if (p / LOCK_NAME).is_file()), path.parent / LOCK_NAME)


def read_lock(path: Path) -> dict[str, Locked]:
    """Id → what is locked; empty if there is no file. Raises ModelError for lines that are not of its form."""
    if not path.is_file():
        return {}
    found: dict[str, Locked] = {}
    flaws = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        if not line or line.startswith("#"):
            continue
        parts = line.split(" ")
        if len(parts) == 3 and parts[1].isdigit() and len(parts[2]) == 64 and parts[0] not in found:
            found[parts[0]] = Locked(int(parts[1]), parts[2])
        else:
            flaws.append(Flaw("not_a_lock", "id, version and SHA-256, each id once", str(path), number, value=line))
    if flaws:
        raise ModelError(flaws)
    return found


def check_lock(models: Iterable[SupervisionModel], folders: Iterable[Path] = ()) -> list[Flaw]:
    """What does not agree with the locks: a file that changed under its version, a model that was never locked, a
    locked model that is gone, a version that went back. Locks in ``folders`` count even where no model is left."""
    flaws: list[Flaw] = []
    left: dict[Path, dict[str, SupervisionModel]] = {
        path: {} for folder in folders for path in sorted(folder.rglob(LOCK_NAME))
    }
    for path, mine in {**left, **_by_lock(models)}.items():
        locked = read_lock(path)
        flaws += _changed(mine, locked)
        flaws += [
            _flaw(m, "not_locked", f"{m.id} in {path}; run: geo-monitor models lock")
            for m in mine.values()
            if m.id not in locked or m.version > locked[m.id].version
        ]
        flaws += [
            Flaw(
                "model_gone",
                "a retired model stays, with `status: retired`: old leads speak of it",
                str(path),
                value=model_id,
            )
            for model_id in locked
            if model_id not in mine
        ]
    return flaws


def write_lock(models: Iterable[SupervisionModel]) -> list[Path]:
    """Locks the models as they are now and returns the files written: those in which something is new. The line of a
    model whose file is gone stays, so that its id never comes back with other words. Raises ModelError, and writes
    nothing, if a file changed under its version."""
    books = {path: (mine, read_lock(path)) for path, mine in _by_lock(models).items()}
    flaws = [flaw for mine, locked in books.values() for flaw in _changed(mine, locked)]
    if flaws:
        raise ModelError(flaws)
    written = []
    for path, (mine, locked) in sorted(books.items()):
        now = {**locked, **{m.id: Locked(m.version, m.hash) for m in mine.values()}}
        text = _HEAD + "".join(f"{name} {one.version} {one.hash}\n" for name, one in sorted(now.items()))
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")
            written.append(path)
    return written


def _by_lock(models: Iterable[SupervisionModel]) -> dict[Path, dict[str, SupervisionModel]]:
    found: dict[Path, dict[str, SupervisionModel]] = {}
    for model in models:
        found.setdefault(lock_file_of(model), {})[model.id] = model
    return found


def _changed(mine: Mapping[str, SupervisionModel], locked: Mapping[str, Locked]) -> list[Flaw]:
    flaws = []
    for model in mine.values():
        held = locked.get(model.id)
        if held and (model.version < held.version or (model.version == held.version and model.hash != held.hash)):
            expected = f"version {held.version + 1}: the file changed since version {held.version} was locked"
            flaws.append(_flaw(model, "same_version", expected))
    return flaws


def _flaw(model: SupervisionModel, reason: str, expected: str) -> Flaw:
    return Flaw(reason, expected, model.file, line_of(model.file, "version"), "version", str(model.version))
