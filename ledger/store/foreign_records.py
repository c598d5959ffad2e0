"""What stands on the internal topics and was not written by the service, and what people let pass unread: their SQL."""

from collections.abc import Sequence
from typing import Final, LiteralString

from infra.postgres import Connection
from models.events.receipt import ForeignRecord

ADD: Final[LiteralString] = """
INSERT INTO foreign_records (topic, partition, "offset", appended_at, reason)
VALUES (%s, %s, %s, %s, %s) ON CONFLICT DO NOTHING
"""
SKIPS: Final[LiteralString] = 'SELECT topic, partition, "offset" FROM skips'


async def add(connection: Connection, foreign: Sequence[ForeignRecord]) -> None:
    """Put them into quarantine; one that was told of before lies there already."""
    if not foreign:
        return
    async with connection.cursor() as cursor:
        await cursor.executemany(ADD, [(*one.place, one.appended_at, one.reason) for one in foreign])


async def skips(connection: Connection) -> frozenset[tuple[str, int, int]]:
    """The places of the records of ours that people let pass."""
    cursor = await connection.execute(SKIPS)
    return frozenset(await cursor.fetchall())
