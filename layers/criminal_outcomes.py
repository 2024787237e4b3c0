"""刑事案件处理结果: decisions not to prosecute, and judgments, each at the place of the offence.

``opinion`` is the day on which the procuratorate asked the agency for an administrative penalty, ``replied`` the day
of the agency's answer, ``penalty`` the day of the penalty that followed. No names of persons stand here.
"""

from __future__ import annotations

from geo_monitor.domain.layer import Field, Layer, Style
from geo_monitor.domain.words import Words

KINDS = ("non_prosecution", "judgment")
#: What the case was about; the first five leave a place that can be restored.
OFFENCES = ("pollution", "mining", "farmland", "forest", "wetland", "wildlife", "relics", "food", "drugs", "other")

LAYER = Layer(
    name="criminal_outcomes",
    title=Words("刑事案件处理结果", "Outcomes of criminal cases"),
    geometry=("point", "polygon"),
    fields=(
        Field("outcome_no", Words("文书编号", "Number of the document"), required=True),
        Field("name", Words("案由", "Cause")),
        Field("case_no", Words("案件编号", "Case number"), required=True),
        Field("kind", Words("结果类型", "Kind of outcome"), kind="choice", required=True, choices=KINDS),
        Field("offence", Words("案件类别", "Kind of offence"), kind="choice", required=True, choices=OFFENCES),
        Field("decided", Words("作出日期", "Day of the decision"), kind="date", required=True),
        Field("opinion", Words("检察意见送达日期", "Day of the opinion to the agency"), kind="date"),
        Field("replied", Words("主管机关回复日期", "Day of the agency's reply"), kind="date"),
        Field("penalty", Words("行政处罚日期", "Day of the administrative penalty"), kind="date"),
        Field("agency", Words("主管机关", "Agency in charge")),
    ),
    id_field="outcome_no",
    title_field="name",
    style=Style(colour="#6b6470", fill="#c7c1cc", weight=1.2, dash="2 2", radius=4, min_zoom=12),
    note=Words(
        "不起诉不等于有罪或无违法；仅供核对后续行政处罚和修复情况",
        "Not to prosecute says neither guilt nor that nothing was wrong; shown only to follow penalty and restoration",
    ),
)
