"""The probe: a made-up message through the whole chain, again and again."""

import asyncio
import time
from datetime import timedelta

from config.database_roles import DatabaseRole
from config.environments import ProbeEnvironment
from frafaldsvarsel import preflight
from frafaldsvarsel.preflight_postgres import postgres
from frafaldsvarsel.processes.until_stopped import run_until_stopped
from frafaldsvarsel.processes.watched import watched
from frafaldsvarsel.wiring import probe as probe_wiring
from infra.health import Health
from infra.metrics import Metrics
from infra.readiness import announce
from infra.supervise import supervise
from ops.probe import probe as canary
from ops.probe.metrics import CANARY_METRICS
from ops.probe.probe import Probe

CANARY_SECONDS = 60
"""Between two canaries, where the setting does not say it."""


def run_canary(settings: ProbeEnvironment) -> int:
    """Send one canary after another until SIGTERM."""
    interval = timedelta(seconds=settings.interval.seconds or CANARY_SECONDS)
    known = probe_wiring.probe_settings(settings)
    shown = Metrics(CANARY_METRICS)
    health = Health("servers")

    async def serve(stop: asyncio.Event) -> None:
        health.set("servers", True)
        announce(settings.ready.file, "canary started")
        flying = canary.one_after_another(Probe(known, shown, monotonic=time.monotonic), interval, stop)
        await supervise(flying, name="the canary", told=stop.is_set)

    with watched(settings.probe.metrics_port, shown.registry, health):
        preflight.kafka(settings.kafka, settings.replication, settings.stream)
        postgres(settings.database, DatabaseRole.CANARY)
        return run_until_stopped(serve, health)
