"""供地地块: parcels of building land with the day on which each was supplied (出让、划拨) and the day on which
works on it really began, never a planned one."""

from __future__ import annotations

from geo_monitor.domain.layer import Field, Layer, Style
from geo_monitor.domain.words import Words

LAYER = Layer(
    name="land_parcels",
    title=Words("供地地块", "Parcels of building land"),
    geometry=("polygon",),
    fields=(
        Field("parcel_id", Words("宗地编号", "Parcel number"), required=True),
        Field("name", Words("项目名称", "Project")),
        Field("holder", Words("用地单位", "Holder")),
        Field("supplied", Words("供地日期", "Day of supply"), kind="date"),
        Field("started", Words("实际开工日期", "Day on which works began"), kind="date"),
    ),
    id_field="parcel_id",
    title_field="name",
    style=Style(colour="#94845f", fill="#ece6d3", weight=1, min_zoom=12),
    note=Words(
        "开工日期来自开工报告或影像，可能晚于实际动土",
        "The day of start comes from reports or images and may be later than the first dig",
    ),
)
