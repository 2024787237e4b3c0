"""历史建筑: buildings announced as historic buildings (not protected sites), with their footprints; the term of a row
begins on the day of the announcement."""

from __future__ import annotations

from geo_monitor.domain.layer import Field, Layer, Style
from geo_monitor.domain.words import Words

LAYER = Layer(
    name="historic_buildings",
    title=Words("历史建筑", "Historic buildings"),
    geometry=("polygon",),
    fields=(
        Field("building_id", Words("编号", "Number"), required=True),
        Field("name", Words("名称", "Name")),
        Field("address", Words("地址", "Address")),
        Field("announced_by", Words("公布机关及文号", "Announced by")),
        Field("batch", Words("公布批次", "Batch")),
    ),
    id_field="building_id",
    title_field="name",
    place_level="premises",
    style=Style(colour="#936a4b", fill="#e2cdbb", weight=1, min_zoom=14),
    note=Words(
        "历史建筑不是文物保护单位，适用名城条例",
        "A historic building is no protected site: the rules for famous cities apply",
    ),
)
