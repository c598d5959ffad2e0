"""Ends the process if it would otherwise stay alive and do nothing, or commit what was not processed."""

import asyncio
import logging
import os
from collections.abc import Awaitable
from typing import Final, NoReturn

from mode import Service
from mode.threads import MethodQueueWorker

log = logging.getLogger("streams.app")

EXIT_FAULT: Final = 70
"""The exit code: nothing is lost, start the process again (sysexits.h)."""


def fail_stop(what: str, exc: BaseException) -> NoReturn:
    """Log what has failed, without a value of any record, and end at once."""
    log.critical("%s failed: %s; ending so that nothing is committed", what, _describe(exc))
    logging.shutdown()
    os._exit(EXIT_FAULT)


class FailStopService(Service):
    """Ends the process if one of the service's tasks is cancelled: Faust goes on without it (faust.md, 21)."""

    async def _execute_task(self, task: Awaitable[None]) -> None:
        await super()._execute_task(self._run_to_completion(task))

    async def _run_to_completion(self, task: Awaitable[None]) -> None:
        try:
            await task
        except asyncio.CancelledError as error:
            if self.should_stop:
                raise
            fail_stop(f"the engine's {self.shortlabel}", error)


class QueueWorker(FailStopService, MethodQueueWorker):
    """Runs calls from the consumer's thread, also rebalances: without a worker the group would wait for us for ever."""


def _describe(exc: BaseException) -> str:
    """The kind and place of a failure; pydantic's text would show values, so validation shows its count only."""
    trace = exc.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    where = "" if trace is None else f" at {trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}"
    count = getattr(exc, "error_count", None)
    text = f"{count()} validation faults" if callable(count) else str(exc)
    return f"{type(exc).__name__}{where}: {text}"
