"""取水许可: permits to take water from rivers, lakes or the ground, each at its intake, with its term."""

from __future__ import annotations

from geo_monitor.domain.layer import Field, Layer, Style
from geo_monitor.domain.words import Words

LAYER = Layer(
    name="abstraction_permits",
    title=Words("取水许可", "Abstraction permits"),
    geometry=("point",),
    fields=(
        Field("permit_id", Words("取水许可证号", "Permit number"), required=True),
        Field("name", Words("名称", "Name")),
        Field("holder", Words("取水权人", "Holder")),
        Field("source", Words("水源类型", "Kind of source"), kind="choice", choices=("surface", "groundwater")),
        Field("purpose", Words("用途", "Purpose")),
        Field("volume_m3", Words("年许可取水量(立方米)", "Permitted volume a year in m³"), kind="number"),
    ),
    id_field="permit_id",
    title_field="name",
    style=Style(colour="#5b86a5", fill="#bfd3e2", weight=1, radius=3.5, min_zoom=13),
)
