"""folium builds the map; it is never the page.

branca renders what a macro put out a second time, as a template: a complaint with ``{{…}}`` in it would run on the
server. So folium is given configuration, numbers and addresses only; words travel as JSON and are set by
``textContent`` in the browser; and what a macro puts out is added as literal text (``literal_macros``). The
figure's parts are taken apart by ``compose`` and put into our own page: assets from this host only, the script
from an address of its own.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import folium
from branca.element import CssLink, Element, Figure, JavascriptLink, MacroElement
from folium.elements import JSCSSMixin
from folium.map import Layer as FoliumLayer
from folium.map import LayerControl
from folium.plugins import Fullscreen, LocateControl
from folium.template import Template
from markupsafe import Markup

from geo_monitor.domain.layer import Layer
from geo_monitor.domain.place import Box
from webmap._shared import DISTRICTS

#: folium's name of an asset → our file under ``static/``; None: not needed here and left out.
LOCAL_FILES: Mapping[str, str | None] = {
    "leaflet": "vendor/leaflet/leaflet.js",
    "leaflet_css": "vendor/leaflet/leaflet.css",
    "Control.Fullscreen.js": "vendor/leaflet.fullscreen/Control.FullScreen.js",
    "Control.FullScreen.css": "vendor/leaflet.fullscreen/Control.FullScreen.css",
    "Control_locate_min_js": "vendor/leaflet.locatecontrol/L.Control.Locate.min.js",
    "Control_locate_min_css": "vendor/leaflet.locatecontrol/L.Control.Locate.min.css",
    # PlainMap draws neither with jQuery nor with Bootstrap nor with folium's marker fonts.
    "jquery": None,
    "bootstrap": None,
    "bootstrap_css": None,
    "glyphicons_css": None,
    "awesome_markers": None,
    "awesome_markers_css": None,
    "awesome_markers_font_css": None,
    "awesome_rotate_css": None,
}


class StrayAssetError(RuntimeError):
    """A part of the map asks for a file that we do not keep here, or puts markup into the page's head."""


class _Literal(Element):
    """Text that is already finished: rendering it gives it back."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self._name = "Literal"
        self.text = text

    def render(self, **_: Any) -> str:
        return self.text


def _render_macros(self: MacroElement, **kwargs: Any) -> None:
    figure = self.get_root()
    if not isinstance(figure, Figure):
        raise TypeError("a map element can be rendered inside a figure only")
    for part in ("header", "html", "script"):
        macro = getattr(self._template.module, part, None)
        if macro is not None:
            getattr(figure, part).add_child(_Literal(macro(self, kwargs)), name=self.get_name())
    for child in self._children.values():
        child.render(**kwargs)


def literal_macros() -> None:
    """Makes branca add a macro's output as text instead of as a template. Does nothing the second time."""
    MacroElement.render = _render_macros  # type: ignore[method-assign]


class PlainMap(folium.Map):
    """A map of which folium writes the ``div`` and the ``L.map(...)`` call only; sizes are our style sheet's."""

    _template = Template("""
        {% macro html(this, kwargs) %}<div class="folium-map" id={{ this.get_name()|tojson }}></div>{% endmacro %}
        {% macro script(this, kwargs) %}
var {{ this.get_name() }} = L.map({{ this.get_name()|tojson }}, {center: {{ this.location|tojson }},
  crs: L.CRS.EPSG3857, ...{{ this.options|tojavascript }}});
if ({{ this.get_name() }}.attributionControl) { {{ this.get_name() }}.attributionControl.setPrefix(false); }
{% if this.zoom_control_position %}
L.control.zoom({position: {{ this.zoom_control|tojson }}}).addTo({{ this.get_name() }});
{% endif %}

L.control.scale({imperial: false}).addTo({{ this.get_name() }});
geoMonitor.begin({{ this.get_name() }}, {{ this.settings|tojson }});
        {% endmacro %}""")

    def __init__(self, location: tuple[float, float], settings: Mapping[str, Any], **options: Any) -> None:
        """``location`` is latitude, longitude (Leaflet's order); ``settings`` go to ``geoMonitor.begin`` as JSON."""
        super().__init__(location=list(location), tiles=None, **options)
        self._name = "PlainMap"
        self.settings = dict(settings)


class ScriptLayer(JSCSSMixin, FoliumLayer):
    """A map layer made by one of the factories of our own ``map.js``: ``geoMonitor.<factory>(options)``."""

    _template = Template("""
        {% macro script(this, kwargs) %}
var {{ this.get_name() }} = geoMonitor[{{ this.factory|tojson }}]({{ this.options|tojson }});
        {% endmacro %}""")

    def __init__(
        self, factory: str, options: Mapping[str, Any], *, key: str, control: bool = True, show: bool = True
    ) -> None:
        """``key`` stands for the layer in the control, where the browser puts its title instead: Leaflet writes
        that name into the page as markup, so it is never a word of the data."""
        if not re.fullmatch(r"[a-z0-9-]+", key):
            raise ValueError(f"key: found {key!r}: small letters, digits and hyphens only")
        super().__init__(name=key, overlay=True, control=control, show=show)
        self._name = "ScriptLayer"
        self.factory = factory
        self.options = dict(options)


@dataclass(frozen=True, slots=True)
class MapParts:
    """A figure taken apart: style sheets and scripts as paths under ``static/``, the ``div``, the script."""

    styles: tuple[str, ...]
    scripts: tuple[str, ...]
    html: Markup
    script: str


