"""The way to a server cut or made bad for some seconds, its answers lost, its visits ending badly: whichever it is."""

import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import Final, Protocol

from infra.failpoints import FailpointAction, Point
from tests.faults.cells import Run, halves
from tests.faults.proxy import Way
from tests.faults.workload import Sent

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
    run: Run,
    chunk: Sequence[Sent],
    *,
    server: str,
    way: Way,
    seconds: float,
    latency: float = 0.0,
    afresh: bool = False,
) -> int:
    """Half of the records come before, half while the way is as it is named.

    `afresh`: who is connected comes anew, at the beginning and at the end, whatever the way.
    """
    proxy = run.rig.proxy
    first, second = halves(chunk)
    run.publish(first)
    proxy.set(server, way, latency=latency)
    if afresh or way in (Way.REFUSE, Way.HALF_OPEN):
        proxy.cut(server)
    run.publish(second)
    time.sleep(seconds)
    proxy.set(server, Way.OPEN)
    # Nothing is cut where answers have vanished: who waits for one must find out by himself.
    if afresh or way is Way.HALF_OPEN:
        proxy.cut(server)
    run.healed()
    return 1


class Misbehaving(Protocol):
    """A server that has been told how its next visits end."""

    def left(self) -> int:
        """How many of them have not come."""

    def behave(self) -> None:
        """From now on all end well."""


def visited(run: Run, chunk: Sequence[Sent], server: Misbehaving, *, times: int, seconds: float) -> int:
    """Publish, and let the server behave when all bad visits have come, or the time is over; how many came."""
    run.publish(chunk)
    deadline = time.monotonic() + seconds
    while server.left() and time.monotonic() < deadline:
        time.sleep(0.1)
    left = server.left()
    server.behave()
    run.healed()
    return times - left


def struck_at_work(
    run: Run,
    chunk: Sequence[Sent],
    *,
    at_work: Callable[[Run], AbstractContextManager[object]],
    point: Point,
    action: FailpointAction,
    times: int,
    seconds: float,
) -> int:
    """While they are `at_work` on tasks, the next process that comes to `point` is struck, again and again."""
    struck = 0
    with at_work(run):
        for part in halves(chunk, times):
            run.rig.children.strike(point, action)
            run.publish(part)
            pid = run.rig.children.fired(point, seconds=seconds)
            run.healed()
            if pid is None:
                break
            struck += 1
            time.sleep(1)
    return struck


def lost_answers(run: Run, *, server: str, before: int, times: int, seconds: float) -> int:
    """Let answers through again when `times` more than `before` are lost, or the time is over; how many were."""
    proxy = run.rig.proxy
    deadline = time.monotonic() + seconds
    while proxy.swallowed(server) - before < times and time.monotonic() < deadline:
        time.sleep(0.1)
    proxy.swallow(server, 0)
    run.healed()
    return proxy.swallowed(server) - before
