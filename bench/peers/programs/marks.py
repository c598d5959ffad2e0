"""What each peer notes of its run, in a file whose appearance says that the run is over."""

import json
import os
import resource
import time
from pathlib import Path


class Marks:
    """Wall and CPU time from right before the first record until the last output is acknowledged."""

    def __init__(self) -> None:
        self.wanted = int(os.environ["PEER_EVENTS"])
        self.done = 0
        self._file = Path(os.environ["PEER_MARKS"])
        self._began: tuple[float, float] | None = None

    def begin(self) -> None:
        """Before a record is processed; the first call counts."""
        if self._began is None:
            self._began = (time.perf_counter(), time.process_time())

    def acknowledged(self) -> None:
        """The brokers have all that follows from `done` records."""
        if self._began is None or self.done < self.wanted or self._file.exists():
            return
        wall, cpu = self._began
        figures = {
            "seconds": time.perf_counter() - wall,
            "cpu_seconds": time.process_time() - cpu,
            "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        }
        part = self._file.with_suffix(".part")
        part.write_text(json.dumps(figures), "utf-8")
        part.replace(self._file)
