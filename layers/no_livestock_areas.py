"""畜禽养殖禁养区: areas in which livestock farms may not be built, as the county has announced them: source zones,
scenic areas, cores of reserves and populated areas gathered into one layer, so that a model can ask for any of them."""

from __future__ import annotations

from geo_monitor.domain.layer import Field, Layer, Style
from geo_monitor.domain.words import Words

KINDS = ("source_zone", "scenic_area", "reserve_core", "populated_area")

LAYER = Layer(
    name="no_livestock_areas",
    title=Words("畜禽养殖禁养区", "Areas closed to livestock farms"),
    geometry=("polygon",),
    fields=(
        Field("area_id", Words("编号", "Number"), required=True),
        Field("name", Words("名称", "Name")),
        Field("kind", Words("类别", "Kind of area"), kind="choice", required=True, choices=KINDS),
        Field("announced_by", Words("公布机关", "Announced by")),
    ),
    id_field="area_id",
    title_field="name",
    style=Style(colour="#93875f", fill="#e8e3d0", weight=1, dash="4 3", min_zoom=10),
    note=Words(
        "以县级人民政府公布的禁养区方案为准；没有依据的扩大划定应当调整",
        "What the county has announced; an area drawn wider than the law allows is to be corrected",
    ),
)
