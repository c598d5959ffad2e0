"""The ledger: the projection, the outbox and the runner of reminders, in one process."""

import asyncio

from config.environments import LedgerEnvironment
from frafaldsvarsel import preflight
from frafaldsvarsel.preflight_postgres import postgres
from frafaldsvarsel.processes.until_stopped import migrate_schema, run_until_stopped
from frafaldsvarsel.wiring.ledger import ledger_parts
from infra import failpoints
from infra.readiness import announce
from infra.supervise import supervise
from ledger import outbox
from ledger.consume.consumer import Ledger
from ledger.reminders import runner


def run_ledger(settings: LedgerEnvironment) -> int:
    """Run the projection, the outbox and the runner of reminders until SIGTERM."""
    failpoints.arm(settings.failpoints.directory)
    parts = ledger_parts(settings)
    policy, url = parts.policy, parts.settings.database_url
    preflight.kafka(settings.kafka, settings.replication, settings.stream)
    postgres(settings.database)

    async def serve(stop: asyncio.Event) -> None:
        await migrate_schema(settings.database)
        ledger = Ledger(
            parts.settings,
            policy,
            on_ready=lambda: announce(settings.ready.file, "positions read"),
        )
        async with asyncio.TaskGroup() as group:
            posting = outbox.run(
                settings.kafka,
                url,
                stop,
                database_seconds=settings.database.timeout_seconds,
                mac=parts.settings.mac,
            )
            group.create_task(supervise(ledger.run(stop), name="the projection", told=stop.is_set))
            group.create_task(supervise(posting, name="the outbox", told=stop.is_set))
            if policy.steps is not None:
                stepping = runner.run(
                    url,
                    policy.steps,
                    stop,
                    database_seconds=settings.database.timeout_seconds,
                )
                group.create_task(supervise(stepping, name="the runner of steps", told=stop.is_set))

    return run_until_stopped(serve)
