"""What a broker has said yes to holds a moment later: it takes over what its controller has written."""

import time
from collections.abc import Callable


def until(said: Callable[[], object], wanted: object, seconds: float = 20) -> None:
    """Wait for `said()` to be `wanted`."""
    end = time.monotonic() + seconds
    while said() != wanted and time.monotonic() < end:
        time.sleep(0.1)
    assert said() == wanted
