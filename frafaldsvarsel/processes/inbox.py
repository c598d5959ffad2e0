"""The inbox behind a web server, until it is told to stop."""

import asyncio
import contextlib
import socket
from collections.abc import Iterator
from functools import partial
from typing import Final

import uvicorn

from config.database_roles import DatabaseRole
from config.environments import InboxEnvironment
from frafaldsvarsel.preflight_postgres import postgres
from frafaldsvarsel.processes.until_stopped import run_until_stopped
from frafaldsvarsel.processes.watched import watched
from frafaldsvarsel.wiring.inbox import inbox_app
from inbox.metrics import INBOX_METRICS, OPENED_UNCHAINED
from infra import failpoints
from infra.health import Health
from infra.metrics import Metrics
from infra.readiness import announce
from infra.request_metrics import RequestMetrics

_LAST_SECONDS: Final = 10
"""For the answers that are under way when the process is told to stop."""


class _Server(uvicorn.Server):
    """A server whose signals are ours to hear."""

    def __init__(self, config: uvicorn.Config, settings: InboxEnvironment, health: Health) -> None:
        super().__init__(config)
        self._settings = settings
        self._health = health

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """The process has set its own handlers."""
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Say that pages are served once they are."""
        await super().startup(sockets)
        if self.started:
            self._health.set("pages", True)
            announce(self._settings.ready.file, f"inbox on port {self._settings.inbox.port}")


async def _serve(settings: InboxEnvironment, stop: asyncio.Event, health: Health, metrics: Metrics) -> None:
    """Serve until `stop`; raises `ConfigError` where the settings do not do."""
    server = _Server(
        uvicorn.Config(
            RequestMetrics(inbox_app(settings, partial(metrics.count, OPENED_UNCHAINED)), metrics),
            host=settings.inbox.host,
            port=settings.inbox.port,
            log_config=None,
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=_LAST_SECONDS,
        ),
        settings,
        health,
    )
    serving = asyncio.ensure_future(server.serve())
    stopping = asyncio.ensure_future(stop.wait())
    await asyncio.wait({serving, stopping}, return_when=asyncio.FIRST_COMPLETED)
    server.should_exit = True
    stopping.cancel()
    await serving


def run_inbox(settings: InboxEnvironment) -> int:
    """Serve the inbox's pages and its interface until SIGTERM."""
    failpoints.arm(settings.failpoints.directory)
    health, metrics = Health("pages"), Metrics(INBOX_METRICS)

    async def serve(stop: asyncio.Event) -> None:
        await _serve(settings, stop, health, metrics)

    with watched(settings.metrics.port, metrics.registry, health):
        postgres(settings.database, DatabaseRole.INBOX)
        return run_until_stopped(serve, health)
