"""行政处罚案件: cases that an agency opened and decided, each at the place of the act.

``category`` uses the words of the reports, so that a case and a report of the same kind can be told. The figures are
what the act involved as the decision states it, never the fine; each measure by which the law tells a crime has a
column of its own (the worth of minerals, sales of food, tonnes of hazardous waste, damage caused), so that figures of
different kinds are not compared. ``level`` is the grade of the heritage site or reserve that was harmed. A case
without a place is sent back: nothing can be compared with it.
"""

from __future__ import annotations

from geo_monitor.domain.layer import Field, Layer, Style
from geo_monitor.domain.words import Words
from geo_monitor.reading.identifiers import credit_code_flaw
from geo_monitor.supervision.vocabulary import CATEGORIES

LEVELS = ("national", "provincial", "county", "none")
UNITS = ("t", "m3", "m2", "mu", "kg", "head", "piece")


def category_flaw(text: str) -> str | None:
    """A kind of act that no report could have would never be compared with any."""
    return None if text in CATEGORIES else "a category of reports, like sand_mining or discharge"


LAYER = Layer(
    name="administrative_cases",
    title=Words("行政处罚案件", "Administrative cases"),
    geometry=("point", "polygon"),
    fields=(
        Field("case_no", Words("案件编号", "Case number"), required=True),
        Field("agency", Words("办案机关", "Agency")),
        Field("category", Words("违法行为类别", "Kind of act"), required=True, check=category_flaw),
        Field("operator", Words("当事人(单位)", "Operator")),
        Field("credit_code", Words("统一社会信用代码", "Unified social credit code"), check=credit_code_flaw),
        Field("acted", Words("违法行为日期", "Day of the act"), kind="date"),
        Field("opened", Words("立案日期", "Day on which it was opened"), kind="date", required=True),
        Field("decided", Words("处罚决定日期", "Day of the decision"), kind="date"),
        Field("ended", Words("结案日期", "Day on which it ended"), kind="date"),
        Field("amount_yuan", Words("涉案金额(元)", "Amount involved in yuan"), kind="number"),
        Field("quantity", Words("涉案数量", "Quantity involved"), kind="number"),
        Field("unit", Words("数量单位", "Unit of the quantity"), kind="choice", choices=UNITS),
        Field("minerals_yuan", Words("矿产品价值(元)", "Worth of the minerals in yuan"), kind="number"),
        Field("sales_yuan", Words("食品生产销售金额(元)", "Food made or sold, in yuan"), kind="number"),
        Field("waste_t", Words("危险废物(吨)", "Hazardous waste in tonnes"), kind="number"),
        Field("damage_yuan", Words("公私财产损失(元)", "Damage caused, in yuan"), kind="number"),
        Field("level", Words("受损对象级别", "Grade of what was harmed"), kind="choice", choices=LEVELS),
        Field("name", Words("案由", "Cause")),
    ),
    id_field="case_no",
    title_field="name",
    style=Style(colour="#8f6f6f", fill="#d8c4c4", weight=1, radius=3.5, min_zoom=12),
    note=Words(
        "涉案金额是决定书认定的违法行为所涉数额，不是罚款数额；是否达到刑事标准须由人比对",
        "The amount is what the act involved as the decision states it, not the fine; whether it reaches a criminal "
        "threshold is for people to compare",
    ),
)
