"""The endpoint of the rig's units: the misbehaving HTTP server in a thread of its own, told at run time what to do."""

import asyncio
import hashlib
import hmac
import ssl
import threading
from base64 import b64decode, b64encode
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Final, Self, TypeVar

import orjson
import trustme

from tests.faults.observation import HookSeen
from tests.http.server import Act, Answer, Endpoint, Request, Slow

T = TypeVar("T")
HOST: Final = "127.0.0.1"
"""Where it listens, and what its certificate names."""
_GOOD: Final = range(200, 300)


@dataclass
class _Remembering(Endpoint):
    """Knows to which requests it said yes."""

    taken: list[Request] = field(default_factory=list)

    async def _act(self, act: Act, writer: asyncio.StreamWriter) -> None:
        request = self.requests[-1]  # nothing came in between: it was read just now
        await super()._act(act, writer)
        if isinstance(act, Slow) or (isinstance(act, Answer) and act.status in _GOOD):
            self.taken.append(request)


class Receiver:
    """`with` starts it. What it has read is kept until it is asked for.

    `authority`: it speaks TLS, and shows a certificate by this authority until it is told to show another.
    """

    def __init__(self, secret: str, authority: trustme.CA | None = None) -> None:
        self._key = b64decode(secret.removeprefix("whsec_"))
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True, name="receiver")
        self.authority = authority
        self._tls = None if authority is None else ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._endpoint = _Remembering(tls=self._tls)
        if authority is not None:
            self._show(authority.issue_cert(HOST))

    def __enter__(self) -> Self:
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self._endpoint.__aenter__(), self._loop).result(10)
        return self

    def __exit__(self, *_: object) -> None:
        asyncio.run_coroutine_threadsafe(self._endpoint.__aexit__(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    @property
    def port(self) -> int:
        """On the loopback."""
        return self._endpoint.port

    def then(self, *acts: Act) -> None:
        """What becomes of the next calls."""
        self._call(lambda: self._endpoint.then(*acts))

    def show(self, certificate: trustme.LeafCert) -> None:
        """To whoever connects from now on."""
        self._call(lambda: self._show(certificate))

    def _show(self, certificate: trustme.LeafCert) -> None:
        assert self._tls is not None
        certificate.configure_cert(self._tls)

    def left(self) -> int:
        """How many of these acts nobody has met yet."""
        return self._call(lambda: len(self._endpoint._left))

    def behave(self) -> None:
        """From now on all is well."""
        self._call(lambda: self._endpoint._left.clear())

    def read(self) -> int:
        """How many calls have been read."""
        return self._call(lambda: len(self._endpoint.requests))

    def hooks(self) -> list[tuple[HookSeen, bytes]]:
        """Every call that was read whole, with what it says."""
        requests, taken = self._call(lambda: (list(self._endpoint.requests), list(self._endpoint.taken)))
        answered = {id(request) for request in taken}
        return [(self._seen(one, id(one) in answered), one.body) for one in requests]

    def _seen(self, request: Request, answered: bool) -> HookSeen:
        name = request.headers.get("webhook-id", "")
        said = orjson.loads(request.body)
        signed = f"{name}.{request.headers.get('webhook-timestamp')}.".encode() + request.body
        mark = b64encode(hmac.digest(self._key, signed, hashlib.sha256)).decode()
        return HookSeen(
            id=name,
            unit=request.line.split(" ")[1].rpartition("/")[2],
            named=said["data"]["unit"],
            task=said["data"]["task"],
            occasion=said["data"]["occasion"],
            digest=hashlib.sha256(request.body).hexdigest(),
            signed=f"v1,{mark}" in request.headers.get("webhook-signature", "").split(" "),
            answered=answered,
        )

    def _call(self, work: Callable[[], T]) -> T:
        done: Future[T] = Future()

        def run() -> None:
            try:
                done.set_result(work())
            except Exception as error:
                done.set_exception(error)

        self._loop.call_soon_threadsafe(run)
        return done.result(10)
