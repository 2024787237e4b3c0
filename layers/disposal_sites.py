"""消纳场和处置场: places where spoil, household, industrial or kitchen waste may be taken to, each with the term for
which it is approved (``valid_from``, ``valid_to``)."""

from __future__ import annotations

from geo_monitor.domain.layer import Field, Layer, Style
from geo_monitor.domain.words import Words

#: ``spoil`` is construction waste and earth (建筑垃圾消纳场), ``kitchen`` food waste and used oil.
KINDS = ("spoil", "household", "industrial", "kitchen")

LAYER = Layer(
    name="disposal_sites",
    title=Words("消纳和处置场所", "Approved disposal sites"),
    geometry=("polygon",),
    fields=(
        Field("site_id", Words("编号", "Number"), required=True),
        Field("name", Words("名称", "Name")),
        Field("kind", Words("类别", "Kind of waste"), kind="choice", required=True, choices=KINDS),
        Field("operator", Words("运营单位", "Operator")),
        Field("approved_by", Words("核准机关", "Approved by")),
    ),
    id_field="site_id",
    title_field="name",
    style=Style(colour="#7f7a6b", fill="#dcd9cf", weight=1.2, min_zoom=11),
)
