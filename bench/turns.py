"""``python -m bench.turns``: how long a busy worker keeps its own event loop waiting, over a backlog and at its start.

`--people` are known before, so that the start is in the first turns; without them it is the backlog alone.
"""

import argparse
import asyncio
import json
import time
from pathlib import Path
from statistics import quantiles
from typing import Any

from bench.events import person_events
from bench.place import Place, place
from bench.start import fill_people
from bench.throughput import run_fill

_WAIT_SECONDS = 300


def main() -> None:
    """Print the most and the 99th percentile."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=30_000)
    parser.add_argument("--people", type=int, default=0)
    told = parser.parse_args()
    with place() as made:
        if told.people:
            asyncio.run(fill_people(made, told.people))
        number = run_fill(made, person_events(told.events, seed=11))
        figures = _watched(made, number)
    print(f"{number} events, {told.people} people known: {figures['seconds']:.1f} s")
    print(f"processor time of the worker for each event: {figures['cpu_seconds'] / number * 1e6:.0f} µs")
    for name, what in (("computed", "processor time between two turns"), ("late", "late, by the clock")):
        values = [seconds * 1000 for seconds in figures[name]]
        print(f"{what}: most {max(values):.0f} ms, p99 {quantiles(values, n=100)[98]:.0f} ms")


def _watched(made: Place, number: int) -> dict[str, Any]:
    file = made.data / "turns.json"
    more = {"TURNS_FILE": str(file), "TURNS_EVENTS": str(number), "PYTHONPATH": str(Path.cwd())}
    end = time.monotonic() + _WAIT_SECONDS
    with made.worker(("-m", "bench.turns_worker"), more):
        while not file.exists():
            if time.monotonic() > end:
                raise TimeoutError("the backlog was not worked off")
            time.sleep(0.1)
    found: dict[str, Any] = json.loads(file.read_text("utf-8"))
    return found


if __name__ == "__main__":
    main()
