"""污水排水分区: drainage areas of the sewers, each with the pipe or pumping station that it runs to."""

from __future__ import annotations

from geo_monitor.domain.layer import Field, Layer, Style
from geo_monitor.domain.words import Words

LAYER = Layer(
    name="sewer_catchments",
    title=Words("污水排水分区", "Sewer catchments"),
    geometry=("polygon",),
    fields=(
        Field("catchment_id", Words("排水分区编号", "Drainage area"), required=True),
        Field("name", Words("名称", "Name")),
        Field("plant", Words("污水处理厂", "Treatment plant")),
        Field("manager", Words("养护单位", "Maintained by")),
    ),
    id_field="catchment_id",
    title_field="name",
    style=Style(colour="#84908a", fill="#e3e8e5", weight=0.8, dash="2 4", min_zoom=12),
)
