"""What a column of an unknown file holds, told by its name and by its cells together.

Nothing here shows a cell to anyone: shares and counts come out, and words only where a column repeats few of them.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from itertools import islice

import numpy as np
import numpy.typing as npt
import shapely

from geo_monitor.domain.place import Box
from geo_monitor.reading.angles import in_order, read_angle, read_two
from geo_monitor.reading.datum import Reference, find_reference
from geo_monitor.reading.identifiers import credit_code_flaw, food_licence_flaw
from geo_monitor.reading.vectors import coordinate
from geo_monitor.services.dates import read_moment

Floats = npt.NDArray[np.float64]

#: Different cells of a column on which a share is measured.
LOOKED_AT = 2000
#: Share of the filled cells from which on a column counts as holding something.
MOST = 0.8
#: Degrees by which the phone maps shift at most, and some: a place may lie so far outside the box.
AROUND_BOX = 0.02

# ---- names of columns ---------------------------------------------------------------------------------------------

NAMES: Mapping[str, str] = {
    "phone": r"电话|手机|联系方式|联系号码|来电号码|主叫"
    r"|(^|[^a-z])(tele)?phone|(^|_)mobile($|.?(no|num))|(^|_)tel($|[^a-z])",
    "person_id": r"身份证|证件号|openid|微信号?$|(reporter|caller|citizen|complainant|user).?(id|no|code)$",
    "person": r"姓名|来电人|来电者|投诉人|举报人|反映人|诉求人|申诉人|联系人|上报人|报告人|提交人|填报人|巡查人|称呼"
    r"|巡查员|网格员|志愿者"
    r"|reporter|caller|complainant|contact|submitter|submitted.?by|reported.?by|(first|last|full).?name|volunteer"
    r"|inspector|^citizen",
    "person_other": r"住址|家庭|联系地址|(来电|投诉|举报|反映|联系)人.{0,2}地址|邮箱|出生|性别"
    r"|e-?mail|birth|gender",
    "id": r"编号|单号|流水号|序列号|案号|图斑号|工单|标识"
    r"|\bid\b|(^|_)id$|(number|_no|_nr|_key)$|^(no|nr|key|uuid|guid)\.?$",
    "counter": r"^(序号|行号|row|#|index)$",
    "no_id": r"许可|信用|车牌|邮编|区划|电话|手机|身份|证件"
    r"|zip|phone|licen[cs]e|account|parent|postal|ward|district|block",
    "time": r"时间|日期|时刻|年月|date|time|(^|_)at$|(^|_)day$|(^|_)on$",
    "occurred": r"发生|事发|发现|案发|影像|观测|拍摄|occur|seen|observ|event|incident|taken",
    "reported": r"受理|登记|上报|来电|举报|投诉|提交|收到|接报|report|sent|receiv|creat|submit|open|request",
    "later": r"办结|完成|办理|答复|回复|回访|截止|期限|到期|派单|更新|修改|审核"
    r"|complet|clos|finish|resol|due|expir|updat|modif",
    "lon": r"经度|东经|lon(g|gitude)?($|[^a-z])|(^|[^a-z])lng|longitude",
    "lat": r"纬度|北纬|(^|[^a-z])lat($|[^a-z])|latitude",
    "x": r"^x$|x.?坐标|坐标.?x|x.?coord|easting|东坐标|横坐标",
    "y": r"^y$|y.?坐标|坐标.?y|y.?coord|northing|北坐标|纵坐标",
    "both": r"坐标|经纬|定位|location|coord|lat.?lon|lon.?lat|(^|_)point|gps",
    "accuracy": r"精度|误差|accuracy|precision",
    "datum": r"坐标系|坐标类型|基准|datum|(^|_)crs|srs|coordinate.?system",
    "source": r"来源|渠道|source|channel|origin",
    "category": r"类别|类型|分类|种类|事项|性质|(^|[^a-z])type|categor|kind|(^|[^a-z])class|nature|topic",
    "evidence": r"附件|证据|取证|材料|照片|图片|media|evidence|attach|photo",
    "text": r"内容|描述|说明|标题|诉求|摘要|详情|备注|情况|note|text|descri|comment|summary|title|detail",
    "status": r"状态|性质|标记|是否|办理情况|status|state$|flag",
    "address": r"地址|地点|位置|address|street",
    "vehicle": r"车牌|车辆|vehicle|plate",
}
_NAMES = {kind: re.compile(pattern, re.IGNORECASE) for kind, pattern in NAMES.items()}

# ---- what cells look like -----------------------------------------------------------------------------------------

_MOBILE = re.compile(r"(?:\+?86[- ]?)?1[3-9][0-9]{9}|1[3-9][0-9]\*{4}[0-9]{4}")
_PHONE = re.compile(r"\+?[0-9*()\- ]{7,20}")
_RESIDENT = re.compile(r"[1-9][0-9]{5}(?:19|20)[0-9]{2}[01][0-9][0-3][0-9][0-9]{3}[0-9Xx]")
_MAIL = re.compile(r"[^@\s]+@[^@\s]+\.[A-Za-z]{2,}")
#: The hundred most common family names of China; with them begin five of six names.
_FAMILY = (
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈姚卢姜崔钟谭陆汪范金石廖贾夏韦付方白邹孟熊秦"
    "邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔向汤"
)
_NAME = re.compile(rf"[{_FAMILY}][一-龥]{{1,2}}|[一-龥]{{1,2}}(?:先生|女士|某某?)|[{_FAMILY}]\*{{1,2}}")
_IN_TEXT = re.compile(rf"(?<![0-9])(?:{_MOBILE.pattern}|{_RESIDENT.pattern})(?![0-9])")
_PLATE = re.compile(r"[一-龥][A-Z][·\- ]?[A-Z0-9]{5,6}")
_WKT = re.compile(r"(?:SRID=[0-9]+;)?\s*(?:MULTI)?(?:POINT|LINESTRING|POLYGON)\b", re.IGNORECASE)

#: How offices write times that are not read without being told how; each with the one it may be taken for.
PATTERNS = tuple(
    f"{day}{clock}"
    for day in ("%m/%d/%Y", "%d/%m/%Y", "%m-%d-%Y", "%d-%m-%Y", "%d.%m.%Y", "%m/%d/%y", "%d/%m/%y", "%d %b %Y")
    for clock in ("", " %H:%M", " %H:%M:%S", " %I:%M:%S %p", " %I:%M %p")
)
_TURNED = str.maketrans({"m": "d", "d": "m"})


@dataclass(frozen=True)
class Column:
    """``cells`` are all of the sample, one a row, stripped."""

    name: str
    cells: tuple[str, ...]

    def called(self, *kinds: str) -> bool:
        """Whether its name speaks of one of these (``NAMES``)."""
        return any(_NAMES[k].search(self.name) for k in kinds)

    @cached_property
    def words(self) -> Counter[str]:
        return Counter(c for c in self.cells if c)

    @cached_property
    def filled(self) -> int:
        return sum(self.words.values())

    @property
    def distinct(self) -> int:
        return len(self.words)

    @property
    def is_unique(self) -> bool:
        """All but one in fifty of the rows have a cell here, and of those all but one in fifty are different."""
        return bool(self.filled) and self.filled >= 0.9 * len(self.cells) and self.distinct >= 0.98 * self.filled

    @cached_property
    def looked_at(self) -> tuple[str, ...]:
        return tuple(islice(self.words, LOOKED_AT))

    def share(self, holds: Callable[[str], object]) -> float:
        """Of the filled cells the share for which this is so (on the first different ones)."""
        told = sum(self.words[c] for c in self.looked_at)
        return sum(self.words[c] for c in self.looked_at if holds(c)) / told if told else 0.0

    @cached_property
    def phones(self) -> float:
        return self.share(_MOBILE.fullmatch)

    @cached_property
    def phonelike(self) -> float:
        return self.share(lambda c: _PHONE.fullmatch(c) and sum(d.isdigit() or d == "*" for d in c) >= 7)

    @cached_property
    def residents(self) -> float:
        return self.share(_RESIDENT.fullmatch)

    @cached_property
    def mails(self) -> float:
        return self.share(_MAIL.fullmatch)

    @cached_property
    def names(self) -> float:
        return self.share(_NAME.fullmatch)

    @cached_property
    def personal_in_text(self) -> int:
        """Cells in which something like a telephone or identity number stands among other words."""
        return sum(n for c, n in self.words.items() if _IN_TEXT.search(c))

    @cached_property
    def numbers(self) -> float:
        return self.share(lambda c: coordinate(c) is not None)

    @cached_property
    def angles(self) -> float:
        return self.share(lambda c: coordinate(c) is not None or read_angle(c) is not None)

    @cached_property
    def pairs(self) -> float:
        return self.share(lambda c: read_two(c) is not None and coordinate(c) is None)

    @cached_property
    def shapes(self) -> float:
        return self.share(_WKT.match)

    @cached_property
    def credit_codes(self) -> float:
        return self.share(lambda c: len(c) == 18 and credit_code_flaw(c) is None)

    @cached_property
    def food_licences(self) -> float:
        return self.share(lambda c: food_licence_flaw(c) is None)

    @cached_property
    def plates(self) -> float:
        return self.share(lambda c: _PLATE.fullmatch(c.upper()))

    def degrees(self) -> Floats:
        """One number a row, NaN where there is none: decimal, or degrees, minutes and seconds."""

        def read(cell: str) -> float:
            number = coordinate(cell)
            if number is None:
                angle = read_angle(cell)
                number = angle.degrees if angle is not None else float("nan")
            return number

        known = {c: read(c) for c in self.words}
        return np.array([known.get(c, float("nan")) for c in self.cells])


# ---- times ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Times:
    """How a column writes its times. ``share`` of the filled cells is read so; ``pattern`` is one of ``strptime`` ("":
    as the project reads by itself); ``turned`` is the pattern with day and month exchanged where it reads as much
    (then nobody can tell); ``day_only`` and ``midnight`` are shares of those read; ``serial``: they are the day numbers
    of a spreadsheet. ``middle`` is the median, as a Unix second."""

    share: float
    pattern: str = ""
    turned: str = ""
    day_only: float = 0.0
    midnight: float = 0.0
    serial: bool = False
    middle: float = 0.0


def times_of(column: Column) -> Times:
    """The way of writing that reads most of the cells; of two that read as much the first of ``PATTERNS``."""
    cells = column.looked_at
    weights = np.array([column.words[c] for c in cells], dtype=float)
    total = float(weights.sum()) or 1.0

    def reads(pattern: str) -> tuple[float, Floats, Floats]:
        moments, day_only = np.full(len(cells), np.nan), np.zeros(len(cells))
        for k, cell in enumerate(cells):
            try:
                moment, days = read_moment(cell, UTC, pattern)
            except (ValueError, OverflowError):
                continue
            moments[k], day_only[k] = moment.timestamp(), days
        return float(weights[np.isfinite(moments)].sum()) / total, moments, day_only

    best, found, days = reads("")
    pattern = turned = ""
    if best < MOST and cells:
        tried = [p for p in PATTERNS if any(_reads(c, p) for c in cells[:50])]
        for p in tried:
            share, moments, day_only = reads(p)
            if share > best:
                best, found, days, pattern = share, moments, day_only, p
        other = pattern.translate(_TURNED) if pattern else ""
        if other != pattern and other in PATTERNS and reads(other)[0] >= best:
            turned = other
    read = np.isfinite(found)
    if not read.any():
        return Times(0.0, serial=column.share(_is_serial) >= MOST)
    known = weights[read]
    local = np.array([datetime.fromtimestamp(t, UTC).time().isoformat() == "00:00:00" for t in found[read]])
    return Times(
        best,
        pattern,
        turned,
        float((known * days[read]).sum() / known.sum()),
        float((known * local).sum() / known.sum()),
        False,
        float(np.median(np.repeat(found[read], known.astype(int)))),
    )


def _reads(cell: str, pattern: str) -> bool:
    try:
        read_moment(cell, UTC, pattern)
    except (ValueError, OverflowError):
        return False
    return True


def _is_serial(cell: str) -> bool:
    number = coordinate(cell)
    return number is not None and 20_000 <= number <= 80_000


# ---- places ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Zone:
    """A projected system under which ``share`` of the places lie in the city; ``turned``: with the two columns (or the
    two numbers of a shape) the other way round, as surveyors write them (north is X)."""

    crs: str
    share: float
    turned: bool


def in_box(lon: Floats, lat: Floats, box: Box) -> float:
    """Of the rows with both numbers the share that lies in the box or just beside it."""
    told = np.isfinite(lon) & np.isfinite(lat)
    if not told.any():
        return 0.0
    inside = (lon >= box.west - AROUND_BOX) & (lon <= box.east + AROUND_BOX)
    inside &= (lat >= box.south - AROUND_BOX) & (lat <= box.north + AROUND_BOX)
    return float(inside[told].mean())


def is_whole_world(box: Box) -> bool:
    """A workspace whose city has no box yet: nothing can be told by it."""
    return box.east - box.west > 90.0


def zones_of(x: Floats, y: Floats, box: Box) -> list[Zone]:
    """Zones of CGCS2000 (three and six degrees, with and without the zone's number before the easting) and of UTM that
    bring at least half of the places into the city, the best first."""
    told = np.flatnonzero(np.isfinite(x) & np.isfinite(y))[:LOOKED_AT]
    found = []
    for code in _codes(box):
        reference = find_reference(crs=f"EPSG:{code}")
        if not isinstance(reference, Reference):
            continue
        for turned in (False, True):
            east, north = (y[told], x[told]) if turned else (x[told], y[told])
            share = in_box(*reference.to_wgs84(east, north), box)
            if share >= 0.5:
                found.append(Zone(f"EPSG:{code}", share, turned))
    return sorted(found, key=lambda z: (-z.share, z.crs))


def _codes(box: Box) -> Iterable[int]:
    """EPSG numbers of the zones that touch the box or its neighbours."""
    if is_whole_world(box):
        return
    for middle in range(75, 136, 3):
        if box.west - 4.5 <= middle <= box.east + 4.5:
            yield 4534 + (middle - 75) // 3
            yield 4513 + (middle - 75) // 3
    for middle in range(75, 136, 6):
        if box.west - 9.0 <= middle <= box.east + 9.0:
            yield 4502 + (middle - 75) // 6
            yield 4491 + (middle - 75) // 6
    for zone in range(1, 61):
        if box.west - 9.0 <= zone * 6 - 183 <= box.east + 9.0:
            yield (32600 if box.centre.lat >= 0 else 32700) + zone


def read_pairs(column: Column, box: Box) -> tuple[str, Floats, Floats, float]:
    """A column with both coordinates in one cell: "lonlat" or "latlon" as more of the places lie in the city, the
    degrees under that order, and the share of those that say the order themselves."""
    known = {c: read_two(c) for c in column.words}
    ways = {}
    for first in ("lon", "lat"):
        two = {c: in_order(*t, first) if t else None for c, t in known.items()}
        rows = [two.get(c) or (np.nan, np.nan) for c in column.cells]
        lon, lat = np.array(rows, dtype=float).reshape(-1, 2).T
        ways[first] = in_box(lon, lat, box), lon, lat
    first = "lat" if ways["lat"][0] > ways["lon"][0] else "lon"
    said = column.share(lambda c: (t := known[c]) is not None and (t[0].axis or t[1].axis))
    return ("lonlat" if first == "lon" else "latlon"), ways[first][1], ways[first][2], said


def read_points(column: Column) -> tuple[Floats, Floats, float]:
    """Points of a column of WKT (NaN for what is none), and the share of the shapes that are no points."""
    shapes = shapely.from_wkt(np.array(column.cells, dtype=object), on_invalid="ignore") if column.cells else []
    xy = np.full((len(column.cells), 2), np.nan)
    others = 0
    for k, shape in enumerate(shapes):
        if shape is None or shape.is_empty:
            continue
        if shape.geom_type == "Point":
            xy[k] = shape.x, shape.y
        else:
            others += 1
    return xy[:, 0], xy[:, 1], others / max(column.filled, 1)


# ---- numbers with units ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Quantity:
    """``attribute`` is ours; ``unit`` the one it counts in; ``said``: the unit that the column's name gives ("" if
    none)."""

    attribute: str
    unit: str
    said: str = ""

    @property
    def differs(self) -> bool:
        return bool(self.said) and self.said != self.unit


#: What is measured → our attribute and its unit.
QUANTITIES: Mapping[str, tuple[str, str]] = {
    r"深度|(^|_)depth": ("depth_m", "m"),
    r"长度|(^|_)length": ("length_m", "m"),
    r"宽度|(^|_)width": ("width_m", "m"),
    r"高度|(^|_)height": ("height_m", "m"),
    r"面积|^area($|[^a-z])|area_m2": ("area_m2", "m²"),
    r"方量|体积|volume": ("volume_m3", "m³"),
    r"金额|货值|amount": ("amount_yuan", "元"),
    r"流量|(^|_)flow": ("flow_m3s", "m³/s"),
    r"温度|temperature": ("temperature_c", "°C"),
    r"浊度|turbidity": ("turbidity", "NTU"),
    r"雨量|降雨|rainfall": ("rainfall_mm", "mm"),
    r"用电量|power_kwh": ("power_kwh", "kWh"),
    r"时长|minutes": ("minutes", "min"),
    r"人数|persons": ("persons", ""),
    r"^数量|(^|_)count$": ("count", ""),
}
_UNITS = {
    "m": r"米|m|metres?|meters?",
    "cm": r"厘米|cm",
    "mm": r"毫米|mm",
    "km": r"千米|公里|km",
    "ft": r"ft|feet|英尺",
    "m²": r"平方米|平米|㎡|m2|m²|sqm",
    "亩": r"亩|mu",
    "ha": r"公顷|ha",
    "m³": r"立方米|方|m3|m³",
    "元": r"元|yuan|cny|rmb",
    "万元": r"万元",
    "m³/s": r"立方米/秒|m3/s|m³/s|m3s",
    "°C": r"摄氏度|℃|°c|c",
    "NTU": r"ntu",
    "kWh": r"千瓦时|度|kwh",
    "min": r"分钟|分|min|minutes",
    "h": r"小时|h|hours?",
}


def quantity_of(column: Column) -> Quantity | None:
    """The quantity that a column of numbers is called after, or None."""
    for pattern, (attribute, unit) in QUANTITIES.items():
        if not re.search(pattern, column.name, re.IGNORECASE):
            continue
        m = re.search(r"[(（\[【]\s*([^)）\]】]+)\s*[)）\]】]\s*$|_([a-z0-9²³]+)$", column.name, re.IGNORECASE)
        word = (m[1] or m[2]).strip() if m else ""
        said = next((u for u, p in _UNITS.items() if re.fullmatch(p, word, re.IGNORECASE)), "")
        return Quantity(attribute, unit, said or (word if m and m[1] else ""))
    return None


@dataclass
class Columns:
    """The columns of a sample that are not yet spoken for, in order of the file."""

    left: dict[str, Column] = field(default_factory=dict)

    @classmethod
    def of(cls, names: Sequence[str], rows: Sequence[Mapping[str, str]]) -> Columns:
        return cls({n: Column(n, tuple(r.get(n, "").strip() for r in rows)) for n in names})

    def take(self, *names: str) -> None:
        for name in names:
            self.left.pop(name, None)

    def called(self, *kinds: str) -> list[Column]:
        return [c for c in self.left.values() if c.called(*kinds)]
