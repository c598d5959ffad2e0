"""Configures logging: one line per message on standard error, in UTC, and never a record's content."""

import logging
import re
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Final

import structlog
from prometheus_client import Counter
from structlog.stdlib import ProcessorFormatter
from structlog.types import EventDict, WrappedLogger

from config.sections.processes import LogForm
from infra.metrics import LOG_CPR_FOUND
from models.cpr import NotAPerson, normalise

_REPEAT_SECONDS: Final = 60.0
_QUIET: Final = (
    "aiokafka",
    "faust",
    "mode",
    "asyncio",
    "psycopg",
    "aiosmtplib",
    "opentelemetry",
)
"""Libraries that log every heartbeat at INFO, some of them record contents at DEBUG, or every attempt at a server."""
FIELDS: Final = ("timestamp", "level", "logger", "event", "exception")
"""All that a line has. What a library adds is dropped: nobody has looked at it."""
CPR_FOUND: Final = Counter(LOG_CPR_FOUND.name, LOG_CPR_FOUND.about, registry=None)
"""How often that was needed."""
_MAYBE_CPR: Final = re.compile(r"(?<![0-9A-Za-z])\d{6}[-\u2010-\u2015 ]?\d{4}(?![0-9A-Za-z])", re.ASCII)


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


def without_cpr(text: str) -> str:
    """`text` with whatever can be a CPR struck out: a second net, for no line is meant to hold one."""
    return _MAYBE_CPR.sub(_struck, text)


def configure(level: str = "INFO", form: LogForm = LogForm.LINE) -> None:
    """Set up logging for a process."""
    handler = logging.StreamHandler()
    render = _line if form is LogForm.LINE else structlog.processors.JSONRenderer(ensure_ascii=False)
    handler.setFormatter(
        ProcessorFormatter(
            foreign_pre_chain=[
                structlog.stdlib.add_log_level,
                structlog.stdlib.add_logger_name,
                structlog.processors.TimeStamper(fmt="iso", utc=True),
            ],
            processors=[
                ProcessorFormatter.remove_processors_meta,
                structlog.processors.format_exc_info,
                _allowed,
                render,
            ],
        )
    )
    handler.addFilter(OnceInAWhile(_REPEAT_SECONDS))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for name in _QUIET:
        logging.getLogger(name).setLevel(max(logging.WARNING, root.level))
    # The pool warns once for each lost connection; the code that uses the pool logs the outage once.
    logging.getLogger("psycopg.pool").setLevel(max(logging.ERROR, root.level))


def _struck(found: re.Match[str]) -> str:
    digits = re.sub(r"\D", "", found.group())
    with suppress(NotAPerson):
        normalise(digits)
        CPR_FOUND.inc()
        return "[CPR]"
    return found.group()


def _allowed(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """The fields of `FIELDS`, each without a CPR."""
    return {name: without_cpr(str(event[name])) for name in FIELDS if event.get(name) is not None}


def _line(_logger: WrappedLogger, _method: str, event: EventDict) -> str:
    said = f"{event['timestamp']} {event['level'].upper()} {event['logger']}: {event['event']}"
    return f"{said}\n{event['exception']}" if "exception" in event else said
