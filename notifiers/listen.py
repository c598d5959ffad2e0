"""Wakes the notifier when the ledger says that deliveries are due: `NOTIFY deliveries`.

It must not be relied on: a notification is lost with its connection, so the caller polls as well.
"""

import asyncio
from typing import Final, LiteralString

from psycopg import InterfaceError, OperationalError

from infra.postgres import Pool

DATABASE_AWAY = (OperationalError, InterfaceError)
LISTEN: Final[LiteralString] = "LISTEN deliveries"


async def listen(pool: Pool, wake: asyncio.Event, *, rest_seconds: float) -> None:
    """Runs until it is cancelled."""
    while True:
        try:
            async with pool.connection() as connection:
                try:
                    await connection.set_autocommit(True)
                    await connection.execute(LISTEN)
                    async for _ in connection.notifies():
                        wake.set()
                finally:
                    await connection.close()  # so that the pool never lends a connection that listens
        except DATABASE_AWAY:
            pass  # the caller meets the same outage, and says so
        await asyncio.sleep(rest_seconds)
