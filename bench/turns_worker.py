"""The service's own worker, which also notes how long each turn of its event loop takes.

A task asks for a turn every ten milliseconds. Between two of its turns it notes how late it is by the clock, and how
much processor time the loop's thread has taken: on a machine with other work the second alone says something.
"""

import asyncio
import json
import os
import runpy
import sys
import time
from pathlib import Path
from typing import Any, Final

from streams.batch_driver import BatchDriver
from streams.processors import Match

_TICK_SECONDS: Final = 0.01


class TurnLog:
    """Written to `file` as JSON when `wanted` records are acknowledged."""

    def __init__(self, file: Path, wanted: int) -> None:
        self.done = 0
        self._file = file
        self._wanted = wanted
        self._late: list[float] = []
        self._computed: list[float] = []
        self._began: tuple[float, float] | None = None
        self._task: asyncio.Task[None] | None = None

    def begin(self) -> None:
        """At every batch; the first call begins."""
        if self._began is None:
            self._began = time.perf_counter(), time.process_time()
            self._task = asyncio.create_task(self._tick())

    def acknowledged(self) -> None:
        """The brokers have all that follows from `done` records."""
        if self._began is None or self.done < self._wanted or self._file.exists():
            return
        wall, processor = self._began
        figures = {
            "seconds": time.perf_counter() - wall,
            "cpu_seconds": time.process_time() - processor,
            "late": self._late,
            "computed": self._computed,
        }
        part = self._file.with_suffix(".part")
        part.write_text(json.dumps(figures), "utf-8")
        part.replace(self._file)

    async def _tick(self) -> None:
        while True:
            clock, thread = time.perf_counter(), time.thread_time()
            await asyncio.sleep(_TICK_SECONDS)
            self._late.append(time.perf_counter() - clock - _TICK_SECONDS)
            self._computed.append(time.thread_time() - thread)


if __name__ == "__main__":
    turns = TurnLog(Path(os.environ["TURNS_FILE"]), int(os.environ["TURNS_EVENTS"]))
    _run, _batch = Match.run, BatchDriver.batch

    async def run(self: Match, topic: str, partition: int, records: Any, output: Any) -> None:
        """As it is, and counted."""
        await _run(self, topic, partition, records, output)
        turns.done += len(records)

    async def batch(self: BatchDriver, records: Any) -> None:
        """As it is, and noted."""
        turns.begin()
        await _batch(self, records)
        turns.acknowledged()

    Match.run, BatchDriver.batch = run, batch  # type: ignore[method-assign]
    sys.argv = ["frafaldsvarsel", "worker"]
    runpy.run_module("frafaldsvarsel", run_name="__main__")
