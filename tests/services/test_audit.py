"""The book of lead events: any change to it shows."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

from hypothesis import given
from hypothesis import strategies as st

from geo_monitor.domain.lead import LeadEvent, chain_hash
from geo_monitor.services.audit import verify

T0 = datetime(2026, 3, 1, 8, tzinfo=UTC)


def book(length: int) -> list[LeadEvent]:
    events: list[LeadEvent] = []
    previous = ""
    for n in range(1, length + 1):
        said = (f"L{n % 3}", T0 + timedelta(hours=n), "安", "dismissed", f"理由 {n}", {"n": n})
        digest = chain_hash(previous, *said)
        lead, at, actor, kind, reason, data = said
        events.append(LeadEvent(lead, n, at, actor, kind, reason, data, previous, digest))
        previous = digest
    return events


def test_an_untouched_book_is_found_sound() -> None:
    assert verify([]) == []
    assert verify(book(9)) == []


def test_the_zone_a_moment_is_shown_in_does_not_matter() -> None:
    china = timezone(timedelta(hours=8))
    assert verify([replace(e, at=e.at.astimezone(china)) for e in book(3)]) == []


@given(
    length=st.integers(2, 8),
    where=st.integers(0, 7),
    change=st.sampled_from(
        [
            {"lead": "L9"}, {"actor": "x"}, {"kind": "opened"}, {"reason": ""}, {"data": {"n": "1"}},
            {"hash": "0" * 64}, {"at": T0}, {"previous_hash": "0" * 64}, {"seq": 99},
        ]
    ),
)  # fmt: skip
def test_a_changed_line_is_named(length: int, where: int, change: dict[str, object]) -> None:
    events = book(length)
    where %= length
    events[where] = replace(events[where], **change)  # type: ignore[arg-type]
    found = verify(events)
    assert found
    assert found[0].startswith(f"line {events[where].seq} (")


@given(length=st.integers(2, 8), where=st.integers(0, 7))
def test_a_line_taken_out_before_the_end_or_moved_is_noticed(length: int, where: int) -> None:
    events = book(length)
    where %= length - 1
    assert verify(events[:where] + events[where + 1 :])
    swapped = [*events]
    swapped[where], swapped[where + 1] = swapped[where + 1], swapped[where]
    assert verify(swapped)
