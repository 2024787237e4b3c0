"""A long file is read in a process of its own: one processor maps and checks rows while another stores them.

Threads would not do: reading is Python, and two of them take turns at the interpreter. The process is started afresh
(``spawn``), never copied from this one (``fork``): a copy takes along locks that other threads hold at that moment and
the open database, so that it may stand still for ever; a scheduler and a web server have such threads. A fresh one
costs a second, which is why short files are read here.
"""

from __future__ import annotations

import pickle
import signal
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing import current_process, get_context
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from typing import TYPE_CHECKING

from geo_monitor.domain.batch import Arrivals
from geo_monitor.errors import FaultError

if TYPE_CHECKING:
    from geo_monitor.reading.feeds import FeedReading

#: Bytes of a file from which on a second process is worth its start: some 25,000 rows.
APART_FROM = 4 * 2**20

_SPAWN = get_context("spawn")


@contextmanager
def arriving(reading: FeedReading) -> Iterator[Iterator[Arrivals]]:
    """``reading.arrivals()``, for as long as the context lasts; of a long file out of another process, which ends with
    the context, however that ends. What reading raises there is raised here; FaultError if that process dies."""
    order = _order(reading)
    if order is None:
        yield reading.arrivals()
        return
    come, go = _SPAWN.Pipe(duplex=False)
    process = _SPAWN.Process(target=_read, args=(order, go), name=f"reads {reading.file}", daemon=True)
    with come:
        with go:  # Ours closes again: when the process ends, so does the pipe.
            process.start()
        try:
            yield _taken(come, process, reading.file)
        finally:
            process.terminate()
            process.join()


def _order(reading: FeedReading) -> bytes | None:
    """The reading as it travels to the other process; None for a short file, for one whose rows cannot be read apart
    from this process (they ask its gazetteer), and where no process may be started."""
    if reading.path.stat().st_size < APART_FROM or current_process().daemon:
        return None
    try:
        return pickle.dumps(reading)
    except (pickle.PicklingError, AttributeError, TypeError):
        return None


def _read(order: bytes, go: Connection) -> None:
    # Ctrl-C reaches every process of a terminal; the one that stores ends this one.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        for some in pickle.loads(order).arrivals():  # noqa: S301 - made by the process that started this one
            go.send(some)
        go.send(None)
    except BrokenPipeError:
        pass  # It was killed: nobody waits any more, and nothing is stored.
    except Exception as e:
        e.add_note(traceback.format_exc())
        go.send(e)


def _taken(come: Connection, process: BaseProcess, file: str) -> Iterator[Arrivals]:
    while True:
        try:
            said = come.recv()
        except EOFError:
            process.join()
            how = f"the process that read it ended early (exit code {process.exitcode})"
            raise FaultError(f"{file}: {how}, perhaps for want of memory; nothing of it was stored") from None
        if said is None:
            return
        if isinstance(said, Exception):
            raise said
        yield said
