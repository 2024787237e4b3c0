"""A wrong setting gets one clear message with file, key, value and what was expected."""

from __future__ import annotations

from pathlib import Path

import pytest

from geo_monitor.config import read_settings
from geo_monitor.errors import ConfigError


def settings_of(folder: Path, text: str, **environ: str):  # type: ignore[no-untyped-def]
    (folder / "geo-monitor.toml").write_text(text, encoding="utf-8")
    return read_settings(folder, environ)


def test_an_empty_file_gives_the_defaults_and_a_database_in_the_workspace(tmp_path: Path) -> None:
    settings = settings_of(tmp_path, "")
    assert settings.url == f"sqlite:///{tmp_path / 'geo-monitor.db'}" and settings.city.time_zone == "Asia/Shanghai"


def test_the_environment_wins_for_database_secret_and_mail(tmp_path: Path) -> None:
    settings = settings_of(
        tmp_path,
        '[database]\nurl = "sqlite:///a.db"\n[mail]\nsmtp_url = "smtp://a"\n',
        GEO_MONITOR_DATABASE_URL="sqlite:///b.db",
        GEO_MONITOR_SMTP_URL="smtp://b",
        GEO_MONITOR_SECRET_KEY="s",
    )
    assert (settings.url, settings.mail.smtp_url, settings.secret_key) == ("sqlite:///b.db", "smtp://b", "s")


def test_all_wrong_settings_are_told_at_once(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        settings_of(
            tmp_path,
            'colour = "red"\nlibrary = "yes"\n[city]\nbox = [1, 2, 3]\ntime_zone = "Lhasa"\n[mail]\nport = 25\n'
            '[[layers]]\nlayer = "rivers"\nspeed = 3\n',
        )
    reasons = {(f.field, f.reason) for f in caught.value.flaws}
    assert reasons == {
        ("colour", "unknown_key"),
        ("library", "not_a_flag"),
        ("city.box", "wrong_type"),
        ("city.time_zone", "unknown_time_zone"),
        ("mail.port", "unknown_key"),
        ("layers[0].speed", "unknown_key"),
        ("layers[0].file", "missing_key"),
    }
    assert all(f.file.endswith("geo-monitor.toml") and f.expected for f in caught.value.flaws)


def test_a_box_with_its_corners_swapped_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="west < east"):
        settings_of(tmp_path, "[city]\nbox = [92.8, 29.2, 89.5, 31.1]\n")


def test_a_folder_without_a_workspace_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="geo-monitor init"):
        read_settings(tmp_path, {})


def test_a_file_that_is_not_toml_says_where(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="line 1"):
        settings_of(tmp_path, "= 3")
