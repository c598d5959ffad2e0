"""The way to a server cut, or made bad for some seconds: the same for the broker and for the database."""

import time
from collections.abc import Sequence
from typing import Final

from tests.faults.cells import Run, halves
from tests.faults.load import Sent
from tests.faults.proxy import Way

_BETWEEN_SECONDS: Final = 0.5


def cut(run: Run, chunk: Sequence[Sent], *, server: str, times: int) -> int:
    """Every connection there is, again and again."""
    struck = 0
    for part in halves(chunk, times):
        run.publish(part)
        struck += run.rig.proxy.cut(server) > 0
        time.sleep(_BETWEEN_SECONDS)
    run.healed()
    return struck


def bad_way(
    run: Run, chunk: Sequence[Sent], *, server: str, way: Way, seconds: float, latency: float = 0.0
) -> int:
    """Half of the records come before, half while the way is as it is named."""
    proxy = run.rig.proxy
    first, second = halves(chunk)
    run.publish(first)
    proxy.set(server, way, latency=latency)
    if way in (Way.REFUSE, Way.HALF_OPEN):
        proxy.cut(server)
    run.publish(second)
    time.sleep(seconds)
    proxy.set(server, Way.OPEN)
    # Nothing is cut where answers have vanished: who waits for one must find out by himself.
    if way is Way.HALF_OPEN:
        proxy.cut(server)
    run.healed()
    return 1
