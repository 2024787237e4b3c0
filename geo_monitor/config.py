"""Settings of a workspace: ``geo-monitor.toml`` and four environment variables. Unknown keys are refused."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import tzinfo
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from geo_monitor.errors import ConfigError, Flaw

SETTINGS_FILE = "geo-monitor.toml"


@dataclass(frozen=True, slots=True)
class City:
    """``box`` is west, south, east, north in WGS 84 degrees: a point outside is quarantined. ``centre`` is the
    origin of the metric frame and of the grid cells, so it must not change while cell leads are open."""

    name_zh: str = ""
    name_en: str = ""
    box: tuple[float, float, float, float] = (-180.0, -90.0, 180.0, 90.0)
    centre: tuple[float, float] | None = None
    time_zone: str = "Asia/Shanghai"
    synthetic: bool = False

    @property
    def zone(self) -> tzinfo:
        return ZoneInfo(self.time_zone)

    @property
    def origin(self) -> tuple[float, float]:
        if self.centre is not None:
            return self.centre
        west, south, east, north = self.box
        return ((west + east) / 2, (south + north) / 2)


@dataclass(frozen=True, slots=True)
class LayerSource:
    """A file that the refresh job keeps watching. Paths are relative to the workspace. ``keep_last`` keeps, of the
    rows with one id, the one with the greatest value in ``order_by``."""

    layer: str
    file: str
    datum: str = ""
    crs: str = ""
    source: str = ""
    licence: str = ""
    map: Mapping[str, str] = field(default_factory=dict)
    constants: Mapping[str, str] = field(default_factory=dict)
    where: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    order_by: str = ""
    accuracy_m: float = 0.0
    synthetic: bool = False


@dataclass(frozen=True, slots=True)
class Mail:
    """Without ``smtp_url`` letters are written as files into ``folder``."""

    smtp_url: str = ""
    sender: str = "geo-monitor@localhost"
    folder: str = "files/outbox"
    link: str = "http://127.0.0.1:8765"


@dataclass(frozen=True, slots=True)
class Web:
    title_zh: str = "公益诉讼线索地图"
    title_en: str = "Public-interest lead map"
    map_approval: str = ""
    secure_cookies: bool = False


@dataclass(frozen=True, slots=True)
class Open311:
    """``public``: whether the reports that came over Open311 are served without a key. ``jurisdiction`` is the
    ``jurisdiction_id`` that callers may name ("": any), ``contact`` what the discovery document says."""

    public: bool = False
    jurisdiction: str = ""
    contact: str = ""
    requests_per_minute: int = 600


@dataclass(frozen=True, slots=True)
class Settings:
    workspace: Path
    city: City = field(default_factory=City)
    database_url: str = ""
    secret_key: str = ""
    mail: Mail = field(default_factory=Mail)
    web: Web = field(default_factory=Web)
    open311: Open311 = field(default_factory=Open311)
    layers: tuple[LayerSource, ...] = ()
    roster: str = "files/roster.csv"
    library: bool = True
    """Whether the models shipped with the package run beside those of the workspace."""
    jobs: Mapping[str, str] = field(default_factory=dict)
    """job name → cron line (or "off"), instead of the job's own WHEN."""

    @property
    def url(self) -> str:
        return self.database_url or f"sqlite:///{self.workspace / 'geo-monitor.db'}"


def read_settings(workspace: Path | str | None = None, environ: Mapping[str, str] | None = None) -> Settings:
    """Settings of the workspace folder (default: ``GEO_MONITOR_WORKSPACE``, else the current folder).

    The environment wins over the file for the database, the secret and the mail server. Raises ConfigError with every
    wrong key at once: file, key, value, what was expected.
    """
    env = os.environ if environ is None else environ
    folder = Path(workspace or env.get("GEO_MONITOR_WORKSPACE") or ".").resolve()
    path = folder / SETTINGS_FILE
    if not path.is_file():
        raise ConfigError(
            Flaw(
                "no_workspace",
                f"a workspace has a {SETTINGS_FILE}; make one with: geo-monitor init DIR",
                file=str(path),
            )
        )
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as e:
        raise ConfigError(Flaw("not_toml", f"a TOML file in UTF-8 ({e})", file=str(path))) from e
    book = _Reader(str(path))
    settings = Settings(
        workspace=folder,
        city=_city(book, book.table(data, "city")),
        database_url=env.get("GEO_MONITOR_DATABASE_URL")
        or book.text(book.table(data, "database"), "url", table="database"),
        secret_key=env.get("GEO_MONITOR_SECRET_KEY") or "",
        mail=book.build(
            Mail,
            book.table(data, "mail"),
            "mail",
            override={"smtp_url": env["GEO_MONITOR_SMTP_URL"]} if env.get("GEO_MONITOR_SMTP_URL") else {},
        ),
        web=book.build(Web, book.table(data, "web"), "web"),
        open311=book.build(Open311, book.table(data, "open311"), "open311"),
        layers=tuple(_layer_source(book, row, k) for k, row in enumerate(book.rows(data, "layers"))),
        roster=book.text(data, "roster", default="files/roster.csv"),
        library=book.flag(data, "library", default=True),
        jobs={k: str(v) for k, v in book.table(data, "jobs").items()},
    )
    named = [source.layer for source in settings.layers]
    for k, layer in enumerate(named):
        if layer and layer in named[:k]:
            book.flaw("repeated_layer", f"layers[{k}].layer", layer, "one file a layer: each load is a whole version")
    known = {"city", "database", "mail", "web", "open311", "layers", "roster", "library", "jobs"}
    for key in sorted(set(data) - known):
        book.flaw("unknown_key", key, data[key], f"one of {', '.join(sorted(known))}")
    for key in sorted(set(book.table(data, "database")) - {"url"}):
        book.flaw("unknown_key", f"database.{key}", data["database"][key], "only: url")
    book.close()
    return settings


