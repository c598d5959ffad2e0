"""The notifier: one run for each channel, and mails that come back, in one process."""

import asyncio
import os
import socket
from contextlib import AsyncExitStack

from prometheus_client import CollectorRegistry

from config.environments import NotifierEnvironment
from frafaldsvarsel.preflight_postgres import postgres
from frafaldsvarsel.processes.until_stopped import migrate_schema, run_until_stopped
from frafaldsvarsel.processes.watched import watched
from frafaldsvarsel.wiring.notifier import notifier_parts
from infra import failpoints
from infra.health import Health
from infra.postgres_pool import make_pool
from infra.readiness import announce
from infra.supervise import supervise
from notifiers import worker
from notifiers.bounces import run as bounces


def run_notifier(settings: NotifierEnvironment) -> int:
    """Run the notifier until SIGTERM."""
    failpoints.arm(settings.failpoints.directory)
    parts = notifier_parts(settings, process=f"{socket.gethostname()}-{os.getpid()}")
    health = Health("database")
    # Each channel's run may hold as many as it has workers, and three for listening, leases and claims.
    most = len(parts.channels) * (parts.settings.workers + 4)

    async def serve(stop: asyncio.Event) -> None:
        await migrate_schema(settings.database)
        async with (
            AsyncExitStack() as opened,
            make_pool(settings.database.url, "notify", least=1, most=most) as pool,
        ):
            senders = {channel: entry.open() for channel, entry in parts.channels.items()}
            for sender in senders.values():
                opened.push_async_callback(sender.aclose)
            health.set("database", True)
            announce(settings.ready.file, "notifier started")
            async with asyncio.TaskGroup() as group:
                for channel, entry in parts.channels.items():
                    sending = worker.run(
                        settings=parts.settings,
                        pool=pool,
                        channel=senders[channel],
                        contacts=parts.contacts,
                        entry=entry,
                        stop=stop,
                    )
                    group.create_task(supervise(sending, name=channel, told=stop.is_set))
                if parts.mailbox is not None:
                    reading = bounces.run(parts.mailbox, pool, stop)
                    group.create_task(supervise(reading, name="bounces", told=stop.is_set))

    with watched(settings.metrics.port, CollectorRegistry(), health):
        postgres(settings.database)
        return run_until_stopped(serve, health)
