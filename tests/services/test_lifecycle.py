"""How a model comes into force in a city, and goes out of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from geo_monitor.domain.lead import Lead, LeadStatus
from geo_monitor.domain.lifecycle import BacktestRecord, ModelEvent
from geo_monitor.errors import NotFoundError, RefusedError
from geo_monitor.services.audit import verify_models
from geo_monitor.services.decide import dismiss, take_up
from geo_monitor.services.lifecycle import STEPS, effective, take_step
from geo_monitor.services.ports import Store
from geo_monitor.supervision.load import LIBRARY, load_model
from geo_monitor.supervision.model import SupervisionModel
from tests.fakes import MemoryStore
from tests.store import made
from tests.store.made import T0

LIKE = load_model(LIBRARY / "river" / "RIV-001.yaml")
REASON = "三个月试运行无误报"


def model(status: str = "trial", version: int = 2, name: str = "RIV-001") -> SupervisionModel:
    return replace(LIKE, id=name, status=status, version=version)


def event(name: str, version: int, status: str, seq: int = 1) -> ModelEvent:
    return ModelEvent(name, version, seq, T0, "评审", "promoted", status, REASON)


def backtest(version: int = 2, **changes: Any) -> BacktestRecord:
    tested = BacktestRecord("RIV-001", version, date(2025, 3, 1), date(2026, 2, 28), 40, 9, 7, T0)
    return replace(tested, **changes)


@pytest.fixture
def store() -> Store:
    return MemoryStore()


def step(store: Store, kind: str, of: SupervisionModel | None = None, reason: str = REASON) -> ModelEvent:
    of = of or model()
    return take_step(store, {of.id: of}, of.id, kind, "评审", T0 + timedelta(days=1), reason)


def status(store: Store, of: SupervisionModel) -> str:
    with store.reading() as records:
        return effective({of.id: of}, records.model_events())[of.id].status


def with_backtest(store: Store, record: BacktestRecord | None = None) -> None:
    with store.writing() as records:
        records.put_backtest(record or backtest())


def with_lead(store: Store, name: str, **changes: Any) -> Lead:
    lead = made.lead(name, **({"model_version": 2, "trial": True} | changes))
    with store.writing() as records:
        records.put_lead(lead)
        records.add_event(lead.id, T0, "system", "opened")
    return lead


# ---- the status in this city -------------------------------------------------------------------------------


def test_without_a_word_of_the_city_the_file_says_the_status() -> None:
    models = {m.id: m for m in (model("trial"), model("active", name="RIV-002"))}
    assert effective(models, []) == models


def test_the_last_step_of_this_version_counts_and_the_file_keeps_everything_else() -> None:
    models = {"RIV-001": model("trial"), "RIV-002": model("active", name="RIV-002")}
    found = effective(models, [event("RIV-001", 2, "active"), event("RIV-001", 2, "retired", 2)])
    assert found == {**models, "RIV-001": replace(models["RIV-001"], status="retired")}


def test_a_new_version_begins_again_where_its_file_says() -> None:
    for events in ([event("RIV-001", 2, "active")], [event("RIV-001", 3, "trial"), event("RIV-001", 2, "active", 2)]):
        assert effective({"RIV-001": model("trial", version=3)}, events)["RIV-001"].status == "trial"


def test_a_step_with_a_model_that_left_the_library_changes_nothing() -> None:
    assert effective({}, [event("RIV-001", 2, "active")]) == {}


# ---- steps -------------------------------------------------------------------------------------------------


def test_a_model_that_proved_itself_is_put_into_force_and_the_book_says_on_what(store: Store) -> None:
    with_backtest(store, backtest(leads=12, at=T0 - timedelta(days=9)))
    with_backtest(store)
    with_lead(store, "open")
    upheld = with_lead(store, "upheld")
    take_up(store, upheld.id, "评审", T0)
    written = step(store, "promoted")
    assert (written.model, written.version, written.kind, written.status) == ("RIV-001", 2, "promoted", "active")
    assert (written.actor, written.reason, written.at) == ("评审", REASON, T0 + timedelta(days=1))
    assert written.data == {
        "backtest": {
            "from": "2025-03-01",
            "to": "2026-02-28",
            "leads": 40,
            "decided": 9,
            "upheld": 7,
            "at": T0.isoformat(),
        },
        "trial": {"open": 1, "taken_up": 1},
    }
    assert status(store, model()) == "active"


@pytest.mark.parametrize("tested", [None, backtest(version=1), backtest(model="RIV-002")])
def test_a_model_without_a_back_test_of_this_version_stays_on_trial(
    store: Store, tested: BacktestRecord | None
) -> None:
    if tested is not None:
        with_backtest(store, tested)
    with pytest.raises(RefusedError, match="RIV-001 version 2 has no back-test"):
        step(store, "promoted")
    assert status(store, model()) == "trial"


@pytest.mark.parametrize("why", ["lawful", "wrong_place", "wrong_time", "trivial", "other"])
def test_a_false_alarm_on_trial_keeps_the_version_on_trial(store: Store, why: str) -> None:
    with_backtest(store)
    with_lead(store, "good")
    lead = with_lead(store, "bad")
    dismiss(store, lead.id, "评审", T0, "现场核查有许可", "where[0]", why=why)
    with pytest.raises(RefusedError, match=r"false alarms on trial: Lbad;"):
        step(store, "promoted")
    assert status(store, model()) == "trial"


def test_a_dismissal_from_before_there_were_codes_is_taken_for_a_false_alarm(store: Store) -> None:
    with_backtest(store)
    lead = with_lead(store, "old", status=LeadStatus.DISMISSED)
    with store.writing() as records:
        records.add_event(lead.id, T0, "评审", "dismissed", "有许可", {"clause": "where[0]"})
    with pytest.raises(RefusedError, match="Lold"):
        step(store, "promoted")


@pytest.mark.parametrize(
    "harmless",
    [{"model_version": 1}, {"trial": False}, {"of": made.key("RIV-002")}],
    ids=["another version", "not on trial", "another model"],
)
def test_what_others_flagged_wrongly_is_not_held_against_a_model(store: Store, harmless: dict[str, Any]) -> None:
    with_backtest(store)
    lead = with_lead(store, "bad", **harmless)
    dismiss(store, lead.id, "评审", T0, "现场核查有许可", "where[0]", why="lawful")
    assert step(store, "promoted").data["trial"] == {}


def test_a_duplicate_is_no_false_alarm(store: Store) -> None:
    with_backtest(store)
    lead = with_lead(store, "twice")
    dismiss(store, lead.id, "评审", T0, "已在另案办理", why="duplicate")
    assert step(store, "promoted").data["trial"] == {"dismissed": 1}


def test_a_new_version_of_a_model_that_misled_may_prove_itself(store: Store) -> None:
    lead = with_lead(store, "bad")
    dismiss(store, lead.id, "评审", T0, "现场核查有许可", "where[0]", why="lawful")
    with_backtest(store, backtest(version=3))
    assert step(store, "promoted", model(version=3)).version == 3


def test_a_model_goes_back_on_trial_out_of_use_and_on_trial_again(store: Store) -> None:
    running = model("active")
    for kind, after in (("demoted", "trial"), ("retired", "retired"), ("restored", "trial"), ("retired", "retired")):
        assert step(store, kind, running).status == after == status(store, running)
    with store.reading() as records:
        book = records.model_events()
    assert [e.kind for e in book] == ["demoted", "retired", "restored", "retired"]
    assert verify_models(book) == []


@pytest.mark.parametrize("kind", STEPS)
@pytest.mark.parametrize("before", ["draft", "trial", "active", "retired"])
def test_a_step_is_taken_only_from_where_it_leads_on(store: Store, kind: str, before: str) -> None:
    with_backtest(store)
    if before in STEPS[kind].before and (kind, before) != ("restored", "retired"):
        assert step(store, kind, model(before)).status == STEPS[kind].after
        return
    with pytest.raises(RefusedError):
        step(store, kind, model(before))
    with store.reading() as records:
        assert records.model_events() == []


def test_what_its_author_withdrew_is_not_taken_up_again_by_an_office(store: Store) -> None:
    with pytest.raises(RefusedError, match="retired by its own file"):
        step(store, "restored", model("retired"))


@pytest.mark.parametrize("reason", ["", "   ", "ok"])
def test_a_step_needs_a_reason(store: Store, reason: str) -> None:
    with pytest.raises(RefusedError, match="reason"):
        step(store, "retired", reason=reason)


def test_an_unknown_model_is_named_with_those_there_are(store: Store) -> None:
    with pytest.raises(NotFoundError, match=r"no model named 'RIV-9'; there are: RIV-001"):
        take_step(store, {"RIV-001": model()}, "RIV-9", "retired", "评审", T0, REASON)


# ---- the book of models ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "change",
    [
        lambda e: replace(e, status="active"),
        lambda e: replace(e, version=9),
        lambda e: replace(e, reason="另一个理由"),
        lambda e: replace(e, data={"trial": {"open": 99}}),
        lambda e: replace(e, actor="别人"),
        lambda e: replace(e, at=e.at + timedelta(seconds=1)),
    ],
)
def test_a_changed_line_of_the_book_of_models_is_named(
    store: Store, change: Callable[[ModelEvent], ModelEvent]
) -> None:
    running = model("active")
    for kind in ("demoted", "retired", "restored"):
        step(store, kind, running)
    with store.reading() as records:
        book = records.model_events()
    assert verify_models(book) == []
    [said] = verify_models([book[0], change(book[1]), book[2]])
    assert said.startswith("line 2 (retired by ")
    assert "model RIV-001 version" in said
    assert len(verify_models([book[0], book[2]])) == 2, "one taken out, one that does not follow"
