"""农作物地块: plots on which a crop grows, with the day of sowing and whether it is for eating."""

from __future__ import annotations

from geo_monitor.domain.layer import Field, Layer, Style
from geo_monitor.domain.words import Words

LAYER = Layer(
    name="crop_plots",
    title=Words("农作物地块", "Plots of crops"),
    geometry=("polygon",),
    fields=(
        Field("plot_id", Words("地块编号", "Plot id"), required=True),
        Field("name", Words("名称", "Name")),
        Field("crop", Words("作物", "Crop")),
        Field("edible", Words("是否食用农产品", "Edible"), kind="choice", required=True, choices=("yes", "no")),
        Field("sown", Words("播种日期", "Day of sowing"), kind="date", required=True),
        Field("village", Words("所在村", "Village")),
    ),
    id_field="plot_id",
    title_field="name",
    style=Style(colour="#7f8f5a", fill="#dfe5cd", weight=0.8, min_zoom=13),
)
