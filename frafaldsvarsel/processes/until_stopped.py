"""Runs a process until SIGTERM, and says in one line why it ended otherwise."""

import asyncio
import logging
import signal
from collections.abc import Awaitable, Callable, Iterator

import psycopg
import uvloop

from infra import gc_tuning
from infra.health import Health, keep_turning

log = logging.getLogger(__name__)

EX_FAULT = 70
"""A fault of ours or of a server: nothing is lost, start the process again (sysexits.h)."""


def run_until_stopped(serve: Callable[[asyncio.Event], Awaitable[None]], health: Health | None = None) -> int:
    """Run `serve`, and set its event on SIGTERM or SIGINT; `health` is told that the loop turns."""

    async def main() -> None:
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, stop.set)
        turning = None if health is None else asyncio.create_task(keep_turning(health), name="health")
        try:
            await serve(stop)
        finally:
            if turning is not None:
                turning.cancel()

    gc_tuning.keep_for_good()
    try:
        uvloop.run(main())
    except BaseExceptionGroup as faults:
        log.critical("ending: %s", "; ".join(map(_said, _each(faults))))
        return EX_FAULT
    return 0


def _each(fault: BaseException) -> Iterator[BaseException]:
    """The faults themselves: a part that has parts of its own hands on a group of them."""
    if isinstance(fault, BaseExceptionGroup):
        for one in fault.exceptions:
            yield from _each(one)
    else:
        yield fault


def _said(fault: BaseException) -> str:
    """A fault's kind and words; a database's words can hold a row's values, so its code stands for them."""
    if isinstance(fault, psycopg.Error):
        return f"{type(fault).__name__} {fault.sqlstate or ''}".rstrip()
    return f"{type(fault).__name__}: {fault}"
