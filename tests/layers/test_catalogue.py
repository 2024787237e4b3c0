"""The page of all layers says what the layers say."""

from __future__ import annotations

from tests.layers.catalogue import PAGE, catalogue


def test_the_page_of_layers_is_what_the_layers_say() -> None:
    assert PAGE.read_text(encoding="utf-8") == catalogue()
