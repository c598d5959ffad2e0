"""An event loop without real time: nothing here may depend on how fast the machine is, and asking costs most of all.

What waits for real seconds (`infra.postgres_timeouts`) is never called; nothing in a world hangs.
"""

import asyncio
from asyncio import TimerHandle
from collections.abc import Callable
from selectors import SelectSelector
from typing import Any


class _Quiet(SelectSelector):
    """No file is ever ready while something else is to be done."""

    def select(self, timeout: float | None = None) -> list[Any]:
        return [] if timeout == 0 else super().select(timeout)


class TimelessLoop(asyncio.SelectorEventLoop):
    """Timers never end."""

    def __init__(self) -> None:
        super().__init__(_Quiet())
        self._never = TimerHandle(0.0, print, (), self)

    def call_later(  # type: ignore[override]  # none of the types matters: it is never called
        self, delay: float, callback: Callable[..., Any], *args: Any, **more: Any
    ) -> TimerHandle:
        """As promised above."""
        return self._never
