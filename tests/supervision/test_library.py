"""The shipped models: readable, clean, locked, and proved by cases that would notice if anything were changed."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from pathlib import Path

import pytest

from geo_monitor.domain.layer import Layer
from geo_monitor.law.register import read_register
from geo_monitor.services.prove import prove
from geo_monitor.supervision.lint import lint
from geo_monitor.supervision.lint.law import ACTS_FROM
from geo_monitor.supervision.load import LIBRARY, load_models
from geo_monitor.supervision.lock import check_lock
from geo_monitor.supervision.vocabulary import CATEGORIES
from geo_monitor.wiring import shipped_layers
from tests.supervision.mutants import put_to_the_test, sample

MODELS = load_models([LIBRARY])
LAYERS: dict[str, Layer] = {part.name: part for layer in shipped_layers() for part in layer.family()}


def test_there_are_five_models_each_of_river_heritage_and_food() -> None:
    for domain in ("river", "heritage", "food"):
        assert sum(m.domain == domain and m.status == "active" for m in MODELS.values()) >= 5


def test_a_careful_reader_objects_to_nothing() -> None:
    assert lint(MODELS.values(), LAYERS, read_register()) == []


def test_no_file_changed_under_its_version() -> None:
    assert check_lock(MODELS.values()) == []


@pytest.mark.parametrize("model_id", MODELS)
def test_every_case_of_every_model_holds(model_id: str) -> None:
    results = prove(MODELS.values(), only=model_id)
    assert {r.kind for r in results} == {"hit", "miss", "edge"}
    assert [r for r in results if not r.ok] == []


@pytest.mark.parametrize("model_id", MODELS)
def test_every_lead_rests_on_law_that_was_read_and_in_force_on_the_day_of_the_act(model_id: str) -> None:
    register, model = read_register(), MODELS[model_id]
    day = ACTS_FROM
    while day <= date(2026, 11, 22):
        lines = register.basis(model.lead.legal_basis, [day])
        assert any(b.status == "in_force" and b.verified for b in lines), day
        day += timedelta(days=1)


@pytest.mark.parametrize("model_id", MODELS)
def test_no_page_says_that_anybody_is_guilty(model_id: str) -> None:
    title = MODELS[model_id].title
    accusing = ("非法", "违法", "违规", "盗掘", "倾倒", "私屠", "无证", "直排")
    assert not any(word in title.zh for word in accusing) or "疑似" in title.zh or "涉嫌" in title.zh
    assert not any(w in title.en.lower() for w in ("illegal", "unlawful", "crime")) or "suspected" in title.en.lower()


def test_a_few_mutants_of_each_model_are_noticed_by_its_cases() -> None:
    outcomes = sample(MODELS.values(), each=3)
    tried, caught = sum(o.tried for o in outcomes), sum(o.caught for o in outcomes)
    survivors = [f"{o.model.id} {m.part}: {m.change}" for o in outcomes for m in o.survivors]
    assert caught >= 0.93 * tried, survivors


@pytest.mark.prove
def test_the_cases_of_each_model_notice_nearly_all_its_mutants(capsys: pytest.CaptureFixture[str]) -> None:
    outcomes = [put_to_the_test(model) for model in MODELS.values()]
    tried, caught = sum(o.tried for o in outcomes), sum(o.caught for o in outcomes)
    weak = {o.model.id: [f"{m.part}: {m.change}" for m in o.survivors] for o in outcomes if o.share < 0.9}
    with capsys.disabled():
        print(f"\n{len(outcomes)} models: caught {caught} of {tried} mutants ({caught / tried:.1%})")
    assert weak == {}
    assert caught >= 0.95 * tried


def test_every_category_of_the_vocabulary_has_words_in_both_languages() -> None:
    assert len(CATEGORIES) >= 60
    assert all(w.zh and w.en and w.zh != w.en for w in CATEGORIES.values())


def test_the_readme_tells_the_numbers_of_the_library() -> None:
    models = load_models([LIBRARY]).values()
    said = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
    status = Counter(m.status for m in models)
    assert f"{len(models)} of them" in said
    assert f"({sum(len(m.cases) for m in models):,} in all)" in said
    assert f"{status['active']} are in force, {status['trial']} on trial" in said
