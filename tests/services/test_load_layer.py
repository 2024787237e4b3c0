"""Rows of a layer file: which become features, what is repaired, what is rejected. Nothing is read or stored here."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from shapely.geometry import LineString, MultiLineString, Point, Polygon

from geo_monitor.config import LayerSource
from geo_monitor.domain.layer import Field, Layer, Style
from geo_monitor.domain.place import Box
from geo_monitor.domain.words import Words
from geo_monitor.errors import FileError
from geo_monitor.services.load_layer import LoadedLayer, SourceRow, as_text, build_layer

BOX = Box(91.0, 29.0, 92.0, 30.0)
AT = datetime(2026, 11, 1, tzinfo=UTC)
HERE = Point(91.5, 29.5)
LAYER = Layer(
    name="sites",
    title=Words("点位", "Sites"),
    geometry=("point", "line", "polygon"),
    fields=(
        Field("id", Words("编号", "Number"), required=True),
        Field("name_zh", Words("名称", "Name")),
        Field("name_en", Words("英文", "Name (English)")),
        Field("size", Words("大小", "Size"), kind="number"),
        Field("open", Words("开放", "Open"), kind="flag"),
        Field("since", Words("始于", "Since"), kind="date"),
    ),
    id_field="id",
    title_field="name_zh",
    style=Style("#000000"),
)


def row(number: int, geometry: Any = HERE, **values: Any) -> SourceRow:
    return SourceRow(number, {"id": f"S{number}", **values}, geometry)


def build(*rows: SourceRow, layer: Layer = LAYER, **source: Any) -> LoadedLayer:
    columns = list(dict.fromkeys(c for r in rows for c in r.values))
    return build_layer(
        layer,
        rows,
        LayerSource("sites", "s.csv", **source),
        file="s.csv",
        file_hash="h",
        datum="WGS84",
        at=AT,
        box=BOX,
        columns=columns,
    )


def reasons(loaded: LoadedLayer) -> list[tuple[int, str]]:
    return [(r.row, r.flaws[0].reason) for r in loaded.rejected]


def test_what_comes_in_goes_out_or_is_rejected_and_both_are_counted() -> None:
    loaded = build(row(2), row(3, Point(150, 29.5)))
    assert [f.id for f in loaded.features] == ["S2"]
    assert (loaded.version.features, loaded.version.quarantined) == (1, 1)
    assert loaded.rejected[0].raw == {"id": "S3"}


def test_values_have_the_kind_of_their_field() -> None:
    loaded = build(row(2, size="12.50", open="是", since="2024年3月1日"), row(3, size=7.0, open=False, since=None))
    assert loaded.features[0].properties == {"id": "S2", "size": 12.5, "open": True, "since": "2024-03-01"}
    assert loaded.features[1].properties == {"id": "S3", "size": 7, "open": False}


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"size": "big"}, "not_a_number"),
        ({"size": "nan"}, "not_a_number"),
        ({"open": "perhaps"}, "not_a_flag"),
        ({"since": "2024-02-30"}, "unreadable_date"),
    ],
)
def test_a_value_of_another_kind_rejects_the_row(values: dict[str, str], reason: str) -> None:
    assert reasons(build(row(2, **values))) == [(2, reason)]


def test_a_title_is_said_in_both_languages() -> None:
    both, zh, none = build(row(2, name_zh="寺", name_en="Monastery"), row(3, name_zh="塔"), row(4)).features
    assert both.title == Words("寺", "Monastery")
    assert zh.title == Words("塔", "塔")
    assert none.title == Words("点位 S4", "Sites S4")


def test_constants_fill_what_the_file_does_not_say() -> None:
    loaded = build(row(2, name_zh=""), row(3, name_zh="塔"), constants={"name_zh": "某处", "valid_from": "2024-01-01"})
    assert [f.properties["name_zh"] for f in loaded.features] == ["某处", "塔"]
    assert str(loaded.features[0].valid_from) == "2024-01-01"


# ---- shapes -------------------------------------------------------------------------------------------------

BOW_TIE = Polygon([(91, 29), (91.2, 29.2), (91.2, 29), (91, 29.1)])


def test_an_invalid_polygon_is_repaired_with_a_note() -> None:
    loaded = build(row(2, BOW_TIE))
    (feature,) = loaded.features
    assert feature.geometry is not None
    assert feature.geometry.is_valid
    assert any("row 2: invalid geometry repaired (Self-intersection" in n for n in loaded.version.notes)


def test_repair_keeps_only_the_kind_that_came_in() -> None:
    spike = Polygon([(91, 29), (91.2, 29), (91.2, 29.2), (91.2, 29.4), (91.2, 29.2), (91, 29.2)])
    (feature,) = build(row(2, spike)).features
    assert feature.geometry is not None
    assert feature.geometry.geom_type == "Polygon"
    assert feature.geometry.area == pytest.approx(0.04)


def test_nothing_left_after_repair_is_a_rejection() -> None:
    assert reasons(build(row(2, Polygon([(91, 29), (91.1, 29), (91, 29)])))) == [(2, "invalid_geometry")]


@pytest.mark.parametrize(
    ("shape", "taken"),
    [
        (Point(93.9, 29.5), True),  # within two degrees of the box
        (Point(94.1, 29.5), False),
        (LineString([(91.5, 29.5), (120, 40)]), True),  # begins in the city
        (LineString([(100, 29.5), (120, 40)]), False),
        (Point(91.0, 27.0), True),
        (Point(91.0, 26.9), False),
    ],
)
def test_a_layer_may_run_past_the_box_but_not_lie_far_from_it(shape: Any, taken: bool) -> None:
    loaded = build(row(2, shape))
    assert bool(loaded.features) is taken
    assert taken or reasons(loaded) == [(2, "far_from_city")]


def test_swapped_axes_and_impossible_degrees_are_told_apart() -> None:
    loaded = build(row(2, Point(29.5, 91.5)), row(3, Point(200, 29.5)), row(4, Point(29.5, 45)))
    assert reasons(loaded) == [(2, "swapped_axes"), (3, "impossible_coordinates"), (4, "far_from_city")]


def test_a_collection_gives_the_parts_that_the_layer_takes() -> None:
    shape = shapely.GeometryCollection([HERE, MultiLineString([[(91, 29), (91.1, 29)], [(91.2, 29), (91.3, 29)]])])
    lines = Layer(**{**_fields(LAYER), "geometry": ("line",)})
    (feature,) = build(row(2, shape), layer=lines).features
    assert feature.geometry is not None
    assert feature.geometry.geom_type == "MultiLineString"


def _fields(layer: Layer) -> dict[str, Any]:
    return {name: getattr(layer, name) for name in Layer.__slots__}


# ---- ids ----------------------------------------------------------------------------------------------------


def test_the_same_said_twice_is_one_feature_and_noted() -> None:
    twice = build(SourceRow(2, {"id": "A"}, HERE), SourceRow(9, {"id": "A"}, HERE))
    assert [f.id for f in twice.features] == ["A"]
    assert "row 9: repeats row 2 (id A), taken once" in twice.version.notes


def test_rows_that_disagree_on_one_id_are_all_rejected() -> None:
    loaded = build(SourceRow(2, {"id": "A", "size": 1}, HERE), SourceRow(3, {"id": "A", "size": 2}, HERE), row(4))
    assert reasons(loaded) == [(2, "id_reused"), (3, "id_reused")]
    assert [f.id for f in loaded.features] == ["S4"]


def test_the_latest_of_several_rows_is_kept_where_the_file_is_so_read() -> None:
    rows = [
        SourceRow(k, {"id": "A", "size": k, "day": day}, HERE)
        for k, day in ((2, "2024-01-09"), (3, "2024/1/10"), (4, "2023-12-31"))
    ]
    loaded = build(*rows, order_by="day")
    assert [f.properties["size"] for f in loaded.features] == [3]
    assert "2 older rows left out" in loaded.version.notes[0]


def test_numbers_are_ordered_as_numbers() -> None:
    rows = [SourceRow(k, {"id": "A", "size": k, "no": no}, HERE) for k, no in ((2, "9"), (3, "10"))]
    assert [f.properties["size"] for f in build(*rows, order_by="no").features] == [3]


def test_an_old_row_never_stands_in_for_a_newer_one_that_is_faulty() -> None:
    rows = [SourceRow(2, {"id": "A", "day": "2024-01-01"}, HERE), SourceRow(3, {"id": "A", "day": "2024-02-01"}, None)]
    loaded = build(*rows, order_by="day")
    assert loaded.features == []
    assert reasons(loaded) == [(3, "no_geometry")]


def test_a_tie_is_broken_by_a_second_column_or_not_at_all() -> None:
    rows = [SourceRow(k, {"id": "A", "size": k, "day": "2024-01-01", "no": str(k)}, HERE) for k in (2, 3)]
    assert reasons(build(*rows, order_by="day")) == [(2, "id_reused"), (3, "id_reused")]
    assert [f.properties["size"] for f in build(*rows, order_by="day, no").features] == [3]


def test_without_ids_they_are_made_from_what_the_row_says() -> None:
    free = Layer(**{**_fields(LAYER), "fields": (Field("id", Words("编号", "Number")), *LAYER.fields[1:])})
    rows = [SourceRow(k, {"id": "", "size": size}, HERE) for k, size in ((2, 1), (3, 2), (4, 1))]
    loaded = build(*rows, layer=free)
    again = build(*rows[::-1], layer=free)
    assert len(loaded.features) == 2
    assert [f.id for f in loaded.features] == [f.id for f in again.features]
    assert loaded.features[0].title == Words("点位(未命名)", "Sites (unnamed)")
    assert reasons(build(row(2), SourceRow(3, {"id": " "}, HERE))) == [(3, "missing_id")]


@given(
    st.lists(st.tuples(st.sampled_from("ABC"), st.integers(0, 2), st.booleans()), max_size=12),
    st.randoms(use_true_random=False),
)
def test_the_order_of_a_file_decides_nothing(said: list[tuple[str, int, bool]], chance: random.Random) -> None:
    rows = [
        SourceRow(k, {"id": i, "size": size}, HERE if good else None) for k, (i, size, good) in enumerate(said, start=2)
    ]
    shuffled = list(rows)
    chance.shuffle(shuffled)

    def outcome(order: Sequence[SourceRow]) -> tuple[list[Any], set[Any]]:
        loaded = build(SourceRow(1, {"id": "Z", "size": 0}, HERE), *order)
        return [(f.id, f.properties) for f in loaded.features], set(reasons(loaded))

    assert outcome(rows) == outcome(shuffled)


# ---- the mapping and the version ----------------------------------------------------------------------------


def test_rows_of_another_kind_are_left_out_and_counted() -> None:
    loaded = build(row(2, kind="a"), row(3, kind="b"), row(4, kind="c"), where={"kind": ("a", "c")})
    assert [f.id for f in loaded.features] == ["S2", "S4"]
    assert loaded.version.notes == ("1 rows left out: taken are only those with kind in (a, c)",)
    assert loaded.rejected == []


def test_a_required_field_without_a_column_refuses_the_file() -> None:
    with pytest.raises(FileError, match="a column for the required field id"):
        build(SourceRow(2, {"name_zh": "寺"}, HERE))


def test_many_notes_of_one_kind_are_counted_not_spelled() -> None:
    loaded = build(*[SourceRow(k, {"id": "A"}, HERE) for k in range(2, 60)])
    assert len(loaded.version.notes) == 21
    assert loaded.version.notes[-1] == "repeated: 37 more rows"


def test_a_version_is_named_by_file_datum_mapping_and_rules() -> None:
    ids = {
        build(row(2)).version.id,
        build(row(2, b="")).version.id,
        build(row(2), constants={"name_zh": "x"}).version.id,
        build(row(2), accuracy_m=5.0).version.id,
        build(row(2), layer=Layer(**{**_fields(LAYER), "geometry": ("point",)})).version.id,
    }
    assert len(ids) == 4


def test_one_synthetic_feature_marks_the_version() -> None:
    assert not build(row(2)).version.synthetic
    assert build(row(2, synthetic="true"), row(3, synthetic="")).version.synthetic
    assert build(row(2), synthetic=True).features[0].synthetic


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, ""),
        (" a ", "a"),
        (True, "true"),
        (12.0, "12"),
        (0.1, "0.1"),
        (float("nan"), ""),
        (7, "7"),
        ([1], "[1]"),
        (1e20, "1e+20"),
    ],
)
def test_values_of_typed_files_as_text(value: Any, text: str) -> None:
    assert as_text(value) == text
