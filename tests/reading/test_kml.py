"""The placemarks of KML as rows of reports."""

from __future__ import annotations

from pathlib import Path

import pytest

from geo_monitor.reading.report_files import GEOMETRY, open_sheets


@pytest.mark.parametrize(
    ("said", "what"),
    [
        ("91.1,29.6,3650", "POINT (91.1 29.6)"),
        ("\n 91.1, 29.6, 0 ", "POINT (91.1 29.6)"),
        ("91.1,29.6 91.2,29.7", ""),
        ("91.1 29.6", ""),
        ("91.1", ""),
    ],
)
def test_a_point_of_kml_is_one_longitude_and_latitude(tmp_path: Path, said: str, what: str) -> None:
    path = tmp_path / "a.kml"
    path.write_text(
        f"<kml><Placemark><name>a</name><Point><coordinates>{said}</coordinates></Point></Placemark></kml>", "utf-8"
    )

    (sheet,) = open_sheets(path)
    (row,) = sheet.rows()

    assert row.values[GEOMETRY] == what
    assert [f.reason for f in row.flaws] == ([] if what else ["unreadable_geometry"])
