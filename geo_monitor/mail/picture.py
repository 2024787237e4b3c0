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
FONTS = (
    "Noto Sans CJK SC",
    "Source Han Sans SC",
    "Noto Sans SC",
    "WenQuanYi Micro Hei",
    "Noto Sans CJK JP",
    "DejaVu Sans",
)
#: Twice the 600 px of the letter; on a phone it shrinks to 350 px, so signs are drawn large.
SIZE_PX = (1200, 960)
DPI = 150
INK, CELL = "#22211e", "#5b2486"
SYNTHETIC = Words("合成演示数据", "synthetic demonstration data")
#: Shape and colour and size, so that urgency does not hang on colour alone.
MARKS = {"high": ("D", "#b3261e", 200), "medium": ("^", "#b26a00", 210), "low": ("o", "#5a6470", 130)}
#: Points at 150 dots an inch: on a phone the picture is shown at 0.29 of its size, where 17 points are still read.
TEXT_PT = 17
LEAST_WIDTH_M = 8_000.0


def draw_map(
    report: WeeklyReport,
    box: Box,
    language: str,
    *,
    districts: LayerColumns | None = None,
    rivers: LayerColumns | None = None,
) -> bytes:
    """PNG of ``SIZE_PX``. The view holds all leads and squares of the report (none: the districts, else the box of the
    city). Layers are those of WGS 84 degrees, drawn with the proportions that the ground has at the middle."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(SIZE_PX[0] / DPI, SIZE_PX[1] / DPI), dpi=DPI, facecolor="#ffffff")
    FigureCanvasAgg(figure)
    # Banner and legend have strips of their own: laid over the map they would hide what stands in its corners.
    rows = _legend_rows(report, language)
    foot, head = 0.062 * math.ceil(len(rows) / 2) + 0.02 * bool(rows), 0.075 if report.synthetic else 0.0
    axes = figure.add_axes((0, foot, 1, 1 - foot - head))
    axes.set_axis_off()
    size = (SIZE_PX[0], SIZE_PX[1] * (1 - foot - head))
    view = _view(report, box, districts, size[0] / size[1])
    axes.set_xlim(view.west, view.east)
    axes.set_ylim(view.south, view.north)
    axes.set_aspect("auto")  # the view already has the proportions of the ground
    names = _Names(axes, view, size)

    if districts is not None:
        _areas(axes, districts)
    if rivers is not None:
        _lines(axes, rivers, view)
    for cell in report.cells:
        xs, ys = zip(*cell.corners, strict=True)
        axes.fill(xs, ys, facecolor="#7a3ea8", alpha=0.32, zorder=4)
        axes.plot(xs, ys, color=CELL, linewidth=1.6, zorder=5)
    for urgency in reversed(URGENCIES):
        points = [(x, y) for x, y, u in report.markers if u == urgency]
        if points:
            shape, colour, area = MARKS[urgency]
            xs, ys = zip(*points, strict=True)
            axes.scatter(
                xs,
                ys,
                marker=shape,
                s=area * (1.0 if len(report.markers) <= 40 else 0.45),
                c=colour,
                edgecolors="#ffffff",
                linewidths=1.3,
                zorder=6 + URGENCIES[::-1].index(urgency),
            )

    if rows:
        _legend(figure.add_axes((0, 0, 1, foot)), rows)
    if report.synthetic:
        _banner(figure.add_axes((0, 1 - head, 1, head)))
    names.scale(*_scale(view))
    names.keep_clear([(x, y) for x, y, _ in report.markers])
    names.keep_clear([(x, y) for cell in report.cells for x, y in cell.corners])
    for cell in report.cells:
        wide = (cell.corners[1][0] - cell.corners[0][0]) / (view.east - view.west) * size[0]
        if wide >= 42:
            names.inside(cell.lon, cell.lat, str(cell.rank), wide)
        else:
            names.near(cell.lon, cell.lat, str(cell.rank))
    if districts is not None:
        _district_names(names, districts, view, language)

    raw = io.BytesIO()
    figure.savefig(raw, format="png", dpi=DPI, metadata={"Software": None})
    return _small(raw.getvalue())


def _view(report: WeeklyReport, box: Box, districts: LayerColumns | None, ratio: float) -> Box:
    """What the map shows: padded, at least ``LEAST_WIDTH_M`` wide, ``ratio`` times as wide as high on the ground."""
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
    width = max((east - west) * per_lon * 1.15, LEAST_WIDTH_M)
    height = max((north - south) * per_lat * 1.2, LEAST_WIDTH_M / ratio)
    width, height = max(width, height * ratio), max(height, width / ratio)
    return Box(
        lon - width / per_lon / 2, lat - height / per_lat / 2, lon + width / per_lon / 2, lat + height / per_lat / 2
    )


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


def _legend_rows(report: WeeklyReport, language: str) -> list[tuple[str, str, FontProperties]]:
    """What the map has of signs, with the words that can be drawn beside them."""
    said = [
        (
            u,
            [
                f"{Words('涉嫌线索', 'Suspected lead').to(language)} · {URGENCY_WORDS[u].to(language)}",
                f"Suspected lead · {URGENCY_WORDS[u].en}",
            ],
        )
        for u in URGENCIES
        if any(m[2] == u for m in report.markers)
    ]
    if report.cells:
        densest = Words(f"1–{len(report.cells)} 事件最密的 1 km 方格", f"1–{len(report.cells)} Densest 1 km squares")
        said.append(("cell", [densest.to(language), densest.en]))
    rows = [(kind, *drawable(words, TEXT_PT)) for kind, words in said]
    return [row for row in rows if row[1]]


def _legend(strip: Axes, rows: Sequence[tuple[str, str, FontProperties]]) -> None:
    """Two columns, filled downwards."""
    from matplotlib.patches import Rectangle

    strip.set_axis_off()
    strip.set_xlim(0, 1)
    strip.set_ylim(0, 1)
    deep = math.ceil(len(rows) / 2)
    for k, (kind, words, font) in enumerate(rows):
        x, y = 0.03 + 0.5 * (k // deep), 1 - (k % deep + 0.6) / (deep + 0.2)
        if kind == "cell":
            strip.add_patch(
                Rectangle(
                    (x - 0.0125, y - 0.12 / deep * 2),
                    0.025,
                    0.24 / deep * 2,
                    facecolor="#c9b3dc",
                    edgecolor=CELL,
                    linewidth=1.6,
                )
            )
        else:
            shape, colour, area = MARKS[kind]
            strip.scatter([x], [y], marker=shape, s=area, c=colour, edgecolors="#ffffff", clip_on=False)
        strip.text(x + 0.03, y, words, fontproperties=font, color=INK, va="center_baseline")


def _banner(strip: Axes) -> None:
    words, font = drawable([f"{SYNTHETIC.zh} / {SYNTHETIC.en}", SYNTHETIC.en], TEXT_PT)
    strip.set_axis_off()
    strip.axhspan(0, 1, facecolor="#8a1c7c")
    strip.text(
        0.5,
        0.5,
        words,
        transform=strip.transAxes,
        fontproperties=font,
        color="#ffffff",
        ha="center",
        va="center_baseline",
    )


def _scale(view: Box) -> tuple[float, str]:
    """A round length, at most a quarter of the width: its share of the width, and its words."""
    per_lon = 111_200.0 * max(0.05, math.cos(math.radians(view.centre.lat)))
    wide = (view.east - view.west) * per_lon
    step = 10.0 ** math.floor(math.log10(wide / 4))
    length = max(k * step for k in (1, 2, 5) if k * step <= wide / 4)
    return length / wide, f"{length / 1000:g} km"


def _district_names(names: _Names, districts: LayerColumns, view: Box, language: str) -> None:
    from shapely import box as square

    window = square(*view)
    seen = []
    for title, shape in zip(districts.titles, districts.geometry, strict=True):
        cut = None if shape is None else shape.intersection(window)
        if cut is not None and not cut.is_empty and cut.area > 0.004 * window.area:
            seen.append((-cut.area, Words.of(title), cut.representative_point(), shape))
    for _, title, point, shape in sorted(seen, key=lambda s: (s[0], s[1].zh)):
        names.quiet(point.x, point.y, [title.to(language), title.en], shape)


class _Names:
    """Puts words on the map so that none covers another word or a sign: each takes the first free place near its own,
    and a district name that finds none is left out. Boxes are fractions of the map, origin lower left."""

    def __init__(self, axes: Axes, view: Box, size: tuple[float, float]) -> None:
        self.axes, self.view, self.size = axes, view, size
        self.taken: list[Box] = []

    def keep_clear(self, places: Sequence[tuple[float, float]]) -> None:
        """No word may cover a sign that stands here; where hundreds stand, words win, or none would find a place."""
        if len(places) <= 80:
            for lon, lat in places:
                x, y = self._at(lon, lat)
                self.taken.append(Box(x - 0.016, y - 0.02, x + 0.016, y + 0.02))

    def inside(self, lon: float, lat: float, number: str, wide: float) -> None:
        """In the middle of a square that is drawn ``wide`` pixels wide."""
        from matplotlib.patheffects import withStroke

        words, font = drawable([number], min(TEXT_PT, 0.72 * wide / DPI * 72 / max(1.0, 0.62 * len(number))))
        self.axes.text(
            *self._at(lon, lat),
            words,
            transform=self.axes.transAxes,
            fontproperties=font,
            color="#3d1260",
            ha="center",
            va="center_baseline",
            zorder=12,
            path_effects=[withStroke(linewidth=3, foreground="#ffffff")],
        )

    def near(self, lon: float, lat: float, number: str) -> None:
        """On a plate beside its square, with a line to it; when all places near are taken, on the last all the same."""
        words, font = drawable([number], TEXT_PT - 2)
        x, y = self._at(lon, lat)
        w, h = self._extent(number, TEXT_PT - 2)
        dx, dy = w / 2 + 0.016, h / 2 + 0.016
        sides = [(dx, dy), (-dx, dy), (dx, -dy), (-dx, -dy), (dx, 0), (-dx, 0), (0, dy), (0, -dy)]
        sides += [(far * a, far * b) for far in (2.2, 3.5) for a, b in sides]
        place = Box(0, 0, 0, 0)
        for a, b in sides:
            place = Box(x + a - w / 2, y + b - h / 2, x + a + w / 2, y + b + h / 2)
            if self._free(place):
                break
        self.taken.append(place)
        cx, cy = place.centre
        self.axes.plot([x, cx], [y, cy], color=CELL, linewidth=1.2, transform=self.axes.transAxes, zorder=11)
        self.axes.text(
            cx,
            cy,
            words,
            transform=self.axes.transAxes,
            fontproperties=font,
            color="#ffffff",
            ha="center",
            va="center",
            zorder=12,
            bbox={"boxstyle": "round,pad=0.2", "facecolor": CELL, "edgecolor": "#ffffff"},
        )

    def quiet(self, lon: float, lat: float, said: Sequence[str], shape: Any) -> None:
        """A name within its own area, as near as there is room to the place given."""
        from matplotlib.patheffects import withStroke
        from shapely import contains_xy

        words, font = drawable(said, TEXT_PT)
        w, h = self._extent(words, TEXT_PT)
        x, y = self._at(lon, lat)
        v = self.view
        # First with both ends inside, so that no name reaches over into the neighbour's area; else with its middle.
        for reach in (w / 2, 0.0):
            for a, b in _SPIRAL:
                place = Box(x + a - w / 2, y + b - h / 2, x + a + w / 2, y + b + h / 2)
                ends = [v.west + (x + a + e) * (v.east - v.west) for e in (-reach, 0.0, reach)]
                if (
                    words
                    and self._free(place)
                    and contains_xy(shape, ends, [v.south + (y + b) * (v.north - v.south)] * 3).all()
                ):
                    self.taken.append(place)
                    self.axes.text(
                        x + a,
                        y + b,
                        words,
                        transform=self.axes.transAxes,
                        fontproperties=font,
                        color="#55524a",
                        ha="center",
                        va="center",
                        zorder=10,
                        path_effects=[withStroke(linewidth=4, foreground="#ffffff")],
                    )
                    return

    def scale(self, share: float, words: str) -> None:
        from matplotlib.patheffects import withStroke

        right, y = 0.97, 0.035
        said, font = drawable([words], TEXT_PT)
        w, h = self._extent(said, TEXT_PT)
        halo = [withStroke(linewidth=4, foreground="#ffffff")]
        self.axes.plot(
            [right - share, right],
            [y, y],
            color=INK,
            linewidth=3.5,
            solid_capstyle="butt",
            transform=self.axes.transAxes,
            zorder=15,
            path_effects=[*halo],
        )
        self.axes.text(
            right - share / 2,
            y + 0.012,
            said,
            transform=self.axes.transAxes,
            fontproperties=font,
            color=INK,
            ha="center",
            va="bottom",
            zorder=15,
            path_effects=halo,
        )
        self.taken.append(Box(right - max(share, w), y - 0.01, right, y + 0.02 + h))

    def _at(self, lon: float, lat: float) -> tuple[float, float]:
        v = self.view
        return (lon - v.west) / (v.east - v.west), (lat - v.south) / (v.north - v.south)

    def _extent(self, words: str, size: float) -> tuple[float, float]:
        """Width and height of a line with its plate; a Chinese sign is as wide as it is high."""
        em = size * DPI / 72
        wide = sum(1.0 if ord(c) > 0x2E7F else 0.62 for c in words) * em + 0.6 * em
        return wide / self.size[0], 1.6 * em / self.size[1]

    def _free(self, box: Box) -> bool:
        inside = box.west > 0.005 and box.east < 0.995 and box.south > 0.005 and box.north < 0.995
        return inside and not any(
            box.west < t.east and t.west < box.east and box.south < t.north and t.south < box.north for t in self.taken
        )


#: Steps away from a place, the nearest first.
_SPIRAL = sorted(
    ((0.05 * i, 0.05 * j) for i in range(-9, 10) for j in range(-9, 10)),
    key=lambda d: (round(d[0] ** 2 + d[1] ** 2, 6), d),
)


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
