"""The shipped models: readable, clean, locked, and proved by cases that would notice if anything were changed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta

import pytest

from geo_monitor.domain.layer import Layer
from geo_monitor.law.register import read_register
from geo_monitor.services.prove import prove, prove_case
from geo_monitor.supervision.lint import lint
from geo_monitor.supervision.lint.law import ACTS_FROM
from geo_monitor.supervision.load import LIBRARY, load_models
from geo_monitor.supervision.lock import check_lock
from geo_monitor.supervision.model import Having, Number, SupervisionModel, Threshold
from geo_monitor.supervision.vocabulary import CATEGORIES
from geo_monitor.wiring import shipped_layers

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


def _ways_to_spoil(model: SupervisionModel) -> Iterator[tuple[str, SupervisionModel]]:
    """Each small change that a slip of the pen could make, with what was done."""
    steps = {"length": (0.15, -0.15), "time": (1.0, -1.0), "count": (1.0, -1.0)}
    for name, number in model.numbers.items():
        if name in (model.group.size,):
            continue  # of a cell only the border matters, which a case meets by chance or not at all
        for step in steps[number.kind]:
            unit = {"length": "m", "time": "min", "count": ""}[number.kind]
            base = number.base + step
            if number.kind == "count" and base < 1:
                continue
            value = base / 60.0 if number.kind == "time" else base
            changed = Number(name, value, unit, number.basis)
            yield f"{name} {number} {step:+g}", replace(model, numbers=dict(model.numbers) | {name: changed})
    for k, condition in enumerate(model.where):
        without = tuple(c for j, c in enumerate(model.where) if j != k)
        needed = {c.layer for c in without if hasattr(c, "layer") and not c.without}
        zones = {n for n, layer in LAYERS.items() if layer.parent == model.group.by}
        if model.group.by in ("cell", "record") or model.group.by in needed or needed & zones:
            yield f"drop {condition.path}", replace(model, where=without)
        turned = replace(condition, without=not condition.without)
        if model.group.by in ("cell", "record"):
            yield f"turn {condition.path}", replace(model, where=(*model.where[:k], turned, *model.where[k + 1 :]))
        for attribute in ("valid", "where"):
            if getattr(condition, attribute, None):
                plain = replace(condition, **{attribute: "" if attribute == "valid" else {}})
                changed_where = (*model.where[:k], plain, *model.where[k + 1 :])
                yield f"drop {condition.path}.{attribute}", replace(model, where=changed_where)
    for k, threshold in enumerate(model.group.any):
        others = tuple(t for j, t in enumerate(model.group.any) if j != k)
        if others:
            yield f"drop {threshold.path}", _with(model, others)
        if threshold.having.evidence:
            yield f"drop {threshold.path}.having", _with(model, (*others, replace(threshold, having=Having())))
        if threshold.window:
            yield f"drop {threshold.path}.window", _with(model, (*others, replace(threshold, window="")))
    if model.watch.valid:
        yield "drop watch.valid", replace(model, watch=replace(model.watch, valid=""))


def _with(model: SupervisionModel, thresholds: tuple[Threshold, ...]) -> SupervisionModel:
    return replace(model, group=replace(model.group, any=thresholds))


@pytest.mark.parametrize("model_id", MODELS)
def test_the_cases_notice_every_small_change_of_their_model(model_id: str) -> None:
    unnoticed = [
        what
        for what, spoiled in _ways_to_spoil(MODELS[model_id])
        if all(prove_case(spoiled, case).ok for case in spoiled.cases)
    ]
    assert unnoticed == []


def test_every_category_of_the_vocabulary_has_words_in_both_languages() -> None:
    assert len(CATEGORIES) >= 60
    assert all(w.zh and w.en and w.zh != w.en for w in CATEGORIES.values())
