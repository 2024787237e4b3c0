"""The words of the pages in the languages of the office: ``translations/{zh,en}.yaml`` with equal keys.

A word of the page is asked for by its key (``_('queue.title')``), a code of the data by its drawer and itself
(``word_for('category', 'sand_mining')``); a code without a word is shown as it is, a missing key is a fault.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import yaml
from flask import Flask, g, request
from flask.wrappers import Response

from geo_monitor.domain.lead import STATUS_WORDS
from geo_monitor.domain.words import LANGUAGES, Words
from geo_monitor.supervision import vocabulary
from webmap._shared import house

COOKIE = "language"
_FOLDER = Path(__file__).parent / "translations"
_YEAR = 365 * 24 * 3600

#: Codes whose words stand with the data. What is not here is looked for in the translations (``evidence.photo``).
_CODED: Mapping[str, Mapping[str, Words]] = {
    "category": vocabulary.CATEGORIES,
    "agency": vocabulary.AGENCIES,
    "domain": vocabulary.DOMAIN_WORDS,
    "source": vocabulary.SOURCE_WORDS,
    "model_status": vocabulary.MODEL_STATUS_WORDS,
}


@cache
def texts(language: str) -> Mapping[str, str]:
    """Dotted key → text of one language."""
    data = yaml.safe_load((_FOLDER / f"{language}.yaml").read_text(encoding="utf-8"))
    return dict(_flat("", data))


def _flat(prefix: str, data: Mapping[str, Any]) -> list[tuple[str, str]]:
    out: list[tuple[str, str]] = []
    for key, value in data.items():
        name = f"{prefix}{key}"
        out.extend(_flat(f"{name}.", value) if isinstance(value, Mapping) else [(name, str(value))])
    return out


def say(key: str, **values: object) -> str:
    """The text of this key in the language of the request, with ``{names}`` filled in. Plain text: the template
    escapes it. A key that is not there is a KeyError, which the tests meet before a reader does."""
    text = texts(language())[key]
    return text.format(**values) if values else text


def word_for(drawer: str, code: str) -> str:
    """The word for a code of the data (a category, an agency, a reason); the code itself where there is none."""
    return texts(language()).get(f"{drawer}.{code}", code)


def coded(drawer: str, code: str) -> str:
    """As ``word_for``, and with a capital where the language has capitals: it stands at the head of a line or in a
    list of choices."""
    words = _CODED.get(drawer, {}).get(code)
    text = words.to(language()) if words is not None else word_for(drawer, code)
    return text[:1].upper() + text[1:] if words is not None else text


def in_language(value: Words | Mapping[str, str] | str | None) -> str:
    """Words of the data in the language of the request, in the other one if this one is missing."""
    return "" if value is None else Words.of(value).to(language())


def language() -> str:
    return str(getattr(g, "language", LANGUAGES[0]))


def moment(value: datetime | None, *, seconds: bool = False) -> str:
    """A time in the zone of the city, to the minute."""
    if value is None:
        return ""
    return value.astimezone(house().settings.city.zone).strftime(f"%Y-%m-%d %H:%M{':%S' if seconds else ''}")


def day(value: datetime | date | None) -> str:
    """The day of the city on which a moment falls."""
    if isinstance(value, datetime):
        value = value.astimezone(house().settings.city.zone).date()
    return "" if value is None else value.isoformat()


def number(value: float) -> str:
    """With thousands marked; whole numbers without decimals, others with at most one."""
    return f"{value:,.0f}" if float(value).is_integer() else f"{value:,.1f}"


def unit_words(unit: str) -> str:
    return word_for("unit", unit)


def said_counts(counts: Mapping[str, Any]) -> str:
    """The counts of a run in one line, names as the job wrote them."""
    return ", ".join(f"{name} {value}" for name, value in counts.items())


def site_title() -> str:
    web = house().settings.web
    return web.title_en if language() == "en" else web.title_zh


def city_name() -> str:
    city = house().settings.city
    return (city.name_en or city.name_zh) if language() == "en" else (city.name_zh or city.name_en)


def same_page(other: str) -> str:
    """The address of this page in the other language."""
    pairs = [(k, v) for k, v in request.args.items(multi=True) if k != "lang"]
    return f"?{urlencode([*pairs, ('lang', other)])}"


def mark(text: str) -> str:
    """A short mark that stands for a text where an id is needed."""
    return hashlib.sha256(text.encode()).hexdigest()[:8]


def install(app: Flask) -> None:
    """Chooses the language of each request (``?lang=``, then the cookie, the person's own, the browser's) and
    gives the templates their words."""
    app.before_request(_choose)
    app.after_request(_remember)
    app.jinja_env.globals.update(
        _=say,
        word_for=word_for,
        coded=coded,
        say_in=in_language,
        language=language,
        unit_words=unit_words,
        said_counts=said_counts,
        site_title=site_title,
        city_name=city_name,
        same_page=same_page,
        status_words=STATUS_WORDS,
    )
    app.jinja_env.filters.update(moment=moment, day=day, number=number, hash_of=mark)


def _choose() -> None:
    asked = request.args.get("lang", "")
    kept = request.cookies.get(COOKIE, "")
    if asked in LANGUAGES:
        g.language = asked
    elif kept in LANGUAGES:
        g.language = kept
    else:
        g.language = request.accept_languages.best_match(LANGUAGES) or LANGUAGES[0]


def speak_to(own_language: str) -> None:
    """The language of the signed-in person, unless this browser was told otherwise."""
    told = request.args.get("lang", "") in LANGUAGES or request.cookies.get(COOKIE, "") in LANGUAGES
    if not told and own_language in LANGUAGES:
        g.language = own_language


def _remember(response: Response) -> Response:
    if request.args.get("lang", "") in LANGUAGES:
        response.set_cookie(
            COOKIE, language(), max_age=_YEAR, samesite="Lax", httponly=True, secure=house().settings.web.secure_cookies
        )
    return response
