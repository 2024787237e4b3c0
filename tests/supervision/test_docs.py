"""The explanation for lawyers says every word of the grammar, and its table says what the files say."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from geo_monitor.supervision import grammar
from geo_monitor.supervision.load import LIBRARY, load_models
from geo_monitor.supervision.model import GROUPS, TRACKS, UNITS

DOCS = Path(__file__).parents[2] / "docs"
GRAMMAR = (DOCS / "grammar.md").read_text(encoding="utf-8")
TEXT = (DOCS / "models.md").read_text(encoding="utf-8")
MODELS = load_models([LIBRARY])


_CLOSED = [words for name, words in vars(grammar).items() if name.isupper() and not isinstance(words, str)]
#: All words that the loader knows, and all units.
WORDS = sorted({word for words in (*_CLOSED, GROUPS, TRACKS, UNITS) for word in words} - {""})


@pytest.mark.parametrize("word", WORDS)
def test_every_word_of_the_grammar_stands_on_its_page(word: str) -> None:
    assert re.search(rf"(?<![\w-]){re.escape(word)}(?![\w-])", GRAMMAR)


@pytest.mark.parametrize("model_id", MODELS)
def test_the_table_says_what_the_file_says(model_id: str) -> None:
    model = MODELS[model_id]
    [row] = [line for line in TEXT.splitlines() if line.startswith(f"| {model_id} |")]
    numbers = "; ".join(f"{n.name} {n}" for n in model.numbers.values() if n.name != "one")
    assert row == (
        f"| {model_id} | {model.title.zh} | {model.title.en} | {numbers} | {', '.join(model.lead.legal_basis)} |"
    )
    assert all(n.basis == "proposal" for n in model.numbers.values())
