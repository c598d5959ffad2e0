"""HEAD wherever there is GET (RFC 9110, 9.3.2): the same answer, without its body.

Around all routes, because no route has to know of it, and the OpenAPI document need not say each thing twice.
"""

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send


class Head:
    """The middleware."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        bare = scope["type"] == "http" and scope["method"] == "HEAD"

        async def answered(message: Message) -> None:
            if message["type"] == "http.response.start":
                _allow_head(MutableHeaders(scope=message))
            elif bare and message["type"] == "http.response.body":
                message = {**message, "body": b""}
            await send(message)

        await self._app({**scope, "method": "GET"} if bare else scope, receive, answered)


def _allow_head(headers: MutableHeaders) -> None:
    methods = headers.get("allow", "").split(", ")
    if "GET" in methods and "HEAD" not in methods:
        headers["allow"] = ", ".join(["HEAD", *methods])
