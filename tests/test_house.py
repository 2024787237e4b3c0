"""The rules of the house. What is looked at is found by itself: nothing new has to be entered here."""

from __future__ import annotations

import ast
import base64
import hashlib
import json
import os
import re
import subprocess
import sys
import sysconfig
import time
import tomllib
import zipfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from geo_monitor.supervision.load import load_model

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("geo_monitor", "layers", "jobs", "webmap")
ON_WHEEL = os.environ.get("GEO_MONITOR_TEST_WHEEL") == "1"
SCRIPTS = Path(sysconfig.get_path("scripts"))

# English | Chinese, as the design names them.
WORDS = """
Incident 事件 · Feed 数据来源 · Layer 图层 · Feature 要素 · RiverReach 河段 · RiverManagementZone 河道管理范围 ·
HeritageSite 文物保护单位 · ProtectionRange 保护范围 · ControlZone 建设控制地带 · FoodBusiness 食品经营者 ·
District 行政区划 · SupervisionModel 监督模型 · Hit 命中 · Grounds 命中依据 · LegalBasis 法律依据 · Lead 线索 ·
ResponsibleTrio 三长 · river_chief 河湖长 · chief_procurator 检察长 · police_chief 警长 · Agency 行政机关 ·
Posting 任职 · Recommendation 检察建议 · ReplyDeadline 回复期限 · WorkingCalendar 工作日历 · FollowUp 回头看 ·
Hotspot 热点 · WeeklyReport 周报 · Datum 坐标系 · Trial 试运行 · Backtest 回测 · Exemption 例外
"""

# Nothing can be said here about files git keeps in an unpacked archive, nor about a wheel nobody built.
NO_GIT = "allowed: this is not a git work tree"
NO_WHEEL = "allowed: only `make test` builds the wheel"


# ------------------------------------------------------------------------------------------------- what there is


@cache
def tracked() -> tuple[Path, ...]:
    """The files that git keeps, as they are now."""
    done = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        pytest.skip(NO_GIT)
    return tuple(ROOT / name for name in done.stdout.split("\0") if name and (ROOT / name).is_file())


@cache
def text_of(path: Path) -> str | None:
    """None for what is not text."""
    content = path.read_bytes()
    if b"\0" in content[:8192]:
        return None
    return content.decode("utf-8", errors="replace")


def modules(folder: str) -> list[Path]:
    return sorted(path for path in (ROOT / folder).glob("*.py") if not path.name.startswith("_"))


def named(paths: list[Path]) -> Any:
    return [pytest.param(path, id=path.stem if path.is_file() else path.name) for path in paths]


LAYERS = modules("layers")
JOBS = modules("jobs")
PAGES = modules("webmap/pages")
MODELS = sorted((ROOT / "geo_monitor/supervision/library").rglob("*.yaml"))
LETTERS = sorted(
    path
    for path in (ROOT / "geo_monitor/mail/letters").glob("*")
    if path.is_dir() and not path.name.startswith(("_", "."))
)
TEMPLATES = sorted((ROOT / "webmap/templates").rglob("*.html"))
SOURCES = sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))


@cache
def handbook() -> str:
    pages = [ROOT / "README.md", *(ROOT / "docs" / f"{page}.md" for page in ("reference", "models", "layers"))]
    return "\n".join(page.read_text(encoding="utf-8") for page in pages if page.exists())


def told_in_the_handbook(name: str) -> bool:
    return re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", handbook()) is not None


def commands() -> Iterator[str]:
    """Every command a person can type, as words: `leads list`."""
    import click

    from geo_monitor.cli import main

    def walk(command: click.Command, words: tuple[str, ...]) -> Iterator[str]:
        if command.hidden:
            return
        if isinstance(command, click.Group):
            context = click.Context(command)
            for name in command.list_commands(context):
                child = command.get_command(context, name)
                assert child is not None
                yield from walk(child, (*words, name))
        else:
            yield " ".join(words)

    yield from walk(main, ())


# ------------------------------------------------------------------------------------------------- who may import


