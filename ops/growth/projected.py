"""How far the ledger has come, asked of its tables."""

from typing import Final, LiteralString

from infra.postgres import SyncConnection

POSITIONS: Final[LiteralString] = "SELECT topic, partition, next_offset FROM position WHERE topic = ANY(%s)"


TAKE_LOCK: Final[LiteralString] = "SELECT pg_try_advisory_lock(%s)"
_LOCK: Final = 0x46_52_47_52


def is_alone(connection: SyncConnection) -> bool:
    """Whether nobody else gives people more partitions, as long as the connection lasts."""
    row = connection.execute(TAKE_LOCK, (_LOCK,)).fetchone()
    return row is not None and bool(row[0])


def projected(connection: SyncConnection, topics: list[str]) -> dict[tuple[str, int], int]:
    """The next offset of each partition of `topics` that it has begun to read."""
    rows = connection.execute(POSITIONS, (topics,)).fetchall()
    return {(topic, partition): upto for topic, partition, upto in rows}
