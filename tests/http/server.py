"""An HTTP endpoint that behaves as badly as it is told to. For tests only: it checks nothing and keeps everything."""

import asyncio
import ssl
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Self


@dataclass(frozen=True)
class Answer:
    """A whole answer."""

    status: int = 200
    headers: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Refuse:
    """The connection ends before a byte of the request is read."""


@dataclass(frozen=True)
class Close:
    """The request is read, and the connection ends without an answer."""


@dataclass(frozen=True)
class Silence:
    """The request is read, and nothing is ever said."""


@dataclass(frozen=True)
class Raw:
    """These bytes instead of an answer."""

    content: bytes


@dataclass(frozen=True)
class Drip:
    """A head that never ends, a line at a time."""


@dataclass(frozen=True)
class Endless:
    """A good head, and a body that never ends."""

    status: int = 200


@dataclass(frozen=True)
class Slow:
    """Yes, after so many seconds."""

    seconds: float


Act = Answer | Slow | Refuse | Close | Silence | Raw | Drip | Endless


@dataclass(frozen=True)
class Request:
    """What came in whole."""

    line: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Endpoint:
    """`async with` starts it on a free port of the loopback."""

    plan: Sequence[Act] = ()
    """What becomes of the connections in their order; when it is used up, all is well."""
    tls: ssl.SSLContext | None = None
    requests: list[Request] = field(default_factory=list)
    connections: int = 0
    port: int = 0
    written: int = 0
    """Bytes of endless bodies that left."""

    async def __aenter__(self) -> Self:
        self._left = list(self.plan)
        self._tasks: set[asyncio.Task[None]] = set()
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port, ssl=self.tls)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    @property
    def url(self) -> str:
        return f"{'http' if self.tls is None else 'https'}://localhost:{self.port}/hook?unit=1"

    def then(self, *acts: Act) -> None:
        """What comes next."""
        self._left += acts

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is not None:
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        self.connections += 1
        act = self._left.pop(0) if self._left else Answer()
        try:
            if not isinstance(act, Refuse):
                self.requests.append(await _read(reader))
                await self._act(act, writer)
        except (OSError, asyncio.IncompleteReadError, asyncio.CancelledError, ssl.SSLError):
            pass
        finally:
            writer.close()

    async def _act(self, act: Act, writer: asyncio.StreamWriter) -> None:
        match act:
            case Answer(status, headers):
                more = "".join(f"{name}: {value}\r\n" for name, value in headers)
                writer.write(f"HTTP/1.1 {status} X\r\n{more}Content-Length: 2\r\n\r\nok".encode())
                await writer.drain()
            case Slow(seconds):
                await asyncio.sleep(seconds)
                await self._act(Answer(), writer)
            case Silence():
                await asyncio.sleep(3600)
            case Raw(content):
                writer.write(content)
                await writer.drain()
            case Drip():
                writer.write(b"HTTP/1.1 200 X\r\n")
                while not writer.transport.is_closing():
                    writer.write(b"X-More: yes\r\n")
                    await writer.drain()
                    await asyncio.sleep(0.05)
            case Endless(status):
                writer.write(f"HTTP/1.1 {status} X\r\nContent-Length: 99999999999\r\n\r\n".encode())
                while not writer.transport.is_closing():
                    writer.write(b"x" * 65536)
                    self.written += 65536
                    await writer.drain()
                    await asyncio.sleep(0)
            case Refuse() | Close():
                return


async def _read(reader: asyncio.StreamReader) -> Request:
    head = (await reader.readuntil(b"\r\n\r\n")).decode()
    line, *rest = head.split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (one.partition(":") for one in rest if one)}
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    return Request(line, headers, body)