def compose(drawn: folium.Map) -> MapParts:
    """The parts of a map. The same map gives the same bytes. Raises StrayAssetError on an asset that is not in
    ``LOCAL_FILES`` and on any other markup for the head."""
    literal_macros()
    _number(drawn)
    figure = drawn.get_root()
    if not isinstance(figure, Figure):
        raise TypeError("a map hangs in a figure")
    figure.render()
    styles: list[str] = []
    scripts: list[str] = []
    for name, element in figure.header._children.items():
        if name == "meta_http":  # the page says its encoding itself
            continue
        if not isinstance(element, CssLink | JavascriptLink):
            raise StrayAssetError(f"{name}: markup for the head: {element.render()[:200]!r}")
        if name not in LOCAL_FILES:
            raise StrayAssetError(f"{name}: no local file for this asset")
        file = LOCAL_FILES[name]
        if file is not None:
            (styles if isinstance(element, CssLink) else scripts).append(file)
    script = "\n".join(line for line in figure.script.render().splitlines() if line.strip())
    # The only markup that no template writes: folium's and ours, with no word of a person in it (``_number``).
    html = Markup(figure.html.render().strip())  # noqa: S704
    return MapParts(tuple(styles), tuple(scripts), html, f"{script}\n")


def _number(drawn: folium.Map) -> None:
    """Numbers the elements in the order of a walk: folium's own names are random."""
    waiting: list[Element] = [drawn]
    for k in range(1_000_000):
        if not waiting:
            return
        element = waiting.pop(0)
        element._id = f"{k:03d}"
        waiting.extend(element._children.values())


# ---- the map of the leads ------------------------------------------------------------------------------------

#: Areas lie under lines, lines under points, so that nothing small is hidden by something large.
_DEPTH = {"polygon": 0, "line": 1, "point": 2}


def drawn_layers(layers: Mapping[str, Layer], loaded: Mapping[str, str]) -> list[Layer]:
    """The layers that the map shows, from the lowest to the topmost: those with a place and a loaded version."""
    shown = [layer for layer in layers.values() if layer.geometry and layer.name in loaded]
    return sorted(
        shown, key=lambda layer: (layer.name != DISTRICTS, max(_DEPTH[g] for g in layer.geometry), layer.name)
    )


def draw_map(layers: Sequence[Layer], box: Box, addresses: Mapping[str, str], first: Box | None = None) -> MapParts:
    """The one map: the given layers, cells of incidents on a canvas, leads as markers, and its controls. Nobody
    can leave ``box``; ``first`` (or else all of it) is what is seen at the beginning.

    ``addresses``: ``cells``, ``leads``, and ``layer`` with ``NAME`` where the layer's name goes.
    """
    margin = max(box.east - box.west, box.north - box.south) * 0.15
    bounds = [
        [max(box.south - margin, -85.0), max(box.west - margin, -180.0)],
        [min(box.north + margin, 85.0), min(box.east + margin, 180.0)],
    ]
    first = first or box
    drawn = PlainMap(
        location=(box.centre.lat, box.centre.lon),
        settings={"box": [[max(first.south, -85.0), first.west], [min(first.north, 85.0), first.east]]},
        zoom_start=9,
        min_zoom=2,
        max_zoom=18,
        max_bounds_viscosity=0.8,
        attribution_control=False,
        zoom_control="bottomright",
        prefer_canvas=True,
        zoom_snap=0.25,
        zoom_delta=0.5,
        wheel_px_per_zoom_level=120,
        maxBounds=bounds,
    )
    for k, layer in enumerate(layers):
        ScriptLayer(
            "layer", _layer_options(layer, k, addresses["layer"]), key=layer_key(k), show=not layer.register
        ).add_to(drawn)
    ScriptLayer("cells", {"url": addresses["cells"]}, key="incidents").add_to(drawn)
    ScriptLayer("leads", {"url": addresses["leads"]}, key="leads").add_to(drawn)
    Fullscreen(position="topright", title=None, title_cancel=None, force_separate_button=True).add_to(drawn)
    LocateControl(position="topright", setView="once", showPopup=False, showCompass=False).add_to(drawn)
    LayerControl(position="topright", collapsed=True).add_to(drawn)
    return compose(drawn)


def draw_members(layers: Sequence[Layer], box: Box, addresses: Mapping[str, str]) -> MapParts:
    """A small map of the reports of one event, numbered as the page numbers them, over the given layers. ``box`` is
    what is seen at the beginning; ``addresses``: ``members``, and ``layer`` with ``NAME`` for the layer's name."""
    drawn = PlainMap(
        location=(box.centre.lat, box.centre.lon),
        settings={"box": [[box.south, box.west], [box.north, box.east]], "margin": 24},
        zoom_start=15,
        min_zoom=8,
        max_zoom=19,
        attribution_control=False,
        zoom_control="bottomright",
        zoom_snap=0.25,
        zoom_delta=0.5,
        scroll_wheel_zoom=False,  # the page itself is scrolled over it
    )
    for k, layer in enumerate(layers):
        ScriptLayer("layer", _layer_options(layer, k, addresses["layer"]), key=layer_key(k)).add_to(drawn)
    ScriptLayer("members", {"url": addresses["members"]}, key="members").add_to(drawn)
    Fullscreen(position="topright", title=None, title_cancel=None, force_separate_button=True).add_to(drawn)
    return compose(drawn)


def layer_key(k: int) -> str:
    """What the k-th drawn layer is called in the script and in the legend."""
    return f"layer-{k}"


def _layer_options(layer: Layer, k: int, address: str) -> dict[str, Any]:
    style = layer.style
    return {
        "url": address.replace("NAME", layer.name),
        "order": k,
        "colour": style.colour,
        "fill": style.fill,
        "weight": style.weight,
        "dash": style.dash,
        "radius": style.radius,
        "minZoom": style.min_zoom,
        "labels": layer.name == DISTRICTS,
    }
