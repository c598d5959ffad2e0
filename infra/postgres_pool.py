"""Connections to the database for a process that asks for many at once: the notifier and the inbox."""

from typing import Any, Final

from psycopg_pool import AsyncConnectionPool

from config.settings import Settings
from infra.postgres import Pool
from infra.postgres_timeouts import CONNECT_SECONDS

LONGEST_WAIT_SECONDS: Final = 10
"""For a connection, and until a database that was away is tried again.

The pool doubles its wait at each failure and would come to two minutes in an outage of five.
Giving up resets it: whoever asks next has it try at once.
"""


def make_pool(
    settings: Settings, process: str, *, least: int, most: int, statement_seconds: float | None = None
) -> Pool:
    """Not yet open; `process` is the name that the database shows. Between `least` and `most` connections."""
    told: dict[str, Any] = {
        "autocommit": True,
        "application_name": f"frafaldsvarsel-{process}",
        "connect_timeout": CONNECT_SECONDS,
    }
    if statement_seconds is not None:
        told["options"] = f"-c statement_timeout={int(statement_seconds * 1000)}"
    return AsyncConnectionPool(
        settings.database_url.get_secret_value(),
        min_size=least,
        max_size=most,
        timeout=LONGEST_WAIT_SECONDS,
        reconnect_timeout=LONGEST_WAIT_SECONDS,
        kwargs=told,
        open=False,
    )
