"""医疗机构: hospitals, health centres and clinics."""

from __future__ import annotations

from geo_monitor.domain.layer import Field, Layer, Style
from geo_monitor.domain.words import Words
from geo_monitor.reading.identifiers import credit_code_flaw

#: ``community`` are health centres of communities and townships.
KINDS = ("hospital", "community", "clinic", "other")

LAYER = Layer(
    name="medical_institutions",
    title=Words("医疗机构", "Medical institutions"),
    geometry=("point",),
    fields=(
        Field("institution_id", Words("机构编号", "Institution number"), required=True),
        Field("name", Words("名称", "Name")),
        Field("kind", Words("类别", "Kind"), kind="choice", required=True, choices=KINDS),
        Field("credit_code", Words("统一社会信用代码", "Unified social credit code"), check=credit_code_flaw),
        Field("address", Words("地址", "Address")),
    ),
    id_field="institution_id",
    title_field="name",
    place_level="premises",
    style=Style(colour="#8a7a9c", fill="#d5cddd", weight=1, radius=3.5, min_zoom=13),
)
