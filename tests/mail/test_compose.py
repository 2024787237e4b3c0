"""What a letter says and how it is built: every figure twice, nothing from outside, no name of a reporter."""

from __future__ import annotations

import email
import html as entities
import re
import shutil
from dataclasses import replace
from datetime import UTC, datetime
from email import policy
from email.message import EmailMessage
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from jinja2 import UndefinedError

from geo_monitor.domain.words import LANGUAGES, Words
from geo_monitor.errors import ConfigError, NotFoundError
from geo_monitor.mail.compose import LARGEST_BYTES, LETTERS, Rendered, letters, message, render
from geo_monitor.mail.weekly import composer, weekly_of, write_files
from geo_monitor.services.ports import User
from tests.fakes import FakePost, MemoryStore
from tests.weekly_world import CITY, NOW, REPORTER_NAME, REPORTER_PHONE, SmallFeed, SmallHouse, furnish, lead
from tests.weekly_world import settings as settings_of

ROOT = Path(__file__).resolve().parents[2]
CREATED = datetime(2026, 11, 16, 7, 0, tzinfo=UTC)


def house_with(tmp_path: Path, leads: int = 6) -> SmallHouse:
    store = MemoryStore()
    furnish(store, leads=leads)
    return SmallHouse(store, FakePost(), settings_of(tmp_path))


def letter_of(house: SmallHouse, language: str = "zh", key: str = "weekly/2026-W46/chief") -> EmailMessage:
    user = User("chief", "Chief", "procurator", "x", "chief@office.example", language)
    _, body = composer(house)(user, weekly_of(house), key)
    parsed = email.message_from_bytes(body, policy=policy.default)
    assert isinstance(parsed, EmailMessage)
    return parsed


class Shown(HTMLParser):
    """The words a reader sees, and the addresses his program would fetch."""

    def __init__(self) -> None:
        super().__init__()
        self.words: list[str] = []
        self.links: list[str] = []
        self.fetched: list[str] = []
        self._hidden = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._hidden += tag in ("style", "title")
        for name, value in attrs:
            if name == "href":
                self.links.append(value or "")
            elif name in ("src", "background", "srcset", "poster", "data"):
                self.fetched.append(value or "")

    def handle_endtag(self, tag: str) -> None:
        self._hidden -= tag in ("style", "title")

    def handle_data(self, data: str) -> None:
        if not self._hidden and data.strip():
            self.words.append(" ".join(data.split()))


def shown(html: str) -> Shown:
    parser = Shown()
    parser.feed(html)
    return parser


# ---- the envelope


def test_a_letter_is_text_or_html_with_its_picture(tmp_path: Path) -> None:
    letter = letter_of(house_with(tmp_path))
    assert letter.get_content_type() == "multipart/alternative"
    text, related = letter.iter_parts()
    html, picture = related.iter_parts()  # type: ignore[union-attr]
    assert [p.get_content_type() for p in (text, related, html, picture)] == [
        "text/plain",
        "multipart/related",
        "text/html",
        "image/png",
    ]
    assert picture["Content-ID"] == "<map>"
    assert shown(html.get_content()).fetched == ["cid:map"]
    assert picture.get_content().startswith(b"\x89PNG")


def test_its_headers_tell_what_it_is_and_how_to_leave(tmp_path: Path) -> None:
    letter = letter_of(house_with(tmp_path))
    assert letter["To"] == "chief@office.example"
    assert letter["From"].addresses[0].addr_spec == "geo-monitor@office.example"
    assert letter["From"].addresses[0].display_name == "线索地图"
    assert letter["Date"].datetime == NOW
    assert letter["Auto-Submitted"] == "auto-generated"
    assert letter["List-Unsubscribe"] == "<mailto:geo-monitor@office.example?subject=unsubscribe>"
    assert letter["Subject"].startswith("〔合成演示〕线索周报 2026-W46：新增涉嫌线索 6 条")
    assert not letter.defects


def test_the_same_occasion_gives_the_same_bytes_and_another_another_message_id(tmp_path: Path) -> None:
    house = house_with(tmp_path)
    report, user = weekly_of(house), User("chief", "C", "procurator", "x", "chief@office.example")
    first, again = (composer(house)(user, report, "weekly/2026-W46/chief")[1] for _ in range(2))
    assert first == again
    other = composer(house)(user, report, "weekly/2026-W46/deputy")[1]
    ids = [email.message_from_bytes(b)["Message-ID"] for b in (first, other)]
    assert ids[0] != ids[1]
    assert all(re.fullmatch(r"<[0-9a-f]{40}@office\.example>", i) for i in ids)


