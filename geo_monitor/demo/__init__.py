"""The Lhasa demonstration: builds a workspace of files, opens it as any other, runs every job once, and says
what came of it.

Synthetic throughout, and labelled so. Nothing here can be done in the demonstration alone: the files come in
through the public reading formats, the leads through the jobs.
"""

from __future__ import annotations

import secrets
import shutil
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from datetime import time as clock_time
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from geo_monitor.errors import FaultError, RefusedError

if TYPE_CHECKING:
    from geo_monitor.demo.truth import Planted, Truth
    from geo_monitor.domain.clock import Clock
    from geo_monitor.domain.lead import Lead
    from geo_monitor.wiring import House

__all__ = ["Account", "Summary", "run_demo"]

#: What must come before what; jobs that the house has beyond these run at the end, by name.
ORDER = ("refresh_layers", "import_feeds", "overlay", "source_health", "weekly_report", "deliver_letters")
#: The two years end with the last whole week, and these jobs run as they would have run on its Sunday evening: the
#: first weekly letter then has that week's leads to tell of instead of none.
ON_SUNDAY = ("refresh_layers", "import_feeds", "overlay")
SUNDAY_EVENING = clock_time(20, 0)
ZONE = ZoneInfo("Asia/Shanghai")
ROLES = (
    ("procurator", "procurator", "合成检察官"),
    ("reviewer", "reviewer", "合成评审员"),
    ("patrol", "patrol", "合成巡查员"),
    ("admin", "admin", "合成管理员"),
)

Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Account:
    """A demo account. The password is made anew at each run and stands nowhere but in this answer."""

    name: str
    role: str
    password: str


@dataclass(frozen=True)
class Summary:
    """What the demonstration holds after all jobs ran once. ``missed`` are planted offences without a lead,
    ``wrong`` near
    misses that were flagged all the same: both should be empty. ``unplanned`` counts leads that the background
    gave."""

    workspace: Path
    today: date
    layers: Mapping[str, int]
    incidents: int
    quarantined: Mapping[str, int]
    leads: Sequence[Lead]
    found: Sequence[Planted]
    missed: Sequence[Planted]
    wrong: Sequence[Planted]
    unplanned: int
    accounts: Sequence[Account]
    jobs: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    seconds: float = 0.0

    @property
    def by_domain(self) -> dict[str, int]:
        return dict(sorted(Counter(lead.domain for lead in self.leads).items()))

    def as_dict(self) -> dict[str, Any]:
        """For ``demo --format json``."""
        return {
            "workspace": str(self.workspace),
            "synthetic": True,
            "today": self.today.isoformat(),
            "layers": dict(self.layers),
            "incidents": self.incidents,
            "quarantined": dict(self.quarantined),
            "leads": {
                "total": len(self.leads),
                "by_domain": self.by_domain,
                "by_model": dict(sorted(Counter(lead.model for lead in self.leads).items())),
            },
            "truth": {
                "found": len(self.found),
                "missed": [f"{p.model} {p.subject}: {p.why}" for p in self.missed],
                "wrongly_flagged": [f"{p.model} {p.subject}: {p.why}" for p in self.wrong],
                "unplanned": self.unplanned,
            },
            "jobs": {name: dict(counts) for name, counts in self.jobs.items()},
            "accounts": [{"name": a.name, "role": a.role, "password": a.password} for a in self.accounts],
            "seconds": round(self.seconds, 1),
        }

    def lines(self, most: int = 12) -> list[str]:
        """For a person at a terminal."""
        urgency = {"high": 0, "medium": 1, "low": 2}
        newest = sorted(self.leads, key=lambda lead: (urgency[lead.urgency], -lead.last.timestamp(), lead.id))
        said = [
            "",
            f"Lhasa demonstration (synthetic) in {self.workspace}",
            f"  layers      {len(self.layers)} with {sum(self.layers.values()):,} features",
            f"  incidents   {self.incidents:,}; {sum(self.quarantined.values()):,} rows in quarantine: "
            + ", ".join(f"{reason} {n}" for reason, n in self.quarantined.items()),
            f"  leads       {len(self.leads)}: " + ", ".join(f"{domain} {n}" for domain, n in self.by_domain.items()),
            f"  planted     {len(self.found)} offences found, {len(self.missed)} missed, {len(self.wrong)} near misses "
            f"wrongly flagged; {self.unplanned} further leads from the background",
            "",
            f"The {min(most, len(newest))} most urgent suspected matters (涉嫌，合成数据):",
        ]
        said += [
            f"  {lead.id}  {lead.model}  {lead.urgency:6}  {lead.last:%Y-%m-%d}  {lead.title.zh} · {lead.about.zh}"
            for lead in newest[:most]
        ]
        said += ["", "Accounts of the demonstration (new passwords at each run):"]
        said += [f"  {a.name:<11} {a.password}   ({a.role})" for a in self.accounts]
        return said


