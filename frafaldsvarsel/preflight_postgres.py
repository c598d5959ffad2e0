"""Waits for PostgreSQL before a process begins. Apart from `preflight`, because the worker needs no database."""

import time
from collections.abc import Callable

import psycopg

from config.sections.servers import DatabaseAddress
from frafaldsvarsel.preflight import Away, wait_for


def postgres(database: DatabaseAddress, *, sleep: Callable[[float], None] = time.sleep) -> None:
    """Return when PostgreSQL answers."""
    url = database.url.get_secret_value()

    def ask() -> None:
        try:
            psycopg.connect(url, connect_timeout=10).close()
        except psycopg.OperationalError:
            raise Away("PostgreSQL does not answer.") from None

    wait_for(ask, sleep)
