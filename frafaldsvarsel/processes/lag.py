"""The lag as a process: it needs Kafka alone, so it sees a standstill while the database is away."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial

from config.environments import LagEnvironment
from frafaldsvarsel import preflight
from frafaldsvarsel.processes.until_stopped import run_until_stopped
from frafaldsvarsel.processes.watched import watched
from infra.health import Health
from infra.readiness import announce
from infra.supervise import supervise
from ops.audit.consumer_groups import READS
from ops.lag.export import registry
from ops.lag.log_reader import LagReader
from ops.lag.run import keep_looking, look
from ops.lag.sample import LagSample
from ops.lag.watch import LagWatch


def now() -> datetime:
    """The clock of the process."""
    return datetime.now(UTC)


def run_lag(settings: LagEnvironment, port: int | None = None, clock: Callable[[], datetime] = now) -> int:
    """Look at the lag until SIGTERM; `port` stands before the setting."""
    watch = LagWatch(timedelta(seconds=settings.lag.seconds))
    health = Health("kafka")

    async def serve(stop: asyncio.Event) -> None:
        announce(settings.ready.file, "lag started")
        looking = keep_looking(settings.kafka, watch, stop, clock, partial(health.set, "kafka"))
        await supervise(looking, name="the lag", told=stop.is_set)

    with watched(settings.metrics.port if port is None else port, registry(watch, clock), health):
        preflight.kafka(settings.kafka, settings.replication, stream=None)
        return run_until_stopped(serve, health)


def look_once(settings: LagEnvironment, clock: Callable[[], datetime] = now) -> LagSample:
    """One sample; raises `ops.lag.log_reader.LagUnknown`."""
    reader = LagReader(settings.kafka, READS)
    try:
        return asyncio.run(look(settings.kafka, reader, clock))
    finally:
        reader.close()
