"""``python -m bench.workers``: match by several workers against one, over the same backlog.

The workers have their partitions and are held (SIGSTOP) while the backlog is written, so that no start and no
rebalance is in the figures: from the moment that they go on until the last event is acknowledged. The numbers of
workers take turns, each run with brokers of its own. What a broker takes is told too: where the machine has no more
processors than workers, it takes from theirs.
"""

import argparse
import os
import signal
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from time import time

from bench import processor_time
from bench.events import person_events
from bench.place import Place, place
from bench.spread import spread
from bench.throughput import applied_stamps, run_fill
from config.settings import PREFIX
from local.servers.process import Process


@dataclass(frozen=True, slots=True)
class _Run:
    rate: float
    """Events a second."""
    cores: float
    """Processors that the workers kept busy."""
    broker: float
    """Likewise, the broker."""
    spent: float
    """Microseconds of the workers' processor time for each event."""


def main() -> None:
    """Print the medians, and the ratio to the fewest workers."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--events", type=int, default=200_000)
    parser.add_argument("--rounds", type=int, default=5)
    told = parser.parse_args()
    found: dict[int, list[_Run]] = {number: [] for number in told.workers}
    for seed in range(told.rounds):
        for number, runs in found.items():
            with place() as made:
                runs.append(_one(made, number, told.events, seed))
    fewest = found[min(found)]
    for number, runs in found.items():
        against = [one.rate / other.rate for one, other in zip(runs, fewest, strict=True)]
        print(
            f"{number} workers: {spread([one.rate for one in runs], 0)} events/s, "
            f"{spread([one.cores for one in runs], 2)} processors busy, "
            f"the broker {spread([one.broker for one in runs], 2)}, "
            f"{spread([one.spent for one in runs], 1)} µs an event; × {min(found)}: {spread(against, 2)}"
        )


def _one(made: Place, number: int, events: int, seed: int) -> _Run:
    # A worker that is held says nothing to its group meanwhile. The engine takes no longer session.
    patient = {f"{PREFIX}SESSION_TIMEOUT_SECONDS": "30"}
    backlog = list(person_events(events, seed=seed))
    with ExitStack() as stack:
        workers = [
            stack.enter_context(made.worker(more=patient, name=f"worker-{one}")) for one in range(number)
        ]
        with _held(workers):
            written = run_fill(made, backlog)
            busy = [worker.pid for worker in workers], [made.broker_pid or 0]
            before = [_spent(pids) for pids in busy]
        began = time()
        last = max(stamp for stamp, _ in applied_stamps(made, written)) / 1000
        spent, of_broker = (_spent(pids) - then for pids, then in zip(busy, before, strict=True))
    seconds = last - began
    return _Run(written / seconds, spent / seconds, of_broker / seconds, spent / written * 1e6)


def _spent(pids: Iterable[int]) -> float:
    return sum(map(processor_time.of, pids))


@contextmanager
def _held(workers: list[Process]) -> Iterator[None]:
    for worker in workers:
        os.kill(worker.pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for worker in workers:
            os.kill(worker.pid, signal.SIGCONT)


if __name__ == "__main__":
    main()
