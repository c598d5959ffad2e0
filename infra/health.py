"""Whether a process lives, has started and is ready. It asks no server: a broker that is away kills nobody."""

import asyncio
import threading
import time
from collections.abc import Callable, Iterable
from typing import Final

LOOP_SECONDS: Final = 30.0
"""For so long the event loop may stand still before the process counts as dead: a large batch takes seconds."""
_BEAT_SECONDS: Final = 0.5


class Health:
    """What one process says of itself. Read by the thread that answers, written by the process's own."""

    def __init__(
        self,
        *needs: str,
        loop_seconds: float = LOOP_SECONDS,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """`needs`: what must be there before it can do its work, such as ``partitions``; none of it is there yet."""
        self._monotonic = monotonic
        self._loop_seconds = loop_seconds
        self._lock = threading.Lock()
        self._met = dict.fromkeys(needs, False)
        self._started = False
        self._turned_at: float | None = None

    def set(self, need: str, met: bool) -> None:
        """Something that it needs has come, or is lost; raises `KeyError` for what was not named at the beginning."""
        with self._lock:
            if need not in self._met:
                raise KeyError(need)
            self._met[need] = met
            self._started = self._started or all(self._met.values())

    def turn(self) -> None:
        """The event loop, or a loop of rounds, has come round."""
        self._turned_at = self._monotonic()

    @property
    def stands_for(self) -> float:
        """Seconds since the loop came round; 0 before it has begun: waiting for a server at the start is no fault."""
        return 0.0 if self._turned_at is None else self._monotonic() - self._turned_at

    @property
    def is_alive(self) -> bool:
        """Whether the loop turns."""
        return self.stands_for <= self._loop_seconds

    @property
    def is_started(self) -> bool:
        """Whether it was ready once."""
        return self._started

    @property
    def is_ready(self) -> bool:
        """Whether it can do its work now."""
        return self.is_alive and not self.missing

    @property
    def missing(self) -> tuple[str, ...]:
        """What it needs and has not."""
        with self._lock:
            return tuple(need for need, met in self._met.items() if not met)


async def keep_turning(health: Health) -> None:
    """Say for ever that the event loop turns."""
    while True:
        health.turn()
        await asyncio.sleep(_BEAT_SECONDS)


def sentence(health: Health, asked: str) -> str:
    """What a person reads at `asked`: ``livez``, ``readyz`` or ``startupz``."""
    if not health.is_alive:
        return f"the loop has stood still for {health.stands_for:.0f} seconds"
    missing: Iterable[str] = () if asked == "livez" else health.missing
    return f"waiting for: {', '.join(missing)}" if missing else "ok"
