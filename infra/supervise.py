"""Work that must last until it is told to end: a part that stops by itself takes the process with it.

A task group takes a cancelled member for one that is done, and goes on without it: alive, and doing nothing.
"""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Final

_AGAIN_SECONDS: Final = 1.0


class EndedEarly(RuntimeError):
    """A part of the process ended and nobody had told it to; start the process again."""


async def supervise(work: Coroutine[object, object, None], *, name: str, told: Callable[[], bool]) -> None:
    """Run `work`; raise `EndedEarly` when it ends, by whatever way but a failure of its own, before `told`."""
    # A task of its own: so a cancellation that came from within is told from one that ends us all.
    running = asyncio.create_task(work, name=name)
    try:
        await asyncio.wait([running])
    except asyncio.CancelledError:
        # More than once: `asyncio.wait_for`, which libraries use, can lose a cancellation (Python 3.11).
        while not running.done():
            running.cancel()
            await asyncio.wait([running], timeout=_AGAIN_SECONDS)
        raise
    if not running.cancelled():
        running.result()
    if not told():
        raise EndedEarly(f"{name} ended before it was told to")
