"""The explanation for lawyers says every word of the grammar, and its table says what the files say."""

from __future__ import annotations

from pathlib import Path

import pytest

from geo_monitor.supervision.load import (
    CASE_KINDS,
    COMPARISONS,
    CONDITIONS,
    LIBRARY,
    VALIDITIES,
    WATCH_VALIDITIES,
    load_models,
)

TEXT = (Path(__file__).parents[2] / "docs" / "models.md").read_text(encoding="utf-8")
MODELS = load_models([LIBRARY])


@pytest.mark.parametrize(
    "word",
    [
        *CONDITIONS,
        *VALIDITIES,
        *WATCH_VALIDITIES,
        *COMPARISONS,
        *CASE_KINDS,
        "without",
        "distinct",
        "window",
        "having",
        "reach",
        "size",
        "cell",
        "record",
    ],
)
def test_every_word_of_the_grammar_is_explained(word: str) -> None:
    assert f"`{word}" in TEXT or f"`by: {word}" in TEXT or f"{word}`" in TEXT or f" {word}:" in TEXT


@pytest.mark.parametrize("model_id", MODELS)
def test_the_table_says_what_the_file_says(model_id: str) -> None:
    model = MODELS[model_id]
    [row] = [line for line in TEXT.splitlines() if line.startswith(f"| {model_id} |")]
    numbers = "; ".join(f"{n.name} {n}" for n in model.numbers.values() if n.name != "one")
    assert row == (
        f"| {model_id} | {model.title.zh} | {model.title.en} | {numbers} | {', '.join(model.lead.legal_basis)} |"
    )
    assert all(n.basis == "proposal" for n in model.numbers.values())
