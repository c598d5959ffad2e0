"""A pool of database connections, for processes that need several at once."""

from collections.abc import Awaitable, Callable
from typing import Any, Final

from psycopg_pool import AsyncConnectionPool
from pydantic import SecretStr

from infra.postgres import Connection, Pool
from infra.postgres_timeouts import CONNECT_SECONDS

LONGEST_WAIT_SECONDS: Final = 10
"""For a connection, and until a database that was away is tried again.

The pool doubles its wait at each failure, and would wait two minutes after an outage of five.
Giving up resets it: the next request makes it try at once.
"""


def make_pool(
    url: SecretStr,
    process: str,
    *,
    least: int,
    most: int,
    statement_seconds: float | None = None,
    reset: Callable[[Connection], Awaitable[None]] | None = None,
) -> Pool:
    """A pool of `least` to `most` connections, not open yet. The database shows them under the name of `process`.

    `reset`: what is done with a connection that comes back.
    """
    kwargs: dict[str, Any] = {
        "autocommit": True,
        "application_name": f"frafaldsvarsel-{process}",
        "connect_timeout": CONNECT_SECONDS,
    }
    if statement_seconds is not None:
        kwargs["options"] = f"-c statement_timeout={int(statement_seconds * 1000)}"
    return AsyncConnectionPool(
        url.get_secret_value(),
        min_size=least,
        max_size=most,
        timeout=LONGEST_WAIT_SECONDS,
        reconnect_timeout=LONGEST_WAIT_SECONDS,
        kwargs=kwargs,
        open=False,
        reset=reset,
    )
