"""Ends the process where to go on would be to be alive and do nothing, or to commit what is not done."""

import asyncio
import logging
import os
from collections.abc import Awaitable
from typing import Final, NoReturn

from mode import Service
from mode.threads import MethodQueueWorker

log = logging.getLogger("streams.app")

EXIT_FAULT: Final = 70
"""Nothing is lost; start the process again (sysexits.h)."""


def fail_stop(what: str, exc: BaseException) -> NoReturn:
    """Say what has failed, without a value of any record, and end at once."""
    log.critical("%s failed: %s; ending so that nothing is committed", what, _describe(exc))
    logging.shutdown()
    os._exit(EXIT_FAULT)


class Unbroken(Service):
    """For a part of the engine that must not end by itself: it is silent about a cancelled task (faust.md, 21)."""

    async def _execute_task(self, task: Awaitable[None]) -> None:
        await super()._execute_task(self._to_its_end(task))

    async def _to_its_end(self, task: Awaitable[None]) -> None:
        try:
            await task
        except asyncio.CancelledError as error:
            if self.should_stop:
                raise
            fail_stop(f"the engine's {self.shortlabel}", error)


class QueueWorker(Unbroken, MethodQueueWorker):
    """Takes what one thread asks of another, a rebalance among it: of two that ended, the group would learn nothing."""


def _describe(exc: BaseException) -> str:
    """The kind and place of a failure; pydantic's text would show values, so validation shows its count only."""
    trace = exc.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    where = "" if trace is None else f" at {trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}"
    count = getattr(exc, "error_count", None)
    text = f"{count()} validation faults" if callable(count) else str(exc)
    return f"{type(exc).__name__}{where}: {text}"
