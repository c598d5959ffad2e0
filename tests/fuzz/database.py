"""A PostgreSQL of a part's own, with the schema of today."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg_pool import AsyncConnectionPool

from infra.postgres import Connection, Pool
from ledger.schema.migrate import migrate
from local.servers.postgres import Database


@dataclass(frozen=True, slots=True)
class Stored:
    """A pool for the application, and a connection for whoever prepares."""

    url: str
    pool: Pool
    connection: Connection


@asynccontextmanager
async def database(folder: Path) -> AsyncIterator[Stored]:
    """Until the caller is done."""
    server = Database(folder / "postgres")
    server.start()
    try:
        await migrate(server.url)
        async with (
            AsyncConnectionPool(
                server.url, min_size=1, max_size=4, timeout=30, kwargs={"autocommit": True}, open=False
            ) as pool,
            await psycopg.AsyncConnection.connect(server.url, autocommit=True) as connection,
        ):
            yield Stored(server.url, pool, connection)
    finally:
        server.stop()
