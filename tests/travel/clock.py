"""One clock for the application and the database: the service takes every time from PostgreSQL, so this moves both.

`now()` and `clock_timestamp()` are found in a schema before PostgreSQL's own, on every connection of the database,
and read one row. libfaketime would move a process and not what it talks to, and asyncio's own waits with it; it
stands still between two moves, so that a slow machine changes nothing.
"""

from datetime import datetime
from typing import Final

import psycopg
from psycopg import sql

from ledger.schema.migrate import migrate

_CLOCK: Final = """
CREATE SCHEMA travel;
CREATE TABLE travel.clock (at timestamptz NOT NULL);
INSERT INTO travel.clock VALUES (pg_catalog.now());
CREATE FUNCTION travel.now() RETURNS timestamptz LANGUAGE sql STABLE AS $$ SELECT at FROM travel.clock $$;
CREATE FUNCTION travel.clock_timestamp() RETURNS timestamptz LANGUAGE sql VOLATILE
    AS $$ SELECT at FROM travel.clock $$;
"""


async def under_our_clock(url: str) -> None:
    """Give the empty database at `url` a clock that stands, and the ledger's tables under it."""
    async with await psycopg.AsyncConnection.connect(url, autocommit=True) as connection:
        await connection.execute(_CLOCK.encode())
        await connection.execute(
            sql.SQL("ALTER DATABASE {} SET search_path = travel, pg_catalog").format(
                sql.Identifier(connection.info.dbname)
            )
        )
    await migrate(url)


class Clock:
    """Sets the time of everybody on the database."""

    def __init__(self, connection: psycopg.AsyncConnection[object]) -> None:
        self._connection = connection
        self.now: datetime | None = None

    async def set(self, now: datetime) -> None:
        """From here on it is `now`; time never goes back."""
        if self.now is not None and now < self.now:
            raise ValueError("time does not go back")
        self.now = now
        await self._connection.execute("UPDATE travel.clock SET at = %s", (now,))