def test_a_busy_week_still_makes_a_small_letter(tmp_path: Path) -> None:
    house = house_with(tmp_path, leads=400)
    for language in LANGUAGES:
        assert len(letter_of(house, language).as_bytes()) <= LARGEST_BYTES


@pytest.mark.parametrize("to", ["nobody", "a@b@c", "", "chief@office.example\r\nBcc: other@office.example"])
def test_what_is_no_address_is_refused(to: str) -> None:
    with pytest.raises(ConfigError):
        message(Rendered("s", "t", "h", {}), key="k", to=to, sender="a@office.example", created=CREATED)


def test_a_letter_too_large_is_not_written() -> None:
    with pytest.raises(ConfigError, match="300000"):
        message(Rendered("s", "t", "h", {"map": bytes(300_000)}), key="k", to="a@b.example", sender="a@b.example",
                created=CREATED)  # fmt: skip


# ---- what it says


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_text_says_everything_that_the_page_says(tmp_path: Path, language: str) -> None:
    text, related = letter_of(house_with(tmp_path, leads=30), language).iter_parts()
    page = shown(next(related.iter_parts()).get_content())  # type: ignore[union-attr]
    said = text.get_content()
    words = " ".join(page.words)
    assert len(re.findall(r"\d+", words)) > 80
    for number in set(re.findall(r"[\d.]+|L[0-9a-f]{12}|[A-Z]{3}-\d{3}", words)):
        assert number.strip(".") in said, number
    for place in ("合成河段", "东合成区", "hotline", "sensors", "drone", "import_feeds") if language == "zh" else (
        "Synthetic reach", "East Synthetic", "hotline", "sensors", "drone", "import_feeds"):  # fmt: skip
        assert place in words
        assert place in said
    for link in page.links:
        assert link in said


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_figure_of_the_report_is_in_the_text(tmp_path: Path, language: str) -> None:
    house = house_with(tmp_path, leads=9)
    report = weekly_of(house)
    text, _ = letter_of(house, language).iter_parts()
    said = text.get_content()
    for cell in report.cells:
        assert f"{cell.lon:.4f}, {cell.lat:.4f}: {cell.count} " in said
    for count in report.by_district_and_model:
        assert f"{count.model} {count.model_title.to(language)}: {count.leads}" in said
    for line in (*report.newest, *report.overdue):
        assert f"http://127.0.0.1:8765/leads/{line.id}" in said
    assert str(report.incidents) in said


def test_one_language_does_not_slip_into_the_other(tmp_path: Path) -> None:
    house = house_with(tmp_path)
    with house.store.writing() as records:  # the only Chinese of the English letter is the label of synthetic data
        records.put_lead(lead(77))
    english = letter_of(house, "en")
    text, related = english.iter_parts()
    for said in (text.get_content(), next(related.iter_parts()).get_content(), english["Subject"]):  # type: ignore[union-attr]
        body = re.sub(r"<style>.*?</style>", "", said, flags=re.S).replace("合成演示数据", "")
        assert re.findall(r"[\u4e00-\u9fff]+", body) == []


def test_no_reporter_is_named_anywhere(tmp_path: Path) -> None:
    for language in LANGUAGES:
        letter = letter_of(house_with(tmp_path), language)
        parts = [p.get_content() for p in letter.walk() if p.get_content_maintype() == "text"]
        assert parts
        for secret in (REPORTER_NAME, REPORTER_PHONE, "key-1"):
            assert not any(secret in p for p in parts)


def test_every_flag_is_called_suspected(tmp_path: Path) -> None:
    assert "涉嫌" in letter_of(house_with(tmp_path))["Subject"]
    assert "suspected" in letter_of(house_with(tmp_path), "en")["Subject"]


def test_silence_is_told_from_nothing_to_report(tmp_path: Path) -> None:
    house = house_with(tmp_path)
    assert "系统有异常" in letter_of(house)["Subject"]
    well = MemoryStore()
    furnish(well)
    with well.writing() as records:
        for run in records.runs("import_feeds"):
            records.put_run(replace(run, outcome="done", error=""))
    quiet = SmallHouse(well, FakePost(), settings_of(tmp_path), feeds={"hotline": SmallFeed(), "patrol": SmallFeed()})
    with well.writing() as records:
        (sensors,) = [f for f in records.feeds() if f.feed == "sensors"]
        records.feed_heard(replace(sensors, at=NOW))
    letter = letter_of(quiet)
    assert "系统有异常" not in letter["Subject"]
    text, _ = letter.iter_parts()
    assert "没有出现的内容即为没有发生" in text.get_content()
    empty = SmallHouse(MemoryStore(), FakePost(), settings_of(tmp_path), feeds={})
    text, _ = letter_of(empty).iter_parts()
    assert "无法判断沉默的含义" in text.get_content()


