"""The explanation for lawyers says every word of the grammar, and its table says what the files say."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from geo_monitor.supervision import grammar
from geo_monitor.supervision.model import GROUPS, TRACKS, UNITS
from tests.supervision.table import parted, table

DOCS = Path(__file__).parents[2] / "docs"
GRAMMAR = (DOCS / "grammar.md").read_text(encoding="utf-8")


_CLOSED = [words for name, words in vars(grammar).items() if name.isupper() and not isinstance(words, str)]
#: All words that the loader knows, and all units.
WORDS = sorted({word for words in (*_CLOSED, GROUPS, TRACKS, UNITS) for word in words} - {""})


@pytest.mark.parametrize("word", WORDS)
def test_every_word_of_the_grammar_stands_on_its_page(word: str) -> None:
    assert re.search(rf"(?<![\w-]){re.escape(word)}(?![\w-])", GRAMMAR)


def test_the_table_says_what_the_files_say() -> None:
    """Renewed by: PYTHONPATH=. .venv/bin/python -m tests.supervision.table"""
    _, said, _ = parted((DOCS / "models.md").read_text(encoding="utf-8"))
    assert said.splitlines() == table().splitlines()
