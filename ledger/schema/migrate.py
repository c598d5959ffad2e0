"""The schema, applied in order and once: each file of ``migrations/`` in a transaction of its own, under a lock.

Each is short, so that the version before can work on meanwhile; what takes long is filled in batches between them.
"""

import asyncio
import logging
from pathlib import Path
from typing import Final, LiteralString

import psycopg
from psycopg import sql

from infra.postgres import Connection
from infra.postgres_timeouts import CONNECT_SECONDS
from ledger.schema.backfill import BEFORE, fill

log = logging.getLogger(__name__)

MIGRATIONS: Final = Path(__file__).parent / "migrations"
_LOCK: Final = 0x46_52_41_46
TAKE_LOCK: Final[LiteralString] = "SELECT pg_advisory_lock(%s)"
"""Of the session: held over several transactions, until the connection ends. The version before waits for it too."""
MAKE_TABLE: Final[LiteralString] = """
CREATE TABLE IF NOT EXISTS migrations (name text PRIMARY KEY, applied_at timestamptz NOT NULL DEFAULT now())
"""
APPLIED: Final[LiteralString] = "SELECT name FROM migrations"
SHORT_WAIT: Final[LiteralString] = "SET LOCAL lock_timeout = '2s'"
"""Whoever comes after one that waits for a table waits too: rather let them through, and ask again."""
_AGAIN_SECONDS: Final = 1.0
NOTE: Final[LiteralString] = "INSERT INTO migrations (name) VALUES (%s)"


async def migrate(url: str, *, role: str | None = None) -> list[str]:
    """Apply what is missing, as `role` where one is named; returns the names of the files applied."""
    async with await psycopg.AsyncConnection.connect(
        url, connect_timeout=CONNECT_SECONDS, autocommit=True
    ) as connection:
        if role is not None:
            await connection.execute(sql.SQL("SET ROLE {}").format(sql.Identifier(role)))
        # Another process may be at it, which takes as long as there are rows to fill.
        log.info("waiting for whoever migrates the schema, if somebody does")
        await connection.execute(TAKE_LOCK, (_LOCK,))
        await connection.execute(MAKE_TABLE)
        done = {name for (name,) in await (await connection.execute(APPLIED)).fetchall()}
        missing = [path for path in sorted(MIGRATIONS.glob("*.sql")) if path.name not in done]
        for path in missing:
            if path.name in BEFORE:
                log.info("%s: filling what is to be there before it", path.name)
                await fill(connection, BEFORE[path.name])
            while not await _apply(connection, path.name, path.read_bytes()):
                log.warning("%s: waiting for a lock that somebody holds", path.name)
                await asyncio.sleep(_AGAIN_SECONDS)
        return [path.name for path in missing]


async def _apply(connection: Connection, name: str, content: bytes) -> bool:
    """Apply one file; False where somebody holds what it needs."""
    try:
        async with connection.transaction():
            await connection.execute(SHORT_WAIT)
            await connection.execute(content)
            await connection.execute(NOTE, (name,))
    except psycopg.errors.LockNotAvailable:
        return False
    return True
