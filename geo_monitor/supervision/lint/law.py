"""Every lead rests on a provision that was read and was law on the day of the act; no title says what only a court may
say."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from geo_monitor.errors import Flaw
from geo_monitor.supervision.lint.desk import Desk

#: The first act that leads may speak of: the two years before the system began. A model whose law begins later needs
#: beside it a provision that covers the days before.
ACTS_FROM = date(2024, 11, 1)

#: Words that judge an act; a title may use them beside a word that says that nothing is decided yet.
JUDGING = (
    *("犯罪", "违法", "非法", "违规", "盗掘", "盗采", "偷排", "倾倒", "私屠", "无证", "直排"),
    *("illegal", "unlawful", "crime", "criminal", "theft", "looting"),
)
SUSPECTED = ("疑似", "涉嫌", "suspected", "suspicion")
#: Words that judge a person; no title may use them.
CONDEMNING = ("犯罪分子", "违法分子", "罪犯", "凶手", "黑心", "offender", "culprit", "guilty")


def basis(desk: Desk) -> Iterator[Flaw]:
    lead, register = desk.model.lead, desk.register
    for path, ids in (("lead.legal_basis", lead.legal_basis), ("lead.criminal_screen", lead.criminal_screen)):
        for provision_id in ids:
            provision = register.provisions.get(provision_id)
            if provision is None:
                yield desk.flaw("unknown_provision", path, provision_id, "an id of law/register.yaml")
            elif provision.repealed and provision.repealed <= desk.today:
                named = ", ".join(provision.replaced_by) or "its successor"
                expected = f"{named}: repealed on {provision.repealed}; the register finds the old law for old acts"
                yield desk.flaw("repealed", path, provision_id, expected)
            elif provision.status == "not_applicable_in_lhasa":
                yield desk.flaw("not_applicable", path, provision_id, "a provision that applies here")
            elif path == "lead.criminal_screen" and not provision.verified:
                yield desk.flaw("not_verified", path, provision_id, "a provision whose text was read")
    known = [i for i in lead.legal_basis if i in register]
    if not any(register[i].verified for i in known):
        expected = "at least one provision whose text was read (verified: true)"
        yield desk.flaw("not_verified", "lead.legal_basis", ", ".join(lead.legal_basis), expected)
    elif (gap := _gap(desk, known)) is not None:
        expected = f"beside these a verified provision that was law on {gap}: every act since {ACTS_FROM} needs one"
        yield desk.flaw("no_law_that_day", "lead.legal_basis", ", ".join(lead.legal_basis), expected)


def _gap(desk: Desk, ids: list[str]) -> date | None:
    """The first day from ACTS_FROM to today on which none of these, nor a predecessor, was law."""
    register = desk.register
    family = [p for i in ids for p in (register[i], *register.predecessors(i))]
    turns = {ACTS_FROM, *(d for p in family for d in p.changes() if ACTS_FROM <= d <= desk.today)}
    return next((d for d in sorted(turns) if not any(register.on(i, d) for i in ids)), None)


def title(desk: Desk) -> Iterator[Flaw]:
    said = desk.model.title
    for path, text in (("title.zh", said.zh), ("title.en", said.en.lower())):
        for word in CONDEMNING:
            if word in text:
                yield desk.flaw("condemns", path, word, "words about what was seen: who is guilty a court says")
        judging = [w for w in JUDGING if w in text]
        if judging and not any(w in text for w in SUSPECTED):
            expected = f"{'疑似 or 涉嫌' if path == 'title.zh' else 'suspected'} beside it: nothing is decided yet"
            yield desk.flaw("not_only_suspected", path, ", ".join(judging), expected)
