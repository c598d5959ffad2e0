"""The ledger: the projection, the outbox and the runner of reminders, in one process."""

import asyncio

from config.database_roles import DatabaseRole
from config.environments import LedgerEnvironment
from frafaldsvarsel import preflight
from frafaldsvarsel.preflight_postgres import postgres
from frafaldsvarsel.processes.ledger_watch import LedgerWatch
from frafaldsvarsel.processes.traced import traced
from frafaldsvarsel.processes.until_stopped import run_until_stopped
from frafaldsvarsel.processes.watched import watched
from frafaldsvarsel.wiring.ledger import ledger_parts
from infra import failpoints
from infra.metrics import Snapshot
from infra.readiness import announce
from infra.supervise import supervise
from ledger import outbox, watch_duties
from ledger.consume.consumer import Ledger
from ledger.metrics import DUTY_METRICS
from ledger.reminders import runner


def run_ledger(settings: LedgerEnvironment) -> int:
    """Run the projection, the outbox and the runner of reminders until SIGTERM."""
    failpoints.arm(settings.failpoints.directory)
    parts = ledger_parts(settings)
    policy, url = parts.policy, parts.settings.database_url
    watch = LedgerWatch(lambda: announce(settings.ready.file, "positions read"))
    figures = Snapshot(DUTY_METRICS)
    watch.metrics.registry.register(figures)

    async def serve(stop: asyncio.Event) -> None:
        ledger = Ledger(
            parts.settings,
            policy,
            on_ready=watch.ready,
            on_lost=watch.lost,
            on_projected=watch.projected,
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
            reading = watch_duties.run(url, policy.days_off, parts.municipality_of, figures, stop)
            group.create_task(supervise(reading, name="the figures", told=stop.is_set))
            if policy.steps is not None:
                stepping = runner.run(
                    url,
                    policy.steps,
                    stop,
                    database_seconds=settings.database.timeout_seconds,
                )
                group.create_task(supervise(stepping, name="the runner of steps", told=stop.is_set))

    registry, name = watch.metrics.registry, settings.instance.name
    with (
        watched(settings.metrics.port, registry, watch.health),
        traced(settings.traces, registry, process="ledger", instance=name) as watch.traces,
    ):
        preflight.kafka(settings.kafka, settings.replication, settings.stream)
        postgres(settings.database, DatabaseRole.LEDGER)
        return run_until_stopped(serve, watch.health)
