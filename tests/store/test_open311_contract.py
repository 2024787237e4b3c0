"""What every store keeps of programs that report, and how a receipt number finds its report."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from geo_monitor.domain.lead import LeadStatus
from geo_monitor.services.ports import ApiKey, PostedReport, Store
from tests.store import made
from tests.store.made import CHINA, T0


def posted(number: int, **changes: object) -> PostedReport:
    report = PostedReport(f"i{number:020x}", "app", f"hash{number}", T0 + timedelta(hours=number), "dumping")
    return replace(report, **changes)  # type: ignore[arg-type]


def test_keys_come_back_and_a_revoked_one_says_since_when(store: Store) -> None:
    first, second = ApiKey("d1", "app", T0.astimezone(CHINA)), ApiKey("d2", "合成", T0 + timedelta(days=1))
    with store.writing() as records:
        records.add_api_key(second)
        records.add_api_key(first)
        assert records.api_keys() == [first, second]
        assert records.revoke_api_key("app", T0 + timedelta(days=2))
        assert not records.revoke_api_key("app", T0 + timedelta(days=3))
        assert not records.revoke_api_key("nobody", T0)
        records.add_api_key(ApiKey("d3", "app", T0 + timedelta(days=4)))
    with store.reading() as records:
        assert [(k.digest, k.revoked) for k in records.api_keys()] == [
            ("d1", T0 + timedelta(days=2)),
            ("d2", None),
            ("d3", None),
        ]
        assert records.api_key("d2") == second
        assert records.api_key("d4") is None


def test_what_was_posted_stays_as_it_came_first(store: Store) -> None:
    with store.writing() as records:
        assert records.add_posted(posted(1))
        assert not records.add_posted(posted(1, received=T0 + timedelta(days=9), file_hash="other"))
    with store.reading() as records:
        assert records.posted() == [posted(1)]


def test_posted_reports_are_asked_for_newest_first(store: Store) -> None:
    reports = [posted(n, service_code="dumping" if n % 2 else "litter") for n in range(6)]
    with store.writing() as records:
        for report in (*reports[3:], *reports[:3]):
            records.add_posted(report)
        assert records.posted() == reports[::-1]
        assert records.posted([reports[4].id, reports[1].id, "i9"]) == [reports[4], reports[1]]
        assert records.posted([]) == []
        span = (reports[1].received, reports[3].received)
        assert records.posted(None, *span) == [reports[3], reports[2], reports[1]]
        assert records.posted(None, *span, ["dumping", "other"]) == [reports[3], reports[1]]
        assert records.posted(None, None, reports[0].received) == [reports[0]]


def test_ids_are_found_by_their_beginning(store: Store) -> None:
    ids = [f"i{n}{'0' * 19}" for n in "0123456789abcdef"] + ["i" + "f" * 20, "i" + "f" * 12 + "0" * 8]
    with store.writing() as records:
        records.add_incidents([made.incident(n) for n in range(40)])
        for id_ in ids:
            records.add_posted(posted(0, id=id_))
        one = made.incident(7).id
        assert records.incidents_beginning(one[:13]) == [one]
        assert records.incidents_beginning(one) == [one]
        assert records.incidents_beginning("i") == sorted(made.incident(n).id for n in range(40))
        assert records.posted_beginning("i" + "f" * 12) == sorted(i for i in ids if i.startswith("ifff"))
        assert records.posted_beginning("i0") == [ids[0]]
        assert records.posted_beginning("i00000000001") == []


def test_leads_that_hold_a_report_are_told_with_their_status_but_not_those_on_trial(store: Store) -> None:
    a = replace(made.lead("a"), records=("i1", "i2"), status=LeadStatus.DISMISSED)
    b = replace(made.lead("b"), records=("i2", "i3"))
    trial = replace(made.lead("c"), records=("i1", "i4"), trial=True)
    with store.writing() as records:
        for lead in (a, b, trial):
            records.put_lead(lead)
        expected = {"i1": {a.id: LeadStatus.DISMISSED}, "i2": {a.id: LeadStatus.DISMISSED, b.id: LeadStatus.OPEN}}
        assert records.leads_holding(["i1", "i2", "i4", "i9"]) == expected  # also before the commit
        assert records.leads_holding([]) == {}
    with store.reading() as records:
        assert records.leads_holding(["i1", "i2"]) == expected


def test_quarantined_rows_are_found_by_the_file_they_came_from_in_every_state(store: Store) -> None:
    rows = [made.quarantined(n) for n in range(2, 6)]
    mine = [replace(r, origin=replace(r.origin, file_hash=f"hash{k}")) for k, r in enumerate(rows)]
    with store.writing() as records:
        records.quarantine(mine, T0)
        records.settle_quarantine([mine[0].id], "rejected")
        records.settle_quarantine([mine[1].id], "retried")
        found = records.quarantined_from(mine[0].feed, ["hash0", "hash1", "hash2", "nothing"])
        assert {k.row.origin.file_hash: k.status for k in found} == {
            "hash0": "rejected",
            "hash1": "retried",
            "hash2": "open",
        }
        assert [k.row.id for k in found] == sorted(k.row.id for k in found)
        assert next(k.row for k in found if k.status == "open") == mine[2]
        assert records.quarantined_from("another", ["hash0"]) == []
        assert records.quarantined_from(mine[0].feed, []) == []