HOSTILE = [
    "{{7*7}}",
    "{% raw",
    "${x}",
    "`",
    "</script><b>",
    "<img src=x onerror=alert(1)>",
    "a\r\nBcc: x@y.example",
    "\u202e&amp;",
]


@pytest.mark.parametrize("typed", HOSTILE)
def test_what_somebody_typed_is_shown_as_it_was_typed(tmp_path: Path, typed: str) -> None:
    house = house_with(tmp_path)
    with house.store.writing() as records:
        records.put_lead(lead(5, about=Words(typed, typed), title=Words(typed, typed)))
    letter = letter_of(house)
    text, related = letter.iter_parts()
    page = next(related.iter_parts()).get_content()  # type: ignore[union-attr]
    flat = " ".join(typed.split())
    assert flat in text.get_content()
    assert flat in " ".join(shown(page).words)
    assert "<img src=x" not in page
    assert letter["Bcc"] is None
    assert entities.escape(flat, quote=False) in page or entities.escape(flat) in page


@given(typed=st.text(max_size=60))
@settings(max_examples=60, deadline=None)
def test_no_text_can_break_a_subject(typed: str) -> None:
    folder = LETTERS
    report: Any = weekly_report(Words(typed, typed))
    made = render("weekly", "zh", report, zone=CITY.zone, folder=folder)
    assert "\n" not in made.subject
    assert "\r" not in made.subject


def weekly_report(city: Words) -> dict[str, Any]:

    from geo_monitor.domain.lead import URGENCY_WORDS

    house = SmallHouse(MemoryStore(), FakePost(), settings_of(Path("unused")), feeds={})
    return {"report": replace(weekly_of(house), city=city), "link": "http://127.0.0.1:1", "urgency": URGENCY_WORDS}


def test_reasons_have_the_words_of_the_pages() -> None:
    for language in LANGUAGES:
        pages = yaml.safe_load((ROOT / f"webmap/translations/{language}.yaml").read_text(encoding="utf-8"))["reason"]
        words = (LETTERS / "weekly/words.jinja").read_text(encoding="utf-8")
        for code, said in pages.items():
            assert re.search(rf"'{code}': say\(.*'{re.escape(said)}'", words), (language, code)


# ---- found by itself


def test_a_new_letter_is_a_folder_and_nothing_else(tmp_path: Path) -> None:
    shutil.copytree(LETTERS, tmp_path / "letters")
    new = tmp_path / "letters" / "welcome"
    new.mkdir()
    (new / "subject.txt").write_text("{{ say('欢迎', 'Welcome') }} {{ name }}", encoding="utf-8")
    (new / "text.txt").write_text("{{ say('您好', 'Hello') }} {{ name }}", encoding="utf-8")
    (new / "letter.html").write_text("<style>p{color:red}</style><p>{{ name }}</p>", encoding="utf-8")
    assert set(letters(tmp_path / "letters")) - set(letters()) == {"welcome"}
    made = render("welcome", "en", {"name": "<b>A</b>"}, zone=CITY.zone, folder=tmp_path / "letters")
    assert (made.subject, made.text) == ("Welcome <b>A</b>", "Hello <b>A</b>\n")
    assert '<p style="color: red;">&lt;b&gt;A&lt;/b&gt;</p>' in made.html


def test_a_letter_that_lacks_a_part_is_named(tmp_path: Path) -> None:
    (tmp_path / "half").mkdir()
    (tmp_path / "half" / "text.txt").write_text("")
    with pytest.raises(ConfigError, match=r"half.*subject\.txt"):
        letters(tmp_path)


def test_an_unknown_letter_is_told_with_those_there_are() -> None:
    with pytest.raises(NotFoundError, match="weekly"):
        render("monthly", "zh", {}, zone=CITY.zone)


def test_a_value_nobody_gave_is_an_error_not_an_empty_place() -> None:
    with pytest.raises(UndefinedError):
        render("weekly", "zh", {}, zone=CITY.zone)


def test_the_files_can_be_opened_without_mail(tmp_path: Path) -> None:
    house = house_with(tmp_path)
    written = write_files(house, weekly_of(house), tmp_path / "out")
    assert len(written) == 6
    for path in (p for p in written if p.suffix == ".html"):
        (picture,) = shown(path.read_text(encoding="utf-8")).fetched
        assert (tmp_path / "out" / picture).is_file()
