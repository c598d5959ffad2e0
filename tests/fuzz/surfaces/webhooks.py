"""What an endpoint answers to a webhook: torn, endless, hanging, far too large, or no HTTP at all."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Final

from models.notifications.delivery import SendOutcome
from tests.fuzz.hostile import CHUNKS, TEXTS
from tests.fuzz.mutate import spoil
from tests.fuzz.surface import Wrong
from tests.integration.notifiers.hooks import OLD, a_channel, a_hook, write_secrets
from tests.unit.streams.senders import PERSONAL

_ANSWERS: Final = (
    b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Type: application/json\r\n\r\n{}",
    b"HTTP/1.1 204 No Content\r\n\r\n",
    b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 120\r\nContent-Length: 0\r\n\r\n",
    b"HTTP/1.1 429 Too Many Requests\r\nRetry-After: Fri, 02 Oct 2026 10:00:00 GMT\r\nContent-Length: 0\r\n\r\n",
    b"HTTP/1.1 302 Found\r\nLocation: http://169.254.169.254/latest/meta-data\r\nContent-Length: 0\r\n\r\n",
    b"HTTP/1.1 410 Gone\r\nContent-Length: 4\r\n\r\ngone",
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
    b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 10\r\n\r\n\x1f\x8b\x08\0\0\0\0\0\0\x03",
    b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n",
    b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
    b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n",
    b'HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Digest realm="x", nonce="y"\r\nContent-Length: 0\r\n\r\n',
    b"HTTP/1.0 200 OK\r\n\r\nuntil the end",
    b"HTTP/2 200\r\n\r\n",
    b"SSH-2.0-OpenSSH_9.2\r\n",
    b"\x15\x03\x01\x00\x02\x02\x46",
    b"220 mx.example.net ESMTP\r\n",
    b"<html>no head</html>",
    b"",
)
_HEADERS: Final = (
    b"Retry-After",
    b"Content-Length",
    b"Transfer-Encoding",
    b"Set-Cookie",
    b"Location",
    b"Content-Encoding",
    b"Connection",
    b"Upgrade",
    b"Date",
    b"Content-Type",
    b"Trailer",
    b"Alt-Svc",
    b"Refresh",
    b"",
)
_VALUES: Final = (
    b"-1",
    b"1e9",
    b"99999999999999999999",
    b"\xb2",
    "٣".encode(),
    b"Fri, 99 Xxx 99999 99:99:99 +9999",
    b"Thu, 01 Jan 1970",
    b"Thu, 01 Jan 0001 00:00:00 +2400",
    b"Fri, 31 Dec 9999 23:59:59 -2359",
    b" Wednesday",
    b"0x10",
    b"1, 2",
    b"chunked, chunked",
    b"gzip, br, zstd, deflate",
    b"a=b; Expires=Fri, 99 Xxx",
    b"x" * 70_000,
    b"",
)
_SHORT_SECONDS: Final = 0.5
"""How long the channel waits for one that hangs, in place of the fifteen seconds of the service."""
_SLOW_ANSWERS: Final = 0.002
_LARGE: Final = 3_000_000


class Webhooks:
    """The surface."""

    name = "webhooks"
    share = 50

    @asynccontextmanager
    async def ready(self, folder: Path) -> AsyncIterator["WebhookAttempts"]:
        """An endpoint on a port of its own."""
        write_secrets(folder / "secrets", OLD)
        attempts = WebhookAttempts(folder / "secrets")
        server = await asyncio.start_server(attempts.serve, "127.0.0.1", 0)
        attempts.port = server.sockets[0].getsockname()[1]
        try:
            yield attempts
        finally:
            server.close()
            await attempts.end()


@dataclass
class WebhookAttempts:
    """The endpoint, and what it is to say next."""

    secrets: Path
    port: int = 0
    answer: bytes = b""
    hangs: bool = False
    _serving: set["asyncio.Task[None]"] = field(default_factory=set)

    async def attempt(self, chance: Random) -> str:
        """One answer."""
        self.answer = _made(chance)
        self.hangs = chance.random() < _SLOW_ANSWERS
        channel = a_channel(self.secrets, total_seconds=_SHORT_SECONDS if self.hangs else 60)
        attempt = await channel.send(a_hook(f"http://127.0.0.1:{self.port}/hook"))
        if not isinstance(attempt.outcome, SendOutcome):
            raise Wrong("an attempt without an outcome")
        said = attempt.model_dump_json()
        for word in (*PERSONAL, "evil", "meta-data"):
            if word in said:
                raise Wrong("what an endpoint says goes on into our own words")
        if attempt.retry_after is not None and not 0 <= attempt.retry_after.total_seconds() <= 3600:
            raise Wrong("an endpoint that is waited for longer than it may be")
        return f"{attempt.outcome}: {attempt.detail}"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Read the request, and say what is to be said."""
        task = asyncio.current_task()
        if task is not None:
            self._serving.add(task)
            task.add_done_callback(self._serving.discard)
        answer, hangs = self.answer, self.hangs
        try:
            await reader.readuntil(b"\r\n\r\n")
            writer.write(answer)
            await writer.drain()
            while hangs:
                writer.write(b"x: y\r\n")
                await writer.drain()
                await asyncio.sleep(0.05)
        except (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    async def end(self) -> None:
        """Wait for those that are under way."""
        for task in list(self._serving):
            task.cancel()
        await asyncio.gather(*self._serving, return_exceptions=True)


def _made(chance: Random) -> bytes:
    answer = chance.choice(_ANSWERS)
    if chance.random() < 0.5:
        head, end, body = answer.partition(b"\r\n\r\n")
        for _ in range(chance.choice((1, 1, 2, 300))):
            head += (
                b"\r\n"
                + chance.choice(_HEADERS)
                + b": "
                + chance.choice(_VALUES if chance.random() < 0.9 else CHUNKS)
            )
        answer = head + end + body
    if chance.random() < 0.3:
        answer = answer.replace(
            b"200", str(chance.choice((0, 99, 199, 299, 399, 499, 599, 600, 999, 1000, -1))).encode(), 1
        )
    if chance.random() < 0.1:
        answer += chance.choice((*PERSONAL, *TEXTS)).encode("utf-8", "surrogatepass") * chance.choice((1, 50))
    if chance.random() < 0.002:
        answer += b"x" * _LARGE
    return spoil(chance, answer, _ANSWERS) if chance.random() < 0.3 else answer
