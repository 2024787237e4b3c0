"""The whole library over a million reports: the engine against a filter-first GeoPandas loop, same data, one run.

    python tests/benchmarks/overlay.py [--incidents 1000000] [--planted 0.05] [--seed 20261122] [--only ID ...]
    python tests/benchmarks/overlay.py --memory       what the engine alone needs, from the store's columns
    python tests/benchmarks/overlay.py --growth 5     the engine alone on so many times the reports

The city is that of ``world.py``, the loop that of ``plain.py``. Both begin with the layers' indexes made and end with
the hits and the records of every matter, and the answers are compared one by one (``agree.py``). CPU seconds are
compared, because the machine may be shared; what else runs slows both: so the engine is run a dozen times in between
the models of the loop, and the mean of that is set against the sum of these.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

HERE = Path(__file__).resolve()
if __name__ == "__main__":
    sys.path.insert(0, str(HERE.parents[2]))

from geo_monitor.engine.evaluate import Evaluation, evaluate  # noqa: E402
from geo_monitor.engine.join import IndexShelf  # noqa: E402
from geo_monitor.supervision.load import LIBRARY, load_models  # noqa: E402
from geo_monitor.supervision.model import SupervisionModel  # noqa: E402
from tests.benchmarks.agree import Agreement, compared  # noqa: E402
from tests.benchmarks.plain import Answer, PlainLoop  # noqa: E402
from tests.benchmarks.world import AS_OF, CENTRE, ZONE, Size, World, build_world  # noqa: E402

T = TypeVar("T")
SEED = 20261122
PLANTED = 0.05
#: So many runs of the engine in between the models of the loop.
BETWEEN = 12


@dataclass(frozen=True)
class Timing:
    wall: float
    cpu: float


@dataclass(frozen=True)
class Measured:
    """``engine``: with the layers' indexes at hand, the mean of a dozen; ``cold``: while it made them. ``points``: what
    the loop pays for making and projecting the reports, ``loop`` for all models after that."""

    models: int
    cold: Timing
    engine: Timing
    points: Timing
    loop: Timing
    dearest: list[tuple[str, float]]
    agreement: Agreement

    @property
    def ratio(self) -> float:
        return (self.points.cpu + self.loop.cpu) / self.engine.cpu

    @property
    def ratio_without_points(self) -> float:
        return self.loop.cpu / self.engine.cpu

    def lines(self) -> Iterator[str]:
        yield f"{'':52}{'wall s':>9}{'CPU s':>9}"
        for name, t in (
            ("engine, layers' indexes made on the way", self.cold),
            ("engine, indexes at hand", self.engine),
            ("loop: reports made into points and projected", self.points),
            ("loop: all models, layers and indexes at hand", self.loop),
        ):
            yield f"{name:52}{t.wall:9.2f}{t.cpu:9.2f}"
        yield f"ratio (CPU): {self.ratio:.1f}, without the loop's making of points {self.ratio_without_points:.1f}"
        yield "dearest in the loop: " + ", ".join(f"{m} {s:.2f}" for m, s in self.dearest)
        a = self.agreement
        yield f"hits {a.hits[0]:,} and {a.hits[1]:,}, matters {a.matters[0]:,} and {a.matters[1]:,}"
        yield (
            f"hits that differ within the error of the loop's frame: {len(a.explained)}, otherwise "
            f"{len(a.unexplained)}; matters: {len(a.matters_explained)} and {len(a.matters_unexplained)}"
        )
        for name, rows in (
            ("within", a.explained),
            ("OTHERWISE", a.unexplained),
            ("within, matter", a.matters_explained),
            ("OTHERWISE, matter", a.matters_unexplained),
        ):
            for row in rows[:40]:
                yield f"   {name}: " + "  ".join(row)


def timed(work: Callable[[], T]) -> tuple[T, Timing]:
    wall, cpu = time.perf_counter(), time.process_time()
    result = work()
    return result, Timing(time.perf_counter() - wall, time.process_time() - cpu)


def library(only: Sequence[str] = ()) -> list[SupervisionModel]:
    return [replace(m, status="active") for m in load_models([LIBRARY]).values() if not only or m.id in only]


def run(models: Sequence[SupervisionModel], world: World, shelf: IndexShelf) -> Evaluation:
    return evaluate(models, world.incidents, world.layers, as_of=AS_OF, centre=CENTRE, zone=ZONE, shelf=shelf)


def measure(
    incidents: int,
    seed: int = SEED,
    planted: float = PLANTED,
    only: Sequence[str] = (),
    say: Callable[[str], None] = print,
) -> Measured:
    """Builds the city and runs both."""
    models = library(only)
    world = build_world(library(), replace(Size(), incidents=incidents, planted=planted), seed)
    shelf = IndexShelf()
    found, cold = timed(lambda: run(models, world, shelf))
    say(
        f"{len(world.incidents):,} reports, {sum(len(c) for c in world.layers.values()):,} features in "
        f"{len(world.layers)} layers, {len(models)} models ({len(found.waiting)} waiting)"
    )
    loop = PlainLoop(world.layers, as_of=AS_OF, centre=CENTRE, zone=ZONE)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        loop.prepare(models)
        _, points = timed(lambda: loop.tell(world.incidents))
        spent: list[Timing] = []
        answers: dict[str, Answer] = {}
        each: dict[str, Timing] = {}
        for k, model in enumerate(models):
            if k % (len(models) // BETWEEN + 1) == 0:
                spent.append(timed(lambda: run(models, world, shelf))[1])
            answers[model.id], each[model.id] = timed(lambda model=model: loop.answer(model))  # type: ignore[misc]
        agreement = compared(world, models, found, answers, as_of=AS_OF, zone=ZONE, centre=CENTRE)
    return Measured(
        models=len(models),
        cold=cold,
        engine=Timing(statistics.mean(t.wall for t in spent), statistics.mean(t.cpu for t in spent)),
        points=points,
        loop=Timing(sum(t.wall for t in each.values()), sum(t.cpu for t in each.values())),
        dearest=sorted(((m, t.cpu) for m, t in each.items()), key=lambda of: -of[1])[:8],
        agreement=agreement,
    )


def growth(incidents: int, times: int, seed: int, planted: float) -> Iterator[str]:
    """CPU seconds of the engine on so many reports and on so many times as many, over the same layers."""
    spent, models = [], library()
    for n in (incidents, incidents * times):
        world = build_world(models, replace(Size(), incidents=n, planted=planted), seed)
        shelf = IndexShelf()
        found = run(models, world, shelf)
        hits = sum(len(h) for h in found.hits.values())
        del found
        again = []
        for _ in range(3):
            began = time.process_time()
            run(models, world, shelf)
            again.append(time.process_time() - began)
        spent.append(statistics.median(again))
        yield f"{n:,} reports, {hits:,} hits: {spent[-1]:.2f} CPU s"
    yield f"{times} times the reports take {spent[1] / spent[0]:.2f} times as long"


def memory(incidents: int, seed: int, planted: float) -> Iterator[str]:
    """Greatest resident size of a process that reads everything from a store and evaluates it; another one fills it."""
    with tempfile.TemporaryDirectory() as folder:
        asked = ["--incidents", str(incidents), "--seed", str(seed), "--planted", str(planted)]
        for step in ("fill", "evaluate"):
            done = subprocess.run(
                [sys.executable, str(HERE.with_name("memory.py")), step, str(Path(folder) / "city.sqlite"), *asked],
                check=True,
                capture_output=True,
                text=True,
            )
            yield done.stdout.strip()


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--incidents", type=int, default=1_000_000)
    parser.add_argument("--planted", type=float, default=PLANTED, help="share of reports that happen as models look")
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--only", nargs="*", default=[], help="ids of the models to run")
    parser.add_argument("--memory", action="store_true")
    parser.add_argument("--growth", type=int, default=0)
    args = parser.parse_args(argv)
    if args.memory or args.growth:
        lines = memory(args.incidents, args.seed, args.planted)
        if args.growth:
            lines = growth(args.incidents, args.growth, args.seed, args.planted)
        for line in lines:
            print(line, flush=True)
        return 0
    measured = measure(args.incidents, args.seed, args.planted, args.only)
    for line in measured.lines():
        print(line)
    return 0 if measured.agreement.whole else 1


if __name__ == "__main__":
    sys.exit(main())
