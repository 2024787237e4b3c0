"""A synthetic duty roster: a river chief for each reach, and river chief, chief procurator and police chief for
each district.

Names are like 合成河长-03. Some posts are vacant, and on 16 March 2026 several people changed posts, so that an
act before that day and one after it have different people to answer for them.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from geo_monitor.demo.ground import DISTRICT_NAMES, Ground

CHANGE = date(2026, 3, 16)
LAST_BEFORE = date(2026, 3, 15)
SINCE = date(2023, 1, 1)

#: Districts whose post is empty: (district, role, the last day it was filled; None: never in these years).
VACANT = {
    ("540123", "police_chief"): date(2025, 6, 30),
    ("540122", "chief_procurator"): None,
    ("540124", "river_chief"): LAST_BEFORE,
    ("540121", "river_chief"): None,
}
#: Every so many reaches one has lost its chief with the change of posts, and one was never given one.
VACANT_REACH_EVERY = 9
CHANGED_REACH_EVERY = 6


@dataclass(frozen=True)
class RosterRow:
    place: str
    role: str
    post: str
    name: str
    office: str
    valid_from: date
    valid_to: date | None


def make_roster(ground: Ground) -> list[RosterRow]:
    rows: list[RosterRow] = []
    chiefs = _numbers("合成河长")
    for k, reach in enumerate(ground.reaches):
        place, office = f"rivers/{reach.id}", f"{DISTRICT_NAMES[reach.district][0]}河长制办公室(合成)"
        post = "乡镇级河长" if k % 2 else "县级河长"
        if k % VACANT_REACH_EVERY == 2:
            continue
        if k % VACANT_REACH_EVERY == 6:
            rows.append(RosterRow(place, "river_chief", post, next(chiefs), office, SINCE, LAST_BEFORE))
        elif k % CHANGED_REACH_EVERY == 0:
            rows += [
                RosterRow(place, "river_chief", post, next(chiefs), office, SINCE, LAST_BEFORE),
                RosterRow(place, "river_chief", post, next(chiefs), office, CHANGE, None),
            ]
        else:
            rows.append(RosterRow(place, "river_chief", post, next(chiefs), office, SINCE, None))
    posts = {
        "river_chief": ("县级总河长", "河长制办公室(合成)", chiefs),
        "chief_procurator": ("检察长", "人民检察院(合成)", _numbers("合成检察长")),
        "police_chief": ("河湖警长", "公安局(合成)", _numbers("合成警长")),
    }
    for code, (name, _) in DISTRICT_NAMES.items():
        for role, (post, office, names) in posts.items():
            place, at = f"districts/{code}", f"{name}{office}"
            last = VACANT.get((code, role), date.max)
            if last is None:
                continue
            if last != date.max:
                rows.append(RosterRow(place, role, post, next(names), at, SINCE, last))
            elif code in ("540102", "540103"):
                rows += [
                    RosterRow(place, role, post, next(names), at, SINCE, LAST_BEFORE),
                    RosterRow(place, role, post, next(names), at, CHANGE, None),
                ]
            else:
                rows.append(RosterRow(place, role, post, next(names), at, SINCE, None))
    return rows


class _Names:
    def __init__(self, kind: str) -> None:
        self.kind, self.given = kind, 0

    def __iter__(self) -> _Names:
        return self

    def __next__(self) -> str:
        self.given += 1
        return f"{self.kind}-{self.given:02d}"


def _numbers(kind: str) -> _Names:
    return _Names(kind)
