"""畜禽养殖场: livestock farms with kind, head and the term in which animals are kept."""

from __future__ import annotations

from geo_monitor.domain.layer import Field, Layer, Style
from geo_monitor.domain.words import Words

#: ``farm`` (养殖场) and ``compound`` (养殖小区) are of the scale that the province has set; ``household`` lies below;
#: ``free_range`` stands for a village declared an area of dense free-range keeping (散养密集区).
KINDS = ("farm", "compound", "household", "free_range")

LAYER = Layer(
    name="livestock_farms",
    title=Words("畜禽养殖场", "Livestock farms"),
    geometry=("point",),
    fields=(
        Field("farm_id", Words("养殖场编号", "Farm number"), required=True),
        Field("name", Words("名称", "Name")),
        Field("kind", Words("类别", "Kind"), kind="choice", required=True, choices=KINDS),
        Field("animals", Words("畜种", "Animals")),
        Field("head", Words("存栏数", "Head"), kind="number", as_of_today=True),
        Field("operator", Words("经营者", "Operator")),
    ),
    id_field="farm_id",
    title_field="name",
    place_level="premises",
    style=Style(colour="#8f7d57", fill="#dccfae", weight=1, radius=3.5, min_zoom=12),
)
