"""The real PostgreSQL under the world's clock, so that a trace can be run on it and on its stand-in alike."""

from datetime import datetime
from typing import Final

import psycopg
from psycopg import sql
from psycopg.rows import dict_row

from infra.postgres import Connection
from ledger.schema.migrate import migrate
from tests.simulation.clock import BEGIN
from tests.simulation.statements.server import NAMES, Row

_SCHEMA: Final = "simulated"
_CLOCK: Final = """
CREATE SCHEMA simulated;
CREATE FUNCTION simulated.now() RETURNS timestamptz LANGUAGE sql STABLE
    AS $$ SELECT current_setting('simulated.now')::timestamptz $$;
CREATE FUNCTION simulated.clock_timestamp() RETURNS timestamptz LANGUAGE sql VOLATILE
    AS $$ SELECT current_setting('simulated.now')::timestamptz $$;
"""
"""Found before the server's own, because the schema is named before `pg_catalog`."""
_EMPTIED: Final = "ALTER TABLE audit DISABLE TRIGGER USER; ALTER TABLE trail DISABLE TRIGGER USER"
"""One world after another is played on the same tables."""
_PARENTS_FIRST: Final = sorted(
    NAMES, key=("position", "receipts", "applied", "tasks", "deliveries", "acts").__contains__, reverse=True
)


async def prepare(url: str) -> None:
    """Give the empty database at `url` the ledger's own migrations, on a clock that the world sets."""
    async with await psycopg.AsyncConnection.connect(url, autocommit=True) as connection:
        await connection.execute(_CLOCK.encode())
        name = sql.Identifier(connection.info.dbname)
        for setting, value in (
            ("search_path", f"{_SCHEMA}, pg_catalog"),
            ("simulated.now", BEGIN.isoformat()),
        ):
            await connection.execute(
                sql.SQL("ALTER DATABASE {} SET {} = {}").format(
                    name, sql.SQL(setting), sql.SQL(value) if setting == "search_path" else sql.Literal(value)
                )
            )
    await migrate(url)
    async with await psycopg.AsyncConnection.connect(url, autocommit=True) as connection:
        await connection.execute(_EMPTIED.encode())


class Postgres:
    """As `tests.simulation.postgres_in_memory.Memory`. One connection: the world does one thing at a time."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._backups = 0

    async def connect(self) -> Connection:
        """The connection."""
        return self._connection

    async def at(self, now: datetime) -> None:
        """From here on it is this late."""
        await self._connection.execute("SELECT set_config('simulated.now', %s, false)", (now.isoformat(),))

    async def empty(self) -> None:
        """Forget everything."""
        tables = sql.SQL(", ").join(map(sql.Identifier, NAMES))
        await self._connection.execute(sql.SQL("TRUNCATE {} CASCADE").format(tables))

    async def backup(self) -> str:
        """Position and content together."""
        self._backups += 1
        backup = f"backup_{self._backups}"
        await self._connection.execute(sql.SQL("CREATE SCHEMA {}").format(sql.Identifier(backup)))
        for name in NAMES:
            await self._connection.execute(
                sql.SQL("CREATE TABLE {1}.{0} AS TABLE {0}").format(
                    sql.Identifier(name), sql.Identifier(backup)
                )
            )
        return backup

    async def restore(self, backup: str) -> None:
        """Back to it."""
        async with self._connection.transaction():
            await self.empty()
            for name in _PARENTS_FIRST:
                await self._connection.execute(
                    sql.SQL("INSERT INTO {0} OVERRIDING SYSTEM VALUE SELECT * FROM {1}.{0}").format(
                        sql.Identifier(name), sql.Identifier(backup)
                    )
                )

    async def rows(self, table: str) -> list[Row]:
        """A table's content."""
        async with self._connection.cursor(row_factory=dict_row) as cursor:
            await cursor.execute(sql.SQL("SELECT * FROM {}").format(sql.Identifier(table)))
            return await cursor.fetchall()
