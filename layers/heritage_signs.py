"""文物保护标志: signs of protected sites with the languages that stand on each; a row hangs on its site, a place of its
own is not needed. The term of a row ends on the day on which the sign was found gone."""

from __future__ import annotations

from geo_monitor.domain.layer import Field, Layer, Style
from geo_monitor.domain.words import Words

#: ``bilingual`` is Chinese and Tibetan; ``unreadable`` stands there, but nobody can read it.
LANGUAGES = ("bilingual", "zh", "bo", "unreadable")

LAYER = Layer(
    name="heritage_signs",
    title=Words("文物保护标志", "Heritage signs"),
    geometry=("point",),
    fields=(
        Field("sign_id", Words("编号", "Number"), required=True),
        Field("name", Words("名称", "Name")),
        Field("site_id", Words("文物保护单位编号", "Heritage site"), required=True),
        Field("languages", Words("文字", "Languages"), kind="choice", required=True, choices=LANGUAGES),
        Field("checked", Words("核查日期", "Day of the check"), kind="date"),
    ),
    id_field="sign_id",
    title_field="name",
    style=Style(colour="#7c6a52", fill="#d8cbb8", weight=1, radius=2.5, min_zoom=15),
    register=True,
    links_to="heritage_sites",
    link_field="site_id",
)
