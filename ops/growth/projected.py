"""How far the ledger has come, asked of its tables."""

from typing import Final, LiteralString

from infra.postgres import SyncConnection

POSITIONS: Final[LiteralString] = "SELECT topic, partition, next_offset FROM position WHERE topic = ANY(%s)"


def projected(connection: SyncConnection, topics: list[str]) -> dict[tuple[str, int], int]:
    """The next offset of each partition of `topics` that it has begun to read."""
    rows = connection.execute(POSITIONS, (topics,)).fetchall()
    return {(topic, partition): upto for topic, partition, upto in rows}
