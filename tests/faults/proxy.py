"""A TCP proxy that misbehaves on command: what stands between the service and its broker, database and relay.

It understands just enough of two protocols to swallow one answer; it never changes a byte that it forwards.
"""

import asyncio
import struct
import threading
from collections.abc import Callable, Coroutine
from contextlib import suppress
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any, Final, Protocol, Self, TypeVar

T = TypeVar("T")
Upstream = Path | tuple[str, int]
_CHUNK: Final = 128 * 1024
_HEAD: Final = struct.Struct(">ihhi")
_ANSWER: Final = struct.Struct(">ii")
PRODUCE: Final = 0
OFFSET_COMMIT: Final = 8


class Way(StrEnum):
    """How a route treats its connections."""

    OPEN = "open"
    REFUSE = "refuse"
    """New connections are closed at once; the old ones go on."""
    BLOCK = "block"
    """Everything stays open, and nothing moves until the way is open again."""
    HALF_OPEN = "half_open"
    """New connections are taken and never served; the old ones go on."""
    DEAF = "deaf"
    """What clients send goes on; whatever comes back is thrown away."""


class Swallow(Protocol):
    """Decides, for one connection, which answer is thrown away; the connection is cut in its place."""

    def sent(self, chunk: bytes) -> None:
        """The client has sent `chunk`; it is forwarded whole."""

    def answered(self, chunk: bytes) -> bytes | None:
        """What of the server's `chunk` goes on to the client; None: nothing, and the connection ends."""


class Frames:
    """Kafka's frames in a stream of chunks: where each begins, and its first bytes. Holds no payload."""

    def __init__(self, head: int) -> None:
        self._head = head
        self._skip = 0
        self._begun = b""

    def feed(self, chunk: bytes) -> list[tuple[int, bytes]]:
        """(place in `chunk`, first bytes) of each frame whose first bytes are complete now."""
        found: list[tuple[int, bytes]] = []
        at = 0
        while at < len(chunk):
            if self._skip:
                step = min(self._skip, len(chunk) - at)
                self._skip -= step
                at += step
                continue
            take = chunk[at : at + self._head - len(self._begun)]
            started = at - len(self._begun)
            self._begun += take
            at += len(take)
            if len(self._begun) == self._head:
                found.append((max(started, 0), self._begun))
                self._skip = int.from_bytes(self._begun[:4]) + 4 - self._head
                self._begun = b""
        return found


class KafkaAnswer:
    """Swallows the answer to one request of `api` out of a route's `budget`."""

    def __init__(self, route: "Route") -> None:
        self._route = route
        self._requests = Frames(_HEAD.size)
        self._answers = Frames(_ANSWER.size)
        self._wanted: set[int] = set()

    def sent(self, chunk: bytes) -> None:
        for _, head in self._requests.feed(chunk):
            _, api, _, correlation = _HEAD.unpack(head)
            if api == self._route.api and self._route.budget > 0:
                self._route.budget -= 1
                self._wanted.add(correlation)

    def answered(self, chunk: bytes) -> bytes | None:
        for at, head in self._answers.feed(chunk):
            if _ANSWER.unpack(head)[1] in self._wanted:
                self._route.swallowed += 1
                return chunk[:at] or None
        return chunk


class OneAnswer:
    """Swallows the answer to one thing that is sent, out of a route's `budget`, and all behind it."""

    def __init__(self, route: "Route") -> None:
        self._route = route
        self._armed = False

    def wanted(self, chunk: bytes) -> bool:
        """Whether the thing is in what is sent."""
        raise NotImplementedError

    def sent(self, chunk: bytes) -> None:
        """Look for it."""
        if self._route.budget > 0 and self.wanted(chunk):
            self._route.budget -= 1
            self._armed = True

    def answered(self, chunk: bytes) -> bytes | None:
        """Nothing of the answer, once it was sent."""
        if self._armed:
            self._route.swallowed += 1
            return None
        return chunk


class CommitAnswer(OneAnswer):
    """Swallows the answer to a COMMIT: the server has answered, so it has committed, and nobody hears of it."""

    def wanted(self, chunk: bytes) -> bool:
        """Whether a transaction is committed here."""
        return b"COMMIT\x00" in chunk


class _Plain:
    def sent(self, chunk: bytes) -> None:
        """Nothing to see."""

    def answered(self, chunk: bytes) -> bytes | None:
        return chunk


