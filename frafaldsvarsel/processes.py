"""The processes of the service, each run to its end: the stream worker, the ledger, the notifier, the canary."""

import asyncio
import logging
import os
import signal
import socket
import time
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import NoReturn

import psycopg
from prometheus_client import start_http_server
from psycopg_pool import AsyncConnectionPool

from config import failpoints
from config.lasting import lasting
from config.settings import Settings
from frafaldsvarsel import compose, heap, preflight
from frafaldsvarsel.canary import fly as canary
from frafaldsvarsel.canary.fly import Canary
from frafaldsvarsel.ready import announce
from ledger import outbox
from ledger.hang_up import CONNECT_SECONDS
from ledger.migrate import migrate
from ledger.run import Ledger
from ops.metrics import CANARY_METRICS, Metrics

log = logging.getLogger(__name__)

CANARY_SECONDS = 60
"""Between two canaries, where the setting does not say it."""
EX_FAULT = 70
"""A fault of ours or of a server: nothing is lost, start the process again (sysexits.h)."""


def run_worker(settings: Settings) -> NoReturn:
    """Run the Faust worker until SIGTERM. Blocks; owns the event loop."""
    failpoints.arm(settings.failpoints_dir)
    from mode.loop import use

    use("uvloop")
    import faust

    from streams.app import build

    def assigned(partitions: frozenset[tuple[str, int]]) -> None:
        announce(settings.ready_file, f"{len(partitions)} partitions")

    preflight.kafka(settings)
    app = build(compose.worker(settings), compose.intake_context(settings), compose.law(settings), assigned)
    worker = faust.Worker(
        app, loglevel="INFO", redirect_stdouts=False, override_logging=False, quiet=True, daemon=True
    )
    heap.keep_for_good()
    # Does not return: it raises SystemExit with the worker's exit code.
    worker.execute_from_commandline()


def run_ledger(settings: Settings) -> int:
    """Run the projection and the outbox until SIGTERM."""
    failpoints.arm(settings.failpoints_dir)
    policy = compose.policy(settings)
    preflight.kafka(settings)
    preflight.postgres(settings)

    async def serve(stop: asyncio.Event) -> None:
        await _migrate(settings)
        ledger = Ledger(
            compose.ledger(settings),
            policy,
            on_ready=lambda: announce(settings.ready_file, "positions read"),
        )
        async with asyncio.TaskGroup() as group:
            posting = outbox.run(
                settings.kafka,
                settings.database_url.get_secret_value(),
                stop,
                database_seconds=settings.database_timeout_seconds,
            )
            group.create_task(lasting(ledger.run(stop), name="the projection", told=stop.is_set))
            group.create_task(lasting(posting, name="the outbox", told=stop.is_set))

    return _until_told(serve)


def run_notifier(settings: Settings) -> int:
    """Run the notifier until SIGTERM."""
    failpoints.arm(settings.failpoints_dir)
    from notifiers.run import run

    freeze, contacts = compose.freeze(settings), compose.contacts(settings)
    preflight.postgres(settings)

    async def serve(stop: asyncio.Event) -> None:
        await _migrate(settings)
        notifier = compose.notifier(
            settings, owner=settings.instance or f"{socket.gethostname()}-{os.getpid()}"
        )
        channel = compose.channel(settings)
        async with AsyncConnectionPool(
            settings.database_url.get_secret_value(),
            min_size=1,
            max_size=notifier.workers + 4,
            kwargs={
                "autocommit": True,
                "application_name": "frafaldsvarsel-notify",
                "connect_timeout": CONNECT_SECONDS,
            },
            open=False,
        ) as pool:
            announce(settings.ready_file, "notifier started")
            try:
                await run(
                    settings=notifier,
                    pool=pool,
                    channel=channel,
                    contacts=contacts,
                    freeze=freeze,
                    stop=stop,
                )
            finally:
                await channel.aclose()

    return _until_told(serve)


def run_inbox(settings: Settings) -> int:
    """Serve the inbox's pages and its interface until SIGTERM."""
    failpoints.arm(settings.failpoints_dir)
    from frafaldsvarsel.inbox_server import serve as serve_inbox

    preflight.postgres(settings)

    async def serve(stop: asyncio.Event) -> None:
        await _migrate(settings)
        await serve_inbox(settings, stop)

    return _until_told(serve)


def run_canary(settings: Settings) -> int:
    """Send one canary after another until SIGTERM."""
    interval = timedelta(seconds=settings.canary_seconds or CANARY_SECONDS)
    known = compose.canary(settings)
    shown = Metrics(CANARY_METRICS)
    if settings.canary_metrics_port is not None:
        start_http_server(settings.canary_metrics_port, registry=shown.registry)
    preflight.kafka(settings)
    preflight.postgres(settings)

    async def serve(stop: asyncio.Event) -> None:
        announce(settings.ready_file, "canary started")
        flying = canary.one_after_another(Canary(known, shown, monotonic=time.monotonic), interval, stop)
        await lasting(flying, name="the canary", told=stop.is_set)

    return _until_told(serve)


async def _migrate(settings: Settings) -> None:
    """Bring the schema up to date, whichever process comes first."""
    made = await migrate(settings.database_url.get_secret_value())
    if made:
        log.info("migrations applied: %s", ", ".join(made))


def _until_told(serve: Callable[[asyncio.Event], Awaitable[None]]) -> int:
    """Run `serve`, and set its event on SIGTERM or SIGINT."""
    import uvloop

    async def main() -> None:
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, stop.set)
        await serve(stop)

    heap.keep_for_good()
    try:
        uvloop.run(main())
    except BaseExceptionGroup as faults:
        log.critical("ending: %s", "; ".join(map(_said, faults.exceptions)))
        return EX_FAULT
    return 0


def _said(fault: BaseException) -> str:
    """A fault's kind and words; a database's words can hold a row's values, so its code stands for them."""
    if isinstance(fault, psycopg.Error):
        return f"{type(fault).__name__} {fault.sqlstate or ''}".rstrip()
    return f"{type(fault).__name__}: {fault}"
