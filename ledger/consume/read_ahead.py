"""The next records, read and decoded while PostgreSQL works on those before them.

Only reading and decoding: nothing is decided before the batch in front of it is committed. What was read ahead is
dropped whenever the positions are to be read again, before anybody seeks.
"""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, Final, Generic, TypeVar

_PATIENCE_SECONDS: Final = 5
"""For a poll that waits for records: longer than any, but for one in a rebalance."""
Polled = TypeVar("Polled")


class ReadAhead(Generic[Polled]):
    """At most one reading is under way."""

    def __init__(self, read: Callable[[], Coroutine[Any, Any, Polled]]) -> None:
        """`read` must leave nothing behind that a seek does not set right."""
        self._read = read
        self._reading: asyncio.Task[Polled] | None = None

    def begin(self) -> None:
        """Read what comes next; whoever takes it waits for it."""
        if self._reading is None:
            self._reading = asyncio.create_task(self._read())

    async def take(self) -> Polled:
        """What comes next, read ahead or now; raises what the reading has raised."""
        reading, self._reading = self._reading, None
        return await (self._read() if reading is None else reading)

    async def drop(self) -> None:
        """What was read ahead is not taken, whatever became of it."""
        reading, self._reading = self._reading, None
        if reading is None:
            return
        # aiokafka counts a poll that is cancelled as under way for ever, and no longer sees that nobody polls.
        await asyncio.wait([reading], timeout=_PATIENCE_SECONDS)
        # More than once: libraries can lose a cancellation (Python 3.11).
        while not reading.done():
            reading.cancel()
            await asyncio.wait([reading], timeout=1)
        if not reading.cancelled():
            reading.exception()
