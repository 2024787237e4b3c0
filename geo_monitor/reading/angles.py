"""Longitude and latitude as people write them: decimal degrees, degrees-minutes-seconds with the signs of any
keyboard, Chinese words, and both in one cell.

What can be read in two ways is not read: ``29.39.12`` is nobody's number, and a letter behind bare digits (``91.1E``)
may be the rest of ``91.1E+0``.
"""

from __future__ import annotations

import re
from typing import NamedTuple


class Angle(NamedTuple):
    """``degrees`` with its sign; ``axis`` is "lon" or "lat" where the words say which it is (东经, N), else ""."""

    degrees: float
    axis: str = ""


#: Every sign to the one that is meant. Full-width digits, letters and stops come to the usual ones with them.
_SIGNS = str.maketrans(
    {
        **{chr(c): chr(c - 0xFEE0) for c in range(0xFF01, 0xFF5F)},
        "\u3000": " ",
        "\u00a0": " ",
        "。": ".",
        "−": "-",
        "–": "-",
        **dict.fromkeys("度º˚", "°"),
        **dict.fromkeys("分′’‘´`ʹ＇", "'"),
        **dict.fromkeys("秒″”“〃ʺ＂", '"'),
        "、": ",",
        "，": ",",
        "；": ";",
    }
)
_AXES = {"东经": ("lon", 1), "西经": ("lon", -1), "北纬": ("lat", 1), "南纬": ("lat", -1)}
_AXES |= {"经°": ("lon", 1), "纬°": ("lat", 1)}  # 经度 and 纬度, after 度 has become its sign
_AXES |= {"E": ("lon", 1), "W": ("lon", -1), "N": ("lat", 1), "S": ("lat", -1)}

_SIDE = "东经|西经|北纬|南纬|经°|纬°|[EWNS]"
_NUMBER = r"[0-9]+(?:\.[0-9]*)?|\.[0-9]+"
#: Degrees; behind a degree sign minutes, and behind those seconds. Two apostrophes are a sign of seconds too.
_ANGLE = re.compile(
    rf"(?P<before>{_SIDE})?\s*[:=]?\s*(?P<sign>[+-])?\s*(?P<d>{_NUMBER})\s*"
    rf"(?P<mark>°\s*(?:(?P<m>{_NUMBER})\s*'(?!')\s*(?:(?P<s>{_NUMBER})\s*(?:\"|''))?)?)?"
    r"(?(before)|(?:\s*(?P<after>[EWNS]))?)",
    re.IGNORECASE,
)
_BETWEEN = re.compile(r"\s*[,;/|]\s*|\s+")


#: No two coordinates take more characters, and a pattern is not tried on a book.
_LONGEST = 120


def read_angle(text: str) -> Angle | None:
    """One coordinate, or None if it is none. Minutes and seconds are below 60, only the last part has decimals."""
    if len(text) > _LONGEST:
        return None
    m = _ANGLE.fullmatch(text.translate(_SIGNS).strip())
    return None if m is None else _angle(m)


def read_two(text: str) -> tuple[Angle, Angle] | None:
    """Two coordinates of one cell in the order in which they stand (``91.1,29.6``, ``(29°39'N 91°7'E)``,
    ``东经91.1° 北纬29.6°``), or None."""
    if len(text) > _LONGEST:
        return None
    said = text.translate(_SIGNS).strip()
    if said[:1] in ("(", "[") and said[-1:] in (")", "]"):
        said = said[1:-1].strip()
    first = _ANGLE.match(said)
    if first is None:
        return None
    between = _BETWEEN.match(said, first.end())
    # Without anything between them only words or signs tell where the first ends: 东经91.1°北纬29.6°.
    touching = between is None and first["mark"] is not None
    space_eaten = said[first.end() - 1 : first.end()].isspace()
    if between is None and not touching and not space_eaten:
        return None
    second = _ANGLE.fullmatch(said, between.end() if between else first.end())
    if second is None:
        return None
    a, b = _angle(first), _angle(second)
    return None if a is None or b is None else (a, b)


def in_order(a: Angle, b: Angle, first: str) -> tuple[float, float] | None:
    """(longitude, latitude) of two angles of which the one on axis ``first`` ("lon" or "lat") stands first; what the
    words of the cell say (N, 东经) counts more. None if they say that both are the same."""
    axis = a.axis or {"lon": "lat", "lat": "lon"}.get(b.axis, "") or first
    if a.axis and a.axis == b.axis:
        return None
    return (a.degrees, b.degrees) if axis == "lon" else (b.degrees, a.degrees)


def _angle(m: re.Match[str]) -> Angle | None:
    before, after = m["before"], m["after"]
    # A lone letter needs a degree sign: without one it may be part of a number that was cut off.
    letter = after or (before if before and before.isascii() else None)
    if letter and m["mark"] is None:
        return None
    parts = [m["d"], m["m"], m["s"]]
    given = [p for p in parts if p is not None]
    if any("." in p for p in given[:-1]):
        return None
    numbers = [float(p) for p in given]
    if any(n >= 60.0 for n in numbers[1:]):
        return None
    degrees = sum(n / 60.0**k for k, n in enumerate(numbers))
    side = before or after or ""
    axis, sign = _AXES.get(side.upper(), ("", 1))
    if m["sign"] == "-":
        if side not in ("", "经°", "纬°"):
            return None  # a minus and a side of the earth: which of them counts?
        sign = -1
    return Angle(sign * degrees, axis)
