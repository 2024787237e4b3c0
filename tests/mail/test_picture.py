"""The map in the letter: same bytes, signs in their places, no boxes instead of words."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image
from playwright.sync_api import Browser

from geo_monitor.engine.columns import LayerColumns
from geo_monitor.mail import picture
from geo_monitor.mail.picture import MARKS, SIZE_PX, draw_map, drawable
from geo_monitor.mail.weekly import weekly_of, write_files
from geo_monitor.services.report import WeeklyReport
from tests.fakes import FakePost, MemoryStore
from tests.weekly_world import SmallHouse, furnish, incident, lead
from tests.weekly_world import settings as settings_of

BANNER = (0x8A, 0x1C, 0x7C)


def house_of(store: MemoryStore, **more: object) -> SmallHouse:
    return SmallHouse(store, FakePost(), settings_of(Path("unused"), **more))


def drawn(report: WeeklyReport, language: str = "zh", districts: LayerColumns | None = None) -> bytes:
    return draw_map(report, house_of(MemoryStore()).box, language, districts=districts)


def pixels(png: bytes) -> npt.NDArray[np.int16]:
    return np.asarray(Image.open(io.BytesIO(png)).convert("RGB")).astype(np.int16)


def near(picture: npt.NDArray[np.int16], colour: str | tuple[int, int, int], by: int = 12) -> npt.NDArray[np.bool_]:
    wanted = colour if isinstance(colour, tuple) else tuple(int(colour[k : k + 2], 16) for k in (1, 3, 5))
    found: npt.NDArray[np.bool_] = np.abs(picture - np.array(wanted)).max(axis=2) <= by
    return found


def report_with(*leads: object, incidents: int = 0) -> WeeklyReport:
    store = MemoryStore()
    with store.writing() as records:
        for made in leads:
            records.put_lead(made)  # type: ignore[arg-type]
        records.add_incidents([incident(n, lon=91.3, lat=29.75) for n in range(incidents)])
    return weekly_of(house_of(store))


def test_the_same_report_gives_the_same_bytes() -> None:
    store = MemoryStore()
    furnish(store)
    report = weekly_of(house_of(store))
    with store.reading() as records:
        districts, rivers = records.layer_columns("districts"), records.layer_columns("rivers")
    box = house_of(store).box
    first, again = (draw_map(report, box, "zh", districts=districts, rivers=rivers) for _ in range(2))
    assert first == again
    assert len(first) < 100_000
    assert Image.open(io.BytesIO(first)).size == SIZE_PX


def test_an_urgent_lead_is_a_red_sign_at_its_place() -> None:
    """Two leads at opposite corners: the signs lie as the leads do, and as far apart in proportion."""
    report = report_with(
        lead(1, lon=91.0, lat=29.6, urgency="high"),
        lead(2, lon=91.2, lat=29.7, urgency="high"),
        lead(3, lon=91.05, lat=29.6, urgency="high"),
    )
    rows, cols = np.nonzero(near(pixels(drawn(report)), MARKS["high"][1]))
    inside = rows < SIZE_PX[1] * 0.85  # not the sign of the legend
    rows, cols = rows[inside], cols[inside]
    north_east = cols[rows < np.median(rows) - 100].mean()
    south = np.sort(cols[rows > np.median(rows) - 20])
    west, third = south[south < south.mean() + 20].mean(), south[south > south.mean() + 20].mean()
    assert west < third < north_east
    assert (third - west) / (north_east - west) == pytest.approx(0.25, abs=0.02)


def test_no_sign_hides_under_banner_or_legend() -> None:
    """Leads in all four corners of what is shown: as many red pixels as in the middle, four times over."""
    corners = [(90.95, 29.55), (91.35, 29.55), (90.95, 29.75), (91.35, 29.75)]
    one = near(pixels(drawn(report_with(lead(1, lon=91.1, lat=29.6)))), MARKS["high"][1]).sum()
    four = near(
        pixels(drawn(report_with(*[lead(n, lon=x, lat=y) for n, (x, y) in enumerate(corners)]))), MARKS["high"][1]
    ).sum()
    # Each picture has one more sign in its legend.
    assert (four - one / 2) / (one / 2) == pytest.approx(4, rel=0.1)


@pytest.mark.parametrize("synthetic", [True, False])
def test_synthetic_data_says_so_on_the_picture(synthetic: bool) -> None:
    report = replace(report_with(lead(1)), synthetic=synthetic)
    assert bool(near(pixels(drawn(report)), BANNER).sum() > 20_000) is synthetic


def test_an_empty_week_still_shows_the_city() -> None:
    report = report_with()
    assert not report.markers
    assert len(np.unique(pixels(drawn(report)).reshape(-1, 3), axis=0)) > 1


def test_signs_no_font_has_are_left_out_not_drawn_as_boxes() -> None:
    unknown = "\U000e0101\U0010fffd"
    assert drawable([unknown, "Lhasa"], 10)[0] == "Lhasa"
    assert drawable([unknown], 10)[0] == ""


def test_without_any_chinese_font_the_english_words_serve(monkeypatch: pytest.MonkeyPatch) -> None:
    real = picture._fonts()
    monkeypatch.setattr(picture, "_fonts", lambda: tuple(f for f in real if f[0] == "DejaVu Sans"))
    assert drawable(["合成演示数据 / synthetic", "synthetic"], 10)[0] == "synthetic"
    store = MemoryStore()
    furnish(store)
    with store.reading() as records:
        districts = records.layer_columns("districts")
    with_words = drawn(weekly_of(house_of(store)), districts=districts)
    monkeypatch.setattr(picture, "_fonts", lambda: ())
    assert drawn(weekly_of(house_of(store)), districts=districts) != with_words


@pytest.mark.filterwarnings("error:Glyph")
def test_matplotlib_warns_of_no_missing_sign() -> None:
    store = MemoryStore()
    furnish(store)
    with store.reading() as records:
        districts = records.layer_columns("districts")
    for language in ("zh", "en"):
        assert drawn(weekly_of(house_of(store)), language, districts)


# ---- on a screen


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_letter_reads_on_a_phone_by_day_and_by_night(
    browser: Browser, tmp_path: Path, language: str, scheme: str
) -> None:
    store = MemoryStore()
    furnish(store, leads=14)
    house = house_of(store)
    write_files(house, weekly_of(house), tmp_path)
    context = browser.new_context(viewport={"width": 390, "height": 844}, color_scheme=scheme)  # type: ignore[arg-type]
    try:
        page = context.new_page()
        page.goto((tmp_path / f"weekly-2026-W46.{language}.html").as_uri())
        assert page.evaluate("document.documentElement.scrollWidth") == 390
        seen = page.evaluate(_LOOK)
    finally:
        context.close()
    assert len(seen["texts"]) > 60
    assert seen["picture"] > 900  # loaded, at its own width
    pale = [t for t in seen["texts"] if contrast(t["ink"], t["ground"]) < 4.5]
    assert pale == []
    assert min(t["size"] for t in seen["texts"]) >= 12
    light = sum(rgb(seen["paper"])) > 3 * 128
    assert light is (scheme == "light")


#: Every text with its own colour and that of the first opaque ground below it.
_LOOK = """() => {
  const texts = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const said = walker.currentNode.textContent.trim();
    if (!said) continue;
    let box = walker.currentNode.parentElement, ground = null;
    const style = getComputedStyle(box);
    while (box && !ground) {
      const c = getComputedStyle(box).backgroundColor;
      if (c !== 'rgba(0, 0, 0, 0)') ground = c;
      box = box.parentElement;
    }
    texts.push({said, ink: style.color, ground, size: parseFloat(style.fontSize)});
  }
  return {texts, picture: document.querySelector('img').naturalWidth,
          paper: getComputedStyle(document.querySelector('.sheet')).backgroundColor};
}"""


def rgb(said: str) -> tuple[int, ...]:
    return tuple(int(v) for v in said.removeprefix("rgb(").rstrip(")").split(",")[:3])


def contrast(ink: str, ground: str) -> float:
    """WCAG 2: relative luminances of both, 0.05 added, the lighter by the darker."""

    def linear(v: float) -> float:
        return v / 12.92 if v <= 0.03928 else ((v + 0.055) / 1.055) ** 2.4

    light, dark = sorted(
        (
            sum(w * linear(v / 255) for w, v in zip((0.2126, 0.7152, 0.0722), rgb(c), strict=True))
            for c in (ink, ground)
        ),
        reverse=True,
    )
    return (light + 0.05) / (dark + 0.05)
