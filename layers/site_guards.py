"""文物安全防范措施: who or what guards a heritage site (a designated manager, a camera, an alarm), with the term of
each; a row hangs on its site. Names of persons are not kept here, only the body that answers."""

from __future__ import annotations

from geo_monitor.domain.layer import Field, Layer, Style
from geo_monitor.domain.words import Words

KINDS = ("manager", "camera", "alarm")

LAYER = Layer(
    name="site_guards",
    title=Words("文物看护和安防", "Guards of heritage sites"),
    geometry=("point",),
    fields=(
        Field("guard_id", Words("编号", "Number"), required=True),
        Field("name", Words("名称", "Name")),
        Field("site_id", Words("文物保护单位编号", "Heritage site"), required=True),
        Field("kind", Words("类别", "Kind"), kind="choice", required=True, choices=KINDS),
        Field("body", Words("责任单位", "Body in charge")),
    ),
    id_field="guard_id",
    title_field="name",
    style=Style(colour="#6f7360", fill="#cfd2c6", weight=1, radius=2.5, min_zoom=15),
    register=True,
    links_to="heritage_sites",
    link_field="site_id",
    note=Words("登记有人看护，不等于当时在岗", "That a guard is registered does not say that anybody was there"),
)
