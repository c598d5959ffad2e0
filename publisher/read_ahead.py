"""Items that may be long in coming, such as the lines of a pipe, made in a thread of their own; the loop goes on."""

import asyncio
import threading
from collections import deque
from collections.abc import AsyncGenerator, Iterable
from contextlib import suppress
from typing import Final, TypeVar

_AHEAD: Final = 2_000
"""Items that are made and not taken yet: a file is not read into memory."""
ReadAheadItem = TypeVar("ReadAheadItem")


async def read_ahead(items: Iterable[ReadAheadItem]) -> AsyncGenerator[list[ReadAheadItem], None]:
    """What has been made, as soon as there is something; raises what `items` raises, after all that came before.

    Whoever stops taking leaves the thread where it is, in a read perhaps that never ends: no exit waits for it.
    """
    made: deque[ReadAheadItem] = deque()
    room, wake = threading.Semaphore(_AHEAD), asyncio.Event()
    loop, is_over, failures = asyncio.get_running_loop(), threading.Event(), list[BaseException]()

    def tell() -> None:
        # Closed: nobody takes any more.
        with suppress(RuntimeError):
            loop.call_soon_threadsafe(wake.set)

    def make() -> None:
        try:
            for item in items:
                room.acquire()
                if is_over.is_set():
                    return
                made.append(item)
                if not wake.is_set():
                    tell()
        except BaseException as error:  # whatever it is, it is raised where the items are taken
            failures.append(error)
        finally:
            is_over.set()
            tell()

    threading.Thread(target=make, name="read-ahead", daemon=True).start()
    try:
        while True:
            await wake.wait()
            wake.clear()
            ended = is_over.is_set()
            if taken := [made.popleft() for _ in range(len(made))]:
                room.release(len(taken))
                yield taken
            if ended:
                break
    finally:
        is_over.set()
        room.release()
    for failure in failures:
        raise failure