def test_import_contracts_hold() -> None:
    # The console script lies beside the libraries, which need not be where this interpreter is.
    code = "import sys; from importlinter.cli import lint_imports_command; sys.exit(lint_imports_command())"
    options = ["--no-logo", "--no-cache", "--config", str(ROOT / "pyproject.toml")]
    done = subprocess.run(
        [sys.executable, "-c", code, *options],
        cwd=ROOT,
        # The contracts are about the source at hand.
        env={**os.environ, "PYTHONPATH": str(ROOT), "COLUMNS": "120"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_room_of_the_main_package_has_its_place_in_the_layering() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    contracts = settings["tool"]["importlinter"]["contracts"]
    layering = " ".join(next(contract["layers"] for contract in contracts if contract["type"] == "layers"))
    placed = set(re.findall(r"geo_monitor\.(\w+)", layering))
    rooms = {
        path.stem
        for path in (ROOT / "geo_monitor").iterdir()
        if (path.suffix == ".py" or any(path.glob("*.py"))) and not path.name.startswith(("_", "."))
    }
    assert rooms <= placed, f"no contract says who may import {sorted(rooms - placed)}"


def test_every_contract_says_in_a_sentence_what_it_protects() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    for contract in settings["tool"]["importlinter"]["contracts"]:
        assert len(contract["name"].split()) >= 8, contract["name"]


def test_help_answers_without_opening_a_heavy_room() -> None:
    code = (
        "import sys\nfrom geo_monitor.cli import main\n"
        "try:\n    main(['--help'])\nexcept SystemExit:\n    pass\n"
        "print(*sorted(m for m in sys.modules if '.' not in m), file=sys.stderr)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd="/", capture_output=True, text=True, check=True)
    heavy = {"apscheduler", "flask", "folium", "geopandas", "jinja2", "matplotlib", "numpy", "pandas", "pyogrio"}
    heavy |= {"pyproj", "rasterio", "scipy", "shapely", "sqlalchemy", "openpyxl"}
    assert heavy & set(done.stderr.split()) == set()


def test_help_answers_within_half_a_second() -> None:
    def seconds() -> float:
        begun = time.perf_counter()
        subprocess.run([sys.executable, "-m", "geo_monitor", "--help"], cwd="/", stdout=subprocess.DEVNULL, check=True)
        return time.perf_counter() - begun

    assert min(seconds() for _ in range(7)) < 0.5  # the quickest: other tests run beside this one


# ------------------------------------------------------------------------------------------------- what is told


@pytest.mark.parametrize("path", named(LAYERS))
def test_every_layer_is_told_in_the_handbook(path: Path) -> None:
    assert told_in_the_handbook(path.stem)


@pytest.mark.parametrize("path", named(JOBS))
def test_every_job_is_told_in_the_handbook(path: Path) -> None:
    assert told_in_the_handbook(path.stem)


@pytest.mark.parametrize("path", named(PAGES))
def test_every_page_is_told_in_the_handbook(path: Path) -> None:
    assert told_in_the_handbook(path.stem)


@pytest.mark.parametrize("path", named(LETTERS))
def test_every_letter_is_told_in_the_handbook(path: Path) -> None:
    assert told_in_the_handbook(path.name)


@pytest.mark.parametrize("path", named(MODELS))
def test_every_model_is_told_in_the_handbook(path: Path) -> None:
    assert told_in_the_handbook(load_model(path).id)


def test_every_command_is_told_in_the_handbook() -> None:
    assert [name for name in commands() if not told_in_the_handbook(f"geo-monitor {name}")] == []


@pytest.mark.parametrize("word", [pytest.param(word.strip(), id=word.split()[0]) for word in WORDS.split("·")])
def test_every_word_of_the_house_has_a_row_in_the_glossary(word: str) -> None:
    english, chinese = word.split()
    rows = [line for line in (ROOT / "docs/glossary.md").read_text(encoding="utf-8").splitlines() if "|" in line]
    assert [row for row in rows if re.search(rf"(?<!\w){re.escape(english)}(?!\w)", row) and chinese in row], (
        f"no row of docs/glossary.md has both {english} and {chinese}"
    )


# ------------------------------------------------------------------------------------------------- what is shown


def html_names(path: Path) -> set[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return {
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and re.fullmatch(r"[\w/.-]+\.html", node.value)
    }


@pytest.mark.parametrize("path", named(PAGES))
def test_every_page_has_the_templates_it_names(path: Path) -> None:
    wanted = html_names(path)
    if "render_template" in path.read_text(encoding="utf-8"):
        assert wanted, "renders a template whose name cannot be read off the source"
    there = {template.relative_to(ROOT / "webmap/templates").as_posix() for template in TEMPLATES}
    assert wanted - there == set()


@pytest.mark.parametrize("path", named(TEMPLATES))
def test_every_template_is_used(path: Path) -> None:
    name = path.relative_to(ROOT / "webmap/templates").as_posix()
    by_code = {found for source in (ROOT / "webmap").rglob("*.py") for found in html_names(source)}
    by_templates = {
        found
        for template in TEMPLATES
        if template != path
        for found in re.findall(r"""["']([\w/.-]+\.html)["']""", template.read_text(encoding="utf-8"))
    }
    assert name in by_code | by_templates


@pytest.mark.parametrize("path", named(TEMPLATES))
def test_no_template_holds_a_script_or_a_style_of_its_own(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert re.findall(r"<script(?![^>]*\bsrc=)[^>]*>|<style\b|\sstyle\s*=|\son\w+\s*=\s*[\"']", text, re.I) == []
    # Only the map's own `div`, made from configuration, goes in as markup.
    assert re.findall(r"(?<!\.parts\.html)\s*\|\s*safe\b|autoescape\s+false", text) == [], "text would run as markup"


@cache
def translation(language: str) -> dict[str, str]:
    def flat(prefix: str, data: dict[str, Any]) -> Iterator[tuple[str, str]]:
        for key, value in data.items():
            if isinstance(value, dict):
                yield from flat(f"{prefix}{key}.", value)
            else:
                yield f"{prefix}{key}", value

    return dict(flat("", yaml.safe_load((ROOT / f"webmap/translations/{language}.yaml").read_text(encoding="utf-8"))))


def test_both_languages_have_the_same_keys() -> None:
    assert translation("zh").keys() ^ translation("en").keys() == set()


def test_every_key_has_a_text_with_the_same_names_to_fill_in() -> None:
    for key, chinese in translation("zh").items():
        english = translation("en").get(key, chinese)
        assert isinstance(chinese, str) and chinese.strip(), f"zh: {key}"
        assert isinstance(english, str) and english.strip(), f"en: {key}"
        assert set(re.findall(r"{(\w+)", chinese)) == set(re.findall(r"{(\w+)", english)), key


def test_every_key_a_page_asks_for_exists() -> None:
    asked: dict[str, str] = {}
    for template in TEMPLATES:
        for key in re.findall(r"""(?<![\w.])_\(\s*["']([\w.-]+)["']\s*[,)]""", template.read_text(encoding="utf-8")):
            asked[key] = template.name
    for source in (ROOT / "webmap").rglob("*.py"):
        for node in ast.walk(ast.parse(source.read_text(encoding="utf-8"))):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Name)
                and node.func.id in {"_", "say"}
                and node.args
                and isinstance(node.args[0], ast.Constant)
                and isinstance(node.args[0].value, str)
            ):
                asked[node.args[0].value] = source.name
    missing = {key: where for key, where in asked.items() if key not in translation("zh")}
    assert missing == {}


# folium renders what these put out a second time, as a template on the server, or puts text into the page as it is.
UNSAFE_IN_FOLIUM = {
    "Choropleth",
    "DivIcon",
    "GeoJson",
    "GeoJsonPopup",
    "GeoJsonTooltip",
    "Html",
    "IFrame",
    "Popup",
    "TimeSliderChoropleth",
    "TimestampedGeoJson",
    "Tooltip",
}


def _unsafe_uses(tree: ast.AST) -> Iterator[str]:
    from_folium: dict[str, str] = {}  # local name → what it is in folium or branca
    roots: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                if alias.name.split(".")[0] in {"folium", "branca"}:
                    roots.add((alias.asname or alias.name).split(".")[0])
        elif isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] in {"folium", "branca"}:
            for alias in node.names:
                from_folium[alias.asname or alias.name] = alias.name
                roots.add(alias.asname or alias.name)
                if alias.name in UNSAFE_IN_FOLIUM:
                    yield f"line {node.lineno}: {alias.name}"

    def root_of(node: ast.expr) -> str | None:
        while isinstance(node, ast.Attribute):
            node = node.value
        return node.id if isinstance(node, ast.Name) else None

    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and node.attr in UNSAFE_IN_FOLIUM and root_of(node) in roots:
            yield f"line {node.lineno}: {node.attr}"
        if isinstance(node, ast.Call) and (node.args or node.keywords):
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            if from_folium.get(name, name) == "Element" and root_of(node.func) in roots:
                yield f"line {node.lineno}: Element(text)"


@pytest.mark.parametrize(
    "path", [pytest.param(p, id=p.relative_to(ROOT).as_posix()) for p in SOURCES if p.stat().st_size]
)
def test_no_source_gives_text_to_folium(path: Path) -> None:
    assert list(_unsafe_uses(ast.parse(path.read_text(encoding="utf-8")))) == []


@pytest.mark.parametrize(
    "code",
    [
        "import folium\nfolium.Popup('x')",
        "import folium as f\nf.features.GeoJson(data)",
        "from folium import Tooltip",
        "from folium.plugins import TimestampedGeoJson as T",
        "from branca.element import Element\nElement('x')",
        "import branca\nbranca.element.Element(template)",
        "from branca import element as e\ne.Element('x')",
    ],
)
def test_the_folium_rule_notices_each_spelling(code: str) -> None:
    assert list(_unsafe_uses(ast.parse(code)))


# ------------------------------------------------------------------------------------------------- what is kept

# Spelled in pieces, so that this file does not name them either.
MACHINE_PATHS = re.compile(r"(?<![\w.~\-/*}])/(?:" + "|".join(["work", "root", "home"]) + r")/[\w.]")
HOSTS = re.compile(
    "|".join(["py" + "pi\\.org", "python" + "hosted", "registry\\.npm" + "js", "deb\\.deb" + "ian\\.org"])
)
FOREIGN = re.compile(
    r"\b(?:"
    + "|".join(["cla" + "ude", "anth" + "ropic", "open" + "ai", "chat" + "gpt", "co" + "pilot", "l" + "lms?"])
    + r"|(?:a"
    + r"i|coding|language-model)[ -](?:agents?|assistants?|sessions?)|sub-?agents?"
    + r"|co-"
    + r"authored-by)\b",
    re.I,
)


def mentions(pattern: re.Pattern[str]) -> list[str]:
    return [
        f"{path.relative_to(ROOT)}:{number}: {line.strip()[:120]}"
        for path in tracked()
        if (text := text_of(path)) is not None and pattern.search(text)
        for number, line in enumerate(text.splitlines(), 1)
        if pattern.search(line)
    ]


def test_no_file_names_a_path_of_one_machine() -> None:
    assert mentions(MACHINE_PATHS) == []


def test_no_file_names_a_package_registry() -> None:
    assert mentions(HOSTS) == []


def test_no_file_tells_how_it_came_to_be_written() -> None:
    assert mentions(FOREIGN) == []


@pytest.mark.parametrize("name", ["constraints.txt", "constraints-node.txt", "package.json", "package-lock.json"])
def test_lists_of_versions_hold_no_address(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    assert re.findall(r"https?:|git\+|file:|--(?:extra-)?index-url|--find-links|\"resolved\"", text) == []


@pytest.mark.parametrize("name", ["constraints.txt", "constraints-node.txt"])
def test_every_pinned_library_has_hashes(name: str) -> None:
    entries = re.split(r"\n(?=\S)", (ROOT / name).read_text(encoding="utf-8"))
    libraries = [entry for entry in entries if not entry.startswith("#")]
    assert libraries
    assert [entry.split()[0] for entry in libraries if "==" not in entry or "--hash=sha256:" not in entry] == []


def test_every_library_the_project_asks_for_is_pinned() -> None:
    from packaging.requirements import Requirement
    from packaging.utils import canonicalize_name

    pins = dict(re.findall(r"^([\w.-]+)==(\S+)", (ROOT / "constraints.txt").read_text(encoding="utf-8"), re.M))
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    asked = [*settings["project"]["dependencies"], *settings["build-system"]["requires"]]
    for extra in settings["project"]["optional-dependencies"].values():
        asked += extra
    for requirement in map(Requirement, asked):
        pinned = pins.get(canonicalize_name(requirement.name))
        assert pinned, f"{requirement.name} is not in constraints.txt: run `make pin`"
        assert requirement.specifier.contains(pinned), f"{requirement} but {pinned} is pinned"


def test_third_party_web_files_are_those_of_the_manifest() -> None:
    import webmap

    static = Path(webmap.__file__).parent / "static"
    manifest = json.loads((ROOT / "webmap/static/vendor.manifest.json").read_text(encoding="utf-8"))
    wanted = {
        f"{folder}/{name}": entry["sha384"]
        for folder, library in manifest["libraries"].items()
        for name, entry in library["files"].items()
    }
    found = {
        path.relative_to(static / "vendor").as_posix(): "sha384-"
        + base64.b64encode(hashlib.sha384(path.read_bytes()).digest()).decode()
        for path in (static / "vendor").rglob("*")
        if path.is_file()
    }
    assert found == wanted
    assert all(library["licence"] and "LICENSE" in library["files"] for library in manifest["libraries"].values())


def test_third_party_versions_are_those_of_the_lock() -> None:
    locked = json.loads((ROOT / "package-lock.json").read_text(encoding="utf-8"))["packages"]
    manifest = json.loads((ROOT / "webmap/static/vendor.manifest.json").read_text(encoding="utf-8"))
    for library in manifest["libraries"].values():
        assert locked[f"node_modules/{library['package']}"]["version"] == library["version"]


# ------------------------------------------------------------------------------------------------- the wheel


@pytest.fixture(scope="module")
def wheel() -> Path:
    if not ON_WHEEL:
        pytest.skip(NO_WHEEL)
    (found,) = (ROOT / "dist").glob("*.whl")
    return found


def test_the_tests_run_against_the_installed_wheel(wheel: Path) -> None:
    import importlib

    for package in PACKAGES:
        origin = importlib.import_module(package).__file__
        assert origin and "site-packages" in Path(origin).parts, f"{package} comes from {origin}"


def test_the_command_on_the_path_is_the_installed_one(wheel: Path) -> None:
    done = subprocess.run([SCRIPTS / "geo-monitor", "--version"], cwd="/", capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_the_wheel_carries_every_file_of_the_four_packages(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        packed = set(archive.namelist())
    kept = {
        path.relative_to(ROOT).as_posix()
        for path in tracked()
        if path.relative_to(ROOT).parts[0] in PACKAGES and path.name != ".gitkeep"
    }
    assert kept - packed == set()
    manifest = json.loads((ROOT / "webmap/static/vendor.manifest.json").read_text(encoding="utf-8"))
    vendor = {
        f"webmap/static/vendor/{folder}/{name}"
        for folder, library in manifest["libraries"].items()
        for name in library["files"]
    }
    assert vendor - packed == set()


def test_the_wheel_carries_nothing_else(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
    strange = [name for name in names if name.split("/")[0] not in PACKAGES and ".dist-info/" not in name]
    assert strange == []
    assert [name for name in names if "__pycache__" in name or Path(name).name.startswith(".")] == []


def test_the_wheel_is_well_formed(wheel: Path) -> None:
    # W009: four packages side by side are what this wheel is for. W010: a folder of data is no module.
    done = subprocess.run(
        [sys.executable, "-m", "check_wheel_contents", "--no-config", "--ignore", "W002,W009,W010", str(wheel)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
