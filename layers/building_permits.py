"""建设工程规划许可: construction planning permits with the area that each allows to be built on, its greatest
height and its term. ``relic_consent`` holds the number of the relics authority's consent, empty where there is
none; ``infrastructure`` and ``public_service`` are the kinds that a historic core may still have."""

from __future__ import annotations

from geo_monitor.domain.layer import Field, Layer, Style
from geo_monitor.domain.words import Words

KINDS = ("building", "infrastructure", "public_service", "other")

LAYER = Layer(
    name="building_permits",
    title=Words("建设工程规划许可", "Construction planning permits"),
    geometry=("polygon",),
    fields=(
        Field("permit_id", Words("许可证号", "Permit number"), required=True),
        Field("name", Words("项目名称", "Project")),
        Field("kind", Words("类别", "Kind"), kind="choice", choices=KINDS),
        Field("holder", Words("建设单位", "Holder")),
        Field("relic_consent", Words("文物部门同意文号", "Consent of the relics authority")),
        Field("height_m", Words("许可高度(米)", "Permitted height in metres"), kind="number"),
        Field("issued", Words("发证日期", "Day of issue"), kind="date", required=True),
        Field("issued_by", Words("发证机关", "Issued by")),
    ),
    id_field="permit_id",
    title_field="name",
    style=Style(colour="#9a7f5f", fill="#ebe0d0", weight=1.2, dash="5 3", min_zoom=13),
    note=Words(
        "同意文号为空，可能是登记遗漏；许可高度按许可证附图计算",
        "An empty consent may be a gap of the register; heights are as the plans of the permit count them",
    ),
)
