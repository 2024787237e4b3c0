"""The outbox: a letter is written once for its occasion, in the transaction that causes it, and is marked sent only
after a server has taken it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from geo_monitor.domain.clock import Clock
from geo_monitor.errors import ConfigError, DeliveryError
from geo_monitor.services.ports import Letter, Post, Records, Store, User
from geo_monitor.services.report import WeeklyReport, issued, keep_issued, parse_week

FIRST_WAIT = timedelta(minutes=1)
LONGEST_WAIT = timedelta(hours=6)
#: How long a letter belongs to the deliverer that took it: longer than a server can take to answer (five answers
#: of ``mail.post.TIMEOUT_S``), so that nobody else sends it meanwhile; a deliverer that died is waited out.
LEASE = timedelta(minutes=10)


def wait_after(tries: int) -> timedelta:
    """1 min · 2^(tries-1), at most six hours."""
    return min(LONGEST_WAIT, FIRST_WAIT * 2 ** min(max(tries - 1, 0), 20))


def weekly_key(week: str, user: User) -> str:
    """By the address, not the account: a person who gets a second account gets no second letter."""
    return f"weekly/{week}/{user.email.strip().casefold()}"


#: Puts a letter together: user, report and key in, subject and RFC 5322 message out. Given by the caller, because the
#: words and pictures of letters are an outer room's business.
Compose = Callable[[User, WeeklyReport, str], tuple[str, bytes]]


@dataclass(frozen=True, slots=True)
class Written:
    """What ``write_weekly`` did: letters new in the outbox, and those that had been written before."""

    week: str
    recipients: int
    written: int
    already_written: int

    def as_dict(self) -> dict[str, int | str]:
        return {
            "week": self.week,
            "recipients": self.recipients,
            "written": self.written,
            "already_written": self.already_written,
        }


def recipients(records: Records) -> list[User]:
    """Active people with an address, by name. Two accounts of one address are one person and get one letter: that
    of the first name."""
    found: dict[str, User] = {}
    for user in sorted(records.users(), key=lambda u: u.name):
        if user.active and user.email.strip():
            found.setdefault(user.email.strip().casefold(), user)
    return sorted(found.values(), key=lambda u: u.name)


def addressed(user: User, key: str, now: datetime, compose: Callable[[User, str], tuple[str, bytes]]) -> Letter:
    """The letter of this occasion to one person. One person's misspelt address must not cost the others their letter:
    theirs is refused at once, and shows among the refused ones."""
    letter = Letter(key=key, to=user.email.strip(), subject="", body=b"", created=now, next_try=now)
    try:
        subject, body = compose(user, key)
    except ConfigError as e:
        if any(flaw.field != "email" for flaw in e.flaws):
            raise
        return replace(letter, status="refused", next_try=None, last_error=str(e))
    return replace(letter, subject=subject, body=body)


def write_weekly(store: Store, report: WeeklyReport, compose: Compose, now: datetime) -> Written:
    """One letter for each recipient into the outbox, and the report into the book of those issued, in one
    transaction. Run again for the same week it writes only to people who were added since, and what it tells
    them is the report that the others got.

    A report that is issued is not computed again: pictures are drawn before the transaction begins, because drawing
    takes a second during which nobody else could write.
    """
    with store.reading() as records:
        said = issued(records, parse_week(report.week)) or report
        people = recipients(records)
        # Only a guess, to draw nothing for nothing: what counts is what `enqueue` says below.
        missing = [u for u in people if records.letter(weekly_key(said.week, u)) is None]
    fresh = [addressed(u, weekly_key(said.week, u), now, lambda user, key: compose(user, said, key)) for u in missing]
    with store.writing() as records:
        if issued(records, parse_week(said.week)) is None:
            keep_issued(records, said)
        written = sum(records.enqueue(letter) for letter in fresh)
    return Written(said.week, len(people), written, len(people) - written)


@dataclass(frozen=True, slots=True)
class Delivered:
    """``deferred`` will be tried again, ``refused`` never; ``waiting`` are still to go out."""

    sent: int = 0
    deferred: int = 0
    refused: int = 0

    def as_dict(self) -> dict[str, int]:
        return {"sent": self.sent, "deferred": self.deferred, "refused": self.refused}


def deliver(store: Store, post: Post, clock: Clock, limit: int = 50) -> Delivered:
    """Sends up to ``limit`` letters that are due, one at a time.

    Each is first *taken* in a transaction of its own, which moves ``next_try`` beyond the lease: a second deliverer
    does not see it. After the server's acceptance it is marked sent. Should this process die between the two, the
    letter is sent again after the lease, with the Message-ID it had, so that the reader's mail program shows it
    once; ``tries`` counts both.
    """
    sent = deferred = refused = 0
    for _ in range(limit):
        letter = _take(store, clock.now())
        if letter is None:
            break
        try:
            post.send(letter.to, letter.body)
        except DeliveryError as e:
            after = _settled(letter, clock.now(), error=e)
            refused += after.status == "refused"
            deferred += after.status == "waiting"
        else:
            after = replace(letter, status="sent", sent_at=clock.now(), next_try=None, last_error="")
            sent += 1
        with store.writing() as records:
            now = records.letter(letter.key)
            # A deliverer that slept past its lease may tell of an acceptance, but not of a trouble: by now the letter
            # is another's, who may have sent it.
            if after.status == "sent" or (now is not None and now.status == "waiting" and now.tries == letter.tries):
                records.put_letter(after)
    return Delivered(sent, deferred, refused)


def _take(store: Store, now: datetime) -> Letter | None:
    with store.reading() as records:  # the usual case, nothing due, disturbs no writer
        if not records.letters_due(now, limit=1):
            return None
    with store.writing() as records:
        due = records.letters_due(now, limit=1)
        if not due:
            return None
        taken = replace(due[0], tries=due[0].tries + 1, next_try=now + LEASE)
        records.put_letter(taken)
        return taken


def _settled(letter: Letter, now: datetime, error: DeliveryError) -> Letter:
    if error.permanent:
        return replace(letter, status="refused", next_try=None, last_error=str(error))
    return replace(letter, next_try=now + wait_after(letter.tries), last_error=str(error))
