"""The weekly letter: report, picture and words brought together, as files or into the outbox."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Protocol

from geo_monitor.config import Settings
from geo_monitor.domain.clock import Clock
from geo_monitor.domain.lead import URGENCY_WORDS
from geo_monitor.domain.place import Box
from geo_monitor.domain.words import LANGUAGES
from geo_monitor.engine.columns import LayerColumns
from geo_monitor.errors import CallError
from geo_monitor.mail.compose import Rendered, message, render
from geo_monitor.mail.picture import draw_map
from geo_monitor.services.outbox import Compose, Written, write_weekly
from geo_monitor.services.ports import Store, User
from geo_monitor.services.report import (
    WeeklyReport,
    issued,
    last_whole_week,
    parse_week,
    read_material,
    weekly,
)


class HouseLike(Protocol):
    """The part of ``wiring.House`` that the letter needs."""

    @property
    def settings(self) -> Settings: ...
    @property
    def store(self) -> Store: ...
    @property
    def clock(self) -> Clock: ...
    @property
    def box(self) -> Box: ...
    @property
    def feeds(self) -> Mapping[str, Any]: ...


def weekly_of(house: HouseLike, week: str | None = None) -> WeeklyReport:
    """The report of a week like ``2026-W46`` (default: the last whole one of the city's calendar). If it was sent, it
    is shown as it was sent. Raises ConfigError for anything that is no week."""
    city, now = house.settings.city, house.clock.now()
    asked = parse_week(week) if week else last_whole_week(now, city.zone)
    try:
        feeds: Mapping[str, Any] = house.feeds
    except CallError:
        # A feed mapping that cannot be read makes the import fail, and the report says so; it must not stop the letter.
        feeds = {}
    with house.store.reading() as records:
        return issued(records, asked) or weekly(
            read_material(records, asked, city.zone, feeds, now), asked, now=now, city=city, known_feeds=sorted(feeds)
        )


def write_letters(house: HouseLike, report: WeeklyReport) -> int:
    """Puts one letter for each recipient into the outbox; how many were new."""
    return issue(house, report).written


def issue(house: HouseLike, report: WeeklyReport) -> Written:
    return write_weekly(house.store, report, composer(house), house.clock.now())


def write_files(house: HouseLike, report: WeeklyReport, folder: Path) -> list[Path]:
    """The letter in each language as text, HTML and picture, named ``weekly-2026-W46.zh.html`` and so on."""
    folder.mkdir(parents=True, exist_ok=True)
    rendered = _renderer(house)
    written: list[Path] = []
    for language in LANGUAGES:
        letter = rendered(report, language)
        stem = f"weekly-{report.week}.{language}"
        html = letter.html
        for name, png in letter.pictures.items():
            (folder / f"{stem}.{name}.png").write_bytes(png)
            html = html.replace(f"cid:{name}", f"{stem}.{name}.png")
            written.append(folder / f"{stem}.{name}.png")
        (folder / f"{stem}.html").write_text(html, encoding="utf-8")
        (folder / f"{stem}.txt").write_text(f"{letter.subject}\n\n{letter.text}", encoding="utf-8")
        written += [folder / f"{stem}.html", folder / f"{stem}.txt"]
    return sorted(written)


def composer(house: HouseLike) -> Compose:
    """What the outbox calls for each recipient. The picture is drawn once a language, not once a person."""
    rendered, mail, now = _renderer(house), house.settings.mail, house.clock.now()

    def compose(user: User, report: WeeklyReport, key: str) -> tuple[str, bytes]:
        letter = rendered(report, user.language)
        return letter.subject, message(letter, key=key, to=user.email.strip(), sender=mail.sender, created=now)

    return compose


def _renderer(house: HouseLike) -> Callable[[WeeklyReport, str], Rendered]:
    with house.store.reading() as records:
        districts, rivers = records.layer_columns("districts"), records.layer_columns("rivers")
    return _render_with(house.settings, house.box, districts, rivers)


def _render_with(
    settings: Settings, box: Box, districts: LayerColumns | None, rivers: LayerColumns | None
) -> Callable[[WeeklyReport, str], Rendered]:
    kept: dict[tuple[str, str], Rendered] = {}

    def rendered(report: WeeklyReport, language: str) -> Rendered:
        known = kept.get((report.week, language))
        if known is None:
            picture = draw_map(report, box, language, districts=districts, rivers=rivers)
            values = {"report": report, "link": settings.mail.link.rstrip("/"), "urgency": URGENCY_WORDS}
            known = render("weekly", language, values, zone=settings.city.zone, pictures={"map": picture})
            kept[report.week, language] = known
        return known

    return rendered
