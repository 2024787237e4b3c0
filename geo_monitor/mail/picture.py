"""The map of a letter: districts, rivers, suspected leads and the densest squares, as one small PNG.

The same report gives the same bytes: no clock, no random layout, no version of a library in the file. Words are
only drawn in a font that has every sign of them; without such a font the map does without names rather than with boxes.
"""

from __future__ import annotations

import io
import math
from collections.abc import Iterable, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

from geo_monitor.domain.lead import URGENCIES, URGENCY_WORDS
from geo_monitor.domain.place import Box
from geo_monitor.domain.words import Words
from geo_monitor.engine.columns import LayerColumns
from geo_monitor.services.report import WeeklyReport

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.font_manager import FontProperties

#: Looked for in this order; the Simplified Chinese face first, because the same code point is drawn otherwise in Japan.
FONTS = ("Noto Sans CJK SC", "Source Han Sans SC", "Noto Sans SC", "WenQuanYi Micro Hei", "Noto Sans CJK JP",
         "DejaVu Sans")
#: Twice the 600 px of the letter; on a phone it shrinks to 350 px, so signs are drawn large.
SIZE_PX = (1200, 960)
DPI = 150
SYNTHETIC = Words("合成演示数据", "synthetic demonstration data")
#: Shape and colour and size, so that urgency does not hang on colour alone.
MARKS = {"high": ("D", "#b3261e", 200), "medium": ("^", "#b26a00", 210), "low": ("o", "#5a6470", 130)}
#: Points at 150 dots an inch: on a phone the picture is shown at 0.29 of its size, where 17 points are still read.
TEXT_PT = 17
LEAST_WIDTH_M = 8_000.0