class _Reader:
    """Reads typed values and collects every flaw, so that a person mends a file once."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.flaws: list[Flaw] = []

    def flaw(self, reason: str, key: str, value: object, expected: str) -> None:
        self.flaws.append(Flaw(reason, expected, file=self.file, field=key, value=str(value)))

    def close(self) -> None:
        if self.flaws:
            raise ConfigError(self.flaws)

    def table(self, data: Mapping[str, Any], key: str) -> Mapping[str, Any]:
        value = data.get(key, {})
        if isinstance(value, Mapping):
            return value
        self.flaw("not_a_table", key, value, f"a table [{key}]")
        return {}

    def rows(self, data: Mapping[str, Any], key: str) -> list[Mapping[str, Any]]:
        value = data.get(key, [])
        if isinstance(value, list) and all(isinstance(v, Mapping) for v in value):
            return value
        self.flaw("not_tables", key, value, f"tables [[{key}]]")
        return []

    def text(self, data: Mapping[str, Any], key: str, default: str = "", table: str = "") -> str:
        value = data.get(key, default)
        if isinstance(value, str):
            return value
        self.flaw("not_text", f"{table}.{key}".strip("."), value, "a text in quotes")
        return default

    def flag(self, data: Mapping[str, Any], key: str, default: bool) -> bool:
        value = data.get(key, default)
        if isinstance(value, bool):
            return value
        self.flaw("not_a_flag", key, value, "true or false")
        return default

    def build(
        self, kind: type[Any], data: Mapping[str, Any], table: str, override: Mapping[str, Any] | None = None
    ) -> Any:
        """A settings value from a table whose keys are its fields; types are those of the defaults."""
        defaults = kind()
        values: dict[str, Any] = {}
        for key, value in data.items():
            if key not in kind.__slots__:
                self.flaw("unknown_key", f"{table}.{key}", value, f"one of {', '.join(sorted(kind.__slots__))}")
            elif not isinstance(value, type(getattr(defaults, key))):
                self.flaw("wrong_type", f"{table}.{key}", value, f"a {type(getattr(defaults, key)).__name__}")
            else:
                values[key] = value
        return kind(**(values | dict(override or {})))


def _city(book: _Reader, data: Mapping[str, Any]) -> City:
    values: dict[str, Any] = {}
    for key, value in data.items():
        wanted = bool if key == "synthetic" else str
        if key in ("name_zh", "name_en", "time_zone", "synthetic") and isinstance(value, wanted):
            values[key] = value
        elif key in ("box", "centre"):
            size = 4 if key == "box" else 2
            if isinstance(value, list) and len(value) == size and all(isinstance(v, int | float) for v in value):
                values[key] = tuple(float(v) for v in value)
            else:
                book.flaw("wrong_type", f"city.{key}", value, f"{size} numbers in degrees")
        else:
            book.flaw("unknown_key", f"city.{key}", value, "one of box, centre, name_en, name_zh, synthetic, time_zone")
    if "box" in values:
        west, south, east, north = values["box"]
        if not (-180 <= west < east <= 180 and -90 <= south < north <= 90):
            book.flaw("not_a_box", "city.box", list(values["box"]), "west < east and south < north, in degrees")
    if "time_zone" in values:
        try:
            ZoneInfo(values["time_zone"])
        except (ZoneInfoNotFoundError, ValueError):
            book.flaw("unknown_time_zone", "city.time_zone", values.pop("time_zone"), "a zone like Asia/Shanghai")
    return City(**values)


def _layer_source(book: _Reader, row: Mapping[str, Any], k: int) -> LayerSource:
    at = f"layers[{k}]"
    values: dict[str, Any] = {}
    for key, value in row.items():
        if key not in LayerSource.__slots__:
            book.flaw("unknown_key", f"{at}.{key}", value, f"one of {', '.join(sorted(LayerSource.__slots__))}")
        elif key in ("map", "constants", "where"):
            if not isinstance(value, Mapping):
                book.flaw("not_a_table", f"{at}.{key}", value, 'a table {field = "column"}')
            elif key == "where":
                values[key] = {k2: tuple(map(str, v)) if isinstance(v, list) else (str(v),) for k2, v in value.items()}
            else:
                values[key] = {k2: str(v) for k2, v in value.items()}
        elif key == "accuracy_m" and isinstance(value, int | float):
            values[key] = float(value)
        elif (key == "synthetic" and isinstance(value, bool)) or isinstance(value, str):
            values[key] = value
        else:
            book.flaw("wrong_type", f"{at}.{key}", value, "a text in quotes")
    for key in ("layer", "file"):
        if not values.get(key):
            book.flaw("missing_key", f"{at}.{key}", "", "a layer source names its layer and its file")
            values[key] = ""
    return LayerSource(**values)
