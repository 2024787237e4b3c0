"""The files from which reports came, kept byte for byte in the workspace under the hash that incidents name.

``files/originals/<feed>/<sha256><suffix>``. A shapefile is several files of one name: all of them are kept under
``<sha256 of the .shp>-<hash over all parts>`` so that together they still open, and none can be exchanged unseen. Only
the owner of the workspace may read them (they hold the reporters' own words), and nobody writes to them again.
"""

from __future__ import annotations

import hashlib
import os
import re
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from geo_monitor.errors import FileError, Flaw, StoreError
from geo_monitor.reading.tables import hash_file, open_bytes

ORIGINALS = Path("files", "originals")
#: What may belong to one shapefile.
PARTS = (".shp", ".shx", ".dbf", ".prj", ".cpg", ".qpj", ".sbn", ".sbx", ".qix")
#: Fewer characters of a hash than this are no name.
LEAST_OF_HASH = 8

_NAME = re.compile(r"([0-9a-f]{64})(?:-([0-9a-f]{32}))?(\.[a-z0-9]{1,10})?")
_CHUNK = 2**20


@dataclass(frozen=True, slots=True)
class Kept:
    """``hash`` is the SHA-256 by which incidents name the file, ``path`` where it lies, ``parts`` all files of it."""

    hash: str
    path: Path
    parts: tuple[Path, ...]

    @property
    def feed(self) -> str:
        return self.path.parent.name


def keep_original(workspace: Path, feed: str, path: Path) -> Kept:
    """Copies a file (of a shapefile all its parts) into the workspace, whole or not at all; one that is there already
    is not written again. Raises FileError if it cannot be read, or changes while it is copied; StoreError if what is
    there under its hash is something else."""
    digest = hash_file(path)
    if path.suffix.lower() != ".shp":
        return _keep(workspace, feed, {_suffix(path.suffix): path}, digest, digest)
    return _keep(workspace, feed, parts_of(path), f"{digest}-{hash_parts(path)}", digest)


def parts_of(path: Path) -> dict[str, Path]:
    """Suffix → file, of all files that belong to one shapefile; of any other file itself alone."""
    if path.suffix.lower() != ".shp":
        return {path.suffix.lower(): path}
    return {p.suffix.lower(): p for p in sorted(path.parent.glob(f"{_literal(path.stem)}.*")) if _is_part(p, path)}


def hash_parts(path: Path) -> str:
    """A hash over the parts of a shapefile: incidents name its .shp, where a changed attribute leaves no trace."""
    return _together({suffix: hash_file(p) for suffix, p in parts_of(path).items()})


def keep_bytes(workspace: Path, feed: str, raw: bytes, suffix: str) -> Kept:
    """The same for what never was a file here (a page of an interface, a letter's enclosure)."""
    digest = hashlib.sha256(raw).hexdigest()
    return _keep(workspace, feed, {_suffix(suffix): raw}, digest, digest)


def find_originals(workspace: Path, file_hash: str) -> list[Kept]:
    """All that is kept under a hash, or under the beginning of one (at least ``LEAST_OF_HASH`` characters)."""
    if not re.fullmatch(r"[0-9a-f]{8,64}", file_hash):
        return []
    return [k for k in _all(workspace) if k.hash.startswith(file_hash)]


def original_flaw(kept: Kept) -> str | None:
    """What is wrong with a kept file, or None if its bytes are those that came in."""
    m = _NAME.fullmatch(kept.path.name)
    found = hash_file(kept.path)
    if found != kept.hash:
        return f"{_told(kept)}: its bytes are not those that came in; they give {found[:12]}…"
    if m is not None and m[2] and _together({p.suffix: hash_file(p) for p in kept.parts}) != m[2]:
        return f"{_told(kept)}: one of its parts ({', '.join(p.suffix for p in kept.parts)}) was changed or taken away"
    return None


@dataclass(frozen=True, slots=True)
class OriginalsFound:
    """``kept`` counts the files, ``broken`` tells what is wrong with some, ``missing`` those that were read and lie
    nowhere; a sentence each."""

    kept: int
    broken: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()


