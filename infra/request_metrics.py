"""Counts the requests of an ASGI application by route pattern: an address can hold a reference, a pattern cannot."""

import time
from typing import Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from infra.metrics import Metric, MetricKind, Metrics

REQUEST_SECONDS: Final = Metric(
    "frafaldsvarsel_http_request_seconds",
    MetricKind.HISTOGRAM,
    "How long an answer took, by the route's pattern; `other` where no route was found.",
    ("route", "method"),
)
REQUESTS: Final = Metric(
    "frafaldsvarsel_http_requests_total",
    MetricKind.COUNTER,
    "Requests that were answered; status 499: whoever asked had gone.",
    ("route", "method", "status"),
)
HTTP_METRICS: Final = (REQUESTS, REQUEST_SECONDS)
"""What whoever serves pages serves."""
_METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_OTHER: Final = "other"
_GONE: Final = 499


class RequestMetrics:
    """Around an application. The number of series is bounded by its routes, whatever is asked for."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, and count."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        status, began = _GONE, time.monotonic()

        async def sent(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, sent)
        finally:
            method = scope["method"] if scope["method"] in _METHODS else _OTHER
            route = _pattern(scope)
            self._metrics.count(REQUESTS, route, method, str(status))
            self._metrics.observe(REQUEST_SECONDS, time.monotonic() - began, route, method)


def _pattern(scope: Scope) -> str:
    """The pattern of the innermost route, with the path under which its application is mounted."""
    path = getattr(scope.get("route"), "path", None)
    if not isinstance(path, str):
        return _OTHER
    mounted = str(scope.get("root_path", "")).removesuffix("/")
    return path if path.startswith(mounted) else mounted + path
