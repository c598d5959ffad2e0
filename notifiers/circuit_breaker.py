"""Says once that something is away, once that it is back, and how long to rest in between.

Pure: the time is a parameter. It must never let a caller ask again at once.
"""

import logging


class CircuitBreaker:
    """The state of one thing that we depend on. Times are seconds on any clock that only goes forward."""

    def __init__(self, what: str, log: logging.Logger, *, first: float = 0.5, longest: float = 30) -> None:
        self._what = what
        self._log = log
        self._first = first
        self._longest = longest
        self._rest = 0.0
        self._noted = 0.0
        self.until = 0.0
        """No one asks before this time."""

    @property
    def is_away(self) -> bool:
        return self._rest > 0

    def resting(self, now: float) -> bool:
        return self.is_away and now < self.until

    def away(self, why: str, *, started: float, now: float) -> None:
        """A try that began at `started` found it away. Tries from before the last note tell nothing new."""
        if self.is_away and started < self._noted:
            return
        if not self.is_away:
            self._log.warning("%s cannot be used, waiting: %s", self._what, why)
        self._rest = min(max(self._first, 2 * self._rest), self._longest)
        self._noted = now
        self.until = now + self._rest

    def back(self) -> None:
        if self.is_away:
            self._log.warning("%s is back", self._what)
        self._rest = 0.0
