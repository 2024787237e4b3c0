"""A code that a model names is never shown as a code."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from geo_monitor.supervision.choices import choice_words
from geo_monitor.supervision.load import LIBRARY, load_models
from geo_monitor.supervision.model import AnotherCondition, Condition, PlaceCondition, ValueCondition


def named(conditions: Iterable[Condition]) -> Iterator[tuple[str, str]]:
    for c in conditions:
        if isinstance(c, PlaceCondition):
            yield from ((field, code) for field, codes in c.where.items() for code in codes)
        elif isinstance(c, ValueCondition):
            yield from ((c.field, code) for code in c.words)
        elif isinstance(c, AnotherCondition):
            yield from named([*c.where, *c.between_where])


def test_every_code_that_a_model_names_has_words_in_both_languages() -> None:
    codes = {pair for model in load_models([LIBRARY]).values() for pair in named(model.where)}
    assert len(codes) > 50
    bare = {(field, code) for field, code in codes if code in (choice_words(field, code).zh, "")}
    assert bare == set()


def test_a_word_may_depend_on_the_field_and_names_stay_as_they_are_written() -> None:
    assert choice_words("flue", "yes").zh == "有"
    assert choice_words("restored", "yes").zh == "是"
    assert choice_words("topic", "dumping").zh == "倾倒垃圾渣土"
    assert choice_words("licence", "JY-1").en == "JY-1"
