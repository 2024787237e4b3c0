"""河段: reaches of rivers as lines, and the management zones (河道管理范围) that belong to them."""

from __future__ import annotations

from geo_monitor.domain.layer import Derived, Field, Layer, Style
from geo_monitor.domain.words import Words

#: Which bank lies where, looking downstream; ``both`` where the reach stands for the whole river.
BANKS = ("left", "right", "both")

MANAGEMENT_ZONES = Layer(
    name="river_management_zones",
    title=Words("河道管理范围", "River management zones"),
    geometry=("polygon",),
    fields=(
        Field("zone_id", Words("编号", "Number")),
        Field("reach_id", Words("河段编号", "Reach"), required=True),
        Field("name_zh", Words("名称", "Name (Chinese)")),
        Field("name_en", Words("英文名称", "Name (English)")),
        Field("width_m", Words("半宽(米)", "Half width in metres"), kind="number"),
        Field("basis", Words("划定依据", "Basis of the delimitation")),
    ),
    id_field="zone_id",
    title_field="name_zh",
    style=Style(colour="#7fa6c4", fill="#dbe8f2", weight=1, dash="4 4", min_zoom=11),
    parent="rivers",
    parent_field="reach_id",
    # 50 m on either side is a proposal of ours, no rule of law: the zone is what the county has announced
    # (河道管理条例 第二十条), and each city should load that instead.
    derived=Derived(width_m=50.0, width_field="management_width_m", basis="proposal"),
    note=Words(
        "未公布管理范围的河段按河段中心线每侧宽度推定,并标注“推定”",
        "Where none has been announced the zone is drawn from the line of the reach and marked derived",
    ),
)

LAYER = Layer(
    name="rivers",
    title=Words("河段", "River reaches"),
    geometry=("line",),
    fields=(
        Field("reach_id", Words("河段编号", "Reach id")),
        Field("name_zh", Words("河段名称", "Reach name (Chinese)")),
        Field("name_en", Words("河段英文名称", "Reach name (English)")),
        Field("river_zh", Words("河流名称", "River (Chinese)")),
        Field("river_en", Words("河流英文名称", "River (English)")),
        Field("code", Words("河流代码", "River code")),
        Field("code_source", Words("代码依据", "Source of the code")),
        Field("bank", Words("岸别", "Bank side"), kind="choice", choices=BANKS),
        Field("left_bank", Words("左岸", "Left bank")),
        Field("right_bank", Words("右岸", "Right bank")),
        Field("order", Words("自上而下序号", "Order along the river"), kind="number"),
        Field("half_width_m", Words("水面半宽(米)", "Half width of the water in metres"), kind="number"),
        Field(
            "management_width_m",
            Words("管理范围每侧宽度(米)", "Width of the management zone on each side in metres"),
            kind="number",
        ),
        Field("district", Words("所在县区", "District")),
    ),
    id_field="reach_id",
    title_field="name_zh",
    place_level="reach",
    style=Style(colour="#7fa6c4", weight=2.5),
    aliases=("river_reaches",),
    zones=(MANAGEMENT_ZONES,),
)
