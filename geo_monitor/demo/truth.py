"""What the generator planted: the questions to which the answers are known."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import date
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Planted:
    """An offence that ``model`` should flag at the subject (``found``), or a near miss that it must not.
    ``incidents``
    are ``feed/number`` of the reports; a model that watches a layer has ``records`` (``layer/id``) instead.
    ``why`` says
    it in a sentence."""

    model: str
    layer: str
    subject: str
    found: bool
    why: str
    incidents: tuple[str, ...] = ()
    records: tuple[str, ...] = ()


@dataclass(frozen=True)
class Truth:
    """``incidents`` counts good reports once; ``resent`` rows repeat some of them; ``faulty`` counts rows by
    fault."""

    seed: int
    today: date
    incidents: int
    resent: int
    faulty: Mapping[str, int]
    planted: tuple[Planted, ...] = field(default=())

    def as_dict(self) -> dict[str, Any]:
        return {
            "seed": self.seed,
            "today": self.today.isoformat(),
            "incidents": self.incidents,
            "resent": self.resent,
            "faulty": dict(sorted(self.faulty.items())),
            "planted": [asdict(p) for p in self.planted],
        }

    @classmethod
    def read(cls, path: Path) -> Truth:
        d = json.loads(path.read_text(encoding="utf-8"))
        return cls(
            d["seed"],
            date.fromisoformat(d["today"]),
            d["incidents"],
            d["resent"],
            d["faulty"],
            tuple(
                Planted(**{**p, "incidents": tuple(p["incidents"]), "records": tuple(p["records"])})
                for p in d["planted"]
            ),
        )