def run_demo(
    folder: Path,
    *,
    incidents: int = 20_000,
    fresh: bool = False,
    progress: Progress | None = None,
    clock: Clock | None = None,
    seed: int | None = None,
) -> Summary:
    """Builds the workspace in ``folder`` (unless a demonstration is there already and ``fresh`` is not asked
    for), runs
    every job once and makes the demo accounts.

    Raises RefusedError if ``folder`` holds something that is not a demonstration, FileError if the package with
    the district
    polygons is not installed, and FaultError naming the job if one did not end well.
    """
    from geo_monitor.domain.clock import FixedClock, WallClock
    from geo_monitor.wiring import open_house

    say = progress or (lambda _: None)
    began = time.monotonic()
    clock = clock or WallClock()
    sunday = last_sunday(clock)
    truth, built = _build(folder, incidents, fresh, say, sunday, seed)
    house = open_house(folder, clock=clock)
    then = replace(house, clock=FixedClock(datetime.combine(sunday, SUNDAY_EVENING, ZONE).astimezone(UTC)))
    try:
        accounts = _make_accounts(house)
        done = {}
        for name in _job_names():
            say(f"job {name}")
            done[name] = _run(then if built and name in ON_SUNDAY else house, name)
        return _summary(house, truth, accounts, done, time.monotonic() - began)
    finally:
        house.close()


def last_sunday(clock: Clock) -> date:
    """The last day of the last whole week in Lhasa's calendar."""
    today = clock.now().astimezone(ZONE).date()
    return today - timedelta(days=today.isoweekday())


def _build(
    folder: Path, incidents: int, fresh: bool, say: Progress, sunday: date, seed: int | None
) -> tuple[Truth, bool]:
    """What was planted, and whether it was planted just now."""
    from geo_monitor.demo.truth import Truth
    from geo_monitor.demo.workspace import SEED, TRUTH_FILE, build_workspace, clear_workspace

    if (folder / TRUTH_FILE).is_file() and not fresh:
        say(f"{folder} holds a demonstration already; it is used as it is (--fresh makes a new one)")
        return Truth.read(folder / TRUTH_FILE), False
    if folder.exists() and not (folder / TRUTH_FILE).is_file() and any(folder.iterdir()):
        raise RefusedError(f"{folder} is not empty and holds no demonstration; choose another folder with --workspace")
    # Built beside and moved into place, so that a broken run leaves no half workspace behind.
    half = folder.with_name(f".{folder.name}.building-{secrets.token_hex(4)}")
    try:
        chosen = SEED if seed is None else seed
        truth = build_workspace(half, seed=chosen, today=sunday, incidents=incidents, progress=say)
        clear_workspace(folder)
        half.rename(folder)
    finally:
        shutil.rmtree(half, ignore_errors=True)
    return truth, True


def _job_names() -> list[str]:
    from jobs import find

    found = find()
    return [n for n in ORDER if n in found] + sorted(set(found) - set(ORDER))


def _run(house: House, name: str) -> Mapping[str, Any]:
    from jobs._scheduler import run_job

    run = run_job(house, name)
    if run.outcome != "done":
        raise FaultError(f"job {name} ended as {run.outcome}: {run.error}")
    return run.counts


def _make_accounts(house: House) -> list[Account]:
    from geo_monitor.services.accounts import make_user

    accounts = [Account(name, role, secrets.token_urlsafe(9)) for name, role, _ in ROLES]
    displays = {name: display for name, _, display in ROLES}
    users = [
        make_user(a.name, role=a.role, display=displays[a.name], password=a.password, email=f"{a.name}@demo.invalid")
        for a in accounts
    ]
    with house.store.writing() as records:
        for user in users:
            records.put_user(user)
    return accounts


def _summary(
    house: House, truth: Truth, accounts: Sequence[Account], done: Mapping[str, Mapping[str, Any]], seconds: float
) -> Summary:
    with house.store.reading() as records:
        leads = records.leads_of()
        layers = {v.layer: v.features for v in records.layer_versions()}
        counted = records.incident_count()
        quarantined: Counter[str] = Counter()
        for (_, reason), n in records.quarantine_counts().items():
            quarantined[reason] += n
    flagged = {(lead.model, lead.subject.layer, lead.subject.id) for lead in leads}
    known = {(p.model, p.layer, p.subject) for p in truth.planted}
    hit = [p for p in truth.planted if (p.model, p.layer, p.subject) in flagged]
    return Summary(
        workspace=house.settings.workspace,
        today=truth.today,
        layers=layers,
        incidents=counted,
        quarantined=dict(sorted(quarantined.items())),
        leads=leads,
        found=[p for p in hit if p.found],
        missed=[p for p in truth.planted if p.found and p not in hit],
        wrong=[p for p in hit if not p.found],
        unplanned=len(flagged - known),
        accounts=accounts,
        jobs=done,
        seconds=seconds,
    )
