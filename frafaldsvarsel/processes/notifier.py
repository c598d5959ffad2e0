"""The notifier: one run for each channel, and mails that come back, in one process."""

import asyncio
import os
import socket
from collections.abc import Iterable
from contextlib import AsyncExitStack

from config.database_roles import DatabaseRole
from config.environments import NotifierEnvironment
from frafaldsvarsel.preflight_postgres import postgres
from frafaldsvarsel.processes.notifier_watch import NotifierWatch
from frafaldsvarsel.processes.traced import traced
from frafaldsvarsel.processes.until_stopped import run_until_stopped
from frafaldsvarsel.processes.watched import watched
from frafaldsvarsel.wiring.notifier import notifier_parts
from infra import failpoints
from infra.figures import Figure, keep_reading
from infra.metrics import Snapshot
from infra.postgres import Connection
from infra.postgres_pool import make_pool
from infra.readiness import announce
from infra.supervise import supervise
from notifiers import worker
from notifiers.bounces import run as bounces
from notifiers.figures import delivery_figures
from notifiers.metrics import DELIVERY_METRICS


def run_notifier(settings: NotifierEnvironment) -> int:
    """Run the notifier until SIGTERM."""
    failpoints.arm(settings.failpoints.directory)
    parts = notifier_parts(settings, process=f"{socket.gethostname()}-{os.getpid()}")
    watch, figures = NotifierWatch(parts.channels), Snapshot(DELIVERY_METRICS)
    watch.metrics.registry.register(figures)
    # Each channel's run may hold as many as it has workers, and three for listening, leases and claims.
    most = len(parts.channels) * (parts.settings.workers + 4)

    async def look(connection: Connection) -> Iterable[Figure]:
        return await delivery_figures(connection, parts.contacts)

    async def serve(stop: asyncio.Event) -> None:
        async with (
            AsyncExitStack() as opened,
            make_pool(settings.database.url, "notify", least=1, most=most) as pool,
        ):
            senders = {channel: entry.open() for channel, entry in parts.channels.items()}
            for sender in senders.values():
                opened.push_async_callback(sender.aclose)
            watch.database(True)
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
                        told=watch.told,
                    )
                    group.create_task(supervise(sending, name=channel, told=stop.is_set))
                reading = keep_reading(settings.database.url.get_secret_value(), look, figures, stop)
                group.create_task(supervise(reading, name="the figures", told=stop.is_set))
                if parts.mailbox is not None:
                    returning = bounces.run(parts.mailbox, pool, stop)
                    group.create_task(supervise(returning, name="bounces", told=stop.is_set))

    registry, name = watch.metrics.registry, settings.instance.name
    with (
        watched(settings.metrics.port, registry, watch.health),
        traced(settings.traces, registry, process="notify", instance=name) as watch.traces,
    ):
        postgres(settings.database, DatabaseRole.NOTIFY)
        return run_until_stopped(serve, watch.health)
