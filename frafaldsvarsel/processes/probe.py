"""The probe: a made-up message through the whole chain, again and again."""

import asyncio
import time
from datetime import timedelta

from prometheus_client import start_http_server

from config.environments import ProbeEnvironment
from frafaldsvarsel import preflight
from frafaldsvarsel.preflight_postgres import postgres
from frafaldsvarsel.processes.until_stopped import run_until_stopped
from frafaldsvarsel.wiring import probe as probe_wiring
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
    if settings.probe.metrics_port is not None:
        start_http_server(settings.probe.metrics_port, registry=shown.registry)
    preflight.kafka(settings.kafka, settings.replication, settings.stream)
    postgres(settings.database)

    async def serve(stop: asyncio.Event) -> None:
        announce(settings.ready.file, "canary started")
        flying = canary.one_after_another(Probe(known, shown, monotonic=time.monotonic), interval, stop)
        await supervise(flying, name="the canary", told=stop.is_set)

    return run_until_stopped(serve)
