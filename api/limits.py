"""Around every route: what is too large is refused unread, no answer is kept, and a fault of ours says no words."""

import logging
import re
from typing import Final

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.problems import Problem, ProblemRaised, answer
from infra.fault_kind import fault_kind

_LOGGER: Final = logging.getLogger(__name__)
MOST_BYTES: Final = 16 * 1024
_LENGTH: Final = re.compile(rf"0*[0-9]{{1,{len(str(MOST_BYTES))}}}", re.ASCII)
"""Longer ones are no number that Python reads, or of a body that is too large."""
_HEADERS: Final = {
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
}


class Limits:
    """The middleware."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)

        async def marked(message: Message) -> None:
            if message["type"] == "http.response.start":
                found = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    found.setdefault(name, value)
            await send(message)

        if "\n" in scope["path"]:
            # A route's pattern passes over a line's end behind it: the address would be another one's.
            await answer(ProblemRaised(Problem.NOT_FOUND))(scope, receive, marked)
            return
        content = None
        if _LENGTH.fullmatch(headers.get("content-length", "0")):
            # What is read is counted: what it says of itself may be anything.
            content = await _read(receive)
        if content is None:
            await answer(ProblemRaised(Problem.TOO_LARGE))(scope, receive, marked)
            return
        await self._serve(scope, _replayed(content, receive), marked)

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        begun = False

        async def noticed(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            await self._app(scope, receive, noticed)
        except Exception as fault:
            # Its words may hold a row's values, and a server logs whatever comes up to it.
            _LOGGER.error("a request failed: %s", fault_kind(fault))
            if not begun:
                await answer(ProblemRaised(Problem.FAULT))(scope, receive, noticed)


async def _read(receive: Receive) -> bytes | None:
    """The whole body; None where it is larger than any may be."""
    content, more = b"", True
    while more:
        message = await receive()
        if message["type"] != "http.request":
            break
        content += message.get("body", b"")
        more = message.get("more_body", False)
        if len(content) > MOST_BYTES:
            return None
    return content


def _replayed(content: bytes, receive: Receive) -> Receive:
    """The body once more, then whatever comes."""
    given = False

    async def replayed() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": content, "more_body": False}

    return replayed
