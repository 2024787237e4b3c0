"""What the builder of a network was not sure of, as values for the person who keeps the layer. Nothing is raised for
them: the network is built all the same, and says what it did."""

from __future__ import annotations

from dataclasses import dataclass

from geo_monitor.domain.words import Words

#: kind → what was expected. What was found and done instead stands in each doubt.
EXPECTED = {
    "not_a_line": Words("有长度、坐标有限的线", "a line with a length and finite coordinates"),
    "no_id": Words("每条线有编号", "an id on every line"),
    "id_twice": Words("同一图层内编号唯一", "an id that occurs once in its layer"),
    "drawn_twice": Words("同一水流只画一条线", "one line for one water"),
    "short": Words("长于捕捉容差的线", "a line longer than the snapping tolerance"),
    "spread": Words("同一节点的端点彼此在容差之内", "ends of one node within the tolerance of each other"),
    "gap": Words("端点与相邻河段相接，或确为终点", "an end that meets the line near by, or truly ends there"),
    "piece": Words("与河网其余部分相连", "a connection with the rest of the network"),
    "climbs": Words("水流方向上高程不升", "heights that do not rise in the direction of flow"),
    "direction_unknown": Words(
        "有流向字段、按水流方向绘制，或两端有高差",
        "a field of direction, a line drawn downstream, or ends of different height",
    ),
    "all_arrive": Words("有出流河段，或在此登记为河口", "a reach that leads on, or a mouth stated there"),
    "all_leave": Words("相接河段中至少一条流入", "at least one of the reaches that meet to flow in"),
    "no_way_out": Words("沿水流可达河口", "a way along the water to a mouth"),
    "shares": Words("分流比例之和为 1", "shares of the flow that add up to 1"),
    "crossing_over_land": Words("湖面直线可通达", "a straight way over the lake's water"),
    "lake_unusable": Words("有效的湖泊面", "a valid polygon of the lake"),
    "cut_off_the_line": Words("界点位于河段上", "a boundary point on a reach"),
    "along_boundary": Words("界线与河段相交于点", "a boundary that crosses the reach at points"),
}


@dataclass(frozen=True, slots=True)
class Doubt:
    """``kind`` is a key of ``EXPECTED``; ``found`` says in both languages what was found and what was done with it;
    ``x``, ``y`` (metres of the plane, NaN where there is no place) say where to look."""

    kind: str
    layer: str
    id: str
    found: Words
    x: float = float("nan")
    y: float = float("nan")

    @property
    def expected(self) -> Words:
        return EXPECTED[self.kind]

    def sentence(self, language: str) -> str:
        if language == "zh":
            return f"{self.layer} {self.id}：{self.found.zh}；应为：{self.expected.zh} [{self.kind}]"
        return f"{self.layer} {self.id}: {self.found.en}; expected {self.expected.en} [{self.kind}]"
