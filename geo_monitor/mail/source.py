"""The letter about one feed: that it fell silent, or that it speaks again."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from geo_monitor.domain.words import Words
from geo_monitor.mail.compose import Rendered, message, render
from geo_monitor.mail.weekly import HouseLike
from geo_monitor.services.accounts import RIGHTS
from geo_monitor.services.feed_health import STATE_WORDS, News, keep_told, news_of, read_health, read_told
from geo_monitor.services.outbox import addressed, recipients
from geo_monitor.services.ports import Letter, Records, User


def tell_of_sources(house: HouseLike) -> dict[str, int]:
    """Letters on every feed that fell silent or speaks again, into the outbox: one per silence and person, however
    often this runs. Returns counts for the run of the job."""
    now, feeds = house.clock.now(), house.feeds
    with house.store.reading() as records:
        healths = read_health(records, feeds, now)
        news = news_of(healths, read_told(records, [h.feed for h in healths]), feeds)
        people = readers(records)
    letters = {n.health.feed: _letters(house, n, people, now) for n in news}
    written = 0
    for one in news:
        with house.store.writing() as records:
            # Somebody else may have told of it since: the keys of the letters make sure that it is told once.
            written += sum(records.enqueue(letter) for letter in letters[one.health.feed])
            keep_told(records, one.health.feed, one.after)
    states = {state: sum(h.state == state for h in healths) for state in STATE_WORDS}
    return {"feeds": len(healths), **{k: n for k, n in states.items() if n}, "letters": written}


def readers(records: Records) -> list[User]:
    """Those of the weekly letter's readers who may see how the system runs; if none of them may, all of them."""
    people = recipients(records)
    return [u for u in people if "house" in RIGHTS.get(u.role, ())] or people


def source_key(news: News, user: User) -> str:
    return f"source/{news.health.feed}/{news.kind}/{news.began.isoformat()}/{user.email.strip().casefold()}"


def _letters(house: HouseLike, news: News, people: list[User], now: datetime) -> list[Letter]:
    if news.kind == "over":
        return []

    def compose(user: User, key: str) -> tuple[str, bytes]:
        letter = render_source(house, news, user.language, now)
        sender = house.settings.mail.sender
        return letter.subject, message(letter, key=key, to=user.email.strip(), sender=sender, created=now)

    return [addressed(user, source_key(news, user), now, compose) for user in people]


def render_source(house: HouseLike, news: News, language: str, now: datetime) -> Rendered:
    """The letter in one language."""
    mapping = house.feeds.get(news.health.feed)
    city = house.settings.city
    values: Mapping[str, Any] = {
        "news": news,
        "health": news.health,
        "feed": getattr(mapping, "title", None) or Words.of(news.health.feed),
        "city": Words(city.name_zh or city.name_en, city.name_en or city.name_zh),
        "synthetic": city.synthetic,
        "time_zone": city.time_zone,
        "now": now,
        "lasted": span_words(((news.health.last_heard if news.kind == "speaks" else now) or now) - news.began),
        "expected": span_words(news.health.expected) if news.health.expected else None,
        "link": house.settings.mail.link.rstrip("/"),
    }
    return render("source", language, values, zone=city.zone)


def span_words(span: timedelta) -> Words:
    """A span of time in its largest whole unit below which nothing matters: 3 天, 5 小时, 20 分钟."""
    minutes = int(span.total_seconds() // 60)
    if minutes >= 2880 or (minutes >= 1440 and minutes % 1440 == 0):
        n = minutes // 1440
        return Words(f"{n} 天", f"{n} day{'s' * (n != 1)}")
    if minutes >= 60:
        n = minutes // 60
        return Words(f"{n} 小时", f"{n} hour{'s' * (n != 1)}")
    return Words(f"{minutes} 分钟", f"{minutes} minute{'s' * (minutes != 1)}")
