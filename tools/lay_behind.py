"""Lets one virtual environment see the libraries of another, behind its own.

`lay_behind.py LIBRARIES FRONT` writes one path line into FRONT. Path lines of LIBRARIES itself are not followed
from there, so an editable installation in LIBRARIES stays out of sight.
"""

from __future__ import annotations

import sys
from pathlib import Path


def site_packages(environment: Path) -> Path:
    return next((environment / "lib").glob("python3.*/site-packages")).resolve()


def main() -> int:
    libraries, front = (Path(argument) for argument in sys.argv[1:3])
    (site_packages(front) / "libraries.pth").write_text(f"{site_packages(libraries)}\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
