"""The service's own worker, `python -m frafaldsvarsel worker`, with two methods that also count what passes them."""

import runpy
import sys
from typing import Any

from bench.peers.programs.marks import Marks
from streams.batch_driver import BatchDriver
from streams.processors import Match

marks = Marks()
_run, _batch = Match.run, BatchDriver.batch


async def run(self: Match, topic: str, partition: int, records: Any, output: Any) -> None:
    marks.begin()
    await _run(self, topic, partition, records, output)
    marks.done += len(records)


async def batch(self: BatchDriver, records: Any) -> None:
    await _batch(self, records)
    marks.acknowledged()


if __name__ == "__main__":
    Match.run, BatchDriver.batch = run, batch  # type: ignore[method-assign]
    sys.argv = ["frafaldsvarsel", "worker"]
    runpy.run_module("frafaldsvarsel", run_name="__main__")
