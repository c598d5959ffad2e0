"""The notifier: mails, webhooks, and mails that come back, in one process."""

import asyncio
import os
import socket

from config.settings import Settings
from frafaldsvarsel import preflight
from frafaldsvarsel.processes.until_stopped import migrate_schema, run_until_stopped
from infra import failpoints
from infra.readiness import announce
from infra.supervise import supervise


def run_notifier(settings: Settings) -> int:
    """Run the notifier until SIGTERM."""
    failpoints.arm(settings.failpoints_dir)
    from frafaldsvarsel.wiring import notifier as notifier_wiring
    from infra.postgres_pool import make_pool
    from notifiers.bounces import run as bounces
    from notifiers.webhook.endpoints import watcher
    from notifiers.webhook.hook import Hook
    from notifiers.worker import run

    build_payload, build_webhook = (
        notifier_wiring.mail_payloads(settings),
        notifier_wiring.webhook_payloads(settings),
    )
    contacts, mailbox = notifier_wiring.contacts(settings), notifier_wiring.bounces(settings)
    preflight.postgres(settings)

    async def serve(stop: asyncio.Event) -> None:
        await migrate_schema(settings)
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
                build_payload=build_payload,
                stop=stop,
            )
            webhooks = run(
                settings=notifier,
                pool=pool,
                channel=hooks,
                contacts=contacts,
                build_payload=build_webhook,
                stop=stop,
                kind=Hook,
                after=watcher(contacts),
            )
            try:
                async with asyncio.TaskGroup() as group:
                    group.create_task(supervise(mails, name="mails", told=stop.is_set))
                    group.create_task(supervise(webhooks, name="webhooks", told=stop.is_set))
                    if mailbox is not None:
                        reading = bounces.run(mailbox, pool, stop)
                        group.create_task(supervise(reading, name="bounces", told=stop.is_set))
            finally:
                await channel.aclose()
                await hooks.aclose()

    return run_until_stopped(serve)
