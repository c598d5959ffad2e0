"""The notifier: mails, webhooks, and mails that come back, in one process."""

import asyncio
import os
import socket

from config.environments import NotifierEnvironment
from frafaldsvarsel import preflight
from frafaldsvarsel.processes.until_stopped import migrate_schema, run_until_stopped
from infra import failpoints
from infra.readiness import announce
from infra.supervise import supervise


def run_notifier(settings: NotifierEnvironment) -> int:
    """Run the notifier until SIGTERM."""
    failpoints.arm(settings.failpoints.directory)
    from frafaldsvarsel.wiring import notifier as notifier_wiring
    from infra.postgres_pool import make_pool
    from notifiers.bounces import run as bounces
    from notifiers.webhook.endpoints import watcher
    from notifiers.webhook.hook import Hook
    from notifiers.worker import run

    parts = notifier_wiring.notifier_parts(settings, process=f"{socket.gethostname()}-{os.getpid()}")
    notifier, contacts = parts.settings, parts.contacts
    preflight.postgres(settings.database)

    async def serve(stop: asyncio.Event) -> None:
        await migrate_schema(settings.database)
        channel = notifier_wiring.channel(settings.smtp)
        hooks = notifier_wiring.webhook_channel(settings.webhooks)
        url = settings.database.url
        async with make_pool(url, "notify", least=1, most=2 * (notifier.workers + 4)) as pool:
            announce(settings.ready.file, "notifier started")
            mails = run(
                settings=notifier,
                pool=pool,
                channel=channel,
                contacts=contacts,
                build_payload=parts.build_mail,
                stop=stop,
            )
            webhooks = run(
                settings=notifier,
                pool=pool,
                channel=hooks,
                contacts=contacts,
                build_payload=parts.build_webhook,
                stop=stop,
                kind=Hook,
                after=watcher(contacts),
            )
            try:
                async with asyncio.TaskGroup() as group:
                    group.create_task(supervise(mails, name="mails", told=stop.is_set))
                    group.create_task(supervise(webhooks, name="webhooks", told=stop.is_set))
                    if parts.mailbox is not None:
                        reading = bounces.run(parts.mailbox, pool, stop)
                        group.create_task(supervise(reading, name="bounces", told=stop.is_set))
            finally:
                await channel.aclose()
                await hooks.aclose()

    return run_until_stopped(serve)
