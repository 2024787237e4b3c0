"""药店: retail pharmacies with the term of their licence; a licence that was cancelled or revoked ends on that day.

``licence`` is the number of the drug trading licence, ``chain`` the company to which a chain's shop belongs.
"""

from __future__ import annotations

from geo_monitor.domain.layer import Field, Layer, Style
from geo_monitor.domain.words import Words
from geo_monitor.reading.identifiers import credit_code_flaw

LAYER = Layer(
    name="pharmacies",
    title=Words("药品零售企业", "Pharmacies"),
    geometry=("point",),
    fields=(
        Field("pharmacy_id", Words("药店编号", "Pharmacy number"), required=True),
        Field("name", Words("名称", "Name")),
        Field("licence", Words("药品经营许可证号", "Drug trading licence"), required=True),
        Field("credit_code", Words("统一社会信用代码", "Unified social credit code"), check=credit_code_flaw),
        Field("chain", Words("所属连锁企业", "Chain")),
        Field("address", Words("地址", "Address")),
        Field(
            "insured",
            Words("是否医保定点", "Whether it takes insurance cards"),
            kind="choice",
            choices=("yes", "no"),
            as_of_today=True,
        ),
    ),
    id_field="pharmacy_id",
    title_field="name",
    place_level="premises",
    style=Style(colour="#6f8f74", fill="#c7d8ca", weight=1, radius=3, min_zoom=14),
)
