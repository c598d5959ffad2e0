"""Waits for PostgreSQL, its schema and this process's rights before a process begins.

Apart from `preflight`, because the worker needs no database.
"""

import logging
import time
from collections.abc import Callable
from typing import Final

import psycopg

from config.database_roles import DatabaseRole
from config.errors import ConfigError, Fault
from config.sections.servers import DatabaseAddress
from frafaldsvarsel.preflight import Away, wait_for
from infra.postgres_timeouts import CONNECT_SECONDS
from ledger.schema.apply_rights import not_ready

log = logging.getLogger(__name__)

SCHEMA_SECONDS: Final = 600
"""For whoever migrates: a migration that fills rows takes minutes."""


def postgres(
    database: DatabaseAddress,
    role: DatabaseRole,
    *,
    sleep: Callable[[float], None] = time.sleep,
    clock: Callable[[], float] = time.monotonic,
) -> None:
    """Return when PostgreSQL answers, has every migration that this version knows, and lets `role` do its work.

    Raises `ConfigError` where nobody has migrated within `SCHEMA_SECONDS`. A schema of a later version is good.
    """
    url = database.url.get_secret_value()
    since: float | None = None

    def ask() -> None:
        nonlocal since
        try:
            with psycopg.connect(url, connect_timeout=CONNECT_SECONDS, autocommit=True) as connection:
                told = not_ready(connection, role)
                user = connection.info.user
        except psycopg.OperationalError as error:
            raise Away(_why(error)) from None
        if told is not None:
            since = clock() if since is None else since
            if clock() - since >= SCHEMA_SECONDS:
                raise ConfigError([Fault(f"{told} Run frafaldsvarsel migrate.")])
            raise Away(f"{told} `frafaldsvarsel migrate` does it.")
        if user != role:
            log.warning("PostgreSQL knows this process as another user than %s: see docs/operations.md", role)

    wait_for(ask, sleep)


def _why(error: psycopg.OperationalError) -> str:
    """What libpq says may repeat the address: only the kind of it is said."""
    said = str(error)
    if "authentication failed" in said or "no password supplied" in said or "role " in said:
        return "PostgreSQL does not let this user in."
    return "PostgreSQL does not answer."
