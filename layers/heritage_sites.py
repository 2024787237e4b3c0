"""文物保护单位: heritage sites, their protection ranges (保护范围) and control zones (建设控制地带)."""

from __future__ import annotations

from geo_monitor.domain.layer import Field, Layer, Style
from geo_monitor.domain.words import Words
from geo_monitor.reading.identifiers import national_heritage_number_flaw

#: The grade decides who approves and where crimes begin; a site of doubtful grade is ``ungraded``.
GRADES = ("national", "regional", "city", "county", "ungraded")


def number_flaw(text: str) -> str | None:
    """Only national units have a number of known layout: what looks like one must be sound, other numbers are local."""
    looks_national = text.count("-") == 3 and text[:1].isdigit()
    return national_heritage_number_flaw(text) if looks_national else None


def _zone(name: str, title: Words, style: Style) -> Layer:
    return Layer(
        name=name,
        title=title,
        geometry=("polygon",),
        fields=(
            Field("zone_id", Words("编号", "Number")),
            Field("site_id", Words("文物保护单位编号", "Heritage site"), required=True),
            Field("name_zh", Words("名称", "Name (Chinese)")),
            Field("name_en", Words("英文名称", "Name (English)")),
            Field("announced_by", Words("公布机关及文号", "Announced by")),
            Field("height_limit_m", Words("限高(米)", "Height limit in metres"), kind="number"),
        ),
        id_field="zone_id",
        title_field="name_zh",
        style=style,
        parent="heritage_sites",
        parent_field="site_id",
    )


LAYER = Layer(
    name="heritage_sites",
    title=Words("文物保护单位", "Heritage sites"),
    geometry=("point", "polygon"),
    fields=(
        Field("site_id", Words("编号", "Site id"), required=True),
        Field("name_zh", Words("名称", "Name (Chinese)")),
        Field("name_en", Words("英文名称", "Name (English)")),
        Field("name_bo", Words("藏文名称", "Name (Tibetan)")),
        Field("grade", Words("级别", "Grade"), kind="choice", choices=GRADES),
        Field("number", Words("文物编号", "Official number"), check=number_flaw, strict=False),
        Field("batch", Words("公布批次", "Batch")),
        Field("batch_confidence", Words("批次可信度", "How sure the batch is")),
        Field("listed", Words("公布日期", "Day of announcement"), kind="date"),
        Field("kind", Words("类别", "Kind")),
        Field("district", Words("所在县区", "District")),
        Field("address", Words("地址", "Address")),
    ),
    id_field="site_id",
    title_field="name_zh",
    place_level="site",
    style=Style(colour="#8a5a2b", fill="#c9a57c", weight=1.2, radius=5),
    aliases=("heritage",),
    zones=(
        _zone(
            "protection_ranges",
            Words("文物保护范围", "Heritage protection ranges"),
            Style(colour="#8a5a2b", fill="#ead9c4", weight=1.2, min_zoom=12),
        ),
        _zone(
            "control_zones",
            Words("建设控制地带", "Construction control zones"),
            Style(colour="#b08d62", fill="#f3eadd", weight=1, dash="5 4", min_zoom=12),
        ),
    ),
)
