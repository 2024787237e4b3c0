"""采砂许可: permits to extract sand, each with the area it allows and its term (``valid_from``, ``valid_to``)."""

from __future__ import annotations

from geo_monitor.domain.layer import Field, Layer, Style
from geo_monitor.domain.words import Words

LAYER = Layer(
    name="sand_permits",
    title=Words("采砂许可", "Sand extraction permits"),
    geometry=("polygon",),
    fields=(
        Field("permit_id", Words("许可证号", "Permit number"), required=True),
        Field("name", Words("名称", "Name")),
        Field("holder", Words("持证人", "Holder")),
        Field("reach_id", Words("河段编号", "Reach")),
        Field("issued_by", Words("发证机关", "Issued by")),
        Field("volume_m3", Words("许可采量(立方米)", "Permitted volume in cubic metres"), kind="number"),
    ),
    id_field="permit_id",
    title_field="name",
    style=Style(colour="#b59b5b", fill="#efe5c8", weight=1.2, min_zoom=11),
    register=True,
    links_to="rivers",
    link_field="reach_id",
)