@dataclass
class Route:
    """One listening address and what lies behind it. Changed from the proxy's loop only; see `Proxy`."""

    name: str
    upstream: Upstream
    swallow: "Callable[[Route], Swallow]" = field(default=lambda _: _Plain())
    port: int = 0
    way: Way = Way.OPEN
    latency: float = 0.0
    api: int = -1
    budget: int = 0
    """How many answers are still to be swallowed."""
    swallowed: int = 0
    open: asyncio.Event = field(default_factory=asyncio.Event)
    writers: set[asyncio.StreamWriter] = field(default_factory=set)
    server: asyncio.Server | None = None


class Proxy:
    """Routes, served by a thread of its own with its own loop. All methods may be called from any thread."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True, name="proxy")
        self.routes: dict[str, Route] = {}

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._do(self._close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def add(self, route: Route) -> Route:
        """Listen on `route.port` of the loopback, or on a free one."""
        self.routes[route.name] = route
        self._do(self._listen(route))
        return route

    def set(self, name: str, way: Way, *, latency: float = 0.0) -> None:
        """Treat the route's connections so from now on."""
        self._do(self._set(self.routes[name], way, latency))

    def cut(self, name: str) -> int:
        """End all connections of the route; returns how many there were."""
        return self._do(self._cut(self.routes[name]))

    def swallow(self, name: str, times: int = 1, *, api: int = -1) -> None:
        """Throw away the next `times` answers: on a Kafka route those to `api`, on a database's to COMMIT."""
        self._do(self._arm(self.routes[name], times, api))

    def swallowed(self, name: str) -> int:
        """How many answers have been thrown away so far."""
        return self.routes[name].swallowed

    def _do(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(30)

    async def _listen(self, route: Route) -> None:
        route.open.set()

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await self._serve(route, reader, writer)

        route.server = await asyncio.start_server(serve, "127.0.0.1", route.port, limit=_CHUNK)
        route.port = route.server.sockets[0].getsockname()[1]

    async def _set(self, route: Route, way: Way, latency: float) -> None:
        route.way, route.latency = way, latency
        if way is Way.BLOCK:
            route.open.clear()
        else:
            route.open.set()

    async def _cut(self, route: Route) -> int:
        writers, route.writers = route.writers, set()
        for writer in writers:
            writer.transport.abort()
        return len(writers) // 2

    async def _arm(self, route: Route, times: int, api: int) -> None:
        route.api, route.budget = api, times

    async def _close(self) -> None:
        for route in self.routes.values():
            route.open.set()
            if route.server is not None:
                route.server.close()
            await self._cut(route)
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _serve(self, route: Route, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        route.writers.add(writer)
        upstream: asyncio.StreamWriter | None = None
        try:
            if route.way is Way.REFUSE:
                return
            if route.way is Way.HALF_OPEN:
                while route.way is Way.HALF_OPEN and await reader.read(_CHUNK):
                    pass
                return
            behind, upstream = await _connect(route.upstream)
            route.writers.add(upstream)
            swallow = route.swallow(route)
            there = asyncio.create_task(_pump(route, reader, upstream, swallow, answers=False))
            back = asyncio.create_task(_pump(route, behind, writer, swallow, answers=True))
            try:
                await asyncio.wait({there, back}, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for task in (there, back):
                    task.cancel()
                await asyncio.gather(there, back, return_exceptions=True)
        except OSError:
            pass
        finally:
            for one in (writer, upstream):
                if one is not None:
                    route.writers.discard(one)
                    one.transport.abort() if route.way is Way.REFUSE else one.close()


async def _connect(upstream: Upstream) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    if isinstance(upstream, Path):
        return await asyncio.open_unix_connection(str(upstream), limit=_CHUNK)
    return await asyncio.open_connection(*upstream, limit=_CHUNK)


async def _pump(
    route: Route,
    source: asyncio.StreamReader,
    target: asyncio.StreamWriter,
    swallow: Swallow,
    *,
    answers: bool,
) -> None:
    with suppress(OSError):
        while chunk := await source.read(_CHUNK):
            await route.open.wait()
            if route.latency:
                await asyncio.sleep(route.latency)
            if not answers:
                swallow.sent(chunk)
            elif route.way is Way.DEAF:
                continue
            else:
                kept = swallow.answered(chunk)
                if kept is None or kept != chunk:
                    if kept:
                        target.write(kept)
                        await target.drain()
                    return
            target.write(chunk)
            await target.drain()