def draw_map(report: WeeklyReport, box: Box, language: str, *, districts: LayerColumns | None = None,
             rivers: LayerColumns | None = None) -> bytes:
    """PNG of ``SIZE_PX``. The view holds all leads and squares of the report (none: the districts, else the box of the
    city). Layers are those of WGS 84 degrees, drawn with the proportions that the ground has at the middle."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(SIZE_PX[0] / DPI, SIZE_PX[1] / DPI), dpi=DPI, facecolor="#ffffff")
    FigureCanvasAgg(figure)
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set_axis_off()
    view = _view(report, box, districts)
    axes.set_xlim(view.west, view.east)
    axes.set_ylim(view.south, view.north)
    axes.set_aspect("auto")  # the view already has the proportions of the ground
    names = _Names(axes, view)

    if districts is not None:
        _areas(axes, districts)
    if rivers is not None:
        _lines(axes, rivers, view)
    for cell in report.cells:
        xs, ys = zip(*cell.corners, strict=True)
        axes.fill(xs, ys, facecolor="#7a3ea8", alpha=0.32, zorder=4)
        axes.plot(xs, ys, color="#5b2486", linewidth=1.6, zorder=5)
    for urgency in reversed(URGENCIES):
        points = [(x, y) for x, y, u in report.markers if u == urgency]
        if points:
            shape, colour, size = MARKS[urgency]
            axes.scatter(*zip(*points, strict=True), marker=shape, s=size, c=colour, edgecolors="#ffffff",
                         linewidths=1.3, zorder=6 + URGENCIES[::-1].index(urgency))

    _legend(names, report, language)
    _scale(names, view)
    banner = SYNTHETIC if report.synthetic else None
    if banner:
        names.plate(0.5, 0.975, [f"{SYNTHETIC.zh} / {SYNTHETIC.en}", SYNTHETIC.en], TEXT_PT, "#ffffff",
                    "#8a1c7c")
    names.keep_clear([(x, y) for x, y, _ in report.markers])
    for cell in report.cells:
        names.near(cell.lon, cell.lat, str(cell.rank), TEXT_PT - 2, "#ffffff", "#5b2486", zorder=12)
    names.keep_clear([(cell.lon, cell.lat) for cell in report.cells])
    if districts is not None:
        _district_names(names, districts, view, language)

    raw = io.BytesIO()
    figure.savefig(raw, format="png", dpi=DPI, metadata={"Software": None})
    return _small(raw.getvalue())


def _view(report: WeeklyReport, box: Box, districts: LayerColumns | None) -> Box:
    """What the map shows: padded, at least ``LEAST_WIDTH_M`` wide, with the proportions of the picture."""
    xs = [m[0] for m in report.markers] + [x for c in report.cells for x, _ in c.corners]
    ys = [m[1] for m in report.markers] + [y for c in report.cells for _, y in c.corners]
    if not xs:
        shapes = [] if districts is None else [g for g in districts.geometry if g is not None]
        bounds = np.array([g.bounds for g in shapes]) if shapes else np.array([box])
        xs, ys = [*bounds[:, 0], *bounds[:, 2]], [*bounds[:, 1], *bounds[:, 3]]
    west, east, south, north = min(xs), max(xs), min(ys), max(ys)
    lon, lat = (west + east) / 2, (south + north) / 2
    per_lat = 111_200.0
    per_lon = per_lat * max(0.05, math.cos(math.radians(lat)))
    # A quarter more than needed: the banner, the legend and the scale cover the upper and lower edge.
    width = max((east - west) * per_lon * 1.2, LEAST_WIDTH_M)
    height = max((north - south) * per_lat * 1.5, LEAST_WIDTH_M * SIZE_PX[1] / SIZE_PX[0])
    ratio = SIZE_PX[0] / SIZE_PX[1]
    width, height = max(width, height * ratio), max(height, width / ratio)
    lat -= 0.02 * height / per_lat
    return Box(lon - width / per_lon / 2, lat - height / per_lat / 2, lon + width / per_lon / 2,
               lat + height / per_lat / 2)


def _areas(axes: Axes, districts: LayerColumns) -> None:
    for shape in districts.geometry:
        for ring in _rings(shape):
            axes.fill(*ring, facecolor="#f3f1ea", edgecolor="#8d8a80", linewidth=1.4, zorder=1)


def _rings(shape: Any) -> Iterable[tuple[Any, Any]]:
    for part in getattr(shape, "geoms", [shape]) if shape is not None and not shape.is_empty else []:
        if part.geom_type == "Polygon":
            yield part.exterior.xy


def _lines(axes: Axes, rivers: LayerColumns, view: Box) -> None:
    from matplotlib.collections import LineCollection
    from shapely import box as square

    window = square(*view)
    parts = []
    for shape in rivers.geometry:
        if shape is None or not shape.intersects(window):
            continue
        cut = shape.intersection(window)
        parts += [np.asarray(p.coords) for p in getattr(cut, "geoms", [cut]) if p.geom_type == "LineString"]
    axes.add_collection(LineCollection(parts, colors="#4a90c2", linewidths=2.0, zorder=3), autolim=False)


def _legend(names: _Names, report: WeeklyReport, language: str) -> None:
    used = [u for u in URGENCIES if any(m[2] == u for m in report.markers)]
    rows: list[tuple[str, list[str]]] = [(u, [f"{say('涉嫌线索', 'Suspected lead', language)} · "
                                              f"{URGENCY_WORDS[u].to(language)}", f"Suspected lead · {u}"])
                                         for u in used]
    if report.cells:
        rows.append(("cell", [say("1–10 事件最密的 1 km 方格", "1–10 densest 1 km squares", language),
                              "1–10 densest 1 km squares"]))
    names.legend(rows)


def say(zh: str, en: str, language: str) -> str:
    return Words(zh, en).to(language)


def _scale(names: _Names, view: Box) -> None:
    """A bar of a round length, about a quarter of the width, lower right."""
    per_lon = 111_200.0 * max(0.05, math.cos(math.radians(view.centre.lat)))
    wide = (view.east - view.west) * per_lon
    step = 10.0 ** math.floor(math.log10(wide / 4))
    length = max(k * step for k in (1, 2, 5) if k * step <= wide / 4)
    names.scale(length / wide, f"{length / 1000:g} km")


def _district_names(names: _Names, districts: LayerColumns, view: Box, language: str) -> None:
    from shapely import box as square

    window = square(*view)
    seen = []
    for title, shape in zip(districts.titles, districts.geometry, strict=True):
        cut = None if shape is None else shape.intersection(window)
        if cut is not None and not cut.is_empty and cut.area > 0.004 * window.area:
            seen.append((-cut.area, Words.of(title), cut.representative_point()))
    for _, title, point in sorted(seen, key=lambda s: (s[0], s[1].zh)):
        names.quiet(point.x, point.y, [title.to(language), title.en], TEXT_PT)


class _Names:
    """Puts words on the map so that none covers another: each takes the first free place near its own, and
    a district name that finds none is left out. Boxes are fractions of the picture, origin lower left."""

    def __init__(self, axes: Axes, view: Box) -> None:
        self.axes, self.view = axes, view
        self.taken: list[Box] = []

    def keep_clear(self, places: Sequence[tuple[float, float]]) -> None:
        """No word may cover a sign that stands here; where hundreds stand, words win, or none would find a place."""
        if len(places) <= 80:
            for lon, lat in places:
                x, y = self._at(lon, lat)
                self.taken.append(Box(x - 0.014, y - 0.018, x + 0.014, y + 0.018))

    def plate(self, x: float, y: float, said: Sequence[str], size: float, ink: str, ground: str) -> None:
        words, font = drawable(said, size)
        if words:
            self._write(x, y, words, font, ink, ground, ha="center", va="top", zorder=20)
            w, h = self._extent(words, size)
            self.taken.append(Box(x - w / 2, y - h, x + w / 2, y))

    def near(self, lon: float, lat: float, words: str, size: float, ink: str, ground: str, zorder: int) -> None:
        """A number beside its square; when all eight sides are taken, on the last of them all the same."""
        x, y = self._at(lon, lat)
        w, h = self._extent(words, size)
        dx, dy = w / 2 + 0.016, h / 2 + 0.016
        sides = [(dx, dy), (-dx, dy), (dx, -dy), (-dx, -dy), (dx, 0), (-dx, 0), (0, dy), (0, -dy)]
        sides += [(2.2 * a, 2.2 * b) for a, b in sides]
        place = Box(0, 0, 0, 0)
        for a, b in sides:
            place = Box(x + a - w / 2, y + b - h / 2, x + a + w / 2, y + b + h / 2)
            if self._free(place):
                break
        self.taken.append(place)
        _, font = drawable([words], size)
        cx, cy = (place.west + place.east) / 2, (place.south + place.north) / 2
        self.axes.plot([x, cx], [y, cy], color=ground, linewidth=1.0, transform=self.axes.transAxes, zorder=zorder - 1)
        self._write(cx, cy, words, font, ink, ground, ha="center", va="center", zorder=zorder)

    def quiet(self, lon: float, lat: float, said: Sequence[str], size: float) -> None:
        from matplotlib.patheffects import withStroke

        words, font = drawable(said, size)
        x, y = self._at(lon, lat)
        w, h = self._extent(words, size)
        for a, b in [(0, 0), (0, 0.06), (0, -0.06), (0.1, 0), (-0.1, 0), (0, 0.12), (0, -0.12)]:
            place = Box(x + a - w / 2, y + b - h / 2, x + a + w / 2, y + b + h / 2)
            if words and self._free(place):
                self.taken.append(place)
                self.axes.text(x + a, y + b, words, transform=self.axes.transAxes, fontproperties=font,
                               color="#55524a", ha="center", va="center", zorder=10,
                               path_effects=[withStroke(linewidth=4, foreground="#ffffff")])
                return

    def legend(self, rows: Sequence[tuple[str, list[str]]]) -> None:
        from matplotlib.patches import Rectangle

        size, step, x = TEXT_PT, 0.058, 0.02
        kept = [(kind, *drawable(said, size)) for kind, said in rows]
        kept = [row for row in kept if row[1]]
        if not kept:
            return
        wide = max(self._extent(words, size)[0] for _, words, _ in kept) + 0.045
        top = 0.02 + step * len(kept) + 0.012
        self.taken.append(Box(x - 0.01, 0.01, x + wide, top))
        self.axes.add_patch(Rectangle((x - 0.01, 0.012), wide + 0.01, top - 0.012, transform=self.axes.transAxes,
                                      facecolor="#ffffff", edgecolor="#c9c6bd", linewidth=1.0, zorder=14, alpha=0.95))
        for k, (kind, words, font) in enumerate(reversed(kept)):
            y = 0.02 + step * (k + 0.5)
            if kind == "cell":
                self.axes.add_patch(Rectangle((x + 0.001, y - 0.015), 0.025, 0.031, transform=self.axes.transAxes,
                                              facecolor="#c9b3dc", edgecolor="#5b2486", linewidth=1.6, zorder=15))
            else:
                shape, colour, area = MARKS[kind]
                self.axes.scatter([x + 0.0135], [y], marker=shape, s=area, c=colour, edgecolors="#ffffff",
                                  transform=self.axes.transAxes, zorder=15, clip_on=False)
            self.axes.text(x + 0.042, y, words, transform=self.axes.transAxes, fontproperties=font, color="#22211e",
                           va="center_baseline", zorder=15)

    def scale(self, share: float, words: str) -> None:
        right, y = 0.97, 0.03
        said, font = drawable([words], TEXT_PT)
        w, h = self._extent(said, TEXT_PT)
        self.axes.plot([right - share, right], [y, y], color="#22211e", linewidth=3, solid_capstyle="butt",
                       transform=self.axes.transAxes, zorder=15)
        self.axes.text(right - share / 2, y + 0.012, said, transform=self.axes.transAxes, fontproperties=font,
                       color="#22211e", ha="center", va="bottom", zorder=15)
        self.taken.append(Box(right - max(share, w), y - 0.01, right, y + 0.02 + h))

    def _write(self, x: float, y: float, words: str, font: FontProperties, ink: str, ground: str, *, ha: str, va: str,
               zorder: int) -> None:
        self.axes.text(x, y, words, transform=self.axes.transAxes, fontproperties=font, color=ink, ha=ha, va=va,
                       zorder=zorder, bbox={"boxstyle": "round,pad=0.25", "facecolor": ground, "edgecolor": "#ffffff"})

    def _at(self, lon: float, lat: float) -> tuple[float, float]:
        v = self.view
        return (lon - v.west) / (v.east - v.west), (lat - v.south) / (v.north - v.south)

    @staticmethod
    def _extent(words: str, size: float) -> tuple[float, float]:
        """Width and height of a line with its plate; a Chinese sign is as wide as it is high."""
        em = size * DPI / 72
        wide = sum(1.0 if ord(c) > 0x2E7F else 0.62 for c in words) * em + 0.6 * em
        return wide / SIZE_PX[0], 1.75 * em / SIZE_PX[1]

    def _free(self, box: Box) -> bool:
        inside = box.west > 0.005 and box.east < 0.995 and box.south > 0.005 and box.north < 0.995
        return inside and not any(box.west < t.east and t.west < box.east and box.south < t.north and
                                  t.south < box.north for t in self.taken)


def drawable(said: Sequence[str], size: float) -> tuple[str, FontProperties]:
    """The first of the wordings that some font of this machine has all signs of, and that font; "" if none has."""
    from matplotlib.font_manager import FontProperties

    for words in said:
        for family, signs in _fonts():
            if words and all(ord(c) in signs for c in words):
                return words, FontProperties(family=family, size=size)
    return "", FontProperties(size=size)


@cache
def _fonts() -> tuple[tuple[str, frozenset[int]], ...]:
    """Family and code points of those of ``FONTS`` that this machine has."""
    from matplotlib.font_manager import fontManager, get_font

    files = {entry.name: entry.fname for entry in reversed(fontManager.ttflist)}
    return tuple((family, frozenset(get_font(files[family]).get_charmap())) for family in FONTS if family in files)


def _small(png: bytes) -> bytes:
    """The same picture with 64 colours: flat areas need no more, and a letter should weigh little."""
    from PIL import Image

    small = io.BytesIO()
    with Image.open(io.BytesIO(png)) as picture:
        picture.convert("RGB").quantize(64, dither=Image.Dither.NONE).save(small, "PNG", optimize=True)
    return small.getvalue()
