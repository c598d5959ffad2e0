"""Logs for people and machines alike: one line each on standard error, in UTC, and never a record's content."""

import logging
import logging.config
import time
from typing import Final

_QUIET: Final = (
    "aiokafka",
    "faust",
    "mode",
    "asyncio",
    "psycopg",
    "aiosmtplib",
)
"""Libraries that tell of every heartbeat at INFO, and some of record contents at DEBUG."""


def configure(level: str = "INFO") -> None:
    """Set up logging for a process."""
    formatter = logging.Formatter(
        "%(asctime)s.%(msecs)03dZ %(levelname)s %(name)s: %(message)s", "%Y-%m-%dT%H:%M:%S"
    )
    formatter.converter = time.gmtime
    handler = logging.StreamHandler()
    handler.setFormatter(formatter)
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for name in _QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
    # It warns of every connection that an outage has ended; whoever uses the pool says it once.
    logging.getLogger("psycopg.pool").setLevel(logging.ERROR)
