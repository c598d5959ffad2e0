"""The keeper of the audit trail as a process: one at a time keeps the chain, another waits to take over."""

import logging
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import NoReturn

import psycopg

from config.database_roles import DatabaseRole
from config.environments import TrailEnvironment
from frafaldsvarsel.preflight_postgres import postgres
from frafaldsvarsel.processes.watched import watched
from frafaldsvarsel.wiring.trail import keeper, trail_connection
from infra.health import Health
from infra.metrics import Metrics
from infra.postgres import SyncConnection
from infra.readiness import announce
from ops.trail import store
from ops.trail.metrics import TRAIL_METRICS

log = logging.getLogger(__name__)

_AGAIN_SECONDS = 2.0
_ROUND_SECONDS = 300.0
"""The first round links everything that came while no keeper was there."""


def now() -> datetime:
    """The clock of the process."""
    return datetime.now(UTC)


def run_trail(
    settings: TrailEnvironment, port: int | None = None, clock: Callable[[], datetime] = now
) -> NoReturn:
    """Keep the chain for ever; `port` stands before the setting. Raises `ConfigError`."""
    shown = Metrics(TRAIL_METRICS)
    health = Health("chain", loop_seconds=_ROUND_SECONDS)
    keep = keeper(settings, shown, clock)
    with watched(settings.metrics.port if port is None else port, shown.registry, health):
        postgres(settings.database, DatabaseRole.TRAIL)
        announce(settings.ready.file, "trail started")
        while True:
            try:
                with trail_connection(settings.database) as connection:
                    _keep(connection, keep(connection).round, health)
            except psycopg.OperationalError as error:
                log.warning("the database does not answer: %s; trying again", type(error).__name__)
            health.set("chain", False)
            health.turn()
            time.sleep(_AGAIN_SECONDS)


def _keep(connection: SyncConnection, one_round: Callable[[], None], health: Health) -> None:
    """Round by round, as long as the connection lasts. Waits while another keeps the chain."""
    while not store.take(connection):
        health.turn()
        time.sleep(_AGAIN_SECONDS)
    connection.execute(store.LISTEN)
    while True:
        one_round()
        health.set("chain", True)
        health.turn()
        for _ in connection.notifies(timeout=1.0, stop_after=1):
            pass
