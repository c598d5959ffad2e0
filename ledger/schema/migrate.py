"""The schema, applied in order and once: every file of ``migrations/`` in one transaction, under a lock."""

from pathlib import Path
from typing import Final

import psycopg

from infra.postgres_timeouts import CONNECT_SECONDS

MIGRATIONS: Final = Path(__file__).parent / "migrations"
_LOCK: Final = 0x46_52_41_46


async def migrate(url: str) -> list[str]:
    """Apply what is missing; returns the names of the files applied."""
    async with (
        await psycopg.AsyncConnection.connect(url, connect_timeout=CONNECT_SECONDS) as connection,
        connection.transaction(),
    ):
        await connection.execute("SELECT pg_advisory_xact_lock(%s)", (_LOCK,))
        await connection.execute(
            "CREATE TABLE IF NOT EXISTS migrations "
            "(name text PRIMARY KEY, applied_at timestamptz NOT NULL DEFAULT now())"
        )
        cursor = await connection.execute("SELECT name FROM migrations")
        done = {name for (name,) in await cursor.fetchall()}
        missing = [path for path in sorted(MIGRATIONS.glob("*.sql")) if path.name not in done]
        for path in missing:
            await connection.execute(path.read_bytes())
            await connection.execute("INSERT INTO migrations (name) VALUES (%s)", (path.name,))
        return [path.name for path in missing]
