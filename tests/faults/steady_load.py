"""A load that never pauses, from a thread: records of whole people, a few each second unless more are wanted."""

import threading
from collections.abc import Sequence
from typing import Final, Self

from tests.faults.cells import Run
from tests.faults.workload import Sent

_EVERY_SECONDS: Final = 2.0
_EACH: Final = 8


class SteadyLoad:
    """`with SteadyLoad(run)` publishes until its end. Other records go through its `publish`, which takes turns."""

    def __init__(self, run: Run, *, every: float = _EVERY_SECONDS, each: int = _EACH) -> None:
        """`each` records, or somewhat more, `every` so many seconds."""
        self.run = run
        self._every, self._each = every, each
        self.flooded: set[str] = set()
        """Of people whose sender was over its bound: the judge has no rule for them."""
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._paused = threading.Event()
        self._thread = threading.Thread(target=self._go_on, daemon=True, name="steady load")
        self._fault: BaseException | None = None

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()
        if self._fault is not None:
            raise self._fault

    def publish(self, records: Sequence[Sent], *, timestamp_ms: int = 0) -> None:
        """At once, for the judge to remember. The broker puts its own time on them where it is told to."""
        with self._lock:
            self.run.published += records
            self.run.rig.publish(records, timestamp_ms=timestamp_ms)

    def drain(self) -> float:
        """Pause until everything is through; the seconds that it took."""
        self._paused.set()
        try:
            with self._lock:
                return self.run.rig.drain()
        finally:
            self._paused.clear()

    def _go_on(self) -> None:
        try:
            while not self._stop.wait(self._every):
                if not self._paused.is_set():
                    with self._lock:
                        drawn = self.run.rig.load.draw(self._each)
                    self.publish(drawn)
        except BaseException as fault:
            self._fault = fault
