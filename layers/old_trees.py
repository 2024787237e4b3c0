"""古树名木: old and notable trees, and the protection ranges (保护范围) that were drawn around them."""

from __future__ import annotations

from geo_monitor.domain.layer import Field, Layer, Style
from geo_monitor.domain.words import Words

#: The first two grades are those whose harm weighs most; notable trees are protected as the first.
GRADES = ("1", "2", "3")

LAYER = Layer(
    name="old_trees",
    title=Words("古树名木", "Old and notable trees"),
    geometry=("point", "polygon"),
    fields=(
        Field("tree_id", Words("古树编号", "Tree number"), required=True),
        Field("name", Words("名称", "Name")),
        Field("species", Words("树种", "Species")),
        Field("grade", Words("保护等级", "Grade"), kind="choice", required=True, choices=GRADES),
        Field("sign", Words("是否挂牌", "Marked"), kind="choice", choices=("yes", "no")),
        Field("listed", Words("公布日期", "Day of announcement"), kind="date"),
        Field("keeper", Words("养护责任单位", "Kept by")),
    ),
    id_field="tree_id",
    title_field="name",
    style=Style(colour="#5f7f4f", fill="#b9cfae", weight=1, radius=4, min_zoom=13),
    zones=(
        Layer(
            name="tree_ranges",
            title=Words("古树名木保护范围", "Protection ranges of old trees"),
            geometry=("polygon",),
            fields=(
                Field("range_id", Words("编号", "Number"), required=True),
                Field("tree_id", Words("古树编号", "Tree number"), required=True),
                Field("name", Words("名称", "Name")),
                Field("grade", Words("保护等级", "Grade"), kind="choice", required=True, choices=GRADES),
                Field("announced_by", Words("公布机关及文号", "Announced by")),
            ),
            id_field="range_id",
            title_field="name",
            style=Style(colour="#5f7f4f", fill="#e1ebdb", weight=1, dash="4 3", min_zoom=14),
            parent="old_trees",
            parent_field="tree_id",
        ),
    ),
    note=Words(
        "坐标为树干位置，保护范围以公布图纸为准",
        "The place is that of the trunk; the published plan says how far the range goes",
    ),
)