def verify_originals(workspace: Path, read: Iterable[tuple[str, str, str]]) -> OriginalsFound:
    """Every kept file against its hash, and every file that was read (feed, name, hash) against what is kept."""
    kept = list(_all(workspace))
    broken = tuple(flaw for k in kept if (flaw := original_flaw(k)) is not None)
    there = {(k.feed, k.hash) for k in kept}
    missing = tuple(
        f"{file} of {feed}: its original ({digest[:12]}…) is not there; reading the same file again keeps it"
        for feed, file, digest in dict.fromkeys(read)
        if (feed, digest) not in there
    )
    return OriginalsFound(len(kept), broken, missing)


# ---- within ---------------------------------------------------------------------------------------------------------


def _all(workspace: Path) -> Iterator[Kept]:
    """What is kept, by feed and name; unfinished copies and other things in the folder are none."""
    stems: dict[tuple[str, str], list[Path]] = {}
    for path in sorted((workspace / ORIGINALS).glob("*/*")):
        if _NAME.fullmatch(path.name) and path.is_file():
            stem = path.name.partition(".")[0]
            # Two kinds of file with the same bytes are two originals; the parts of a shapefile are one.
            stems.setdefault((path.parent.name, stem if "-" in stem else path.name), []).append(path)
    for paths in stems.values():
        shapes = [p for p in paths if p.suffix == ".shp"]
        main = shapes[0] if shapes else paths[0]
        yield Kept(main.name[:64], main, tuple(paths))


def _keep(workspace: Path, feed: str, parts: Mapping[str, Path | bytes], stem: str, digest: str) -> Kept:
    if not re.fullmatch(r"[a-z0-9][a-z0-9_\-]*", feed):
        raise ValueError(f"no name of a feed: {feed!r}")
    folder = workspace / ORIGINALS / feed
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    main = ".shp" if ".shp" in parts else next(iter(parts))
    kept = Kept(digest, folder / f"{stem}{main}", tuple(folder / f"{stem}{suffix}" for suffix in parts))
    # The main part comes last: where it lies, the others lie already.
    for suffix, content in sorted(parts.items(), key=lambda part: part[0] == main):
        target = folder / f"{stem}{suffix}"
        if not target.exists():
            _write(target, content)
    flaw = original_flaw(kept)
    if flaw is not None:
        raise StoreError(flaw)
    return kept


def _write(target: Path, content: Path | bytes) -> None:
    """Through a file beside it that gets its name when all bytes lie on the disk: a crash leaves no half original."""
    wanted = hash_file(content) if isinstance(content, Path) else hashlib.sha256(content).hexdigest()
    with tempfile.NamedTemporaryFile(dir=target.parent, prefix=".incoming-", delete=False) as draft:
        try:
            digest = _copied(content, draft)
            if digest != wanted and isinstance(content, Path):
                raise FileError(Flaw("file_changing", "a file that nobody is writing to", file=content.name))
            draft.flush()
            os.fsync(draft.fileno())
            Path(draft.name).chmod(0o400)
            Path(draft.name).replace(target)
        except BaseException:
            Path(draft.name).unlink(missing_ok=True)
            raise
    folder = os.open(target.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _copied(content: Path | bytes, to: IO[bytes]) -> str:
    digest = hashlib.sha256()
    if isinstance(content, bytes):
        to.write(content)
        return hashlib.sha256(content).hexdigest()
    with open_bytes(content) as stream:
        while chunk := stream.read(_CHUNK):
            digest.update(chunk)
            to.write(chunk)
    return digest.hexdigest()


def _together(hashes: dict[str, str]) -> str:
    said = "\n".join(f"{suffix} {digest}" for suffix, digest in sorted(hashes.items()))
    return hashlib.sha256(said.encode()).hexdigest()[:32]


def _is_part(part: Path, shape: Path) -> bool:
    return part.stem == shape.stem and part.suffix.lower() in PARTS and part.is_file()


def _suffix(suffix: str) -> str:
    said = suffix.lower()
    return said if re.fullmatch(r"\.[a-z0-9]{1,10}", said) else ""


def _literal(stem: str) -> str:
    return re.sub(r"([\[\]*?])", r"[\1]", stem)


def _told(kept: Kept) -> str:
    return f"original {kept.hash[:12]}… of {kept.feed}"
