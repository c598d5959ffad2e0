"""The processes of the service, each run to its end: the ledger, the notifier, the inbox, the canary.

Each loads its own parts when it is run, not what the others need: a start costs mostly that.
"""

import asyncio
import logging
import os
import signal
import socket
import time
from collections.abc import Awaitable, Callable, Iterator
from datetime import timedelta

import psycopg

from config.settings import Settings
from frafaldsvarsel import preflight
from infra import failpoints, gc_tuning
from infra.readiness import announce
from infra.supervise import lasting
from ledger.schema.migrate import migrate

log = logging.getLogger(__name__)

CANARY_SECONDS = 60
"""Between two canaries, where the setting does not say it."""
EX_FAULT = 70
"""A fault of ours or of a server: nothing is lost, start the process again (sysexits.h)."""


def run_ledger(settings: Settings) -> int:
    """Run the projection, the outbox and the runner of steps until SIGTERM."""
    failpoints.arm(settings.failpoints_dir)
    from frafaldsvarsel.wiring import ledger as ledger_wiring
    from ledger import outbox
    from ledger.consume.consumer import Ledger
    from ledger.reminders import runner

    policy = ledger_wiring.policy(settings)
    preflight.kafka(settings)
    preflight.postgres(settings)

    async def serve(stop: asyncio.Event) -> None:
        await _migrate(settings)
        ledger = Ledger(
            ledger_wiring.ledger(settings),
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
            if policy.steps is not None:
                stepping = runner.run(
                    settings.database_url.get_secret_value(),
                    policy.steps,
                    stop,
                    database_seconds=settings.database_timeout_seconds,
                )
                group.create_task(lasting(stepping, name="the runner of steps", told=stop.is_set))

    return _until_told(serve)


def run_notifier(settings: Settings) -> int:
    """Run the notifier until SIGTERM."""
    failpoints.arm(settings.failpoints_dir)
    from frafaldsvarsel.wiring import notifier as notifier_wiring
    from infra.postgres_pool import make_pool
    from notifiers.bounces import run as bounces
    from notifiers.webhook.endpoints import watcher
    from notifiers.webhook.hook import Hook
    from notifiers.worker import run

    freeze, freeze_hook = notifier_wiring.freeze(settings), notifier_wiring.freeze_hook(settings)
    contacts, drop = notifier_wiring.contacts(settings), notifier_wiring.bounces(settings)
    preflight.postgres(settings)

    async def serve(stop: asyncio.Event) -> None:
        await _migrate(settings)
        notifier = notifier_wiring.notifier(
            settings, owner=settings.instance or f"{socket.gethostname()}-{os.getpid()}"
        )
        channel, hooks = notifier_wiring.channel(settings), notifier_wiring.webhook_channel(settings)
        async with make_pool(settings, "notify", least=1, most=2 * (notifier.workers + 4)) as pool:
            announce(settings.ready_file, "notifier started")
            mails = run(
                settings=notifier,
                pool=pool,
                channel=channel,
                contacts=contacts,
                freeze=freeze,
                stop=stop,
            )
            webhooks = run(
                settings=notifier,
                pool=pool,
                channel=hooks,
                contacts=contacts,
                freeze=freeze_hook,
                stop=stop,
                kind=Hook,
                after=watcher(contacts),
            )
            try:
                async with asyncio.TaskGroup() as group:
                    group.create_task(lasting(mails, name="mails", told=stop.is_set))
                    group.create_task(lasting(webhooks, name="webhooks", told=stop.is_set))
                    if drop is not None:
                        reading = bounces.run(drop, pool, stop)
                        group.create_task(lasting(reading, name="bounces", told=stop.is_set))
            finally:
                await channel.aclose()
                await hooks.aclose()

    return _until_told(serve)


def run_inbox(settings: Settings) -> int:
    """Serve the inbox's pages and its interface until SIGTERM."""
    failpoints.arm(settings.failpoints_dir)
    from frafaldsvarsel.processes.inbox import serve as serve_inbox

    preflight.postgres(settings)

    async def serve(stop: asyncio.Event) -> None:
        await _migrate(settings)
        await serve_inbox(settings, stop)

    return _until_told(serve)


def run_canary(settings: Settings) -> int:
    """Send one canary after another until SIGTERM."""
    from prometheus_client import start_http_server

    from frafaldsvarsel.wiring import probe as probe_wiring
    from ops.audit.metrics import CANARY_METRICS, Metrics
    from ops.probe import probe as canary
    from ops.probe.probe import Canary

    interval = timedelta(seconds=settings.canary_seconds or CANARY_SECONDS)
    known = probe_wiring.canary(settings)
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

    gc_tuning.keep_for_good()
    try:
        uvloop.run(main())
    except BaseExceptionGroup as faults:
        log.critical("ending: %s", "; ".join(map(_said, _each(faults))))
        return EX_FAULT
    return 0


def _each(fault: BaseException) -> Iterator[BaseException]:
    """The faults themselves: a part that has parts of its own hands on a group of them."""
    if isinstance(fault, BaseExceptionGroup):
        for one in fault.exceptions:
            yield from _each(one)
    else:
        yield fault


def _said(fault: BaseException) -> str:
    """A fault's kind and words; a database's words can hold a row's values, so its code stands for them."""
    if isinstance(fault, psycopg.Error):
        return f"{type(fault).__name__} {fault.sqlstate or ''}".rstrip()
    return f"{type(fault).__name__}: {fault}"
