"""Logs for people and machines alike: one line each on standard error, in UTC, and never a record's content."""

import logging
import time
from collections.abc import Callable
from typing import Final

_REPEAT_SECONDS: Final = 30.0
_QUIET: Final = (
    "aiokafka",
    "faust",
    "mode",
    "asyncio",
    "psycopg",
    "aiosmtplib",
)
"""Libraries that tell of every heartbeat at INFO, and some of record contents at DEBUG."""


class OnceInAWhile(logging.Filter):
    """Lets a library say the same thing once in a while: a broker that is away is news once, not a thousand times."""

    def __init__(self, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._seconds = seconds
        self._clock = clock
        self._said: dict[tuple[str, str], float] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether `record` is to be said."""
        if not record.name.startswith(_QUIET):
            return True
        now, what = self._clock(), (record.name, str(record.msg))
        if now - self._said.get(what, -self._seconds) < self._seconds:
            return False
        self._said[what] = now
        return True


def configure(level: str = "INFO") -> None:
    """Set up logging for a process."""
    formatter = logging.Formatter(
        "%(asctime)s.%(msecs)03dZ %(levelname)s %(name)s: %(message)s", "%Y-%m-%dT%H:%M:%S"
    )
    formatter.converter = time.gmtime
    handler = logging.StreamHandler()
    handler.setFormatter(formatter)
    handler.addFilter(OnceInAWhile(_REPEAT_SECONDS))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for name in _QUIET:
        logging.getLogger(name).setLevel(max(logging.WARNING, root.level))
    # It warns of every connection that an outage has ended; whoever uses the pool says it once.
    logging.getLogger("psycopg.pool").setLevel(max(logging.ERROR, root.level))
