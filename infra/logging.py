"""Configures logging: one line per message on standard error, in UTC, and never a record's content."""

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
"""Libraries that log every heartbeat at INFO, and some of them record contents at DEBUG."""


class OnceInAWhile(logging.Filter):
    """Drops a library's message if the same one was logged in the last seconds, as while a broker cannot be reached."""

    def __init__(self, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._seconds = seconds
        self._clock = clock
        self._logged_at: dict[tuple[str, str], float] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether `record` is logged."""
        if not record.name.startswith(_QUIET):
            return True
        now, what = self._clock(), (record.name, str(record.msg))
        if now - self._logged_at.get(what, -self._seconds) < self._seconds:
            return False
        self._logged_at[what] = now
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
    # The pool warns once for each lost connection; the code that uses the pool logs the outage once.
    logging.getLogger("psycopg.pool").setLevel(max(logging.ERROR, root.level))
