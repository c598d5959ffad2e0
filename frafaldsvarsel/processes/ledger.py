"""The ledger: the projection, the outbox and the runner of reminders, in one process."""

import asyncio

from config.settings import Settings
from frafaldsvarsel import preflight
from frafaldsvarsel.processes.until_stopped import migrate_schema, run_until_stopped
from infra import failpoints
from infra.readiness import announce
from infra.supervise import supervise


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
        await migrate_schema(settings)
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
            group.create_task(supervise(ledger.run(stop), name="the projection", told=stop.is_set))
            group.create_task(supervise(posting, name="the outbox", told=stop.is_set))
            if policy.steps is not None:
                stepping = runner.run(
                    settings.database_url.get_secret_value(),
                    policy.steps,
                    stop,
                    database_seconds=settings.database_timeout_seconds,
                )
                group.create_task(supervise(stepping, name="the runner of steps", told=stop.is_set))

    return run_until_stopped(serve)
