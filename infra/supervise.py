"""If a long-running task returns before shutdown, raise so that the process exits.

A task group treats a cancelled task as a finished one and goes on: the process would be alive and do nothing.
"""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Final

_AGAIN_SECONDS: Final = 1.0


class EndedEarly(RuntimeError):
    """A long-running task ended before shutdown. Start the process again."""


async def supervise(work: Coroutine[object, object, None], *, name: str, told: Callable[[], bool]) -> None:
    """Run `work`. Raise its own exception, or `EndedEarly` if it returns or is cancelled while `told` is false."""
    # In a task of its own, a cancellation from inside `work` can be told from one of the caller.
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
