"""From the rows of an unknown file to a draft of its mapping: what each column is, in one pass in which each step
takes away the columns that it has explained. Pure: rows in, ``Draft`` out."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np
from rapidfuzz import fuzz

from geo_monitor.domain.incident import EVIDENCE, SOURCES
from geo_monitor.domain.place import Box
from geo_monitor.domain.words import Words
from geo_monitor.reading.datum import Reference, crs_reference, datum_of
from geo_monitor.reading.draft import Draft, DraftAttribute, DraftWord, Kind, Remark, count_of, shown
from geo_monitor.reading.draft_columns import (
    MOST,
    Column,
    Columns,
    Floats,
    Times,
    Zone,
    in_box,
    is_whole_world,
    quantity_of,
    read_pairs,
    read_points,
    times_of,
    zones_of,
)
from geo_monitor.reading.draft_words import PHONE_MAPS, category_of, evidence_of, source_of, source_of_name
from geo_monitor.reading.report_files import GEOMETRY
from geo_monitor.reading.sampling import Sample
from geo_monitor.reading.tables import ROW_1
from geo_monitor.reading.vectors import PlaceColumns

#: More words of one column than this are no list of categories that a person would read.
MOST_WORDS = 300
#: Longer than this is a sentence, and sentences are nobody's business here.
LONGEST_WORD = 40
SEPARATORS = (";", "；", ",", "，", "、", "|")
_TOTALS = ("合计", "总计", "小计", "total", "sum")
_NO_REPORT = re.compile(r"重复|作废|撤销|撤单|无效|测试|误报|dup|void|cancel|test", re.IGNORECASE)
_PERSONAL = re.compile(r"[0-9*]{7,}|@")


# ---- from rows to a draft -------------------------------------------------------------------------------------------


def draft_mapping(sample: Sample, *, feed: str = "", box: Box, time_zone: str = "Asia/Shanghai") -> Draft:
    """A draft for the file of ``sample``. ``box`` of the city in WGS 84 degrees tells longitude from latitude, and the
    zones of metres that bring the places into the city; ``feed`` is the name that a person gave ("": from the file)."""
    return _Drafting(sample, feed, box, time_zone).draft()


class _Drafting:
    """One pass over the columns; each step takes away what it has explained. People first: what is theirs is not
    looked at again."""

    def __init__(self, sample: Sample, feed: str, box: Box, time_zone: str) -> None:
        self.sample, self.box, self.time_zone = sample, box, time_zone
        self.main = max(sample.sheets, key=lambda s: len(s.rows))
        alike = [s for s in sample.sheets if set(s.columns) == set(self.main.columns)]
        self.rows = [r for s in alike for r in s.rows]
        self.columns = Columns.of([c for c in self.main.columns if any(c in s.said for s in alike)], self.rows)
        self.remarks: dict[str, list[Remark]] = {}
        stem = sample.file.rsplit(".", 1)[0]
        slug = re.sub(r"[^a-z0-9]+", "_", stem.lower()).strip("_")
        self.feed, self.title = feed or slug, stem

    def remark(self, key: str, kind: Kind, zh: str, en: str) -> None:
        self.remarks.setdefault(key, []).append(Remark(kind, Words(zh, en)))

    def draft(self) -> Draft:
        self._extent()
        reporter = self._reporter()
        datum_column, datum_map = self._datum_column()
        place, lon, lat, in_metres = self._place()
        occurred, reported = self._times()
        ids = self._id()
        source, source_column, source_map = self._source()
        category, words = self._category()
        evidence, separator, evidence_map = self._evidence()
        accuracy = self._accuracy()
        skip, skip_words = self._skip()
        text = self._text()
        attributes = self._attributes()
        self._datum(bool(datum_column), in_metres)
        draft = Draft(
            self.sample.file,
            len(self.rows),
            self.feed,
            self.title,
            source,
            source_column,
            source_map,
            (),
            self._header(),
            datum_column,
            datum_map,
            "" if self.time_zone == "Asia/Shanghai" else self.time_zone,
            ids,
            *occurred,
            *reported,
            text,
            category,
            words,
            place,
            in_metres,
            accuracy,
            reporter,
            evidence,
            separator,
            evidence_map,
            attributes,
            skip,
            skip_words,
            tuple(self.columns.left),
            {},
            *((np.zeros(0), np.zeros(0)) if in_metres or datum_column else (lon, lat)),
        )
        if not self.feed:
            self.remark(
                "feed", "decide", "数据来源的名称：小写字母、数字、_ 和 -", "a name: small letters, digits, _ and -"
            )
        draft = replace(draft, sheets=self._sheets(draft))
        return replace(draft, remarks={k: tuple(v) for k, v in self.remarks.items()})

    # ---- the file as a whole

    def _extent(self) -> None:
        unfit = sum(s.unfit for s in self.sample.sheets)
        if unfit:
            self.remark(
                "file",
                "doubt",
                f"{unfit} 行与表头不符（引号未闭合或多出单元格），进入隔离区",
                f"{count_of(unfit).en} not fitting the header (an open quote, cells too many): quarantine",
            )
        if any(s.more for s in self.sample.sheets):
            self.remark("file", "note", "文件还有更多行", "the file has more rows")

    def _header(self) -> str:
        header = self.sample.header
        if header is None or header == ROW_1:
            return ""
        said = f"{header.first}" if header.first == header.last else f"{header.first}-{header.last}"
        self.remark(
            "header", "doubt", f"表头看来在第 {said} 行", f"the names of the columns seem to stand in row {said}"
        )
        return said

    def _sheets(self, draft: Draft) -> tuple[str, ...]:
        if len(self.sample.sheets) + len(self.sample.left_out) < 2:
            return ()
        used = set(draft.columns)
        fitting = [s.name for s in self.sample.sheets if used <= set(s.columns)]
        others = [n for n in (*(s.name for s in self.sample.sheets), *self.sample.left_out) if n not in fitting]
        if len(fitting) > 1:
            self.remark(
                "sheets",
                "doubt",
                "这些工作表的列相同；已撤销或归档的工单也可能长得一样，请逐一核对",
                "these sheets have the same columns; one of cancelled orders would look the same, so check each",
            )
        if others:
            names = "、".join(others), ", ".join(others)
            self.remark("sheets", "note", f"不读取的工作表：{names[0]}", f"sheets that are not read: {names[1]}")
        return tuple(fitting) if len(fitting) > 1 else ()

    # ---- people

    def _reporter(self) -> dict[str, str]:
        slots: dict[str, list[tuple[Column, bool]]] = {"id": [], "name": [], "phone": []}
        others: list[Column] = []
        for column in list(self.columns.left.values()):
            slot, sure = _personal(column)
            if slot == "other":
                others.append(column)
            elif slot:
                slots[slot].append((column, sure))
        found = {}
        for slot, columns in slots.items():
            columns.sort(key=lambda c: (not c[1], -c[0].filled))
            for k, (column, sure) in enumerate(columns):
                self.columns.take(column.name)
                if k:
                    others.append(column)
                    continue
                found[slot] = column.name
                if not sure:
                    what = {"id": ("个人编号", "numbers of persons"), "name": ("姓名", "names of persons"),
                            "phone": ("电话号码", "telephone numbers")}[slot]  # fmt: skip
                    zh, en = ("内容", "cells") if not column.called(*_SLOT_NAMES[slot]) else ("列名", "name")
                    self.remark(
                        "columns.reporter",
                        "doubt",
                        f"{shown(column.name)}：只有{zh}像{what[0]}；先按报告人信息另行保管",
                        f"{shown(column.name)}: only its {en} {'speaks' if en == 'name' else 'speak'} of {what[1]}; "
                        "kept apart to be safe",
                    )
        for column in others:
            self.columns.take(column.name)
            self.remark(
                "columns.reporter",
                "doubt",
                f"{shown(column.name)} 看来也是个人信息，映射只能另行保管编号、姓名、电话各一列；请单位删去此列",
                f"{shown(column.name)} seems personal too, and a mapping keeps one id, name and phone apart; have "
                "the office leave the column out",
            )
        return found

    # ---- where

    def _datum_column(self) -> tuple[str, dict[str, str]]:
        for column in list(self.columns.left.values()):
            if column.distinct > 20 or column.angles >= 0.5:
                continue
            known = column.share(lambda c: datum_of(c) is not None or _phone_map(c))
            if known < (0.5 if column.called("datum") else MOST):
                continue
            self.columns.take(column.name)
            mapped = {w: str(datum_of(w)) for w in column.words if datum_of(w) is not None}
            self.remark(
                "datum",
                "doubt",
                f"{shown(column.name)} 逐行写明坐标系；请与提供单位核实这些字样的含义",
                f"{shown(column.name)} names the system row by row; ask the office whether it means what it writes",
            )
            for word, n in column.words.most_common(20):
                if word not in mapped:
                    likely = _phone_map(word)
                    self.remark(
                        "datum",
                        "doubt",
                        f"{shown(word)}（{n} 行）未对应，这些行进入隔离区"
                        + (f"；该地图通常用 {likely}" if likely else ""),
                        f"{shown(word)} ({count_of(n).en}) is not mapped, which means quarantine"
                        + (f"; that map usually gives {likely}" if likely else ""),
                    )
            empty = len(self.rows) - column.filled
            if empty:
                self.remark(
                    "datum",
                    "note",
                    f"{empty} 行未写坐标系，进入隔离区",
                    f"{count_of(empty).en} without one: quarantine",
                )
            return column.name, mapped
        return "", {}

    def _place(self) -> tuple[PlaceColumns, Floats, Floats, bool]:
        for way in (self._geometry, self._lon_lat, self._both, self._wkt, self._metres):
            found = way()
            if found is not None:
                return found
        self.remark(
            "columns.place",
            "decide",
            "没有找到坐标：填写 lon 和 lat、x 和 y、wkt、lonlat 或 latlon",
            "no coordinates were found: name lon and lat, x and y, wkt, lonlat or latlon",
        )
        return PlaceColumns(), np.zeros(0), np.zeros(0), False

    def _geometry(self) -> tuple[PlaceColumns, Floats, Floats, bool] | None:
        column = self.columns.left.get(GEOMETRY)
        if self.sample.header is not None or column is None:
            return None
        self.columns.take(GEOMETRY)
        return self._of_shapes(column, PlaceColumns(wkt=GEOMETRY))

    def _wkt(self) -> tuple[PlaceColumns, Floats, Floats, bool] | None:
        column = next((c for c in self.columns.left.values() if c.shapes >= 0.5), None)
        if column is None:
            return None
        self.columns.take(column.name)
        return self._of_shapes(column, PlaceColumns(wkt=column.name))

    def _of_shapes(self, column: Column, place: PlaceColumns) -> tuple[PlaceColumns, Floats, Floats, bool]:
        x, y, others = read_points(column)
        if others:
            self.remark(
                "columns.place",
                "doubt",
                f"{others:.0%} 的几何不是点，这些行进入隔离区",
                f"{others:.0%} of the shapes are no points; such rows go to quarantine",
            )
        in_metres = _in_metres(x, y)
        if in_metres:
            zones = self._zones(x, y)
            if zones and zones[0].turned:
                self._turned_shapes()
        elif self._turned(x, y) > 0.5:
            self._turned_shapes()
        else:
            self._box(x, y)
        return place, x, y, in_metres

    def _turned_shapes(self) -> None:
        self.remark(
            "columns.place",
            "doubt",
            "几何中的两个数看来写反了（应先东后北）；映射不能对调，请提供单位更正",
            "the two numbers of the shapes seem to stand the wrong way round (east comes first); no mapping can turn "
            "them, have the office correct them",
        )

    def _lon_lat(self) -> tuple[PlaceColumns, Floats, Floats, bool] | None:
        pair = self._named_pair("lon", "lat") or self._pair_by_content() or self._named_pair("x", "y")
        if pair is None:
            return None
        east, north = pair
        lon, lat = east.degrees(), north.degrees()
        if _in_metres(lon, lat):
            return None
        self.columns.take(east.name, north.name)
        turned = self._turned(lon, lat)
        if turned > 0.5:
            self.remark(
                "columns.place",
                "doubt",
                f"{shown(east.name)} 与 {shown(north.name)} 看来对调了（{turned:.0%} 的地点对调后才在本市），已对调",
                f"{shown(east.name)} and {shown(north.name)} seem exchanged: {turned:.0%} of the places lie in the "
                "city only the other way round, and so they are taken here",
            )
            east, north, lon, lat = north, east, lat, lon
        else:
            self._box(lon, lat, turned)
        if max(east.share(_is_written_out), north.share(_is_written_out)) >= 0.1:
            self.remark(
                "columns.place", "note", "含度分秒写法，照样能读", "written in degrees, minutes, seconds: read so"
            )
        return PlaceColumns(lon=east.name, lat=north.name), lon, lat, False

    def _named_pair(self, first: str, second: str) -> tuple[Column, Column] | None:
        least = 0.5
        lons = [c for c in self.columns.called(first) if c.angles >= least and not c.called("accuracy")]
        lats = [c for c in self.columns.called(second) if c.angles >= least and not c.called("accuracy")]
        pairs = [(a, b) for a in lons for b in lats if a is not b]
        if not pairs:
            return None
        turn = str.maketrans({"经": "纬", "东": "北"})

        def alike(pair: tuple[Column, Column]) -> tuple[float, int]:
            a, b = pair
            name = a.name.translate(turn).lower().replace("lon", "lat").replace("x", "y")
            return min(a.filled, b.filled), int(fuzz.ratio(name, b.name.lower()))

        best = max(pairs, key=alike)
        rest = [c.name for c in {*lons, *lats} - {*best}] if first != "x" else []
        if rest:
            names = "、".join(map(shown, sorted(rest))), ", ".join(map(shown, sorted(rest)))
            self.remark(
                "columns.place",
                "doubt",
                f"另有坐标列 {names[0]}，未采用",
                f"there are coordinates in {names[1]} too; not taken",
            )
        return best

    def _pair_by_content(self) -> tuple[Column, Column] | None:
        if is_whole_world(self.box):
            return None
        found: dict[str, list[Column]] = {"lon": [], "lat": []}
        b = self.box
        for column in self.columns.left.values():
            if column.numbers < MOST or column.distinct < 2 or column.called("id", "counter", "x", "y"):
                continue
            values = column.degrees()
            told = values[np.isfinite(values)]
            for axis, low, high in (("lon", b.west, b.east), ("lat", b.south, b.north)):
                fractions = float((told != np.round(told)).mean())
                if float(((told >= low) & (told <= high)).mean()) >= MOST and fractions >= 0.5:
                    found[axis].append(column)
        if len(found["lon"]) != 1 or len(found["lat"]) != 1 or found["lon"] == found["lat"]:
            return None
        self.remark(
            "columns.place",
            "doubt",
            "只凭数值落在本市范围认出经纬度，列名没有说明",
            "told to be longitude and latitude only by lying in the city's box; the names do not say so",
        )
        return found["lon"][0], found["lat"][0]

    def _both(self) -> tuple[PlaceColumns, Floats, Floats, bool] | None:
        column = max(
            (c for c in self.columns.left.values() if c.pairs >= 0.5 and not _is_time(c)),
            key=lambda c: (c.called("both"), c.filled),
            default=None,
        )
        if column is None:
            return None
        self.columns.take(column.name)
        order, lon, lat, said = read_pairs(column, self.box)
        self.remark(
            "columns.place",
            "doubt",
            f"{shown(column.name)} 一格两数，按落入本市的多少看来{'经度' if order == 'lonlat' else '纬度'}在前"
            + (f"；{said:.0%} 自己写明了" if said else ""),
            f"{shown(column.name)} has both in one cell; by what lies in the city the "
            f"{'longitude' if order == 'lonlat' else 'latitude'} comes first"
            + (f"; {said:.0%} say so themselves" if said else ""),
        )
        self._box(lon, lat)
        return PlaceColumns(**{order: column.name}), lon, lat, False

    def _metres(self) -> tuple[PlaceColumns, Floats, Floats, bool] | None:
        pair = self._named_pair("x", "y") or self._named_pair("lon", "lat")
        if pair is None:
            return None
        east, north = pair
        self.columns.take(east.name, north.name)
        zones = self._zones(east.degrees(), north.degrees())
        if zones and zones[0].turned:
            self.remark(
                "columns.place",
                "doubt",
                f"{shown(north.name)} 看来是东坐标、{shown(east.name)} 是北坐标（测绘中 X 指北）",
                f"{shown(north.name)} seems to be the easting, {shown(east.name)} the northing (surveyors' X is north)",
            )
            east, north = north, east
        return PlaceColumns(x=east.name, y=north.name), np.zeros(0), np.zeros(0), True

    def _zones(self, x: Floats, y: Floats) -> list[Zone]:
        zones = zones_of(x, y, self.box)
        if not zones:
            self.remark(
                "datum",
                "doubt",
                "数值是米，但没有 CGCS2000 或 UTM 分带能使地点落入本市范围",
                "the numbers are metres, and no zone of CGCS2000 or UTM brings them into the city's box",
            )
        for zone in {z.crs: z for z in reversed(zones)}.values():
            name = _name_of(zone.crs)
            self.remark(
                "datum",
                "note",
                f"若为 {zone.crs}（{name}），{zone.share:.0%} 的地点在本市",
                f"as {zone.crs} ({name}) {zone.share:.0%} of the places lie in the city",
            )
        return zones

    def _turned(self, lon: Floats, lat: Floats) -> float:
        """The share of the places that lie in the city only with their numbers exchanged."""
        if is_whole_world(self.box):
            return 0.0
        return in_box(lat, lon, self.box)

    def _box(self, lon: Floats, lat: Floats, turned: float | None = None) -> None:
        if is_whole_world(self.box):
            self.remark(
                "columns.place",
                "note",
                "工作区未设城市范围，无法核对经纬是否颠倒",
                "the workspace has no box of the city: nobody can tell whether the axes are swapped",
            )
            return
        turned = self._turned(lon, lat) if turned is None else turned
        if turned:
            self.remark(
                "columns.place",
                "doubt",
                f"{turned:.0%} 的地点经纬看来写反，这些行进入隔离区",
                f"in {turned:.0%} of the rows the two seem swapped; such rows go to quarantine",
            )
        inside = in_box(lon, lat, self.box)
        if np.isfinite(lon).any() and inside < 0.5 and not turned:
            self.remark(
                "columns.place",
                "doubt",
                f"只有 {inside:.0%} 的地点在本市范围内",
                f"only {inside:.0%} of the places lie in the city's box",
            )

    def _datum(self, by_row: bool, in_metres: bool) -> None:
        """Never filled in: only who measured knows it."""
        if by_row:
            return
        if in_metres:
            zh = "坐标单位是米：请单位说明坐标系，把此行改为 crs: EPSG:n。北京54、西安80 的数值看起来一样，可差上百米"
            en = (
                "the coordinates are metres: the office must say of which system; write crs: EPSG:n in place of this "
                "line. Beijing 1954 and Xian 1980 look the same and lie up to a hundred metres off"
            )
        else:
            zh = "坐标系须由提供单位说明：WGS84、CGCS2000、GCJ02（高德、腾讯）、BD09（百度）。看数值分不出，差几百米"
            en = (
                "the coordinate system, as the office says: WGS84, CGCS2000, GCJ02 (phone maps), BD09 (Baidu). The "
                "numbers do not show it, and the wrong one is hundreds of metres off"
            )
        self.remarks.setdefault("datum", []).insert(0, Remark("decide", Words(zh, en)))
        carried = self.main.carried
        if carried:
            found = crs_reference(carried)
            name = found.name if isinstance(found, Reference) else "?"
            self.remark(
                "datum",
                "note",
                f"文件自带 {name}；确信可靠时写 datum: in_file（手机地图的点也常标成 WGS84）",
                f"the file itself says {name}; write datum: in_file where that can be trusted (points from phone maps "
                "are often labelled WGS84)",
            )

    # ---- when

    def _times(self) -> tuple[tuple[str, str | None], tuple[str, str | None]]:
        told: list[tuple[Column, Times]] = []
        for column in list(self.columns.left.values()):
            if not _is_time(column):
                continue
            times = times_of(column)
            if times.share >= 0.5:
                told.append((column, times))
            elif times.serial and column.called("time"):
                self.remark(
                    "columns.occurred",
                    "doubt",
                    f"{shown(column.name)} 是电子表格的日期序号，读不了；请按日期格式另存",
                    f"{shown(column.name)} holds day numbers of a spreadsheet, not read: have it saved as dates",
                )
        live = [t for t in told if not t[0].called("later")]
        acts = [t for t in live if t[0].called("occurred")]
        receipts = [t for t in live if t[0].called("reported") and t not in acts]
        plain = sorted((t for t in live if t not in acts and t not in receipts), key=lambda t: t[1].middle)
        occurred = next(iter([*acts, *plain]), None)
        reported = next(iter([*receipts, *(t for t in plain if t is not occurred)]), None)
        if occurred is None and reported is not None:
            occurred, reported = reported, None
            self.remark(
                "columns.occurred",
                "doubt",
                "文件只写明何时登记，暂作发生时间",
                "the file only says when it was written down; taken for the time of the act",
            )
        elif occurred is not None and not acts:
            if len(plain) + len(receipts) > 1:
                self.remark("columns.occurred", "doubt", "按先后猜测", "guessed by which column is the earlier")
        elif len(acts) > 1:
            names = "、".join(shown(c.name) for c, _ in acts[1:]), ", ".join(shown(c.name) for c, _ in acts[1:])
            self.remark("columns.occurred", "doubt", f"也可能是 {names[0]}", f"{names[1]} may be meant as well")
        if occurred is None:
            self.remark("columns.occurred", "decide", "没有找到时间列", "no column of times was found")
        for key, chosen in (("columns.occurred", occurred), ("columns.reported", reported)):
            if chosen is not None:
                self._tell_times(key, *chosen)
        return _written(occurred), _written(reported)

    def _tell_times(self, key: str, column: Column, times: Times) -> None:
        self.columns.take(column.name)
        if times.turned:
            self.remark(
                key,
                "decide",
                f"日月先后分不清：{times.pattern} 与 {times.turned} 都读得通；选定一个写入 format",
                f"day or month first? {times.pattern} and {times.turned} both read it; write the one that is meant",
            )
        elif times.pattern:
            self.remark(
                key, "doubt", f"按 {times.pattern} 读得 {times.share:.0%}", f"{times.share:.0%} read as {times.pattern}"
            )
        if times.share < 1.0:
            bad = column.filled - round(times.share * column.filled)
            self.remark(
                key,
                "note",
                f"{bad} 行的时间读不出，进入隔离区",
                f"{count_of(bad).en} with a time that cannot be read: quarantine",
            )
        if times.day_only >= 0.5:
            self.remark(key, "note", "多数只写到日，按当日正午计", "most name only the day, which counts as its noon")
        elif times.midnight >= 0.2 and column.filled >= 10:
            self.remark(
                key,
                "doubt",
                f"{times.midnight:.0%} 恰在零点：也许只知道日期，却会算作夜间",
                f"{times.midnight:.0%} are at midnight exactly: perhaps only the day is known; they count as at night",
            )

    # ---- what

    def _id(self) -> tuple[str, ...]:
        named = [c for c in self.columns.called("id", "counter") if not c.called("no_id")]
        named.sort(key=lambda c: (c.called("counter"), not c.is_unique, -c.filled))
        column = named[0] if named else None
        if column is None or (column.called("counter") and not column.is_unique):
            others = [c for c in self.columns.left.values() if c.is_unique and _is_short(c)]
            column = others[0] if others else column
            if others:
                self.remark(
                    "id",
                    "doubt",
                    "列名没有说是编号，只是每行不同",
                    "its name does not call it a number; it is only different in every row",
                )
        if column is None:
            self.remark(
                "id",
                "decide",
                "没有每行不同的编号；可写合起来不重复的几列，如 [日期, 电话分机]",
                "no column is different in every row; name several that are together, such as [day, desk]",
            )
            return ()
        self.columns.take(column.name)
        counts = f"{column.distinct}/{column.filled}"
        if column.distinct < column.filled:
            self.remark(
                "id",
                "doubt" if not column.is_unique else "note",
                f"{column.filled} 个编号中 {column.distinct} 个不同：内容不同而编号相同的行进入隔离区",
                f"{column.distinct} of {column.filled} differ: rows of one id and different contents go to quarantine",
            )
        else:
            self.remark("id", "note", f"样本中各不相同（{counts}）", f"all different in the sample ({counts})")
        if column.called("counter"):
            self.remark(
                "id",
                "doubt",
                "看来是文件内的序号：下一个文件又从 1 开始，会被当作同一件",
                "it seems to count the rows of this file: the next file begins at 1 again, as if it were the same",
            )
        totals = sum(n for w, n in column.words.items() if w.lower() in _TOTALS)
        if totals:
            self.remark("id", "note", f"{totals} 行是合计，进入隔离区", f"{count_of(totals).en} of totals: quarantine")
        return (column.name,)

    def _source(self) -> tuple[str, str, dict[str, str]]:
        for column in self.columns.called("source"):
            if column.distinct <= 30 and column.share(source_of) >= MOST:
                self.columns.take(column.name)
                return "", column.name, {w: s for w in column.words if (s := source_of(w))}
        named = source_of_name(self.feed, self.title, *(s.name for s in self.sample.sheets))
        if named:
            self.remark("source", "doubt", "按名称猜测", "guessed by the name")
            return named, "", {}
        known = ", ".join(SOURCES)
        self.remark("source", "decide", f"信息渠道：{known} 之一", f"where the reports come from: one of {known}")
        return "", "", {}

    def _category(self) -> tuple[str, tuple[DraftWord, ...]]:
        def sure(column: Column) -> float:
            return column.share(lambda c: category_of(c).ours)

        few = [c for c in self.columns.left.values() if _repeats(c)]
        named = [c for c in few if c.called("category")]
        others = [c for c in few if c not in named and c.distinct > 1 and sure(c) >= MOST]
        ranked = sorted(named, key=lambda c: (-sure(c), c.distinct == 1)) or others
        if not ranked:
            self.remark(
                "columns.category",
                "decide",
                "没有类别列：写一个类别，全部来件都属此类",
                "no column of categories: write the one category of all these reports",
            )
            return "", ()
        column = ranked[0]
        self.columns.take(column.name)
        if column not in named:
            self.remark(
                "columns.category",
                "doubt",
                "列名没有说，内容像类别",
                "its name does not say so; its words are like ours",
            )
        if len(ranked) > 1:
            names = "、".join(shown(c.name) for c in ranked[1:]), ", ".join(shown(c.name) for c in ranked[1:])
            self.remark("columns.category", "doubt", f"也可能是 {names[0]}", f"{names[1]} may be meant as well")
        empty = len(self.rows) - column.filled
        if empty:
            self.remark(
                "columns.category",
                "note",
                f"{empty} 行没有类别，进入隔离区",
                f"{count_of(empty).en} without one: quarantine",
            )
        words = [DraftWord(w, n, category_of(w)) for w, n in column.words.most_common()]
        if not any(w.meaning.ours for w in words):
            self.remark(
                "columns.category",
                "decide",
                "没有一个词能确定对应：至少对应一个",
                "not one of its words is surely one of ours: map one at least",
            )
        return column.name, tuple(words)

    def _evidence(self) -> tuple[str, str, dict[str, str]]:
        for column in self.columns.called("evidence"):
            counts = {s: sum(n for c, n in column.words.items() if s in c) for s in SEPARATORS}
            separator = max(SEPARATORS, key=lambda s: counts[s]) if any(counts.values()) else ""
            words = {w.strip() for c in column.words for w in (c.split(separator) if separator else [c])} - {""}
            if len(words) > MOST_WORDS or not words:
                continue
            known = {w: evidence_of(w) for w in words}
            if any(not _showable(w) or not k for w, k in known.items()):
                self.remark(
                    "columns.evidence",
                    "note",
                    f"{shown(column.name)} 看来是附件，但内容不全是 {', '.join(EVIDENCE)} 之类的字样，未采用",
                    f"{shown(column.name)} seems to be evidence, but not all its words are kinds such as "
                    f"{', '.join(EVIDENCE)}; left out",
                )
                continue
            self.columns.take(column.name)
            return column.name, separator, {w: k for w, k in sorted(known.items()) if w != k}
        return "", "", {}

    def _accuracy(self) -> str:
        column = next((c for c in self.columns.called("accuracy") if c.numbers >= MOST), None)
        if column is None:
            return ""
        self.columns.take(column.name)
        self.remark("columns.accuracy_m", "doubt", "以米计？", "are these metres?")
        return column.name

    def _skip(self) -> tuple[str, dict[str, int]]:
        for column in self.columns.called("status"):
            if not _repeats(column):
                continue
            said = {w: n for w, n in column.words.items() if _NO_REPORT.search(w) and _showable(w)}
            if said:
                self.columns.take(column.name)
                self.remark(
                    "skip",
                    "doubt",
                    f"{shown(column.name)} 有看来不算来件的行；确认后去掉以下各行前的 #",
                    f"{shown(column.name)} marks rows that may be no reports; if so, take away the # of these lines",
                )
                return column.name, said
        return "", {}

    def _text(self) -> tuple[str, ...]:
        found = [c for c in self.columns.called("text") if not c.called("later", "status") and c.numbers < 0.5]
        if not found:
            told = [c for c in self.columns.left.values() if max(c.pairs, c.shapes, c.numbers) < 0.5]
            told = [c for c in told if not c.called("address")]
            long = [c for c in told if _mean_length(c) >= 12 and c.distinct >= 0.5 * c.filled]
            found = [max(long, key=_mean_length)] if long else []
            if found:
                self.remark(
                    "columns.text",
                    "doubt",
                    "列名没有说，内容最长",
                    "its name does not say so; it has the longest texts",
                )
        for column in found:
            self.columns.take(column.name)
            if column.personal_in_text:
                self.remark(
                    "columns.text",
                    "doubt",
                    f"{shown(column.name)} 中 {column.personal_in_text} 行含有像电话或身份证号的数字，会随正文保存",
                    f"{count_of(column.personal_in_text).en} of {shown(column.name)} with what looks like a telephone "
                    "or identity number: it would be stored with the text",
                )
        return tuple(c.name for c in found)

    def _attributes(self) -> dict[str, DraftAttribute]:
        found: dict[str, DraftAttribute] = {}

        def take(name: str, column: Column, kind: str = "text") -> None:
            if name in found:
                return
            found[name] = DraftAttribute(column.name, kind)
            self.columns.take(column.name)

        for column in list(self.columns.left.values()):
            for name, share in (("credit_code", column.credit_codes), ("licence", column.food_licences)):
                if share >= 0.5 and name not in found:
                    take(name, column)
                    self.remark(
                        f"attributes.{name}",
                        "note" if share == 1.0 else "doubt",
                        f"{share:.0%} 校验位正确",
                        f"{share:.0%} have the right check digit",
                    )
                    break
            else:
                self._attribute(column, take)
        return found

    def _attribute(self, column: Column, take: Callable[..., None]) -> None:
        quantity = quantity_of(column)
        if quantity is not None and column.numbers >= 0.95:
            key = f"attributes.{quantity.attribute}"
            if quantity.differs:
                self.remark(
                    "unread",
                    "doubt",
                    f"{shown(column.name)} 以{quantity.said}计，而 {quantity.attribute} 以{quantity.unit}计，未采用",
                    f"{shown(column.name)} counts in {quantity.said}, not in {quantity.unit}: left out",
                )
                return
            take(quantity.attribute, column, "number")
            if quantity.unit and not quantity.said:
                self.remark(
                    key, "doubt", f"列名未写单位；应为 {quantity.unit}", f"no unit is named; {quantity.unit} is meant?"
                )
            if column.numbers < 1.0:
                self.remark(
                    key,
                    "doubt",
                    f"{1 - column.numbers:.1%} 不是数，这些行进入隔离区",
                    f"{1 - column.numbers:.1%} are no numbers; such rows go to quarantine",
                )
        elif column.plates >= MOST or (column.called("vehicle") and column.plates >= 0.5):
            take("vehicle", column)
        elif column.called("address") and column.numbers < 0.1 and column.pairs < 0.1:
            take("address", column)


# ---- small judgements -----------------------------------------------------------------------------------------------

_SLOT_NAMES: Mapping[str, tuple[str, ...]] = {"id": ("person_id",), "name": ("person",), "phone": ("phone",)}


def _personal(column: Column) -> tuple[str, bool]:
    """``id``, ``name``, ``phone``, ``other`` or "", and whether name and cells agree. Either is enough to keep a column
    apart."""
    if column.called("phone"):
        # A column of yes and no that speaks of mobile shops has nobody's number in it.
        flag = column.phonelike < 0.1 and column.distinct <= 3 and column.filled > 20
        return ("", False) if flag else ("phone", column.phonelike >= 0.5)
    if column.called("person_id"):
        return "id", True
    if column.called("person_other"):
        return "other", True
    if column.called("person") and not re.search(r"人数|类型|数量|count|type", column.name, re.IGNORECASE):
        # Names of all peoples and nicknames: that there are no numbers and no sentences must do.
        return "name", column.numbers < 0.2 and _mean_length(column) <= 24
    if column.residents >= 0.5:
        return "id", False
    if column.phones >= MOST:
        return "phone", False
    if column.mails >= MOST:
        return "other", False
    # Villages are called after families as well.
    if (
        not column.called("text", "address")
        and column.names >= MOST
        and column.filled >= 5
        and column.distinct >= 0.3 * column.filled
    ):
        return "name", False
    return "", False


def _is_time(column: Column) -> bool:
    """Digits in a row (20260301) may be a number as well: then the name must speak of time."""
    if column.called("time"):
        return True
    bare = column.share(lambda c: c.isdigit())
    return (
        bare < 0.5
        and column.share(lambda c: len(c) >= 8 and any(s in c for s in "-/年:")) >= MOST
        and bool(times_of(column).share >= MOST)
    )


def _written(chosen: tuple[Column, Times] | None) -> tuple[str, str | None]:
    """The column, and its format: None if none is needed, "" if a person must choose."""
    if chosen is None:
        return "", None
    column, times = chosen
    return column.name, "" if times.turned else times.pattern or None


def _in_metres(x: Floats, y: Floats) -> bool:
    both = np.concatenate([x[np.isfinite(x)], y[np.isfinite(y)]])
    return bool(len(both)) and float(np.median(np.abs(both))) > 360.0


def _is_written_out(cell: str) -> bool:
    return any(s in cell for s in "°度º′'分")


def _is_short(column: Column) -> bool:
    return _mean_length(column) <= LONGEST_WORD and column.shapes < 0.5 and column.pairs < 0.5


def _mean_length(column: Column) -> float:
    return sum(len(w) * n for w, n in column.words.items()) / max(column.filled, 1)


def _repeats(column: Column) -> bool:
    """Few words over and over, each fit to be shown: a list of choices, no text and no names."""
    if not 0 < column.distinct <= MOST_WORDS or (column.filled > 50 and column.distinct > 0.5 * column.filled):
        return False
    if column.names >= 0.5 and column.share(lambda c: category_of(c).ours) < 0.5:
        return False
    return column.numbers < 0.5 and all(_showable(w) for w in column.words)


def _showable(word: str) -> bool:
    return len(word) <= LONGEST_WORD and not _PERSONAL.search(word)


def _phone_map(word: str) -> str:
    return next((d for name, d in PHONE_MAPS.items() if name in word.lower()), "")


def _name_of(crs: str) -> str:
    from pyproj import CRS

    return str(CRS.from_user_input(crs).name)
